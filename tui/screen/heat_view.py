"""Which prices and which time the heat map shows: by itself what the market has been in, or what the person asks.

Pure.  The map follows the market in coarse steps, so that it does not tremble with each trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from exchange.networking.client.depth_history import DepthHistory, DepthWindow
from exchange.utils.helpers import NS_PER_S
from tui.screen.market_data import Market

# How many slots a column may stand for: a quarter of a second up to two minutes.
COLUMN_SLOTS = (1, 2, 4, 8, 20, 40, 120, 240, 480)
# Without being asked no column is more than this.
COLUMN_SLOTS_AUTOMATIC_MAX = 4
TICKS_PER_ROW = tuple(digit * 10**power for power in range(7) for digit in (1, 2, 5))
# Ticks of depth beside the best prices, at least; and as many times their usual distance.
MARGIN_TICKS_MIN = 8
MARGIN_SPREADS = 2
# The middle of the map is at a multiple of this part of its height.
STEPS_PER_HEIGHT = 8


@dataclass(slots=True)
class HeatView:
    """What the person has asked for: `scrolled` rows up, `slower` steps more time, `coarser` steps more ticks."""

    scrolled: int = 0
    slower: int = 0
    coarser: int = 0

    def regroup(self, steps: int) -> None:
        """More ticks in a row (below 0: fewer), as far as there are steps."""
        self.coarser = max(-len(TICKS_PER_ROW), min(len(TICKS_PER_ROW), self.coarser + steps))

    def stretch_time(self, steps: int) -> None:
        """More time in a column (below 0: less), as far as there are steps."""
        self.slower = max(-len(COLUMN_SLOTS), min(len(COLUMN_SLOTS), self.slower + steps))


class HeatWindow(NamedTuple):
    """The window of the history; each of its rows takes so many halves of a cell (cells where those are whole)."""

    depth: DepthWindow
    end_slot: int
    halves_per_row: int


def heat_window(
    market: Market, asked: HeatView, columns: int, cells: int, now: float, *, is_fine: bool
) -> HeatWindow:
    """The window for a map of `columns` × `cells`; `is_fine`: a cell can show two rows."""
    depth = market.depth
    now_slot = max(depth.slot(int(now * NS_PER_S)), depth.last_slot)
    per_column = _slots_per_column(depth, asked, columns, now_slot)
    first_slot = (now_slot // per_column - columns + 1) * per_column
    low, high, margin = _reach(market, first_slot)
    needed = high - low + 2 * margin
    halves, ticks = _scale(needed, cells, asked.coarser, is_fine=is_fine)
    rows = cells * (2 if is_fine else 1) // halves
    step = max(1, rows // STEPS_PER_HEIGHT) * ticks
    middle = round((low + high) / 2 / step) * step + asked.scrolled * ticks
    bottom = max(0, (middle // ticks - rows // 2) * ticks)
    return HeatWindow(DepthWindow(bottom, ticks, rows, first_slot, per_column, columns), now_slot + 1, halves)


def _slots_per_column(depth: DepthHistory, asked: HeatView, columns: int, now_slot: int) -> int:
    age = now_slot - (now_slot if depth.first_slot is None else depth.first_slot)
    index = next(
        (index for index, slots in enumerate(COLUMN_SLOTS) if age < slots * columns),
        len(COLUMN_SLOTS) - 1,
    )
    index = min(index, COLUMN_SLOTS.index(COLUMN_SLOTS_AUTOMATIC_MAX)) + asked.slower
    return COLUMN_SLOTS[max(0, min(len(COLUMN_SLOTS) - 1, index))]


def _reach(market: Market, first_slot: int) -> tuple[int, int, int]:
    """Lowest and highest best price since a slot, and how much depth beside them is of interest, in ticks."""
    bests = market.depth.bests(first_slot)
    prices = [price for best in bests for price in (best.bid, best.ask) if price is not None]
    spreads = sorted(best.ask - best.bid for best in bests if best.bid is not None and best.ask is not None)
    middle = market.middle or 0
    spread = spreads[len(spreads) // 2] if spreads else 0
    margin = max(MARGIN_TICKS_MIN, MARGIN_SPREADS * spread)
    return min(prices, default=middle), max(prices, default=middle), margin


def _scale(needed: int, cells: int, coarser: int, *, is_fine: bool) -> tuple[int, int]:
    """(halves of a cell or cells per row, ticks per row): the finest in which what is needed has room."""
    scales: list[tuple[int, int]] = [(2, 1)] if is_fine else []
    scales += [(1, ticks) for ticks in TICKS_PER_ROW]
    index = next(
        (
            index
            for index, (halves, ticks) in enumerate(scales)
            if ceil(needed / ticks) * halves <= cells * (2 if is_fine else 1)
        ),
        len(scales) - 1,
    )
    return scales[max(0, min(len(scales) - 1, index + coarser))]


def column_text(per_column: int, slot_ns: int) -> str:
    """`0.25 s`, `10 s`, `2 min`: how long a column is."""
    seconds = per_column * slot_ns / NS_PER_S
    return f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min"
