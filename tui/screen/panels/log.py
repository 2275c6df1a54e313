"""All messages that are kept, newest on top, with their times: an overlay that scrolls."""

from __future__ import annotations

from itertools import islice

from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.model import Model
from tui.screen.panels.bottom import NOTICE_COLORS, notice_head
from tui.screen.panels.frame import frame, put_empty


def draw_log(area: Area, model: Model) -> None:
    """Draw it over `area`."""
    for y in range(area.height):
        area.put(0, y, " " * area.width, Color.TEXT, Color.BASE)
    inside = frame(area, f"MESSAGES {len(model.notices)}", is_focused=True, note="↑↓ scroll   Esc closes")
    if not model.notices:
        put_empty(inside, "nothing was said yet")
    newest = islice(reversed(model.notices), model.log_scrolled, model.log_scrolled + inside.height)
    for y, notice in enumerate(newest):
        x = inside.put(1, y, notice_head(model, notice), Color.FAINT)
        inside.put(x, y, fit(notice.text, inside.width - x - 1), NOTICE_COLORS[notice.kind], None, Attribute.NONE)
