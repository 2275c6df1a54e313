"""Users who keep a rate: whatever kind they are, through a halt too; and the market that they make."""

from __future__ import annotations

import statistics
from functools import partial
from typing import Any

import pytest

from exchange.engine.words import Phase
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.clock import START_NS
from exchange.laboratory.venue.latency import Latency
from exchange.networking.tcp_client import OrderRejected
from exchange.simulation.traders.crowd import KINDS_IN_TURN, LIVELY, LIVELY_VALUE, user_places
from exchange.simulation.traders.fundamental_value import ValueModel
from exchange.simulation.traders.mix import TRADER_KINDS, TraderPlace, traders_at
from exchange.simulation.traders.rationed_turns import ORDERS_MAX, RationedTurns
from exchange.simulation.traders.request_budget import RequestBudget, shares
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.simulated_trader import SimulatedTrader

MS = 1_000_000
STILL = ValueModel(0.0, 0.0, 0.0)


class SentRequests:
    """Counts what a trader sends in a market without a line to watch."""

    def __init__(self, trader: SimulatedTrader) -> None:
        self.sent_count = 0
        self._trader = trader
        for name in ("buy", "sell", "cancel", "replace"):
            setattr(trader, name, partial(self._send, name, getattr(trader, name)))

    @property
    def pending_count(self) -> int:
        """Those without an answer."""
        return sum(order.is_unanswered for order in self._trader.orders)

    def _send(self, name: str, method: Any, *wish: Any, **options: Any) -> Any:
        if name in ("buy", "sell") or not (wish[0].is_done or wish[0].is_canceling):
            self.sent_count += 1
        return method(*wish, **options)


class Crowd:
    """Users at one rate in a market on a virtual clock, so far away from it."""

    def __init__(
        self,
        places: list[TraderPlace],
        rate_per_s: float,
        seed: int = 1,
        value: ValueModel = LIVELY_VALUE,
        away_ns: int = MS,
    ) -> None:
        self.market = VirtualMarket(seed=seed)
        self.traders = traders_at(places, Scenario(seed, 100.0, START_NS, value_model=value), LIVELY)
        self.sent = [SentRequests(trader) for trader in self.traders]
        for trader, sent in zip(self.traders, self.sent, strict=True):
            turns = RationedTurns(trader, sent, rate_per_s)
            trader.turns = turns
        self.driven = [
            DrivenBot(self.market, trader, f"sim-{trader.name}", Latency(away_ns, away_ns))
            for trader in self.traders
        ]

    def counts_after(self, seconds: float) -> list[int]:
        """How many requests each user has sent when so much more time has passed."""
        self.market.advance(seconds)
        assert [driven.failure for driven in self.driven] == [None] * len(self.driven)
        return [sent.sent_count for sent in self.sent]

    def levels(self) -> tuple[list[int], list[int]]:
        """The prices in the book in ticks, of both sides, best first."""
        book = self.market.engine.book("ACME")
        return (
            sorted({order.price for order in book.bids.orders() if order.price is not None}, reverse=True),
            sorted({order.price for order in book.asks.orders() if order.price is not None}),
        )

    @property
    def trade_count(self) -> int:
        """All trades so far."""
        return self.market.engine.matcher.last_trade_id


@pytest.mark.parametrize("kind", sorted(TRADER_KINDS))
def test_a_user_of_any_kind_keeps_its_rate_among_others(kind: str) -> None:
    crowd = Crowd([TraderPlace(kind, "own"), *user_places(4)], 8.0)
    for count in crowd.counts_after(60.0):
        assert count == pytest.approx(480, abs=4)
    assert sum(driven.counts[OrderRejected] for driven in crowd.driven) == 0


@pytest.mark.parametrize("kind", sorted(TRADER_KINDS))
def test_a_user_of_any_kind_keeps_its_rate_where_nobody_else_is(kind: str) -> None:
    assert Crowd([TraderPlace(kind, "own")], 8.0).counts_after(60.0) == [pytest.approx(480, abs=4)]


