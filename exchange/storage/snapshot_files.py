"""Snapshots of the engine's state, so that a start need not replay the journal from its first command.

    orders/snapshot-00000000000000001234.jsonl

    {"format":"exchange-snapshot","version":2,"sequence":1234}     the last command that is in the state
    ["file",…]                                                     how ledger and logs stood then: `snapshot_marks`
    …                                                              one record of the engine's per line, any JSON
    {"records":56,"crc32":"0a1b2c3d"}                              over every byte before this line

A file appears under its name only when it is whole and on stable storage, and is believed only if its last line
agrees with all the others: a snapshot that was torn, cut or damaged in any byte is passed over for the next older
one, from which the journal leads to the same state.  So the journal must be kept from the oldest snapshot on.
CRC-32 because it guards against the disk, not against people, and is read four times as fast as SHA-256.

This module carries records; only the engine knows what they mean.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Optional

from exchange.storage.snapshot_marks import KIND, FileMark, mark_of, record_of
from exchange.utils.disk import REAL_DISK, Disk
from exchange.utils.helpers import NewFile, replaced_atomically

_FORMAT = "exchange-snapshot"
_VERSION = 2
# Version 1 had no marks of files.
_VERSIONS = (1, 2)
_FILE_NAME = re.compile(r"snapshot-([0-9]{20})\.jsonl")
_RECORDS_PER_WRITE = 1_000
_READ_BYTES = 1 << 20
# So many are parsed at once: few enough that what they become is taken up while it is in the processor's cache.
_PARSED_BYTES = 1 << 14
_TRAILER_BYTES_MAX = 100
_MARK_START = b'["%b",' % KIND.encode()


class Snapshot(NamedTuple):
    """A state: `sequence` is the last command in it, `records` what `engine.restore` takes, to be read once."""

    sequence: int
    records: Iterator[Any]


class StoredSnapshot(NamedTuple):
    """A file that is a snapshot by its name."""

    sequence: int
    path: Path


class OrderStore:
    """The snapshots in one directory.  Used by one thread at a time."""

    def __init__(self, directory: Path, disk: Disk = REAL_DISK) -> None:
        """Looks at nothing yet."""
        self._directory = directory
        self._disk = disk

    def prepare(self) -> None:
        """Make the directory if need be, and clear away what a killed process left half written."""
        self._disk.make_directory(self._directory)
        for name in self._disk.names(self._directory):
            if name.startswith(".snapshot-") and name.endswith(".tmp"):
                self._disk.unlink(self._directory / name)

    def save(self, records: Iterable[Any], sequence: int, marks: Iterable[FileMark] = ()) -> Path:
        """Write a snapshot of the state after command `sequence`; durable when this returns.

        `marks` tell how the files stood that were made from these commands.

        `records` is read once, as it is written: never more than a thousand are in memory.  Raises OSError, and
        leaves no file, if the disk does not take it.  About 3 s for a million records.
        """
        path = self._directory / f"snapshot-{sequence:020d}.jsonl"
        with replaced_atomically(path, disk=self._disk) as file:
            _write(file, chain(map(record_of, marks), records), sequence)
        return path

    def newest_valid(
        self, on_damaged: Callable[[Path, str], None], sequence_max: Optional[int] = None
    ) -> Optional[Snapshot]:
        """The newest snapshot, of command `sequence_max` at most, that is whole; None if there is none.

        `on_damaged` is told of each newer one that was passed over, and why.  The whole file is checked here, so
        that reading the records later cannot find it damaged.
        """
        for stored in reversed(self.stored()):
            if sequence_max is None or stored.sequence <= sequence_max:
                damage = self.damage(stored)
                if damage is None:
                    return self.read(stored)
                on_damaged(stored.path, damage)
        return None

    def stored(self) -> list[StoredSnapshot]:
        """All snapshots there are, whole or not, oldest first."""
        found = [(_FILE_NAME.fullmatch(name), name) for name in self._disk.names(self._directory)]
        return sorted(StoredSnapshot(int(match[1]), self._directory / name) for match, name in found if match)

    def damage(self, stored: StoredSnapshot) -> Optional[str]:
        """Why a snapshot is not exactly what `save` wrote, None if it is.  Reads all of it once."""
        with self._disk.open_read(stored.path) as file:
            return _damage(file, stored.sequence)

    def read(self, stored: StoredSnapshot) -> Snapshot:
        """A snapshot that was found undamaged."""
        return Snapshot(stored.sequence, _records(self._disk, stored.path))

    def is_of_earlier_version(self, stored: StoredSnapshot) -> bool:
        """Whether an undamaged snapshot was made by a version that kept less of the state."""
        with self._disk.open_read(stored.path) as file:
            return file.readline() != _header(stored.sequence, _VERSION)

    def marks(self, stored: StoredSnapshot) -> list[FileMark]:
        """How the files stood when a snapshot was taken that is undamaged.  Reads only its beginning."""
        found: list[FileMark] = []
        with self._disk.open_read(stored.path) as file:
            file.readline()
            while (line := file.readline()).startswith(_MARK_START):
                found.append(mark_of(json.loads(line)))
        return found

    def prune(self, keep: int = 2) -> Optional[int]:
        """Remove every snapshot older than the newest `keep` whole ones.

        Returns the sequence of the oldest one kept: the journal is needed from there on.  None if fewer than
        `keep` are whole: then nothing is removed, and nothing of the journal may be.  Reads those it keeps.
        """
        assert keep >= 1, keep
        stored = self.stored()
        whole = 0
        while stored and whole < keep:
            oldest_kept = stored.pop()
            whole += self.damage(oldest_kept) is None
        if whole < keep:
            return None
        for older in stored:
            self._disk.unlink(older.path)
        if stored:
            self._disk.fsync_directory(self._directory)
        return oldest_kept.sequence


def _write(file: NewFile, records: Iterable[Any], sequence: int) -> None:
    encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
    header = _header(sequence, _VERSION)
    file.write(header)
    checksum = zlib.crc32(header)
    count = 0
    remaining = iter(records)
    while lines := [encode(record) for record in islice(remaining, _RECORDS_PER_WRITE)]:
        data = "\n".join((*lines, "")).encode("ascii")
        file.write(data)
        checksum = zlib.crc32(data, checksum)
        count += len(lines)
    file.write(_trailer(count, checksum))


def _header(sequence: int, version: int) -> bytes:
    return b'{"format":"%s","version":%d,"sequence":%d}\n' % (_FORMAT.encode(), version, sequence)


def _trailer(count: int, checksum: int) -> bytes:
    return b'{"records":%d,"crc32":"%08x"}\n' % (count, checksum)


def _damage(file: BinaryIO, sequence: int) -> Optional[str]:
    header = file.readline(_TRAILER_BYTES_MAX)
    if header not in [_header(sequence, version) for version in _VERSIONS]:
        return f"its first line is not that of a snapshot of sequence {sequence} and of a version up to {_VERSION}"
    checksum, lines, tail = zlib.crc32(header), 0, b""
    while block := file.read(_READ_BYTES):
        data = tail + block
        tail = data[-_TRAILER_BYTES_MAX:]
        body = memoryview(data)[: -len(tail)]
        checksum = zlib.crc32(body, checksum)
        lines += data.count(b"\n", 0, len(body))
    if not tail.endswith(b"\n"):
        return "it does not end with a complete line"
    trailer_start = tail[:-1].rfind(b"\n") + 1
    checksum = zlib.crc32(tail[:trailer_start], checksum)
    lines += tail.count(b"\n", 0, trailer_start)
    if tail[trailer_start:] != _trailer(lines, checksum):
        return "its last line does not agree with the lines before it"
    return None


def _records(disk: Disk, path: Path) -> Iterator[Any]:
    """Many lines are parsed as one list: a call for each would cost half as much again."""
    with disk.open_read(path) as file:
        file.readline()
        held = file.readline()
        while held.startswith(_MARK_START):
            held = file.readline()
        # The last line of all, which is none of the records, is never followed by another.
        while lines := file.readlines(_PARSED_BYTES):
            records = json.loads(b"[%b]" % b",".join((held, *lines[:-1])))
            held = lines[-1]
            yield from records
