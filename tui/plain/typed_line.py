"""What a person may type at the plain client's prompts, as values.  Pure: a line in, a wish or a refusal out.

    side prompt       b | s                    go on to ask for price and quantity
                      buy 10 101.25 | sell 5   an order in one line; without a price at the market
                      c 12 | x | replace 12 price 101.30 quantity 20 | o | p | k | symbol ACME | h | q
    price prompt      101.25, or empty for a market order
    quantity prompt   10

It checks only what the engine could not be asked for: ticks, lots and limits are the engine's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, Optional, Union

from exchange.engine.words import Side

_QUANTITY = re.compile(r"[0-9]{1,18}")
_PRICE = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")


class BadLine(NamedTuple):
    """The line can't be meant; `text` says why, in one line."""

    text: str


class TypedSide(NamedTuple):
    """Begin to ask for an order of this side, step by step."""

    side: Side


class TypedOrder(NamedTuple):
    """Send an order; `price` None is at the market."""

    side: Side
    quantity: int
    price: Optional[Decimal]


class TypedCancel(NamedTuple):
    """Cancel the order with the engine's id."""

    order_id: int


class TypedReplace(NamedTuple):
    """Change the order with the engine's id; None leaves price or (total) quantity as it is."""

    order_id: int
    price: Optional[Decimal]
    quantity: Optional[int]


class TypedSymbol(NamedTuple):
    """Trade this instrument from now on."""

    symbol: str


class PlainWord(Enum):
    """The wishes that need no words of their own."""

    CANCEL_ALL = "x"
    SHOW_ORDERS = "o"
    SHOW_POSITIONS = "p"
    SHOW_BOOK = "k"
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


def parse_price(text: str) -> Union[Decimal, BadLine]:
    """A price in currency; its tick is the engine's to check."""
    if _PRICE.fullmatch(text) is None:
        return BadLine(f"price {shown(text)} must be a decimal number like 101.25")
    return Decimal(text)


def parse_quantity(text: str) -> Union[int, BadLine]:
    """A whole number of units, 1 or more."""
    if _QUANTITY.fullmatch(text) is None or int(text) == 0:
        return BadLine(f"quantity {shown(text)} must be a whole number of at least 1")
    return int(text)


def shown(text: str) -> str:
    """What was typed, quoted, in printable ASCII and short enough for one line."""
    quoted = ascii(text)
    return quoted if len(quoted) <= 42 else quoted[:38] + "...'"


def _order(side: Side, words: list[str]) -> TypedLine:
    if not words:
        return TypedSide(side)
    if len(words) > 2:
        return BadLine(
            f"an order in one line is `{side.value.lower()} QUANTITY PRICE`, not {len(words)} words more"
        )
    quantity = parse_quantity(words[0])
    price = parse_price(words[1]) if len(words) == 2 else None
    if isinstance(quantity, BadLine):
        return quantity
    return price if isinstance(price, BadLine) else TypedOrder(side, quantity, price)


def _cancel(words: list[str]) -> TypedLine:
    if words == ["all"]:
        return PlainWord.CANCEL_ALL
    if len(words) != 1:
        return BadLine("say which order to cancel: `cancel ID` (`o` lists them, `x` cancels all)")
    order_id = _parse_order_id(words[0])
    return order_id if isinstance(order_id, BadLine) else TypedCancel(order_id)


def _replace(words: list[str]) -> TypedLine:
    usage = BadLine("a change is `replace ID price PRICE quantity QUANTITY`, either or both")
    if len(words) not in (3, 5):
        return usage
    order_id = _parse_order_id(words[0])
    if isinstance(order_id, BadLine):
        return order_id
    changes: dict[str, str] = dict(zip(words[1::2], words[2::2], strict=True))
    if len(changes) != len(words) // 2 or not changes.keys() <= {"price", "quantity"}:
        return usage
    price = parse_price(changes["price"]) if "price" in changes else None
    quantity = parse_quantity(changes["quantity"]) if "quantity" in changes else None
    if isinstance(price, BadLine):
        return price
    return quantity if isinstance(quantity, BadLine) else TypedReplace(order_id, price, quantity)


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
