"""Price grouping: which row of the ladder a price stands in where a row is more than one tick.  Pure.

A row goes by the price that is a multiple of its group.  What is bid is rounded down and what is offered up, so a
row never promises a better price than somebody there asks, and best bid and best offer never share one.
"""

from __future__ import annotations

from typing import Optional

from tui.screen.market_data import Market

# Ticks per row: 1, 2, 5, 10 and so on.
STEPS: tuple[int, ...] = tuple(digit * 10**power for power in range(7) for digit in (1, 2, 5))
# Of the ladder's rows so many are to hold levels on each side, where there are that many levels.
LEVELS_WANTED_PARTS = 4
# And so many of all rows are not to be empty.
FILLED_ROWS_PARTS = 3
# A row by the screen's own choice is at most this part of the price: the first levels of a day may be anywhere.
COARSE_PARTS_MIN = 200
FEW_LEVELS = 4


def row_price(price: int, group: int, *, is_buy: bool) -> int:
    """The price of the row that `price` stands in; all in ticks, and the lowest row is that of one group."""
    if group == 1:
        return price
    return max(group, (price if is_buy else price + group - 1) // group * group)


def grouped(levels: dict[int, int], group: int, *, is_buy: bool) -> dict[int, int]:
    """Quantities by price → by row; `levels` itself where a row is one tick.  O(levels)."""
    if group == 1:
        return levels
    rows: dict[int, int] = {}
    for price, quantity in levels.items():
        row = row_price(price, group, is_buy=is_buy)
        rows[row] = rows.get(row, 0) + quantity
    return rows


def automatic_group(market: Market, row_count: int) -> int:
    """Ticks per row so that the spread and some levels on both sides fit into `row_count` rows, few of them empty.

    O(levels log levels).
    """
    middle = market.middle
    if middle is None or row_count < 2:
        return 1
    reaches = [_reach(market.bids, middle, row_count), _reach(market.asks, middle, row_count)]
    reach = max((found for found in reaches if found is not None), default=0)
    steps = [step for step in STEPS if step <= max(1, middle // COARSE_PARTS_MIN)]
    fitting = [step for step in steps if reach < step * (row_count // 2)] or steps[-1:]
    wanted = min(row_count // FILLED_ROWS_PARTS, sum(_near_count(levels) for levels in (market.bids, market.asks)))
    filled = {step: _filled_rows(market, middle, step, row_count) for step in fitting}
    return next((step for step in fitting if filled[step] >= wanted), max(fitting, key=lambda step: filled[step]))


def _near_count(levels: dict[int, int]) -> int:
    """How many of a side's levels are surely near: of a few the last may be anywhere."""
    return (3 * len(levels) + 1) // 4 if len(levels) > FEW_LEVELS else (len(levels) + 1) // 2


def _filled_rows(market: Market, middle: int, step: int, row_count: int) -> int:
    """How many of the rows around the middle would hold quantity."""
    reach = step * (row_count // 2)
    return sum(
        len({row_price(price, step, is_buy=is_buy) for price in levels if abs(price - middle) < reach})
        for is_buy, levels in ((True, market.bids), (False, market.asks))
    )


def _reach(levels: dict[int, int], middle: int, row_count: int) -> Optional[int]:
    """How far from the middle the wanted levels go; of few levels the nearer half, as the last may be anywhere."""
    if not levels:
        return None
    wanted = min(max(1, row_count // LEVELS_WANTED_PARTS), (len(levels) + 1) // 2)
    return sorted(abs(price - middle) for price in levels)[wanted - 1]


def next_group(group: int, step: int) -> int:
    """The group after (`step` 1) or before (-1) this one; the ends stay."""
    index = STEPS.index(group) if group in STEPS else sum(known < group for known in STEPS)
    return STEPS[max(0, min(len(STEPS) - 1, index + step))]
