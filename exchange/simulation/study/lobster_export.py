"""A day as the pair of files that LOBSTER delivers: messages, and the book after each of them, line for line.

    ACME_2020-01-01_34200000_37800000_message_10.csv      what `laboratory.flow.lobster_file` reads and writes
    ACME_2020-01-01_34200000_37800000_orderbook_10.csv    ask 1, its size, bid 1, its size, ask 2 … of 10 levels

Where a side has fewer levels a line has LOBSTER's own fillers.  LOB-Bench and whatever else reads LOBSTER's
academic samples reads these; pandas does with `header=None`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, row_line
from exchange.laboratory.flow.recorded_book import RecordedBook
from exchange.utils.helpers import NS_PER_S

LEVELS = 10
NS_PER_MS = 1_000_000
# What stands for a price where there is none; its size is 0.
NO_ASK, NO_BID = 9_999_999_999, -9_999_999_999


def book_lines(rows: Sequence[Row]) -> list[str]:
    """For each row the book after it, as a line with its newline."""
    book = RecordedBook()
    best = {side: _filled_up(book, side) for side in Side}
    lines = []
    for row in rows:
        book.follow(row)
        best[row.side] = _filled_up(book, row.side)
        levels = zip(best[Side.SELL], best[Side.BUY], strict=True)
        lines.append(",".join(f"{ask},{asked},{bid},{wanted}" for (ask, asked), (bid, wanted) in levels) + "\n")
    return lines


def _filled_up(book: RecordedBook, side: Side) -> list[tuple[int, int]]:
    """Price and total of the best LEVELS."""
    found = book.depth(side, LEVELS)
    return found + [(NO_BID if side is Side.BUY else NO_ASK, 0)] * (LEVELS - len(found))


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
