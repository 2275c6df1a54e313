"""Where the prices of simulated traders go: nowhere by themselves."""

from __future__ import annotations

import random
import statistics
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.order import Order
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place
from exchange.simulation.traded_instrument import TradedInstrument
from exchange.simulation.traders.agent_types import AGENT_TYPES
from exchange.simulation.traders.market_view import MarketView, WorkingOrder
from exchange.simulation.traders.noise_trader import NoiseTrader
from tests.support.books import Market, trades

INSTRUMENT = TradedInstrument("ACME", Decimal("0.01"), lot_size=1, min_quantity=1, max_quantity=1_000_000)
START = 10_000
SEED_COUNT = 20
PRICES = st.integers(1, 10**15)


class SimulatedMarket:
    """One agent of each kind, who trade in turns drawn by lot, in this thread: a seed decides everything."""

    def __init__(self, seed: int) -> None:
        self.reference = START
        self._market = Market()
        self._lot = random.Random(seed)
        self._agents = {
            f"sim-{number}": agent_type(INSTRUMENT, random.Random(f"{seed}/{number}"))
            for number, agent_type in enumerate(AGENT_TYPES)
        }
        self._positions = dict.fromkeys(self._agents, 0)

    def trade(self, request_count: int) -> None:
        """Let so many requests be made."""
        for _ in range(request_count):
            user = self._lot.choice(list(self._agents))
            self._ask(user, self._agents[user].next_intent(self._view(user)))

    def _view(self, user: str) -> MarketView:
        book = self._market.engine.book("ACME")
        bid, ask = (None if level is None else level.price for level in (book.bids.best(), book.asks.best()))
        seen = [price for price in (bid, ask) if price is not None]
        if seen:
            self.reference = self._agents[user].middle(seen[0], seen[-1])
        resting = [order for side in (book.bids, book.asks) for order in side.orders() if order.user == user]
        resting.sort(key=lambda order: order.order_id)
        return MarketView(bid, ask, self.reference, [_own(order) for order in resting], self._positions[user])

    def _ask(self, user: str, intent: Intent) -> None:
        if isinstance(intent, Place):
            events = self._market.enter(user, intent.side, intent.quantity, intent.price, intent.time_in_force)
        elif isinstance(intent, Cancel):
            events = self._market.cancel(user, intent.client_order_id)
        else:
            events = self._market.replace(user, intent.client_order_id, intent.price, intent.quantity)
        for buyer, seller, quantity, _ in trades(events):
            self._positions[buyer] += quantity
            self._positions[seller] -= quantity


def _own(order: Order) -> WorkingOrder:
    assert order.price is not None
    return WorkingOrder(order.client_order_id, order.side, order.price, order.quantity, order.remaining_quantity)


@given(bid=PRICES, ask=PRICES, seed=st.integers(0, 1_000))
def test_the_middle_is_half_a_tick_off_at_most(bid: int, ask: int, seed: int) -> None:
    trader = NoiseTrader(INSTRUMENT, random.Random(seed))
    assert abs(2 * trader.middle(bid, ask) - bid - ask) <= 1


@given(bid=PRICES, ask=PRICES)
def test_a_middle_between_two_ticks_is_either_of_them_by_chance(bid: int, ask: int) -> None:
    trader = NoiseTrader(INSTRUMENT, random.Random(1))
    middles = {trader.middle(bid, ask) for _ in range(30)}
    assert middles == {(bid + ask) // 2, (bid + ask + 1) // 2}


def test_prices_drift_neither_up_nor_down() -> None:
    drifts = []
    for seed in range(SEED_COUNT):
        market = SimulatedMarket(seed)
        market.trade(1_000)
        drifts.append(market.reference - START)
    standard_error = statistics.stdev(drifts) / len(drifts) ** 0.5
    assert len(set(drifts)) > SEED_COUNT // 3
    # A middle that is always rounded down ends 5 standard errors below the start.
    assert abs(statistics.mean(drifts)) < 2 * standard_error
