"""History as the market: it goes on as recorded, whoever else trades in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from exchange.engine.instrument import Instrument
from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, RowType, read_flow
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.recorded.recorded_market import MIDNIGHT_NS, RecordedMarket, first_ns
from exchange.laboratory.telling.book_table import drawn_book, tidied
from exchange.laboratory.venue.clock import START_NS
from exchange.laboratory.venue.market_connection import connected_client
from exchange.utils.helpers import NS_PER_S

AAPL = Instrument("AAPL")
FLOW = "order_flow/aapl_2012-06-21.csv"


def row(second: int, kind: RowType, order_id: int, quantity: int, cents: int, side: Side = Side.BUY) -> Row:
    """A row `second` seconds after nine."""
    return Row(kind, order_id, quantity, cents * 100, side, START_NS - MIDNIGHT_NS + second * NS_PER_S)


def played(rows: list[Row]) -> tuple[VirtualMarket, RecordedMarket]:
    """A market in which nothing has happened yet, and what will."""
    market = VirtualMarket([AAPL])
    return market, RecordedMarket(market, AAPL, rows)


ROWS = [
    row(1, RowType.NEW, 1, 100, 1_000),
    row(2, RowType.NEW, 2, 100, 1_000),
    row(10, RowType.EXECUTION, 1, 100, 1_000),
    row(11, RowType.NEW, 3, 50, 1_001, Side.SELL),
    row(12, RowType.EXECUTION, 2, 30, 1_000),
    row(20, RowType.CANCELLATION, 2, 70, 1_000),
]


def test_rows_happen_at_their_times_and_meet_what_they_met() -> None:
    market, recorded = played(ROWS)
    market.advance(5)
    assert drawn_book(market.engine.book("AAPL")) == tidied("history 100 @ 10.00 |\nhistory 100 @ 10.00 |")
    market.run_until(recorded.end_ns)
    assert recorded.is_done
    assert (recorded.comparison.same_count, recorded.comparison.played_count) == (2, 2)
    assert drawn_book(market.engine.book("AAPL")) == tidied("| history 50 @ 10.01")


def test_an_execution_takes_what_stands_where_a_bot_has_taken_its_order() -> None:
    market, recorded = played(ROWS)
    bot = connected_client(market, market.join("bot"))
    market.advance(5)
    bot.sell(100, "10.00")  # All of order 1.
    market.run_until(MIDNIGHT_NS + ROWS[2].time_ns)
    # The execution of order 1 found order 2; of that nothing is left for the one at 12 s.
    assert drawn_book(market.engine.book("AAPL")) == tidied("")
    market.run_until(recorded.end_ns)
    comparison = recorded.comparison
    assert (comparison.same_count, comparison.other_count, comparison.unfilled_count) == (0, 1, 1)
    assert [position.net_position for position in bot.positions()] == [-100]


def test_an_execution_takes_the_bot_that_stands_before_its_order_and_history_goes_on() -> None:
    market, recorded = played(ROWS)
    bot = connected_client(market, market.join("bot"))
    bot.buy(60, "10.00")
    market.run_until(MIDNIGHT_NS + ROWS[2].time_ns)
    assert [position.net_position for position in bot.positions()] == [60]
    # Of order 1 are left 60 here, which history has executed: they go, so that the next row meets order 2.
    market.run_until(MIDNIGHT_NS + ROWS[4].time_ns)
    assert drawn_book(market.engine.book("AAPL")) == tidied("history 70 @ 10.00 | history 50 @ 10.01")
    market.run_until(recorded.end_ns)
    assert (recorded.comparison.same_count, recorded.comparison.other_count) == (1, 1)


def test_an_hour_of_nasdaq_executes_as_it_did(shared_data: Callable[[str], Path]) -> None:
    rows = read_flow(shared_data(FLOW))
    market = VirtualMarket([AAPL], start_ns=first_ns(rows))
    recorded = RecordedMarket(market, AAPL, rows)
    market.run_until(recorded.end_ns)
    comparison = recorded.comparison
    assert (recorded.done_count, comparison.played_count, comparison.same_count) == (91_997, 4_055, 4_031)
    assert (comparison.other_count, comparison.unexpected_trade_count) == (24, 0)


def test_history_does_not_begin_in_the_past() -> None:
    market = VirtualMarket([AAPL])
    market.advance(5)
    with pytest.raises(ValueError, match="later than at the first row"):
        RecordedMarket(market, AAPL, ROWS)
