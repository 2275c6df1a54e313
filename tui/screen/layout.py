"""Where everything is on a screen of a given size.  Pure; the view draws by it and clicks are understood by it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, Optional

WIDTH_MIN = 60
HEIGHT_MIN = 20
# Below this one panel is shown at a time; from the next two on there are two and three columns.
COMPACT_WIDTH_MIN = 80
WIDE_WIDTH_MIN = 110
SPACIOUS_WIDTH_MIN = 160
LADDER_WIDTH_MAX = 98
# Beside the ladder: fills and tape, each with times to the second.
RIGHT_WIDTH_MIN = 54
# The rows below the panels: ticket, messages, hints.
ROWS_BELOW = 3
# Above the panels, for a lesson of the tour.
STRIP_ROWS = 6
# Likewise for the event at hand of a recorded day.
MOMENT_ROWS = 5
# From these widths of the ladder's inside on it has totals and volumes as numbers; wider columns.
LADDER_TOTALS_WIDTH_MIN = 62
LADDER_ROOMY_WIDTH_MIN = 84


class Panel(Enum):
    """The panels, in the order Tab goes through them; the value is the title."""

    LADDER = "LADDER"
    LADDER_2 = "LADDER 2"
    WATCH = "WATCH"
    HEAT = "DEPTH"
    CHART = "PRICE"
    ORDERS = "MY ORDERS"
    FILLS = "MY FILLS"
    TAPE = "TAPE"


# What can be chosen, and what is before anybody has.
CHOOSABLE = tuple(panel for panel in Panel if panel is not Panel.LADDER)
CHOSEN_AT_START = frozenset(CHOOSABLE) - {Panel.LADDER_2}
_MIDDLE = frozenset({Panel.LADDER_2, Panel.WATCH, Panel.HEAT})
# Where there is room for one of these, it is the first that was chosen.
_OVER_TIME: tuple[Panel, ...] = (Panel.CHART, Panel.HEAT, Panel.WATCH)
_LISTS: tuple[Panel, ...] = (Panel.FILLS, Panel.TAPE)
# Rows at least, and percent of the height that is left, of a panel that has another below it.
_HEIGHTS = {
    Panel.LADDER_2: (12, 75),
    Panel.WATCH: (5, 24),
    Panel.HEAT: (8, 30),
    Panel.CHART: (8, 30),
    Panel.ORDERS: (7, 45),
}
_LIST_HEIGHT = (5, 70)


class Rect(NamedTuple):
    """A rectangle of cells."""

    x: int
    y: int
    width: int
    height: int

    def holds(self, x: int, y: int) -> bool:
        """Whether the cell (x, y) is in it."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(frozen=True, slots=True)
class Layout:
    """The rectangles of the panels that are shown, borders included; rows by their y.

    In the compact form FILLS and TAPE share one panel, which goes by FILLS.
    """

    width: int
    height: int
    is_wide: bool
    panels: dict[Panel, Rect]

    @property
    def ticket_y(self) -> int:
        """The row of the ticket, the confirmation and the command line."""
        return self.height - 3

    @property
    def messages_y(self) -> int:
        """The row of what just happened."""
        return self.height - 2

    @property
    def hints_y(self) -> int:
        """The last row."""
        return self.height - 1

    @property
    def ladder_rows(self) -> int:
        """How many prices the ladder shows; 0 if it isn't shown."""
        return self._rows(Panel.LADDER)

    @property
    def second_ladder_rows(self) -> int:
        """How many prices the second ladder shows; 0 if it isn't shown."""
        return self._rows(Panel.LADDER_2)

    def _rows(self, ladder: Panel) -> int:
        rect = self.panels.get(ladder)
        return max(0, rect.height - 3) if rect is not None else 0

    def panel_at(self, x: int, y: int) -> Optional[Panel]:
        """The panel that has the cell (x, y), None if none has."""
        return next((panel for panel, rect in self.panels.items() if rect.holds(x, y)), None)


def is_too_small(width: int, height: int) -> bool:
    """Whether there is no room for the screen."""
    return width < WIDTH_MIN or height < HEIGHT_MIN


def is_small(width: int) -> bool:
    """Whether there is room for one panel only."""
    return width < COMPACT_WIDTH_MIN


@lru_cache(maxsize=32)
def layout(
    width: int,
    height: int,
    zoomed: Optional[Panel] = None,
    chosen: frozenset[Panel] = CHOSEN_AT_START,
    symbol_count: int = 1,
    strip_rows: int = 0,
) -> Layout:
    """The layout of a screen of this size; `zoomed` is the panel that gets all the room (None: none does).

    `chosen` are the panels that the person wants beside the ladder; which of them are shown is a matter of room.
    The watchlist gets room for `symbol_count` symbols.  A small screen shows one panel at a time, the ladder if
    none is zoomed.  `strip_rows` above the panels are left for a lesson.
    """
    is_wide = width >= WIDE_WIDTH_MIN
    if is_too_small(width, height):
        return Layout(width, height, is_wide, {})
    body = Rect(0, 1 + strip_rows, width, height - 1 - strip_rows - ROWS_BELOW)
    if zoomed is None and is_small(width):
        zoomed = Panel.LADDER
    if zoomed is not None:
        return Layout(width, height, is_wide, {zoomed: body})
    if width >= SPACIOUS_WIDTH_MIN and chosen & _MIDDLE:
        return Layout(width, height, is_wide, _spacious(body, chosen, symbol_count))
    return Layout(width, height, is_wide, _wide(body, chosen) if is_wide else _compact(body, chosen))


