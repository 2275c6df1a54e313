"""Seeded commands of every kind, for the engine and the oracle alike: icebergs, stops, bands, halts, calls, fees.

Few prices, few users and small quantities, so that orders meet, stops are reached, bands bite and calls cross.
What is wrong with a request is drawn as well, seldom.  The oracle is asked what is live, so that cancels and
replaces mostly mean something.
"""

from __future__ import annotations

from random import Random
from typing import Optional

from exchange.engine.commands import (
    BlockUser,
    CancelAll,
    CancelOrder,
    ChangePhase,
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
    Settle,
    UnblockUser,
)
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, SelfTradePrevention, Side, TimeInForce
from tests.support.oracle.oracle import Oracle
from tests.support.oracle.phases import CALLS
from tests.support.oracle.values import STOPS, OracleOrder

USERS = ("ann", "ben", "cat", "dan")
TICK = 10_000_000
MIDDLE = 100  # ticks: so a tick is one percent

PLAIN = Instrument("PLAIN", max_quantity=60)
LOTS = Instrument(
    "LOTS",
    tick_size_nanos=250_000_000,
    lot_size=5,
    min_quantity=10,
    max_quantity=200,
    self_trade_prevention=SelfTradePrevention.CANCEL_OLDEST,
    maker_fee_per_1e8=-2_500,
    taker_fee_per_1e8=15_001,
)
BANDED = Instrument(
    "BANDED",
    max_quantity=60,
    price_band_ppm=25_000,
    reference_price_nanos=MIDDLE * TICK,
    halt_ppm=35_000,
    halt_s=2,
    call_s=1,
    taker_fee_per_1e8=33_333,
)
BATCHED = Instrument("BATCHED", max_quantity=60, call_every_ms=40, reference_price_nanos=MIDDLE * TICK)
INSTRUMENTS = (PLAIN, LOTS, BANDED, BATCHED)


def listings() -> list[Command]:
    """What every session begins with."""
    return [ListInstrument(instrument) for instrument in INSTRUMENTS]


