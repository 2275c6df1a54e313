"""The help overlay, made from the key table, and the search over keys and commands.

Nothing searched for: all keys, in two columns where there is room, else it scrolls; pale is what would do nothing
now.  Searched: what was found, each with the reason why it does nothing now.
"""

from __future__ import annotations

import textwrap

from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.key_table import help_rows
from tui.screen.model import Model
from tui.screen.palette import PaletteEntry, idle_rows, known_command, next_words, search, suggestions
from tui.screen.panels.frame import Span, frame, put_empty, put_spans

KEYS_WIDTH = 14
TWO_COLUMNS_WIDTH_MIN = 100
MARGIN = 2
# The rows that a search takes above the command line.
SUGGESTIONS_MAX = 7
USAGE_PART = 2


def draw_help(area: Area, model: Model) -> None:
    """Draw it over `area`."""
    _clear(area)
    if model.help_query:
        _draw_found(area, model)
    else:
        _draw_keys(area, model)


def draw_suggestions(area: Area, model: Model) -> None:
    """Draw what the command line means, or might mean, at the bottom of `area`, just above it."""
    assert model.command is not None
    text = model.command.text
    command = known_command(text)
    if command is not None:
        words = next_words(model, text[: model.command.cursor])
        lines = [(f":{command.usage}", Color.ACCENT), (command.text, Color.TEXT)]
        lines += [(f"Tab: {' '.join(words)}", Color.DIM)] * bool(words)
        for y, (line, color) in enumerate(lines, start=area.height - len(lines)):
            area.put(0, y, " " * area.width, Color.TEXT, Color.KEY)
            area.put(MARGIN, y, fit(line, area.width - MARGIN - 1), color)
        return
    found = suggestions(model, text)[: min(SUGGESTIONS_MAX, area.height)]
    part = area.part(0, area.height - len(found), area.width, len(found))
    for y, entry in enumerate(found):
        part.put(0, y, " " * part.width, Color.TEXT, Color.KEY)
        _draw_entry(part, y, entry, is_chosen=False)


def _clear(area: Area) -> None:
    for y in range(area.height):
        area.put(0, y, " " * area.width, Color.TEXT, Color.BASE)


# --- the search ------------------------------------------------------------------------------------------------


def _draw_found(area: Area, model: Model) -> None:
    found = search(model, model.help_query)
    inside = frame(area, "HELP", is_focused=True, note="↑↓ choose   Enter does it   Esc closes")
    inside.put(MARGIN, 0, "search: ", Color.FAINT)
    x = inside.put(MARGIN + 8, 0, model.help_query, Color.BRIGHT, None, Attribute.BOLD)
    inside.put(x, 0, " ", Color.BRIGHT, None, Attribute.REVERSE)
    rows = max(1, inside.height - 2)
    part = inside.part(0, 2, inside.width, rows)
    if not found:
        put_empty(part, "no key and no command has this")
    first = max(0, min(model.help_chosen - rows + 1, len(found) - rows))
    for y, entry in enumerate(found[first : first + rows]):
        _draw_entry(part, y, entry, is_chosen=first + y == model.help_chosen)


def _draw_entry(area: Area, y: int, entry: PaletteEntry, *, is_chosen: bool) -> None:
    """`B S  Buy at the best bid …   not now: there is no bid to join`"""
    name_width = min(max(KEYS_WIDTH, len(entry.shown) + 1), area.width // USAGE_PART)
    if is_chosen:
        area.shade(0, y, area.width, Color.CURSOR)
        area.put(0, y, "►", Color.ACCENT, None, Attribute.BOLD)
    is_pale = bool(entry.why_not)
    area.put(MARGIN, y, fit(entry.shown, name_width), Color.DIM if is_pale else Color.ACCENT, None, Attribute.BOLD)
    x = MARGIN + name_width + 1
    end_x = area.put(x, y, fit(entry.text, area.width - x - 1), Color.DIM if is_pale else Color.TEXT)
    if is_pale:
        reason = f"not now: {entry.why_not}"
        # The reason is what the person looks for: it takes the room of the text if there is not enough.
        start = max(x, min(end_x + 2, area.width - len(reason) - 1))
        area.put(start - 1, y, " ")
        area.put(start, y, fit(reason, area.width - start - 1), Color.WARN)


# --- all keys --------------------------------------------------------------------------------------------------


def _draw_keys(area: Area, model: Model) -> None:
    column_count = 2 if area.width >= TWO_COLUMNS_WIDTH_MIN else 1
    column_width = (area.width - 2 - MARGIN * (column_count + 1)) // column_count
    idle = idle_rows(model)
    blocks = [_block(title, rows, column_width, idle) for title, rows in help_rows()]
    columns = _share_out(blocks, column_count)
    height = area.height - 3
    excess = max(0, max(len(column) for column in columns) - height)
    note = "type to search   Esc closes"
    inside = frame(area, "HELP", is_focused=True, note=f"↑↓ scroll   {note}" if excess else note)
    first = min(model.help_scrolled, excess)
    for number, column in enumerate(columns):
        x = MARGIN + number * (column_width + MARGIN)
        for y, line in enumerate(column[first : first + height], start=1):
            put_spans(inside, x, y, line)


def _block(title: str, rows: list[tuple[str, str]], width: int, idle: set[tuple[str, str]]) -> list[list[Span]]:
    """The lines of one section; pale is what does nothing now, its (title, keys) in `idle`."""
    lines = [[Span(title.upper(), Color.WARN, Attribute.BOLD)]]
    for keys, text in rows:
        first, *more = textwrap.wrap(text, max(10, width - KEYS_WIDTH))
        key_color, color = (Color.DIM, Color.FAINT) if (title, keys) in idle else (Color.ACCENT, Color.TEXT)
        lines.append([Span(keys.ljust(KEYS_WIDTH), key_color, Attribute.BOLD), Span(first, color)])
        lines += [[Span(" " * KEYS_WIDTH + line, color)] for line in more]
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
