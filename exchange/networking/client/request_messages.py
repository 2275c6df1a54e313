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
    symbol: Optional[str] = None,
    order_type: Optional[EnumOrName] = None,
    stop_price: Optional[Price] = None,
    time_in_force: Optional[EnumOrName] = None,
    post_only: Optional[bool] = None,
    display_quantity: Optional[int] = None,
    self_trade_prevention: Optional[EnumOrName] = None,
) -> Message:
    """An order; its type, when None, follows from the prices it has (see `order_type_for`)."""
    return request(
        "new_order",
        client_order_id=client_order_id,
        symbol=symbol,
        side=side.upper() if isinstance(side, str) else side,
        order_type=order_type or order_type_for(price, stop_price),
        quantity=quantity,
        price=price,
        stop_price=stop_price,
        time_in_force=time_in_force,
        post_only=post_only,
        display_quantity=display_quantity,
        self_trade_prevention=self_trade_prevention,
    )


def order_type_for(price: Optional[Price], stop_price: Optional[Price]) -> str:
    """LIMIT with a price, MARKET without; with a stop price STOP_LIMIT and STOP."""
    if stop_price is None:
        return "MARKET" if price is None else "LIMIT"
    return "STOP" if price is None else "STOP_LIMIT"


def cancel_order(order_id: Optional[int], client_order_id: Optional[str]) -> Message:
    """The cancel of one order."""
    _check_one_id(order_id, client_order_id)
    return request("cancel_order", order_id=order_id, client_order_id=client_order_id)


def replace_order(
    order_id: Optional[int],
    client_order_id: Optional[str],
    *,
    price: Optional[Price],
    quantity: Optional[int],
    stop_price: Optional[Price],
    new_client_order_id: Optional[str],
) -> Message:
    """The change of one order; `quantity` is its new total."""
    _check_one_id(order_id, client_order_id)
    return request(
        "replace_order",
        order_id=order_id,
        client_order_id=client_order_id,
        price=price,
        quantity=quantity,
        stop_price=stop_price,
        new_client_order_id=new_client_order_id,
    )


def _check_one_id(order_id: Optional[int], client_order_id: Optional[str]) -> None:
    if (order_id is None) == (client_order_id is None):
        raise TypeError("name the order by either order_id or client_order_id")
