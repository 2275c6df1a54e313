"""The fields of a request: one checker per field, from a strict JSON value to the value the engine works with.

A checker takes the field's name and value and returns the checked value or raises `RefusedError`, whose text names
the value and the rule.  `decode` arranges checkers in tables, one row per field; so does `operator_wish`.
Types are compared with `type(value) is`, since True would pass for an int.  Pure; 0.1 to 0.3 µs each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, Optional, TypeVar, Union

from exchange.engine.instrument import NANOS_DIGITS, NANOS_PER_UNIT
from exchange.engine.words import Code, RejectCode
from exchange.networking.wire.limits import (
    BOOK_DEPTH_MAX,
    CLIENT_ORDER_ID_CHARACTERS_MAX,
    FILLS_MAX,
    HEARTBEAT_S_MAX,
    HEARTBEAT_S_MIN,
    INTEGER_MAX,
    PRICE_MAX,
    SHOWN_CHARACTERS_MAX,
    SYMBOL_CHARACTERS_MAX,
    TOKEN_CHARACTERS_MAX,
    TRADES_LAST_MAX,
    USER_CHARACTERS_MAX,
)
from exchange.networking.wire.requests import CancelOnDisconnect, Channel
from exchange.networking.wire.strict_json import NumberText

_PRICE_NANOS_MAX = PRICE_MAX * NANOS_PER_UNIT
_PRICE_DIGITS_MAX = len(str(PRICE_MAX))
_EXPONENT_DIGITS_MAX = 9  # a line is far shorter than 10⁹ digits: such an exponent decides the outcome alone

_matches_client_order_id = re.compile(rf"[ -~]{{1,{CLIENT_ORDER_ID_CHARACTERS_MAX}}}").fullmatch
_matches_symbol = re.compile(rf"[A-Z0-9._-]{{1,{SYMBOL_CHARACTERS_MAX}}}").fullmatch
_matches_user = re.compile(rf"[A-Za-z0-9_-]{{1,{USER_CHARACTERS_MAX}}}").fullmatch

_BAD_VALUE = RejectCode.BAD_VALUE
_PRICE_NOT_ON_TICK = RejectCode.PRICE_NOT_ON_TICK

Checker = Callable[[str, Any], Any]
Member = TypeVar("Member", bound=Enum)


class RefusedError(Exception):
    """One field, or the fields taken together, break a rule: told to whoever wrote the line."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def shown(value: object) -> str:
    """A value as the text of a refusal names it: printable ASCII, at most SHOWN_CHARACTERS_MAX characters."""
    if type(value) is str:
        text = ascii(value[: SHOWN_CHARACTERS_MAX + 1])
    elif type(value) is NumberText:
        text = value.text
    elif type(value) is dict:
        text = "an object"
    elif type(value) is list:
        text = "a list"
    else:
        text = _LITERALS.get(repr(value), repr(value))
    return text if len(text) <= SHOWN_CHARACTERS_MAX else text[: SHOWN_CHARACTERS_MAX - 3] + "..."


_LITERALS = {"None": "null", "True": "true", "False": "false"}


def bad_value(name: str, value: object, rule: str) -> RefusedError:
    """The refusal of a field's value: `quantity '100' must be a JSON integer …`."""
    return RefusedError(_BAD_VALUE, f"{name} {shown(value)} {rule}")


# --- names -----------------------------------------------------------------------------------------------------


def is_client_order_id(value: object) -> bool:
    """Whether the value is a valid client order id."""
    return type(value) is str and _matches_client_order_id(value) is not None


def client_order_id(name: str, value: Any) -> str:
    """The client's own name of an order."""
    if type(value) is not str or not _matches_client_order_id(value):
        raise bad_value(name, value, f"must be 1 to {CLIENT_ORDER_ID_CHARACTERS_MAX} printable ASCII characters")
    return value


