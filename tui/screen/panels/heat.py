"""The heat map: price × time, the brighter the more rested there; best prices as lines, trades as dots.

    ░░░░▒▒▒▒▓▓▓▓▓▓▒▒▒▒░░░░ 100.40     offers, in the colour of their side
    ───╮  •  ╭────●─────── 100.35     the best offer; who takes it is a dot in the colour of the buyer
       ╰─────╯                        nobody
    ──────────·───────╮─── 100.30     the best bid
    ▒▒▒▒▒▒▒▒▓▓▓▓▓▓▓▓▓▓▒▒▒▒ 100.25     bids; B25 at the edge is an order of one's own
        10:41:30       10:42:00

Time in which nobody told what rests is hatched with / and is not the same as an empty book.

With 256 colours and more a cell can be two rows, its foreground the upper and its background the lower one; with
fewer it is one, shaded by ░▒▓█, and without UTF-8 by .:%#.  Costs about 4 ms for 100 × 30 cells of a busy market.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple, Optional

from exchange.networking.client.depth_history import BestPrices, DepthGrid, DepthTrade, nice_above, quantile
from exchange.utils.helpers import NS_PER_S
from tui.screen.banners import banners
from tui.screen.cells import Area, Attribute, Color
from tui.screen.heat_view import HeatWindow, column_text, heat_window
from tui.screen.layout import Panel
from tui.screen.market_data import DEPTH_SLOT_NS, Market
from tui.screen.model import Model
from tui.screen.panels.banner import draw_banner
from tui.screen.panels.frame import clock_text, frame, put_empty, side_color
from tui.screen.price_scale import short_quantity
from tui.screen.theme import HEAT_LEVELS

UPPER_HALF = "▀"
DOTS = "·•●"
# A dot of each size is at least this part of the largest that the map shows.
DOT_PARTS = (0.0, 0.08, 0.35)
# The brightest level begins at this quantile of what rests, so one giant does not darken all the others.
BRIGHT_QUANTILE = 0.985
SHADES = "░▒▓█"
# The lines of the best prices where a row is a whole cell: at the edge that looks to the other side.
BID_EDGE, ASK_EDGE = "▔", "▁"
LINE = "─"
# Time of which nothing is known.
HATCH, HATCH_EVERY, UNKNOWN_TEXT = "/", 4, " not known "
PRICE_EVERY_CELLS = 4
TIME_EVERY_CELLS_MIN = 14
TIME_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400)
OWN_MARK_WIDTH = 6
_LINES = (Color.BID_LINE, Color.ASK_LINE)
_BASE = bytes([Color.BASE])


class Plot(NamedTuple):
    """The part of the panel in which the cells are; the axes are beside it."""

    area: Area
    window: HeatWindow
    is_fine: bool

    def cell(self, row: int) -> int:
        """The y of a row of the window, which is counted from below."""
        from_above = (self.window.depth.rows - 1 - row) * self.window.halves_per_row
        return from_above // 2 if self.is_fine else from_above

    def price(self, y: int) -> int:
        """The lowest price of a row of cells, in ticks."""
        row = self.window.depth.rows - 1 - (y * 2 // self.window.halves_per_row if self.is_fine else y)
        return self.window.depth.bottom + max(0, row) * self.window.depth.ticks_per_row

    def y_of(self, price: int) -> Optional[int]:
        """The y of a price, None if it is not shown."""
        row = self.window.depth.row(price)
        return self.cell(row) if 0 <= row < self.window.depth.rows else None


def draw_heat(area: Area, model: Model, now: float) -> None:
    """Draw the panel."""
    if Panel.LADDER not in model.layout.panels:
        area = draw_banner(area, banners(model, now))  # There is no ladder that would warn.
    market = model.market
    is_focused = model.focus is Panel.HEAT
    if market is None or market.depth.first_slot is None:
        put_empty(frame(area, Panel.HEAT.value, is_focused=is_focused), "waiting for the book")
        return
    axis_width = len(market.scale.text(market.middle or 0)) + OWN_MARK_WIDTH + 1
    columns, cells = max(1, area.width - 2 - axis_width), max(1, area.height - 3)
    is_fine = model.is_heat_fine
    window = heat_window(market, model.heat, columns, cells, now, is_fine=is_fine)
    note = f"{column_text(window.depth.slots_per_column, DEPTH_SLOT_NS)} a column"
    if window.depth.ticks_per_row > 1:
        note = f"{window.depth.ticks_per_row} ticks a row · {note}"
    inside = frame(area, f"{Panel.HEAT.value} {market.symbol}", is_focused=is_focused, note=note)
    plot = Plot(inside.part(0, 0, columns, cells), window, is_fine)
    grid = market.depth.grid(window.depth, window.end_slot)
    bests = market.depth.bests(window.depth.first_slot)
    brightest = _brightest(grid)
    if is_fine:
        _draw_halves(plot, grid, bests, brightest)
    else:
        _draw_shades(plot, grid, bests, brightest)
    _draw_unknown(plot, market.depth.unknown(window.depth, window.end_slot))
    largest = _draw_trades(plot, market.depth.trades(window.depth.first_slot))
    _draw_prices(inside, columns, plot, model, market)
    _draw_times(inside, plot, model, cells)
    _draw_legend(area, plot, brightest, largest)


# --- quantities ------------------------------------------------------------------------------------------------


def _brightest(grid: DepthGrid) -> int:
    """From which quantity on a cell is brightest."""
    values = [value for rows in (grid.bids, grid.asks) for row in rows for value in row if value > 0]
    return nice_above(quantile(values, BRIGHT_QUANTILE))


def _levels(row: list[float], brightest: int, first: Color) -> bytes:
    """The colour of each quantity of a row: evenly by its root, which shows small ones, too."""
    # Level 0 is more than nothing; the thresholds are those above which the next colour begins.
    thresholds = [1e-6, *(brightest * (level / HEAT_LEVELS) ** 2 for level in range(1, HEAT_LEVELS))]
    colors = [Color.BASE, *range(first, first + HEAT_LEVELS)]
    return bytes([colors[bisect_left(thresholds, value)] for value in row])


def _colored(plot: Plot, grid: DepthGrid, brightest: int) -> list[bytearray]:
    """A row of colours for each row of the window; where both sides rested the offers are on top."""
    rows = []
    for bids, asks in zip(grid.bids, grid.asks, strict=True):
        row = bytearray(_BASE * plot.window.depth.columns)
        for quantities, first in ((bids, Color.HEAT_BID_0), (asks, Color.HEAT_ASK_0)):
            if quantities:
                levels = _levels(quantities, brightest, first)
                pairs = zip(row, levels, strict=True)
                row = bytearray(after if after != Color.BASE else before for before, after in pairs)
        rows.append(row)
    return rows


def _draw_halves(plot: Plot, grid: DepthGrid, bests: list[BestPrices], brightest: int) -> None:
    """Two rows of pixels in a row of cells."""
    rows = _colored(plot, grid, brightest)
    points, is_whole = _lines(plot, bests), plot.window.halves_per_row == 2
    for column, row, color in points:
        if not is_whole:
            rows[row][column] = color
    from_above = [bytes(row) for row in reversed(rows) for _ in range(plot.window.halves_per_row)]
    blank = _BASE * plot.window.depth.columns
    from_above += [blank] * (plot.area.height * 2 - len(from_above))
    for y in range(plot.area.height):
        upper, lower = from_above[2 * y], from_above[2 * y + 1]
        plot.area.blit(0, y, _halves_text(upper, lower), upper, lower)
    for column, row, color in points:
        if is_whole:
            plot.area.put(column, plot.cell(row), BID_EDGE if color == Color.BID_LINE else ASK_EDGE, color)


def _halves_text(upper: bytes, lower: bytes) -> str:
    """A half block where the halves differ; else the background is enough, and a copy of it is blank."""
    if upper == lower:
        return " " * len(upper)
    return "".join([" " if above == below else UPPER_HALF for above, below in zip(upper, lower, strict=True)])


def _draw_shades(plot: Plot, grid: DepthGrid, bests: list[BestPrices], brightest: int) -> None:
    """One row of shades in a row of cells, for few colours and none."""
    base = _BASE * plot.window.depth.columns
    for row, colors in enumerate(_colored(plot, grid, brightest)):
        shades = [_shade(color) for color in colors]
        foregrounds = bytes(color for _, color in shades)
        plot.area.blit(0, plot.cell(row), "".join(shade for shade, _ in shades), foregrounds, base)
    for column, row, color in _lines(plot, bests):
        plot.area.put(column, plot.cell(row), LINE, color, None, Attribute.BOLD)


def _shade(color: int) -> tuple[str, int]:
    """The character and the colour that stand for a heat colour."""
    if color == Color.BASE:
        return " ", Color.TEXT
    is_bid = color < Color.HEAT_ASK_0
    level = color - (Color.HEAT_BID_0 if is_bid else Color.HEAT_ASK_0)
    return SHADES[level * len(SHADES) // HEAT_LEVELS], Color.BID_BAR if is_bid else Color.ASK_BAR


def _draw_unknown(plot: Plot, unknown: list[range]) -> None:
    """Hatch the time of which nothing is known, which is not the same as nothing having rested."""
    for columns in unknown:
        for y in range(plot.area.height):
            for column in columns:
                if (column + y) % HATCH_EVERY == 0:
                    plot.area.put(column, y, HATCH, Color.BORDER)
        if len(columns) > len(UNKNOWN_TEXT) + 2:
            x = columns.start + (len(columns) - len(UNKNOWN_TEXT)) // 2
            plot.area.put(x, plot.area.height // 2, UNKNOWN_TEXT, Color.DIM)


# --- lines and dots --------------------------------------------------------------------------------------------


def _lines(plot: Plot, bests: list[BestPrices]) -> list[tuple[int, int, int]]:
    """(column, row, colour) of each point of the lines of the best prices; rows counted from below."""
    depth = plot.window.depth
    is_whole = plot.is_fine and plot.window.halves_per_row == 2
    last_column = min(depth.columns - 1, depth.column(plot.window.end_slot - 1))
    at_column: dict[int, BestPrices] = {}
    for best in bests:
        at_column[max(0, depth.column(best.slot))] = best
    points: list[tuple[int, int, int]] = []
    for color, side in ((Color.BID_LINE, 1), (Color.ASK_LINE, 2)):
        before: Optional[int] = None
        current: Optional[int] = None
        for column in range(last_column + 1):
            if column in at_column:
                price = at_column[column][side]
                current = None if price is None else depth.row(price)
            if current is not None:
                # The step from the price before is drawn, too, so that a line of pixels has no holes.
                low, high = sorted((current, current if before is None or is_whole else before))
                points += [(column, row, color) for row in range(max(0, low), min(depth.rows - 1, high) + 1)]
            before = current
    return points


def _draw_trades(plot: Plot, trades: list[DepthTrade]) -> int:
    """Dots by size, in the colour of who took the price; returns the largest quantity that a dot stands for."""
    depth = plot.window.depth
    dots: dict[tuple[int, int], dict[Optional[bool], int]] = {}
    for trade in trades:
        y = plot.y_of(trade.price)
        if y is not None:
            sides = dots.setdefault((depth.column(trade.slot), y), {})
            sides[trade.is_buy] = sides.get(trade.is_buy, 0) + trade.quantity
    largest = max((sum(sides.values()) for sides in dots.values()), default=0)
    for (column, y), sides in dots.items():
        size = bisect_left(DOT_PARTS, sum(sides.values()) / largest) - 1
        is_buy = max(sides, key=lambda side: sides[side])
        color = Color.BRIGHT if is_buy is None else side_color(is_buy)
        _put_dot(plot, column, y, DOTS[max(0, size)], color)
    return largest


def _put_dot(plot: Plot, column: int, y: int, dot: str, color: int) -> None:
    """A dot stands on what its cell shows beside the line, so that it is seen."""
    area = plot.area
    if 0 <= column < area.width:
        index = (area.top + y) * area.canvas.width + area.left + column
        halves = area.canvas.backgrounds[index], area.canvas.foregrounds[index]
        under = next((half for half in halves if plot.is_fine and half not in _LINES), Color.BASE)
        area.put(column, y, dot, color, under, Attribute.BOLD)


# --- axes ------------------------------------------------------------------------------------------------------


def _draw_prices(inside: Area, x: int, plot: Plot, model: Model, market: Market) -> None:
    """The axis at the right: prices, the best ones and the last in colour, and one's own orders."""
    price_x = x + 1
    for y in range(0, plot.area.height, PRICE_EVERY_CELLS):
        inside.put(price_x, y, market.scale.text(plot.price(y)), Color.FAINT)
    for price, color in ((market.best_ask, Color.ASK), (market.best_bid, Color.BID)):
        best_y = None if price is None else plot.y_of(price)
        if price is not None and best_y is not None:
            inside.put(price_x, best_y, market.scale.text(price), color)
    last_y = None if market.last is None else plot.y_of(market.last.price)
    if market.last is not None and last_y is not None:
        text = market.scale.text(market.last.price)
        inside.put(price_x, last_y, text, Color.INK, Color.LAST_TAG, Attribute.BOLD)
    _draw_own(inside, x, plot, model, market)


