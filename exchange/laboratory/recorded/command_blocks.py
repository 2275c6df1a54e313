"""Where the commands of a day stand on disk: in blocks of some hundred, of which any is read without the others.

The blocks of a data directory are stretches of its journal's segments, which stay open: a segment that a running
engine removes meanwhile can still be read.  Commands that were handed in are written to a temporary file in the
journal's form, so that there is one way of reading.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple, cast

from exchange.engine.commands import Command
from exchange.storage.command_record import Record
from exchange.storage.journal_format import RecordRows, parsed, record_line, valid_bodies

_SPOOLED_TOGETHER = 100


class Block(NamedTuple):
    """Whole lines of a file in the journal's form; `first_sequence` is the first command in them."""

    first_sequence: int
    file_number: int
    offset_bytes: int
    size_bytes: int


class CommandBlocks:
    """The blocks of one day, without a gap between them; the files are closed with it.  Owned by one thread."""

    def __init__(self) -> None:
        self._files: list[BinaryIO] = []
        self._firsts: list[int] = []
        self._blocks: list[Block] = []
        # The block read last, since the next command wanted is mostly in it.
        self._read_index = -1
        self._read: list[Record] = []

    def own(self, file: BinaryIO) -> int:
        """Blocks may be in this file, which is closed with them; its number."""
        self._files.append(file)
        return len(self._files) - 1

    def add(self, block: Block) -> None:
        """The block that follows the last one."""
        self._firsts.append(block.first_sequence)
        self._blocks.append(block)

    def after(self, sequence: int) -> Iterator[Record]:
        """Every command after `sequence`, in order.  About 2 µs each, and up to a block more for the first."""
        for index in range(max(0, bisect_right(self._firsts, sequence + 1) - 1), len(self._blocks)):
            for record in self._records(index):
                if record[0] > sequence:
                    yield record

    def close(self) -> None:
        """Close all files."""
        for file in self._files:
            file.close()

    def _records(self, index: int) -> list[Record]:
        if index != self._read_index:
            _, file_number, offset_bytes, size_bytes = self._blocks[index]
            file = self._files[file_number]
            file.seek(offset_bytes)
            self._read = records_in(file.read(size_bytes))
            self._read_index = index
        return self._read


def records_in(lines: bytes) -> list[Record]:
    """The commands in lines of a journal that were found sound; headers and markers are no commands."""
    values = parsed(valid_bodies(lines.splitlines(keepends=True)))
    rows = RecordRows()
    for value in values:
        if type(value[0]) is int:
            rows.add(value)
    return rows.read()


class CommandSpool:
    """Writes commands to a temporary file, and says where they are."""

    def __init__(self, blocks: CommandBlocks) -> None:
        self._blocks = blocks
        self._file = cast(BinaryIO, TemporaryFile())  # noqa: SIM115  the blocks close it
        self._file_number = blocks.own(self._file)
        self._waiting: list[tuple[int, int, Command]] = []

    def write(self, sequence: int, timestamp: int, command: Command) -> None:
        """The next command."""
        self._waiting.append((sequence, timestamp, command))
        if len(self._waiting) == _SPOOLED_TOGETHER:
            self.flush()

    def flush(self) -> None:
        """What was written may be read from now on."""
        if not self._waiting:
            return
        line = record_line(self._waiting, "")
        offset_bytes = self._file.seek(0, 2)
        self._file.write(line)
        self._blocks.add(Block(self._waiting[0][0], self._file_number, offset_bytes, len(line)))
        self._waiting.clear()
