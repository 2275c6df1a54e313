"""All messages that are kept, newest on top, with their times, each to its last word: an overlay that scrolls."""

from __future__ import annotations

import textwrap
from itertools import islice

from exchange.utils.visible_text import visible_text
from tui.screen.cells import Area, Color
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
    y = 0
    for notice in islice(reversed(model.notices), model.log_scrolled, None):
        if y >= inside.height:
            break
        x = inside.put(1, y, notice_head(model, notice), Color.FAINT)
        # What goes on stands below its own words, so that each time begins a message.
        lines = textwrap.wrap(visible_text(notice.text), max(1, inside.width - x - 1))
        for row, line in enumerate(lines[: inside.height - y], start=y):
            inside.put(x, row, line, NOTICE_COLORS[notice.kind])
        y += max(1, len(lines))
