"""The grid of cells that a frame is made of.  Knows no terminal and no trading.

A cell has four layers, each in an array of its own: character, foreground, background and attribute.  Drawing
replaces a slice of each, so shading a row and then writing on it needs no reading back, and comparing two frames
is a few comparisons of bytes.  Colours are roles (`Color.BID`), never numbers of a terminal: a theme says what
they look like, so a frame is the same in every theme.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Optional

from exchange.utils.visible_text import visible_text


class Color(IntEnum):
    """What a colour means.  The first group is written with, the second is written on."""

    TEXT = 0
    BRIGHT = 1
    DIM = 2
    FAINT = 3
    BORDER = 4
    FOCUS = 5
    ACCENT = 6
    GOOD = 7
    BAD = 8
    WARN = 9
    BID = 10
    ASK = 11
    BID_BAR = 12
    ASK_BAR = 13
    VOLUME_BAR = 14
    AVERAGE = 15
    CHART = 16
    INK = 17
    ON_BID = 18
    ON_ASK = 19

    BASE = 32
    SHADE = 33
    CURSOR = 34
    INSIDE = 35
    STRIP = 36
    BID_FLASH = 37
    ASK_FLASH = 38
    BID_TAG = 39
    ASK_TAG = 40
    LAST_TAG = 41
    SAFE_BADGE = 42
    ARMED_BADGE = 43
    CONFIRM = 44
    ALARM = 45
    KEY = 46
    CHART_FILL = 47

    # How much rests, little to much; written with and written on, for half a cell may be of each.
    HEAT_BID_0 = 64
    HEAT_BID_1 = 65
    HEAT_BID_2 = 66
    HEAT_BID_3 = 67
    HEAT_BID_4 = 68
    HEAT_BID_5 = 69
    HEAT_BID_6 = 70
    HEAT_BID_7 = 71
    HEAT_BID_8 = 72
    HEAT_BID_9 = 73
    HEAT_ASK_0 = 80
    HEAT_ASK_1 = 81
    HEAT_ASK_2 = 82
    HEAT_ASK_3 = 83
    HEAT_ASK_4 = 84
    HEAT_ASK_5 = 85
    HEAT_ASK_6 = 86
    HEAT_ASK_7 = 87
    HEAT_ASK_8 = 88
    HEAT_ASK_9 = 89
    BID_LINE = 96
    ASK_LINE = 97


class Attribute(IntFlag):
    """How a cell is drawn beside its colours."""

    NONE = 0
    BOLD = 1
    DIM = 2
    REVERSE = 4
    UNDERLINE = 8


BLANK = " "
# One byte of each value, made once: repeating one is how a run of a layer is written.
_BYTES = [bytes([value]) for value in range(128)]
# Foreground of a cell that is dimmed → what it becomes; all that is not listed becomes FAINT.
_DIMMED = bytes(
    Color.BORDER if value in (Color.BORDER, Color.BID_BAR, Color.ASK_BAR, Color.VOLUME_BAR) else Color.FAINT
    for value in range(256)
)
_LIT = (Color.BID_FLASH, Color.ASK_FLASH, Color.BID_TAG, Color.ASK_TAG, Color.LAST_TAG)
_UNLIT = bytes(Color.BASE if value in _LIT else value for value in range(256))
# On a row that is picked out, what is pale becomes readable.
_RAISED = bytes.maketrans(bytes((Color.FAINT, Color.DIM)), bytes((Color.TEXT, Color.BRIGHT)))


class Canvas:
    """A frame of `width` × `height` cells, both at least 1; cell (x, y) is at index y · width + x."""

    __slots__ = ("width", "height", "characters", "foregrounds", "backgrounds", "attributes")

    def __init__(self, width: int, height: int) -> None:
        assert width > 0 and height > 0, (width, height)
        count = width * height
        self.width = width
        self.height = height
        self.characters: list[str] = [BLANK] * count
        self.foregrounds = bytearray(_BYTES[Color.TEXT] * count)
        self.backgrounds = bytearray(_BYTES[Color.BASE] * count)
        self.attributes = bytearray(count)

    def area(self) -> Area:
        """All of the frame."""
        return Area(self, 0, 0, self.width, self.height)

    def row(self, y: int) -> str:
        """The characters of one row, for tests and for those who read."""
        return "".join(self.characters[y * self.width : (y + 1) * self.width])


class Area:
    """A rectangle of a canvas.  (0, 0) is its upper left cell; what is drawn outside it is cut off."""

    __slots__ = ("canvas", "left", "top", "width", "height")

    def __init__(self, canvas: Canvas, left: int, top: int, width: int, height: int) -> None:
        self.canvas = canvas
        self.left = left
        self.top = top
        self.width = max(0, min(width, canvas.width - left))
        self.height = max(0, min(height, canvas.height - top))

    def part(self, x: int, y: int, width: int, height: int) -> Area:
        """A rectangle within this one, cut off at its edges."""
        return Area(
            self.canvas, self.left + x, self.top + y, min(width, self.width - x), min(height, self.height - y)
        )

    def put(
        self,
        x: int,
        y: int,
        text: str,
        foreground: int = Color.TEXT,
        background: Optional[int] = None,
        attribute: int = Attribute.NONE,
    ) -> int:
        """Write `text` from (x, y) on; `background` None keeps what is there.  Returns the x behind the text."""
        text = visible_text(text)
        end_x = x + len(text)
        if x < 0:
            text, x = text[-x:], 0
        if end_x > self.width:
            text = text[: max(0, self.width - x)]
        if not text or not 0 <= y < self.height:
            return end_x
        canvas = self.canvas
        start = (self.top + y) * canvas.width + self.left + x
        count = len(text)
        end = start + count
        canvas.characters[start:end] = text
        canvas.foregrounds[start:end] = _BYTES[foreground] * count
        canvas.attributes[start:end] = _BYTES[attribute] * count
        if background is not None:
            canvas.backgrounds[start:end] = _BYTES[background] * count
        return end_x

    def put_right(
        self,
        end_x: int,
        y: int,
        text: str,
        foreground: int = Color.TEXT,
        background: Optional[int] = None,
        attribute: int = Attribute.NONE,
    ) -> int:
        """Write `text` so that it ends just before `end_x`.  Returns the x of its first character."""
        x = end_x - len(visible_text(text))
        self.put(x, y, text, foreground, background, attribute)
        return x

    def shade(self, x: int, y: int, width: int, background: int) -> None:
        """Give `width` cells of row y from x on this background; what is written there stays."""
        end_x = min(x + width, self.width)
        x = max(0, x)
        if end_x <= x or not 0 <= y < self.height:
            return
        start = (self.top + y) * self.canvas.width + self.left + x
        count = end_x - x
        self.canvas.backgrounds[start : start + count] = _BYTES[background] * count

    def blit(self, x: int, y: int, text: str, foregrounds: bytes, backgrounds: bytes) -> None:
        """Write a row of cells, each with its own colours; all of it must be inside, the three of one length."""
        assert len(text) == len(foregrounds) == len(backgrounds) <= self.width - x, (x, len(text), self.width)
        canvas = self.canvas
        start = (self.top + y) * canvas.width + self.left + x
        end = start + len(text)
        canvas.characters[start:end] = text
        canvas.foregrounds[start:end] = foregrounds
        canvas.backgrounds[start:end] = backgrounds
        canvas.attributes[start:end] = bytes(len(text))

    def pick_out(self, y: int, background: int) -> None:
        """Give row y this background where it has none of its own, and make what is pale there readable."""
        if not 0 <= y < self.height:
            return
        canvas = self.canvas
        start = (self.top + y) * canvas.width + self.left
        end = start + self.width
        canvas.foregrounds[start:end] = canvas.foregrounds[start:end].translate(_RAISED)
        canvas.backgrounds[start:end] = canvas.backgrounds[start:end].replace(
            _BYTES[Color.BASE], _BYTES[background]
        )

    def dim(self) -> None:
        """Make all of this area pale: what it shows may not be so any more."""
        canvas = self.canvas
        for y in range(self.top, self.top + self.height):
            start = y * canvas.width + self.left
            end = start + self.width
            canvas.foregrounds[start:end] = canvas.foregrounds[start:end].translate(_DIMMED)
            canvas.backgrounds[start:end] = canvas.backgrounds[start:end].translate(_UNLIT)
            canvas.attributes[start:end] = _BYTES[Attribute.DIM] * self.width


def fit(text: str, width: int) -> str:
    """`text` in at most `width` cells, its end cut with an ellipsis; what does not take one cell is escaped."""
    text = visible_text(text)
    if len(text) <= width:
        return text
    return text[: width - 1] + "…" if width > 0 else ""


def fit_end(text: str, width: int) -> str:
    """The same, but its beginning is cut: of a number the last digits tell it from others."""
    text = visible_text(text)
    if len(text) <= width:
        return text
    return "…" + text[len(text) - width + 1 :] if width > 0 else ""
