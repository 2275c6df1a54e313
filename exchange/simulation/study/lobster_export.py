"""A day as the pair of files that LOBSTER delivers: messages, and the book after each of them, line for line.

    ACME_2020-01-01_34200000_37800000_message_10.csv      what `laboratory.flow.lobster_file` reads and writes
    ACME_2020-01-01_34200000_37800000_orderbook_10.csv    ask 1, its size, bid 1, its size, ask 2 … of 10 levels

Where a side has fewer levels a line has LOBSTER's own fillers.  LOB-Bench and whatever else reads LOBSTER's
academic samples reads these; pandas does with `header=None`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, RowType, row_line

LEVELS = 10
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
# What stands for a price where there is none; its size is 0.
NO_ASK, NO_BID = 9_999_999_999, -9_999_999_999
_SHRINKING = frozenset({RowType.REDUCTION, RowType.CANCELLATION, RowType.EXECUTION})


class _ShownSide:
    """The totals of one side; its prices are kept in order, the best first."""

    def __init__(self, side: Side) -> None:
        self._sign = -1 if side is Side.BUY else 1
        self._filler = NO_BID if side is Side.BUY else NO_ASK
        self._ranks: list[int] = []
        self._totals: dict[int, int] = {}

    def change(self, price: int, quantity: int) -> None:
        """O(log n), and a move of the prices behind where a level comes or goes."""
        rank = self._sign * price
        total = self._totals.get(rank, 0) + quantity
        if rank not in self._totals:
            insort(self._ranks, rank)
        self._totals[rank] = total
        if total <= 0:
            del self._totals[rank]
            del self._ranks[bisect_left(self._ranks, rank)]

    def best(self) -> list[tuple[int, int]]:
        """The best LEVELS as (price, total), filled up."""
        found = [(self._sign * rank, self._totals[rank]) for rank in self._ranks[:LEVELS]]
        return found + [(self._filler, 0)] * (LEVELS - len(found))


def book_lines(rows: Sequence[Row]) -> list[str]:
    """For each row the book after it, as a line with its newline."""
    sides = {side: _ShownSide(side) for side in Side}
    shown: dict[int, Row] = {}
    lines = []
    for row in rows:
        if row.type is RowType.NEW:
            shown[row.order_id] = row
            sides[row.side].change(row.price, row.quantity)
        elif row.type in _SHRINKING and row.order_id in shown:
            order = shown.pop(row.order_id)
            sides[order.side].change(order.price, -min(row.quantity, order.quantity))
            if order.quantity > row.quantity:
                shown[row.order_id] = order._replace(quantity=order.quantity - row.quantity)
        levels = zip(sides[Side.SELL].best(), sides[Side.BUY].best(), strict=True)
        lines.append(",".join(f"{ask},{asked},{bid},{wanted}" for (ask, asked), (bid, wanted) in levels) + "\n")
    return lines


def export(directory: Path, symbol: str, day_ns: int, rows: Sequence[Row]) -> tuple[Path, Path]:
    """Write both files into `directory`, which is made; returns their paths.  Raises OSError.

    `day_ns` is a time of the day in ns since the epoch; there must be a row.
    """
    directory.mkdir(parents=True, exist_ok=True)
    date = datetime.fromtimestamp(day_ns // NS_PER_S, timezone.utc).date().isoformat()
    begin_ms, end_ms = rows[0].time_ns // NS_PER_MS, -(-rows[-1].time_ns // NS_PER_MS)
    stem = f"{symbol}_{date}_{begin_ms}_{end_ms}"
    messages, books = (directory / f"{stem}_{kind}_{LEVELS}.csv" for kind in ("message", "orderbook"))
    messages.write_text("".join(map(row_line, rows)), encoding="ascii")
    books.write_text("".join(book_lines(rows)), encoding="ascii")
    return messages, books
