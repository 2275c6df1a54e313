"""Files whose lines carry 1, 2, 3 …: how they are repaired after a loss of power, and their end read.

    LineNumber               what a sound line looks like, and where its number is
    repair_numbered_lines    cut what is torn, damaged or out of sequence, never what was safely stored
    numbered_lines_after     the end of a sound file
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple, Optional

from exchange.utils.disk import REAL_DISK, Disk
from exchange.utils.helpers import BLOCK_BYTES, DamagedFileError

_ZERO = ord("0")
_TEXT_BYTES = 64


def is_text(data: bytes) -> bool:
    """Whether somebody might have written this to be read."""
    text = data.decode("utf-8", "surrogateescape").rstrip("\r")
    is_cut_character = text[:-3].isprintable() and len(data) == _TEXT_BYTES
    return text.replace("\t", " ").isprintable() or is_cut_character


class LineNumber:
    """Finds the number of a sound line: `pattern` matches just the sound ones, its first group is the number.

    `begins_like` is how every line begins, 0 standing for any digit: so the files of others are told from damage.
    """

    def __init__(self, pattern: bytes, begins_like: bytes = b"") -> None:
        self._begins_like = begins_like
        self._line = re.compile(pattern)
        self._lines = re.compile(b"(?m)^(?:%b)$" % pattern)

    def __call__(self, line: bytes) -> Optional[int]:
        """The number of a line, without its newline; None if it is damaged."""
        match = self._line.fullmatch(line)
        return int(match[1]) if match else None

    def is_of_others(self, data: bytes) -> bool:
        """Whether a file that begins so is none of these: text, and not even the torn beginning of a line.

        What a loss of power leaves is blank or rubbish, which is no text; three bytes may be anything, and so may
        ends of lines.
        """
        beginning = zip(data, self._begins_like, strict=False)
        if all(byte == like or (like == _ZERO and chr(byte).isdigit()) for byte, like in beginning):
            return False
        first_line = data.lstrip(b"\r\n").partition(b"\n")[0]
        return len(first_line) > 3 and is_text(first_line[:_TEXT_BYTES])

    def all_in(self, block: bytes) -> list[int]:
        """The numbers of all sound lines in a block of whole lines, at half the cost."""
        return [int(number) for number in self._lines.findall(block)]


class NumberedTail(NamedTuple):
    """How a file of numbered lines ends: its last number (0: none) and what was cut to make it end so."""

    last_number: int
    cut: bytes


def repair_numbered_lines(
    path: Path,
    number_of: LineNumber,
    durable_number: int,
    last_number_max: Optional[int] = None,
    disk: Disk = REAL_DISK,
) -> NumberedTail:
    """Cut a file of lines numbered in sequence back to what a power loss left intact of it.

    `number_of` gives a line's number, None for a damaged one.  Lines up to
    `durable_number` are known to be on stable storage and are not read again; what follows them may have reached
    the disk in any order, so it is read line by line and cut at the first one that is torn, damaged or out of
    sequence.  With `last_number_max` everything after the line of that number is cut too.

    Raises DamagedFileError, and cuts nothing, if that would cut a line up to `durable_number`, or a file of
    others.  A file that is missing or ends early is no error: the caller knows what it expects.  Costs one pass
    over the lines after `durable_number`.
    """
    try:
        file = disk.open_read(path)
    except FileNotFoundError:
        return NumberedTail(0, b"")
    with file:
        size_bytes = file.seek(0, os.SEEK_END)
        file.seek(_start_of_check(file, size_bytes, number_of, durable_number))
        last_number, kept_bytes = _sound_until(file, size_bytes, number_of, last_number_max)
        file.seek(kept_bytes)
        remainder = file.read(size_bytes - kept_bytes)
    if not remainder:
        return NumberedTail(last_number, b"")
    if last_number < durable_number:
        raise DamagedFileError(
            f"{path}: damaged at byte {kept_bytes}, after number {last_number},"
            f" where all up to {durable_number} was safely stored"
        )
    if not kept_bytes and number_of.is_of_others(remainder):
        raise DamagedFileError(
            f"{path}: is not the exchange's own, since it begins with "
            f"{remainder.splitlines()[0][:_TEXT_BYTES]!r}; move it away"
        )
    disk.truncate(path, kept_bytes)
    return NumberedTail(last_number, remainder)


def numbered_lines_after(
    path: Path, number_of: LineNumber, number: int, disk: Disk = REAL_DISK
) -> list[bytes]:
    """The lines after the one with `number`, of a sound file of numbered lines; none if there is no file."""
    try:
        file = disk.open_read(path)
    except FileNotFoundError:
        return []
    with file:
        size_bytes = file.seek(0, os.SEEK_END)
        file.seek(_start_of_check(file, size_bytes, number_of, number))
        lines = file.read(size_bytes - file.tell()).splitlines()
    return [line for line in lines if (number_of(line) or 0) > number]


def _start_of_check(
    file: BinaryIO, size_bytes: int, number_of: LineNumber, durable_number: int
) -> int:
    """The start of some line with a number up to `durable_number`, near to it; 0 if there is none."""
    block = size_bytes - BLOCK_BYTES
    while block > 0:
        file.seek(block)
        file.readline()
        start = file.tell()
        if 0 < (number_of(file.readline().rstrip(b"\n")) or 0) <= durable_number:
            return start
        block -= BLOCK_BYTES
    return 0


def _sound_until(
    file: BinaryIO, size_bytes: int, number_of: LineNumber, last_number_max: Optional[int]
) -> tuple[int, int]:
    """Read on from where the file stands: the last number in sequence, the offset where the sound part ends."""
    last_number = 0
    end = file.tell()
    while end < size_bytes:  # Never past the size: a device in the file's place may give bytes without end.
        lines = file.readlines(min(BLOCK_BYTES, size_bytes - end))
        numbers = number_of.all_in(b"".join(lines))
        first_number = last_number + 1 if last_number else (numbers or [0])[0]
        are_whole = len(numbers) == len(lines) and lines[-1].endswith(b"\n")
        if are_whole and numbers == list(range(first_number, first_number + len(lines))) and (
            last_number_max is None or numbers[-1] <= last_number_max
        ):
            last_number = numbers[-1]
            end += sum(map(len, lines))
            continue
        for line in lines:  # Somewhere in here it ends.
            number = number_of(line[:-1]) if line.endswith(b"\n") else None
            if number is None or (last_number and number != last_number + 1):
                return last_number, end
            if last_number_max is not None and number > last_number_max:
                return last_number, end
            last_number = number
            end += len(line)
    return last_number, end
