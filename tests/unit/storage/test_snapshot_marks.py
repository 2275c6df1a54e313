"""Ledger and logs as they stood at the last snapshot: whatever is done to them later is seen, and named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exchange.storage.recovery import newest_marks
from exchange.storage.snapshot_files import OrderStore
from exchange.storage.verify import verify
from exchange.utils.disk import REAL_DISK
from exchange.utils.helpers import DamagedFileError
from tests.property.strategies import long_session
from tests.support.kept_market import KeptMarket

SESSION = long_session(seed=1, count=400)
LEDGER, LOG = "trades/trades.jsonl", "logs/logs_alice.txt"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A directory whose journal begins after the first of its two snapshots."""
    for start in (0, 100, 200, 300):
        market = KeptMarket(tmp_path)
        market.run(SESSION[start : start + 100])
        market.stop()
    return tmp_path


def problems(path: Path) -> list[str]:
    told: list[str] = []
    verify(path, REAL_DISK, told.append)
    return [line for line in told if "PROBLEM" in line]


def edit_first_line(file: Path) -> None:
    """A digit of its time, so that the line looks sound."""
    data = bytearray(file.read_bytes())
    place = data.index(b'"timestamp":') + 13 if file.suffix == ".jsonl" else data.index(b"T") + 2
    data[place] = data[place] % 5 + ord("3")
    file.write_bytes(data)


def cut_last_line(file: Path) -> None:
    *lines, _ = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines))


def cut_half_of_the_last_line(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 20)


def cut_first_line(file: Path) -> None:
    """With it the count of lines is wrong, though the numbers still rise by one."""
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[1:]))


MEDDLING = [edit_first_line, cut_last_line, cut_half_of_the_last_line, cut_first_line]


@pytest.mark.parametrize("name", [LEDGER, LOG])
@pytest.mark.parametrize("meddle", MEDDLING)
def test_a_file_changed_where_a_snapshot_covers_it_stops_the_start_and_is_named_with_what_to_do(
    path: Path, name: str, meddle: Callable[[Path], None]
) -> None:
    assert problems(path) == []
    meddle(path / name)
    with pytest.raises(DamagedFileError, match=name):
        KeptMarket(path)
    assert any(name in problem for problem in problems(path))


def test_a_ledger_that_was_taken_away_stops_the_start(path: Path) -> None:
    (path / LEDGER).unlink()
    with pytest.raises(DamagedFileError, match="is gone, but [0-9]+ lines were safely stored"):
        KeptMarket(path)
    assert any(LEDGER in problem for problem in problems(path))


def test_a_log_that_was_taken_away_begins_anew_and_is_covered_from_there(path: Path) -> None:
    (path / LOG).unlink()
    for _time in range(2):
        market = KeptMarket(path)
        market.run(long_session(seed=2, count=60))
        market.stop()
        assert problems(path) == []
    cut_last_line(path / LOG)
    with pytest.raises(DamagedFileError, match=LOG):
        KeptMarket(path)


def test_each_snapshot_marks_just_what_its_state_has_led_to(path: Path) -> None:
    store = OrderStore(path / "orders")
    for stored in store.stored():
        marks = {mark.name: mark for mark in newest_marks(store, stored.sequence)}
        [account] = [record for record in store.read(stored).records if record[:2] == ["account", "alice"]]
        assert marks[LOG].last_number == account[2]
        assert marks[LEDGER].last_number == marks[LEDGER].line_count
    assert marks[LEDGER].size_bytes == (path / LEDGER).stat().st_size
    assert len(marks) == 1 + len(list((path / "logs").iterdir()))


def test_a_line_changed_behind_the_snapshot_is_told_by_number_since_the_journal_is_there(path: Path) -> None:
    """Such as a price in a log."""
    market = KeptMarket(path)
    market.run(long_session(seed=2, count=60))
    market.kill()
    lines = (path / LOG).read_bytes().splitlines(keepends=True)
    number = max(index for index, line in enumerate(lines) if b" @ " in line)
    lines[number] = lines[number].replace(b" @ 1", b" @ 2").replace(b" @ 9", b" @ 8")
    (path / LOG).write_bytes(b"".join(lines))
    [problem] = problems(path)
    assert f"{LOG}: the line of seq {number + 1} is not what the journal says" in problem