def symbol(name: str, value: Any) -> str:
    """The name of an instrument."""
    if type(value) is not str or not _matches_symbol(value):
        raise bad_value(name, value, f"must be 1 to {SYMBOL_CHARACTERS_MAX} characters of A-Z 0-9 . _ -")
    return value


def user(name: str, value: Any) -> str:
    """The name of a user."""
    if type(value) is not str or not _matches_user(value):
        raise bad_value(name, value, f"must be 1 to {USER_CHARACTERS_MAX} characters of A-Z a-z 0-9 _ -")
    return value


def ping_id(name: str, value: Any) -> Union[str, int, NumberText]:
    """What a pong repeats: any string or integer, since nobody reads it; a line bounds its length."""
    if type(value) is str or _is_integer(value):
        return value  # type: ignore[no-any-return]
    raise bad_value(name, value, "must be a JSON string or integer")


def token(name: str, value: Any) -> str:
    """What a client says is its secret; a refusal does not repeat it.  Whether it is, the door finds out."""
    if type(value) is not str or len(value) > TOKEN_CHARACTERS_MAX:
        raise RefusedError(_BAD_VALUE, f"{name} must be a string of at most {TOKEN_CHARACTERS_MAX} characters")
    return value


# --- numbers ---------------------------------------------------------------------------------------------------


def _is_integer(value: object) -> bool:
    """Whether the value is a JSON integer of any size; a very long one is still a text."""
    return type(value) is int or (type(value) is NumberText and value.text.lstrip("-").isdigit())


def is_order_id(value: object) -> bool:
    """Whether the value could be the engine's id of an order."""
    return type(value) is int and 0 < value <= INTEGER_MAX


def order_id(name: str, value: Any) -> int:
    """The engine's id of an order."""
    if not is_order_id(value):
        raise bad_value(name, value, "must be a JSON integer from 1 to 2**63 - 1")
    return int(value)


def quantity(name: str, value: Any) -> int:
    """A count of units; whether it is positive, on the lot and in range is the engine's to say."""
    if type(value) is not int or not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise bad_value(name, value, "must be a JSON integer of magnitude below 2**63")
    return value


def depth(name: str, value: Any) -> int:
    """How many levels per side of a book, 0 for all of them, which is what more than BOOK_DEPTH_MAX is taken for.

    To find out what has changed among the best levels costs as much as there are; of a whole book, what changed.
    """
    if not _is_integer(value) or str(value).startswith("-"):
        raise bad_value(name, value, "must be a JSON integer: levels per side, or 0 for the whole book")
    return value if type(value) is int and value <= BOOK_DEPTH_MAX else 0


def last(name: str, value: Any) -> int:
    """How many of the last trades a subscription begins with."""
    if type(value) is not int or not 0 <= value <= TRADES_LAST_MAX:
        raise bad_value(name, value, f"must be a JSON integer from 0 to {TRADES_LAST_MAX}")
    return value


def price(name: str, value: Any) -> int:
    """A JSON number of currency → 10⁻⁹ currency units, exactly.  Sign and tick are the engine's to check."""
    if type(value) is NumberText:
        whole, _, fraction = value.text.partition(".")
        # A fraction of digits alone means that there is no exponent: 101.25 is 101 and 250000000 written together.
        if len(fraction) <= NANOS_DIGITS and len(whole) <= _PRICE_DIGITS_MAX + 1 and fraction.isdigit():
            nanos = int(whole + fraction.ljust(NANOS_DIGITS, "0"))
        else:
            nanos = _nanos_of_unusual(name, value)
    elif type(value) is int:
        nanos = value * NANOS_PER_UNIT
    else:
        raise bad_value(name, value, "must be a JSON number")
    if not -_PRICE_NANOS_MAX <= nanos <= _PRICE_NANOS_MAX:
        raise _price_too_large(name, value)
    return nanos