def _wide(body: Rect, chosen: frozenset[Panel]) -> dict[Panel, Rect]:
    """Two columns: the ladder, and beside it a view over time, the orders, and the lists."""
    over_time = next((panel for panel in _OVER_TIME if panel in chosen), None)
    wanted = [[over_time] if over_time is not None else [], *_orders_and_lists(chosen)]
    ladder_width = min(LADDER_WIDTH_MAX, body.width * 3 // 5, body.width - RIGHT_WIDTH_MIN)
    right = Rect(ladder_width, body.y, body.width - ladder_width, body.height)
    return {Panel.LADDER: Rect(body.x, body.y, ladder_width, body.height)} | _stacked(right, wanted)


def _spacious(body: Rect, chosen: frozenset[Panel], symbol_count: int) -> dict[Panel, Rect]:
    """Three columns: the ladder; another one, or the watchlist over the heat map; the rest."""
    ladder_width = min(LADDER_WIDTH_MAX, max(LADDER_TOTALS_WIDTH_MIN + 2, body.width * 36 // 100))
    right_width = max(RIGHT_WIDTH_MIN, body.width * 30 // 100)
    middle = Rect(ladder_width, body.y, body.width - ladder_width - right_width, body.height)
    right = Rect(middle.x + middle.width, body.y, right_width, body.height)
    if Panel.LADDER_2 in chosen:
        in_middle = [[Panel.LADDER_2], [Panel.WATCH] if Panel.WATCH in chosen else []]
        over_time = [panel for panel in reversed(_OVER_TIME[:2]) if panel in chosen][:1]
    else:
        in_middle = [[panel] if panel in chosen else [] for panel in (Panel.WATCH, Panel.HEAT)]
        over_time = [Panel.CHART] if Panel.CHART in chosen else []
    rest = _stacked(right, [over_time, *_orders_and_lists(chosen)])
    # Of the watchlist no more than its symbols need; below another ladder that is what it leaves.
    watch_percent = min(_HEIGHTS[Panel.WATCH][1], -(-100 * (symbol_count + 3) // body.height))
    percents = {Panel.WATCH: watch_percent, Panel.LADDER_2: 100 - watch_percent}
    placed = _stacked(middle, in_middle, percents)
    return {Panel.LADDER: Rect(body.x, body.y, ladder_width, body.height)} | placed | rest


def _compact(body: Rect, chosen: frozenset[Panel]) -> dict[Panel, Rect]:
    right_width = max(33, body.width * 2 // 5)
    x = body.width - right_width
    # Fills and tape share a panel.
    lists = [Panel.FILLS] if chosen & {Panel.FILLS, Panel.TAPE} else []
    orders = [Panel.ORDERS] if Panel.ORDERS in chosen or not lists else []
    right = Rect(x, body.y, right_width, body.height)
    stacked = _stacked(right, [orders, lists], {Panel.ORDERS: 50})
    return {Panel.LADDER: Rect(body.x, body.y, x, body.height)} | stacked


def _orders_and_lists(chosen: frozenset[Panel]) -> list[list[Panel]]:
    lists = [panel for panel in _LISTS if panel in chosen]
    # Something must stand beside the ladder.
    return [[Panel.ORDERS] if Panel.ORDERS in chosen or not lists else [], lists]


def _stacked(
    rect: Rect, rows: list[list[Panel]], percents: Optional[dict[Panel, int]] = None
) -> dict[Panel, Rect]:
    """Rows of panels from above, each with its part of the height that is left; the last one has all of it."""
    rows, placed, y = [row for row in rows if row], {}, rect.y
    for index, row in enumerate(rows):
        left = rect.y + rect.height - y
        height = left
        if index < len(rows) - 1:
            least, percent = _HEIGHTS.get(row[0], _LIST_HEIGHT)
            height = max(least, left * (percents or {}).get(row[0], percent) // 100)
        width = (rect.width + len(row) - 1) // len(row)
        for number, panel in enumerate(row):
            x = number * width
            placed[panel] = Rect(rect.x + x, y, min(width, rect.width - x), height)
        y += height
    return placed


class Column(NamedTuple):
    """A column of the ladder: cells x … x + width of the panel's inside.  Width 0: not shown."""

    x: int
    width: int

    @property
    def end(self) -> int:
        """The x behind it."""
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class LadderColumns:
    """The columns from left to right.  Each number stands between its bar and the price."""

    mark: Column
    mine_bid: Column
    cumulated_bid: Column
    bid_bar: Column
    bid: Column
    price: Column
    ask: Column
    ask_bar: Column
    cumulated_ask: Column
    mine_ask: Column
    volume: Column
    volume_bar: Column


def ladder_columns(width: int, price_width: int) -> LadderColumns:
    """Share out an inside of `width` cells; the bars get what the numbers leave."""
    has_totals, is_roomy = width >= LADDER_TOTALS_WIDTH_MIN, width >= LADDER_ROOMY_WIDTH_MIN
    cumulated, volume = (7, 6) if has_totals else (0, 0)
    mine, quantity = (10, 8) if is_roomy else (6, 6)
    price_width += 4
    left = max(0, width - 1 - 2 * (mine + cumulated + quantity) - price_width - volume)
    volume_bar = left // 5 if is_roomy else left // 3
    bar = (left - volume_bar) // 2
    price_width += left - volume_bar - 2 * bar
    widths = (1, mine, cumulated, bar, quantity, price_width, quantity, bar, cumulated, mine, volume, volume_bar)
    columns, x = [], 0
    for column_width in widths:
        columns.append(Column(x, column_width))
        x += column_width
    return LadderColumns(*columns)
