"""Recovery: the state comes back exactly, ledger and logs are completed exactly once, and nothing is guessed."""

from __future__ import annotations

import logging
import shutil
import threading
from pathlib import Path
from typing import Any, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.engine.commands import CancelOrder
from exchange.engine.engine import Engine
from exchange.storage.data_directory import StorageOptions
from exchange.storage.journal_format import Durability
from exchange.storage.journal_writer import JournalWriter
from exchange.storage.recovery import RecoveryProgress, ReplayError
from exchange.storage.snapshot_files import OrderStore
from exchange.storage.snapshot_process import SnapshotError, SnapshotProcess
from exchange.utils.batch_thread import BatchThreadError
from exchange.utils.helpers import DamagedFileError
from tests.property.strategies import Stamped, command_sequences, long_session
from tests.support.journal_lines import JournalLines
from tests.support.kept_market import ONLY_AT_THE_END, KeptMarket
from tests.support.recording_disk import RecordingDisk

SESSION = long_session(seed=1, count=400)
WAIT_S = 20


def state_after(commands: list[Stamped]) -> str:
    engine = Engine()
    for command, timestamp in commands:
        engine.process(command, timestamp)
    return engine.state_hash()


def recovered_state(path: Path, options: StorageOptions = ONLY_AT_THE_END) -> str:
    market = KeptMarket(path, options)
    market.kill()
    assert market.failures == []
    return market.engine.state_hash()


def kept_files(path: Path) -> dict[str, bytes]:
    """Ledger and logs."""
    files = [*(path / "trades").iterdir(), *(path / "logs").iterdir()]
    return {file.name: file.read_bytes() for file in sorted(files)}


def newest_segment(path: Path) -> Path:
    return max((path / "journal").iterdir())


def killed(path: Path, commands: list[Stamped] = SESSION, options: StorageOptions = ONLY_AT_THE_END) -> KeptMarket:
    """A market that was killed after `commands`."""
    market = KeptMarket(path, options)
    market.run(commands)
    market.kill()
    return market


# -------------------------------------------------------------------------------------------------- the same state


@given(commands=command_sequences(), stops=st.lists(st.tuples(st.integers(0, 80), st.booleans()), max_size=4))
@settings(max_examples=25)
def test_the_same_state_whatever_mixture_of_kills_and_stops_lies_between(
    tmp_path_factory: pytest.TempPathFactory, commands: list[Stamped], stops: list[tuple[int, bool]]
) -> None:
    path = tmp_path_factory.mktemp("data")
    done = 0
    for position, graceful in sorted(stops):
        market = KeptMarket(path)
        market.run(commands[done : max(done, position)], batch=3)
        done = min(len(commands), max(done, position))
        if graceful:
            market.stop()
        else:
            market.kill()
    market = KeptMarket(path)
    market.run(commands[done:])
    assert market.engine.state_hash() == state_after(commands)
    market.kill()
    assert recovered_state(path) == state_after(commands)


def test_snapshot_and_tail_give_what_the_journal_from_zero_gives(tmp_path: Path) -> None:
    market = KeptMarket(tmp_path / "a")
    market.run(SESSION[:300])
    market.stop()
    killed(tmp_path / "a", SESSION[300:])
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for snapshot in (tmp_path / "b" / "orders").iterdir():
        snapshot.unlink()
    assert recovered_state(tmp_path / "a") == recovered_state(tmp_path / "b") == state_after(SESSION)
    assert kept_files(tmp_path / "a") == kept_files(tmp_path / "b")


def test_recovering_twice_is_recovering_once(tmp_path: Path) -> None:
    killed(tmp_path)
    newest_segment(tmp_path).write_bytes(newest_segment(tmp_path).read_bytes() + b"torn")
    shutil.rmtree(tmp_path / "trades")
    assert recovered_state(tmp_path) == recovered_state(tmp_path)


# ------------------------------------------------------------------------------------------ ledger and logs follow


@pytest.mark.parametrize("kept_share", [0.0, 0.3, 0.99, 1.0])
def test_ledger_and_logs_cut_anywhere_are_completed_byte_for_byte(tmp_path: Path, kept_share: float) -> None:
    killed(tmp_path)
    whole = kept_files(tmp_path)
    assert whole["trades.jsonl"].count(b"\n") > 20 and len(whole) == 4
    for file in [*(tmp_path / "trades").iterdir(), *(tmp_path / "logs").iterdir()]:
        data = file.read_bytes()
        file.write_bytes(data[: int(len(data) * kept_share)])
    assert recovered_state(tmp_path) == state_after(SESSION)
    assert kept_files(tmp_path) == whole