def test_users_of_one_rate_do_not_beat_as_one() -> None:
    crowd = Crowd(user_places(8), 1.0)
    steps = [sum(crowd.counts_after(0.1)) for _ in range(100)]
    busiest = max(later - earlier for earlier, later in zip(steps, steps[1:], strict=False))
    assert busiest <= 6


def test_a_high_rate_is_kept_and_nobody_has_more_orders_than_they_may() -> None:
    # Thirty requests of each are on their way at any time, about all quotes of a maker too.
    crowd = Crowd(user_places(4), 600.0, away_ns=25 * MS)
    begin = crowd.counts_after(1.0)
    for half_seconds in range(1, 21):
        counts = crowd.counts_after(0.5)
        assert counts == pytest.approx([count + 300 * half_seconds for count in begin], abs=30)
        resting = [sum(order.is_live for order in trader.orders) for trader in crowd.traders]
        assert max(resting) <= 2 * ORDERS_MAX


def test_what_a_halt_has_kept_back_is_not_made_up_for() -> None:
    crowd = Crowd(user_places(4), 10.0)
    before = crowd.counts_after(10.0)
    crowd.market.set_phase("ACME", Phase.HALTED)
    halted = crowd.counts_after(30.0)
    crowd.market.set_phase("ACME", Phase.AUCTION)
    crowd.market.set_phase("ACME", Phase.CONTINUOUS)
    after = crowd.counts_after(10.0)
    for counts in zip(before, halted, after, strict=True):
        assert counts[1] - counts[0] <= 3
        assert counts[2] - counts[1] == pytest.approx(100, abs=4)


def test_twelve_users_make_a_lively_market() -> None:
    crowd = Crowd(user_places(12), 8.0, seed=3)
    crowd.counts_after(5.0)
    spreads, middles, quiet_seconds = [], [], 0
    for _ in range(60):
        trade_count = crowd.trade_count
        crowd.counts_after(1.0)
        quiet_seconds += crowd.trade_count == trade_count
        bids, asks = crowd.levels()
        assert len(bids) >= 10 and len(asks) >= 10
        spreads.append(asks[0] - bids[0])
        middles.append((asks[0] + bids[0]) / 2)
    assert quiet_seconds == 0
    assert statistics.median(spreads) <= 3
    assert max(middles) - min(middles) >= 5


def test_prices_drift_neither_up_nor_down() -> None:
    drifts = []
    for seed in range(20):
        crowd = Crowd(user_places(8), 10.0, seed, STILL)
        crowd.counts_after(20.0)
        bids, asks = crowd.levels()
        drifts.append((asks[0] + bids[0]) / 2 - 10_000)
    standard_error = statistics.stdev(drifts) / len(drifts) ** 0.5
    assert len(set(drifts)) > 5
    assert abs(statistics.mean(drifts)) < 2.5 * standard_error


def test_there_always_is_a_maker_and_one_user_more_leaves_all_others_what_they_are() -> None:
    for user_count in range(1, 2 * len(KINDS_IN_TURN)):
        places = user_places(user_count)
        assert places[0] == TraderPlace("mm", "1")
        assert user_places(user_count + 1)[:-1] == places


def test_requests_are_shared_evenly_and_to_the_last_one() -> None:
    assert shares(10, 4) == [3, 3, 2, 2]
    assert shares(2, 3) == [1, 1, 0]
    assert shares(None, 2) == [None, None]


def test_a_budget_grants_what_it_has_and_nothing_once_it_is_closed() -> None:
    noted: list[int] = []
    budget = RequestBudget(2)
    assert [budget.spend(lambda: noted.append(1)) for _ in range(3)] == [True, True, False]
    assert budget.is_spent and len(noted) == 2
    endless = RequestBudget(None)
    assert endless.spend(lambda: noted.append(1)) and not endless.is_spent
    endless.close()
    assert not endless.spend(lambda: noted.append(1)) and len(noted) == 3
