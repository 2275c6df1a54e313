"""`view(model, width, height, now)`: the frame for a state.  Pure: the same arguments give the same cells.

It only decides who draws where; what is drawn is in `tui.screen.panels`.  Costs about 2 ms for 120 × 36.
"""

from __future__ import annotations

from collections.abc import Callable

from tui.screen.cells import Area, Canvas, Color, fit
from tui.screen.layout import (
    HEIGHT_MIN,
    MOMENT_ROWS,
    ROWS_BELOW,
    STRIP_ROWS,
    WIDTH_MIN,
    Layout,
    Panel,
    Rect,
    is_too_small,
)
from tui.screen.model import Model, retry_in_s
from tui.screen.panels.bottom import draw_hints, draw_messages, draw_ticket_row
from tui.screen.panels.chart import draw_chart
from tui.screen.panels.header import draw_header
from tui.screen.panels.heat import draw_heat
from tui.screen.panels.help import draw_help, draw_suggestions
from tui.screen.panels.ladder import draw_ladder
from tui.screen.panels.lesson import draw_lesson
from tui.screen.panels.log import draw_log
from tui.screen.panels.moment import draw_moment, draw_progress, draw_queue, draw_rewind_hints
from tui.screen.panels.orders import draw_orders
from tui.screen.panels.second_ladder import draw_second_ladder
from tui.screen.panels.trades import draw_fills, draw_fills_and_tape, draw_tape
from tui.screen.panels.watch import draw_watch


def view(model: Model, width: int, height: int, now: float) -> Canvas:
    """Draw the state onto a new canvas of this size, which may be any from 1 × 1 on; `now` as in `update`."""
    if model.tour is not None:
        return view(model.tour.model, width, height, now)
    if model.rewind is not None:
        now = model.rewind.now
    canvas = Canvas(width, height)
    area = canvas.area()
    if is_too_small(width, height):
        _draw_too_small(area)
        return canvas
    shown = model.layout_for(width, height)
    draw_header(area.part(0, 0, width, 1), model, now, retry_in_s(model, now))
    for panel, rect in shown.panels.items():
        _draw_panel(panel, _part(area, rect), model, shown, now)
    if model.lesson is not None:
        draw_lesson(area.part(0, 1, width, STRIP_ROWS), model.lesson)
    if model.rewind is not None:
        draw_moment(area.part(0, 1, width, MOMENT_ROWS), model.rewind)
    _draw_below(area, model, shown)
    if model.command is not None:
        draw_suggestions(area.part(0, 1, width, height - 1 - ROWS_BELOW), model)
    if model.is_log_shown:
        draw_log(area.part(0, 1, width, height - 1 - ROWS_BELOW), model)
    if model.is_help_shown:
        draw_help(area.part(0, 1, width, height - 1 - ROWS_BELOW), model)
    return canvas


def _draw_below(area: Area, model: Model, shown: Layout) -> None:
    """The last three rows."""
    ticket, messages, hints = (
        area.part(0, y, area.width, 1) for y in (shown.ticket_y, shown.messages_y, shown.hints_y)
    )
    if model.rewind is not None and model.command is None and model.confirm is None:
        draw_progress(ticket, model.rewind)
    else:
        draw_ticket_row(ticket, model)
    draw_messages(messages, model)
    if model.rewind is not None:
        draw_rewind_hints(hints)
    else:
        draw_hints(hints)


def _part(area: Area, rect: Rect) -> Area:
    return area.part(rect.x, rect.y, rect.width, rect.height)


def _draw_panel(panel: Panel, area: Area, model: Model, shown: Layout, now: float) -> None:
    if panel is Panel.FILLS and not shown.is_wide and len(shown.panels) > 1:
        draw_fills_and_tape(area, model)
    elif panel is Panel.ORDERS and model.rewind is not None:
        draw_queue(area, model, model.rewind)
    else:
        DRAWERS[panel](area, model, shown, now)


# Who draws which panel.  A new one needs a file in `panels`, a row here, and a member and a place in `layout`.
DRAWERS: dict[Panel, Callable[[Area, Model, Layout, float], None]] = {
    Panel.LADDER: draw_ladder,
    Panel.LADDER_2: lambda area, model, _, now: draw_second_ladder(area, model, now),
    Panel.WATCH: lambda area, model, _, __: draw_watch(area, model),
    Panel.CHART: lambda area, model, _, now: draw_chart(area, model, now),
    Panel.HEAT: lambda area, model, _, now: draw_heat(area, model, now),
    Panel.ORDERS: lambda area, model, _, __: draw_orders(area, model),
    Panel.FILLS: lambda area, model, _, __: draw_fills(area, model),
    Panel.TAPE: lambda area, model, _, __: draw_tape(area, model),
}


def _draw_too_small(area: Area) -> None:
    text = f"{area.width}×{area.height} is too small: this screen needs {WIDTH_MIN}×{HEIGHT_MIN}"
    area.put(0, 0, fit(text, area.width), Color.WARN)
