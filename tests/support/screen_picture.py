"""The trading screen's pictures for the READMEs: fixed states → cells → SVG.  `render_screen.py` writes them.

Letters are text; bars, lines and dots are drawn as shapes, so the picture looks the same with every font.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from tests.support import moving_market, screen_scenes
from tests.support.rewound_day import at_a_queue, busy_day
from tests.support.screen_scenes import Scene, busy
from tui.screen.cells import Attribute, Canvas, Color
from tui.screen.panels.chart import BRAILLE, DOT_BITS
from tui.screen.panels.frame import EIGHTHS
from tui.screen.theme import PALETTES, RGB, Theme
from tui.screen.view import view

CELL_WIDTH, CELL_HEIGHT = 9, 19
FONT_SIZE = 15
BASELINE = 14
MARGIN = 12
LINES = {"─": 1.2, "━": 3.0, "╌": 1.2}
# Which half-lines meet in the middle of a cell: from the left, right, top, bottom.
CORNERS = {"╭": ("right", "bottom"), "╮": ("left", "bottom"), "╰": ("right", "top"), "╯": ("left", "top")}


class Picture:
    """Turns one canvas into the elements of an SVG."""

    def __init__(self, canvas: Canvas, theme: Theme) -> None:
        self.canvas = canvas
        self.palette = PALETTES[theme]

    def svg(self) -> str:
        """The whole file."""
        width = self.canvas.width * CELL_WIDTH + 2 * MARGIN
        height = self.canvas.height * CELL_HEIGHT + 2 * MARGIN
        body = [element for y in range(self.canvas.height) for element in self._row(y)]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
                f'font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="{FONT_SIZE}">',
                f'<rect width="{width}" height="{height}" rx="8" fill="{_hex(self.palette[Color.BASE])}"/>',
                f'<g transform="translate({MARGIN} {MARGIN})">',
                *body,
                "</g>",
                "</svg>\n",
            ]
        )

    def _style(self, index: int) -> tuple[int, int, int]:
        """Foreground, background and attribute of a cell; reversed ones are exchanged here."""
        canvas = self.canvas
        foreground, background = canvas.foregrounds[index], canvas.backgrounds[index]
        attribute = canvas.attributes[index]
        if attribute & Attribute.REVERSE:
            foreground, background = background, foreground
        return foreground, background, attribute

    def _row(self, y: int) -> Iterator[str]:
        first = y * self.canvas.width
        indexes = range(first, first + self.canvas.width)
        for background, cells in groupby(indexes, lambda index: self._style(index)[1]):
            run = list(cells)
            if background != Color.BASE:
                yield _rect(run[0] - first, y, len(run), self._color(background))
        for (style, kind), cells in groupby(indexes, lambda index: (self._style(index), self._kind(index))):
            run = list(cells)
            text = "".join(self.canvas.characters[index] for index in run)
            yield from self._run(run[0] - first, y, text, kind, style)

    def _kind(self, index: int) -> str:
        """Neighbours of the same kind are drawn together."""
        character = self.canvas.characters[index]
        if character == " ":
            return "space"
        if character in "█▀" or character in LINES:
            return character
        is_alone = character in CORNERS or character in EIGHTHS + "▐│" or ord(character) >= BRAILLE
        return f"alone {index}" if is_alone else "text"

    def _run(self, x: int, y: int, text: str, kind: str, style: tuple[int, int, int]) -> Iterator[str]:
        color = self._color(style[0])
        character = text[0]
        if kind == "space":
            return
        if character == "█":
            yield _rect(x, y, len(text), color)
        elif character == "▀":
            yield _rect(x, y, len(text), color, CELL_HEIGHT / 2)
        elif character in LINES:
            yield _line(x, y, len(text), color, character)
        elif character == "│":
            yield f'<path d="M{(x + 0.5) * CELL_WIDTH} {y * CELL_HEIGHT}v{CELL_HEIGHT}" stroke="{color}"/>'
        elif character in CORNERS:
            yield _corner(x, y, color, CORNERS[character])
        elif character == "▐":
            yield _rect(x + 0.5, y, 0.5, color)
        elif character in EIGHTHS:
            yield _rect(x, y, (EIGHTHS.index(character) + 1) / 8, color)
        elif ord(character) >= BRAILLE:
            yield from _dots(x, y, ord(character) - BRAILLE, color)
        else:
            yield _text(x, y, text, color, style[2])

    def _color(self, color: int) -> str:
        return _hex(self.palette[Color(color)])


def _hex(color: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _rect(x: float, y: int, cells: float, color: str, height: float = CELL_HEIGHT) -> str:
    left, width = x * CELL_WIDTH, cells * CELL_WIDTH
    place = f'x="{left:g}" y="{y * CELL_HEIGHT}" width="{width:g}" height="{height:g}"'
    return f'<rect {place} fill="{color}" shape-rendering="crispEdges"/>'


def _line(x: int, y: int, cells: int, color: str, character: str) -> str:
    dashes = ' stroke-dasharray="3 3"' if character == "╌" else ""
    middle = y * CELL_HEIGHT + CELL_HEIGHT / 2
    start = f"M{x * CELL_WIDTH} {middle}h{cells * CELL_WIDTH}"
    return f'<path d="{start}" stroke="{color}" stroke-width="{LINES[character]}"{dashes}/>'


def _corner(x: int, y: int, color: str, halves: tuple[str, str]) -> str:
    middle_x, middle_y = (x + 0.5) * CELL_WIDTH, (y + 0.5) * CELL_HEIGHT
    end_x = x * CELL_WIDTH if halves[0] == "left" else (x + 1) * CELL_WIDTH
    end_y = y * CELL_HEIGHT if halves[1] == "top" else (y + 1) * CELL_HEIGHT
    curve = f"M{end_x} {middle_y}Q{middle_x} {middle_y} {middle_x} {end_y}"
    return f'<path d="{curve}" fill="none" stroke="{color}" stroke-width="1.2"/>'


def _dots(x: int, y: int, dots: int, color: str) -> Iterator[str]:
    for column, bits in enumerate(DOT_BITS):
        for row, bit in enumerate(bits):
            if dots & bit:
                centre_x = (x + 0.25 + 0.5 * column) * CELL_WIDTH
                centre_y = y * CELL_HEIGHT + (row + 0.5) * CELL_HEIGHT / 4
                yield f'<circle cx="{centre_x:g}" cy="{centre_y:g}" r="1.6" fill="{color}"/>'


def _text(x: int, y: int, text: str, color: str, attribute: int) -> str:
    weight = ' font-weight="bold"' if attribute & Attribute.BOLD else ""
    line = ' text-decoration="underline"' if attribute & Attribute.UNDERLINE else ""
    length = f' textLength="{len(text) * CELL_WIDTH}" lengthAdjust="spacingAndGlyphs"'
    place = f'x="{x * CELL_WIDTH}" y="{y * CELL_HEIGHT + BASELINE}"'
    return f'<text {place} fill="{color}"{weight}{line}{length}>{escape(text)}</text>'


def pictures() -> dict[str, str]:
    """The pictures of the READMEs: where each belongs under `tui/`, and its SVG text."""
    return {
        "screenshot.svg": _picture(busy(120, 36)),
        "pictures/call.svg": _picture(screen_scenes.call(80, 24)),
        "pictures/heat_map.svg": _picture(moving_market.heat_map(120, 36)),
        "pictures/several.svg": _picture(moving_market.several(200, 60)),
        "pictures/tour.svg": _picture(moving_market.tour(100, 30)),
        "pictures/rewind.svg": _rewound(),
        "pictures/halt.svg": _picture(screen_scenes.halt(80, 24)),
        "pictures/iceberg.svg": _picture(screen_scenes.iceberg(80, 24)),
        "pictures/waiting_stop.svg": _picture(screen_scenes.waiting_stop(80, 24)),
    }


def _rewound() -> str:
    with busy_day(3_000) as day:
        screen = at_a_queue(day, 120, 36)
        return Picture(screen.canvas(), Theme.DEFAULT).svg()


def _picture(scene: Scene) -> str:
    width, height = scene.model.width, scene.model.height
    return Picture(view(scene.model, width, height, scene.now), Theme.DEFAULT).svg()
