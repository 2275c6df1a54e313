"""What an auction would give now, told in a call to whoever follows the book, whenever it changes (RULES 19, 20).

To find the price costs a walk over the book, so it is looked for only when something has changed that it could
depend on, and only while somebody follows the book.  Owned by the matching thread.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from exchange.engine.auction import indication
from exchange.engine.events import AuctionIndication
from exchange.engine.orderbook import OrderBook
from exchange.engine.phases import is_call
from exchange.engine.words import Phase


class _Marks(NamedTuple):
    """What moves with every change of a book that no change of a shown level gives away: hidden parts, MARKET
    orders."""

    phase: Phase
    bid_quantity: int
    bid_market_quantity: int
    ask_quantity: int
    ask_market_quantity: int


def _marks(book: OrderBook) -> _Marks:
    bids, asks = book.bids, book.asks
    return _Marks(
        book.phase, bids.limit_quantity, bids.market.quantity, asks.limit_quantity, asks.market.quantity
    )


class Indications:
    """The last indication of each instrument that is in a call."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[_Marks, AuctionIndication]] = {}

    def changed(self, book: OrderBook, levels_changed: bool) -> Optional[AuctionIndication]:
        """What has to be told, None where nothing has: there is no call, or it is as it was.

        `levels_changed`: some level's totals may have changed since this was last asked.
        """
        symbol = book.instrument.symbol
        if not is_call(book.phase):
            self._last.pop(symbol, None)
            return None
        marks, known = _marks(book), self._last.get(symbol)
        if known is not None and known[0] == marks and not levels_changed:
            return None
        now = indication(book)
        self._last[symbol] = marks, now
        return None if known is not None and known[1] == now else now

    def forget(self, symbol: str) -> None:
        """Nobody follows the book any more: what is told next is told as new."""
        self._last.pop(symbol, None)

    def now(self, book: OrderBook) -> Optional[AuctionIndication]:
        """For who has just subscribed; None where there is no call.  The others know it already, or are nobody."""
        if not is_call(book.phase):
            return None
        now = indication(book)
        self._last[book.instrument.symbol] = _marks(book), now
        return now
