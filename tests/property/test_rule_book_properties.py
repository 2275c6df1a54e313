"""What holds whatever happens when every rule is in force: icebergs, stops, bands, halts, calls, fees, contests.

Random days of one instrument.  After each command the books and accounts are sound, and in the end:

* a restored snapshot is the same state, and goes on in the same way;
* quantity = executed + remaining + canceled, told by the events alone;
* each uncross has one price, and nothing is crossed after it;
* no stop is triggered without a trade at or through its price, and none is missed;
* positions over all users sum to what was endowed, and each user's cash is endowed − bought + sold − fees.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Optional

import pytest

from exchange.engine.commands import (
    CancelOrder,
    Command,
    Endow,
    GetOrders,
    GetPositions,
    HaltInstrument,
    ListInstrument,
    NewOrder,
    ReplaceOrder,
    ResumeInstrument,
    SetLimits,
    SetPhase,
)
from exchange.engine.engine import Engine
from exchange.engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    OrderTriggered,
    PositionsListed,
)
from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.limits import Limits
from exchange.engine.phases import next_due
from exchange.engine.stops import is_triggered
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, Phase, SelfTradePrevention, Side, TimeInForce

TICK = 10_000_000
USERS = ("alice", "bob", "carol", "dave")
SECOND = 1_000_000_000
MARKETS = {
    "plain": Instrument("ACME"),
    "guarded": Instrument(
        "ACME", price_band_ppm=25_000, halt_ppm=30_000, halt_s=5, call_s=4, reference_price_nanos=100 * TICK
    ),
    "fees": Instrument("ACME", maker_fee_per_1e8=-12_345, taker_fee_per_1e8=31_007),
    "day": Instrument("ACME", halt_ppm=20_000, schedule=Schedule(60, 86_000, 30, 40, 7), halt_s=2, call_s=2),
    "batches": Instrument("ACME", call_every_ms=3_000, taker_fee_per_1e8=10_000),
}


@dataclass
class Account:
    """One order or one user, as the events alone tell it."""

    total: int = 0
    executed: int = 0
    canceled: int = 0


@dataclass
class Watcher:
    """Reads the events of one engine and holds them to what must hold."""

    engine: Engine
    orders: dict[int, Account] = field(default_factory=lambda: defaultdict(Account))
    cash: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stop_prices: dict[int, tuple[Side, int]] = field(default_factory=dict)
    trade_prices: list[int] = field(default_factory=list)

    def read(self, events: list[Event]) -> None:
        """One command's events."""
        auction_prices = {event.price for event in events if isinstance(event, Trade) and event.is_auction}
        assert len(auction_prices) <= 1
        for event in events:
            self._read_one(event)

    def _read_one(self, event: Event) -> None:
        if isinstance(event, OrderAccepted):
            self.orders[event.order_id].total = event.terms.quantity
            if event.terms.stop_price_nanos is not None:
                self.stop_prices[event.order_id] = (event.terms.side, event.terms.stop_price_nanos // TICK)
        elif isinstance(event, Trade):
            self.trade_prices.append(event.price)
        elif isinstance(event, OrderExecuted):
            order = self.orders[event.order_id]
            order.executed += event.quantity
            assert event.remaining_quantity == order.total - order.executed >= 0
            value = event.price * TICK * event.quantity
            self.cash[event.user] += (-value if event.side is Side.BUY else value) - (event.fee_nanos or 0)
            if event.displayed_quantity is not None:
                assert (event.displayed_quantity > 0) == (event.remaining_quantity > 0)
        elif isinstance(event, OrderReplaced):
            self.orders[event.order_id].total = event.quantity
            if event.stop_price is not None:
                side, _ = self.stop_prices[event.order_id]
                self.stop_prices[event.order_id] = (side, event.stop_price)
        elif isinstance(event, OrderTriggered):
            side, stop_price = self.stop_prices[event.order_id]
            assert any(is_triggered(side, stop_price, price) for price in self.trade_prices)
        elif isinstance(event, (OrderCanceled, OrderExpired)):
            order = self.orders[event.order_id]
            order.canceled += event.remaining_quantity
            if event.remaining_quantity == 0:
                order.total = order.executed

    def check_end(self, endowed: int, cash_endowed: int) -> None:
        """Over the whole run."""
        live = {order.order_id: order for order in self.engine.book("ACME").live_orders()}
        for order_id, order in self.orders.items():
            remaining = live[order_id].remaining_quantity if order_id in live else 0
            assert order.total == order.executed + order.canceled + remaining, order_id
        net = 0
        for user in USERS:
            (answer,) = self.engine.process(GetPositions(user), 0)
            assert isinstance(answer, PositionsListed)
            net += sum(position.net_quantity for position in answer.positions)
            assert answer.cash_nanos == cash_endowed + self.cash[user]
        assert net == endowed * len(USERS)


class RandomDay:
    """Draws commands; now and then time passes, and the timer asks for what is due."""

    def __init__(self, seed: int, instrument: Instrument) -> None:
        self.random = Random(seed)
        self.instrument = instrument
        self.now = SECOND
        self.count = 0
        self.entered: list[tuple[str, str]] = []

    def commands(self, engine: Engine) -> list[Command]:
        """What comes next: one command, or all that time brings."""
        if self.random.random() < 0.1:
            self.now += self.random.choice([1, 2, 5, 30, 600]) * SECOND
        due = next_due([engine.book("ACME")], self.now)
        if due is not None and due.at <= self.now:
            return [due.drawn(lambda most: self.random.randint(0, most))]
        return [self._command()]

    def _command(self) -> Command:
        kind = self.random.random()
        if kind < 0.6 or not self.entered:
            return self._new_order()
        user, name = self.random.choice(self.entered[-40:])
        if kind < 0.7:
            return CancelOrder(user, None, name)
        if kind < 0.86:
            return self._replace(user, name)
        if kind < 0.97:
            return GetOrders(user)
        if kind < 0.975:
            return SetLimits(Limits(position_max=self.random.choice([None, 150])))
        return self._operate()

    def _operate(self) -> Command:
        wishes: list[Command] = [
            HaltInstrument("ACME"),
            HaltInstrument("ACME", self.random.randint(1, 5)),
            *[ResumeInstrument("ACME")] * 4,
            *[SetPhase("ACME", self.random.choice(list(Phase)))] * 2,
        ]
        return self.random.choice(wishes)

    def _new_order(self) -> NewOrder:
        draw = self.random
        self.count += 1
        user = draw.choice(USERS)
        order_type = draw.choice([*[OrderType.LIMIT] * 6, OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT])
        quantity = draw.randint(1, 30)
        has_price = order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        is_stop = order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
        usual = TimeInForce.DAY if order_type is OrderType.MARKET and draw.random() < 0.4 else None
        terms = Terms(
            draw.choice(list(Side)),
            order_type,
            usual or draw.choice([*[TimeInForce.GTC] * 5, *TimeInForce]),
            self._price() if has_price or draw.random() < 0.02 else None,
            quantity,
            draw.random() < 0.1,
            draw.choice([None, None, None, *SelfTradePrevention]),
            self._price() if is_stop or draw.random() < 0.02 else None,
            draw.randint(1, 9) if draw.random() < 0.25 else None,
        )
        self.entered.append((user, str(self.count)))
        return NewOrder(user, str(self.count), "ACME", terms)

    def _replace(self, user: str, name: str) -> ReplaceOrder:
        draw = self.random
        new_name: Optional[str] = None
        price = self._price() if draw.random() < 0.5 else None
        stop_price = self._price() if draw.random() < 0.2 else None
        return ReplaceOrder(user, None, name, price, draw.randint(0, 40), new_name, stop_price)

    def _price(self) -> int:
        return round(self.random.gauss(100, 3)) * TICK


@pytest.mark.parametrize("name", MARKETS)
@pytest.mark.parametrize("seed", range(4))
def test_a_random_day_with_every_rule_in_force(name: str, seed: int) -> None:
    engine, day = Engine(), RandomDay(seed, MARKETS[name])
    engine.process(ListInstrument(day.instrument), day.now)
    for user in USERS:
        engine.process(Endow(user, 5 * SECOND, "ACME", 50, 99 * TICK), day.now)
    watcher = Watcher(engine)
    for step in range(1_500):
        for command in day.commands(engine):
            watcher.read(engine.process(command, day.now))
        engine.check_invariants()
        if step % 150 == 0:
            restored = Engine.restore(json.loads(json.dumps(list(engine.snapshot()))))
            restored.check_invariants()
            assert restored.state_hash() == engine.state_hash()
            watcher.engine = engine = restored
    watcher.check_end(50, 5 * SECOND)
    assert len(watcher.trade_prices) > 100
