"""What the public feeds told about one instrument: its book, its trades, its prices over time.

Prices are in ticks, `now` in seconds of the program's clock.  Holds what was told and
changes nothing else.  Applying an update costs O(changes).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from math import floor
from typing import NamedTuple, Optional

from exchange.networking.client.depth_history import DepthHistory
from exchange.networking.tcp_client import Message
from exchange.utils.helpers import NS_PER_S
from tui.screen.level_flashes import LadderSide, LevelFlashes
from tui.screen.price_scale import PriceScale
from tui.screen.session_phase import SessionPhase

# The finest time that the heat map tells apart.
DEPTH_SLOT_NS = NS_PER_S // 4
TAPE_LENGTH_MAX = 500
# A print is large that is so many times the average of the last trades, of which it takes a few to know it.
LARGE_TIMES = 5
USUAL_TRADES = 200
USUAL_TRADES_MIN = 20
LARGE_PRINTS_MARKED = 3
# The chart is kept twice: finely for some minutes, and in slots of twelve for an hour.
SLOT_S = 0.25
COARSE_SLOTS = 12
FINE_LENGTH_MAX = 4_200
COARSE_LENGTH_MAX = 1_200
CHARTED_S = int(COARSE_LENGTH_MAX * COARSE_SLOTS * SLOT_S)


class TapeTrade(NamedTuple):
    """One public trade; `timestamp_ns` since the Unix epoch.

    `is_buy` tells who took the price, None of a trade of an auction; `trade_id` 0: not told.  `is_large`: many
    times what was usual then.
    """

    timestamp_ns: int
    price: int
    quantity: int
    is_buy: Optional[bool]
    trade_id: int = 0
    is_large: bool = False


class ChartedPrice(NamedTuple):
    """The trades within one slot of time, counted on the clock of `now`: the sum of their prices, and how many."""

    slot: int
    price_sum: int
    trade_count: int


class LevelTotal(NamedTuple):
    """One level's new total."""

    side: LadderSide
    price: int
    quantity: int


@dataclass(slots=True)
class DayFigures:
    """Of the trading day: first, highest and lowest price in ticks, and what the average needs.

    `priced_quantity` is the quantity that `value` (ticks times quantity) is of; `delta` what was bought less what
    was sold by who took the price, of the trades that were seen.
    """

    first: Optional[int] = None
    high: Optional[int] = None
    low: Optional[int] = None
    value: int = 0
    priced_quantity: int = 0
    delta: int = 0

    def add(self, trade: TapeTrade) -> None:
        """One trade more."""
        price = trade.price
        self.first = price if self.first is None else self.first
        self.high = price if self.high is None else max(self.high, price)
        self.low = price if self.low is None else min(self.low, price)
        self.value += price * trade.quantity
        self.priced_quantity += trade.quantity
        if trade.is_buy is not None:
            self.delta += trade.quantity if trade.is_buy else -trade.quantity

    @property
    def average(self) -> Optional[Decimal]:
        """The volume-weighted average price in ticks; None before a trade."""
        return Decimal(self.value) / self.priced_quantity if self.priced_quantity else None


