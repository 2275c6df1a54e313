"""The second ladder: the first one's panel, drawn for another symbol, without a cursor."""

from __future__ import annotations

from tui.screen.cells import Area
from tui.screen.layout import Layout, Panel, Rect
from tui.screen.model import Model
from tui.screen.panels.frame import frame, put_empty
from tui.screen.panels.ladder import draw_ladder
from tui.screen.second_ladder import as_first


def draw_second_ladder(area: Area, model: Model, now: float) -> None:
    """Draw the panel."""
    other = as_first(model)
    if other is None:
        is_focused = model.focus is Panel.LADDER_2
        put_empty(frame(area, "LADDER", is_focused=is_focused), "waiting for another symbol")
        return
    # Its figures of the day are on its own border: the header has those of the first.
    shown = Layout(area.width, area.height, False, {Panel.LADDER: Rect(0, 0, area.width, area.height)})
    draw_ladder(area, other, shown, now, is_second=True)
