"""Reading recorded order flow, and comparing executions with history."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any, Optional

import pytest

from exchange.engine.words import Side
from exchange.laboratory.flow.execution_comparison import ExecutionComparison
from exchange.laboratory.flow.lobster_file import FlowFileError, Row, RowType, read_flow
from exchange.simulation.replay.pace import Pace


def flow_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "flow.csv"
    path.write_bytes(text.encode())
    return path


LINES = ("34200.1,1,7,18,5853300,1\n", "34200.000000002,4,7,18,5853300,1\n", "34201,7,0,0,-1,-1\n")
ROWS = [
    Row(RowType.NEW, 7, 18, 5_853_300, Side.BUY, 34_200_100_000_000),
    Row(RowType.EXECUTION, 7, 18, 5_853_300, Side.BUY, 34_200_000_000_002),
    Row(RowType.HALT, 0, 0, -1, Side.SELL, 34_201_000_000_000),
]
HEADING = "Time,Type,Order ID,Size,Price x 10000,Direction\n"


def test_rows_are_read_in_their_order(tmp_path: Path) -> None:
    path = flow_file(tmp_path, "".join(LINES))
    assert read_flow(path) == ROWS


@pytest.mark.parametrize(
    "text",
    [
        HEADING + "".join(LINES),
        "\ufeff" + HEADING + "".join(LINES),
        "".join(LINES) + "\n",
        "".join(LINES) + "\n  \n\n",
        "".join(LINES).rstrip("\n"),
        "".join(line.replace("\n", "\r\n") for line in LINES),
        "".join(line.replace("\n", ",MPID,\n") for line in LINES),
    ],
)
def test_a_heading_blank_last_lines_and_more_columns_change_nothing(tmp_path: Path, text: str) -> None:
    assert read_flow(flow_file(tmp_path, text)) == ROWS


def test_a_packed_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "flow.csv.gz"
    path.write_bytes(gzip.compress((HEADING + "".join(LINES)).encode()))
    assert read_flow(path) == ROWS


@pytest.mark.parametrize("kept", [0, 1, 5, 15, -4])
def test_a_packed_file_that_is_cut_off_or_none_is_refused(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "flow.csv.gz"
    path.write_bytes(gzip.compress("".join(LINES).encode())[:kept])
    with pytest.raises(FlowFileError, match=re.escape(str(path))):
        read_flow(path)
    path.write_text("".join(LINES))
    with pytest.raises(FlowFileError, match="not a whole gzip file"):
        read_flow(path)


def test_only_the_rows_asked_for_are_read(tmp_path: Path) -> None:
    path = flow_file(tmp_path, "1,1,7,18,5853300,1\nrubbish\n")
    assert len(read_flow(path, row_count_max=1)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "rubbish",
        "1,8,7,18,5853300,1",
        "1,1,7,1.5,5853300,1",
        "1,1,7,18,5853300,0",
        "1,1,7,18,5853300",
        "1,1,7,0,5853300,1",
        "-1,1,7,18,5853300,1",
        "1e9,1,7,18,5853300,1",
        "1e999999999,1,7,18,5853300,1",
        "nan,1,7,18,5853300,1",
        "Infinity,1,7,18,5853300,1",
        HEADING.strip(),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str) -> None:
    path = flow_file(tmp_path, f"1,1,7,18,5853300,1\n{line}\n")
    with pytest.raises(FlowFileError, match=re.escape(f"{path}:2: {line!r} is no row")):
        read_flow(path)


def test_a_blank_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = flow_file(tmp_path, f"{LINES[0]}\n\n{LINES[1]}")
    with pytest.raises(FlowFileError, match=re.escape(f"{path}:2: '' is no row")):
        read_flow(path)


@pytest.mark.parametrize("text", ["", "\n", HEADING, "\x00é", "x" * 2_000])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FlowFileError, match=r"flow\.csv"):
        read_flow(flow_file(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FlowFileError, match="No such file"):
        read_flow(tmp_path / "missing.csv")


class Fills:
    """Feeds a comparison with what an engine would say."""

    def __init__(self) -> None:
        self.comparison = ExecutionComparison()
        self._trade_id = 0

    def execute(self, taker: str, *makers: Optional[str], is_filled: bool = True) -> None:
        """`taker` meets `makers` in turn (None: another user's); the rest of it, if any, is canceled."""
        for number, maker in enumerate(makers, start=1):
            self._trade_id += 1
            if maker is not None:
                self._tell("order_executed", maker, trade_id=self._trade_id, liquidity="MAKER", status="FILLED")
            status = "FILLED" if is_filled and number == len(makers) else "PARTIALLY_FILLED"
            self._tell("order_executed", taker, trade_id=self._trade_id, liquidity="TAKER", status=status)
        if not is_filled:
            self._tell("order_canceled", taker)

    def _tell(self, kind: str, client_order_id: str, **fields: Any) -> None:
        self.comparison.take({"type": kind, "client_order_id": client_order_id, **fields})


def counts(comparison: ExecutionComparison) -> tuple[int, int, int]:
    return comparison.same_count, comparison.other_count, comparison.unfilled_count


@pytest.mark.parametrize(
    ("makers", "is_filled", "expected_counts"),
    [
        (("a",), True, (1, 0, 0)),
        (("b",), True, (0, 1, 0)),
        (("a", "b"), True, (0, 1, 0)),
        (("a",), False, (0, 1, 0)),
        ((None,), True, (0, 1, 0)),
        ((), False, (0, 0, 1)),
    ],
)
def test_only_an_execution_by_the_expected_order_alone_and_in_full_is_the_same(
    makers: tuple[Optional[str], ...], is_filled: bool, expected_counts: tuple[int, int, int]
) -> None:
    fills = Fills()
    fills.comparison.expect("x1", "a")
    fills.execute("x1", *makers, is_filled=is_filled)
    assert counts(fills.comparison) == expected_counts


def test_a_refused_execution_met_nobody() -> None:
    comparison = ExecutionComparison()
    comparison.expect("x1", "a")
    comparison.take({"type": "order_rejected", "client_order_id": "x1", "code": "BAD_VALUE", "text": ""})
    assert counts(comparison) == (0, 0, 1)


def test_a_limit_order_that_trades_on_arrival_is_a_trade_not_in_history() -> None:
    fills = Fills()
    fills.execute("resting-in-history", "a")
    assert fills.comparison.unexpected_trade_count == 1 and fills.comparison.played_count == 0


def test_what_is_the_same_is_told_in_percent() -> None:
    fills = Fills()
    assert fills.comparison.same_percent is None
    for taker, expected, met in [("x1", "a", "b"), ("x2", "b", "b"), ("x3", "c", "c"), ("x4", "d", "e")]:
        fills.comparison.expect(taker, expected)
        fills.execute(taker, met)
    assert counts(fills.comparison) == (2, 2, 0)
    assert fills.comparison.same_percent == 50.0


class Clock:
    """Stands still until it is set."""

    now_ns = 5_000

    def __call__(self) -> int:
        return self.now_ns


def test_a_row_is_due_when_its_time_since_the_first_has_passed() -> None:
    clock = Clock()
    pace = Pace(10, clock)
    assert pace.wait_ns(1_000_000) == 0
    assert pace.wait_ns(1_000_300) == 30
    clock.now_ns += 25
    assert pace.wait_ns(1_000_300) == 5
    clock.now_ns += 1_000
    assert pace.wait_ns(1_000_300) < 0


def test_at_full_speed_every_row_is_due() -> None:
    pace = Pace(None, Clock())
    assert [pace.wait_ns(time_ns) for time_ns in (0, 10**15)] == [0, 0]


# --- a stretch, and a pause --------------------------------------------------------------------------------------


def test_what_lies_before_the_stretch_is_due_at_once_and_the_rest_as_recorded() -> None:
    pace = Pace(1, lambda: 1_000, from_ns=50)
    assert [pace.wait_ns(time_ns) for time_ns in (10, 49, 50, 80)] == [0, 0, 0, 30]


@pytest.mark.parametrize("speed", [1.0, None])
def test_a_pace_that_pauses_stands_still_and_catches_nothing_up(speed: Optional[float]) -> None:
    now_ns = 0
    pace = Pace(speed, lambda: now_ns)
    due_ns = 0 if speed is None else 100
    assert (pace.wait_ns(1_000), pace.wait_ns(1_100)) == (0, due_ns)
    pace.toggle_pause()
    now_ns = 5_000
    assert pace.is_paused and pace.wait_ns(1_100) > 0
    pace.toggle_pause()
    assert not pace.is_paused and pace.wait_ns(1_100) == due_ns
