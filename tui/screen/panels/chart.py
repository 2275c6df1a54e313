"""The chart of the price, in dots of braille: two by four in a cell.

It shows all that has been seen since the screen began, up to an hour: the longer that is, the more time a column
of dots stands for.  Each column is at the average of the trades of its time, which takes out most of the jumping
between bid and ask; the label at the right is the last price.
"""

from __future__ import annotations

from math import ceil, floor
from typing import Optional

from tui.screen.cells import Area, Attribute, Color
from tui.screen.layout import Panel
from tui.screen.market_data import COARSE_SLOTS, SLOT_S, Market
from tui.screen.model import Model
from tui.screen.panels.frame import frame, put_empty

# How many slots a column of dots may stand for: a quarter of a second up to a minute.  The fine chart is long
# enough for those below COARSE_SLOTS, the others are multiples of it.
STEPS = (1, 2, 3, 4, 6, 8, 12, 24, 36, 48, 72, 96, 144, 240)
TICKS_SHOWN_MIN = 8
BRAILLE = 0x2800
# The bit of the dot in row 0 … 3 (from above), column 0 and 1.
DOT_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def draw_chart(area: Area, model: Model, now: float) -> None:
    """Draw the panel."""
    market = model.market
    is_focused = model.focus is Panel.CHART
    if market is None or not market.fine_chart:
        put_empty(frame(area, Panel.CHART.value, is_focused=is_focused), "no trades yet")
        return
    # A new day has traded at no price yet, and the chart goes on.
    last_price = 0 if market.last is None else market.last.price
    label_width = len(market.scale.text(max(market.volume_at, default=last_price))) + 2
    width = max(2, area.width - 2 - label_width)
    step = _step(market, width * 2, now)
    note = _duration_text(step * SLOT_S * width * 2)
    inside = frame(area, Panel.CHART.value, is_focused=is_focused, note=note)
    averages = _averages(market, width * 2, step, now)
    low, high = _range(averages, market.last.price if market.last is not None else None)
    _draw_line(inside, averages, low, high)
    _draw_labels(inside, width, model, market, low, high)


def _step(market: Market, dots: int, now: float) -> int:
    age = int(now / SLOT_S) - market.coarse_chart[0].slot * COARSE_SLOTS
    return next((step for step in STEPS if step * dots > age), STEPS[-1])


def _duration_text(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _averages(market: Market, dots: int, step: int, now: float) -> list[Optional[float]]:
    """The price of each column of dots in ticks, the last one being now; None before the first trade.

    Columns begin at multiples of `step`, so that a price stays in its column as time goes on.
    """
    is_fine = step < COARSE_SLOTS
    chart, slots_per_column = (market.fine_chart, step) if is_fine else (market.coarse_chart, step // COARSE_SLOTS)
    last_column = int(now / SLOT_S) // step
    found: dict[int, tuple[int, int]] = {}
    for slot, price_sum, trade_count in chart:
        column = max(-1, dots - 1 - (last_column - slot // slots_per_column))
        # Of what is older than the first column only the last price is of use.
        sum_before, count_before = found.get(column, (0, 0)) if column >= 0 else (0, 0)
        found[column] = (sum_before + price_sum, count_before + trade_count)
    averages: list[Optional[float]] = []
    average: Optional[float] = None
    for column in range(-1, dots):
        if column in found:
            average = found[column][0] / found[column][1]
        averages.append(average)
    return averages[1:]


def _range(averages: list[Optional[float]], last: Optional[int]) -> tuple[int, int]:
    prices = [price for price in (*averages, last) if price is not None]
    low, high = floor(min(prices, default=0)), ceil(max(prices, default=0))
    missing = max(0, TICKS_SHOWN_MIN - (high - low))
    return low - missing // 2, high + (missing + 1) // 2


def _draw_line(inside: Area, averages: list[Optional[float]], low: int, high: int) -> None:
    """Set the dots of the line, and tint the cells below it."""
    dot_rows = inside.height * 4
    cells: dict[tuple[int, int], int] = {}
    lowest_row: dict[int, int] = {}
    before: Optional[int] = None
    for column, average in enumerate(averages):
        if average is None:
            continue
        row = _dot_row(average, low, high, dot_rows)
        row_before = row if before is None else before
        # The step from the price before is drawn in this column, so that the line has no holes.
        first, last = min(row, row_before + (row_before < row)), max(row, row_before - (row_before > row))
        for dot_row in range(first, last + 1):
            key = (column // 2, dot_row // 4)
            cells[key] = cells.get(key, 0) | DOT_BITS[column % 2][dot_row % 4]
        lowest_row[column // 2] = max(lowest_row.get(column // 2, 0), last // 4)
        before = row
    for x, row in lowest_row.items():
        for y in range(row + 1, inside.height):
            inside.shade(x, y, 1, Color.CHART_FILL)
    for (x, y), dots in cells.items():
        inside.put(x, y, chr(BRAILLE + dots), Color.CHART)


def _dot_row(price: float, low: int, high: int, dot_rows: int) -> int:
    """The row of dots, from above, of a price."""
    return round((high - price) * (dot_rows - 1) / max(1, high - low))


def _draw_labels(inside: Area, x: int, model: Model, market: Market, low: int, high: int) -> None:
    """The scale at the right: highest, lowest, and in between the average entry price and the last price."""
    height = inside.height
    inside.put(x + 1, 0, market.scale.text(high), Color.FAINT)
    inside.put(x + 1, height - 1, market.scale.text(low), Color.FAINT)
    average = model.position.average_price
    average_ticks = None if average is None else market.scale.nearest_ticks(average)
    if average_ticks is not None and low <= average_ticks <= high:
        y = _dot_row(average_ticks, low, high, height * 4) // 4
        start = (inside.top + y) * inside.canvas.width + inside.left
        for cell in range(0, x, 2):
            if inside.canvas.characters[start + cell] == " ":
                inside.put(cell, y, "╌", Color.AVERAGE)
        inside.put(x, y, f"◆{market.scale.text(average_ticks)}", Color.AVERAGE)
    if market.last is not None:
        y = _dot_row(market.last.price, low, high, height * 4) // 4
        inside.put(x, y, f" {market.scale.text(market.last.price)} ", Color.INK, Color.LAST_TAG, Attribute.BOLD)