def _draw_own(inside: Area, x: int, plot: Plot, model: Model, market: Market) -> None:
    """`◄B25` at the price of one's own orders."""
    mine: dict[tuple[int, bool], int] = {}
    for order in model.orders.open(market.symbol):
        y = None if order.ladder_price is None else plot.y_of(order.ladder_price)
        if y is not None:
            mine[y, order.is_buy] = mine.get((y, order.is_buy), 0) + order.remaining
    mark_x = inside.width - OWN_MARK_WIDTH
    for (y, is_buy), quantity in mine.items():
        inside.put(x, y, "◄", Color.AVERAGE, None, Attribute.BOLD)
        inside.put(x + 1, y, market.scale.text(plot.price(y)), Color.AVERAGE)
        text = f"{'B' if is_buy else 'S'}{short_quantity(quantity, OWN_MARK_WIDTH - 2)}"
        tag, ink = (Color.BID_TAG, Color.ON_BID) if is_buy else (Color.ASK_TAG, Color.ON_ASK)
        inside.put(mark_x + 1, y, text, ink, tag, Attribute.BOLD)


def _draw_times(inside: Area, plot: Plot, model: Model, y: int) -> None:
    """The axis below: round times, each where its column begins."""
    depth = plot.window.depth
    column_s = depth.slots_per_column * DEPTH_SLOT_NS / NS_PER_S
    step_s = next((step for step in TIME_STEPS_S if step >= column_s * TIME_EVERY_CELLS_MIN), TIME_STEPS_S[-1])
    before: Optional[int] = None
    for column in range(depth.columns):
        slot = depth.first_slot + column * depth.slots_per_column
        wall_s = slot * DEPTH_SLOT_NS / NS_PER_S + model.clock_offset_s
        mark = int(wall_s // step_s)
        if before is not None and mark != before and column + 8 <= depth.columns:
            inside.put(column, y, "╵", Color.BORDER)
            inside.put(column + 1, y, clock_text(model, mark * step_s * NS_PER_S), Color.FAINT)
        before = mark


def _draw_legend(area: Area, plot: Plot, brightest: int, largest: int) -> None:
    """On the lower border: what the colours and the dots stand for, as much as fits."""
    y = area.height - 1
    sizes = f" {DOTS[0]} {DOTS[1]} {DOTS[2]} trades to {short_quantity(largest, 6)} "
    scale = f" {short_quantity(brightest, 6)}+ "
    if len(scale) + 2 * HEAT_LEVELS + 12 > area.width:
        return
    x = area.put(2, y, " bid ", Color.BID)
    for first in (Color.HEAT_BID_0, Color.HEAT_ASK_0):
        for level in range(0, HEAT_LEVELS, 1 if area.width >= 70 else 2):
            shade, color = ("█", first + level) if plot.is_fine else _shade(first + level)
            x = area.put(x, y, shade, color)
        is_last = first is Color.HEAT_ASK_0
        x = area.put(x, y, " ask " if is_last else scale, Color.ASK if is_last else Color.DIM)
    if largest and x + len(sizes) + 3 < area.width:
        area.put_right(area.width - 2, y, sizes, Color.DIM)
