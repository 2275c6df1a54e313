"""How far from a reference an instrument may trade: the price band and the circuit breaker (RULES 17, 18).

The band keeps single orders away: a limit price outside it is refused, a MARKET order stops at its edge.  Its
reference is the last trade.  The breaker stops the instrument: a match further off than it allows does not happen,
and the instrument is HALTED.  Its reference is static: the last auction price, or the day's first trade.

Percentages are whole millionths, prices whole ticks, so that all is compared exactly; at the edge is inside.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from exchange.engine.orderbook import OrderBook
from exchange.engine.words import Side

MILLION = 1_000_000


class PriceRange(NamedTuple):
    """The prices from `low` to `high`, in ticks, both inside."""

    low: int
    high: int

    def edge(self, side: Side) -> int:
        """The worst price that an order of `side` may trade at."""
        return self.high if side is Side.BUY else self.low


def reference_price(book: OrderBook) -> Optional[int]:
    """RULES 17: the last trade, else the instrument's own; None where there is neither."""
    last_trade_price = book.last_trade_price
    return book.instrument.reference_price if last_trade_price is None else last_trade_price


def band(book: OrderBook, reference: Optional[int]) -> Optional[PriceRange]:
    """The band around a reference; None where there is none."""
    ppm = book.instrument.price_band_ppm
    if ppm is None or reference is None:
        return None
    low = -(-reference * (MILLION - ppm) // MILLION)
    return PriceRange(low, reference * (MILLION + ppm) // MILLION)


def static_reference(book: OrderBook) -> Optional[int]:
    """RULES 18: the last auction price, else the day's first trade, which the instrument's reference judges."""
    if book.auction_price is not None:
        return book.auction_price
    return book.instrument.reference_price if book.day.open is None else book.day.open


def would_halt(book: OrderBook, price: int, first_price: Optional[int] = None) -> bool:
    """Whether a match at `price` is too far from the static reference to happen.

    `first_price` is that of a trade that would come before it and might be the day's first.
    """
    ppm, reference = book.instrument.halt_ppm, static_reference(book)
    if first_price is not None and book.auction_price is None and book.day.open is None:
        reference = first_price
    return ppm is not None and reference is not None and abs(price - reference) * MILLION > ppm * reference
