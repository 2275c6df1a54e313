"""How the ledger and the audit logs stood when a snapshot was taken: so that a later start, or a check, sees that
somebody has cut or edited them since, also where the journal that they were made from is long gone.

    ["file","trades/trades.jsonl",1234,1234,187432,"0a1b2c3d"]
             name, last number, lines, bytes, their CRC-32

A mark covers the lines that the snapshot's state has led to and no more, for a file may be further than that.
It is made from the mark in the snapshot before, so only what is new is read.  CRC-32 guards against accidents and
hasty hands; who means to deceive can make a snapshot too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional
from zlib import crc32

from exchange.engine.engine import Engine
from exchange.storage.audit_lines import file_stem, seq_of
from exchange.storage.places import ledger_path, log_directory
from exchange.storage.trade_writer import trade_id_of
from exchange.utils.disk import Disk
from exchange.utils.numbered_lines import LineNumber

KIND = "file"
_BLOCK_BYTES = 1 << 18


class FileMark(NamedTuple):
    """The beginning of a file of numbered lines: so many lines and bytes up to the line `last_number`."""

    name: str
    last_number: int
    line_count: int
    size_bytes: int
    crc32: int

    @property
    def first_number(self) -> int:
        """With which the file began."""
        return self.last_number - self.line_count + 1


def record_of(mark: FileMark) -> list[Any]:
    """A mark as a snapshot holds it."""
    return [KIND, *mark[:4], f"{mark.crc32:08x}"]


def mark_of(record: Sequence[Any]) -> FileMark:
    """What `record_of` made the record of.  Raises ValueError or TypeError for others."""
    _, name, last_number, line_count, size_bytes, checksum = record
    return FileMark(name, last_number, line_count, size_bytes, int(checksum, 16))


def marks_at(data_directory: Path, engine: Engine, before: Iterable[FileMark], disk: Disk) -> list[FileMark]:
    """Where ledger and logs, all of which is written, stand at the state of `engine`; `before` are older marks."""
    known = {mark.name: mark for mark in before}
    last_numbers = {_name(data_directory, ledger_path(data_directory)): engine.matcher.last_trade_id}
    for user in engine.users():
        path = log_directory(data_directory) / f"{file_stem(user)}.txt"
        last_numbers[_name(data_directory, path)] = engine.last_seq(user)
    marks = [
        _mark(data_directory, name, known.get(name), last_number, disk)
        for name, last_number in last_numbers.items()
        if last_number
    ]
    return [mark for mark in marks if mark is not None]


def differences(data_directory: Path, marks: Iterable[FileMark], disk: Disk) -> Mapping[Path, str]:
    """What is not as it was when the marks were made, by file.  Reads all that they cover once.

    A log that was taken away, or emptied, and has begun anew is no difference.
    """
    found: dict[Path, str] = {}
    for mark in marks:
        path = data_directory / mark.name
        is_log = path != ledger_path(data_directory)
        difference = _difference(path, mark, _number_of(path, data_directory), is_log, disk)
        if difference is not None:
            found[path] = difference
    return found


def _difference(path: Path, mark: FileMark, number_of: LineNumber, is_log: bool, disk: Disk) -> Optional[str]:
    try:
        with disk.open_read(path) as file:
            first = file.readline()
            if is_log and (not first or (number_of(first[:-1]) or 0) > mark.last_number):
                return None
            size_bytes = file.seek(0, os.SEEK_END)
            if size_bytes < mark.size_bytes:
                return (
                    f"has {size_bytes} bytes, but {mark.size_bytes} ({mark.line_count} lines) were safely stored: "
                    "it was cut or shortened"
                )
            file.seek(0)
            checksum, left_bytes = 0, mark.size_bytes
            while left_bytes and (block := file.read(min(left_bytes, _BLOCK_BYTES))):
                checksum, left_bytes = crc32(block, checksum), left_bytes - len(block)
    except FileNotFoundError:
        return None if is_log else f"is gone, but {mark.line_count} lines were safely stored"
    if checksum == mark.crc32:
        return None
    return f"its first {mark.line_count} lines are not those that were safely stored: it was edited or exchanged"


def _mark(
    data_directory: Path, name: str, before: Optional[FileMark], last_number: int, disk: Disk
) -> Optional[FileMark]:
    """The mark of one file, up to the line `last_number`; None if there is no such file, or nothing in it."""
    path = data_directory / name
    number_of = _number_of(path, data_directory)
    try:
        with disk.open_read(path) as file:
            first_number = number_of(file.readline()[:-1])
            if before is None or first_number != before.first_number:
                before = FileMark(name, (first_number or 1) - 1, 0, 0, 0)
            file.seek(before.size_bytes)
            number, lines, size_bytes, checksum = before[1:]
            while number < last_number and (block := file.readlines(_BLOCK_BYTES)):
                covered = block[: last_number - number]
                data = b"".join(covered)
                number, lines = number + len(covered), lines + len(covered)
                size_bytes, checksum = size_bytes + len(data), crc32(data, checksum)
    except FileNotFoundError:
        return None
    return FileMark(name, number, lines, size_bytes, checksum) if lines else None


def _number_of(path: Path, data_directory: Path) -> LineNumber:
    return trade_id_of if path == ledger_path(data_directory) else seq_of


def _name(data_directory: Path, path: Path) -> str:
    return path.relative_to(data_directory).as_posix()
