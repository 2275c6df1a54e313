"""Reads the journal back, and judges what is damaged in it.

The one question is whether damage is where a loss of power, or a writer killed in the middle of a write, may leave
it: in what nobody was ever told of.  That is cut off.  All other damage is refused, because a command that was
acknowledged is missing, and everything after it would be built on sand.

    any segment but the newest                          refuse: it was synced before the next one was made
    a marker at or beyond the damaged command follows   refuse: it was on stable storage
    written under `os`, and any valid line follows      refuse: there are no markers to tell
    otherwise                                           cut from the damaged line on

A sequence that doesn't rise by one, and a line whose checksum is right but which isn't understood, are no traces
of a torn write: they are refused wherever they are.

`SegmentReader` reads one file and says where and why it stopped.  `JournalReader` walks over all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple, Optional

from exchange.storage.command_record import Record, RecordError
from exchange.storage.journal_format import (
    MARKER_KIND,
    VERSIONS,
    Durability,
    JournalSegment,
    RecordRows,
    body_of,
    follows_by_hash,
    hash_of,
    header_line,
    parsed,
    readable_after_damage,
    segment_of,
    stamps_in,
    valid_bodies,
)
from exchange.storage.places import verify_command
from exchange.utils.disk import REAL_DISK, Disk
from exchange.utils.helpers import DamagedFileError
from exchange.utils.numbered_lines import is_text

# More would drive what the engine works on out of the processor's cache.
_CHUNK_BYTES = 16_384
# A record's first sequence, and the timestamps of its commands (none: it is of version 1, one command).
_RECORD_START = re.compile(rb'\n[0-9a-f]{8} \[([0-9]{1,18}),(?:"[0-9a-f]*",\[([0-9,]*))?')
_TORN = "its checksum is wrong or it is incomplete"


class Damage(NamedTuple):
    """The first line of a segment that is not as it was written.

    `sequence` is the command that should be there or thereabouts; `may_be_torn` is False where no interrupted
    write can be the cause.
    """

    line_number: int
    offset_bytes: int
    sequence: int
    reason: str
    may_be_torn: bool


class SegmentReader:
    """One pass over one segment.  When `chunks` has ended, the attributes say how.

    `last_sequence` is the last command read (the one before the segment's first if there is none), `sound_bytes`
    where the undamaged part ends, `damage` what comes there (None: nothing, the file is whole), `durability` what
    the header says (None: there is no header).
    """

    def __init__(self, segment: JournalSegment, disk: Disk) -> None:
        self.segment = segment
        self.last_sequence = segment.first_sequence - 1
        self.sound_bytes = 0
        self.durability: Optional[Durability] = None
        self.damage: Optional[Damage] = None
        self._lines_read = 0
        # Of the record or header that was read last.
        self._last_hash = ""
        self._disk = disk

    def chunks(self) -> Iterator[list[Record]]:
        """The commands up to the end or the first damage, some hundred at a time."""
        with self._disk.open_read(self.segment.path) as file:
            self._read_header(file.readline())
            while self.damage is None and (lines := file.readlines(_CHUNK_BYTES)):
                yield self._read(lines)

    def _read_header(self, line: bytes) -> None:
        if not valid_bodies([line]):
            self._stop(_TORN if line else "the segment is empty", self._may_be_torn_header(line))
            return
        for durability, version in product(Durability, VERSIONS):
            if line == header_line(self.segment.first_sequence, durability, version):
                self.durability = durability
                self._last_hash = hash_of(body_of(line))
                self._advance([line])
                return
        self._stop("it is not the header of a segment of this name and version", may_be_torn=False)

    def _may_be_torn_header(self, line: bytes) -> bool:
        """Nothing is written to a segment before its header is safe: behind a torn one there is nothing, and what
        is left of it is blank or rubbish.  A text of any other kind is a file of somebody else."""
        headers = [
            header_line(self.segment.first_sequence, durability, version)
            for durability, version in product(Durability, VERSIONS)
        ]
        is_short = self._disk.size_bytes(self.segment.path) <= max(map(len, headers))
        is_beginning = any(header.startswith(line) for header in headers)
        is_blank = not line.strip(b"\0")
        return is_blank or (is_short and (is_beginning or len(line) <= 3 or not is_text(line.rstrip(b"\n"))))

    def _read(self, lines: list[bytes]) -> list[Record]:
        """The commands of some lines, up to the first that is damaged."""
        bodies = valid_bodies(lines)
        try:
            records = self._taken(bodies)
        except ValueError:
            return self._read_one_by_one(lines)
        self._advance(lines[: len(bodies)])
        if len(bodies) < len(lines):
            self._stop(_TORN, may_be_torn=True)
        return records

    def _read_one_by_one(self, lines: list[bytes]) -> list[Record]:
        """The same for lines of which one has a right checksum and can't be read."""
        records: list[Record] = []
        for line in lines:
            try:
                records += self._taken(valid_bodies([line]))
            except ValueError as error:
                self._stop(f"its checksum is right, but {error}", may_be_torn=False)
                return records
            self._advance([line])
        raise AssertionError("all lines could be read one by one, but not together")

    def _taken(self, bodies: list[bytes]) -> list[Record]:
        """The commands among lines that follow; raises ValueError, and takes none, if any is wrong."""
        rows = RecordRows()
        sequence, last_hash = self.last_sequence, self._last_hash
        for value, body in zip(parsed(bodies), bodies, strict=True):
            if type(value[0]) is int and value[0] == sequence + 1:
                sequence += rows.add(value)
                if follows_by_hash(value):
                    if value[1] != last_hash:
                        raise RecordError("the record before it is not the one that it was written behind")
                    last_hash = hash_of(body)
            elif value != [MARKER_KIND, sequence]:
                raise RecordError(f"{str(value)[:60]} is where command {sequence + 1} or a marker must be")
        records = rows.read()
        self.last_sequence, self._last_hash = sequence, last_hash
        return records

    def _advance(self, lines: list[bytes]) -> None:
        self._lines_read += len(lines)
        self.sound_bytes += sum(map(len, lines))

    def _stop(self, reason: str, may_be_torn: bool) -> None:
        self.damage = Damage(
            self._lines_read + 1, self.sound_bytes, self.last_sequence + 1, reason, may_be_torn
        )


class Cut(NamedTuple):
    """What is to be cut off the newest segment: everything from `offset_bytes` on.

    `records` counts the commands in it that can still be read; `whole_file` says that nothing before them is left
    that is worth keeping.  `stamps` are the timestamps of the torn record itself, as far as they can be read.
    """

    path: Path
    offset_bytes: int
    size_bytes: int
    sequence: int
    records: int
    whole_file: bool
    stamps: frozenset[int] = frozenset()

    def __str__(self) -> str:
        lost = f"{self.records} whole commands and " if self.records else ""
        return (
            f"{self.path}: {lost}{self.size_bytes - self.offset_bytes} bytes from byte {self.offset_bytes} on, "
            f"where command {self.sequence} would be, were never safely stored and never acknowledged"
        )


def judge(reader: SegmentReader, is_newest: bool, disk: Disk) -> Optional[Cut]:
    """What to cut off a segment that was read to its end or its damage; None if nothing.

    Raises DamagedFileError, naming file, line, command and byte, if what is damaged was safely stored.
    """
    damage = reader.damage
    path = reader.segment.path
    size_bytes = disk.size_bytes(path)
    no_records = reader.last_sequence < reader.segment.first_sequence
    if damage is None:
        if not no_records:
            return None
        return Cut(path, 0, size_bytes, reader.segment.first_sequence, 0, whole_file=True)
    with disk.open_read(path) as file:
        file.seek(damage.offset_bytes)
        remainder = file.read()
        evidence, record_count = _evidence(remainder, reader, damage)
    if not is_newest:
        evidence = "a later segment follows"
    elif not damage.may_be_torn:
        evidence = "no interrupted write can be the cause"
    if evidence is not None:
        raise DamagedFileError(
            f"{path}: damaged at line {damage.line_number}, byte {damage.offset_bytes}, where command "
            f"{damage.sequence} is expected: {damage.reason}; it was safely stored ({evidence}), so the exchange "
            f"doesn't start without it: run `{verify_command(path.parent.parent)}`"
        )
    offset_bytes = 0 if no_records else damage.offset_bytes
    stamps = stamps_in(remainder)
    return Cut(path, offset_bytes, size_bytes, damage.sequence, record_count, whole_file=no_records, stamps=stamps)


def _evidence(remainder: bytes, reader: SegmentReader, damage: Damage) -> tuple[Optional[str], int]:
    """What proves that the damaged line was durable (None: nothing does), and the commands to be read after it."""
    record_count = 0
    evidence: Optional[str] = None
    for value in readable_after_damage(remainder):
        is_record = type(value[0]) is int
        record_count += RecordRows().add(value) if is_record else 0
        if value[0] == MARKER_KIND and value[1] >= damage.sequence:
            evidence = f"a later line says that all up to {value[1]} was"
        elif reader.durability is not Durability.FSYNC and evidence is None:
            evidence = "valid lines follow"
    return evidence, record_count


class JournalReader:
    """All segments in one directory, as they were when this was made.

    `last_segment` is the reader of the segment that `chunks` reads; when it has ended, that of the newest, and
    `cut` is what this one must lose.  `lacks_last` then says that just the last record before where it began is
    missing at the end: torn off, but nothing is lost, because the snapshot has it.
    """

    def __init__(self, directory: Path, disk: Disk = REAL_DISK) -> None:
        found = [segment_of(directory / name) for name in disk.names(directory)]
        self.segments = sorted(segment for segment in found if segment)
        self.cut: Optional[Cut] = None
        self.lacks_last = False
        self.last_segment: Optional[SegmentReader] = None
        self._directory = directory
        self._disk = disk

    def chunks(self, after: int, until: Optional[int] = None) -> Iterator[list[Record]]:
        """Every command after `after`, which is in a snapshot (0: there is none), up to `until` (None: the end).

        With `until`, all segments that are read must be whole: they were ended before anybody asked.
        Raises DamagedFileError, naming what is missing or damaged; never skips anything.
        """
        reached: Optional[int] = None
        for segment in self.needed(after, until):
            if reached is not None and segment.first_sequence != reached + 1:
                raise self._missing(reached + 1, segment.first_sequence - 1)
            reader = self.last_segment = SegmentReader(segment, self._disk)
            for chunk in reader.chunks():
                yield chunk if segment.first_sequence > after else [read for read in chunk if read[0] > after]
            self.cut = judge(reader, segment == self.segments[-1], self._disk)
            reached = reader.last_sequence
        end = after if until is None else until
        torn_count = len(self.cut.stamps) if self.cut is not None else 0
        self.lacks_last = until is None and (reached or 0) < after <= (reached or 0) + max(1, torn_count)
        if (reached or 0) < end and not self.lacks_last:
            raise self._missing((reached or 0) + 1, end)

    def needed(self, after: int, until: Optional[int] = None) -> list[JournalSegment]:
        """The segments with the commands after `after`.  Raises DamagedFileError if the first of them is gone."""
        segments = [segment for segment in self.segments if until is None or segment.first_sequence <= until]
        first = len(segments) - 1
        while first > 0 and segments[first].first_sequence > after + 1:
            first -= 1
        if segments and segments[first].first_sequence > after + 1:
            raise self._missing(after + 1, segments[first].first_sequence - 1)
        return segments[max(0, first) :]

    def last_sequence(self) -> int:
        """About the last command there is, to tell how long a replay will be: read off the end, unchecked."""
        if not self.segments:
            return 0
        first_sequence, path = self.segments[-1]
        size_bytes, tail_bytes = self._disk.size_bytes(path), _CHUNK_BYTES
        with self._disk.open_read(path) as file:
            while True:
                file.seek(max(0, size_bytes - tail_bytes))
                found = _RECORD_START.findall(file.read())
                if found or tail_bytes >= size_bytes:
                    break
                tail_bytes *= 4  # A record of many commands is longer than that.
        if not found:
            return first_sequence - 1
        first, stamps = found[-1]
        return int(first) + bytes(stamps).count(b",")

    def _missing(self, first: int, last: int) -> DamagedFileError:
        return DamagedFileError(
            f"{self._directory}: commands {first} to {last} are missing: a segment is gone or was cut short; "
            f"run `{verify_command(self._directory.parent)}`"
        )


def remove_segments_before(directory: Path, sequence: int, disk: Disk = REAL_DISK) -> None:
    """Remove the segments that hold nothing after command `sequence`; never the newest.

    Oldest first and each durably before the next, so that a loss of power never leaves a gap between two of them.
    """
    segments = JournalReader(directory, disk).segments
    for segment, following in zip(segments, segments[1:], strict=False):
        if following.first_sequence > sequence + 1:
            break
        disk.unlink(segment.path)
        disk.fsync_directory(directory)


def carry_out(cut: Cut, disk: Disk) -> None:
    """Cut the newest segment, durably."""
    if cut.whole_file:
        disk.unlink(cut.path)
        disk.fsync_directory(cut.path.parent)
    else:
        disk.truncate(cut.path, cut.offset_bytes)


def sync_newest(directory: Path, segments: list[JournalSegment], disk: Disk) -> None:
    """Make durable what a killed engine had written and not yet synced.

    Before anything is read: whatever is built on a command, the ledger first of all, must not outlive it.
    """
    if segments:
        fd = disk.open_append(segments[-1].path)
        try:
            disk.fdatasync(fd)
        finally:
            disk.close(fd)
        disk.fsync_directory(directory)


