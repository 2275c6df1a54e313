"""The order book of one instrument: its two sides, and whatever its rules remember.

    bids: a max-heap of price levels  ◄── best ──►  asks: a min-heap; each level a queue (see `book_side`)

In continuous trading the best bid is below the best ask.  The book makes no ids, checks no wishes and talks to
nobody.  One thread owns it: whoever calls the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from exchange.engine.book_side import BookSide
from exchange.engine.day_statistics import TradingDay
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order
from exchange.engine.schedule import Hours
from exchange.engine.stops import StopBook
from exchange.engine.terms import KnownConditions
from exchange.engine.words import Phase, SelfTradePrevention, Side, TimeInForce


class OrderBook:
    """Both sides of one instrument, its stops, its definition, its phase and what its rules remember of prices.

    Prices are in ticks, None before there was one: `last_trade_price`, `auction_price` of the last uncross.  The
    book keeps the phase and, in `schedule`, how long it lasts; what it allows is asked in `phases`.
    `one_call_orders` are, by id, orders that an uncross ends, filled or not (RULES 28).  `is_plain`: in continuous
    trading an order without options needs nothing but matching.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.phase, self.hours = Phase.CONTINUOUS, Hours()
        self.bids, self.asks = BookSide(Side.BUY), BookSide(Side.SELL)
        self.stops: Optional[StopBook] = None
        self.one_call_orders: dict[int, Order] = {}
        self.last_trade_price: Optional[int] = None
        self.auction_price: Optional[int] = None
        self.day, self.conditions = TradingDay(), KnownConditions(instrument.tick_size_nanos)
        self.gtc = self.conditions.everyday[TimeInForce.GTC.value]  # Of most orders, at hand.
        self.define(instrument)

    def define(self, instrument: Instrument) -> None:
        """Give the book the instrument's definition, or a new one."""
        self.instrument = instrument
        # At hand, for every order is held to it, and a market without such rules is to pay nothing for them.
        self.symbol, self.tick_size_nanos = instrument.symbol, instrument.tick_size_nanos
        self.lot_size, self.min_quantity = instrument.lot_size, instrument.min_quantity
        self.max_quantity = instrument.max_quantity
        self.is_guarded = instrument.price_band_ppm is not None or instrument.halt_ppm is not None
        self.has_fees = instrument.has_fees
        has_prevention = instrument.self_trade_prevention is not SelfTradePrevention.NONE
        self.is_plain = not self.is_guarded and not has_prevention and self.stops is None

    def side(self, side: Side) -> BookSide:
        """Where an order of `side` rests."""
        return self.bids if side is Side.BUY else self.asks

    def opposite(self, side: Side) -> BookSide:
        """What an arriving order of `side` trades against."""
        return self.asks if side is Side.BUY else self.bids

    def wait(self, stop: Order) -> None:
        """Let a stop wait outside the book."""
        assert stop.conditions.stop_price_nanos is not None, stop
        if self.stops is None:
            self.stops, self.is_plain = StopBook(), False
        self.stops.add(stop, stop.conditions.stop_price_nanos // self.instrument.tick_size_nanos)

    def withdraw(self, order: Order) -> None:
        """Take a live order out, wherever it rests or waits."""
        if order.level is not None:
            order.level.side.withdraw(order)
        else:
            assert self.stops is not None, order
            self.stops.remove(order)

    def follow_changes(self) -> None:
        """Let both sides note from now on where their totals change."""
        self.bids.follow_changes()
        self.asks.follow_changes()

    def live_orders(self) -> Iterator[Order]:
        """All that rest or wait here, in no order that means anything."""
        yield from self.bids.orders()
        yield from self.asks.orders()
        if self.stops is not None:
            yield from self.stops.orders()

    def is_crossed(self) -> bool:
        """Whether orders that rest could trade with each other."""
        bid, ask = self.bids.best(), self.asks.best()
        return bid is not None and ask is not None and bid.price >= ask.price

    def check_invariants(self) -> None:
        """Assert that all is sound, and that in continuous trading nothing rests that would trade.  For tests."""
        self.bids.check_invariants()
        self.asks.check_invariants()
        if self.stops is not None:
            self.stops.check_invariants(self.last_trade_price)
        if self.phase is Phase.CONTINUOUS:
            assert not self.is_crossed(), (self.bids.depth(1), self.asks.depth(1))
            assert self.bids.market.first is self.asks.market.first is None
            assert self.stops is None or not self.stops.queue
