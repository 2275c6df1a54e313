"""Which message answers which request, and whether it says no.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from exchange.networking.client.errors import Rejected
from exchange.networking.client.message_json import Message


def answers(
    *types: str, order_id: Optional[int] = None, client_order_ids: tuple[Optional[str], ...] = ()
) -> Callable[[Message], bool]:
    """A test for messages of these types; where an id is given, only of the order that has one of the ids."""
    names = [client_order_id for client_order_id in client_order_ids if client_order_id is not None]
    of_any_order = order_id is None and not names

    def is_answer(message: Message) -> bool:
        if message["type"] not in types:
            return False
        has_order_id = order_id is not None and message.get("order_id") == order_id
        return of_any_order or has_order_id or message.get("client_order_id") in names

    return is_answer


def accepted(answer: Message) -> Message:
    """The answer, unless it is a refusal.  Raises Rejected."""
    if answer["type"] == "error" or answer["type"].endswith("_rejected"):
        raise Rejected(str(answer.get("code")), str(answer.get("text")), answer)
    return answer