class EveryRule:
    """Draws one command after the other; `oracle` is told each of them by whoever asks for them."""

    def __init__(self, seed: int, oracle: Oracle) -> None:
        self._random = Random(seed)
        self._oracle = oracle
        self._count = 0

    def next_command(self) -> Command:
        """One more."""
        self._count += 1
        kind = self._random.random()
        if kind < 0.62:
            return self._new_order()
        if kind < 0.72:
            return self._cancel()
        if kind < 0.88:
            return self._replace()
        if kind < 0.94:
            return self._time() or self._phase_change()
        return self._seldom()

    # --- orders ---------------------------------------------------------------------------------------------

    def _instrument(self) -> Instrument:
        """Mostly one that takes orders now."""
        stopped = (Phase.HALTED, Phase.CLOSED)
        open_now = [each for each in INSTRUMENTS if self._oracle.markets[each.symbol].phase not in stopped]
        return self._random.choice(open_now if open_now and self._random.random() < 0.85 else INSTRUMENTS)

    def _price_nanos(self, instrument: Instrument) -> int:
        if self._random.random() < 0.01:
            return self._random.choice([0, -TICK, MIDDLE * TICK + 1])
        return (MIDDLE + self._random.randint(-5, 5)) * instrument.tick_size_nanos

    def _quantity(self, instrument: Instrument) -> int:
        lot, least = instrument.lot_size, instrument.min_quantity
        if self._random.random() < 0.01:
            return self._random.choice([0, -1, least + lot // 2, instrument.max_quantity + lot])
        return least + lot * self._random.randint(0, 11)

    def _new_order(self) -> NewOrder:
        random, instrument = self._random, self._instrument()
        order_type = random.choices(list(OrderType), [60, 14, 12, 14])[0]
        client_order_id = f"c{self._count}" if random.random() > 0.01 else "c1"
        terms = self._terms(order_type, instrument)
        return NewOrder(random.choice(USERS), client_order_id, instrument.symbol, terms, random.random() < 0.1)

    def _terms(self, order_type: OrderType, instrument: Instrument) -> Terms:
        random = self._random
        has_limit = order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        may_rest = {OrderType.LIMIT: 0.8, OrderType.MARKET: 0.4}.get(order_type, 0.98)
        time_in_force = random.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.DAY))
        if order_type is OrderType.MARKET and random.random() > 0.03:
            time_in_force = TimeInForce.DAY
        if random.random() > may_rest:
            time_in_force = random.choice((TimeInForce.IOC, TimeInForce.FOK))
        quantity, side = self._quantity(instrument), random.choice(list(Side))
        return Terms(
            side,
            order_type,
            time_in_force,
            self._price_nanos(instrument) if has_limit else None,
            quantity,
            order_type is OrderType.LIMIT and random.random() < 0.08,
            random.choice([None, None, None, *SelfTradePrevention]),
            self._stop_price_nanos(side, instrument) if order_type in STOPS else None,
            self._display_quantity(quantity, instrument, has_limit),
        )

    def _stop_price_nanos(self, side: Side, instrument: Instrument) -> int:
        """Mostly where the market has not been yet."""
        last = self._oracle.markets[instrument.symbol].last_price or MIDDLE
        if self._random.random() < 0.2:
            return self._price_nanos(instrument)
        away = self._random.randint(1, 4)
        return (last + away if side is Side.BUY else last - away) * instrument.tick_size_nanos

    def _display_quantity(self, quantity: int, instrument: Instrument, has_limit: bool) -> Optional[int]:
        random = self._random
        if random.random() > (0.35 if has_limit else 0.01):
            return None
        shown = instrument.min_quantity + instrument.lot_size * random.randint(0, 3)
        return shown if shown < quantity or random.random() < 0.05 else None

    def _target(self) -> Optional[OracleOrder]:
        live = self._oracle.live
        if live and self._random.random() > 0.05:
            return self._random.choice(live)
        known = [order for reserved in self._oracle.reserved.values() for _, order in reserved[-20:]]
        return self._random.choice(known) if known else None

    def _cancel(self) -> Command:
        target = self._target()
        if target is None:
            return CancelOrder(self._random.choice(USERS), 1_000_000, None)
        if self._random.random() < 0.5:
            return CancelOrder(target.user, target.order_id, None)
        return CancelOrder(target.user, None, target.client_order_id)

    def _replace(self) -> Command:
        random, target = self._random, self._target()
        if target is None:
            return ReplaceOrder(random.choice(USERS), None, "nothing", TICK, None, None)
        instrument = self._oracle.instruments[target.symbol]
        has_price = target.price is not None or random.random() < 0.03
        price = self._price_nanos(instrument) if has_price and random.random() < 0.5 else None
        has_stop = target.is_waiting or random.random() < 0.02
        stop_price = self._price_nanos(instrument) if has_stop and random.random() < 0.6 else None
        quantity = self._quantity(instrument) if random.random() < 0.6 else None
        new_id = f"r{self._count}" if random.random() < 0.15 else None
        if (price, stop_price, quantity, new_id) == (None, None, None, None):
            new_id = f"r{self._count}"
        return ReplaceOrder(target.user, target.order_id, None, price, quantity, new_id, stop_price)

    # --- everything else ------------------------------------------------------------------------------------

    def _phase_change(self) -> Command:
        """Mostly back to trading, else the market would stand still."""
        random, markets = self._random, self._oracle.markets
        if random.random() < 0.1:
            all_of_them: list[Command] = [HaltInstrument(None), HaltInstrument(None, 5), ResumeInstrument(None)]
            return random.choice([*all_of_them, ResumeInstrument(None)])
        elsewhere = [
            symbol
            for symbol, market in markets.items()
            if market.phase is not Phase.CONTINUOUS and not market.is_repeated
        ]
        if elsewhere and random.random() < 0.8:
            symbol = random.choice(elsewhere)
            return ResumeInstrument(symbol) if random.random() < 0.5 else SetPhase(symbol, Phase.CONTINUOUS)
        symbol = random.choice(list(markets))
        if random.random() < 0.25:
            return HaltInstrument(symbol, random.choice([None, 5]))
        return SetPhase(symbol, random.choice([*CALLS, *CALLS, *CALLS, Phase.CLOSED, Phase.HALTED]))

    def _time(self) -> Optional[Command]:
        """The end of a timed halt or call, seldom one that is not due any more."""
        ends: list[Command] = []
        for symbol, market in self._oracle.markets.items():
            end = market.call_end if market.is_repeated else market.until
            if end is not None:
                phase = Phase.AUCTION if market.phase is Phase.HALTED else Phase.CONTINUOUS
                late = 1 if self._random.random() < 0.05 else 0
                ends.append(ChangePhase(symbol, phase, market.reason, end + late))
        return self._random.choice(ends) if ends and self._random.random() < 0.6 else None

    def _seldom(self) -> Command:
        random, user, instrument = self._random, self._random.choice(USERS), self._instrument()
        blocked = sorted(self._oracle.blocked)
        choices: list[Command] = [
            GetOrders(user),
            GetPositions(user),
            GetOrders(user),
            GetPositions(user),
            CancelAll(user, random.choice([None, instrument.symbol])),
            *([UnblockUser(name) for name in blocked] * 6 if blocked else [BlockUser(user)]),
            SetLimits(random.choice([Limits(), Limits(), Limits(20, None, 100)])),
            Endow(user, random.randint(-1_000, 1_000_000) * 1_000_000_000),
            Endow(user, 5, instrument.symbol, instrument.lot_size * random.randint(-3, 3), MIDDLE * TICK + 7),
            Settle(instrument.symbol, self._price_nanos(instrument)),
        ]
        return random.choice(choices)
