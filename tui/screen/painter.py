"""Frames to the bytes that bring a terminal from one to the next.  Text out: nothing is written here.

Per changed row: find the cells that differ, join those that are at most `GAP_CELLS` apart (to write a few cells
again is cheaper than to move), and write each run with one move.  Within a frame only the layer of the style that
changed is set again.  Costs about 0.7 ms for a frame of 120 × 40 in which a tenth has changed; the same frame
twice gives no text at all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Optional

from tui.screen.cells import Canvas
from tui.screen.theme import Styles

GAP_CELLS = 6
# Between these a terminal that knows them shows nothing, so a frame never tears; others ignore them.
BEGIN_FRAME = "\x1b[?2026h"
END_FRAME = "\x1b[?2026l"

_ASCII_PAIRS = zip("▲▼►◄●○◆◇…·×↑↓←→•", "^v><*o*o~.x^v<>o", strict=True)
# For terminals that are not UTF-8: each character by one of ASCII that says as much as one can.
ASCII_TABLE: dict[int, str] = {
    **{ord(character): "+" for character in "╭╮╰╯├┤┬┴┼┌┐└┘"},
    **{ord(character): "-" for character in "─━┄┈╌╍–—"},
    **{ord(character): "|" for character in "│┃▏▎"},
    **{ord(character): "#" for character in "█▉▊▋▌▐▇▆▅▄"},
    **{ord(character): "=" for character in "▍▃"},
    **{ord(character): "_" for character in "▁▂"},
    ord("▔"): "~",
    **{ord(shade): letter for shade, letter in zip("░▒▓▀", ".:%#", strict=True)},
    **{ord(before): after for before, after in _ASCII_PAIRS},
    **{0x2800 + dots: ("." if dots.bit_count() < 3 else ":") for dots in range(1, 256)},
    0x2800: " ",
}


class _Pen:
    """Collects the text of one frame and remembers the style that is set."""

    __slots__ = ("parts", "_styles", "_style", "_has_layers")

    def __init__(self, styles: Styles) -> None:
        self.parts: list[str] = []
        self._styles = styles
        self._style: Optional[tuple[int, int, int]] = None
        self._has_layers = styles.has_layers

    def set(self, style: tuple[int, int, int]) -> None:
        before, self._style = self._style, style
        if style == before:
            return
        if before is None or before[2] != style[2] or not self._has_layers:
            self.parts.append(self._styles.full(*style))
            return
        if before[0] != style[0]:
            self.parts.append(self._styles.foreground(style[0]))
        if before[1] != style[1]:
            self.parts.append(self._styles.background(style[1]))


class Glyphs(Enum):
    """What the terminal can show in one cell: all of Unicode's narrow characters; those whose width no locale
    doubts; ASCII alone."""

    ALL = auto()
    SURE = auto()
    ASCII = auto()


class _SureTable(dict[int, str]):
    """For terminals that give two cells to what Unicode calls ambiguous: lines, blocks, arrows, Greek, Cyrillic.

    Filled as characters come; there are as many entries as different ones were shown.
    """

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        is_ambiguous = unicodedata.east_asian_width(letter) == "A"
        self[code] = shown = ASCII_TABLE.get(code, "?") if is_ambiguous else letter
        return shown


_SURE_TABLE = _SureTable()


def paint(previous: Optional[Canvas], current: Canvas, styles: Styles, *, glyphs: Glyphs = Glyphs.ALL) -> str:
    """The text that turns a terminal that shows `previous` into one that shows `current`.

    `previous` None means that nothing is known of what the terminal shows; so does another size.  Empty if
    there is no difference.
    """
    if previous is not None and (previous.width, previous.height) != (current.width, current.height):
        previous = None
    pen = _Pen(styles)
    for y in range(current.height):
        for start, end in _runs(previous, current, y):
            pen.parts.append(f"\x1b[{y + 1};{start - y * current.width + 1}H")
            _write_run(pen, current, start, end)
    if not pen.parts:
        return ""
    text = "".join(pen.parts)
    if glyphs is Glyphs.ASCII:
        text = text.translate(ASCII_TABLE).encode("ascii", "replace").decode("ascii")
    elif glyphs is Glyphs.SURE:
        text = text.translate(_SURE_TABLE)
    return f"{BEGIN_FRAME}{text}{END_FRAME}"


def _runs(previous: Optional[Canvas], current: Canvas, y: int) -> Iterator[tuple[int, int]]:
    """The runs of cells to write in row y, as indexes (start, end) into the layers."""
    first, last = y * current.width, (y + 1) * current.width
    if previous is None:
        yield first, last
        return
    changed = _changed_cells(previous, current, first, last)
    if not changed:
        return
    start = end = changed[0]
    for index in changed:
        if index - end > GAP_CELLS:
            yield start, end
            start = index
        end = index + 1
    yield start, end


def _changed_cells(previous: Canvas, current: Canvas, first: int, last: int) -> list[int]:
    """The indexes of the cells of a row that differ; a row that is the same costs four comparisons."""
    before = (
        previous.characters[first:last],
        previous.foregrounds[first:last],
        previous.backgrounds[first:last],
        previous.attributes[first:last],
    )
    after = (
        current.characters[first:last],
        current.foregrounds[first:last],
        current.backgrounds[first:last],
        current.attributes[first:last],
    )
    if before == after:
        return []
    cells = zip(zip(*before, strict=True), zip(*after, strict=True), strict=True)
    return [first + x for x, (old, new) in enumerate(cells) if old != new]


def _write_run(pen: _Pen, canvas: Canvas, start: int, end: int) -> None:
    characters, foregrounds = canvas.characters, canvas.foregrounds
    backgrounds, attributes = canvas.backgrounds, canvas.attributes
    index = start
    while index < end:
        style = (foregrounds[index], backgrounds[index], attributes[index])
        after = index + 1
        while after < end and (foregrounds[after], backgrounds[after], attributes[after]) == style:
            after += 1
        pen.set(style)
        pen.parts.append("".join(characters[index:after]))
        index = after


def glyphs_of(environment: Mapping[str, str]) -> Glyphs:
    """What the terminal of this environment can show; `EXCHANGE_AMBIGUOUS=2` says that it doubles the doubtful."""
    if not is_utf8(environment):
        return Glyphs.ASCII
    return Glyphs.SURE if environment.get("EXCHANGE_AMBIGUOUS") == "2" else Glyphs.ALL


def is_utf8(environment: Mapping[str, str]) -> bool:
    """Whether the locale's characters are UTF-8.  Python itself may say so where the terminal doesn't."""
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "UTF-8")
    return "utf8" in locale.lower().replace("-", "")
