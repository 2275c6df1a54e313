"""What the colour roles look like: three themes, for terminals with 16 million, 256, 16, 8 or no colours.

`Styles` turns the three style layers of a cell into escape sequences.  Each string is made once and kept.  Without
colours the sides are told apart by column and letter, and what must stand out by bold, dim and reverse.
"""

from __future__ import annotations

from enum import Enum

from tui.screen.cells import Attribute, Color
from tui.screen.eight_colors import style_of_8

RGB = tuple[int, int, int]
# How many shades a heat map has for each side.
HEAT_LEVELS = 10


class ColorDepth(Enum):
    """How many colours a terminal has."""

    NONE = 0
    ANSI_8 = 8
    ANSI_16 = 16
    ANSI_256 = 256
    TRUE_COLOR = 1 << 24

    @classmethod
    def from_count(cls, count: int) -> ColorDepth:
        """The best depth that a terminal of `count` colours can show."""
        return max((depth for depth in cls if depth.value <= count), key=lambda depth: depth.value)


class Theme(Enum):
    """The themes, in the order the key goes through them."""

    DEFAULT = "default"
    RED_GREEN = "red-green"
    MONO = "mono"

    @property
    def next(self) -> Theme:
        """The theme after this one, and the first after the last."""
        themes = list(Theme)
        return themes[(themes.index(self) + 1) % len(themes)]


def _hex(text: str) -> RGB:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def _ramp(first: Color, *stops: str) -> dict[Color, RGB]:
    """The colours of the heat levels from `first` on, evenly between the stops."""
    colors = [_hex(stop) for stop in stops]
    ramp = {}
    for level in range(HEAT_LEVELS):
        before, part = divmod(level * (len(colors) - 1) / (HEAT_LEVELS - 1), 1)
        low, high = colors[int(before)], colors[min(int(before) + 1, len(colors) - 1)]
        red, green, blue = (round(a + (b - a) * part) for a, b in zip(low, high, strict=True))
        ramp[Color(first + level)] = (red, green, blue)
    return ramp


# Blue and orange are told apart by every kind of colour blindness.
_DEFAULT: dict[Color, RGB] = {
    color: _hex(text)
    for color, text in {
        Color.TEXT: "c6d0dc",
        Color.BRIGHT: "ffffff",
        Color.DIM: "8290a3",
        Color.FAINT: "56617a",
        Color.BORDER: "364054",
        Color.FOCUS: "8fb8de",
        Color.ACCENT: "5ed4c8",
        Color.GOOD: "5fd38d",
        Color.BAD: "ff7b8a",
        Color.WARN: "f2cc60",
        Color.BID: "6cb6ff",
        Color.ASK: "ffab57",
        Color.BID_BAR: "2b63a8",
        Color.ASK_BAR: "a35c16",
        Color.VOLUME_BAR: "47516b",
        Color.AVERAGE: "d2a8ff",
        Color.CHART: "5ed4c8",
        Color.INK: "0b0f16",
        Color.ON_BID: "ffffff",
        Color.ON_ASK: "ffffff",
        Color.BASE: "0d1118",
        Color.SHADE: "151b26",
        Color.CURSOR: "2d3a55",
        Color.INSIDE: "1b1a2b",
        Color.STRIP: "1a2130",
        Color.BID_FLASH: "1d4f91",
        Color.ASK_FLASH: "8a4b0c",
        Color.BID_TAG: "1f5fae",
        Color.ASK_TAG: "b05c0a",
        Color.LAST_TAG: "e6edf5",
        Color.SAFE_BADGE: "5ed4c8",
        Color.ARMED_BADGE: "ff5c6c",
        Color.CONFIRM: "f2cc60",
        Color.ALARM: "ff5c6c",
        Color.KEY: "2a3448",
        Color.CHART_FILL: "12242e",
        Color.BID_LINE: "d8f1ff",
        Color.ASK_LINE: "fff0cf",
    }.items()
}
_DEFAULT |= _ramp(Color.HEAT_BID_0, "11203a", "174a8c", "2a7fe0", "55c7ff")
_DEFAULT |= _ramp(Color.HEAT_ASK_0, "2a1a10", "6e3c0c", "cf6d12", "ffb347")
_RED_GREEN = _DEFAULT | {
    color: _hex(text)
    for color, text in {
        Color.BID: "62d98b",
        Color.ASK: "ff8585",
        Color.BID_BAR: "1f7040",
        Color.ASK_BAR: "9c2f36",
        Color.BID_FLASH: "1a6238",
        Color.ASK_FLASH: "862530",
        Color.BID_TAG: "1d7a43",
        Color.ASK_TAG: "b3313a",
        Color.CHART: "7cb7ff",
        Color.ACCENT: "7cb7ff",
        Color.SAFE_BADGE: "7cb7ff",
        Color.BID_LINE: "e2ffe9",
        Color.ASK_LINE: "ffe6e6",
    }.items()
}
_RED_GREEN |= _ramp(Color.HEAT_BID_0, "10261a", "185c34", "2aa35c", "6ff0a0")
_RED_GREEN |= _ramp(Color.HEAT_ASK_0, "2b1418", "75252d", "d0424c", "ff8f8f")
_MONO = {
    color: (round(0.3 * red + 0.59 * green + 0.11 * blue),) * 3 for color, (red, green, blue) in _DEFAULT.items()
} | {
    Color.BID: (235, 235, 235),
    Color.ASK: (190, 190, 190),
    Color.BID_BAR: (125, 125, 125),
    Color.ASK_BAR: (85, 85, 85),
    Color.BID_TAG: (85, 85, 85),
    Color.ASK_TAG: (85, 85, 85),
    Color.BID_LINE: (255, 255, 255),
    Color.ASK_LINE: (255, 255, 255),
}
_MONO |= _ramp(Color.HEAT_BID_0, "1a1a1a", "c4c4c4") | _ramp(Color.HEAT_ASK_0, "1a1a1a", "c4c4c4")
# The nearest of 256 colours to those of the heat map are greys, olives and lavenders: chosen by hand they keep
# their hue, and each is lighter than the one before.
_HEAT_256: dict[Theme, dict[Color, int]] = {
    theme: {
        Color(first + level): number
        for first, numbers in ((Color.HEAT_BID_0, bids), (Color.HEAT_ASK_0, asks))
        for level, number in enumerate(numbers)
    }
    for theme, bids, asks in (
        (
            Theme.DEFAULT,
            (17, 18, 19, 25, 26, 32, 33, 39, 75, 117),
            (52, 88, 94, 130, 166, 172, 208, 214, 215, 222),
        ),
        (
            Theme.RED_GREEN,
            (22, 28, 29, 35, 41, 77, 78, 84, 120, 157),
            (52, 88, 124, 160, 196, 167, 203, 210, 217, 224),
        ),
    )
}
PALETTES: dict[Theme, dict[Color, RGB]] = {
    Theme.DEFAULT: _DEFAULT,
    Theme.RED_GREEN: _RED_GREEN,
    Theme.MONO: _MONO,
}

