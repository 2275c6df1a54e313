"""What comes of a step, in the words of RULES.md: each line that somebody is told → the line of an example."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Optional

Message = dict[str, Any]


def plain(number: Any) -> str:
    """`50.00` → `50`, `-0.50` → `-0.5`."""
    return f"{Decimal(number).normalize():f}"


def outcomes(name: str, message: Message) -> Iterator[str]:
    """How the page tells the message; `name` is what the example calls the order it is about."""
    tell = _TELL.get(message["type"])
    if tell is not None:
        yield from tell(name, message)


def _accepted(name: str, message: Message) -> Iterator[str]:
    yield f"order {name}: accepted as order_id {message['order_id']}"


def _executed(name: str, message: Message) -> Iterator[str]:
    """A fill is told by its trade; only a fee is told by each side."""
    if "fee" in message:
        yield f"order {name}: fee {plain(message['fee'])}"


def _canceled(name: str, message: Message) -> Iterator[str]:
    yield f"order {name}: {message['remaining_quantity']} canceled, {message['reason']}"


def _expired(name: str, message: Message) -> Iterator[str]:
    yield f"order {name}: {message['remaining_quantity']} expired"


def _triggered(name: str, _message: Message) -> Iterator[str]:
    yield f"order {name}: triggered"


def _replaced(name: str, message: Message) -> Iterator[str]:
    place = "keeps" if message["priority_kept"] else "loses"
    price = "at the market" if message["price"] is None else f"@ {plain(message['price'])}"
    stop = f" stop {plain(message['stop_price'])}" if "stop_price" in message else ""
    yield f"order {name}: {message['quantity']} in all {price}{stop}, {place} its place"


def _refused(_name: str, message: Message) -> Iterator[str]:
    yield f"refused: {message['code']}"


def _status(_name: str, message: Message) -> Iterator[str]:
    reason = message.get("reason", "OPERATOR")
    yield f"{message['symbol']} is {message['phase']}" + ("" if reason == "OPERATOR" else f", {reason}")


def _positions(_name: str, message: Message) -> Iterator[str]:
    for each in message["positions"]:
        average = "" if each["average_price"] is None else f" at {plain(each['average_price'])}"
        fees = f", fees {plain(each['fees'])}" if each.get("fees") else ""
        yield (
            f"{each['net_position']}{average}, realised {plain(each['realised_pnl'])}, "
            f"unrealised {plain(each['unrealised_pnl'])}{fees}"
        )
    if "cash" in message:
        yield f"cash {plain(message['cash'])}"


def _indication(_name: str, message: Message) -> Iterator[str]:
    price: Optional[Decimal] = message["price"]
    if price is None:
        yield f"{message['symbol']} would not trade"
        return
    side = message["surplus_side"]
    surplus = "" if side is None else f", {message['surplus']} more to {side.lower()}"
    yield f"{message['symbol']} would trade {message['volume']} @ {plain(price)}{surplus}"


def _orders(_name: str, message: Message) -> Iterator[str]:
    for each in message["orders"]:
        waiting = ", waiting" if each.get("waiting") else f", {each['quantity_ahead']} ahead"
        yield f"{each['client_order_id']}: {each['remaining_quantity']} of {each['quantity']}{waiting}"


_TELL: dict[str, Callable[[str, Message], Iterator[str]]] = {
    "order_accepted": _accepted,
    "order_executed": _executed,
    "order_canceled": _canceled,
    "order_expired": _expired,
    "order_triggered": _triggered,
    "order_replaced": _replaced,
    "order_rejected": _refused,
    "cancel_rejected": _refused,
    "replace_rejected": _refused,
    "error": _refused,
    "instrument_status": _status,
    "auction_indication": _indication,
    "positions": _positions,
    "orders": _orders,
}
