"""What a participant asks for, a dict as a client sends it → a checked request, with no JSON in between.

It is judged by the same tables as a line of the wire, and refused in the same words.  What is out of the ordinary
is written as a line and read again, which is slower and right by definition.  Pure.
"""

from __future__ import annotations

from typing import Any, Optional

from exchange.networking.client.message_json import (
    REQUEST_PRICE_FIELDS,
    Message,
    Price,
    encode_message,
    exact_price,
)
from exchange.networking.client.request_messages import EnumOrName, new_order
from exchange.networking.wire.decode import checked_request, decode
from exchange.networking.wire.limits import INTEGER_MAX
from exchange.networking.wire.request_forms import FORMS
from exchange.networking.wire.requests import Request
from exchange.networking.wire.strict_json import NumberText

_TEXT_CHARACTERS_MAX = 256
_NAMES = frozenset({"type"}.union(*[form.checkers for form in FORMS.values()]))


def plain_order(
    client_order_id: str,
    side: EnumOrName,
    quantity: int,
    price: Optional[Price],
    symbol: Optional[str] = None,
    time_in_force: Optional[EnumOrName] = None,
    self_trade_prevention: Optional[EnumOrName] = None,
) -> Message:
    """The message of an order without further options: limited to `price`, or (None) at the market."""
    return new_order(
        client_order_id,
        side,
        quantity,
        price,
        symbol=symbol,
        order_type=None,
        stop_price=None,
        time_in_force=time_in_force,
        post_only=None,
        display_quantity=None,
        self_trade_prevention=self_trade_prevention,
    )


def request_of(message: Message, user: Optional[str]) -> Request:
    """What `message` asks for, of `user`; None before a login.

    Raises what a client raises that sends it: TypeError for a price that is a float, ValueError for one that is no
    number, TypeError or ValueError for what can't be written as JSON.
    """
    fields = message.copy()
    # A line has its prices behind all else, and what is wrong first is what is told.
    prices = [(name, fields.pop(name)) for name in REQUEST_PRICE_FIELDS if name in fields]
    for name, value in fields.items():
        if name not in _NAMES or not _is_plain(value):
            return decode(encode_message(message).encode(), user)
    for name, value in prices:
        fields[name] = None if value is None else _number(value)
    return checked_request(fields, user)


def _number(price: Any) -> Any:
    """A price as the reader of a line has it."""
    text = f"{exact_price(price):f}"
    return int(text) if text.lstrip("-").isdigit() else NumberText(text)


def _is_plain(value: object) -> bool:
    """Whether writing the value as JSON and reading it gives the same."""
    if type(value) is str:
        return len(value) <= _TEXT_CHARACTERS_MAX and value.isascii() and value.isprintable()
    if type(value) is int:
        return -INTEGER_MAX <= value <= INTEGER_MAX
    return value is None or type(value) is bool
