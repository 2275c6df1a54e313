"""The help overlay, made from the key table: in two columns where there is room, else it scrolls."""

from __future__ import annotations

import textwrap

from tui.screen.cells import Area, Attribute, Color
from tui.screen.key_table import help_rows
from tui.screen.panels.frame import Span, frame, put_spans

KEYS_WIDTH = 14
TWO_COLUMNS_WIDTH_MIN = 100
MARGIN = 2


def draw_help(area: Area, scrolled: int) -> None:
    """Draw it over `area`, from line `scrolled` on as far as there are more lines than fit."""
    for y in range(area.height):
        area.put(0, y, " " * area.width, Color.TEXT, Color.BASE)
    column_count = 2 if area.width >= TWO_COLUMNS_WIDTH_MIN else 1
    column_width = (area.width - 2 - MARGIN * (column_count + 1)) // column_count
    blocks = [_block(title, rows, column_width) for title, rows in help_rows()]
    columns = _share_out(blocks, column_count)
    height = area.height - 3
    excess = max(0, max(len(column) for column in columns) - height)
    note = "↑↓ scroll, any other key closes" if excess else "any key closes"
    inside = frame(area, "HELP", is_focused=True, note=note)
    first = min(scrolled, excess)
    for number, column in enumerate(columns):
        x = MARGIN + number * (column_width + MARGIN)
        for y, line in enumerate(column[first : first + height], start=1):
            put_spans(inside, x, y, line)


def _block(title: str, rows: list[tuple[str, str]], width: int) -> list[list[Span]]:
    """The lines of one section."""
    lines = [[Span(title.upper(), Color.WARN, Attribute.BOLD)]]
    for keys, text in rows:
        first, *more = textwrap.wrap(text, max(10, width - KEYS_WIDTH))
        lines.append([Span(keys.ljust(KEYS_WIDTH), Color.ACCENT, Attribute.BOLD), Span(first)])
        lines += [[Span(" " * KEYS_WIDTH + line)] for line in more]
    return [*lines, []]


def _share_out(blocks: list[list[list[Span]]], column_count: int) -> list[list[list[Span]]]:
    """Put the sections into columns of about the same length, in their order."""
    half = -(-sum(len(block) for block in blocks) // column_count)
    columns: list[list[list[Span]]] = [[]]
    for block in blocks:
        if columns[-1] and len(columns) < column_count and len(columns[-1]) + len(block) // 2 > half:
            columns.append([])
        columns[-1] += block
    return columns
