"""Public feeds: the book of each instrument as a snapshot and its updates, and every trade.

A book feed shows a *view*: the best `depth` levels of both sides (0: all of them).  All who watch the same view
get the same lines, encoded once.  After each batch the view is compared with what was last told of it and the
difference goes out as one `book_update`; levels carry their new totals, so telling one again does no harm, and
snapshot + updates is always the engine's own book.

A reader who lags is spared the updates:

    in step ──(an update is due, but it lags)──► lagging ──(a flush finds that it has caught up)──► in step

At each ping, so that a pong is a barrier for everybody, and when it has caught up it is sent a snapshot of each
view that has changed since it was last told of it.  Updates continue from there.

Owned by the matching thread, which is also the only one that may look into the books.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Optional

from exchange.engine.events import InstrumentStatusChanged
from exchange.engine.orderbook import BookSide, OrderBook
from exchange.engine.trade import Trade
from exchange.networking.connection import Connection
from exchange.networking.protocol import Encoder, Level, LevelChange
from exchange.networking.requests import Channel

# A level's totals: (quantity, order count).
Totals = tuple[int, int]
Send = Callable[[Connection, bytes], None]


class SideView:
    """The part of one book side that a view shows, as it was last told."""

    def __init__(self, side: BookSide, depth: int) -> None:
        self._side = side
        self._depth = depth
        self._shown: dict[int, Totals] = {}

    def reset(self) -> list[Level]:
        """Take the side as it stands for told; returns it as (price, quantity, order count), best first."""
        levels = self._side.depth(self._depth or None)
        self._shown = {price: (quantity, order_count) for price, quantity, order_count in levels}
        return levels

    def changes(self, changed_prices: Iterable[int]) -> list[LevelChange]:
        """What must be told so that the view is right again, given every price whose totals may have changed."""
        if self._depth:
            return self._limited_changes()
        changes: list[LevelChange] = []
        for price in changed_prices:
            totals = self._side.total_at(price)
            if totals == self._shown.get(price, (0, 0)):
                continue
            changes.append((self._side.side, price, *totals))
            if totals[0]:
                self._shown[price] = totals
            else:
                del self._shown[price]
        return changes

    def _limited_changes(self) -> list[LevelChange]:
        """Compare the best levels of now with those last told.  O(depth log depth)."""
        before = self._shown
        self.reset()
        gone = [(self._side.side, price, 0, 0) for price in before if price not in self._shown]
        return gone + [
            (self._side.side, price, *totals)
            for price, totals in self._shown.items()
            if before.get(price) != totals
        ]


class BookView:
    """One view of one book, and who watches it.  `sequence` counts its updates."""

    def __init__(self, book: OrderBook, depth: int) -> None:
        self._symbol = book.instrument.symbol
        self._bids = SideView(book.bids, depth)
        self._asks = SideView(book.asks, depth)
        self.sequence = 0
        self.subscribers: dict[Connection, None] = {}
        # The snapshot as it was last told, None once it is out of date: whoever subscribes again and again to a
        # large book must not make the exchange write it again and again.
        self._snapshot: Optional[bytes] = None

    def snapshot(self, encoder: Encoder) -> bytes:
        """The view as it stands, for who is not in step.  All updates must have been told before."""
        if self._snapshot is None:
            bids, asks = self._bids.reset(), self._asks.reset()
            self._snapshot = encoder.book_snapshot(self._symbol, self.sequence, bids, asks)
        return self._snapshot

    def update(self, bid_prices: Iterable[int], ask_prices: Iterable[int], encoder: Encoder) -> bytes:
        """The line that brings subscribers up to date; empty when nothing they see has changed."""
        changes = self._bids.changes(bid_prices) + self._asks.changes(ask_prices)
        if not changes:
            return b""
        self._snapshot = None
        self.sequence += 1
        return encoder.book_update(self._symbol, self.sequence, changes)


class TradeFeed:
    """The trades of one instrument, and who watches them.  `sequence` counts them."""

    def __init__(self) -> None:
        self.sequence = 0
        self.subscribers: dict[Connection, None] = {}


class MarketData:
    """All feeds.  `books` is the engine's own dict of books by symbol; `send` queues a line for a connection."""

    def __init__(self, books: dict[str, OrderBook], encoder: Encoder, send: Send) -> None:
        self._books = books
        self._encoder = encoder
        self._send = send
        self._views: dict[str, dict[int, BookView]] = {}
        self._trades: dict[str, TradeFeed] = {}
        # Every reader who lags, and for each view of which it was spared an update the sequence that it knows.
        self._lagging: dict[Connection, dict[BookView, int]] = {}

    def subscribe(self, connection: Connection, channel: Channel, symbol: str, depth: int) -> None:
        """Begin to tell `connection`; a book subscription starts with its snapshot and replaces an earlier one."""
        self.unsubscribe(connection, channel, symbol)
        if channel is Channel.TRADES:
            self._trades.setdefault(symbol, TradeFeed()).subscribers[connection] = None
            return
        self.flush()
        views = self._views.setdefault(symbol, {})
        view = views.get(depth)
        if view is None:
            view = views[depth] = BookView(self._books[symbol], depth)
        view.subscribers[connection] = None
        self._send(connection, view.snapshot(self._encoder))

    def unsubscribe(self, connection: Connection, channel: Channel, symbol: str) -> None:
        """Stop telling `connection`; no harm if it wasn't told."""
        if channel is Channel.TRADES:
            feed = self._trades.get(symbol)
            if feed is not None:
                feed.subscribers.pop(connection, None)
            return
        spared = self._lagging.get(connection, {})
        for view in self._views.get(symbol, {}).values():
            view.subscribers.pop(connection, None)
            spared.pop(view, None)

    def forget(self, connection: Connection) -> None:
        """Stop telling `connection` anything."""
        for symbol in self._views:
            self.unsubscribe(connection, Channel.BOOK, symbol)
        for symbol in self._trades:
            self.unsubscribe(connection, Channel.TRADES, symbol)
        self._lagging.pop(connection, None)

    def tell_trade(self, trade: Trade) -> None:
        """Send one trade to all who watch its instrument."""
        feed = self._trades.get(trade.symbol)
        if feed is None or not feed.subscribers:
            return
        feed.sequence += 1
        self._send_all(feed.subscribers, self._encoder.trade(feed.sequence, trade))

    def tell_status(self, event: InstrumentStatusChanged) -> None:
        """Tell everybody who watches the instrument in any way that its phase has changed."""
        watching: dict[Connection, None] = {}
        for view in self._views.get(event.symbol, {}).values():
            watching.update(view.subscribers)
        feed = self._trades.get(event.symbol)
        if feed is not None:
            watching.update(feed.subscribers)
        self._send_all(watching, self._encoder.encode(event))

    def flush(self) -> None:
        """Send what changed in every book since the last flush, except to who lags."""
        for symbol, book in self._books.items():
            bid_prices, ask_prices = book.bids.take_changed_prices(), book.asks.take_changed_prices()
            if not (bid_prices or ask_prices):
                continue
            views = self._views.get(symbol, {})
            for depth, view in list(views.items()):
                if not view.subscribers:
                    del views[depth]
                    continue
                line = view.update(bid_prices, ask_prices, self._encoder)
                if line:
                    self._tell_view(view, line)
        for connection in [connection for connection in self._lagging if not connection.is_lagging]:
            self._show_changed_views(connection)
            del self._lagging[connection]

    def bring_up_to_date(self, connection: Connection) -> None:
        """Flush, and spare `connection` nothing of what has changed until now, even if it lags."""
        self.flush()
        if connection in self._lagging:
            self._show_changed_views(connection)

    def _tell_view(self, view: BookView, line: bytes) -> None:
        """Send the update that took the view to its sequence; who lags is noted to know the one before."""
        for connection in view.subscribers:
            # Who has caught up since the last flush stays out of step until the end of this one.
            if connection.is_lagging or connection in self._lagging:
                self._lagging.setdefault(connection, {}).setdefault(view, view.sequence - 1)
            else:
                self._send(connection, line)

    def _show_changed_views(self, connection: Connection) -> None:
        """Send one who lags a snapshot of each view that it knows an older sequence of."""
        spared = self._lagging[connection]
        for view, known_sequence in spared.items():
            if known_sequence != view.sequence:
                spared[view] = view.sequence
                self._send(connection, view.snapshot(self._encoder))

    def _send_all(self, subscribers: Iterable[Connection], line: bytes) -> None:
        for connection in subscribers:
            self._send(connection, line)
