"""Prices as a person may type them: a number, or a word that stands for one.  Pure.

    101.25          that price
    bid  ask  last  the best bid, the best offer, the price of the last trade
    mid             half-way between the best two; between ticks the one nearer to one's own side
    bid+2t  last-1t so many ticks above or below it
    +2t  -1t        above or below one's own side's best; of an order that is to be changed, its own price

What a word stands for is known when the line is sent, so typing and resolving are two steps.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, Optional, Union

_NUMBER = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")
_WORD = re.compile(r"(bid|ask|mid|last)?(?:([+-])([0-9]{1,6})t)?")


class BadLine(NamedTuple):
    """The line can't be meant; `text` says why, in one line."""

    text: str


class PriceBase(Enum):
    """What a price word counts from."""

    BID = "bid"
    ASK = "ask"
    MID = "mid"
    LAST = "last"
    OWN = "own"


class PriceWord(NamedTuple):
    """`ticks` above (below: negative) what `base` is when the order is sent."""

    base: PriceBase
    ticks: int


TypedPrice = Union[Decimal, PriceWord]


class MarketPrices(NamedTuple):
    """What the words stand for at the moment, each None if there is none; `tick` is the instrument's.

    `is_buy`: on whose behalf; None: nobody knows.
    """

    tick: Decimal
    bid: Optional[Decimal] = None
    ask: Optional[Decimal] = None
    last: Optional[Decimal] = None
    own: Optional[Decimal] = None
    is_buy: Optional[bool] = None

    @property
    def mid(self) -> Optional[Decimal]:
        """Half-way between the best two, on a tick; None unless both are there."""
        if self.bid is None or self.ask is None:
            return None
        down = (self.bid + self.ask) / 2 // self.tick * self.tick
        is_between = down * 2 != self.bid + self.ask
        return down + self.tick if is_between and self.is_buy is False else down


def parse_price(text: str) -> Union[TypedPrice, BadLine]:
    """A price in currency, whose tick is the engine's to check, or a word for one."""
    if _NUMBER.fullmatch(text) is not None:
        return Decimal(text)
    match = _WORD.fullmatch(text.lower())
    if match is None or not text:
        return BadLine(
            f"price {shown(text)} must be a decimal number like 101.25, or bid, ask, mid, last, bid+2t, +2t"
        )
    base, sign, ticks = match.groups()
    distance = int(ticks or 0) * (-1 if sign == "-" else 1)
    return PriceWord(PriceBase(base or "own"), distance)


def resolve(price: Optional[TypedPrice], prices: MarketPrices) -> Union[Decimal, BadLine, None]:
    """The price that is meant; None stays None."""
    if not isinstance(price, PriceWord):
        return price
    base: Optional[Decimal] = getattr(prices, price.base.value)
    if base is None:
        return BadLine(_MISSING[price.base])
    resolved = base + price.ticks * prices.tick
    return resolved if resolved > 0 else BadLine(f"{price.ticks:+}t from {base:f} is {resolved:f}, no price")


_MISSING = {
    PriceBase.BID: "nobody bids at the moment: give the price as a number",
    PriceBase.ASK: "nobody offers at the moment: give the price as a number",
    PriceBase.MID: "there are not both a bid and an offer: give the price as a number",
    PriceBase.LAST: "nothing has traded yet: give the price as a number",
    PriceBase.OWN: "there is no price to count ticks from: give the price as a number",
}


def shown(text: str) -> str:
    """What was typed, quoted, in printable ASCII and short enough for one line."""
    quoted = ascii(text)
    return quoted if len(quoted) <= 42 else quoted[:38] + "...'"
