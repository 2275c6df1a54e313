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

from exchange.engine.order import Side

_QUANTITY = re.compile(r"[0-9]{1,18}")
_PRICE = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")


class Refused(NamedTuple):
    """The line can't be meant; `text` says why, in one line."""

    text: str


class AskForOrder(NamedTuple):
    """Begin to ask for an order of this side, step by step."""

    side: Side


class EnterOrder(NamedTuple):
    """Send an order; `price` None is at the market."""

    side: Side
    quantity: int
    price: Optional[Decimal]


class CancelOrder(NamedTuple):
    """Cancel the order with the engine's id."""

    order_id: int


class ReplaceOrder(NamedTuple):
    """Change the order with the engine's id; None leaves price or (total) quantity as it is."""

    order_id: int
    price: Optional[Decimal]
    quantity: Optional[int]


class ChooseSymbol(NamedTuple):
    """Trade this instrument from now on."""

    symbol: str


class Simple(Enum):
    """The wishes that need no words of their own."""

    CANCEL_ALL = "x"
    SHOW_ORDERS = "o"
    SHOW_POSITIONS = "p"
    SHOW_BOOK = "k"
    SHOW_HELP = "h"
    QUIT = "q"
    NOTHING = ""


Wish = Union[AskForOrder, EnterOrder, CancelOrder, ReplaceOrder, ChooseSymbol, Simple, Refused]

SIMPLE_WORDS = {
    "x": Simple.CANCEL_ALL,
    "cancel_all": Simple.CANCEL_ALL,
    "o": Simple.SHOW_ORDERS,
    "orders": Simple.SHOW_ORDERS,
    "p": Simple.SHOW_POSITIONS,
    "positions": Simple.SHOW_POSITIONS,
    "k": Simple.SHOW_BOOK,
    "book": Simple.SHOW_BOOK,
    "h": Simple.SHOW_HELP,
    "help": Simple.SHOW_HELP,
    "?": Simple.SHOW_HELP,
    "q": Simple.QUIT,
    "quit": Simple.QUIT,
    "exit": Simple.QUIT,
}
SIDE_WORDS = {"b": Side.BUY, "buy": Side.BUY, "s": Side.SELL, "sell": Side.SELL}


def parse_wish(line: str) -> Wish:
    """What a line at the side prompt asks for.  Words are told apart without regard to case."""
    words = line.split()
    if not words:
        return Simple.NOTHING
    first, *rest = words
    name = first.lower()
    if name in SIDE_WORDS:
        return _order(SIDE_WORDS[name], rest)
    if name in SIMPLE_WORDS:
        return SIMPLE_WORDS[name] if not rest else Refused(f"{name} takes nothing after it, not {shown(rest[0])}")
    if name in WORDS_WITH_ARGUMENTS:
        return WORDS_WITH_ARGUMENTS[name](rest)
    return Refused(f"{shown(first)} is not a command; h shows what is")


def parse_price(text: str) -> Union[Decimal, Refused]:
    """A price in currency; its tick is the engine's to check."""
    if _PRICE.fullmatch(text) is None:
        return Refused(f"price {shown(text)} must be a decimal number like 101.25")
    return Decimal(text)


def parse_quantity(text: str) -> Union[int, Refused]:
    """A whole number of units, 1 or more."""
    if _QUANTITY.fullmatch(text) is None or int(text) == 0:
        return Refused(f"quantity {shown(text)} must be a whole number of at least 1")
    return int(text)


def shown(text: str) -> str:
    """What was typed, quoted, in printable ASCII and short enough for one line."""
    quoted = ascii(text)
    return quoted if len(quoted) <= 42 else quoted[:38] + "...'"


def _order(side: Side, words: list[str]) -> Wish:
    if not words:
        return AskForOrder(side)
    if len(words) > 2:
        return Refused(
            f"an order in one line is `{side.value.lower()} QUANTITY PRICE`, not {len(words)} words more"
        )
    quantity = parse_quantity(words[0])
    price = parse_price(words[1]) if len(words) == 2 else None
    if isinstance(quantity, Refused):
        return quantity
    return price if isinstance(price, Refused) else EnterOrder(side, quantity, price)


def _cancel(words: list[str]) -> Wish:
    if words == ["all"]:
        return Simple.CANCEL_ALL
    if len(words) != 1:
        return Refused("say which order to cancel: `cancel ID` (`o` lists them, `x` cancels all)")
    order_id = _parse_order_id(words[0])
    return order_id if isinstance(order_id, Refused) else CancelOrder(order_id)


def _replace(words: list[str]) -> Wish:
    usage = Refused("a change is `replace ID price PRICE quantity QUANTITY`, either or both")
    if len(words) not in (3, 5):
        return usage
    order_id = _parse_order_id(words[0])
    if isinstance(order_id, Refused):
        return order_id
    changes: dict[str, str] = dict(zip(words[1::2], words[2::2], strict=True))
    if len(changes) != len(words) // 2 or not changes.keys() <= {"price", "quantity"}:
        return usage
    price = parse_price(changes["price"]) if "price" in changes else None
    quantity = parse_quantity(changes["quantity"]) if "quantity" in changes else None
    if isinstance(price, Refused):
        return price
    return quantity if isinstance(quantity, Refused) else ReplaceOrder(order_id, price, quantity)


def _symbol(words: list[str]) -> Wish:
    return ChooseSymbol(words[0].upper()) if len(words) == 1 else Refused("say which instrument: `symbol NAME`")


def _parse_order_id(text: str) -> Union[int, Refused]:
    if _QUANTITY.fullmatch(text) is None or int(text) == 0:
        return Refused(f"order id {shown(text)} must be the number that the engine gave the order")
    return int(text)


WORDS_WITH_ARGUMENTS: dict[str, Callable[[list[str]], Wish]] = {
    "c": _cancel,
    "cancel": _cancel,
    "replace": _replace,
    "r": _replace,
    "symbol": _symbol,
}
