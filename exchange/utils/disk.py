"""The few things that are asked of a disk, in one place, so that tests can put a failing one there.

    Disk        the interface: files that only grow, atomic renames, and the two kinds of sync
    RealDisk    the system's own
    write_all   what a short write leaves to its caller
    naming      errors that say which file they are about

What a disk promises, and nothing more: bytes are safe after `fdatasync` of their file, a file's name (new, renamed
or removed) after `fsync_directory` of its directory.  Until then a loss of power may drop, tear or reorder them;
a killed process loses neither.  Every operation raises OSError when the system refuses it.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Optional, Protocol, Union

log = logging.getLogger("exchange")

FILE_MODE = 0o640

Data = Union[bytes, memoryview]


class Disk(Protocol):
    """Files and directories by path; a file open for writing is a number, as the system has it.

    Any thread may call; two threads never write one file at the same time.
    """

    def make_directory(self, path: Path) -> None:
        """Make `path` and what is missing above it, durably; nothing if it is there."""

    def names(self, directory: Path) -> list[str]:
        """What is in a directory, sorted; nothing if there is no such directory."""

    def size_bytes(self, path: Path) -> int:
        """The length of a file.  FileNotFoundError if there is none."""

    def open_append(self, path: Path) -> int:
        """Open for writing at the end; made empty, with FILE_MODE, if it is not there."""

    def open_empty(self, path: Path, mode: int) -> int:
        """Open a file with nothing in it for writing, with exactly the permissions `mode`."""

    def open_read(self, path: Path) -> BinaryIO:
        """Open for reading.  FileNotFoundError if there is none."""

    def write(self, fd: int, data: Data) -> int:
        """Write some of `data`, at least one byte, at the end of the file; how many bytes it was."""

    def size_if_there(self, fd: int) -> Optional[int]:
        """The length of a file that `open_append` gave; None if its path does not lead to it any more."""

    def fdatasync(self, fd: int) -> None:
        """Make everything written to the file so far durable, whoever wrote it."""

    def close(self, fd: int) -> None:
        """End the use of `fd`.  Makes nothing durable."""

    def truncate(self, path: Path, size_bytes: int) -> None:
        """Cut the file to its first `size_bytes`; durable when this returns."""

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name in its directory, in place of what had it: the old file or the new one."""

    def unlink(self, path: Path) -> None:
        """Remove a file."""

    def fsync_directory(self, path: Path) -> None:
        """Make the names in a directory durable: a new file's own sync does not cover its name."""


# What a system says of an operation that its kind of file system does not have.
NOT_OFFERED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.ENOLCK, errno.ENOTTY})
_NOT_OURS_TO_CHANGE = NOT_OFFERED | {errno.EPERM}


def open_own(path: Path, flags: int, mode: int = FILE_MODE) -> int:
    """Open a file that only this program has any business with.

    A symbolic link in its place was put there by somebody, and leads to a file of somebody's: it is not followed.
    Nor is a pipe or a device taken.  OSError.
    """
    try:
        fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(error.errno, "is a symbolic link, and must be a file", str(path)) from None
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    return fd


class RealDisk:
    """The file system, as it is.

    Where it has no permissions, or can't make the names in a directory safe, that is said once for each directory,
    and all goes on without.
    """

    def __init__(self) -> None:
        # Directories about which it has been said; any thread adds to it.
        self._told: set[tuple[str, Path]] = set()
        # What `open_append` has opened: its path, its device and its number there, which no open file changes.
        # Each is added and removed by the thread that has the descriptor.
        self._opened: dict[int, tuple[str, int, int]] = {}

    def make_directory(self, path: Path) -> None:
        """See Disk."""
        if path.is_dir():
            return
        self.make_directory(path.parent)
        path.mkdir(exist_ok=True)
        self.fsync_directory(path.parent)

    def names(self, directory: Path) -> list[str]:
        """See Disk."""
        try:
            return sorted(os.listdir(directory))
        except FileNotFoundError:
            return []

    def size_bytes(self, path: Path) -> int:
        """See Disk."""
        return path.stat().st_size

    def open_append(self, path: Path) -> int:
        """See Disk."""
        fd = open_own(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        opened = os.fstat(fd)
        self._opened[fd] = (str(path), opened.st_dev, opened.st_ino)
        return fd

    def open_empty(self, path: Path, mode: int) -> int:
        """See Disk."""
        fd = open_own(path, os.O_WRONLY | os.O_CREAT, mode)
        os.ftruncate(fd, 0)
        try:
            os.fchmod(fd, mode)
        except OSError as error:
            self._go_on_without("permissions can't be set", path.parent, error, _NOT_OURS_TO_CHANGE)
        return fd

    def open_read(self, path: Path) -> BinaryIO:
        """See Disk."""
        return os.fdopen(open_own(path, os.O_RDONLY), "rb")

    def write(self, fd: int, data: Data) -> int:
        """See Disk."""
        return os.write(fd, data)

    def size_if_there(self, fd: int) -> Optional[int]:
        """See Disk.  One system call."""
        path, device, number = self._opened[fd]
        try:
            named = os.lstat(path)
        except OSError:
            return None
        return named.st_size if named.st_ino == number and named.st_dev == device else None

    def fdatasync(self, fd: int) -> None:
        """See Disk."""
        os.fdatasync(fd)

    def close(self, fd: int) -> None:
        """See Disk."""
        # First, for as soon as it is closed another thread may be given the same descriptor.
        self._opened.pop(fd, None)
        os.close(fd)

    def truncate(self, path: Path, size_bytes: int) -> None:
        """See Disk."""
        fd = open_own(path, os.O_WRONLY)
        try:
            os.ftruncate(fd, size_bytes)
            os.fsync(fd)
        finally:
            os.close(fd)

    def rename(self, source: Path, target: Path) -> None:
        """See Disk."""
        os.replace(source, target)

    def unlink(self, path: Path) -> None:
        """See Disk."""
        os.unlink(path)

    def fsync_directory(self, path: Path) -> None:
        """See Disk."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        except OSError as error:
            self._go_on_without("names of files can't be made safe from a loss of power", path, error, NOT_OFFERED)
        finally:
            os.close(fd)

    def _go_on_without(self, what: str, directory: Path, error: OSError, errors: frozenset[int]) -> None:
        if error.errno not in errors:
            raise error
        if (what, directory) not in self._told:
            self._told.add((what, directory))
            log.warning("%s: %s on this file system (%s)", directory, what, error.strerror)


# It remembers nothing but what it has said and opened, so one serves everybody who was not handed another.
REAL_DISK = RealDisk()


def write_all(disk: Disk, fd: int, data: bytes) -> None:
    """Write all of `data`, as one write if the system takes it so.

    Raises OSError, after which a part may be written.
    """
    written_bytes = disk.write(fd, data)
    if written_bytes == len(data):
        return
    remainder = memoryview(data)[written_bytes:]
    while remainder:
        remainder = remainder[disk.write(fd, remainder) :]


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """What the system says of a descriptor names no file ("No space left on device"): in the block it does."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