# The colours 0 … 15 as most terminals show them.
_ANSI_16: tuple[RGB, ...] = (
    *((0, 0, 0), (205, 49, 49), (13, 188, 121), (229, 229, 16)),
    *((36, 114, 200), (188, 63, 188), (17, 168, 205), (200, 200, 200)),
    *((102, 102, 102), (241, 76, 76), (35, 209, 139), (245, 245, 67)),
    *((59, 142, 234), (214, 112, 214), (41, 184, 219), (255, 255, 255)),
)
# With 16 colours the nearest one is not always the wise one: black on black, or a shade that is a glare.
_ANSI_16_CHOICES: dict[Color, int] = {
    Color.FAINT: 8,
    Color.BORDER: 8,
    Color.DIM: 7,
    Color.INK: 0,
    Color.ON_BID: 15,
    Color.ON_ASK: 0,
    Color.BID: 14,
    Color.ASK: 11,
    Color.BID_BAR: 4,
    Color.ASK_BAR: 3,
    Color.VOLUME_BAR: 8,
    Color.CURSOR: 8,
    Color.SHADE: 0,
    Color.INSIDE: 0,
    Color.BASE: 0,
    Color.STRIP: 0,
    Color.KEY: 8,
    Color.CHART_FILL: 0,
    Color.BID_FLASH: 4,
    Color.ASK_FLASH: 3,
    Color.BID_TAG: 4,
    Color.ASK_TAG: 3,
    Color.BID_LINE: 15,
    Color.ASK_LINE: 15,
}
_ANSI_16_RED_GREEN: dict[Color, int] = {
    Color.BID: 10,
    Color.ASK: 9,
    Color.BID_BAR: 2,
    Color.ASK_BAR: 1,
    Color.BID_FLASH: 2,
    Color.ASK_FLASH: 1,
    Color.BID_TAG: 2,
    Color.ASK_TAG: 1,
    Color.ON_ASK: 15,
}
_ANSI_16_MONO: dict[Color, int] = dict.fromkeys(Color, 7) | {
    Color.BRIGHT: 15,
    Color.FAINT: 8,
    Color.BORDER: 8,
    Color.BID_BAR: 7,
    Color.ASK_BAR: 8,
    Color.VOLUME_BAR: 8,
    Color.INK: 0,
    Color.ON_BID: 15,
    Color.ON_ASK: 15,
    **dict.fromkeys((Color.BASE, Color.SHADE, Color.INSIDE, Color.STRIP, Color.CHART_FILL), 0),
    **dict.fromkeys((Color.CURSOR, Color.KEY, Color.BID_FLASH, Color.ASK_FLASH, Color.BID_TAG, Color.ASK_TAG), 8),
}
# Without colours: backgrounds that must stand out all the same.
_REVERSED_WITHOUT_COLOR = frozenset(
    {Color.CURSOR, Color.LAST_TAG, Color.SAFE_BADGE, Color.ARMED_BADGE, Color.CONFIRM, Color.ALARM}
)
_BOLD_WITHOUT_COLOR = frozenset({Color.BID_FLASH, Color.ASK_FLASH, Color.BID_TAG, Color.ASK_TAG})
_DIM_WITHOUT_COLOR = frozenset({Color.FAINT, Color.BORDER})

