"""Who subscribes to an instrument that does not just trade is told its phase at once: why, and until when."""

from __future__ import annotations

from exchange.engine.commands import HaltInstrument, ListInstrument
from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.phases import next_due
from exchange.engine.words import Phase, Side
from tests.unit.networking.publishing.test_indications import Call, Listener


def statuses(listener: Listener) -> list[tuple[str, str, int | None]]:
    """(phase, reason, until) of each that somebody heard."""
    told = [message for message in listener.heard if message["type"] == "instrument_status"]
    return [(message["phase"], message["reason"], message.get("until")) for message in told]


def joined(call: Call) -> tuple[Listener, Listener]:
    """Who has just come for the book, and who for the trades."""
    of_book, of_trades = Listener(), Listener()
    call.feeds.subscribe_book(of_book, "ACME", 5)
    call.feeds.subscribe_trades(of_trades, "ACME", 10)
    return of_book, of_trades


def test_who_comes_in_a_halt_is_told_why_and_until_when_behind_the_snapshot() -> None:
    call = Call()
    call.engine.process(HaltInstrument("ACME", 30), 1)
    for listener, snapshot in zip(joined(call), ("book_snapshot", "trades_snapshot"), strict=True):
        assert [message["type"] for message in listener.heard] == [snapshot, "instrument_status"]
        assert statuses(listener) == [("HALTED", "OPERATOR", 30_000_000_001)]


def test_who_comes_in_a_call_is_told_its_phase_before_its_price() -> None:
    call = Call()
    call.set_phase(Phase.CLOSING_AUCTION)
    of_book, _ = joined(call)
    assert [message["type"] for message in of_book.heard[1:]] == ["instrument_status", "auction_indication"]


def test_who_comes_in_plain_trading_is_told_no_phase_and_by_a_schedule_until_when() -> None:
    call = Call()
    assert [statuses(listener) for listener in joined(call)] == [[], []]
    day = Instrument("ACME", schedule=Schedule(36_000, 72_000))
    call.engine.process(ListInstrument(day), 40_000 * 10**9)
    assert [len(statuses(listener)) for listener in joined(call)] == [1, 1]


def test_who_comes_to_a_market_that_has_not_opened_yet_is_told_that_the_schedule_keeps_it_closed() -> None:
    call, listener = Call(), Listener()
    day = Schedule(36_000, 72_000, opening_call_s=60)
    call.engine.process(ListInstrument(Instrument("DAYS", schedule=day)), 0)
    call.feeds.subscribe_trades(listener, "DAYS", None)
    assert statuses(listener) == [("CLOSED", "SCHEDULE", 35_940 * 10**9)]


def test_who_comes_in_an_extended_call_is_told_that_it_is() -> None:
    call = Call()
    guarded = Instrument("ACME", halt_ppm=50_000, reference_price_nanos=10**9, halt_s=1, call_s=1)
    call.engine.process(ListInstrument(guarded), 0)
    for side in Side:
        call.enter(side, 5, 110)
    for _ in range(2):
        due = next_due(call.engine.books.values(), 0)
        assert due is not None
        call.engine.process(due.command, due.at)
    assert [statuses(listener) for listener in joined(call)] == [[("AUCTION", "EXTENDED", 3_000_000_001)]] * 2
