"""The banner over a panel while something keeps orders from trading as they come: nobody can overlook it."""

from __future__ import annotations

from tui.screen.banners import Banner, banner_lines
from tui.screen.cells import Area, Attribute, Color, fit


def draw_banner(area: Area, found: list[Banner]) -> Area:
    """Draw them into the first rows of a panel's area; returns what is left of it, all if all is well."""
    lines = banner_lines(found, area.width)
    for y, line in enumerate(lines):
        background = Color.ALARM if found[0].is_alarm else Color.CONFIRM
        area.put(0, y, " " * area.width, Color.INK, background)
        text = fit(line, area.width - 2)
        area.put((area.width - len(text)) // 2, y, text, Color.INK, background, Attribute.BOLD)
    return area.part(0, len(lines), area.width, area.height - len(lines))
