"""What the panels share: the frame around each, and how things are written.  They change the area alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from exchange.utils.helpers import NS_PER_S
from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.key_table import Action
from tui.screen.model import Model

FULL_BLOCK = "█"
RIGHT_HALF_BLOCK = "▐"
# One to seven eighths of a cell, from its left edge.
EIGHTHS = "▏▎▍▌▋▊▉"


class Span(NamedTuple):
    """A piece of text in one style; a click on it does what the key of its `action` does."""

    text: str
    foreground: int = Color.TEXT
    attribute: int = Attribute.NONE
    background: Optional[int] = None
    action: Optional[Action] = None


def spans_width(spans: Sequence[Span]) -> int:
    """How many cells they take."""
    return sum(len(span.text) for span in spans)


def put_spans(area: Area, x: int, y: int, spans: Sequence[Span]) -> int:
    """Write them one after another; returns the x behind the last."""
    for span in spans:
        x = area.put(x, y, span.text, span.foreground, span.background, span.attribute)
    return x


def action_at(spans: Sequence[Span], x: int) -> Optional[Action]:
    """What a click does `x` cells behind the beginning of the first of these; None: nothing."""
    for span in spans:
        if 0 <= x < len(span.text):
            return span.action
        x -= len(span.text)
    return None


def frame(area: Area, title: str, *, is_focused: bool, note: str = "", note_color: int = Color.DIM) -> Area:
    """Draw a border with a title, and a note at its upper right; returns the inside."""
    border = Color.FOCUS if is_focused else Color.BORDER
    line = "─" * (area.width - 2)
    area.put(0, 0, f"╭{line}╮", border)
    area.put(0, area.height - 1, f"╰{line}╯", border)
    for y in range(1, area.height - 1):
        area.put(0, y, "│", border)
        area.put(area.width - 1, y, "│", border)
    title = fit(title, area.width - 6)
    color = Color.BRIGHT if is_focused else Color.DIM
    area.put(2, 0, f" {title} ", color, None, Attribute.BOLD if is_focused else Attribute.NONE)
    if note and len(title) + len(note) + 9 < area.width:
        area.put_right(area.width - 2, 0, f" {note} ", note_color)
    return area.part(1, 1, area.width - 2, area.height - 2)


def bar_right(fraction: float, width: int) -> str:
    """A bar that grows to the right: `fraction` (0 … 1) of `width` cells, but at least an eighth if above 0."""
    eighths = round(fraction * width * 8)
    if fraction > 0:
        eighths = max(1, eighths)
    full, rest = divmod(min(eighths, width * 8), 8)
    return FULL_BLOCK * full + (EIGHTHS[rest - 1] if rest else "")


def bar_left(fraction: float, width: int) -> str:
    """A bar that grows to the left, in halves of a cell: there are no other blocks for that."""
    halves = round(fraction * width * 2)
    if fraction > 0:
        halves = max(1, halves)
    full, rest = divmod(min(halves, width * 2), 2)
    return (RIGHT_HALF_BLOCK if rest else "") + FULL_BLOCK * full


def clock_text(model: Model, timestamp_ns: int) -> str:
    """`10:42:07` local time."""
    seconds = (timestamp_ns // NS_PER_S + int(model.zone_offset_s)) % 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def side_color(is_buy: bool) -> int:
    """The colour of a side."""
    return Color.BID if is_buy else Color.ASK


def put_empty(area: Area, text: str) -> None:
    """Say in the middle of a panel that it has nothing to show."""
    text = fit(text, area.width)
    area.put((area.width - len(text)) // 2, max(0, (area.height - 1) // 2), text, Color.FAINT)
