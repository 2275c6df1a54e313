"""Recorded order flow, message by message, as LOBSTER's message files have it.

One row a line: time in seconds after midnight, type, order id, shares, price in currency × 10,000, direction (1:
BUY, -1: SELL; of the resting order where it is an execution).  A heading, further columns, blank lines at the end
and `.gz` are accepted.  This file reads and writes rows and knows nothing of playing them.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Optional, TextIO, cast

from exchange.engine.words import Side
from exchange.utils.helpers import NS_PER_S, FileError

PRICE_UNIT = Decimal("0.0001")
SIDES = {"1": Side.BUY, "-1": Side.SELL}
COLUMN_COUNT = 6
ROW_COUNT_MAX = 10_000_000
# Longer lines are no rows; a file of something else is not read whole because it has no line ends.
LINE_LENGTH_MAX = 1_000
TIME_S_MAX = 1_000_000
# LOBSTER names its files AAPL_2012-06-21_34200000_57600000_message_10.csv.
_NAME = re.compile(r"([A-Za-z][A-Za-z0-9.]{0,9})_[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])", re.ASCII)


class FlowFileError(FileError):
    """The file can't be read, or one of its lines is no row of order flow; the text names file and line."""


def symbol_of(path: Path) -> Optional[str]:
    """The symbol that the file's name begins with, as LOBSTER names them, in capitals; None for another name."""
    match = _NAME.match(path.name)
    return None if match is None else match[1].upper()


class RowType(Enum):
    """What happened to the order of the row."""

    NEW = "1"
    REDUCTION = "2"
    CANCELLATION = "3"
    EXECUTION = "4"
    HIDDEN_EXECUTION = "5"
    CROSS_TRADE = "6"
    HALT = "7"


class Row(NamedTuple):
    """One message of the flow; `order_id` is the recorded exchange's, `price` in currency × 10,000.

    `time_ns` is the recorded exchange's, ns after its midnight.
    """

    type: RowType
    order_id: int
    quantity: int
    price: int
    side: Side
    time_ns: int = 0


_TYPES = {member.value: member for member in RowType}
# Types whose row is about an order that is there, so that its quantity is one.
_OF_AN_ORDER = frozenset({RowType.NEW, RowType.REDUCTION, RowType.CANCELLATION, RowType.EXECUTION})


def read_flow(path: Path, row_count_max: Optional[int] = None) -> list[Row]:
    """The rows of the file, all or (not None) the first so many.  Raises FlowFileError.  About 2 µs a row."""
    try:
        with _opened(path) as file:
            rows = list(islice(_rows(_lines(file), path), row_count_max))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FlowFileError(f"{path}: not a whole gzip file: {error}") from error
    except OSError as error:
        raise FlowFileError(f"{path}: can't be read: {error.strerror}") from error
    if not rows:
        raise FlowFileError(f"{path}: holds no rows")
    return rows


def row_line(row: Row) -> str:
    """The row as its line of a file, with its newline: what `read_flow` reads as the same row."""
    seconds, ns = divmod(row.time_ns, NS_PER_S)
    direction = 1 if row.side is Side.BUY else -1
    return (
        f"{seconds}.{ns:09},{row.type.value},{row.order_id},{row.quantity},{row.price},{direction}\n"
    )


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """The file as text.  Bytes that are no text of a row show up in its refusal."""
    if path.suffix == ".gz":
        with cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", errors="backslashreplace")) as file:
            yield file
    else:
        with path.open(encoding="utf-8-sig", errors="backslashreplace") as file:
            yield file


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LINE_LENGTH_MAX):
        yield line


def _rows(lines: Iterable[str], path: Path) -> Iterator[Row]:
    """The rows; blank lines are let pass where nothing but blank lines follows."""
    blank_number = None
    for number, line in enumerate(lines, start=1):
        if number > ROW_COUNT_MAX:
            raise FlowFileError(f"{path}: more than {ROW_COUNT_MAX:,} rows")
        if not line.strip():
            blank_number = blank_number or number
        elif blank_number is not None:
            raise _refusal("", path, blank_number)
        elif number > 1 or not _is_heading(line):
            yield _row(line, path, number)


def _is_heading(line: str) -> bool:
    """Whether the line names columns: as many as a row has, and the first two of them no numbers."""
    columns = line.split(",")
    return len(columns) >= COLUMN_COUNT and not any(character.isdigit() for character in columns[0] + columns[1])


def _row(line: str, path: Path, number: int) -> Row:
    columns = line.rstrip("\r\n").split(",")
    try:
        time, kind, order_id, quantity, price, direction = columns[:COLUMN_COUNT]
        row = Row(_TYPES[kind], int(order_id), int(quantity), int(price), SIDES[direction], _time_ns(time))
    except (ValueError, KeyError, ArithmeticError):
        raise _refusal(line, path, number) from None
    if row.quantity < 1 and row.type in _OF_AN_ORDER:
        raise _refusal(line, path, number)
    return row


def _time_ns(text: str) -> int:
    """Seconds as ns, exact.  Raises ValueError and ArithmeticError."""
    seconds = Decimal(text)
    if not 0 <= seconds <= TIME_S_MAX:
        raise ValueError(f"{text!r} is no time of day")
    return int(seconds * NS_PER_S)


def _refusal(line: str, path: Path, number: int) -> FlowFileError:
    return FlowFileError(
        f"{path}:{number}: {line.strip()[:80]!r} is no row of order flow: time, type 1 to 7, order id, "
        "shares, price × 10000, direction 1 or -1"
    )
