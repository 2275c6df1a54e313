"""The journal's writing end: what is asked of the disk and in which order, and that nothing follows a failure."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from exchange.engine.commands import CancelAll, Command
from exchange.storage.journal_format import Durability, JournalSegment, body_of, hash_of, header_line, segment_of
from exchange.storage.journal_reader import JournalReader, remove_segments_before
from exchange.storage.journal_writer import JournalError, JournalWriter
from exchange.utils.disk import REAL_DISK
from tests.support.recording_disk import RecordingDisk

FIRST = "journal-00000000000000000001.jsonl"
HEADER = header_line(1, Durability.FSYNC).decode()
Entry = tuple[int, int, Command]


def entry(sequence: int) -> Entry:
    return sequence, 1_000 + sequence, CancelAll("alice", f"S{sequence}")


def read(directory: Path, after: int = 0) -> list[Entry]:
    return [record for chunk in JournalReader(directory).chunks(after) for record in chunk]


def open_journal(directory: Path, disk: RecordingDisk, durability: Durability = Durability.FSYNC) -> JournalWriter:
    return JournalWriter(directory, 0, durability, disk)


# ---------------------------------------------------------------------------------------------- the order of
# things


def test_header_and_name_are_durable_before_the_first_command_and_the_marker_comes_after_the_sync(
    tmp_path: Path,
) -> None:
    disk = RecordingDisk()
    open_journal(tmp_path, disk).commit([entry(1), entry(2)])
    assert disk.asked == [
        f"open {FIRST}",
        f"write {HEADER}",
        f"fdatasync {FIRST}",
        f"fsync_directory {tmp_path.name}",
        f'write 92487476 [1,"{hash_of(body_of(HEADER.encode()))}",[1001,1002],'
        '[["cancel_all","alice","S1"],["cancel_all","alice","S2"]]]\n',
        f"fdatasync {FIRST}",
        'write d64fa0fe ["durable",2]\n',
    ]


def test_a_batch_is_one_write_and_one_sync_however_many_commands(tmp_path: Path) -> None:
    disk = RecordingDisk()
    journal = open_journal(tmp_path, disk)
    journal.commit([entry(1)])
    disk.asked.clear()
    journal.commit([entry(sequence) for sequence in range(2, 1_000)])
    assert [asked.split()[0] for asked in disk.asked] == ["write", "fdatasync", "write"]
    assert read(tmp_path) == [entry(sequence) for sequence in range(1, 1_000)]


@pytest.mark.parametrize("batches", [(1,), (1, 998), (999,), (400, 3), (5_000,), (5_000, 1)])
def test_the_last_command_is_found_from_the_end_behind_a_batch_of_any_size(
    tmp_path: Path, batches: tuple[int, ...]
) -> None:
    journal = open_journal(tmp_path, RecordingDisk())
    last = 0
    for count in batches:
        journal.commit([entry(sequence) for sequence in range(last + 1, last + count + 1)])
        last += count
    assert JournalReader(tmp_path).last_sequence() == last


def test_durability_os_syncs_nothing_but_the_new_segment_and_sets_no_marker(tmp_path: Path) -> None:
    disk = RecordingDisk()
    journal = open_journal(tmp_path, disk, Durability.OS)
    journal.commit([entry(1)])
    disk.asked.clear()
    journal.commit([entry(2)])
    assert [asked.split()[0] for asked in disk.asked] == ["write"]
    assert "durable" not in (tmp_path / FIRST).read_text()


@pytest.mark.parametrize("durability", Durability)
def test_a_segment_is_durable_to_its_end_before_the_next_one_is_made(
    tmp_path: Path, durability: Durability
) -> None:
    disk = RecordingDisk()
    journal = open_journal(tmp_path, disk, durability)
    journal.commit([entry(1)])
    disk.asked.clear()
    journal.rotate()
    journal.commit([entry(2)])
    second = "journal-00000000000000000002.jsonl"
    assert disk.asked[:3] == [f"fdatasync {FIRST}", f"close {FIRST}", f"open {second}"]


# ------------------------------------------------------------------------------------------------------- segments


def test_segments_end_at_their_size_and_read_as_one(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, 0, Durability.OS, REAL_DISK, segment_bytes_max=500)
    for sequence in range(1, 101):
        journal.commit([entry(sequence)])
    segments = JournalReader(tmp_path).segments
    assert len(segments) > 5
    assert all(500 <= segment.path.stat().st_size < 650 for segment in segments[:-1])
    assert read(tmp_path) == [entry(sequence) for sequence in range(1, 101)]
    assert read(tmp_path, after=50) == [entry(sequence) for sequence in range(51, 101)]


def test_a_journal_opened_again_begins_a_segment_of_its_own(tmp_path: Path) -> None:
    for last_sequence in (0, 3):
        journal = JournalWriter(tmp_path, last_sequence, Durability.FSYNC)
        journal.commit([entry(last_sequence + number) for number in (1, 2, 3)])
        journal.close()
    assert [segment.first_sequence for segment in JournalReader(tmp_path).segments] == [1, 4]
    assert len(read(tmp_path)) == 6


def test_a_journal_without_commands_makes_no_file(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, 0, Durability.FSYNC)
    journal.rotate()
    journal.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("sequence", "left"), [(0, [1, 4, 7]), (2, [1, 4, 7]), (3, [4, 7]), (6, [7]), (99, [7])])
def test_segments_go_only_when_they_hold_nothing_that_is_needed(
    tmp_path: Path, sequence: int, left: list[int]
) -> None:
    journal = JournalWriter(tmp_path, 0, Durability.OS)
    for first in (1, 4, 7):
        journal.commit([entry(first + number) for number in range(3)])
        journal.rotate()
    remove_segments_before(tmp_path, sequence)
    assert [segment.first_sequence for segment in JournalReader(tmp_path).segments] == left


def test_other_files_are_no_segments(tmp_path: Path) -> None:
    assert segment_of(tmp_path / FIRST) == JournalSegment(1, tmp_path / FIRST)
    for name in ("journal-1.jsonl", f"{FIRST}.bak", "notes.txt", f".{FIRST}"):
        assert segment_of(tmp_path / name) is None


# -------------------------------------------------------------------------------------------------- a disk at
# fault


@pytest.mark.parametrize("failing", ["open", "write", "fdatasync", "fsync_directory"])
def test_after_any_failure_the_batch_is_refused_and_the_disk_is_never_asked_again(
    tmp_path: Path, failing: str
) -> None:
    disk = RecordingDisk()
    journal = open_journal(tmp_path, disk)
    disk.failing = failing
    with pytest.raises(JournalError, match=f"{FIRST}: the journal can't be written: No space left on device"):
        journal.commit([entry(1)])
    disk.failing = None
    disk.asked.clear()
    with pytest.raises(JournalError, match=f"{FIRST}: nothing can be written to the journal: No space"):
        journal.commit([entry(1)])
    with pytest.raises(JournalError):
        journal.rotate()
    journal.close()
    assert disk.asked == []


def test_a_failed_sync_is_not_retried(tmp_path: Path) -> None:
    disk = RecordingDisk()
    journal = open_journal(tmp_path, disk)
    journal.commit([entry(1)])
    disk.failing = "fdatasync"
    disk.asked.clear()
    with pytest.raises(JournalError):
        journal.commit([entry(2)])
    assert [asked.split()[0] for asked in disk.asked] == ["write", "fdatasync"]


def test_a_file_size_limit_cuts_a_batch_short_and_nothing_of_it_is_read_back(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, 0, Durability.FSYNC)
    journal.commit([entry(1)])
    limit_bytes = (tmp_path / FIRST).stat().st_size + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        with pytest.raises(JournalError, match="File too large"):
            journal.commit([entry(sequence) for sequence in range(2, 50)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    reader = JournalReader(tmp_path)
    found = [record for chunk in reader.chunks(0) for record in chunk]
    assert found == [entry(1)]
    assert reader.cut is not None and reader.cut.sequence == 2


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, 0, Durability.FSYNC)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="it is closed"):
        journal.commit([entry(1)])


def test_a_command_that_does_not_follow_is_a_bug(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, 4, Durability.FSYNC)
    for wrong in ([entry(4)], [entry(6)], [entry(5), entry(7)]):
        with pytest.raises((AssertionError, JournalError)):
            journal.commit(wrong)
    assert list(tmp_path.iterdir()) == []
