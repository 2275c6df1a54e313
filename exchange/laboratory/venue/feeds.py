"""Who follows which book, which trades and the news, and what each of them is told.

The rules are those of PROTOCOL "Market data", and what is told is one value, shared by all who hear it.  Nobody is
ever too slow here, so nobody is put out of step; and what an auction would give is told whenever it changes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Optional, Protocol

from exchange.engine.auction import indication
from exchange.engine.events import AuctionIndication, InstrumentStatusChanged, NewsSaid
from exchange.engine.orderbook import OrderBook
from exchange.engine.phases import is_call
from exchange.engine.trade import Trade
from exchange.laboratory.venue.book_feed import FollowedSide, FollowedView
from exchange.laboratory.venue.event_values import EventValues, event_of_line
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.wire.encode_feeds import instrument_status, news
from exchange.networking.wire.limits import TRADES_LAST_MAX


class Hearer(Protocol):
    """Who follows something: a session."""

    @property
    def user(self) -> str:
        """Whom it speaks for."""

    def tell(self, event: TypedEvent) -> None:
        """Have the event on its way."""


class _InstrumentFeed:
    """One instrument: the views of its book, its last trades, and who follows those."""

    def __init__(self, book: OrderBook) -> None:
        self.book = book
        # Followed from the first time that somebody asks for the book.
        self.sides: Optional[tuple[FollowedSide, FollowedSide]] = None
        self.views: dict[int, FollowedView[Hearer]] = {}
        self.trade_followers: dict[Hearer, None] = {}
        self.last_trades: deque[Trade] = deque(maxlen=TRADES_LAST_MAX)
        self.trade_count = 0
        # What the followers of the book know of the auction; None where they know of none.
        self.indicated: Optional[AuctionIndication] = None

    def book_followers(self) -> dict[Hearer, None]:
        """Everybody who follows the book, at whatever depth."""
        return {hearer: None for view in self.views.values() for hearer in view.followers}


class MarketFeeds:
    """All feeds.  `books` is the engine's own dict of books by symbol."""

    def __init__(self, books: dict[str, OrderBook], values: EventValues) -> None:
        self._books = books
        self._values = values
        self._feeds: dict[str, _InstrumentFeed] = {}
        self._news: dict[Hearer, None] = {}

    # --- who follows what --------------------------------------------------------------------------------

    def follow_book(self, hearer: Hearer, symbol: str, depth: int) -> None:
        """Begin to tell `hearer`, with a snapshot; this takes the place of an earlier subscription of the book."""
        self.leave_book(hearer, symbol)
        self.flush()
        feed = self._feed(symbol)
        view = feed.views.get(depth)
        if view is None:
            if feed.sides is None:
                feed.sides = FollowedSide(feed.book.bids), FollowedSide(feed.book.asks)
                feed.book.follow_changes()
            view = feed.views[depth] = FollowedView(*feed.sides, depth)
        view.followers[hearer] = None
        hearer.tell(self._values.book_snapshot(symbol, view.sequence, *view.levels()))
        if is_call(feed.book.phase):
            feed.indicated = indication(feed.book)
            hearer.tell(self._indication(feed.indicated))

    def leave_book(self, hearer: Hearer, symbol: str) -> None:
        """Stop telling `hearer`; no harm if it wasn't told."""
        for view in self._feed(symbol).views.values():
            view.followers.pop(hearer, None)

    def follow_trades(self, hearer: Hearer, symbol: str, last: Optional[int]) -> None:
        """Begin to tell `hearer`; first the `last` trades, unless that is None."""
        feed = self._feed(symbol)
        feed.trade_followers[hearer] = None
        if last is not None:
            trades = list(feed.last_trades)[-last:] if last else []
            line = self._values.encoder.trades_snapshot(
                symbol, feed.trade_count, trades, feed.book.last_trade_price, feed.book.day
            )
            hearer.tell(event_of_line(line))

    def leave_trades(self, hearer: Hearer, symbol: str) -> None:
        """Stop telling `hearer`; no harm if it wasn't told."""
        self._feed(symbol).trade_followers.pop(hearer, None)

    def follow_news(self, hearer: Hearer) -> None:
        """Begin to tell `hearer`."""
        self._news[hearer] = None

    def leave_news(self, hearer: Hearer) -> None:
        """Stop telling `hearer`; no harm if it wasn't told."""
        self._news.pop(hearer, None)

    def forget(self, hearer: Hearer) -> None:
        """Stop telling `hearer` anything."""
        for symbol in self._feeds:
            self.leave_book(hearer, symbol)
            self.leave_trades(hearer, symbol)
        self.leave_news(hearer)

    # --- what is told ------------------------------------------------------------------------------------

    def tell_trade(self, trade: Trade) -> None:
        """Tell all who follow the trades of its instrument."""
        feed = self._feed(trade.symbol)
        feed.trade_count += 1
        feed.last_trades.append(trade)
        if feed.trade_followers:
            _tell(feed.trade_followers, self._values.trade(feed.trade_count, trade))

    def tell_status(self, event: InstrumentStatusChanged) -> None:
        """Tell all who follow the instrument in any way."""
        feed = self._feed(event.symbol)
        _tell({**feed.trade_followers, **feed.book_followers()}, event_of_line(instrument_status(event)))

    def tell_news(self, said: NewsSaid) -> None:
        """Tell all who follow the news, or those of them who speak for the user it is meant for."""
        hearers = [hearer for hearer in self._news if said.user is None or hearer.user == said.user]
        _tell(hearers, event_of_line(news(said)))

    def flush(self) -> None:
        """Tell what has changed in every book since the last flush."""
        for symbol, book in self._books.items():
            feed = self._feeds.get(symbol)
            if feed is None:
                continue
            if feed.sides is not None:
                bid_prices, ask_prices = book.bids.take_changed_prices(), book.asks.take_changed_prices()
                if bid_prices or ask_prices:
                    for side, prices in zip(feed.sides, (bid_prices, ask_prices), strict=True):
                        side.follow(prices)
                    self._tell_changes(feed, symbol)
            if feed.indicated is not None or is_call(book.phase):
                self._tell_indication(feed)

    def _tell_changes(self, feed: _InstrumentFeed, symbol: str) -> None:
        feed.views = {depth: view for depth, view in feed.views.items() if view.followers or not depth}
        for view in feed.views.values():
            changes = view.changes()
            if changes and view.followers:
                _tell(view.followers, self._values.book_update(symbol, view.sequence, changes))

    def _tell_indication(self, feed: _InstrumentFeed) -> None:
        followers = feed.book_followers()
        if not followers or not is_call(feed.book.phase):
            feed.indicated = None
            return
        now = indication(feed.book)
        if now != feed.indicated:
            feed.indicated = now
            _tell(followers, self._indication(now))

    def _indication(self, now: AuctionIndication) -> TypedEvent:
        return event_of_line(self._values.encoder.auction_indication(now))

    def _feed(self, symbol: str) -> _InstrumentFeed:
        feed = self._feeds.get(symbol)
        if feed is None:
            feed = self._feeds[symbol] = _InstrumentFeed(self._books[symbol])
        return feed


def _tell(hearers: Iterable[Hearer], event: TypedEvent) -> None:
    for hearer in hearers:
        hearer.tell(event)
