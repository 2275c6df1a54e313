"""Public feeds: who follows which book, which trades and the news, and what each of them is sent.

Trades (`trade_feeds`), phases and news are sent as they happen.  Books are sent at the end of each batch, by
`flush`: one `book_update` for each view that is watched (`book_views`), with all that changed in it.

A client that reads too slowly *lags*, and more updates would only make it later.  So it is put *out of step*:

    in step ──an update is due while it lags──► out of step ──a flush finds that it has caught up──► in step

Out of step it gets no updates.  It gets a snapshot instead of each view that has changed since it last saw it, at
two moments: before each of its pongs, because a pong promises that everything before it was told; and when it has
caught up, so that the updates that follow fit on to what it knows.

Owned by the matching thread, which is also the only one that may look into the books.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from exchange.engine.events import InstrumentStatusChanged, NewsSaid
from exchange.engine.orderbook import OrderBook
from exchange.engine.trade import Trade
from exchange.networking.outbound.connection import Connection, SendLine
from exchange.networking.publishing.book_views import BookView, BookViews
from exchange.networking.publishing.indications import Indications
from exchange.networking.publishing.trade_feeds import TradeFeeds
from exchange.networking.publishing.update_pauses import UpdatePauses
from exchange.networking.wire.encode_feeds import FeedEncoder, instrument_status, news
from exchange.utils.waits import sooner


class Feeds:
    """All feeds.  `books` is the engine's own dict of books by symbol; `send` queues a line for a connection."""

    def __init__(
        self,
        books: dict[str, OrderBook],
        encoder: FeedEncoder,
        send: SendLine,
        past_trades: Iterable[Trade] = (),
        indications: Optional[Indications] = None,
        pauses: Optional[UpdatePauses] = None,
    ) -> None:
        """`past_trades` are the last ones of before this start."""
        self._books = books
        self._encoder = encoder
        self._send = send
        self._book_views: dict[str, BookViews] = {}
        self._trades = TradeFeeds(encoder, send, past_trades)
        self._news: dict[Connection, None] = {}
        self._indications = indications or Indications()
        self._pauses = pauses or UpdatePauses()
        # The symbols of the books that may have changed since the last flush, in the order of their first changes:
        # with hundreds of instruments a flush looks at few.  Whoever tells of changes puts them here.
        self.touched: dict[str, None] = {}
        # Every reader that is out of step, and for each view of which it was spared an update the `sequence` that
        # it knows.
        self._out_of_step: dict[Connection, dict[BookView, int]] = {}

    # --- who follows what --------------------------------------------------------------------------------

    def subscribe_book(self, connection: Connection, symbol: str, depth: int) -> None:
        """Begin to tell `connection`, with a snapshot; this replaces an earlier subscription of the book."""
        self.unsubscribe_book(connection, symbol)
        # What has changed so far belongs to the updates of those who are here, not to the new one's snapshot.
        self._tell_book(symbol, is_at_once=True)
        self.flush()
        book_views = self._book_views.get(symbol)
        if book_views is None:
            book_views = self._book_views[symbol] = BookViews(self._books[symbol])
            self._books[symbol].follow_changes()
        view = book_views.view(depth)
        view.subscribers[connection] = None
        self._send(connection, view.snapshot(self._encoder))
        indicated = self._indications.now(self._books[symbol])
        if indicated is not None:
            self._send(connection, self._encoder.auction_indication(indicated))

    def unsubscribe_book(self, connection: Connection, symbol: str) -> None:
        """Stop telling `connection`; no harm if it wasn't told."""
        spared = self._out_of_step.get(connection, {})
        for view in self._views(symbol):
            view.subscribers.pop(connection, None)
            spared.pop(view, None)

    def subscribe_trades(self, connection: Connection, symbol: str, last: Optional[int]) -> None:
        """Begin to tell `connection`; first the `last` trades, unless that is None."""
        self._trades.subscribe(connection, symbol)
        if last is not None:
            self._trades.show(connection, self._books[symbol], last)

    def unsubscribe_trades(self, connection: Connection, symbol: str) -> None:
        """Stop telling `connection`; no harm if it wasn't told."""
        self._trades.unsubscribe(connection, symbol)

    def subscribe_news(self, connection: Connection) -> None:
        """Begin to tell `connection`."""
        self._news[connection] = None

    def unsubscribe_news(self, connection: Connection) -> None:
        """Stop telling `connection`; no harm if it wasn't told."""
        self._news.pop(connection, None)

    def forget(self, connection: Connection) -> None:
        """Stop telling `connection` anything."""
        for symbol in self._book_views:
            self.unsubscribe_book(connection, symbol)
        self._trades.forget(connection)
        self._news.pop(connection, None)
        self._out_of_step.pop(connection, None)

    # --- what is told ------------------------------------------------------------------------------------

    def tell_trade(self, trade: Trade) -> None:
        """Send one trade to all who follow its instrument."""
        self._trades.tell(trade)

    def tell_status(self, event: InstrumentStatusChanged) -> None:
        """Tell everybody who follows the instrument in any way that its phase has changed."""
        following = {**dict.fromkeys(self._trades.subscribers(event.symbol)), **self._followers(event.symbol)}
        self._send_all(following, instrument_status(event))

    def tell_news(self, said: NewsSaid) -> None:
        """Tell all who follow the news, or those of them who speak for the user it is meant for."""
        to_all = said.user is None
        self._send_all([each for each in self._news if to_all or each.user == said.user], news(said))

    def touch(self, symbol: Optional[str]) -> None:
        """The book of `symbol`, None: any book, may have changed.  No harm if there is no such book."""
        if symbol is None:
            self.touched.update(dict.fromkeys(self._books))
        elif symbol in self._books:
            self.touched[symbol] = None

    def flush(self) -> None:
        """Send what has changed in the touched books, unless they are in a pause; bring those back
        in step who have caught up."""
        if self._pauses.left or self._indications.left:
            self.touched.update(dict.fromkeys((*self._pauses.left, *self._indications.left)))
        for symbol in self.touched:
            self._tell_book(symbol)
        self.touched.clear()
        if not self._out_of_step:
            return
        # Behind all updates of this flush, so that the snapshots below hold them, and the next update follows.
        for connection in [connection for connection in self._out_of_step if not connection.is_lagging]:
            self._show_changed_views(connection)
            del self._out_of_step[connection]

    def bring_up_to_date(self, connection: Connection) -> None:
        """Flush, and leave nothing of its books for later; a reader that is out of step is sent snapshots of what
        it was spared, though it still lags.

        For a pong, which must have everything before it that happened before (PROTOCOL "Lines").
        """
        self.flush()
        for symbol in dict.fromkeys((*self._pauses.left, *self._indications.left)):
            if connection in self._followers(symbol):
                self._tell_book(symbol, is_at_once=True)
        if connection in self._out_of_step:
            self._show_changed_views(connection)

    def wait_s(self) -> Optional[float]:
        """In how many seconds a `flush` has something to tell that was left for later; None: nothing was."""
        if not (self._pauses.left or self._indications.left):
            return None
        return sooner(self._indications.wait_s(), self._pauses.wait_s())

    def _views(self, symbol: str) -> Iterable[BookView]:
        book_views = self._book_views.get(symbol)
        return () if book_views is None else book_views.views()

    def _tell_book(self, symbol: str, is_at_once: bool = False) -> None:
        """Send what has changed in one book, unless it is in a pause; `is_at_once`: in any case."""
        book, book_views = self._books[symbol], self._book_views.get(symbol)
        if book_views is None or (not is_at_once and self._pauses.holds(symbol)):
            return
        bid_prices, ask_prices = book.bids.take_changed_prices(), book.asks.take_changed_prices()
        if bid_prices or ask_prices:
            for view, line in book_views.updates(bid_prices, ask_prices, self._encoder):
                self._tell_view(view, line)
        self._pauses.told(symbol, sum(len(view.subscribers) for view in book_views.views()))
        self._tell_indication(symbol, bool(bid_prices or ask_prices), is_at_once)

    def _tell_indication(self, symbol: str, levels_changed: bool, is_at_once: bool) -> None:
        followers = self._followers(symbol)
        if not followers:
            self._indications.forget(symbol)
            return
        changed = self._indications.changed(self._books[symbol], levels_changed, is_at_once)
        if changed is not None:
            self._send_all(followers, self._encoder.auction_indication(changed))

    def _followers(self, symbol: str) -> dict[Connection, None]:
        """Everybody who follows the book, at whatever depth."""
        followers: dict[Connection, None] = {}
        for view in self._views(symbol):
            followers.update(view.subscribers)
        return followers

    def _tell_view(self, view: BookView, line: bytes) -> None:
        """Send the update that took the view to its present sequence, or note who is spared it."""
        for connection in view.subscribers:
            # Asked in this order, a reader that has caught up just now goes on being spared until the end of the
            # flush: it was spared earlier updates, and this one does not follow from what it knows.
            if connection.is_lagging or connection in self._out_of_step:
                spared = self._out_of_step.setdefault(connection, {})
                # Only the first update that it is spared says what it knows: the sequence before that.
                spared.setdefault(view, view.sequence - 1)
            else:
                self._send(connection, line)

    def _show_changed_views(self, connection: Connection) -> None:
        """Send a reader that is out of step a snapshot of each view of which it knows an older sequence."""
        spared = self._out_of_step[connection]
        for view, known_sequence in spared.items():
            if known_sequence != view.sequence:
                spared[view] = view.sequence
                self._send(connection, view.snapshot(self._encoder))

    def _send_all(self, subscribers: Iterable[Connection], line: bytes) -> None:
        for connection in subscribers:
            self._send(connection, line)
