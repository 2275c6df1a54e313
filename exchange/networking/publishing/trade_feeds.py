"""The tape of each instrument: every trade as it happens, and the last ones for who has just come.

`sequence` counts an instrument's trades since the start, the last ones of before included, whether anybody follows
them or not; so the rows of a snapshot are numbered like the trades that come after it.  Owned by the matching
thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from exchange.engine.orderbook import OrderBook
from exchange.engine.trade import Trade
from exchange.networking.outbound.connection import Connection, SendLine
from exchange.networking.wire.encode_feeds import FeedEncoder
from exchange.networking.wire.limits import TRADES_LAST_MAX


class Tape:
    """The last trades of one instrument, and who follows them."""

    def __init__(self) -> None:
        self.sequence = 0
        self.last_trades: deque[Trade] = deque(maxlen=TRADES_LAST_MAX)
        self.subscribers: dict[Connection, None] = {}

    def add(self, trade: Trade) -> None:
        """One more trade has happened."""
        self.sequence += 1
        self.last_trades.append(trade)


class TradeFeeds:
    """All tapes.  `past_trades` are the last ones of before this start, in order."""

    def __init__(self, encoder: FeedEncoder, send: SendLine, past_trades: Iterable[Trade] = ()) -> None:
        self._encoder = encoder
        self._send = send
        self._tapes: dict[str, Tape] = {}
        for trade in past_trades:
            self._tape(trade.symbol).add(trade)

    def subscribe(self, connection: Connection, symbol: str) -> None:
        """Tell `connection` every trade from now on."""
        self._tape(symbol).subscribers[connection] = None

    def show(self, connection: Connection, book: OrderBook, count: int) -> None:
        """Tell the last `count` trades, the last price, and what the day has seen."""
        symbol, day, last_price = book.instrument.symbol, book.day, book.last_trade_price
        tape = self._tape(symbol)
        trades = list(tape.last_trades)[-count:] if count else []
        line = self._encoder.trades_snapshot(symbol, tape.sequence, trades, last_price, day)
        self._send(connection, line)

    def unsubscribe(self, connection: Connection, symbol: str) -> None:
        """Stop telling `connection`; no harm if it wasn't told."""
        self._tape(symbol).subscribers.pop(connection, None)

    def forget(self, connection: Connection) -> None:
        """Stop telling `connection` anything."""
        for tape in self._tapes.values():
            tape.subscribers.pop(connection, None)

    def subscribers(self, symbol: str) -> Iterable[Connection]:
        """Who follows the trades of an instrument."""
        return self._tape(symbol).subscribers

    def tell(self, trade: Trade) -> None:
        """A trade has happened: all who follow its instrument are told."""
        tape = self._tape(trade.symbol)
        tape.add(trade)
        if tape.subscribers:
            line = self._encoder.trade(tape.sequence, trade)
            for connection in tape.subscribers:
                self._send(connection, line)

    def _tape(self, symbol: str) -> Tape:
        tape = self._tapes.get(symbol)
        if tape is None:
            tape = self._tapes[symbol] = Tape()
        return tape
