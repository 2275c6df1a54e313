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
    """Ticks per row so that the spread and some levels on both sides fit into `row_count` rows.  O(levels log)."""
    middle = market.middle
    if middle is None or row_count < 2:
        return 1
    reaches = [_reach(market.bids, middle, row_count), _reach(market.asks, middle, row_count)]
    reach = max((found for found in reaches if found is not None), default=0)
    return next((step for step in STEPS if reach < step * (row_count // 2)), STEPS[-1])


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
