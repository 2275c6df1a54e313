"""What an operator may ask, one JSON object per line: `{"do":"block","user":"alice"}`.  Pure: line → command.

    list                      every user and instrument
    block, unblock, reset     `user`: cancel and refuse their orders; take them again; forget their token
    halt, resume              `symbol`: an instrument, or "all", which in small letters is no symbol;
                              `seconds`: the halt ends after so many, in an auction
    phase                     `symbol`, `phase`: bring an instrument into a phase
    say                       `text`: tell it to all who follow the news, or to one `user`
    endow                     `user`, `cash`, or also `symbol`, `quantity`, `average`: give cash and a position
    settle                    `symbol`, `price`: close all positions at that price, and the instrument
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Optional, Union

from exchange.engine.commands import (
    BlockUser,
    Endow,
    HaltInstrument,
    ResetUser,
    ResumeInstrument,
    Say,
    SetPhase,
    Settle,
    UnblockUser,
)
from exchange.engine.words import Phase, RejectCode
from exchange.networking.wire import fields as check
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.fields import Checker, RefusedError, bad_value, shown
from exchange.networking.wire.requests import ListEverything
from exchange.networking.wire.strict_json import MalformedLineError, parse_object

ALL_SYMBOLS = "all"
NEWS_CHARACTERS_MAX = 1_000
HALT_SECONDS_MAX = 86_400

OperatorWish = Union[
    ListEverything,
    BlockUser,
    UnblockUser,
    ResetUser,
    HaltInstrument,
    ResumeInstrument,
    SetPhase,
    Say,
    Endow,
    Settle,
]


class _WishForm(NamedTuple):
    """The fields that a wish must and may have, each with its checker, and what is made of their values."""

    required: Mapping[str, Checker]
    build: Callable[..., OperatorWish]
    optional: Mapping[str, Checker] = {}


def _symbol_or_all(name: str, value: Any) -> Optional[str]:
    """The name of an instrument; None for all of them."""
    if value == ALL_SYMBOLS:
        return None
    try:
        return check.symbol(name, value)
    except RefusedError as refused:
        raise RefusedError(refused.code, f'{refused.text}, or "{ALL_SYMBOLS}"') from None


def _one_symbol(name: str, value: Any) -> str:
    """The name of an instrument, where people may try the word for all."""
    if value == ALL_SYMBOLS:
        raise bad_value(name, value, "must name one instrument: this is done to one at a time")
    return check.symbol(name, value)


def _text(name: str, value: Any) -> str:
    """What is said to people."""
    if type(value) is not str or not 0 < len(value) <= NEWS_CHARACTERS_MAX:
        raise bad_value(name, value, f"must be a string of 1 to {NEWS_CHARACTERS_MAX} characters")
    return value


def _seconds(name: str, value: Any) -> int:
    """How long a halt is to last."""
    if type(value) is not int or not 0 < value <= HALT_SECONDS_MAX:
        raise bad_value(name, value, f"must be a JSON integer from 1 to {HALT_SECONDS_MAX}")
    return value


def _endow(
    user: str,
    cash: int,
    symbol: Optional[str] = None,
    quantity: Optional[int] = None,
    average: Optional[int] = None,
) -> Endow:
    position = {"symbol": symbol, "quantity": quantity, "average": average}
    missing = [name for name, value in position.items() if value is None]
    if len(missing) == len(position):
        return Endow(user=user, cash_nanos=cash)
    if missing:
        raise RefusedError(RejectCode.MISSING_FIELD, f"{missing[0]} is missing: a position has all three")
    assert quantity is not None and average is not None
    return Endow(
        user=user, cash_nanos=cash, symbol=symbol, quantity=quantity, average_price_nanos=average
    )


_USER, _SYMBOL_OR_ALL = {"user": check.user}, {"symbol": _symbol_or_all}
_FORMS: dict[str, _WishForm] = {
    "list": _WishForm({}, ListEverything),
    "block": _WishForm(_USER, BlockUser),
    "unblock": _WishForm(_USER, UnblockUser),
    "reset": _WishForm(_USER, ResetUser),
    "halt": _WishForm(_SYMBOL_OR_ALL, HaltInstrument, {"seconds": _seconds}),
    "resume": _WishForm(_SYMBOL_OR_ALL, ResumeInstrument),
    "phase": _WishForm({"symbol": _one_symbol, "phase": check.one_of(Phase)}, SetPhase),
    "say": _WishForm({"text": _text}, Say, {"user": check.user}),
    "endow": _WishForm(
        {"user": check.user, "cash": check.price},
        _endow,
        {"symbol": check.symbol, "quantity": check.quantity, "average": check.price},
    ),
    "settle": _WishForm(
        {"symbol": _one_symbol, "price": check.price},
        lambda symbol, price: Settle(symbol=symbol, price_nanos=price),
    ),
}


def wish_of(line: bytes) -> OperatorWish:
    """What one line, without its newline, asks for.  Raises RefusedError."""
    try:
        fields = parse_object(line)
    except MalformedLineError as malformed:
        raise RefusedError(WireCode.MALFORMED, str(malformed)) from None
    if "do" not in fields:
        raise RefusedError(RejectCode.MISSING_FIELD, f"do is missing: one of {', '.join(_FORMS)}")
    do = fields.pop("do")
    form = _FORMS.get(do) if type(do) is str else None
    if form is None:
        raise bad_value("do", do, f"must be one of {', '.join(_FORMS)}")
    return form.build(**_checked(do, form, fields))


def _checked(do: str, form: _WishForm, fields: dict[str, Any]) -> dict[str, Any]:
    checkers = {**form.required, **form.optional}
    for name in fields:
        if name not in checkers:
            raise RefusedError(WireCode.UNKNOWN_FIELD, f"{shown(name)} is not a field of {do}")
    for name in form.required:
        if name not in fields:
            raise RefusedError(RejectCode.MISSING_FIELD, f"{name} is missing: {do} must name one")
    return {name: checkers[name](name, value) for name, value in fields.items()}
