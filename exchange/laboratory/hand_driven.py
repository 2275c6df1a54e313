"""A whole exchange for a test: no socket, no disk, no thread, and a clock that the test moves.

    exchange = HandDrivenExchange()
    exchange.given_book(\"\"\"
        BUY            | SELL
        alice 5 @ 9.99 | bob 7 @ 10.01
    \"\"\")
    carol = exchange.join("carol")          # the client library's own client
    carol.buy(3)
    exchange.clock.advance(1.5)
    print(exchange.book.show())

`testing` makes it a fixture of pytest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from exchange.engine.commands import Command
from exchange.engine.instrument import Instrument
from exchange.engine.orderbook import OrderBook
from exchange.laboratory.market import MarketError, VirtualMarket
from exchange.laboratory.telling.book_table import drawn_book, drawn_orders
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.clock import START_NS
from exchange.laboratory.venue.latency import NO_LATENCY, Latency
from exchange.laboratory.venue.market_connection import connected_client
from exchange.laboratory.venue.request_check import plain_order
from exchange.laboratory.venue.session import MarketSession
from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.exchange_client import ExchangeClient
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.client.typed_events import OrderExecuted, OrderRejected, Trade
from exchange.utils.helpers import NS_PER_S

# Who hears of the trades for `trades`; an order of it would be refused as one of nobody's.
WATCHER = "the-laboratory"


class HandDrivenClock:
    """The market's time, for a test to move."""

    def __init__(self, market: VirtualMarket) -> None:
        self._market = market

    @property
    def now_ns(self) -> int:
        """Ns since the Unix epoch."""
        return self._market.clock.now_ns

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and all that is due in them happen."""
        self._market.advance(seconds)


class ShownBook:
    """One instrument's book, to be looked at."""

    def __init__(self, market: VirtualMarket, book: OrderBook) -> None:
        self._market = market
        self._book = book

    def show(self, *, with_users: bool = True) -> str:
        """The orders that rest now, as a table; compare it with `tidied(…)` of the one that is expected."""
        self._market.settle()
        return drawn_book(self._book, with_users=with_users)


class HandDrivenExchange:
    """Lists `instruments` (None: ACME, with tick 0.01 and lot 1); `market` is what it drives."""

    def __init__(
        self, instruments: Optional[Iterable[Instrument]] = None, seed: int = 0, start_ns: int = START_NS
    ) -> None:
        self.market = VirtualMarket(instruments, seed, start_ns)
        self.clock = HandDrivenClock(self.market)
        self._trades: list[Trade] = []
        self._drawers: dict[str, MarketSession] = {}
        self._drawn_count = 0
        self._not_resting: list[TypedEvent] = []
        watcher = self.market.join(WATCHER)
        watcher.hear = self._note_trade
        for symbol in self.market.engine.books:
            watcher.send({"type": "subscribe", "channel": "trades", "symbol": symbol})
        self.market.settle()

    # --- participants ------------------------------------------------------------------------------------

    def join(self, user: str, latency: Latency = NO_LATENCY) -> ExchangeClient:
        """A client of `user`, logged in: what waits for an answer makes time pass until it is there."""
        return connected_client(self.market, self.market.join(user, latency))

    def run_bot(self, bot: Bot, user: Optional[str] = None, latency: Latency = NO_LATENCY) -> DrivenBot:
        """Have the bot trade as `user` (None: its class's name in lower case); it has started when this returns.

        What a callback raises is in `failure` of what is returned.
        """
        driven = DrivenBot(self.market, bot, user, latency)
        self.market.advance((latency.to_exchange_ns + latency.to_participant_ns) * 2 / NS_PER_S)
        return driven

    # --- the market --------------------------------------------------------------------------------------

    def given_book(self, table: str, symbol: Optional[str] = None) -> None:
        """Enter the orders of a table, row by row, each for the user it names.

        Raises ValueError for what is no table, and for one whose orders don't rest.
        """
        listed = self._book(symbol).instrument.symbol
        self._not_resting.clear()
        for user, side, quantity, price in drawn_orders(table):
            self._drawn_count += 1
            name = f"drawn-{self._drawn_count}"
            self._drawer(user).send(plain_order(name, side, quantity, price, symbol=listed))
        self.market.settle()
        if self._not_resting:
            raise ValueError(f"not all orders of the table rest: {self._not_resting[0]}")

    @property
    def book(self) -> ShownBook:
        """The book of the only instrument."""
        return self.book_of(None)

    def book_of(self, symbol: Optional[str]) -> ShownBook:
        """The book of an instrument.  Raises MarketError if it is not listed."""
        return ShownBook(self.market, self._book(symbol))

    @property
    def trades(self) -> list[Trade]:
        """Everything that has traded so far, in order."""
        self.market.settle()
        return list(self._trades)

    def operate(self, command: Command) -> None:
        """What an operator does: a command of `exchange.engine.commands`, now.  Raises MarketError."""
        self.market.operate(command)

    def _book(self, symbol: Optional[str]) -> OrderBook:
        found = self.market.engine.find_book(symbol)
        if not isinstance(found, OrderBook):
            raise MarketError(found.text)
        return found

    def _drawer(self, user: str) -> MarketSession:
        session = self._drawers.get(user)
        if session is None:
            session = self._drawers[user] = self.market.join(user)
            session.hear = self._note_not_resting
        return session

    def _note_not_resting(self, event: TypedEvent) -> None:
        if isinstance(event, (OrderRejected, OrderExecuted)):
            self._not_resting.append(event)

    def _note_trade(self, event: TypedEvent) -> None:
        if isinstance(event, Trade):
            self._trades.append(event)
