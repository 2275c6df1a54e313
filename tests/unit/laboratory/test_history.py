"""A recorded day at any command: from a data directory or handed in, forwards, backwards, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from exchange.engine.commands import CancelOrder, ListInstrument, NewOrder, ReplaceOrder
from exchange.engine.events import OrderExecuted, OrderRejected
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, Side, TimeInForce
from exchange.laboratory.history import History
from exchange.laboratory.recorded import checkpoints
from exchange.storage.data_directory import StorageOptions
from exchange.storage.places import journal_directory, snapshot_directory
from exchange.utils.helpers import DamagedFileError, FileError
from tests.property.strategies import Stamped
from tests.support.kept_market import KeptMarket
from tests.support.recorded_days import MS_NS, every_rule_day, kept_day, live_state, played

SMALL_SEGMENTS = StorageOptions(snapshot_every=0, segment_bytes_max=20_000)


@pytest.fixture(autouse=True)
def close_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short days must have several checkpoints, too."""
    monkeypatch.setattr(checkpoints, "_INTERVAL_MIN", 20)
    monkeypatch.setattr(checkpoints, "_INTERVAL_MAX", 90)


@pytest.fixture
def day() -> list[Stamped]:
    return every_rule_day(seed=3, count=700)


@pytest.fixture
def kept(day: list[Stamped], tmp_path: Path) -> Iterator[History]:
    with History.open(kept_day(tmp_path / "data", day, SMALL_SEGMENTS)) as history:
        yield history


def test_a_data_directory_is_opened_at_its_first_state(kept: History, day: list[Stamped]) -> None:
    assert (kept.first, kept.last) == (0, len(played(day)))
    assert kept.moment[:4] == (0, 0, None, ())


def test_every_place_of_a_kept_day_has_its_command_its_events_and_its_state(
    kept: History, day: list[Stamped]
) -> None:
    expected = played(day)
    for sequence in Random(1).sample(range(1, kept.last + 1), 120):
        moment = kept.at(sequence)
        carried_out = expected[sequence - 1]
        assert moment[:4] == (sequence, carried_out.timestamp, carried_out.command, carried_out.events)
        assert live_state(moment.engine) == carried_out.state


def test_a_day_handed_in_is_the_same_as_the_kept_one(kept: History, day: list[Stamped]) -> None:
    with History.of(day) as handed_in:
        assert handed_in.last == kept.last
        for sequence in (kept.last, 1, 200, 199, 350):
            assert handed_in.at(sequence)[:4] == kept.at(sequence)[:4]


def test_steps_forwards_and_back_meet_the_same_states(kept: History, day: list[Stamped]) -> None:
    expected = [carried_out.state for carried_out in played(day)]
    forwards = []
    while (moment := kept.next()) is not None:
        forwards.append(live_state(moment.engine))
    assert forwards == expected
    backwards = [live_state(kept.moment.engine)]
    while (moment := kept.back()) is not None and moment.sequence:
        backwards.append(live_state(moment.engine))
    assert backwards == expected[::-1]
    assert kept.moment.sequence == 0 and kept.back() is None


def test_however_one_moves_about_each_moment_is_that_of_the_day_from_its_beginning(
    kept: History, day: list[Stamped]
) -> None:
    expected, random = played(day), Random(5)
    for _ in range(400):
        steps = {"next": kept.next, "back": kept.back}
        move = random.choice(["next", "back", "back", "jump"])
        moment = kept.at(random.randint(1, kept.last)) if move == "jump" else steps[move]()
        if moment is None or moment.sequence == 0:
            continue
        carried_out = expected[moment.sequence - 1]
        assert (moment.command, moment.events) == (carried_out.command, carried_out.events)
        assert live_state(moment.engine) == carried_out.state


def test_the_days_end_is_no_place_to_go_on_from(kept: History) -> None:
    kept.at(kept.last)
    assert kept.next() is None and kept.moment.sequence == kept.last


def test_a_place_outside_the_day_is_refused_with_the_days_bounds(kept: History) -> None:
    with pytest.raises(ValueError, match=f"command 9999: the recorded day goes from 0 to {kept.last}"):
        kept.at(9_999)


def test_refused_commands_of_a_day_handed_in_are_kept_beside_it(day: list[Stamped]) -> None:
    with History.of(day) as history:
        assert history.last + len(history.refusals) == len(day)
        refused = next(each for each in history.refusals if isinstance(each.events[0], OrderRejected))
        assert isinstance(refused.command, NewOrder)


def test_the_index_leads_to_the_next_trade_of_so_much(kept: History, day: list[Stamped]) -> None:
    trades = [
        (sequence, event)
        for sequence, carried_out in enumerate(played(day), start=1)
        for event in carried_out.events
        if isinstance(event, Trade)
    ]
    assert kept.index.trade_count == len(trades)
    asked = ((0, 1, None), (100, 10, None), (100, 10, "LOTS"), (300, 25, "PLAIN"), (0, 999, None))
    for after, least, symbol in asked:
        expected = [
            sequence
            for sequence, trade in trades
            if sequence > after and trade.quantity >= least and symbol in (None, trade.symbol)
        ]
        assert kept.index.next_trade(after, least, symbol) == (expected[0] if expected else None)


