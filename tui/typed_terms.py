"""What a person may type behind the quantity of an order, in both clients.  Pure: words in, what they ask for out.

    100.25 | bid+1t       a price or a word for one (see `typed_price`), or `@ 100.25`; none: at the market
    stop 102 | show 5     a price at which it becomes live; how much of it is shown at a time
    gtc | day | ioc | fok | post

Each at most once.  It checks only what the engine could not be asked for: ticks, lots and limits are the engine's
to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, Optional, Union

from tui.typed_price import BadLine, TypedPrice, parse_price, shown

_QUANTITY = re.compile(r"[0-9]{1,18}")


class TypedTerms(NamedTuple):
    """What an order shall be beside side and quantity; what is None is left to the engine."""

    price: Optional[TypedPrice] = None
    stop_price: Optional[TypedPrice] = None
    display_quantity: Optional[int] = None
    time_in_force: Optional[str] = None
    post_only: Optional[bool] = None


def parse_terms(line: str) -> Union[TypedTerms, BadLine]:
    """What may stand behind the quantity: a price or none (at the market), then further words in any order."""
    terms, words = TypedTerms(), line.lower().split()
    if words and words[0] not in _TERM_WORDS:
        price = _first_price(words)
        if isinstance(price, BadLine):
            return price
        terms = TypedTerms(price)
    taken: set[str] = set()
    while words:
        word = words.pop(0)
        if word not in _TERM_WORDS:
            return BadLine(f"{shown(word)} is none of what an order may be: {', '.join(_TERM_WORDS)}")
        if word in taken:
            return BadLine(f"{word} stands there twice: an order has it once")
        taken.add(word)
        changed = _TERM_WORDS[word](terms, words)
        if isinstance(changed, BadLine):
            return changed
        terms = changed
    return terms


def _first_price(words: list[str]) -> Union[TypedPrice, BadLine]:
    """The price that the words begin with, taken off them; an @ before it, as the clients show it, is not."""
    text = words.pop(0).removeprefix("@")
    if not text and not words:
        return BadLine("say at which price: `@ PRICE`")
    return parse_price(text or words.pop(0))


def parse_quantity(text: str) -> Union[int, BadLine]:
    """A whole number of units, 1 or more."""
    if _QUANTITY.fullmatch(text) is None or int(text) == 0:
        return BadLine(f"quantity {shown(text)} must be a whole number of at least 1 and at most 18 digits")
    return int(text)


def _stop(terms: TypedTerms, words: list[str]) -> Union[TypedTerms, BadLine]:
    price = parse_price(words.pop(0)) if words else BadLine("say at which price: `stop PRICE`")
    return price if isinstance(price, BadLine) else terms._replace(stop_price=price)


def _show(terms: TypedTerms, words: list[str]) -> Union[TypedTerms, BadLine]:
    quantity = parse_quantity(words.pop(0)) if words else BadLine("say how much is shown: `show QUANTITY`")
    return quantity if isinstance(quantity, BadLine) else terms._replace(display_quantity=quantity)


def _in_force(time_in_force: str) -> Callable[[TypedTerms, list[str]], Union[TypedTerms, BadLine]]:
    def put(terms: TypedTerms, _words: list[str]) -> Union[TypedTerms, BadLine]:
        if terms.time_in_force is not None:
            return BadLine(f"an order has one time in force, not both {terms.time_in_force} and {time_in_force}")
        return terms._replace(time_in_force=time_in_force)

    return put


# What may stand behind the price, and how it changes the terms; it takes from the words behind it what it needs.
_TERM_WORDS: dict[str, Callable[[TypedTerms, list[str]], Union[TypedTerms, BadLine]]] = {
    "stop": _stop,
    "show": _show,
    "gtc": _in_force("GTC"),
    "day": _in_force("DAY"),
    "ioc": _in_force("IOC"),
    "fok": _in_force("FOK"),
    "post": lambda terms, _words: terms._replace(post_only=True),
}
