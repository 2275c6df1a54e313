"""What a person may type at the plain client's prompts, as values.  Pure: a line in, what it asks for out.

    side prompt       b | s                    go on to ask for price and quantity
                      buy 10 101.25 | sell 5   an order in one line; without a price at the market
                      buy 10 bid+1t day        a word for a price (see `typed_price`), and what else it shall be:
                        stop 102 | show 5 | gtc | day | ioc | fok | post
                      c 12 | x | replace 12 price 101.30 quantity 20 stop 99 | symbol ACME
                      o | p | k | f | history | h | q
    price prompt      101.25 or what may stand there in one line; empty for a market order
    quantity prompt   10

It checks only what the engine could not be asked for: ticks, lots and limits are the engine's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from itertools import zip_longest
from typing import NamedTuple, Optional, Union

from exchange.engine.words import Side
from tui.typed_price import BadLine, TypedPrice, parse_price, shown
from tui.typed_terms import TypedTerms, parse_quantity, parse_terms

_QUANTITY = re.compile(r"[0-9]{1,18}")


class TypedSide(NamedTuple):
    """Begin to ask for an order of this side, step by step."""

    side: Side


class TypedOrder(NamedTuple):
    """Send an order."""

    side: Side
    quantity: int
    terms: TypedTerms


class TypedCancel(NamedTuple):
    """Cancel the order with the engine's id."""

    order_id: int


class TypedReplace(NamedTuple):
    """Change the order with the engine's id; None leaves a price or the (total) quantity as it is."""

    order_id: int
    price: Optional[TypedPrice] = None
    quantity: Optional[int] = None
    stop_price: Optional[TypedPrice] = None


class TypedSymbol(NamedTuple):
    """Trade this instrument from now on."""

    symbol: str


class PlainWord(Enum):
    """The wishes that need no words of their own."""

    CANCEL_ALL = "x"
    SHOW_ORDERS = "o"
    SHOW_POSITIONS = "p"
    SHOW_BOOK = "k"
    SHOW_FILLS = "f"
    SHOW_HISTORY = "history"
    SHOW_HELP = "h"
    QUIT = "q"
    NOTHING = ""


TypedLine = Union[TypedSide, TypedOrder, TypedCancel, TypedReplace, TypedSymbol, PlainWord, BadLine]

SIMPLE_WORDS = {
    "x": PlainWord.CANCEL_ALL,
    "cancel_all": PlainWord.CANCEL_ALL,
    "o": PlainWord.SHOW_ORDERS,
    "orders": PlainWord.SHOW_ORDERS,
    "p": PlainWord.SHOW_POSITIONS,
    "positions": PlainWord.SHOW_POSITIONS,
    "k": PlainWord.SHOW_BOOK,
    "book": PlainWord.SHOW_BOOK,
    "f": PlainWord.SHOW_FILLS,
    "fills": PlainWord.SHOW_FILLS,
    "history": PlainWord.SHOW_HISTORY,
    "h": PlainWord.SHOW_HELP,
    "help": PlainWord.SHOW_HELP,
    "?": PlainWord.SHOW_HELP,
    "q": PlainWord.QUIT,
    "quit": PlainWord.QUIT,
    "exit": PlainWord.QUIT,
}
SIDE_WORDS = {"b": Side.BUY, "buy": Side.BUY, "s": Side.SELL, "sell": Side.SELL}


def parse_line(line: str) -> TypedLine:
    """What a line at the side prompt asks for.  Words are told apart without regard to case."""
    words = line.split()
    if not words:
        return PlainWord.NOTHING
    first, *rest = words
    name = first.lower()
    if name in SIDE_WORDS:
        return _order(SIDE_WORDS[name], rest)
    if name in SIMPLE_WORDS:
        return SIMPLE_WORDS[name] if not rest else BadLine(f"{name} takes nothing after it, not {shown(rest[0])}")
    if name in WORDS_WITH_ARGUMENTS:
        return WORDS_WITH_ARGUMENTS[name](rest)
    return BadLine(f"{shown(first)} is not a command; h shows what is")


def _order(side: Side, words: list[str]) -> TypedLine:
    if not words:
        return TypedSide(side)
    quantity = parse_quantity(words[0])
    if isinstance(quantity, BadLine):
        return quantity
    terms = parse_terms(" ".join(words[1:]))
    return terms if isinstance(terms, BadLine) else TypedOrder(side, quantity, terms)


def _cancel(words: list[str]) -> TypedLine:
    if words == ["all"]:
        return PlainWord.CANCEL_ALL
    if len(words) != 1:
        return BadLine("say which order to cancel: `cancel ID` (`o` lists them, `x` cancels all)")
    order_id = _parse_order_id(words[0])
    return order_id if isinstance(order_id, BadLine) else TypedCancel(order_id)


def _replace(words: list[str]) -> TypedLine:
    if not words:
        return _bad_change("say which order to change")
    order_id = _parse_order_id(words[0])
    if isinstance(order_id, BadLine):
        return order_id
    if len(words) == 1:
        return _bad_change(f"say what to change of order {order_id}")
    change = TypedReplace(order_id)
    for name, text in zip_longest(words[1::2], words[2::2]):
        field = _CHANGES.get(name.lower())
        if field is None:
            return _bad_change(f"{shown(name)} must be price, quantity or stop, then the new value")
        if getattr(change, field) is not None:
            return _bad_change(f"{name} is there twice")
        if text is None:
            return _bad_change(f"{name} needs its new value after it")
        value = parse_quantity(text) if field == "quantity" else parse_price(text)
        if isinstance(value, BadLine):
            return value
        change = change._replace(**{field: value})  # type: ignore[arg-type]
    return change


def _bad_change(problem: str) -> BadLine:
    return BadLine(f"{problem}: a change is `replace ID price PRICE quantity QUANTITY stop PRICE`, or part of it")


_CHANGES = {"price": "price", "quantity": "quantity", "stop": "stop_price"}


def _symbol(words: list[str]) -> TypedLine:
    return TypedSymbol(words[0].upper()) if len(words) == 1 else BadLine("say which instrument: `symbol NAME`")


def _parse_order_id(text: str) -> Union[int, BadLine]:
    if _QUANTITY.fullmatch(text) is None or int(text) == 0:
        return BadLine(f"order id {shown(text)} must be the number that the engine gave the order")
    return int(text)


WORDS_WITH_ARGUMENTS: dict[str, Callable[[list[str]], TypedLine]] = {
    "c": _cancel,
    "cancel": _cancel,
    "replace": _replace,
    "r": _replace,
    "symbol": _symbol,
}
