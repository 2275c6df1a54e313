"""A day made of a handful of rows: every quote, sweep, life and depth is known beforehand."""

from __future__ import annotations

import math

import pytest

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, RowType
from exchange.simulation.study.costs import trading_costs
from exchange.simulation.study.recording import DEPTH_LEVELS, Recording, blocks, record
from exchange.simulation.study.responses import EVENT_KINDS, LAGS_S, mean_response, spread_left_after
from exchange.simulation.study.returns import quotes_each, relative_spreads, returns, volumes_and_spreads
from exchange.utils.helpers import NS_PER_S

NEW, CANCEL, REDUCE = RowType.NEW, RowType.CANCELLATION, RowType.REDUCTION
TRADE, HIDDEN = RowType.EXECUTION, RowType.HIDDEN_EXECUTION
BUY, SELL = Side.BUY, Side.SELL


def day(*rows: tuple[float, RowType, int, int, int, Side]) -> Recording:
    """Rows as (seconds, type, order id, quantity, price, side)."""
    return record(
        [Row(kind, ident, size, price, side, round(at * NS_PER_S)) for at, kind, ident, size, price, side in rows]
    )


def touch(recording: Recording) -> list[tuple[float, int, int]]:
    """The quotes as (seconds, bid, ask)."""
    return [(quote.time_ns / NS_PER_S, quote.bid, quote.ask) for quote in recording.quotes]


QUOTED = ((0.0, NEW, 1, 10, 98, BUY), (0.0, NEW, 2, 10, 102, SELL))


def test_the_touch_follows_what_enters_and_what_leaves() -> None:
    found = day(*QUOTED, (1.0, NEW, 3, 5, 99, BUY), (2.0, NEW, 4, 5, 97, BUY), (3.0, CANCEL, 3, 5, 99, BUY))
    assert touch(found) == [(0.0, 98, 102), (1.0, 99, 102), (3.0, 98, 102)]


def test_an_order_that_is_filled_leaves_but_has_no_life_till_a_cancel() -> None:
    found = day(
        *QUOTED, (1.0, TRADE, 2, 10, 102, SELL), (2.5, REDUCE, 1, 4, 98, BUY), (4.0, CANCEL, 1, 6, 98, BUY)
    )
    assert [life.seconds for life in found.lives] == [4.0]


def test_executions_of_one_moment_are_one_arriving_order() -> None:
    more = (0.0, NEW, 3, 10, 104, SELL)
    found = day(
        *QUOTED, more, (1.0, TRADE, 2, 10, 102, SELL), (1.0, TRADE, 3, 5, 104, SELL), (2.0, HIDDEN, 0, 1, 98, BUY)
    )
    first, second = found.sweeps
    assert (first.sign, first.quantity) == (1, 15)
    assert first.price == pytest.approx((10 * 102 + 5 * 104) / 15)
    assert (second.sign, second.quantity) == (-1, 1)
    assert first.quote is not None and first.quote.mid == 100


def test_executions_of_orders_that_the_file_does_not_know_are_trades_all_the_same() -> None:
    found = day(*QUOTED, (1.0, TRADE, 77, 3, 102, SELL))
    assert [sweep.quantity for sweep in found.sweeps] == [3]
    assert touch(found) == [(0.0, 98, 102)]


def test_happenings_know_whether_they_were_at_the_touch() -> None:
    found = day(*QUOTED, (1.0, NEW, 3, 5, 99, BUY), (2.0, NEW, 4, 5, 97, BUY), (3.0, CANCEL, 4, 5, 97, BUY))
    assert [each.is_at_touch for each in found.happenings] == [True, True, True, False, False]


def test_depth_is_seen_each_second_when_all_levels_are_there() -> None:
    book = [(0.0, NEW, 100 + place, place + 1, 98 - place, BUY) for place in range(DEPTH_LEVELS)]
    book += [(0.5, NEW, 200 + place, 10, 102 + place, SELL) for place in range(DEPTH_LEVELS)]
    found = day(*book, (2.5, CANCEL, 100, 1, 98, BUY))
    assert [depth.time_ns for depth in found.depths] == [NS_PER_S, 2 * NS_PER_S]
    assert found.depths[0].quantities == [11 + place for place in range(DEPTH_LEVELS)]