def test_a_ledger_ahead_of_the_journal_is_refused_and_so_are_logs(tmp_path: Path) -> None:
    killed(tmp_path)
    data = newest_segment(tmp_path).read_bytes()
    newest_segment(tmp_path).write_bytes(data[: len(data) // 2])
    before = kept_files(tmp_path)
    with pytest.raises(DamagedFileError, match="trades.jsonl.* tell of [0-9]+ commands from"):
        KeptMarket(tmp_path)
    assert kept_files(tmp_path) == before
    (tmp_path / "trades" / "trades.jsonl").unlink()
    with pytest.raises(DamagedFileError, match="lines in .*logs_alice"):
        KeptMarket(tmp_path)


@pytest.mark.parametrize("graceful", [False, True])
def test_the_last_command_torn_off_after_it_was_told_is_cut_off_everywhere_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, graceful: bool
) -> None:
    market = KeptMarket(tmp_path)
    market.run(SESSION)
    if graceful:
        market.stop()
    else:
        market.kill()
    segment = newest_segment(tmp_path)
    lines = segment.read_bytes().splitlines(keepends=True)
    assert b"durable" in lines[-1]
    segment.write_bytes(b"".join(lines[:-2]) + lines[-2][:-10])
    again = KeptMarket(tmp_path)
    again.kill()
    assert again.engine.sequence == market.engine.sequence - (not graceful)
    wanted = "the journal's last record is missing" if graceful else "tell of 1 command from"
    assert wanted in caplog.text
    assert "never acknowledged: they are cut off" in caplog.text
    assert recovered_state(tmp_path) == again.engine.state_hash()


def test_under_durability_os_ledger_and_logs_are_cut_to_the_journal(tmp_path: Path) -> None:
    options = StorageOptions(Durability.OS, 0)
    killed(tmp_path, options=options)
    data = newest_segment(tmp_path).read_bytes()
    newest_segment(tmp_path).write_bytes(data[: len(data) // 2])
    assert recovered_state(tmp_path, options) == recovered_state(tmp_path, options)
    market = KeptMarket(tmp_path, options)
    market.run(long_session(seed=2, count=50)[1:])
    market.kill()
    kept = kept_files(tmp_path)
    for part in ("trades", "logs"):
        shutil.rmtree(tmp_path / part)
    assert recovered_state(tmp_path, options) == market.engine.state_hash()
    assert kept_files(tmp_path) == kept


# ---------------------------------------------------------------------------------------- what is cut, and refused


def test_a_torn_command_is_cut_off_and_told_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = KeptMarket(tmp_path)
    journal.run(SESSION[:20], batch=1)
    journal.kill()
    segment = newest_segment(tmp_path)
    whole = segment.read_bytes()
    segment.write_bytes(whole + b'0123abcd [21,5,"new_or')
    with caplog.at_level(logging.WARNING):
        assert recovered_state(tmp_path) == state_after(SESSION[:20])
    assert len(caplog.records) == 1
    assert "22 bytes from byte" in caplog.text and "never acknowledged: they are cut off" in caplog.text
    assert segment.read_bytes() == whole


def test_the_last_command_cut_at_every_byte_loses_only_itself(tmp_path: Path) -> None:
    commands = SESSION[:20]
    states = {}
    engine = Engine()
    for command, timestamp in commands:
        engine.process(command, timestamp)
        states[engine.sequence] = engine.state_hash()
    last = engine.sequence
    journal = JournalLines()
    engine = Engine()
    for command, timestamp in commands:
        before = engine.sequence
        engine.process(command, timestamp)
        if engine.sequence != before:
            journal.record((engine.sequence, timestamp, command))
    lines = journal.lines
    data = b"".join(lines)
    for cut_bytes in range(len(lines[-1]) + 1):
        path = tmp_path / str(cut_bytes)
        (path / "journal").mkdir(parents=True)
        segment = path / "journal" / f"journal-{1:020d}.jsonl"
        segment.write_bytes(data[: len(data) - cut_bytes])
        assert recovered_state(path) == states[last if cut_bytes == 0 else last - 1]
        assert segment.read_bytes() == (data if cut_bytes == 0 else data[: -len(lines[-1])])


def test_a_command_that_ends_the_engine_is_refused_by_its_file_and_number(tmp_path: Path) -> None:
    market = killed(tmp_path, SESSION[:50])
    for command, reason in ((CancelOrder("alice", None, None), "it ends the engine"), (SESSION[1][0], "answers")):
        path = tmp_path / reason
        shutil.copytree(tmp_path / "journal", path / "journal")
        journal = JournalWriter(path / "journal", market.engine.sequence, Durability.FSYNC)
        journal.commit([(market.engine.sequence + 1, 1, command)])
        journal.close()
        match = f"{newest_segment(path)}: command {market.engine.sequence + 1} can't be replayed.*{reason}"
        for _again in range(2):
            with pytest.raises(ReplayError, match=match):
                KeptMarket(path)


def test_a_damaged_newest_snapshot_falls_back_to_the_one_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for start in (0, 100, 200):
        market = KeptMarket(tmp_path)
        market.run(SESSION[start : start + 100])
        market.stop()
    killed(tmp_path, SESSION[300:])
    snapshots = sorted((tmp_path / "orders").iterdir())
    assert len(snapshots) == 2
    snapshots[1].write_bytes(snapshots[1].read_bytes()[:-1])
    assert recovered_state(tmp_path) == state_after(SESSION)
    assert f"{snapshots[1]} is damaged" in caplog.text
    snapshots[0].write_bytes(b"")
    with pytest.raises(DamagedFileError, match="commands 1 to [0-9]+ are missing"):
        KeptMarket(tmp_path)


def test_a_single_snapshot_keeps_the_whole_journal(tmp_path: Path) -> None:
    market = KeptMarket(tmp_path)
    market.run(SESSION)
    market.stop()
    [snapshot] = (tmp_path / "orders").iterdir()
    snapshot.write_bytes(b"")
    assert recovered_state(tmp_path) == state_after(SESSION)


def test_a_journal_that_ends_before_the_snapshot_is_refused(tmp_path: Path) -> None:
    market = KeptMarket(tmp_path)
    market.run(SESSION)
    market.stop()
    shutil.rmtree(tmp_path / "journal")
    with pytest.raises(DamagedFileError, match=f"commands 1 to {market.engine.sequence} are missing"):
        KeptMarket(tmp_path)
    assert not list((tmp_path / "journal").iterdir())


def test_what_a_killed_engine_had_written_is_synced_before_anything_is_built_on_it(tmp_path: Path) -> None:
    killed(tmp_path, SESSION[:50])
    disk = RecordingDisk()
    KeptMarket(tmp_path, disk=disk).kill()
    segment = newest_segment(tmp_path).name
    assert disk.asked.index(f"fdatasync {segment}") < disk.asked.index("open trades.jsonl")


def test_a_ledger_on_a_full_disk_is_told_by_an_exception_and_leaves_no_thread(tmp_path: Path) -> None:
    killed(tmp_path)
    (tmp_path / "trades" / "trades.jsonl").unlink()
    threads = threading.active_count()
    with pytest.raises(BatchThreadError, match="No space left on device: 'trades.jsonl'"):
        KeptMarket(tmp_path, disk=RecordingDisk(failing="write"))
    assert threading.active_count() == threads


# ----------------------------------------------------------------------------------------------- running snapshots


def market_with_snapshots(path: Path, make_snapshot: Any = None) -> KeptMarket:
    options = StorageOptions(snapshot_every=50, segment_bytes_max=4_096)
    return KeptMarket(path, options, make_snapshot)


def test_snapshots_are_taken_while_running_and_what_they_supersede_is_removed(tmp_path: Path) -> None:
    market = market_with_snapshots(tmp_path)
    for start in range(0, len(SESSION), 20):
        market.run(SESSION[start : start + 20])
        market.data.journal.settle()
    market.kill()
    snapshots = sorted(int(file.name[9:29]) for file in (tmp_path / "orders").iterdir())
    segments = sorted(int(file.name[8:28]) for file in (tmp_path / "journal").iterdir())
    assert len(snapshots) == 2 and snapshots[0] > 100
    assert segments[0] == snapshots[0] + 1
    assert recovered_state(tmp_path) == state_after(SESSION)
    assert market.failures == []


def test_ledger_and_logs_are_durable_before_a_snapshot_takes_them_for_stored(tmp_path: Path) -> None:
    disk = RecordingDisk()

    def make_snapshot(sequence: int) -> None:
        disk.asked.append("rename snapshot")

    for is_running in (True, False):
        options = StorageOptions(snapshot_every=50 if is_running else 0)
        market = KeptMarket(tmp_path / str(is_running), options, make_snapshot, disk=disk)
        disk.asked.clear()
        market.run(SESSION[:300], batch=299)
        market.data.journal.settle()
        market.stop()
        made = next(index for index, asked in enumerate(disk.asked) if asked.startswith("rename snapshot"))
        for name in ("trades.jsonl", "logs_alice.txt", "logs_bob.txt", "logs_carol.txt"):
            assert f"fdatasync {name}" in disk.asked[:made], (name, is_running)
        market.data.close()


def test_a_child_process_makes_the_same_snapshot(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    market = market_with_snapshots(tmp_path, SnapshotProcess(tmp_path))
    market.run(SESSION[:100])
    market.data.journal.settle()
    market.kill()
    [snapshot] = (tmp_path / "orders").iterdir()
    sequence = int(snapshot.name[9:29])
    store = OrderStore(tmp_path / "orders")
    found = store.newest_valid(lambda *_: None)
    assert found is not None
    state_hash = Engine.restore(found.records).state_hash()
    assert f"snapshot of command {sequence} taken, state {state_hash}" in caplog.text
    assert recovered_state(tmp_path) == state_after(SESSION[:100])


def test_a_snapshot_that_fails_is_a_warning_and_the_market_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(sequence: int) -> Optional[str]:
        raise SnapshotError("the child was killed")

    market = market_with_snapshots(tmp_path, fail)
    market.run(SESSION)
    market.kill()
    assert "the child was killed" in caplog.text
    assert list((tmp_path / "orders").iterdir()) == []
    assert recovered_state(tmp_path) == state_after(SESSION)
    assert market.failures == []


def test_a_child_process_that_finds_the_journal_damaged_says_so(tmp_path: Path) -> None:
    market = killed(tmp_path)
    segment = newest_segment(tmp_path)
    segment.write_bytes(segment.read_bytes().replace(b"alice", b"ALICE", 1))
    with pytest.raises(SnapshotError, match=f"{segment}: damaged at line"):
        SnapshotProcess(tmp_path)(market.engine.sequence)


def test_a_stopped_snapshot_process_makes_nothing_and_is_no_failure(tmp_path: Path) -> None:
    market = killed(tmp_path)
    process = SnapshotProcess(tmp_path)
    process.stop()
    assert process(market.engine.sequence) is None
    assert list((tmp_path / "orders").iterdir()) == []


# -------------------------------------------------------------------------------------------------------- progress


def test_progress_is_told_once_a_second_and_never_for_a_short_replay() -> None:
    told: list[str] = []
    now_s = [0.0]
    progress = RecoveryProgress(told.append, lambda: now_s[0])
    for now_s[0], done in ((0.5, 100), (1.0, 412_000), (1.9, 500_000), (2.0, 1_000_001)):
        progress.report(done, 1_000_000)
    assert told == [
        "recovering: 412,000 of about 1,000,000 commands",
        "recovering: 1,000,001 of about 1,000,001 commands",
    ]


def test_a_last_batch_of_many_commands_that_was_torn_is_lost_as_a_whole_and_explains_what_was_told_of_it(
    tmp_path: Path,
) -> None:
    commands = SESSION[:60]
    market = KeptMarket(tmp_path / "whole")
    market.run(commands[:30])
    before = market.engine.state_hash()
    market.run(commands[30:], batch=30)
    market.kill()
    segment = newest_segment(tmp_path / "whole")
    *_, record, _marker = segment.read_bytes().splitlines(keepends=True)
    whole = segment.read_bytes()
    end = whole.index(record) + record.index(b"]") + 1
    for cut in (end, whole.index(record) + len(record) - 1):
        path = tmp_path / str(cut)
        shutil.copytree(tmp_path / "whole", path)
        newest_segment(path).write_bytes(whole[:cut])
        again = KeptMarket(path)
        assert again.engine.state_hash() == before
        again.kill()
    path = tmp_path / "before its times"
    shutil.copytree(tmp_path / "whole", path)
    newest_segment(path).write_bytes(whole[: whole.index(record) + 40])
    with pytest.raises(DamagedFileError, match="tell of [0-9]+ commands"):
        KeptMarket(path)
