"""What an operator may ask, one JSON object per line: `{"do":"block","user":"alice"}`.  Pure: line → request.

list                      every user and instrument
block, unblock, reset     `user`: cancel and refuse their orders; take them again; forget their token
halt, resume              `symbol`: an instrument, or "all", which in small letters is no symbol
"""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Union

from exchange.engine.commands import BlockUser, HaltInstrument, ResetUser, ResumeInstrument, UnblockUser
from exchange.engine.words import RejectCode
from exchange.networking.wire import fields as check
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.fields import Checker, RefusedError, bad_value, shown
from exchange.networking.wire.requests import ListEverything
from exchange.networking.wire.strict_json import MalformedLineError, parse_object

ALL_SYMBOLS = "all"

OperatorWish = Union[ListEverything, BlockUser, UnblockUser, ResetUser, HaltInstrument, ResumeInstrument]


class _Form(NamedTuple):
    """A wish that concerns something: the field that names it, and the command that is made of it."""

    field: str
    check: Checker
    command: type


def _symbol_or_all(name: str, value: Any) -> Optional[str]:
    """The name of an instrument; None for all of them."""
    if value == ALL_SYMBOLS:
        return None
    try:
        return check.symbol(name, value)
    except RefusedError as refused:
        raise RefusedError(refused.code, f'{refused.text}, or "{ALL_SYMBOLS}"') from None


_FORMS: dict[str, _Form] = {
    "block": _Form("user", check.user, BlockUser),
    "unblock": _Form("user", check.user, UnblockUser),
    "reset": _Form("user", check.user, ResetUser),
    "halt": _Form("symbol", _symbol_or_all, HaltInstrument),
    "resume": _Form("symbol", _symbol_or_all, ResumeInstrument),
}
_WORDS = ("list", *_FORMS)


def wish_of(line: bytes) -> OperatorWish:
    """What one line, without its newline, asks for.  Raises RefusedError."""
    try:
        fields = parse_object(line)
    except MalformedLineError as malformed:
        raise RefusedError(WireCode.MALFORMED, str(malformed)) from None
    if "do" not in fields:
        raise RefusedError(RejectCode.MISSING_FIELD, f"do is missing: one of {', '.join(_WORDS)}")
    do = fields.pop("do")
    if type(do) is not str or do not in _WORDS:
        raise bad_value("do", do, f"must be one of {', '.join(_WORDS)}")
    form = _FORMS.get(do)
    for name in fields:
        if form is None or name != form.field:
            raise RefusedError(WireCode.UNKNOWN_FIELD, f"{shown(name)} is not a field of {do}")
    if form is None:
        return ListEverything()
    if form.field not in fields:
        raise RefusedError(RejectCode.MISSING_FIELD, f"{form.field} is missing: {do} must name one")
    wish: OperatorWish = form.command(form.check(form.field, fields[form.field]))
    return wish
