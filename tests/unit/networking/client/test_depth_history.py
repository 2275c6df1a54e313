"""Depth over time, against a plain table of who rested when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking.client.depth_history import (
    BestPrices,
    DepthHistory,
    DepthTrade,
    DepthWindow,
    nice_above,
    quantile,
)

SLOT_NS = 100
changes = st.lists(
    st.tuples(st.integers(0, 40), st.booleans(), st.integers(1, 9), st.integers(0, 5)), min_size=1, max_size=60
)
windows = st.builds(
    DepthWindow,
    st.integers(0, 9),
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(0, 30),
    st.integers(1, 5),
    st.integers(1, 12),
)


def history_of(told: list[tuple[int, bool, int, int]], runs_max: int = 1_000) -> DepthHistory:
    """Levels told as (slot, is_bid, price, quantity)."""
    history = DepthHistory(SLOT_NS, runs_max=runs_max)
    for slot, is_bid, price, quantity in told:
        history.set_level(price, quantity, slot * SLOT_NS, is_bid=is_bid)
    return history


@given(changes, windows)
def test_a_grid_is_the_average_of_what_rested_at_the_end_of_each_slot(
    told: list[tuple[int, bool, int, int]], window: DepthWindow
) -> None:
    told = sorted(told, key=lambda change: change[0])
    end_slot = max(told[-1][0] + 1, window.first_slot)
    grid = history_of(told).grid(window, end_slot)
    for is_bid, rows in ((True, grid.bids), (False, grid.asks)):
        for row in range(window.rows):
            for column in range(window.columns):
                shown = rows[row][column] if rows[row] else 0.0
                assert shown == pytest.approx(plain_average(told, window, is_bid, row, column, end_slot))


def plain_average(
    told: list[tuple[int, bool, int, int]], window: DepthWindow, is_bid: bool, row: int, column: int, end_slot: int
) -> float:
    """The same by counting, slot by slot and price by price."""
    first = window.first_slot + column * window.slots_per_column
    slots = range(first, min(first + window.slots_per_column, end_slot))
    bottom = window.bottom + row * window.ticks_per_row
    total = 0
    for slot in slots:
        for wanted in range(bottom, bottom + window.ticks_per_row):
            told_by_then = [
                quantity
                for at, side, price, quantity in told
                if at <= slot and side == is_bid and price == wanted
            ]
            total += told_by_then[-1] if told_by_then else 0
    return total / len(slots) if slots else 0.0


@given(changes)
def test_the_past_is_forgotten_before_there_are_too_many_runs_and_never_the_present(
    told: list[tuple[int, bool, int, int]],
) -> None:
    told = sorted(told, key=lambda change: change[0])
    history, rests = history_of(told, runs_max=8), {}
    for _, is_bid, price, quantity in told:
        rests[is_bid, price] = quantity
    now = told[-1][0]
    assert len(history) <= max(8, sum(map(bool, rests.values())))
    grid = history.grid(DepthWindow(0, 1, 10, now, 1, 1), now + 1)
    for (is_bid, price), quantity in rests.items():
        row = (grid.bids if is_bid else grid.asks)[price]
        assert (row[0] if row else 0) == quantity


def test_a_level_that_changes_for_ever_keeps_the_newest_time() -> None:
    history = DepthHistory(SLOT_NS, runs_max=100)
    for slot in range(10_000):
        history.set_level(5, 1 + slot % 2, slot * SLOT_NS, is_bid=True)
    assert len(history) <= 100
    assert history.first_slot is not None and 9_890 < history.first_slot < 9_999
    row = history.grid(DepthWindow(5, 1, 1, 9_996, 1, 4), 10_000).bids[0]
    assert row == [1, 2, 1, 2]


def test_a_forgotten_book_is_dark_from_then_on() -> None:
    history = history_of([(0, True, 5, 7), (0, False, 6, 3)])
    history.forget_book(4 * SLOT_NS)
    grid = history.grid(DepthWindow(5, 1, 2, 0, 2, 4), 8)
    assert grid.bids == [[7, 7, 0, 0], []]
    assert grid.asks == [[], [3, 3, 0, 0]]
    assert grid.largest() == 7


def test_a_book_forgotten_in_the_slot_of_its_first_level_was_never_seen() -> None:
    history = history_of([(3, True, 5, 7), (3, False, 6, 3)])
    history.forget_book(3 * SLOT_NS + 1)
    grid = history.grid(DepthWindow(0, 1, 10, 0, 1, 10), 9)
    assert grid.largest() == 0
    assert len(history) == 0
    history.set_level(5, 2, 4 * SLOT_NS, is_bid=True)
    assert history.grid(DepthWindow(5, 1, 1, 3, 1, 2), 5).bids == [[0, 2]]


def test_levels_that_go_within_the_slot_up_to_which_all_is_forgotten_take_their_runs_along() -> None:
    resting = [(0, False, price, 1) for price in range(12)]
    gone = [(1, False, price, 0) for price in range(10)]
    history = history_of(resting + gone, runs_max=8)
    assert len(history) <= 8
    assert history.grid(DepthWindow(0, 1, 12, 1, 1, 1), 2).asks == [[]] * 10 + [[1]] * 2


def test_time_in_which_nobody_told_what_rests_is_unknown() -> None:
    window = DepthWindow(0, 1, 10, 0, 2, 10)
    assert DepthHistory(SLOT_NS).unknown(window, 20) == [range(10)]
    history = history_of([(3, True, 5, 7)])
    assert history.unknown(window, 20) == [range(1)]
    history.forget_book(7 * SLOT_NS)
    assert history.unknown(window, 20) == [range(1), range(4, 10)]
    history.trade(5, 1, 9 * SLOT_NS, is_buy=None)
    history.note_best(None, None, 13 * SLOT_NS)
    assert history.unknown(window, 20) == [range(1), range(4, 6)]
    history.forget_book(15 * SLOT_NS)
    history.set_level(5, 7, 15 * SLOT_NS + 1, is_bid=True)
    assert history.unknown(window, 20) == [range(1), range(4, 6)]
    history.forget_after(6 * SLOT_NS)
    assert history.unknown(window, 8) == [range(1)]


def test_trades_of_one_slot_at_one_price_are_one_dot() -> None:
    history = DepthHistory(SLOT_NS)
    for quantity, is_buy in ((3, True), (4, True), (5, False)):
        history.trade(9, quantity, 10 * SLOT_NS, is_buy=is_buy)
    history.trade(9, 1, 11 * SLOT_NS, is_buy=False)
    assert history.trades(11) == [DepthTrade(11, 9, 1, False)]
    assert history.trades(0)[:2] == [DepthTrade(10, 9, 7, True), DepthTrade(10, 9, 5, False)]


def test_best_prices_are_told_from_the_one_that_holds_when_the_window_begins() -> None:
    history = DepthHistory(SLOT_NS)
    for slot, bid in ((0, 10), (3, 11), (3, 12), (5, 12), (9, 8)):
        history.note_best(bid, 14, slot * SLOT_NS)
    assert history.bests(5) == [BestPrices(3, 12, 14), BestPrices(9, 8, 14)]
    assert history.bests(3) == history.bests(5)
    assert history.bests(0)[0] == BestPrices(0, 10, 14)


def test_the_scale_goes_by_ones_twos_and_fives() -> None:
    assert [nice_above(value) for value in (0, 1, 1.5, 3, 6, 11, 700)] == [1, 1, 2, 5, 10, 20, 1000]
    assert quantile([5, 1, 3, 2, 4], 0.5) == 3
    assert quantile([], 0.9) == 0
