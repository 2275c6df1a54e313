"""A disk in memory that forgets what it may forget, from a seed.

    disk = SimulatedDisk(random, before)    `before` sees every operation that changes something, before it does
    disk.after_kill(before)                 what the next process finds when this one was killed: everything
    disk.after_power_loss(before)           … when power was lost: what was synced, and some of the rest

What a loss of power leaves, file by file and name by name, as `exchange.utils.disk` promises and no better:

    bytes not fdatasynced    gone, or there, or each sector of 512 bytes for itself there, blank or rubbish; the
                             length anything in between
    names not fsynced        each creation, renaming and removal for itself happened or didn't, in no order

`before` makes everything else happen: it raises OSError where the disk is to fail, ProcessDied where the process
is to end, and lets other work run in between.  A process that died in the middle of a write has written a part of
it.  After ProcessDied nothing can be asked of the disk any more; `after_…` gives the next one.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import BinaryIO, NamedTuple, Optional

from exchange.utils.disk import Data

SECTOR_BYTES = 512

# Called with the name of an operation of `Disk` and the file or directory that it is about.
Before = Callable[[str, Path], None]


class ProcessDied(BaseException):
    """The process is no more: nobody may catch this but the one who runs the simulation."""


class _File:
    """Bytes without a name: `data` as any process sees it, its first `synced_bytes` safe."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self.synced_bytes = len(data)
        # What the file held before it was emptied, until the emptying is synced.
        self.emptied: Optional[bytes] = None
        # Set by a failed sync: the system takes for written what is not, and no later sync writes it.
        self.has_lost_writes = False

    def sync(self) -> None:
        if not self.has_lost_writes:
            self.synced_bytes, self.emptied = len(self.data), None

    def after_power_loss(self, random: Random) -> _File:
        """The file as it is found again."""
        if self.emptied is not None and random.random() < 0.5:
            return _File(self.emptied)
        kept_bytes = random.choice(
            [self.synced_bytes, len(self.data), random.randint(self.synced_bytes, len(self.data))]
        )
        kept = self.data[:kept_bytes]
        loss = random.choice([0.0, 0.0, 0.1, 0.5, 0.9])
        for start in range(self.synced_bytes // SECTOR_BYTES * SECTOR_BYTES, kept_bytes, SECTOR_BYTES):
            if random.random() < loss:
                unsafe = slice(max(start, self.synced_bytes), min(start + SECTOR_BYTES, kept_bytes))
                size_bytes = unsafe.stop - unsafe.start
                kept[unsafe] = random.randbytes(size_bytes) if random.random() < 0.1 else bytes(size_bytes)
        return _File(bytes(kept))


class _Change(NamedTuple):
    """A change of names: `removed` is gone, and `added` is a name of `file` (None: nothing is)."""

    removed: Optional[str]
    added: Optional[str]
    file: Optional[_File]

    def apply(self, names: dict[str, _File]) -> None:
        if self.removed is not None:
            names.pop(self.removed, None)
        if self.added is not None and self.file is not None:
            names[self.added] = self.file


class _Directory:
    """`names` as any process sees them, `synced` those that are safe, `changes` what lies between the two."""

    def __init__(self, names: dict[str, _File]) -> None:
        self.names = names
        self.synced = dict(names)
        self.changes: list[_Change] = []

    def change(self, change: _Change) -> None:
        change.apply(self.names)
        self.changes.append(change)

    def sync(self) -> None:
        self.synced, self.changes = dict(self.names), []

    def names_after_power_loss(self, random: Random) -> dict[str, _File]:
        names = dict(self.synced)
        share = random.choice([0.0, 0.5, 1.0])
        for change in self.changes:
            if random.random() < share:
                change.apply(names)
        return names


class SimulatedDisk:
    """See the module, and `exchange.utils.disk.Disk` for the methods that are not explained here.

    `room_bytes` is what can still be written to the whole disk, `file_bytes_max` the length a file may reach,
    `write_bytes_max` what one write takes; None: no limit.  For one thread.
    """

    def __init__(self, random: Random, before: Before = lambda _operation, _path: None) -> None:
        self.room_bytes: Optional[int] = None
        self.file_bytes_max: Optional[int] = None
        self.write_bytes_max: Optional[int] = None
        self._random = random
        self._before = before
        self._is_dead = False
        self._directories: dict[Path, _Directory] = {Path(): _Directory({})}
        self._open: dict[int, tuple[Path, _File]] = {}
        self._last_fd = 2

    # --- what the next process finds ---------------------------------------------------------------------

    def after_kill(self, before: Before) -> SimulatedDisk:
        """The same files, with all that was written, none of them open."""
        disk = SimulatedDisk(self._random, before)
        disk._directories = self._directories
        return disk

    def after_power_loss(self, before: Before) -> SimulatedDisk:
        """What was safe, and some of the rest."""
        disk = SimulatedDisk(self._random, before)
        disk._directories = {
            path: _Directory(
                {
                    name: file.after_power_loss(self._random)
                    for name, file in directory.names_after_power_loss(self._random).items()
                }
            )
            for path, directory in self._directories.items()
        }
        return disk

    # --- reading -----------------------------------------------------------------------------------------

    def names(self, directory: Path) -> list[str]:
        self._check_alive()
        return sorted(self._directories[directory].names) if directory in self._directories else []

    def size_bytes(self, path: Path) -> int:
        return len(self._file(path).data)

    def open_read(self, path: Path) -> BinaryIO:
        return io.BytesIO(self._file(path).data)

    # --- changing ----------------------------------------------------------------------------------------

    def make_directory(self, path: Path) -> None:
        if path not in self._directories:
            self.make_directory(path.parent)
            self._ask("make_directory", path)
            self._directories[path] = _Directory({})

    def open_append(self, path: Path) -> int:
        names = self._directories[path.parent].names
        if path.name not in names:
            self._ask("create", path)
            self._directories[path.parent].change(_Change(None, path.name, _File()))
        return self._opened(path)

    def open_empty(self, path: Path, mode: int) -> int:
        self._ask("open_empty", path)
        directory = self._directories[path.parent]
        if path.name not in directory.names:
            directory.change(_Change(None, path.name, _File()))
        file = directory.names[path.name]
        if file.synced_bytes and file.emptied is None:
            file.emptied = bytes(file.data[: file.synced_bytes])
        file.data.clear()
        file.synced_bytes = 0
        return self._opened(path)

    def write(self, fd: int, data: Data) -> int:
        path, file = self._open[fd]
        try:
            self._ask("write", path)
        except ProcessDied:
            file.data += data[: self._random.randint(0, len(data))]
            raise
        taken_bytes = min(len(data), self._room_bytes(file, path), self.write_bytes_max or len(data))
        file.data += data[:taken_bytes]
        if self.room_bytes is not None:
            self.room_bytes -= taken_bytes
        return taken_bytes

    def size_if_there(self, fd: int) -> Optional[int]:
        path, file = self._open[fd]
        directory = self._directories.get(path.parent)
        is_there = directory is not None and directory.names.get(path.name) is file
        return len(file.data) if is_there else None

    def fdatasync(self, fd: int) -> None:
        path, file = self._open[fd]
        try:
            self._ask("fdatasync", path)
        except OSError:
            file.has_lost_writes = True
            raise
        file.sync()

    def close(self, fd: int) -> None:
        self._check_alive()
        del self._open[fd]

    def truncate(self, path: Path, size_bytes: int) -> None:
        self._ask("truncate", path)
        file = self._file(path)
        del file.data[size_bytes:]
        file.sync()

    def rename(self, source: Path, target: Path) -> None:
        self._ask("rename", target)
        self._directories[target.parent].change(_Change(source.name, target.name, self._file(source)))

    def unlink(self, path: Path) -> None:
        self._ask("unlink", path)
        self._file(path)
        self._directories[path.parent].change(_Change(path.name, None, None))

    def fsync_directory(self, path: Path) -> None:
        self._ask("fsync_directory", path)
        self._directories[path].sync()

    # ---------------------------------------------------------------------------------------------------------

    def _ask(self, operation: str, path: Path) -> None:
        self._check_alive()
        try:
            self._before(operation, path)
        except ProcessDied:
            self._is_dead = True
            raise

    def _check_alive(self) -> None:
        if self._is_dead:
            raise ProcessDied

    def _file(self, path: Path) -> _File:
        self._check_alive()
        directory = self._directories.get(path.parent)
        if directory is None or path.name not in directory.names:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return directory.names[path.name]

    def _opened(self, path: Path) -> int:
        self._last_fd += 1
        self._open[self._last_fd] = path, self._file(path)
        return self._last_fd

    def _room_bytes(self, file: _File, path: Path) -> int:
        """How much a write may take, at least one byte.  Raises OSError if there is no room at all."""
        left_by_disk = self.room_bytes
        left_in_file = None if self.file_bytes_max is None else self.file_bytes_max - len(file.data)
        for left_bytes, number in ((left_by_disk, errno.ENOSPC), (left_in_file, errno.EFBIG)):
            if left_bytes is not None and left_bytes <= 0:
                raise OSError(number, os.strerror(number), str(path))
        limits = [left_bytes for left_bytes in (left_by_disk, left_in_file) if left_bytes is not None]
        return min(limits, default=1 << 62)
