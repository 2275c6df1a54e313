"""Append-only text files by name, written by one thread of their own.

A caller hands over whatever it has (a batch, in any form) and goes on; `format_lines` turns it into lines on the
logger's thread, so that the caller pays for one queue entry and nothing else.  All that waits is grouped by file:
one write per file, however many lines it gets.

At most `files_open_max` files are open, the one unused for longest is closed first, so the number of names is
not limited by descriptors.  A file is written through the system's cache; `drain` is what makes it durable.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from exchange.utils.batch_thread import LOOK_EVERY_S, BatchThread, MakeWorker, Worker
from exchange.utils.disk import REAL_DISK, Disk, naming, write_all
from exchange.utils.helpers import check_still_there, cut_torn_tail

Noted = TypeVar("Noted")

_FILE_STEM = re.compile(r"[A-Za-z0-9_-]{1,100}")


class LineLogger(Generic[Noted]):
    """The files `STEM.txt` (mode 0640) of one directory; this object is their only writer.

    `append`, `drain` and `close` are called by any thread; everything else happens on the thread `name`.
    """

    def __init__(
        self,
        directory: Path,
        format_lines: Callable[[Sequence[Noted]], Mapping[str, Sequence[str]]],
        on_failure: Callable[[Exception], None],
        name: str = "logger",
        files_open_max: int = 128,
        queue_batches_max: int = 1_024,
        disk: Disk = REAL_DISK,
        make_worker: MakeWorker = BatchThread,
    ) -> None:
        """`format_lines` gives the lines (without newlines) of each file, by its stem, for batches in their order;
        it is called on the thread.

        `on_failure` hears, once and on the thread, of whatever ended the logging; it must not call `close`.
        """
        disk.make_directory(directory)
        self._disk = disk
        self._directory = directory
        self._format_lines = format_lines
        self._files_open_max = files_open_max
        # Owned by the thread: paths and descriptors by stem, least recently used first; stems written since the
        # last fsync.
        self._files: OrderedDict[str, tuple[Path, int]] = OrderedDict()
        self._unsynced: set[str] = set()
        # How long each file must be that was written to: this object is the only one that does.
        self._size_bytes: dict[str, int] = {}
        # Held by who drains: who comes second must not find that all is taken, and go on before it is safe.
        self._draining = threading.Lock()
        self._thread: Worker[Noted] = make_worker(name, self._write, on_failure, queue_batches_max, LOOK_EVERY_S)

    def append(self, batch: Noted) -> None:
        """Queue one batch; waits while `queue_batches_max` wait already.

        Raises BatchThreadError once a write has failed.
        """
        self._thread.put(batch)

    def forget_sizes(self) -> None:
        """Somebody has rightly cut files while nothing was being written: take them as they are from now on."""
        self._thread.call(self._size_bytes.clear)

    def write_out(self) -> None:
        """Wait until everything appended before is in its file, be it on stable storage or not.

        Raises BatchThreadError once a write has failed.
        """
        self._thread.call(lambda: None)

    def drain(self) -> None:
        """Wait until everything appended before is on stable storage: one fsync per file written since the last.

        It is the caller who waits for the disk: the thread goes on writing meanwhile.  Raises BatchThreadError if
        something is not safe; then nothing is logged any more.
        """
        with self._draining:
            stems: list[str] = []
            self._thread.call(lambda: stems.extend(self._taken_unsynced()))
            try:
                sync_files([self._path(stem) for stem in stems], self._disk)
            except OSError as error:
                self._thread.call(partial(_fail, error))

    def close(self) -> None:
        """Write and fsync all that waits, end the thread, close the files.  A second call does nothing."""
        self._thread.close(self._fsync)
        while self._files:
            self._close_one(last=True)

    def _write(self, batches: list[Noted]) -> None:
        for stem, lines in self._format_lines(batches).items():
            text = "\n".join(lines)
            assert text.count("\n") == len(lines) - 1, f"a line for {stem} has a line break in it"
            self._unsynced.add(stem)
            self._append(stem, f"{text}\n".encode())

    def _append(self, stem: str, data: bytes) -> None:
        path, fd = self._file(stem)
        check_still_there(path, fd, self._size_bytes[stem], self._disk)
        with naming(path):
            write_all(self._disk, fd, data)
        self._size_bytes[stem] += len(data)

    def _file(self, stem: str) -> tuple[Path, int]:
        """The path and the descriptor of a file, opened if need be."""
        file = self._files.get(stem)
        if file is None:
            file = self._open(stem)
        else:
            self._files.move_to_end(stem)
        return file

    def _open(self, stem: str) -> tuple[Path, int]:
        # A stem comes from a name that some user chose: it must never lead out of the directory.
        assert _FILE_STEM.fullmatch(stem), f"{stem!r} is not the stem of a log file"
        if len(self._files) >= self._files_open_max:
            self._close_one(last=False)
        path = self._path(stem)
        file = self._files[stem] = (path, self._disk.open_append(path))
        if stem not in self._size_bytes:
            cut_torn_tail(path, self._disk)  # Left by a process that was killed in the middle of a write.
            self._size_bytes[stem] = self._disk.size_bytes(path)
        return file

    def _close_one(self, last: bool) -> None:
        _, (_, fd) = self._files.popitem(last)
        self._disk.close(fd)

    def _path(self, stem: str) -> Path:
        return self._directory / f"{stem}.txt"

    def _taken_unsynced(self) -> list[str]:
        stems = sorted(self._unsynced)
        self._unsynced.clear()
        return stems

    def _fsync(self) -> None:
        sync_files([self._path(stem) for stem in self._taken_unsynced()], self._disk)


def sync_files(paths: Sequence[Path], disk: Disk) -> None:
    """Make durable what was written to files of one directory, whoever wrote it, and their names.  OSError."""
    for path in paths:
        fd = disk.open_append(path)
        try:
            with naming(path):
                disk.fdatasync(fd)
        finally:
            disk.close(fd)
    if paths:
        disk.fsync_directory(paths[0].parent)


def _fail(error: OSError) -> None:
    """For the thread: what failed elsewhere is its failure."""
    raise error
