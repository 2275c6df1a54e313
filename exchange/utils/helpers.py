"""Safe primitives for JSON, files and time, for every part that touches a disk.

    JSON    parse_json                         one strict parser, one error
    files   replaced_atomically, write_atomically    old content or new content, never a mixture
            cut_torn_tail                      a file of lines whose writer was killed in the middle of one
            check_still_there                  nobody else had their hands on a file that is being written
    time    utc_text                           ns since the epoch as people read it

Nothing here reads the clock, keeps state between calls or knows what the bytes mean.  A plain OSError of the
system is let through; what the system cannot see is a `FileError`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, Union

from exchange.utils.disk import FILE_MODE, REAL_DISK, Disk, naming, write_all

BLOCK_BYTES = 65_536
NS_PER_S = 1_000_000_000


class FileError(Exception):
    """A file is not as it must be; the text names the file and is one line."""


class DamagedFileError(FileError):
    """Bytes that were known to be safely stored are damaged or gone: nobody may go on as if they were there."""


class JsonError(ValueError):
    """Text that is not the JSON of RFC 8259, or has a key twice, or is too big or too deep to be read."""


# ---------------------------------------------------------------------------------------------------------- JSON


def parse_json(text: Union[str, bytes]) -> Any:
    """The value of one JSON text.  Numbers with a point or exponent become Decimal, so nothing is rounded.

    Raises JsonError for everything else than valid JSON: the parser of the standard library lets NaN and
    duplicate keys pass, and answers a number of 5,000 digits or 100,000 open brackets with errors of other kinds.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        return json.loads(
            decoded,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_without_repeats,
        )
    except JsonError:
        raise
    except RecursionError:
        raise JsonError("nested too deeply") from None
    except (ValueError, ArithmeticError) as error:
        raise JsonError(str(error)) from None


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is not a JSON number")


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise JsonError(f"key {key[:64]!r} appears twice")
            seen.add(key)
    return result


# --------------------------------------------------------------------------------------------------------- files


class NewFile:
    """What `replaced_atomically` gives to write to."""

    def __init__(self, disk: Disk, fd: int) -> None:
        self._disk = disk
        self._fd = fd

    def write(self, data: bytes) -> int:
        """Append all of `data`, unbuffered; how many bytes it was."""
        write_all(self._disk, self._fd, data)
        return len(data)


@contextmanager
def replaced_atomically(path: Path, mode: int = FILE_MODE, disk: Disk = REAL_DISK) -> Iterator[NewFile]:
    """A new file to write to, which takes the place of `path` when the block ends without an exception.

    When it returns the new content is on stable storage under its name.  When it raises, `path` is untouched.  A
    killed process may leave a file `.NAME.PID.tmp` beside it.  One thread of a process replaces `path` at a time.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    fd = disk.open_empty(temporary, mode)
    try:
        try:
            with naming(path):
                yield NewFile(disk, fd)
                disk.fdatasync(fd)
        finally:
            disk.close(fd)
        disk.rename(temporary, path)
    except BaseException:
        disk.unlink(temporary)
        raise
    disk.fsync_directory(path.parent)


def write_atomically(path: Path, data: bytes, mode: int = FILE_MODE, disk: Disk = REAL_DISK) -> None:
    """Make `data` the content of `path`: after a crash at any moment it is the old content or the new one."""
    with replaced_atomically(path, mode, disk) as file:
        file.write(data)


def cut_torn_tail(path: Path, disk: Disk = REAL_DISK) -> bytes:
    """Truncate a file of lines to its last complete line.  Returns what was cut, usually nothing."""
    with disk.open_read(path) as file:
        size_bytes = file.seek(0, os.SEEK_END)
        kept_bytes = _end_of_last_line(file, size_bytes)
        file.seek(kept_bytes)
        torn = file.read(size_bytes - kept_bytes)
    if torn:
        disk.truncate(path, kept_bytes)
    return torn


def _end_of_last_line(file: BinaryIO, size_bytes: int) -> int:
    """The offset just after the last newline, 0 if there is none."""
    end = size_bytes
    while end > 0:
        start = max(0, end - BLOCK_BYTES)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def check_still_there(path: Path, fd: int, size_bytes: int, disk: Disk = REAL_DISK) -> None:
    """Raise FileError unless `path`, which `disk` has opened as `fd`, still leads to that file, and it is so long.

    For files that this process alone writes to: what is written after somebody has removed, replaced, cut or
    added to one would be lost, or not be what it seems.  One system call.
    """
    found_bytes = disk.size_if_there(fd)
    if found_bytes is None:
        raise FileError(f"{path}: was removed, renamed or replaced while the exchange was writing to it")
    if found_bytes != size_bytes:
        raise FileError(
            f"{path}: was changed by somebody else: it has {found_bytes} bytes, {size_bytes} were written"
        )


# ---------------------------------------------------------------------------------------------------------- time


def utc_text(timestamp_ns: int) -> str:
    """`timestamp_ns`, ns since the Unix epoch, as `2026-01-02T03:04:05.123456789Z`: 30 characters, exact."""
    seconds, nanoseconds = divmod(timestamp_ns, NS_PER_S)
    return f"{_second_text(seconds)}.{nanoseconds:09d}Z"


@lru_cache(maxsize=4)  # Times come in order: thousands fall into one second, and only its last digits differ.
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
