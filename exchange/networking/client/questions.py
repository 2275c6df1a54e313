"""The questions a client waits an answer to: each a request, and a test for its answer.  Pure.

Both clients ask them, the one that blocks and the one of `asyncio`; neither knows what makes an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Optional, TypeVar, Union

from exchange.networking.client.answer_matching import answers
from exchange.networking.client.errors import ProtocolError
from exchange.networking.client.message_json import Message, Price
from exchange.networking.client.message_to_event import typed_event
from exchange.networking.client.request_messages import cancel_order, replace_order, request
from exchange.networking.client.typed_events import OrderCanceled, OrderReplaced

# As many as one answer may hold.
FILLS_PER_ANSWER = 1_000

Value = TypeVar("Value")
ChangedOrder = Union[OrderReplaced, OrderCanceled]


class Question(NamedTuple):
    """A request and how its answer is known, refusals included."""

    request: Message
    is_answer: Callable[[Message], bool]


def login(
    user: str,
    token: Optional[str],
    last_seq: Optional[int],
    cancel_on_disconnect: Union[bool, str, None],
    heartbeat_s: Optional[float],
) -> Question:
    """May this connection speak for `user`?"""
    wish = request(
        "login",
        user=user,
        token=token,
        last_seq=last_seq,
        cancel_on_disconnect=cancel_on_disconnect,
        heartbeat_s=heartbeat_s,
    )
    return Question(wish, answers("logged_in", "login_rejected"))


def place(order: Message) -> Question:
    """Is this `new_order` taken?"""
    names = (order["client_order_id"],)
    return Question(order, answers("order_accepted", "order_rejected", client_order_ids=names))


def cancel(order_id: Optional[int], client_order_id: Optional[str]) -> Question:
    """Is the order canceled?"""
    types = ("order_canceled", "cancel_rejected")
    is_answer = answers(*types, order_id=order_id, client_order_ids=(client_order_id,))
    return Question(cancel_order(order_id, client_order_id), is_answer)


def replace(
    order_id: Optional[int],
    client_order_id: Optional[str],
    *,
    price: Optional[Price],
    quantity: Optional[int],
    stop_price: Optional[Price],
    new_client_order_id: Optional[str],
) -> Question:
    """Is the order changed?  A total that leaves nothing to do cancels it."""
    is_answer = answers(
        "order_replaced",
        "order_canceled",
        "replace_rejected",
        order_id=order_id,
        client_order_ids=(client_order_id, new_client_order_id),
    )
    change = replace_order(
        order_id,
        client_order_id,
        price=price,
        quantity=quantity,
        stop_price=stop_price,
        new_client_order_id=new_client_order_id,
    )
    return Question(change, is_answer)


def cancel_all(symbol: Optional[str]) -> Question:
    """How many orders were there to cancel?"""
    return Question(request("cancel_all", symbol=symbol), answers("cancel_all_done"))


def orders() -> Question:
    """Which orders are live?"""
    return Question(request("get_orders"), answers("orders"))


def positions() -> Question:
    """What is held?"""
    return Question(request("get_positions"), answers("positions"))


def fills(symbol: Optional[str], after_trade_id: int) -> Question:
    """What was traded after this trade?"""
    wish = request("get_fills", symbol=symbol, after_trade_id=after_trade_id, limit=FILLS_PER_ANSWER)
    return Question(wish, answers("fills"))


def subscribe(
    channel: str, symbol: Optional[str], depth: Optional[int], last: Optional[int] = None
) -> Question:
    """Does a feed begin?"""
    wish = request("subscribe", channel=channel, symbol=symbol, depth=depth, last=last)
    return Question(wish, answers("subscribed"))


def unsubscribe(channel: str, symbol: Optional[str]) -> Question:
    """Does a feed end?"""
    return Question(request("unsubscribe", channel=channel, symbol=symbol), answers("unsubscribed"))


def ping(ping_id: str) -> Question:
    """Is everything before this done with?"""
    return Question(request("ping", id=ping_id), lambda message: message.get("id") == ping_id)


def changed_order(answer: Message) -> ChangedOrder:
    """What answers `replace`.  Raises ProtocolError."""
    if answer["type"] == "order_canceled":
        return typed_answer(answer, OrderCanceled)
    return typed_answer(answer, OrderReplaced)


def typed_answer(answer: Message, kind: type[Value]) -> Value:
    """The answer as a value of this type.  Raises ProtocolError."""
    value = typed_event(answer)
    if not isinstance(value, kind):
        raise ProtocolError(f"the engine answered something else than was asked for: {answer}")
    return value