@dataclass(slots=True)
class Market:
    """One instrument.  `sequence` None means that the book is not known: no snapshot yet, or data was lost."""

    symbol: str
    scale: PriceScale
    lot_size: int = 1
    phase: SessionPhase = field(default_factory=SessionPhase)
    # The price that the exchange starts from where nothing has traded; None: it tells none.
    reference_price: Optional[int] = None
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    sequence: Optional[int] = None
    flashes: LevelFlashes = field(default_factory=LevelFlashes)
    tape: deque[TapeTrade] = field(default_factory=lambda: deque(maxlen=TAPE_LENGTH_MAX))
    volume_at: dict[int, int] = field(default_factory=dict)
    fine_chart: deque[ChartedPrice] = field(default_factory=lambda: deque(maxlen=FINE_LENGTH_MAX))
    coarse_chart: deque[ChartedPrice] = field(default_factory=lambda: deque(maxlen=COARSE_LENGTH_MAX))
    depth: DepthHistory = field(default_factory=lambda: DepthHistory(DEPTH_SLOT_NS))
    last: Optional[TapeTrade] = None
    direction: int = 0
    traded_quantity: int = 0
    day: DayFigures = field(default_factory=DayFigures)
    large_prints: deque[TapeTrade] = field(default_factory=lambda: deque(maxlen=LARGE_PRINTS_MARKED))
    # The running average of what a trade's quantity is, and of how many trades.
    usual_quantity: float = 0.0
    trade_count: int = 0

    @property
    def best_bid(self) -> Optional[int]:
        """The highest bid in ticks.  O(levels)."""
        return max(self.bids) if self.bids else None

    @property
    def best_ask(self) -> Optional[int]:
        """The lowest offer in ticks.  O(levels)."""
        return min(self.asks) if self.asks else None

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is not below the best offer, as in a call: there is no spread then.  O(levels)."""
        bid, ask = self.best_bid, self.best_ask
        return bid is not None and ask is not None and bid >= ask

    @property
    def middle(self) -> Optional[int]:
        """Where the market is: between the best prices, or the one there is, or the last trade or the reference.

        None: nowhere."""
        bid, ask = self.best_bid, self.best_ask
        if bid is not None and ask is not None:
            return (bid + ask) // 2
        if bid is not None or ask is not None:
            return bid if bid is not None else ask
        return self.last.price if self.last is not None else self.reference_price

    def forget_book(self) -> None:
        """The book is not known until the next snapshot."""
        self.bids.clear()
        self.asks.clear()
        self.flashes.clear()
        self.sequence = None
        if self.depth.first_slot is not None:
            # It is known no longer than it was told.
            self.depth.forget_book(self.depth.last_slot * DEPTH_SLOT_NS)

    def apply_snapshot(self, message: Message, now: float) -> None:
        """Start the book anew from a `book_snapshot`."""
        self.forget_book()
        ticks = self.scale.ticks
        self.bids.update({ticks(price): quantity for price, quantity, _ in message["bids"]})
        self.asks.update({ticks(price): quantity for price, quantity, _ in message["asks"]})
        self.sequence = message["sequence"]
        time_ns = int(now * NS_PER_S)
        for is_bid, levels in ((True, self.bids), (False, self.asks)):
            for price, quantity in levels.items():
                self.depth.set_level(price, quantity, time_ns, is_bid=is_bid)
        self.depth.note_best(self.best_bid, self.best_ask, time_ns)

    def apply_update(self, message: Message, now: float) -> Optional[list[LevelTotal]]:
        """Apply a `book_update`; returns what changed, or None if it shows that data was lost."""
        if self.sequence is None:
            return []
        if message["sequence"] != self.sequence + 1:
            self.forget_book()
            return None
        self.sequence += 1
        changes = []
        time_ns = int(now * NS_PER_S)
        for side_name, wire_price, quantity, _ in message["changes"]:
            side, price = LadderSide(side_name), self.scale.ticks(wire_price)
            levels = self.bids if side is LadderSide.BID else self.asks
            if quantity:
                levels[price] = quantity
            else:
                levels.pop(price, None)
            self.flashes.change(side, price, quantity, now)
            changes.append(LevelTotal(side, price, quantity))
            self.depth.set_level(price, quantity, time_ns, is_bid=side is LadderSide.BID)
        self.depth.note_best(self.best_bid, self.best_ask, time_ns)
        return changes

    def apply_trade(self, message: Message, now: float) -> TapeTrade:
        """Take a `trade` onto the tape and into the chart; returns it."""
        trade = self._trade(message)
        self.take_trade(trade, now)
        return trade

    def take_trade(self, trade: TapeTrade, now: float) -> None:
        """The same of a trade that is a value already."""
        self._add(trade, now)
        self.depth.trade(trade.price, trade.quantity, int(now * NS_PER_S), is_buy=trade.is_buy)
        self.traded_quantity += trade.quantity

    def begin_anew(self, *, keeps_book: bool = False) -> None:
        """Nothing has traded yet; nor is it known what rests, unless that is kept."""
        for kept in (self.tape, self.fine_chart, self.coarse_chart, self.large_prints):
            kept.clear()
        self.begin_day()
        self.last, self.direction, self.usual_quantity, self.trade_count = None, 0, 0.0, 0
        if not keeps_book:
            self.bids, self.asks, self.depth = {}, {}, DepthHistory(DEPTH_SLOT_NS)

    def go_back(self, trade_id: int, timestamp_ns: int) -> None:
        """What traded after this trade, and rested after this time, has not been yet.  O(tape)."""
        told, charts = list(self.tape), (self.fine_chart.copy(), self.coarse_chart.copy())
        self.begin_anew(keeps_book=True)
        for trade in told:
            if trade.trade_id <= trade_id:
                self._add(trade, trade.timestamp_ns / NS_PER_S)
                self.traded_quantity += trade.quantity
        # The charts reach further back than the tape: what was not is taken away from them.
        self.fine_chart, self.coarse_chart = charts
        for trade in reversed(told):
            if trade.trade_id > trade_id:
                slot = floor(trade.timestamp_ns / NS_PER_S / SLOT_S)
                _unchart(self.fine_chart, slot, trade.price)
                _unchart(self.coarse_chart, slot // COARSE_SLOTS, trade.price)
        self.depth.forget_after(timestamp_ns)

    def chart_price(self, price: int, now: float) -> None:
        """A trade for the charts alone."""
        slot = floor(now / SLOT_S)
        _chart(self.fine_chart, slot, price)
        _chart(self.coarse_chart, slot // COARSE_SLOTS, price)

    def begin_day(self) -> None:
        """The volumes are those of the trading day."""
        self.traded_quantity = 0
        self.day = DayFigures()
        self.volume_at.clear()

    def apply_trades_snapshot(self, message: Message, clock_offset_s: float) -> None:
        """Take the last trades of before, those that are known already left out; the volume is the day's.

        `clock_offset_s` added to the program's clock gives the wall's, by which trades are stamped.
        """
        known_id = self.last.trade_id if self.last is not None else 0
        for row in message["trades"]:
            trade = self._trade(row)
            if trade.trade_id > known_id:
                self._add(trade, trade.timestamp_ns / NS_PER_S - clock_offset_s)
        if self.last is None and message["last"] is not None:
            self.last = TapeTrade(0, self.scale.ticks(message["last"]), 0, None)
        self.traded_quantity = message["volume"]
        first, high, low = (
            None if message.get(name) is None else self.scale.ticks(message[name])
            for name in ("open", "high", "low")
        )
        if high is not None and low is not None:
            # The exchange's own: it has seen the whole day.
            self.day.first, self.day.high, self.day.low = first, high, low

    def _trade(self, message: Message) -> TapeTrade:
        side = message["aggressor_side"]
        return TapeTrade(
            message["timestamp"],
            self.scale.ticks(message["price"]),
            message["quantity"],
            None if side is None else side == "BUY",
            message.get("trade_id", 0),
        )

    def _add(self, trade: TapeTrade, now: float) -> None:
        """Onto the tape and into the chart; `now` is when it was on the program's clock."""
        price = trade.price
        trade = self._judge(trade)
        self.day.add(trade)
        if self.last is not None and price != self.last.price:
            self.direction = 1 if price > self.last.price else -1
        self.last = trade
        self.tape.append(trade)
        self.volume_at[price] = self.volume_at.get(price, 0) + trade.quantity
        self.chart_price(price, now)

    def _judge(self, trade: TapeTrade) -> TapeTrade:
        """Mark it if it is many times as large as usual; one giant is not taken for usual from then on."""
        usual, self.trade_count = self.usual_quantity, self.trade_count + 1
        is_large = self.trade_count > USUAL_TRADES_MIN and trade.quantity >= LARGE_TIMES * usual
        counted = min(trade.quantity, LARGE_TIMES * usual) if usual else trade.quantity
        self.usual_quantity += (counted - usual) / min(self.trade_count, USUAL_TRADES)
        if not is_large:
            return trade
        trade = trade._replace(is_large=True)
        self.large_prints.append(trade)
        return trade


def _chart(chart: deque[ChartedPrice], slot: int, price: int) -> None:
    price_sum, trade_count = price, 1
    if chart and chart[-1].slot == slot:
        before = chart.pop()
        price_sum, trade_count = before.price_sum + price, before.trade_count + 1
    chart.append(ChartedPrice(slot, price_sum, trade_count))


def _unchart(chart: deque[ChartedPrice], slot: int, price: int) -> None:
    """The newest trade has not been."""
    if chart and chart[-1].slot == slot:
        newest = chart.pop()
        if newest.trade_count > 1:
            chart.append(ChartedPrice(slot, newest.price_sum - price, newest.trade_count - 1))
