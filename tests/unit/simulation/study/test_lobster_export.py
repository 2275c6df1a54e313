"""The pair of files: each message with the book after it, read back by the project's own reader."""

from __future__ import annotations

from pathlib import Path

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, RowType, read_flow
from exchange.simulation.study.lobster_export import LEVELS, NO_ASK, NO_BID, book_lines, export

DAY_NS = 1_577_872_800_000_000_000  # 2020-01-01T10:00:00Z
ROWS = [
    Row(RowType.NEW, 1, 10, 980_000, Side.BUY, 36_000_000_000_000),
    Row(RowType.NEW, 2, 5, 1_020_000, Side.SELL, 36_000_500_000_000),
    Row(RowType.NEW, 3, 7, 990_000, Side.BUY, 36_001_000_000_000),
    Row(RowType.EXECUTION, 3, 4, 990_000, Side.BUY, 36_002_000_000_000),
    Row(RowType.CANCELLATION, 3, 3, 990_000, Side.BUY, 36_003_000_000_001),
]


def touches(lines: list[str]) -> list[list[int]]:
    """The first level of each line."""
    return [[int(column) for column in line.split(",")[:4]] for line in lines]


def test_each_line_is_the_book_after_its_message() -> None:
    assert touches(book_lines(ROWS)) == [
        [NO_ASK, 0, 980_000, 10],
        [1_020_000, 5, 980_000, 10],
        [1_020_000, 5, 990_000, 7],
        [1_020_000, 5, 990_000, 3],
        [1_020_000, 5, 980_000, 10],
    ]


def test_a_line_has_four_columns_a_level_filled_up_where_there_is_none() -> None:
    columns = book_lines(ROWS)[-1].split(",")
    assert len(columns) == 4 * LEVELS
    assert [int(column) for column in columns[-4:]] == [NO_ASK, 0, NO_BID, 0]


def test_the_files_are_named_as_lobsters_and_the_messages_are_read_back(tmp_path: Path) -> None:
    messages, books = export(tmp_path / "day", "ACME", DAY_NS, ROWS)
    assert messages.name == "ACME_2020-01-01_36000000_36003001_message_10.csv"
    assert books.name == "ACME_2020-01-01_36000000_36003001_orderbook_10.csv"
    assert read_flow(messages) == ROWS
    assert len(books.read_text().splitlines()) == len(ROWS)
