"""How much rests in each span of 64 prices of a side: what is up to a limit is added up without a walk of its
levels.

A FOK that its limit cuts short is refused by this sum, however many levels there are up to it (RULES 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Optional

from exchange.engine.order import PriceLevel

# A span is 2 to that power prices.
_BITS = 6


def quantity_within(limit_price: int, sign: int, levels: Iterable[PriceLevel]) -> int:
    """What rests at those of the levels that are not worse than a limit, shown or hidden.

    Of two prices times `sign` the lower is the better one.
    """
    limit = limit_price * sign
    return sum(level.quantity + level.hidden_quantity for level in levels if level.price * sign <= limit)


class SpanTotals(dict[int, int]):
    """By the number of a span, the quantity that rests there, shown or hidden; empty spans are not in it."""

    def __init__(self, levels: Iterable[PriceLevel]) -> None:
        super().__init__()
        for level in levels:
            self.count(level.price, level.quantity + level.hidden_quantity)

    def count(self, price: int, change: int) -> None:
        """So much more (or, negative, less) rests at a price, in ticks."""
        span = price >> _BITS
        total = self.get(span, 0) + change
        if total:
            self[span] = total
        else:
            self.pop(span, None)

    def within(self, limit_price: int, sign: int, levels: Mapping[Optional[int], PriceLevel]) -> int:
        """What rests at prices that are not worse than a limit: whole spans, then the levels of the last one."""
        limit_span = limit_price >> _BITS
        whole = sum(quantity for span, quantity in self.items() if span * sign < limit_span * sign)
        prices = range(limit_span << _BITS, (limit_span + 1) << _BITS)
        return whole + quantity_within(limit_price, sign, [levels[price] for price in prices if price in levels])
