"""The requests a client sends, as dicts with the field names of PROTOCOL.md.  Pure.

What is None is left out of the request, so the engine's default holds.  Nothing is checked here but that one order
is named by one id: the engine is the one to judge, and its refusal says more than this side could.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Optional, Union

from exchange.networking.client.message_json import Message, Price

# How a side, an order type … may be given: as the engine's enum (`Side.BUY`) or by its name ("BUY").
EnumOrName = Union[str, Enum]


def request(request_type: str, **fields: Any) -> Message:
    """A request of this type with those fields that are not None; an enum is sent as its name on the wire."""
    message: Message = {"type": request_type}
    for name, value in fields.items():
        if value is not None:
            message[name] = value.value if isinstance(value, Enum) else value
    return message


def new_order(
    client_order_id: str,
    side: EnumOrName,
    quantity: int,
    price: Optional[Price],
    *,
    order_type: Optional[EnumOrName] = None,
    **options: Any,
) -> Message:
    """An order; its type, when None, is LIMIT with a price and MARKET without."""
    if order_type is None:
        order_type = "MARKET" if price is None else "LIMIT"
    return request(
        "new_order",
        client_order_id=client_order_id,
        side=side.upper() if isinstance(side, str) else side,
        order_type=order_type,
        quantity=quantity,
        price=price,
        **options,
    )


def cancel_order(order_id: Optional[int], client_order_id: Optional[str]) -> Message:
    """The cancel of one order."""
    _check_one_id(order_id, client_order_id)
    return request("cancel_order", order_id=order_id, client_order_id=client_order_id)


def replace_order(order_id: Optional[int], client_order_id: Optional[str], **changes: Any) -> Message:
    """The change of one order: `price`, `quantity` (new total), `new_client_order_id`."""
    _check_one_id(order_id, client_order_id)
    return request("replace_order", order_id=order_id, client_order_id=client_order_id, **changes)


def _check_one_id(order_id: Optional[int], client_order_id: Optional[str]) -> None:
    if (order_id is None) == (client_order_id is None):
        raise TypeError("name the order by either order_id or client_order_id")