_CUBE_STEPS = (0, 95, 135, 175, 215, 255)
_ATTRIBUTE_CODES = (
    (Attribute.BOLD, "1"),
    (Attribute.DIM, "2"),
    (Attribute.UNDERLINE, "4"),
    (Attribute.REVERSE, "7"),
)


class Styles:
    """The escape sequences of one theme at one depth."""

    def __init__(self, theme: Theme, depth: ColorDepth) -> None:
        self.theme = theme
        # Eight colours have no greys: there mono is what it is without any.
        self.depth = ColorDepth.NONE if (theme, depth) == (Theme.MONO, ColorDepth.ANSI_8) else depth
        self._full: dict[tuple[int, int, int], str] = {}
        codes = {color: self._code(color) for color in Color} if self.has_layers else {}
        self._foreground_codes = {int(color): self._set(code, 38, 30) for color, code in codes.items()}
        self._background_codes = {int(color): self._set(code, 48, 40) for color, code in codes.items()}

    @property
    def has_layers(self) -> bool:
        """Whether foreground and background can be set alone; else a colour may ask for an attribute, too."""
        return self.depth not in (ColorDepth.NONE, ColorDepth.ANSI_8)

    def full(self, foreground: int, background: int, attribute: int) -> str:
        """The sequence that sets all of a cell's style, whatever was set before."""
        key = (foreground, background, attribute)
        style = self._full.get(key)
        if style is None:
            style = self._full[key] = self._make(foreground, background, attribute)
        return style

    def foreground(self, foreground: int) -> str:
        """The sequence that changes only the foreground; callable only if it `has_layers`."""
        return f"\x1b[{self._foreground_codes[foreground]}m"

    def background(self, background: int) -> str:
        """The sequence that changes only the background; callable only if it `has_layers`."""
        return f"\x1b[{self._background_codes[background]}m"

    def _make(self, foreground: int, background: int, attribute: int) -> str:
        codes: list[str] = []
        if self.depth is ColorDepth.NONE:
            attribute = _without_color(foreground, background, attribute)
        elif self.depth is ColorDepth.ANSI_8:
            is_red_green = self.theme is Theme.RED_GREEN
            ink, paper, attribute = style_of_8(foreground, background, attribute, is_red_green=is_red_green)
            codes = [str(30 + ink), str(40 + paper)]
        else:
            codes = [self._foreground_codes[foreground], self._background_codes[background]]
        parts = ["0", *(code for flag, code in _ATTRIBUTE_CODES if attribute & flag), *codes]
        return f"\x1b[{';'.join(parts)}m"

    def _code(self, color: Color) -> str:
        red, green, blue = PALETTES[self.theme][color]
        if self.depth is ColorDepth.TRUE_COLOR:
            return f"2;{red};{green};{blue}"
        if self.depth is ColorDepth.ANSI_256:
            ramp = _HEAT_256.get(self.theme, {})
            return f"5;{ramp[color] if color in ramp else nearest_256((red, green, blue))}"
        return str(self._choose_16(color))

    def _choose_16(self, color: Color) -> int:
        choices = _ANSI_16_CHOICES
        if self.theme is Theme.RED_GREEN:
            choices = choices | _ANSI_16_RED_GREEN
        elif self.theme is Theme.MONO:
            choices = _ANSI_16_MONO
        return choices[color] if color in choices else nearest(PALETTES[self.theme][color], _ANSI_16)

    def _set(self, code: str, long_form: int, short_form: int) -> str:
        if self.depth is not ColorDepth.ANSI_16:
            return f"{long_form};{code}"
        number = int(code)
        return str(short_form + number if number < 8 else short_form + 60 + number - 8)


def _without_color(foreground: int, background: int, attribute: int) -> int:
    if background in _REVERSED_WITHOUT_COLOR:
        attribute |= Attribute.REVERSE
    if background in _BOLD_WITHOUT_COLOR:
        attribute |= Attribute.BOLD
    if foreground in _DIM_WITHOUT_COLOR and not attribute & (Attribute.BOLD | Attribute.REVERSE):
        attribute |= Attribute.DIM
    return attribute


def nearest(color: RGB, choices: tuple[RGB, ...]) -> int:
    """The index of the choice that looks most like `color`; green counts most, as it does for the eye."""

    def distance(index: int) -> int:
        red, green, blue = (a - b for a, b in zip(color, choices[index], strict=True))
        return 3 * red * red + 6 * green * green + blue * blue

    return min(range(len(choices)), key=distance)


def nearest_256(color: RGB) -> int:
    """The number of the colour among the cube (16 … 231) and the greys (232 … 255) of a 256-colour terminal."""
    return 16 + nearest(color, COLORS_256)


COLORS_256: tuple[RGB, ...] = tuple(
    (red, green, blue) for red in _CUBE_STEPS for green in _CUBE_STEPS for blue in _CUBE_STEPS
) + tuple((8 + 10 * step,) * 3 for step in range(24))
