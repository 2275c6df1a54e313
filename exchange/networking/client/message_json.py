"""One message ⇄ one line of JSON, with exact prices.  Pure: no socket, no request of its own.

Prices never pass through a float.  A number with a decimal point is read as `Decimal`, an integer in a field that
holds money is made one, and a price is written digit by digit as it was given.
"""

from __future__ import annotations

import json
import operator
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, Optional, Union

from exchange.networking.client.errors import ProtocolError

Message = dict[str, Any]
Price = Union[Decimal, int, str]

# Beyond any price an engine could hold; it keeps `Decimal("1e999999")` from becoming a line of a million digits.
PRICE_EXPONENT_MAX = 18

REQUEST_PRICE_FIELDS = ("price", "stop_price")
# The fields of an answer, or of an item of an answer's list, that hold money and so must be Decimal.
MONEY_FIELDS = ("price", "stop_price")
MONEY_FIELDS_OF_TYPE = {
    "order_executed": ("price", "fee"),
    "positions": ("cash",),
    "trades_snapshot": ("open", "high", "low", "last"),
}
# The answers whose money is in a list of objects: type of the message → name of the list, money of each item.
LISTS_WITH_MONEY = {
    "logged_in": (
        "instruments",
        (
            *("tick_size", "reference_price", "price_band_percent", "halt_percent"),
            *("maker_fee_bps", "taker_fee_bps"),
        ),
    ),
    "orders": ("orders", MONEY_FIELDS),
    "positions": ("positions", ("average_price", "realised_pnl", "unrealised_pnl", "fees")),
    "fills": ("fills", ("price", "fee")),
    "trades_snapshot": ("trades", ("price",)),
}
# The feeds whose prices are in rows: type of the message → (name of the list, place of the price in a row).
ROWS_WITH_PRICES = {
    "book_snapshot": (("bids", 0), ("asks", 0)),
    "book_update": (("changes", 1),),
}


def whole_quantity(value: int) -> int:
    """`value` as a plain int, whatever whole number it is (numpy's, say).  Raises TypeError for anything else."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"quantity {value!r} is a {type(value).__name__}: pass an int") from None


def exact_price(value: Price) -> Decimal:
    """`value` as an exact Decimal: `Decimal("101.25")`, `101` and `"101.25"` are fine.

    Raises TypeError for a float (0.1 + 0.2 is not 0.3 in binary) or any other type, ValueError for a text that is
    no finite number of a sane size.
    """
    if isinstance(value, float):
        raise TypeError(f'price {value!r} is a float, which is not exact: pass Decimal("{value}") or "{value}"')
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise TypeError(f"price {value!r} is a {type(value).__name__}: pass a Decimal, an int or a str")
    try:
        price = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"price {value!r} is not a decimal number") from None
    if not price.is_finite() or abs(price.adjusted()) > PRICE_EXPONENT_MAX:
        raise ValueError(f"price {value!r} is not a number of at most {PRICE_EXPONENT_MAX} digits")
    return price


def encode_message(message: Message) -> str:
    """One flat message as JSON text without a newline, its price fields as exact numbers.

    The JSON encoder can't write a Decimal as a number, so the prices are spliced in behind all else.
    Raises TypeError for a float in a price field and ValueError for NaN or Infinity anywhere.
    """
    prices = [f'"{name}":{_price_text(message[name])}' for name in REQUEST_PRICE_FIELDS if name in message]
    if not prices:
        return _ENCODER.encode(message)
    others = {name: value for name, value in message.items() if name not in REQUEST_PRICE_FIELDS}
    text = _ENCODER.encode(others)
    return "{" + ",".join(part for part in (text[1:-1], *prices) if part) + "}"


def _price_text(value: Optional[Price]) -> str:
    return "null" if value is None else f"{exact_price(value):f}"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# One of each for all lines: building one costs more than a line with it.
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)


def decode_message(line: bytes) -> Message:
    """One received line as a dict with a text `type` and every price a Decimal.  Raises ProtocolError."""
    try:
        message = _DECODER.decode(line.decode("utf-8"))
        kind = message["type"]
        if not isinstance(message, dict) or not isinstance(kind, str):
            raise TypeError("not an object with a type")
        _make_money_exact(message, kind)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ProtocolError(f"the engine sent a line that is no message: {line[:80]!r} ({error})") from error
    return message


def _make_money_exact(message: Message, kind: str) -> None:
    """Replace the ints that stand where money stands: JSON writes 101 and 101.00 alike, a bot must not notice."""
    _make_fields_exact(message, MONEY_FIELDS_OF_TYPE.get(kind, MONEY_FIELDS))
    if kind in LISTS_WITH_MONEY:
        name, money_fields = LISTS_WITH_MONEY[kind]
        for item in message.get(name, ()):
            _make_fields_exact(item, money_fields)
    for name, place in ROWS_WITH_PRICES.get(kind, ()):
        for row in message[name]:
            if type(row[place]) is int:
                row[place] = Decimal(row[place])


def _make_fields_exact(item: Message, money_fields: tuple[str, ...]) -> None:
    for name in money_fields:
        if name in item and type(item[name]) is int:
            item[name] = Decimal(item[name])
