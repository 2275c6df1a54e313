"""The banner over the ladder while an instrument does not trade continuously: nobody can overlook it.

It takes the ladder's upper border and the heads of its columns, so that no price moves when it comes or goes.
"""

from __future__ import annotations

from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.market_data import Market
from tui.screen.session_phase import Indication

ROWS = 2


def draw_banner(area: Area, market: Market, wall_s: float) -> None:
    """Draw it into the area of the ladder's panel, borders included; nothing in continuous trading."""
    phase = market.phase
    if phase.is_continuous:
        return
    # A call takes orders; in a halt nothing can be done but to cancel.
    background = Color.CONFIRM if phase.is_call else Color.ALARM
    lines = (f"{market.symbol}  {phase.text(wall_s)}", _second_line(market))
    for y, line in enumerate(lines):
        area.put(0, y, " " * area.width, Color.INK, background)
        text = fit(line, area.width - 2)
        area.put((area.width - len(text)) // 2, y, text, Color.INK, background, Attribute.BOLD)


def _second_line(market: Market) -> str:
    phase = market.phase
    if not phase.is_call:
        return "no orders are taken; cancels always are"
    # Orders are collected, nothing trades.
    indication = phase.indication or Indication(None, 0, 0, None)
    return indication.text(market.scale)