def test_a_day_is_cut_into_blocks_that_know_the_book_they_came_in_with() -> None:
    found = day(
        *QUOTED, (7.0, NEW, 3, 5, 100, BUY), (12.0, CANCEL, 3, 5, 100, BUY), (19.0, CANCEL, 1, 10, 98, BUY)
    )
    first, second = blocks(found, 10 * NS_PER_S)
    assert touch(first) == [(0.0, 98, 102), (7.0, 100, 102)]
    assert touch(second) == [(10.0, 100, 102), (12.0, 98, 102)]
    assert len(first.happenings) + len(second.happenings) == 4 and [life.seconds for life in second.lives] == [5.0]


def test_returns_and_spreads_at_even_steps_see_the_quote_that_stands_then() -> None:
    found = day(*QUOTED, (1.5, NEW, 3, 5, 100, BUY), (3.0, NEW, 4, 1, 90, BUY))
    assert [quote.bid for quote in quotes_each(found, 1.0)] == [98, 98, 100]
    assert returns(found, 1.0) == pytest.approx([0.0, math.log(101 / 100)])
    assert relative_spreads(found, 1.0) == pytest.approx([0.04, 0.04, 2 / 101])


def test_volume_and_spread_are_told_of_steps_in_which_there_was_trade() -> None:
    found = day(
        *QUOTED, (1.0, TRADE, 2, 3, 102, SELL), (1.5, TRADE, 2, 4, 102, SELL), (25.0, TRADE, 1, 1, 98, BUY)
    )
    assert volumes_and_spreads(found, 10.0) == ([7.0, 1.0], [4.0, 4.0])


def test_what_a_taker_pays_is_split_between_maker_and_price() -> None:
    found = day(*QUOTED, (1.0, TRADE, 2, 10, 102, SELL), (1.0, NEW, 3, 9, 104, SELL), (9.0, NEW, 4, 1, 90, BUY))
    costs = trading_costs(found)
    assert costs.effective_bps == pytest.approx(2 * 2 / 100 * 10_000)
    assert costs.impact_bps == pytest.approx(2 * 1 / 100 * 10_000)
    assert costs.realised_bps == pytest.approx(costs.effective_bps - costs.impact_bps)


def test_without_a_trade_nothing_can_be_said_of_costs() -> None:
    assert all(math.isnan(figure) for figure in trading_costs(day(*QUOTED)))


def test_the_response_to_a_bid_at_the_touch_is_the_move_in_its_direction() -> None:
    found = day(*QUOTED, (1.0, NEW, 3, 5, 100, BUY), (1.2, NEW, 4, 5, 101, SELL), (60.0, NEW, 5, 1, 90, BUY))
    kinds = {kind.name: kind for kind in EVENT_KINDS}
    bid_or_ask = kinds["new order at the touch"]
    spread = (4 + 2 + 1) / 3
    # The bid pushes up and finds 100, then 101 and 100.5; the ask pushes down and finds 101, then 100.5.
    assert mean_response(found, bid_or_ask, 0.1) == pytest.approx((1.0 + 0.5) / 2 / spread)
    assert mean_response(found, bid_or_ask, 1.0) == pytest.approx((0.5 + 0.5) / 2 / spread)
    assert all(math.isnan(mean_response(found, kinds["execution"], lag_s)) for lag_s in LAGS_S)


def test_a_spread_that_a_trade_opened_is_followed_until_it_closes() -> None:
    behind = (0.0, NEW, 3, 10, 106, SELL)
    opened = (1.0, TRADE, 2, 10, 102, SELL)
    found = day(*QUOTED, behind, opened, (1.5, NEW, 4, 10, 103, SELL), (9.0, NEW, 5, 1, 90, BUY))
    assert spread_left_after(found, 0.1) == 1.0
    assert spread_left_after(found, 1.0) == pytest.approx(0.25)
