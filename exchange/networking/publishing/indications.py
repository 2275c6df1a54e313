"""What an auction would give now, told in a call to whoever follows the book, whenever it changes (RULES 19, 20).

To find the price costs a walk over all that would trade, so it is looked for only when something has changed that
it could depend on, and only while somebody follows the book.  Where it is dear it is looked for seldom, so that a
large book in a call holds nobody up:

    a change ──► found at once, if the last time was cheap or is long enough ago
             └─► else left, and found `PAUSE` times as long after the last time as that one took
                 or when it has to be known: before a `pong`, or for somebody who subscribes

What is told is always what is true then; when the call is over nothing is told any more.  Owned by the matching
thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Optional

from exchange.engine.auction import indication
from exchange.engine.bands import reference_price
from exchange.engine.events import AuctionIndication
from exchange.engine.orderbook import OrderBook
from exchange.engine.phases import is_call
from exchange.engine.words import Phase

# So many times what the last one took must pass before the next: 5 % of the time at most.
PAUSE = 20
# What takes no longer, in seconds, is found at once each time.
CHEAP_S = 0.000_2


class _Marks(NamedTuple):
    """What moves with every change of a book that no change of a shown level gives away: hidden parts, MARKET
    orders, another reference."""

    phase: Phase
    reference: Optional[int]
    bid_quantity: int
    bid_market_quantity: int
    ask_quantity: int
    ask_market_quantity: int


def _marks(book: OrderBook) -> _Marks:
    bids, asks = book.bids, book.asks
    return _Marks(
        book.phase,
        reference_price(book),
        bids.limit_quantity,
        bids.market.quantity,
        asks.limit_quantity,
        asks.market.quantity,
    )


class _Found(NamedTuple):
    """An indication, of a book with these marks, and from when on, by the clock, the next may be looked for."""

    marks: _Marks
    indication: AuctionIndication
    next_s: float


class Indications:
    """The last indication of each instrument that is in a call and followed: that is the one its followers know.

    `worked_s` tells how long this thread has worked, which is what an indication costs; `monotonic_s` is the clock
    that pauses are measured by.
    """

    def __init__(
        self,
        worked_s: Callable[[], float] = time.thread_time,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worked_s = worked_s
        self._monotonic_s = monotonic_s
        self._last: dict[str, _Found] = {}
        # The instruments whose last indication may be out of date, which was left for later; to be read by others.
        self.left: set[str] = set()

    def changed(
        self, book: OrderBook, levels_changed: bool, is_at_once: bool = False
    ) -> Optional[AuctionIndication]:
        """What has to be told, None where nothing has: there is no call, it is as it was, or it is left for later.

        `levels_changed`: some level's totals may have changed since this was last asked.  With `is_at_once`
        nothing is left.
        """
        symbol = book.instrument.symbol
        if not is_call(book.phase):
            self.forget(symbol)
            return None
        last = self._last.get(symbol)
        if last is not None:
            if not levels_changed and symbol not in self.left and last.marks == _marks(book):
                return None
            if not is_at_once and self._monotonic_s() < last.next_s:
                self.left.add(symbol)
                return None
        now = self._find(book)
        return None if last is not None and last.indication == now else now

    def forget(self, symbol: str) -> None:
        """Nobody follows the book any more: what is told next is told as new."""
        self._last.pop(symbol, None)
        self.left.discard(symbol)

    def now(self, book: OrderBook) -> Optional[AuctionIndication]:
        """For who has just subscribed; None where there is no call.  What was left must have been told before."""
        if not is_call(book.phase):
            return None
        last = self._last.get(book.instrument.symbol)
        return self._find(book) if last is None else last.indication

    def wait_s(self) -> Optional[float]:
        """In how many seconds the first of what was left may be found; None where nothing was."""
        if not self.left:
            return None
        return max(0.0, min(self._last[symbol].next_s for symbol in self.left) - self._monotonic_s())

    def _find(self, book: OrderBook) -> AuctionIndication:
        symbol, start_s = book.instrument.symbol, self._worked_s()
        now = indication(book)
        took_s = self._worked_s() - start_s
        pause_s = took_s * PAUSE if took_s > CHEAP_S else 0.0
        self._last[symbol] = _Found(_marks(book), now, self._monotonic_s() + pause_s)
        self.left.discard(symbol)
        return now