def _nanos_of_unusual(name: str, number: NumberText) -> int:
    """A number with an exponent, or very long.  Its size is judged before anything of that size is computed."""
    mantissa, _, exponent_text = number.text.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).rstrip("0")
    significant = digits.lstrip("0")
    if not significant:
        return 0
    exponent = _exponent(exponent_text) + len(whole) - len(digits)  # the number is significant × 10**exponent
    if len(significant) + exponent > _PRICE_DIGITS_MAX:
        raise _price_too_large(name, number)
    if exponent < -NANOS_DIGITS:
        rule = f"has more than {NANOS_DIGITS} decimal places, finer than any tick"
        raise RefusedError(_PRICE_NOT_ON_TICK, f"{name} {shown(number)} {rule}")
    nanos: int = int(significant) * 10 ** (exponent + NANOS_DIGITS)
    return -nanos if mantissa.startswith("-") else nanos


def _exponent(text: str) -> int:
    digits = text.lstrip("+-").lstrip("0")
    magnitude = int(digits or "0") if len(digits) <= _EXPONENT_DIGITS_MAX else 10**_EXPONENT_DIGITS_MAX
    return -magnitude if text.startswith("-") else magnitude


def _price_too_large(name: str, value: object) -> RefusedError:
    return bad_value(name, value, f"is beyond the limit of {PRICE_MAX} in magnitude")


def last_seq(name: str, value: Any) -> int:
    """The last private event a client knows, 0 for none."""
    if type(value) is not int or not 0 <= value <= INTEGER_MAX:
        raise bad_value(name, value, "must be a JSON integer from 0 to 2**63 - 1")
    return value


def after_trade_id(name: str, value: Any) -> int:
    """The last trade a client knows, 0 for none."""
    if type(value) is not int or not 0 <= value <= INTEGER_MAX:
        raise bad_value(name, value, "must be a JSON integer from 0 to 2**63 - 1")
    return value


def fills_limit(name: str, value: Any) -> int:
    """How many fills one answer may tell."""
    if type(value) is not int or not 1 <= value <= FILLS_MAX:
        raise bad_value(name, value, f"must be a JSON integer from 1 to {FILLS_MAX}")
    return value


def heartbeat_s(name: str, value: Any) -> float:
    """A number of seconds, 0 for no heartbeats.  A time, not a price: a float is exact enough."""
    if type(value) is int or type(value) is NumberText:
        # A text, since an integer of 400 digits is more than a float can hold.
        seconds = float(value.text if type(value) is NumberText else str(value)[:20])
        if seconds == 0 or HEARTBEAT_S_MIN <= seconds <= HEARTBEAT_S_MAX:
            return seconds
    raise bad_value(name, value, f"must be 0 or a number of seconds from {HEARTBEAT_S_MIN} to {HEARTBEAT_S_MAX}")


# --- choices ---------------------------------------------------------------------------------------------------


def flag(name: str, value: Any) -> bool:
    """true or false."""
    if type(value) is not bool:
        raise bad_value(name, value, "must be true or false")
    return value


def cancel_on_disconnect(name: str, value: Any) -> CancelOnDisconnect:
    """true, false, or "ALL" to include orders that are good till canceled."""
    if type(value) is bool:
        return CancelOnDisconnect.NOT_GTC if value else CancelOnDisconnect.NONE
    if type(value) is str and value == "ALL":
        return CancelOnDisconnect.ALL
    raise bad_value(name, value, 'must be true, false or "ALL"')


def one_of(members: type[Member]) -> Callable[[str, Any], Member]:
    """A checker for the exact spelling of a member."""
    member_by_text = {str(member.value): member for member in members}
    rule = "must be one of " + ", ".join(member_by_text)

    def check(name: str, value: Any) -> Member:
        member: Optional[Member] = member_by_text.get(value) if type(value) is str else None
        if member is not None:
            return member
        raise bad_value(name, value, rule)

    return check


channel = one_of(Channel)
