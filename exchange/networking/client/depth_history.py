"""Depth over time: what rested at each price, in slots of equal time, with the trades and the best prices.

The one model behind every heat map, on a screen or in a report.  Pure: it is told what the feeds told, with the
time, and reads no clock.  Prices are in ticks, quantities in lots as the feed has them, times in ns of any clock
that does not run back.

    set_level, note_best, trade, forget_book ──► runs ──► grid(window): time-weighted averages by price and column

Theory of operation.  A price that does not change costs nothing: each price has a list of *runs*, a run being the
slot from which on a quantity rested.  Within a slot the last word counts.  A grid adds each run to the columns it
covers by a difference array: O(1) for a run however long, so a frame costs O(runs in it + cells).

Memory is bounded: beyond `runs_max` the oldest quarter of the time is forgotten, and as much again until it fits;
what is resting now is never forgotten, so the bound is `runs_max` or one run for each level of the book.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, Optional, TypeVar

from exchange.networking.client.depth_gaps import DepthGaps

RUNS_MAX = 100_000
TRADES_MAX = 10_000
BESTS_MAX = 40_000


class DepthWindow(NamedTuple):
    """What a grid shall show: `rows` rows of `ticks_per_row` prices from the tick `bottom` up, and `columns` of
    `slots_per_column` slots from `first_slot` on."""

    bottom: int
    ticks_per_row: int
    rows: int
    first_slot: int
    slots_per_column: int
    columns: int

    def column(self, slot: int) -> int:
        """The column that a slot is in; it may be outside."""
        return (slot - self.first_slot) // self.slots_per_column

    def row(self, price: int) -> int:
        """The row, counted from below, that a price is in; it may be outside."""
        return (price - self.bottom) // self.ticks_per_row


class DepthTrade(NamedTuple):
    """What traded in a slot at a price, taken by one side; `is_buy` None: in an auction."""

    slot: int
    price: int
    quantity: int
    is_buy: Optional[bool]


class BestPrices(NamedTuple):
    """The best prices at the end of a slot; None: no order on that side."""

    slot: int
    bid: Optional[int]
    ask: Optional[int]


_Slotted = TypeVar("_Slotted", DepthTrade, BestPrices)


@dataclass(frozen=True, slots=True)
class DepthGrid:
    """Average quantities by row, from below, and column; a row in which nothing rested is an empty list."""

    bids: list[list[float]]
    asks: list[list[float]]

    def largest(self) -> float:
        """The largest average; 0 of an empty grid."""
        return max((max(row) for rows in (self.bids, self.asks) for row in rows if row), default=0.0)


class _Runs:
    """The quantities at one price: from `slots[i]` on rested `quantities[i]`."""

    __slots__ = ("slots", "quantities")

    def __init__(self) -> None:
        self.slots = array("q")
        self.quantities = array("q")

    def set(self, slot: int, quantity: int) -> int:
        """From this slot on it is so; returns how many runs more there are now (below 0: fewer)."""
        slots, quantities = self.slots, self.quantities
        if slots and slots[-1] == slot:
            before = quantities[-2] if len(slots) > 1 else 0
            if quantity == before:
                slots.pop()
                quantities.pop()
                return -1
            quantities[-1] = quantity
            return 0
        if quantity == (quantities[-1] if slots else 0):
            return 0
        slots.append(slot)
        quantities.append(quantity)
        return 1

    def forget_before(self, slot: int) -> int:
        """Forget what was before `slot`; returns how many runs that were."""
        index = bisect_right(self.slots, slot) - 1
        if index < 0:
            return 0
        # What held at `slot` goes on from there, also what began before it: so a level that goes within this slot
        # takes its run along, instead of adding one that says so.  That nothing rested is no run.
        self.slots[index] = slot
        count = index + (self.quantities[index] == 0)
        del self.slots[:count]
        del self.quantities[:count]
        return count


class DepthHistory:
    """The depth of one instrument over time, in slots of `slot_ns`.  One thread's.

    `set_level` costs O(1), about 0.6 µs; `grid` about 1 µs for each run in its window.
    """

    def __init__(self, slot_ns: int, *, runs_max: int = RUNS_MAX) -> None:
        assert slot_ns > 0 and runs_max > 0, (slot_ns, runs_max)
        self.slot_ns = slot_ns
        self._runs_max = runs_max
        self._bids: dict[int, _Runs] = {}
        self._asks: dict[int, _Runs] = {}
        self._runs_count = 0
        self._trades: deque[DepthTrade] = deque(maxlen=TRADES_MAX)
        self._bests: deque[BestPrices] = deque(maxlen=BESTS_MAX)
        self._gaps = DepthGaps()
        self.first_slot: Optional[int] = None
        self.last_slot = 0

    def __len__(self) -> int:
        """How many runs are kept."""
        return self._runs_count

    def slot(self, time_ns: int) -> int:
        """The slot of a time."""
        return time_ns // self.slot_ns

    # --- what is told ------------------------------------------------------------------------------------------

    def set_level(self, price: int, quantity: int, time_ns: int, *, is_bid: bool) -> None:
        """All that rests at a price of one side is `quantity` from now on; 0: nothing."""
        sides = self._bids if is_bid else self._asks
        runs = sides.get(price)
        if runs is None:
            if not quantity:
                return
            runs = sides[price] = _Runs()
        self._runs_count += runs.set(self._known_at(time_ns), quantity)
        if not runs.slots:
            del sides[price]
        if self._runs_count > self._runs_max:
            self._forget_oldest()

    def note_best(self, bid: Optional[int], ask: Optional[int], time_ns: int) -> None:
        """The best prices are these from now on."""
        self._note_best(BestPrices(self._known_at(time_ns), bid, ask))

    def _note_best(self, best: BestPrices) -> None:
        bests = self._bests
        if bests and bests[-1].slot == best.slot:
            bests[-1] = best
        elif not bests or bests[-1][1:] != best[1:]:
            bests.append(best)

    def trade(self, price: int, quantity: int, time_ns: int, *, is_buy: Optional[bool]) -> None:
        """Something traded.  One that is older than what was told before is filed under the latest slot."""
        slot = self._at(time_ns)
        before = self._trades[-1] if self._trades else None
        if before is not None and (before.slot, before.price, before.is_buy) == (slot, price, is_buy):
            quantity += self._trades.pop().quantity
        self._trades.append(DepthTrade(slot, price, quantity, is_buy))

    def forget_book(self, time_ns: int) -> None:
        """From now on it is not known what rests; what was stays.  O(prices)."""
        slot = self._at(time_ns)
        for side in (self._bids, self._asks):
            self._runs_count += sum(runs.set(slot, 0) for runs in side.values())
            _drop_empty(side)
        self._note_best(BestPrices(slot, None, None))
        self._gaps.begin(slot)

    def forget_after(self, time_ns: int) -> None:
        """Time has gone back to here: what was told of later has not been.  O(prices)."""
        slot = time_ns // self.slot_ns
        for side in (self._bids, self._asks):
            for runs in side.values():
                kept = bisect_right(runs.slots, slot)
                self._runs_count -= len(runs.slots) - kept
                del runs.slots[kept:], runs.quantities[kept:]
            _drop_empty(side)
        for told in (self._trades, self._bests):
            while told and told[-1].slot > slot:
                told.pop()
        self._gaps.forget_after(slot)
        self.last_slot = min(self.last_slot, slot)

    def _at(self, time_ns: int) -> int:
        slot = max(time_ns // self.slot_ns, self.last_slot)
        self.last_slot = slot
        if self.first_slot is None:
            self.first_slot = slot
        return slot

    def _known_at(self, time_ns: int) -> int:
        """The slot, from which on it is known again what rests."""
        slot = self._at(time_ns)
        self._gaps.end(slot)
        return slot

    def _forget_oldest(self) -> None:
        """Forget quarters of the time until there is room; what rests now stays, however much that is."""
        while self._runs_count > self._runs_max * 3 // 4 and (self.first_slot or 0) < self.last_slot:
            first = self.first_slot or 0
            self.first_slot = first + max(1, (self.last_slot - first) // 4)
            for side in (self._bids, self._asks):
                self._runs_count -= sum(runs.forget_before(self.first_slot) for runs in side.values())
                _drop_empty(side)

    # --- what is asked -----------------------------------------------------------------------------------------

    def grid(self, window: DepthWindow, end_slot: int) -> DepthGrid:
        """The averages of a window over the time before `end_slot`; the column that holds it is not over yet."""
        return DepthGrid(_rows(self._bids, window, end_slot), _rows(self._asks, window, end_slot))

    def unknown(self, window: DepthWindow, end_slot: int) -> list[range]:
        """The columns of a window before `end_slot` in all of which nobody knew what rested."""
        first = end_slot if self.first_slot is None else self.first_slot
        gaps = [range(min(window.first_slot, first), first), *self._gaps.until(end_slot)]
        # A column counts that begins within a gap and ends in it.
        last = window.slots_per_column - 1
        whole = [(window.column(gap.start + last), window.column(gap.stop)) for gap in gaps]
        shown = [range(max(0, start), min(window.columns, stop)) for start, stop in whole]
        return [columns for columns in shown if columns]

    def trades(self, first_slot: int) -> list[DepthTrade]:
        """What traded from a slot on, oldest first."""
        return list(_since(self._trades, first_slot))[::-1]

    def bests(self, first_slot: int) -> list[BestPrices]:
        """The best prices from a slot on, as they changed, oldest first; the first one may have begun before."""
        found = list(_since(self._bests, first_slot + 1))
        if len(found) < len(self._bests):
            found.append(self._bests[-1 - len(found)])
        return found[::-1]


def _drop_empty(side: dict[int, _Runs]) -> None:
    """No price is kept without a run: a grid takes the first one for granted."""
    for price in [price for price, runs in side.items() if not runs.slots]:
        del side[price]


def _since(kept: deque[_Slotted], first_slot: int) -> Iterator[_Slotted]:
    """Newest first, down to the slot."""
    for entry in reversed(kept):
        if entry.slot < first_slot:
            return
        yield entry


def _rows(side: dict[int, _Runs], window: DepthWindow, end_slot: int) -> list[list[float]]:
    """The averages of one side by row."""
    width = window.columns
    height = window.ticks_per_row * window.rows
    prices = (
        [price for price in side if window.bottom <= price < window.bottom + height]
        if len(side) < height
        else [price for price in range(window.bottom, window.bottom + height) if price in side]
    )
    whole: dict[int, list[float]] = {}
    part: dict[int, list[float]] = {}
    for price in prices:
        row = window.row(price)
        if row not in whole:
            whole[row], part[row] = [0.0] * (width + 1), [0.0] * width
        _add(side[price], whole[row], part[row], window, end_slot)
    return [
        _averages(whole[row], part[row], window, end_slot) if row in whole else [] for row in range(window.rows)
    ]


def _add(runs: _Runs, whole: list[float], part: list[float], window: DepthWindow, end_slot: int) -> None:
    """Add one price's runs: to `whole` as differences where they cover a column, else in part."""
    slots, quantities, per_column = runs.slots, runs.quantities, window.slots_per_column
    first_slot = window.first_slot
    last_slot = min(end_slot, first_slot + window.columns * per_column)
    index = max(0, bisect_right(slots, first_slot) - 1)
    for start, end, quantity in zip(
        slots[index:], [*slots[index + 1 :], last_slot], quantities[index:], strict=True
    ):
        if not quantity or end <= first_slot:
            continue
        if start >= last_slot:
            return
        first, into_first = divmod(max(0, start - first_slot), per_column)
        last, into_last = divmod(min(end, last_slot) - first_slot, per_column)
        # Up to the edge `last` as if whole, from the edge `first` on; then what is too much or too little.
        whole[first] += quantity
        whole[last] -= quantity
        if into_first:
            part[first] -= quantity * into_first / per_column
        if into_last:
            part[last] += quantity * into_last / per_column


def _averages(whole: list[float], part: list[float], window: DepthWindow, end_slot: int) -> list[float]:
    """The averages of one row; empty if there is nothing in it."""
    values = [total + rest for total, rest in zip(accumulate(whole), part, strict=False)]
    if not any(values):
        return []
    # The column that is not over yet has less time: its average is over that.
    current, so_far = divmod(end_slot - window.first_slot, window.slots_per_column)
    if so_far and 0 <= current < window.columns:
        values[current] *= window.slots_per_column / so_far
    return values


def nice_above(value: float) -> int:
    """The least of 1, 2, 5, 10, 20, 50 … that is not below `value`: a scale that lasts."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= value:
                return step * factor
        step *= 10


def quantile(values: Iterable[float], part: float) -> float:
    """The value below which `part` (0 … 1) of them are; 0 of none.  O(n · log n)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0
