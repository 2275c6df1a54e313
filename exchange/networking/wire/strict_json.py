"""Strict JSON: the bytes of one line → one JSON object, or `MalformedLineError` that says what is wrong with them.

Python's parser forgives more than RFC 8259 does and falls over on some of what it does not forgive.  So, in order:

1. the line must be UTF-8 (which excludes encoded surrogates);
2. its brackets may nest at most `NESTING_MAX` deep, counted before the parser, which is recursive, sees them;
3. the parser runs with hooks that refuse NaN, Infinity and a repeated key at any depth, and that keep every number
   which is not a short integer as the text it was written as: no float, no rounding, no conversion whose time or
   memory grows with what a stranger wrote;
4. no string, key or value, may hold a control character or a lone surrogate, however it was escaped.

Pure: no trading word, no state.  Costs about 2.5 µs for an order's line.
"""

from __future__ import annotations

import json
import re
from typing import Any, Union

from exchange.networking.wire.limits import INTEGER_CHARACTERS_MAX, NESTING_MAX

_WHITESPACE = b" \t\r\n"
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_FORBIDDEN_CHARACTER = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class MalformedLineError(Exception):
    """The line is not one strict JSON object; the text says why, in bounded length."""


class NumberText:
    """A JSON number that is no short integer, as it was written: `101.25`, `1e999`, an integer of 4,301 digits."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"NumberText({self.text!r})"


def parse_object(line: bytes) -> dict[str, Any]:
    """The JSON object on `line`, which has no newline; JSON whitespace around it (a `\\r`, say) is passed over.

    Values are dict, list, str, bool, None, int, or NumberText for every other number.  Raises
    MalformedLineError and nothing else.  A bool is an int to `isinstance`: compare `type(value)`.
    """
    stripped = line.strip(_WHITESPACE)
    if not stripped:
        raise MalformedLineError("the line is empty")
    try:
        text = stripped.decode()
        # An order has no list and one object; only what is stranger than that is worth a closer look.
        if "[" in text or text.count("{") > NESTING_MAX:
            _check_depth(text)
        value, end = _DECODER.raw_decode(text)
    except UnicodeDecodeError as error:
        raise MalformedLineError(f"not UTF-8: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise MalformedLineError(f"not JSON: {error.msg} at character {error.pos}") from error
    if end != len(text):
        raise MalformedLineError(f"not JSON: more text after the value, at character {end}")
    if type(value) is not dict:
        raise MalformedLineError("a message must be a JSON object")
    # Raw control characters below 0x20 have been refused by the parser; the others need an escape or a rare byte.
    if "\\" in text or "\x7f" in text or not text.isascii():
        _check_strings(value)
    return value


def _check_depth(text: str) -> None:
    """Refuse brackets nested deeper than NESTING_MAX; those inside strings don't count.

    On text that is no JSON the count may go astray, but only behind the place where the parser will stop.
    """
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > NESTING_MAX:
                raise MalformedLineError(f"nested deeper than {NESTING_MAX}, at character {token.start()}")
        elif first in "]}":
            depth -= 1


def _check_strings(value: Any) -> None:
    """Refuse control characters and lone surrogates in any string.  Recursive: the depth has been checked."""
    if type(value) is str:
        if _FORBIDDEN_CHARACTER.search(value):
            raise MalformedLineError("a string holds a control character or a lone surrogate")
    elif type(value) is list:
        for item in value:
            _check_strings(item)
    elif type(value) is dict:
        for key, item in value.items():
            _check_strings(key)
            _check_strings(item)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedLineError("not JSON: an object names the same key twice")
    return members


def _integer(text: str) -> Union[int, NumberText]:
    """A long integer stays text: int() refuses 4,301 digits on some interpreters, takes long on others."""
    return int(text) if len(text) <= INTEGER_CHARACTERS_MAX else NumberText(text)


def _refuse_constant(name: str) -> None:
    raise MalformedLineError(f"not JSON: {name} is no number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object_without_repeats,
    parse_int=_integer,
    parse_float=NumberText,
    parse_constant=_refuse_constant,
)
