"""What time brings (RULES 18, 19): when it is due, until when the market is told, what a random end does to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exchange.engine.commands import CancelAll, ChangePhase, HaltInstrument, ListInstrument, NewOrder, SetPhase
from exchange.engine.engine import Engine
from exchange.engine.events import Event, InstrumentStatusChanged
from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.phases import Due, next_due
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, Phase, PhaseReason, Side, TimeInForce

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
# PRE_OPEN at 40 s, trading from 60 s to 180 s, CLOSED from 210 s; each call up to 7 s longer.
HOURS = Schedule(60, 180, opening_call_s=20, closing_call_s=30, random_end_s=7)
ACME = Instrument("ACME", schedule=HOURS)


def engine_of(instrument: Instrument = ACME, listed_at: int = 0) -> Engine:
    engine = Engine()
    engine.process(ListInstrument(instrument), listed_at)
    return engine


def due_in(engine: Engine, now: int = 0) -> Due:
    due = next_due([engine.book("ACME")], now)
    assert due is not None
    return due


def bring(engine: Engine, random_ns: int = 0) -> list[Event]:
    """What is due next happens, on time."""
    due = due_in(engine)
    return engine.process(due.drawn(lambda _most: random_ns), due.at)


def statuses(events: list[Event]) -> list[tuple[Phase, PhaseReason, object]]:
    return [(each.phase, each.reason, each.until) for each in events if isinstance(each, InstrumentStatusChanged)]


def test_a_newly_listed_instrument_with_a_schedule_begins_closed() -> None:
    engine = engine_of(listed_at=100 * SECOND)
    assert engine.book("ACME").phase is Phase.CLOSED
    assert due_in(engine).command.phase is Phase.CLOSING_AUCTION


def test_a_day_tells_the_earliest_end_of_each_phase() -> None:
    engine, scheduled = engine_of(), PhaseReason.SCHEDULE
    told = [status for _ in range(4) for status in statuses(bring(engine))]
    assert told == [
        (Phase.PRE_OPEN, scheduled, 60 * SECOND),
        (Phase.CONTINUOUS, scheduled, 180 * SECOND),
        (Phase.CLOSING_AUCTION, scheduled, 210 * SECOND),
        (Phase.CLOSED, scheduled, DAY + 40 * SECOND),
    ]


def test_a_random_end_is_drawn_when_the_call_begins_and_not_told() -> None:
    engine = engine_of()
    assert due_in(engine).random_ns_max == 7 * SECOND
    assert statuses(bring(engine, random_ns=5 * SECOND)) == [(Phase.PRE_OPEN, PhaseReason.SCHEDULE, 60 * SECOND)]
    due = due_in(engine)
    assert (due.at, due.command.due, due.random_ns_max) == (65 * SECOND, 60 * SECOND, 0)


def test_a_random_end_is_part_of_the_state() -> None:
    one, other = engine_of(), engine_of()
    bring(one, random_ns=5)
    bring(other, random_ns=6)
    assert one.state_hash() != other.state_hash()
    assert due_in(Engine.restore(one.snapshot())).at == 60 * SECOND + 5


def test_the_operators_phase_forgets_the_random_end() -> None:
    engine = engine_of()
    bring(engine, random_ns=5 * SECOND)
    engine.process(SetPhase("ACME", Phase.AUCTION), 50 * SECOND)
    assert due_in(engine).at == 60 * SECOND


def test_without_a_schedule_nothing_is_due_and_no_end_is_told() -> None:
    engine = engine_of(Instrument("ACME"))
    assert next_due([engine.book("ACME")], DAY) is None
    assert statuses(engine.process(SetPhase("ACME", Phase.AUCTION), 1)) == [
        (Phase.AUCTION, PhaseReason.OPERATOR, None)
    ]


def test_a_timed_halt_tells_its_end_and_the_call_after_it_too() -> None:
    engine = engine_of(Instrument("ACME", call_s=4))
    assert statuses(engine.process(HaltInstrument("ACME", 20), 5 * SECOND)) == [
        (Phase.HALTED, PhaseReason.OPERATOR, 25 * SECOND)
    ]
    assert statuses(bring(engine)) == [(Phase.AUCTION, PhaseReason.OPERATOR, 29 * SECOND)]
    assert statuses(bring(engine)) == [(Phase.CONTINUOUS, PhaseReason.OPERATOR, None)]


def test_an_untimed_halt_is_told_to_end_at_the_close_of_the_day_at_the_earliest() -> None:
    engine = engine_of()
    bring(engine)
    halted = engine.process(HaltInstrument("ACME"), 50 * SECOND)
    assert statuses(halted) == [(Phase.HALTED, PhaseReason.OPERATOR, 210 * SECOND)]


def test_a_change_that_is_no_longer_due_changes_nothing() -> None:
    engine = engine_of(Instrument("ACME", call_s=4))
    engine.process(HaltInstrument("ACME", 20), 0)
    late = due_in(engine).command
    engine.process(SetPhase("ACME", Phase.CONTINUOUS), 1)
    before = engine.sequence, engine.state_hash()
    assert engine.process(late, 20 * SECOND) == []
    unknown = ChangePhase("NONE", Phase.CLOSED, PhaseReason.SCHEDULE, 1)
    assert engine.process(unknown, 20 * SECOND) == []
    assert (engine.sequence, engine.state_hash()) == before


def test_a_scheduled_change_happens_once() -> None:
    engine = engine_of()
    command = due_in(engine).command
    assert engine.process(command, 40 * SECOND)
    assert engine.process(command, 40 * SECOND) == []


def test_what_was_missed_comes_in_order_and_of_one_day_only() -> None:
    engine = engine_of()
    for _ in range(2):
        bring(engine)
    now = 9 * DAY + 100 * SECOND
    missed: list[Phase] = []
    due = due_in(engine, now)
    while due.at <= now:
        missed.append(due.command.phase)
        engine.process(due.command, now)
        due = due_in(engine, now)
    assert missed == [Phase.CLOSING_AUCTION, Phase.CLOSED, Phase.PRE_OPEN, Phase.CONTINUOUS]


def test_the_same_change_of_two_instruments_comes_in_the_order_of_their_listing() -> None:
    engine = engine_of()
    engine.process(ListInstrument(replace(ACME, symbol="BOND")), 0)
    due = next_due(engine.books.values(), 0)
    assert due is not None and due.command.symbol == "ACME"


def test_listing_again_keeps_the_hours_and_a_new_schedule_holds_from_then_on() -> None:
    engine = engine_of()
    bring(engine)
    engine.process(ListInstrument(replace(ACME, max_quantity=5)), 70 * SECOND)
    assert due_in(engine).command.phase is Phase.CONTINUOUS
    engine.process(ListInstrument(replace(ACME, schedule=replace(HOURS, close_s=300))), 70 * SECOND)
    assert (due_in(engine).command.phase, due_in(engine).at) == (Phase.CLOSING_AUCTION, 300 * SECOND)


def test_a_call_of_no_length_is_none() -> None:
    engine = engine_of(replace(ACME, schedule=Schedule(60, 180, 0, 0)))
    phases = [statuses(bring(engine))[0][0] for _ in range(2)]
    assert phases == [Phase.CONTINUOUS, Phase.CLOSED]


def test_a_crossed_book_is_never_opened_without_an_uncross() -> None:
    engine = engine_of(replace(ACME, schedule=Schedule(60, 180, 0, 0)))
    engine.process(SetPhase("ACME", Phase.AUCTION), 1)
    for user, side, price in (("alice", Side.BUY, 51), ("bob", Side.SELL, 49)):
        terms = Terms(side, OrderType.LIMIT, TimeInForce.GTC, price * 10_000_000, 5)
        engine.process(NewOrder(user, "1", "ACME", terms), 2)
    for phase in (Phase.HALTED, Phase.CLOSED):
        engine.process(SetPhase("ACME", phase), 3)
    events = bring(engine)
    engine.check_invariants()
    assert [phase for phase, _, _ in statuses(events)] == [Phase.PRE_OPEN, Phase.CONTINUOUS]
    assert sum(isinstance(event, Trade) for event in events) == 1


BATCHED = Instrument("ACME", call_every_ms=500)


def enter_a_bid(engine: Engine, name: str, timestamp: int) -> None:
    terms = Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 10_000_000, 5)
    engine.process(NewOrder("alice", name, "ACME", terms), timestamp)


def test_a_row_of_calls_keeps_its_beat_however_late_the_timer_is() -> None:
    engine = engine_of(BATCHED)
    enter_a_bid(engine, "1", 1)
    due = due_in(engine)
    assert due.at == SECOND // 2
    assert engine.process(due.command, 7 * SECOND + 1) == []
    assert due_in(engine).at == 7 * SECOND + SECOND // 2


def test_time_brings_nothing_to_a_row_of_calls_that_nobody_is_in() -> None:
    engine = engine_of(BATCHED)
    enter_a_bid(engine, "1", 1)
    due = due_in(engine)
    engine.process(CancelAll("alice", None), 2)
    assert next_due(engine.books.values(), due.at) is None
    before = engine.sequence, engine.state_hash()
    assert engine.process(due.command, due.at) == []
    assert (engine.sequence, engine.state_hash()) == before, "nothing that would have to be journaled"


@pytest.mark.parametrize("arrival", [7 * SECOND, 7 * SECOND + 1, 7 * SECOND + SECOND // 2 - 1])
def test_an_order_that_comes_into_an_idle_row_of_calls_finds_its_beat_unmoved(arrival: int) -> None:
    engine = engine_of(BATCHED)
    enter_a_bid(engine, "1", arrival)
    assert due_in(engine).at == 7 * SECOND + SECOND // 2


def test_a_clock_that_was_set_back_makes_no_call_longer_than_the_beat() -> None:
    engine = engine_of(BATCHED, listed_at=3_600 * SECOND)
    enter_a_bid(engine, "1", 60 * SECOND)
    assert due_in(engine).at == 60 * SECOND + SECOND // 2


def test_a_waiting_stop_leaves_a_row_of_calls_idle() -> None:
    engine = engine_of(BATCHED)
    terms = Terms(Side.BUY, OrderType.STOP, TimeInForce.GTC, None, 5, stop_price_nanos=10_000_000)
    engine.process(NewOrder("alice", "1", "ACME", terms), 1)
    assert next_due(engine.books.values(), SECOND) is None
