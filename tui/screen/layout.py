"""Where everything is on a screen of a given size.  Pure; the view draws by it and clicks are understood by it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Optional

WIDTH_MIN = 80
HEIGHT_MIN = 24
WIDE_WIDTH_MIN = 110
LADDER_WIDTH_MAX = 98
# Beside the ladder: fills and tape, each with times to the second.
RIGHT_WIDTH_MIN = 54
# The rows below the panels: ticket, messages, hints.
ROWS_BELOW = 3
# From these widths of the ladder's inside on it has totals and volumes as numbers; wider columns.
LADDER_TOTALS_WIDTH_MIN = 62
LADDER_ROOMY_WIDTH_MIN = 84


class Panel(Enum):
    """The panels, in the order Tab goes through them; the value is the title."""

    LADDER = "LADDER"
    CHART = "PRICE"
    HEAT = "DEPTH"
    ORDERS = "MY ORDERS"
    FILLS = "MY FILLS"
    TAPE = "TAPE"


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
        rect = self.panels.get(Panel.LADDER)
        return max(0, rect.height - 3) if rect is not None else 0

    def panel_at(self, x: int, y: int) -> Optional[Panel]:
        """The panel that has the cell (x, y), None if none has."""
        return next((panel for panel, rect in self.panels.items() if rect.holds(x, y)), None)


def is_too_small(width: int, height: int) -> bool:
    """Whether there is no room for the screen."""
    return width < WIDTH_MIN or height < HEIGHT_MIN


def layout(width: int, height: int, zoomed: Optional[Panel] = None) -> Layout:
    """The layout of a screen of this size; `zoomed` is the panel that gets all the room (None: none does)."""
    is_wide = width >= WIDE_WIDTH_MIN
    if is_too_small(width, height):
        return Layout(width, height, is_wide, {})
    body = Rect(0, 1, width, height - 1 - ROWS_BELOW)
    if zoomed is not None:
        return Layout(width, height, is_wide, {zoomed: body})
    return Layout(width, height, is_wide, _wide(body) if is_wide else _compact(body))


def _wide(body: Rect) -> dict[Panel, Rect]:
    ladder_width = min(LADDER_WIDTH_MAX, body.width * 3 // 5, body.width - RIGHT_WIDTH_MIN)
    x, width = ladder_width, body.width - ladder_width
    chart_height = max(8, body.height * 30 // 100)
    orders_height = max(7, (body.height - chart_height) * 45 // 100)
    orders_y = body.y + chart_height
    lists_y = orders_y + orders_height
    lists_height = body.y + body.height - lists_y
    fills_width = (width + 1) // 2
    return {
        Panel.LADDER: Rect(body.x, body.y, ladder_width, body.height),
        Panel.CHART: Rect(x, body.y, width, chart_height),
        Panel.ORDERS: Rect(x, orders_y, width, orders_height),
        Panel.FILLS: Rect(x, lists_y, fills_width, lists_height),
        Panel.TAPE: Rect(x + fills_width, lists_y, width - fills_width, lists_height),
    }


def _compact(body: Rect) -> dict[Panel, Rect]:
    right_width = max(33, body.width * 2 // 5)
    x = body.width - right_width
    orders_height = body.height // 2
    return {
        Panel.LADDER: Rect(body.x, body.y, x, body.height),
        Panel.ORDERS: Rect(x, body.y, right_width, orders_height),
        Panel.FILLS: Rect(x, body.y + orders_height, right_width, body.height - orders_height),
    }


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
    mine, quantity = (7, 8) if is_roomy else (6, 6)
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
