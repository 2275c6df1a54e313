"""Time brings what the rules say, once, in order, when it is due; where nothing is to come nobody waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import pytest

from exchange.engine.commands import CancelAll, ChangePhase, HaltInstrument, ListInstrument, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, PhaseReason, Side, TimeInForce
from exchange.phase_timer import LOOK_EVERY_S, PhaseTimer
from exchange.utils.helpers import NS_PER_S

ACME = Instrument("ACME", halt_s=30, call_s=20)
HOUR_S = 3_600
DAY = Schedule(9 * HOUR_S, 17 * HOUR_S, opening_call_s=600, closing_call_s=300, random_end_s=30)


class Market:
    """An engine, a clock that is set by hand, and the timer between them."""

    def __init__(self, instrument: Instrument = ACME, drawn_ns: int = 0) -> None:
        self.now_s = 0.0
        self.engine = Engine()
        self.engine.process(ListInstrument(instrument), 0)
        # How far the system's clock has jumped ahead of the one that never jumps.
        self.jumped_s = 0.0
        self.timer = PhaseTimer(
            self.engine,
            self.now_ns,
            lambda longest: min(drawn_ns, longest),
            lambda: self.now_s - self.jumped_s,
        )

    def now_ns(self) -> int:
        """The time in ns."""
        return int(self.now_s * NS_PER_S)

    def ask(self, command: HaltInstrument) -> None:
        """Somebody changes the phase."""
        self.engine.process(command, self.now_ns())
        self.timer.look_again()

    def take(self) -> Optional[ChangePhase]:
        """What is due is taken and carried out."""
        command = self.timer.take_due()
        if command is not None:
            self.engine.process(command, self.now_ns())
        return command

    def brought(self, now_s: float) -> list[tuple[Phase, PhaseReason]]:
        """All that is due at `now_s`, in its order."""
        self.now_s = now_s
        commands = iter(self.take, None)
        return [(command.phase, command.reason) for command in commands]


def test_nothing_is_waited_for_where_time_brings_nothing() -> None:
    market = Market()
    assert (market.timer.wait_s(), market.brought(1e9)) == (None, [])


def test_a_halt_for_some_seconds_ends_in_a_call_and_the_call_in_trading() -> None:
    market = Market()
    market.ask(HaltInstrument("ACME", 10))
    assert market.brought(9.999) == []
    assert market.timer.wait_s() == pytest.approx(0.001)
    assert market.brought(10.0) == [(Phase.AUCTION, PhaseReason.OPERATOR)]
    assert market.brought(29.9) == []
    assert market.brought(30.0) == [(Phase.CONTINUOUS, PhaseReason.OPERATOR)]
    assert market.timer.wait_s() is None


def test_a_halt_that_has_no_end_is_left_alone() -> None:
    market = Market()
    market.ask(HaltInstrument("ACME"))
    assert (market.timer.wait_s(), market.brought(1e9)) == (None, [])


def test_a_trading_day_comes_and_goes() -> None:
    market = Market(replace(ACME, schedule=DAY))
    reason = PhaseReason.SCHEDULE
    assert market.brought(9 * HOUR_S - 601) == []
    assert market.brought(9 * HOUR_S - 600) == [(Phase.PRE_OPEN, reason)]
    assert market.brought(9 * HOUR_S) == [(Phase.CONTINUOUS, reason)]
    assert market.brought(17 * HOUR_S) == [(Phase.CLOSING_AUCTION, reason)]
    assert market.brought(17 * HOUR_S + 300) == [(Phase.CLOSED, reason)]


def test_a_call_lasts_as_much_longer_as_was_drawn_when_it_began() -> None:
    market = Market(replace(ACME, schedule=DAY), drawn_ns=7 * NS_PER_S)
    assert len(market.brought(9 * HOUR_S - 600)) == 1
    assert market.brought(9 * HOUR_S + 6.9) == []
    assert market.brought(9 * HOUR_S + 7) == [(Phase.CONTINUOUS, PhaseReason.SCHEDULE)]


def test_what_was_missed_comes_in_its_order_and_ends_where_the_day_stands() -> None:
    market = Market(replace(ACME, schedule=DAY))
    phases = [phase for phase, _ in market.brought(24 * HOUR_S + 12 * HOUR_S)]
    assert phases[-2:] == [Phase.PRE_OPEN, Phase.CONTINUOUS]
    assert market.engine.book("ACME").phase is Phase.CONTINUOUS
    assert len(phases) <= 6


def test_a_far_moment_is_looked_for_again_and_again_since_the_clock_may_be_set() -> None:
    market = Market(replace(ACME, schedule=DAY))
    assert market.timer.wait_s() == LOOK_EVERY_S
    market.now_s = 9 * HOUR_S
    assert market.timer.wait_s() == 0.0


@pytest.mark.parametrize("jump_s", [3_600.0, -3_600.0])
def test_a_clock_that_jumps_makes_no_halt_shorter_or_longer(jump_s: float) -> None:
    market = Market()
    market.now_s = 2 * 3_600.0
    market.ask(HaltInstrument("ACME", 10))
    assert market.brought(7_201.0) == []
    market.jumped_s = jump_s
    assert market.brought(7_209.0 + jump_s) == []
    assert market.brought(7_210.0 + jump_s) == [(Phase.AUCTION, PhaseReason.OPERATOR)]
    assert market.brought(7_229.0 + jump_s) == []
    assert market.brought(7_230.0 + jump_s) == [(Phase.CONTINUOUS, PhaseReason.OPERATOR)]


def test_a_schedule_goes_by_the_clock_on_the_wall() -> None:
    market = Market(replace(ACME, schedule=DAY))
    assert market.brought(8 * HOUR_S) == []
    market.jumped_s = HOUR_S - 600
    assert market.brought(9 * HOUR_S - 600) == [(Phase.PRE_OPEN, PhaseReason.SCHEDULE)]


def test_a_row_of_calls_is_waited_for_only_while_somebody_is_in_it_and_keeps_its_beat() -> None:
    market = Market(replace(ACME, call_every_ms=500))
    terms = Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 10_000_000, 5)
    assert (market.timer.wait_s(), market.brought(7.2)) == (None, [])
    market.engine.process(NewOrder("alice", "1", "ACME", terms), market.now_ns())
    assert market.timer.wait_s() == pytest.approx(0.3)
    assert market.brought(7.4) == []
    assert market.brought(7.5) == [(Phase.CONTINUOUS, PhaseReason.OPERATOR)]
    assert market.timer.wait_s() == pytest.approx(0.5)
    market.engine.process(CancelAll("alice", None), market.now_ns())
    market.brought(8.0)
    assert (market.timer.wait_s(), market.brought(1e6)) == (None, [])
