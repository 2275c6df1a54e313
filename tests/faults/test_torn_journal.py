"""The journal cut at every byte and with every bit flipped: what was safely stored is never lost without a word.

A journal of 100 commands in batches of ten; what must happen follows from where the damage is:

    in what a marker covers      refused, naming file, line and byte
    behind the last marker       cut off from the damaged line on, everything before it is read
    a segment before the newest  refused

Of the two long journals one bit of every byte is flipped, with HYPOTHESIS_PROFILE=thorough every bit.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Optional
from zlib import crc32

import pytest

from exchange.engine.commands import CancelAll
from exchange.storage.command_record import Record
from exchange.storage.journal_format import (
    Durability,
    body_of,
    hash_of,
    header_line,
    marker_line,
    new_segment,
    record_line,
)
from exchange.storage.journal_reader import Cut, JournalReader
from exchange.utils.disk import RealDisk
from exchange.utils.helpers import DamagedFileError
from tests.support.journal_lines import JournalLines

DIRECTORY = Path("journal")
EVERY_BIT = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
PATH = new_segment(DIRECTORY, 1).path


class ReadOnlyDisk(RealDisk):
    """Files in memory, for reading them ten thousand times."""

    def __init__(self, files: dict[Path, bytes]) -> None:
        self._files = files

    def names(self, directory: Path) -> list[str]:
        return [path.name for path in self._files if path.parent == directory]

    def size_bytes(self, path: Path) -> int:
        return len(self._files[path])

    def open_read(self, path: Path) -> BinaryIO:
        return io.BytesIO(self._files[path])


def record(sequence: int) -> Record:
    return sequence, sequence, CancelAll("a", None)


def lines(
    first: int, last: int, durability: Durability = Durability.FSYNC, unsynced: int = 0, batch: int = 10
) -> list[bytes]:
    """A segment; the last `unsynced` commands have no marker."""
    result = JournalLines(first, durability)
    for sequence in range(first, last + 1):
        result.record(record(sequence))
        if durability is Durability.FSYNC and sequence % batch == 0 and sequence <= last - unsynced:
            result.marker(sequence)
    return result.lines


def read(data: bytes, later: Optional[bytes] = None) -> tuple[int, Optional[Cut]]:
    """The last command read, and what is to be cut."""
    files = {PATH: data}
    if later is not None:
        files[new_segment(DIRECTORY, 101).path] = later
    reader = JournalReader(DIRECTORY, ReadOnlyDisk(files))
    found = [record for chunk in reader.chunks(0) for record in chunk]
    assert found == [record(sequence) for sequence in range(1, len(found) + 1)]
    return len(found), reader.cut


def flipped(data: bytes, every_bit: bool = True) -> Iterator[tuple[int, bytes]]:
    """Every (offset, data with one bit of the byte there flipped); not `every_bit`: one of each byte, in turn."""
    for offset, byte in enumerate(data):
        for bit in range(8) if every_bit else (offset % 8,):
            yield offset, data[:offset] + bytes([byte ^ 1 << bit]) + data[offset + 1 :]


def line_at(all_lines: list[bytes], offset: int) -> tuple[int, int]:
    """(index, first byte) of the line in which a byte is."""
    start = 0
    for index, line in enumerate(all_lines):
        if offset < start + len(line):
            return index, start
        start += len(line)
    raise AssertionError(offset)


# -------------------------------------------------------------------------------------------------------------
# cuts


@pytest.mark.parametrize("durability", Durability)
def test_a_journal_cut_at_any_byte_loses_exactly_the_commands_that_are_not_whole(durability: Durability) -> None:
    all_lines = lines(1, 20, durability)
    data = b"".join(all_lines)
    for length in range(len(data) + 1):
        whole = data[:length].splitlines(keepends=True)
        whole_records = [
            line for line in whole if line in all_lines and line[9:10] == b"[" and line[10:11] != b'"'
        ]
        count, cut = read(data[:length])
        assert count == len(whole_records), length
        torn = data[:length].rpartition(b"\n")[2]
        if count == 0:
            assert cut is not None and cut.whole_file
        elif torn:
            assert cut is not None and (cut.offset_bytes, cut.size_bytes) == (length - len(torn), length)
        else:
            assert cut is None


@pytest.mark.parametrize("tail_bytes", [1, 100, 4_096, 100_000])
def test_blocks_of_zeros_at_the_end_are_cut_off(tail_bytes: int) -> None:
    data = b"".join(lines(1, 20))
    count, cut = read(data + bytes(tail_bytes))
    assert count == 20
    assert cut is not None and cut.offset_bytes == len(data)


@pytest.mark.parametrize("data", [b"", b"\0", bytes(4_096), header_line(1, Durability.FSYNC)])
def test_a_newest_segment_without_a_command_is_removed(data: bytes) -> None:
    count, cut = read(data)
    assert count == 0
    assert cut is not None and cut.whole_file
    earlier = b"".join(lines(1, 100))
    count, cut = read(earlier, later=b"" if not data else bytes(len(data)))
    assert count == 100
    assert cut is not None and cut.whole_file and cut.path.name == "journal-00000000000000000101.jsonl"


# ------------------------------------------------------------------------------------------------------ flipped
# bits


def test_every_flipped_bit_of_what_was_safely_stored_is_refused_with_file_line_and_byte() -> None:
    all_lines = lines(1, 100)
    data = b"".join(all_lines)
    last_marker = len(data) - len(all_lines[-1])
    for offset, damaged in flipped(data[:last_marker], EVERY_BIT):
        line, start = line_at(all_lines, offset)
        where = f"{re.escape(str(PATH))}: damaged at line {line + 1}, byte {start}, where command [0-9]+ is"
        with pytest.raises(DamagedFileError, match=where):
            read(damaged + all_lines[-1])


def test_a_flipped_bit_of_the_last_marker_loses_nothing() -> None:
    all_lines = lines(1, 100)
    before = b"".join(all_lines[:-1])
    for _offset, damaged in flipped(all_lines[-1]):
        count, cut = read(before + damaged)
        assert count == 100
        assert cut is not None and cut.offset_bytes == len(before)


def test_every_flipped_bit_behind_the_last_marker_is_cut_off_from_its_line_on() -> None:
    all_lines = lines(1, 30, unsynced=10)
    safe, tail = b"".join(all_lines[:-10]), b"".join(all_lines[-10:])
    for offset, damaged in flipped(tail):
        line, start = line_at(all_lines[-10:], offset)
        count, cut = read(safe + damaged)
        assert count == 20 + line
        assert cut is not None and cut.offset_bytes == len(safe) + start
        assert 9 - line - 1 <= cut.records <= 9 - line, "a changed newline spoils the next line, too"


def test_durability_os_cuts_only_what_nothing_whole_follows() -> None:
    all_lines = lines(1, 30, Durability.OS)
    data = b"".join(all_lines)
    last = len(data) - len(all_lines[-1])
    for offset, damaged in flipped(data):
        newline_before_last = offset == last - 1
        if offset < last and not newline_before_last:
            with pytest.raises(DamagedFileError, match="valid lines follow|no interrupted write"):
                read(damaged)
        elif offset >= last:
            assert read(damaged)[0] == 29
        else:
            with pytest.raises(DamagedFileError, match="valid lines follow"):
                read(damaged)


def test_every_flipped_bit_and_every_cut_of_an_earlier_segment_is_refused() -> None:
    data = b"".join(lines(1, 100, unsynced=100, batch=1_000))
    later = b"".join(lines(101, 103))
    assert read(data, later)[0] == 103
    for _offset, damaged in flipped(data, EVERY_BIT):
        with pytest.raises(DamagedFileError):
            read(damaged, later)
    for length in range(len(data)):
        with pytest.raises(DamagedFileError):
            read(data[:length], later)


# --------------------------------------------------------------------------------------- lines that are out of
# place


@pytest.mark.parametrize("durability", Durability)
@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (5, []),
        (5, [record_line([record(4)], ""), record_line([record(5)], "")]),
        (5, [record_line([record(7)], "")]),
        (5, [record_line([record(5)], "0011223344556677")]),
        (5, [header_line(1, Durability.FSYNC)]),
        (5, [marker_line(9)]),
        (0, [header_line(2, Durability.FSYNC)]),
        (0, [marker_line(0)]),
    ],
    ids=["gone", "repeated", "skipped", "behind another", "header", "ahead", "header of another", "no header"],
)
def test_whole_lines_in_the_wrong_place_are_refused_even_at_the_end(
    durability: Durability, place: int, wrong: list[bytes]
) -> None:
    all_lines = lines(1, 8, durability)
    all_lines[place : place + 1] = wrong
    with pytest.raises(DamagedFileError, match="no interrupted write can be the cause"):
        read(b"".join(all_lines))


def test_a_command_of_a_kind_that_is_not_known_is_refused_even_at_the_end() -> None:
    before = lines(1, 8)
    unknown = record_line([record(9)], hash_of(body_of(before[-1]))).replace(b"cancel_all", b"cancel_fun")
    unknown = b"%08x %b" % (crc32(unknown[9:-1]), unknown[9:])
    with pytest.raises(DamagedFileError, match="names no kind of command that this version knows"):
        read(b"".join(before) + unknown)


def test_a_segment_that_is_gone_is_refused() -> None:
    files = {new_segment(DIRECTORY, first).path: b"".join(lines(first, first + 9)) for first in (1, 11, 21)}
    for gone, missing in ((1, "commands 1 to 10 are missing"), (11, "commands 11 to 20 are missing")):
        gone_path = new_segment(DIRECTORY, gone).path
        disk = ReadOnlyDisk({path: data for path, data in files.items() if path != gone_path})
        with pytest.raises(DamagedFileError, match=missing):
            list(JournalReader(DIRECTORY, disk).chunks(0))
        if gone == 1:
            assert [len(chunk) for chunk in JournalReader(DIRECTORY, disk).chunks(10)] == [10, 10]
    with pytest.raises(DamagedFileError, match="commands 31 to 35 are missing"):
        list(JournalReader(DIRECTORY, ReadOnlyDisk(files)).chunks(35))
    with pytest.raises(DamagedFileError, match="commands 1 to 5 are missing"):
        list(JournalReader(DIRECTORY, ReadOnlyDisk({})).chunks(5))
