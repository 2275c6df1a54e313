"""The journal: every command that changed the state, durable before anybody hears of it.

    commit      all commands of a batch in one write, then one fdatasync, then (unsynced) a marker that says so
    rotate      the segment ends, synced; the next commit begins a new one
    fail        once the disk has refused anything, nothing is written ever again: after a failed fdatasync nobody
                knows what is on the disk, and a second one may succeed without having written what the first lost

Order is everything here, and `journal_reader` relies on it:

* a segment's header and its name are durable before its first command is written;
* a segment is durable to its last byte before the next one is made, so damage in any but the newest is never what
  a loss of power left behind;
* a marker is written after the fdatasync that makes it true.  Whether it reaches the disk itself does not matter:
  without it the reader takes less for granted.

An engine that starts never appends to a segment that it found: it begins its own.  So what recovery cut off can't
be confused with what came later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Optional

from exchange.engine.commands import Command
from exchange.storage.journal_format import (
    Durability,
    body_of,
    hash_of,
    header_line,
    marker_line,
    new_segment,
    record_line,
)
from exchange.utils.disk import REAL_DISK, Disk, write_all
from exchange.utils.helpers import FileError, check_still_there

# Looked up once: a member costs more than the rest of the question.
_FSYNC = Durability.FSYNC
SEGMENT_BYTES_MAX = 64 * 1024 * 1024


class JournalError(FileError):
    """The batch may not be durable, so nobody may be told of it; the journal takes nothing any more."""


class JournalWriter:
    """The writing end, after recovery.  The matching thread calls `commit` and `rotate`, its owner `close`."""

    def __init__(
        self,
        directory: Path,
        last_sequence: int,
        durability: Durability,
        disk: Disk = REAL_DISK,
        segment_bytes_max: int = SEGMENT_BYTES_MAX,
        check_place: Callable[[], None] = lambda: None,
    ) -> None:
        """The directory exists, and what it holds ends with command `last_sequence` and is durable.

        `check_place` raises FileError if the data directory is not where it was any more.
        """
        self._check_place = check_place
        self._directory = directory
        self._last_sequence = last_sequence
        self._durability = durability
        self._disk = disk
        self._segment_bytes_max = segment_bytes_max
        # The segment being written: no descriptor means that the next commit begins one.
        self._path = directory
        self._fd: Optional[int] = None
        self._segment_bytes = 0
        # Of the record written last, of the header in a new segment: the next record names it.
        self._last_hash = ""
        # None while all is well; then why nothing may be written any more.
        self._ended: Optional[str] = None
        # Guards everything above: `close` may come while another thread commits.
        self._guard = threading.Lock()

    def commit(self, entries: Sequence[tuple[int, int, Command]]) -> None:
        """Append (sequence, timestamp, command) of each; when this returns all are as durable as was chosen.

        Raises JournalError if they may not be, and every time after that.
        """
        assert entries and entries[0][0] == self._last_sequence + 1, (entries[:1], self._last_sequence)
        with self._guard:
            if self._ended is not None:
                raise self._refusal(self._ended)
            try:
                self._append(entries)
            except OSError as error:
                raise self._failed(error) from error
            except FileError as error:
                self._ended = str(error)
                raise
            except BaseException as error:
                self._ended = f"an earlier commit failed: {error!r}"
                raise

    def rotate(self) -> None:
        """End the current segment, if there is one: what it holds can be read as a whole from now on.

        Costs one fdatasync, of little under durability `fsync`.  Raises JournalError.
        """
        with self._guard:
            if self._ended is not None:
                raise self._refusal(self._ended)
            try:
                self._end_segment()
            except OSError as error:
                raise self._failed(error) from error

    def close(self) -> None:
        """Make what was committed durable and take nothing more.  After a failure, or a first close: nothing.

        Raises JournalError.
        """
        with self._guard:
            if self._ended is None:
                self._ended = "it is closed"
                try:
                    self._end_segment()
                except OSError as error:
                    raise self._failed(error) from error

    def _refusal(self, ended: str) -> JournalError:
        return JournalError(f"{self._path}: nothing can be written to the journal: {ended}")

    def _failed(self, error: OSError) -> JournalError:
        self._ended = error.strerror or str(error)
        return JournalError(f"{self._path}: the journal can't be written: {self._ended}")

    def _append(self, entries: Sequence[tuple[int, int, Command]]) -> None:
        last_sequence = entries[-1][0]
        assert last_sequence == self._last_sequence + len(entries), "sequences must rise by one"
        if self._segment_bytes >= self._segment_bytes_max:
            self._end_segment()
        fd = self._begin_segment() if self._fd is None else self._fd
        data = record_line(entries, self._last_hash)
        # Made before the sync, for behind it the processor's caches are cold, and code costs double.
        record_hash = hash_of(body_of(data))
        marker = marker_line(last_sequence) if self._durability is _FSYNC else b""
        disk = self._disk
        write_all(disk, fd, data)
        segment_bytes = self._segment_bytes + len(data)
        if marker:
            disk.fdatasync(fd)
            write_all(disk, fd, marker)
            segment_bytes += len(marker)
        # Only now, for what is written to a file that has no name any more is as safe as if it were not.  The
        # directory is looked at as well: the file may have been moved, or linked, into another one that this
        # process has not locked, where a second engine would write beside it.
        self._check_place()
        check_still_there(self._path, fd, segment_bytes, disk)
        self._segment_bytes, self._last_sequence, self._last_hash = segment_bytes, last_sequence, record_hash

    def _begin_segment(self) -> int:
        self._check_place()
        segment = new_segment(self._directory, self._last_sequence + 1)
        self._path = segment.path
        self._fd = self._disk.open_append(segment.path)
        header = header_line(segment.first_sequence, self._durability)
        write_all(self._disk, self._fd, header)
        self._segment_bytes, self._last_hash = len(header), hash_of(body_of(header))
        self._disk.fdatasync(self._fd)
        self._disk.fsync_directory(self._directory)
        return self._fd

    def _end_segment(self) -> None:
        if self._fd is not None:
            fd, self._fd, self._segment_bytes = self._fd, None, 0
            try:
                self._disk.fdatasync(fd)
            finally:
                self._disk.close(fd)
