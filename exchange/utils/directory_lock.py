"""One process per directory: the directory itself is locked, so that no file in it can be removed to get past.

    lock = DirectoryLock(directory, directory / "engine.lock")
    lock.check()        before anything is said to be safe: is that directory still where it was?
    lock.release()

The note beside it holds the owner's process id, for people to read, and is locked as well where it can be, for
owners that look only there.  The locks are the kernel's: a killed owner leaves nothing that must be cleared away.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Optional

from exchange.utils.disk import NOT_OFFERED, open_own
from exchange.utils.helpers import FileError

log = logging.getLogger("exchange")

_NOTE = re.compile(rb"\s*[0-9]{0,20}\s*")
_NOTE_BYTES_MAX = 32


class FileLockedError(FileError):
    """Another process holds the lock."""


class DirectoryLock:
    """Held from construction to `release` or the end of the process."""

    def __init__(self, directory: Path, note: Path) -> None:
        """Take the lock at once.

        Raises FileLockedError, naming the owner, if another process holds it; FileError if `note` is somebody
        else's file; OSError.
        """
        self._directory = str(directory)  # A Path would cost a fifth of a look.
        self._note: Optional[int] = None
        self._fd: Optional[int] = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _lock(self._fd, directory, note, fcntl.LOCK_EX)
            self._note = open_own(note, os.O_RDWR | os.O_CREAT)
            _check_note(self._note, note)
            _lock(self._note, note, note, fcntl.LOCK_EX)
            os.ftruncate(self._note, 0)
            os.pwrite(self._note, b"%d\n" % os.getpid(), 0)
        except BaseException:
            self.release()
            raise
        found = os.fstat(self._fd)
        self._identity = (found.st_dev, found.st_ino)

    def check(self) -> None:
        """Raise FileError if the directory's name leads to another one by now, or to nothing.  One system call."""
        try:
            found = os.stat(self._directory)
        except OSError as error:
            raise FileError(f"{self._directory} is gone while it was in use: {error.strerror}") from error
        if (found.st_dev, found.st_ino) != self._identity:
            raise FileError(f"{self._directory} was replaced by another directory while it was in use")

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        for fd in (self._note, self._fd):
            if fd is not None:
                os.close(fd)
        self._note = self._fd = None

    def __enter__(self) -> DirectoryLock:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.release()


@contextmanager
def held_against_writers(directory: Path, note: Path) -> Iterator[None]:
    """For a reader: while the block runs nobody can take the DirectoryLock.  Changes nothing.

    Raises FileLockedError, naming the owner, if somebody holds it.
    """
    held = [(directory, os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))]
    try:
        if note.exists():
            held.append((note, os.open(note, os.O_RDONLY | os.O_CLOEXEC)))
        for path, fd in held:
            _lock(fd, path, note, fcntl.LOCK_SH)
        yield
    finally:
        for _, fd in held:
            os.close(fd)


def _lock(fd: int, path: Path, note: Path, kind: int) -> None:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileLockedError(f"{path} is locked by process {_owner(note)}") from None
    except OSError as error:
        # Network file systems lock files only, some of them nothing at all.
        if error.errno not in NOT_OFFERED:
            raise
        log.warning("%s can't be locked here (%s): see to it that only one engine uses it", path, error.strerror)


def _check_note(fd: int, path: Path) -> None:
    is_note = stat.S_ISREG(os.fstat(fd).st_mode) and _NOTE.fullmatch(os.pread(fd, _NOTE_BYTES_MAX, 0))
    if not is_note:
        raise FileError(f"{path}: is not the exchange's own: it holds no process id; move it away")


def _owner(note: Path) -> str:
    try:
        with note.open("rb") as file:
            return file.read(_NOTE_BYTES_MAX).decode("ascii", "replace").strip() or "unknown"
    except OSError as error:
        return f"unknown ({errno.errorcode.get(error.errno or 0, 'no note')})"