def test_the_index_leads_to_every_event_of_an_order_and_of_a_user(kept: History, day: list[Stamped]) -> None:
    carried_out = played(day)
    fill = next(event for each in carried_out for event in each.events if isinstance(event, OrderExecuted))
    of_order = [
        sequence
        for sequence, each in enumerate(carried_out, start=1)
        if any(getattr(event, "order_id", None) == fill.order_id for event in each.events)
    ]
    assert kept.index.of_order(fill.order_id) == of_order
    of_user = [
        sequence
        for sequence, each in enumerate(carried_out, start=1)
        if any(getattr(event, "user", None) == "ben" and hasattr(event, "seq") for event in each.events)
    ]
    assert kept.index.next_of_user("ben", 100) == next(each for each in of_user if each > 100)
    assert kept.index.next_of_user("nobody", 0) is None
    assert kept.index.next_of_order(10**6, 0) is None


def test_a_time_leads_to_the_last_command_until_then(kept: History, day: list[Stamped]) -> None:
    times = [carried_out.timestamp for carried_out in played(day)]
    for wanted in (0, times[0], times[50] - 1, times[50], 10**18):
        assert kept.index.at_time(wanted) == sum(time <= wanted for time in times)
    assert times[0] == MS_NS


def test_a_journal_whose_beginning_was_given_up_begins_with_a_snapshot(tmp_path: Path, day: list[Stamped]) -> None:
    expected = played(day)
    for start in (0, 300, 500):
        market = KeptMarket(tmp_path)
        market.run(day[start : start + 200] if start else day[:300])
        market.stop()
    with History.open(tmp_path) as history:
        assert 0 < history.first < history.last == len(expected)
        assert live_state(history.moment.engine) == expected[history.first - 1].state
        assert live_state(history.at(history.last).engine) == expected[-1].state
        assert live_state(history.at(history.first).engine) == expected[history.first - 1].state


def test_a_running_engine_is_read_up_to_now_and_notices_nothing(tmp_path: Path, day: list[Stamped]) -> None:
    market = KeptMarket(tmp_path)
    market.run(day[:400])
    with History.open(tmp_path) as history:
        market.run(day[400:])
        assert history.last == len(played(day[:400]))
        assert live_state(history.at(history.last).engine) == played(day[:400])[-1].state
    market.stop()
    assert not market.failures


def test_a_day_stays_readable_when_the_engine_gives_up_its_beginning(tmp_path: Path, day: list[Stamped]) -> None:
    kept_day(tmp_path, day[:300])
    with History.open(tmp_path) as history:
        for part in (day[300:500], day[500:]):
            market = KeptMarket(tmp_path)
            market.run(part)
            market.stop()
        with History.open(tmp_path) as later:
            assert later.first > history.first
        assert live_state(history.at(100).engine) == played(day)[99].state


def test_nothing_is_written_where_a_day_is_read(tmp_path: Path, day: list[Stamped]) -> None:
    kept_day(tmp_path, day)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()}
    with History.open(tmp_path) as history:
        history.at(200)
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


def test_a_directory_without_a_record_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nothing was recorded here"):
        History.open(tmp_path)


def test_a_damaged_journal_is_told_with_line_and_command(tmp_path: Path, day: list[Stamped]) -> None:
    kept_day(tmp_path, day, SMALL_SEGMENTS)
    first = sorted(journal_directory(tmp_path).iterdir())[0]
    content = first.read_bytes()
    first.write_bytes(content.replace(b'"GTC"', b'"GTX"', 1))
    with pytest.raises(DamagedFileError, match=r"damaged at line \d+, byte \d+, where command \d+ is expected"):
        History.open(tmp_path)


def test_a_journal_that_no_snapshot_leads_to_is_told(tmp_path: Path, day: list[Stamped]) -> None:
    kept_day(tmp_path, day, SMALL_SEGMENTS)
    segments = sorted(journal_directory(tmp_path).iterdir())
    assert len(segments) > 2
    segments[0].unlink()
    with pytest.raises(DamagedFileError, match="no whole snapshot is left that it follows"):
        History.open(tmp_path)
    segments[2].unlink()
    assert not list(snapshot_directory(tmp_path).iterdir())


def test_a_torn_last_line_is_left_out(tmp_path: Path, day: list[Stamped]) -> None:
    kept_day(tmp_path, day)
    [segment] = journal_directory(tmp_path).iterdir()
    with segment.open("ab") as file:
        file.write(b'deadbeef [99999,"00')
    with History.open(tmp_path) as history:
        assert history.last == len(played(day))


def test_a_jump_knows_an_old_name_of_a_live_order() -> None:
    terms = Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 10**9, 5)
    named_anew: list[Stamped] = [
        (ListInstrument(Instrument("ACME")), 1),
        (NewOrder("ann", "old", "ACME", terms), 2),
        (ReplaceOrder("ann", 1, None, None, None, "new"), 3),
        *[
            each
            for n in range(100)
            for each in (
                (NewOrder("ann", f"n{n}", "ACME", terms), 4 + 2 * n),
                (CancelOrder("ann", None, f"n{n}"), 5 + 2 * n),
            )
        ],
        (CancelOrder("ann", None, "old"), 1_000),
    ]
    with History.of(named_anew) as history:
        assert history.last == len(named_anew)
        history.at(10)
        [canceled] = history.at(history.last).events
        assert canceled == played(named_anew)[-1].events[0]
