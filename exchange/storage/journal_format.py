"""The bytes of the journal: how its segments are named, and what may stand on a line.

    journal/journal-00000000000000000001.jsonl          named after the first command in it

    5f0c7a12 ["journal",2,"fsync",1]                    the header: version, durability, first sequence
    91be00d3 [1,"77aa…",[1767323045123456789],[[…]]]    a record, which is one batch of commands: its first
                                                        sequence, the hash of the record before (of the header),
                                                        their timestamps, their kinds and fields
    0d1f3c55 ["durable",1]                              a marker: everything up to command 1 is on stable storage

Each line begins with the CRC-32 of what follows the space, in eight hex digits.  Every change of a single bit, in
any place, makes a line invalid: the digits are compared as text, and a changed newline joins two lines to one
whose checksum is wrong.

In version 1 a record was one command, `[1,1767323045123456789,"list_instrument",…]`, and there were no hashes.

Nothing here touches a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Optional
from zlib import crc32

from exchange.engine.commands import Command
from exchange.storage.command_record import Record, command_text, read_commands

VERSION = 2
VERSIONS = (1, 2)
_HASH_BYTES = 8
HEADER_KIND = "journal"
MARKER_KIND = "durable"
# Where the checked part of a line begins: after the checksum and a space.
BODY_START = 9

_FILE_NAME = re.compile(r"journal-([0-9]{20})\.jsonl")
_TORN_RECORD = re.compile(rb'[0-9a-f]{8} \[[0-9]+,"[0-9a-f]+",\[([0-9]+(?:,[0-9]+)*)\]')
_MAYBE_LINE = re.compile(rb"[0-9a-f]{8} \[")


class Durability(Enum):
    """What a commit waits for: stable storage, or the operating system."""

    FSYNC = "fsync"
    OS = "os"


class JournalSegment(NamedTuple):
    """One file of the journal: `first_sequence` is the first command in it."""

    first_sequence: int
    path: Path


def segment_of(path: Path) -> Optional[JournalSegment]:
    """The segment that `path` is by its name, None if it isn't one."""
    match = _FILE_NAME.fullmatch(path.name)
    return JournalSegment(int(match[1]), path) if match else None


def new_segment(directory: Path, first_sequence: int) -> JournalSegment:
    """The segment that begins with a command."""
    return JournalSegment(first_sequence, directory / f"journal-{first_sequence:020d}.jsonl")


def _line(body: bytes) -> bytes:
    return b"%08x %b\n" % (crc32(body), body)


def header_line(first_sequence: int, durability: Durability, version: int = VERSION) -> bytes:
    """The first line of a segment."""
    return _line(f'["{HEADER_KIND}",{version},"{durability.value}",{first_sequence}]'.encode())


def hash_of(body: bytes) -> str:
    """By which the record behind this one, or behind this header, says which one it follows."""
    return blake2b(body, digest_size=_HASH_BYTES).hexdigest()


def body_of(line: bytes) -> bytes:
    """What the checksum of a valid line covers."""
    return line[BODY_START:-1]


def marker_line(sequence: int) -> bytes:
    """The line that says that all commands up to `sequence` are on stable storage."""
    return _line(f'["{MARKER_KIND}",{sequence}]'.encode())


def record_line(entries: Sequence[tuple[int, int, Command]], previous_hash: str) -> bytes:
    """One batch of (sequence, timestamp, command), sequences rising by one, timestamps in ns since the epoch."""
    stamps: list[str] = []
    commands: list[str] = []
    for _, timestamp, command in entries:
        stamps.append(str(timestamp))
        commands.append(command_text(command))
    body = f'[{entries[0][0]},"{previous_hash}",[{",".join(stamps)}],[[{"],[".join(commands)}]]]'
    return _line(body.encode("ascii"))


def follows_by_hash(value: list[Any]) -> bool:
    """Whether a record says which one it follows: those of version 1 don't."""
    return len(value) >= 3 and type(value[1]) is str


class RecordRows:
    """The commands of records of either version, gathered as rows: reading all at once costs half."""

    def __init__(self) -> None:
        self._sequences: list[int] = []
        self._stamps: list[int] = []
        self._rows: list[list[Any]] = []

    def add(self, value: list[Any]) -> int:
        """One more record, which begins with a sequence; how many commands it has.

        Raises ValueError if it is no record.
        """
        if follows_by_hash(value):
            sequence, _hash, stamps, rows = value
            if type(stamps) is not list or type(rows) is not list or len(stamps) != len(rows) or not stamps:
                raise ValueError("it has not one timestamp for each command")
            if set(map(type, rows)) != {list}:
                raise ValueError("a command of it is no list")
        else:
            sequence, stamps, rows = value[0], value[1:2], [value[2:]]
        if set(map(type, stamps)) != {int}:
            raise ValueError("a timestamp of it is no whole number")
        self._sequences += range(sequence, sequence + len(rows))
        self._stamps += stamps
        self._rows += rows
        return len(rows)

    def read(self) -> list[Record]:
        """(sequence, timestamp, command) of each.  Raises RecordError if any can't be read."""
        return list(zip(self._sequences, self._stamps, read_commands(self._rows), strict=True))


def stamps_in(fragment: bytes) -> frozenset[int]:
    """The timestamps that can still be read at the beginning of a torn record."""
    match = _TORN_RECORD.match(fragment)
    return frozenset() if match is None else frozenset(int(digits) for digits in match[1].split(b","))


def valid_bodies(lines: list[bytes]) -> list[bytes]:
    """What the checksums cover, line by line, up to the first line that is not valid (about 0.5 µs each)."""
    bodies: list[bytes] = []
    for line in lines:
        body = line[BODY_START:-1]
        if line[-1:] != b"\n" or line[:BODY_START] != b"%08x " % crc32(body):
            break
        bodies.append(body)
    return bodies


def parsed(bodies: list[bytes]) -> list[list[Any]]:
    """The JSON lists of valid bodies, all parsed as one text because that halves the cost.  Raises ValueError."""
    values = json.loads(b"[" + b",".join(bodies) + b"]")
    if len(values) != len(bodies) or not all(type(value) is list and value for value in values):
        raise ValueError("a line is not one JSON list")
    return values  # type: ignore[no-any-return]


def readable_after_damage(data: bytes) -> Iterator[list[Any]]:
    """Every valid line in `data`, wherever it begins: damage may have swallowed the newline before it."""
    for start in _MAYBE_LINE.finditer(data):
        end = data.find(b"\n", start.start())
        yield from parsed(valid_bodies([data[start.start() : end + 1]]))
