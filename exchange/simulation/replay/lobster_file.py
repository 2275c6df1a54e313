"""Recorded order flow, message by message, in the format of LOBSTER's samples.

One row a line, without a heading: time, type, order id, shares, price in currency × 10,000, direction (1: BUY,
-1: SELL; of the resting order where it is an execution).  This file reads rows and knows nothing of playing them.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Optional

from exchange.engine.order import Side
from exchange.simulation.errors import FlowFileError

PRICE_UNIT = Decimal("0.0001")
SIDES = {"1": Side.BUY, "-1": Side.SELL}
COLUMN_COUNT = 6
ROW_COUNT_MAX = 10_000_000


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
    """One message of the flow; `order_id` is the recorded exchange's, `price` in currency × 10,000."""

    type: RowType
    order_id: int
    quantity: int
    price: int
    side: Side


_TYPES = {member.value: member for member in RowType}


def read_flow(path: Path, row_count_max: Optional[int] = None) -> list[Row]:
    """The rows of the file, all or (not None) the first so many.  Raises FlowFileError.  About 1 µs a row."""
    rows = []
    try:
        with path.open(encoding="ascii", errors="backslashreplace") as lines:
            for number, line in enumerate(islice(lines, row_count_max), start=1):
                if number > ROW_COUNT_MAX:
                    raise FlowFileError(f"{path}: more than {ROW_COUNT_MAX:,} rows")
                rows.append(_row(line, path, number))
    except OSError as error:
        raise FlowFileError(f"{path}: can't be read: {error.strerror}") from error
    if not rows:
        raise FlowFileError(f"{path}: holds no rows")
    return rows


def _row(line: str, path: Path, number: int) -> Row:
    columns = line.rstrip("\n").split(",")
    try:
        _, kind, order_id, quantity, price, direction = columns
        return Row(_TYPES[kind], int(order_id), int(quantity), int(price), SIDES[direction])
    except (ValueError, KeyError):
        raise FlowFileError(
            f"{path}:{number}: {line.strip()[:80]!r} is no row of order flow: time, type 1 to 7, order id, "
            "shares, price × 10000, direction 1 or -1"
        ) from None
