"""What the colour roles look like where there are only eight colours: black, red, green, yellow, blue, magenta,
cyan, white.

Bold and dim make more of them, so a role may ask for an attribute beside its number.  Backgrounds have none.
"""

from __future__ import annotations

from tui.screen.cells import Attribute, Color

BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE = range(8)

# The sides are cyan and yellow, which all eyes tell apart and which blue, of the cursor's row, does not swallow.
_BID, _ASK = CYAN, YELLOW
_NUMBERS: dict[Color, int] = {
    **{Color(value): _BID for value in range(Color.HEAT_BID_0, Color.HEAT_BID_9 + 1)},
    **{Color(value): _ASK for value in range(Color.HEAT_ASK_0, Color.HEAT_ASK_9 + 1)},
    **dict.fromkeys((Color.BID, Color.BID_BAR, Color.BID_FLASH, Color.BID_TAG), _BID),
    **dict.fromkeys((Color.ASK, Color.ASK_BAR, Color.ASK_FLASH, Color.ASK_TAG), _ASK),
    **dict.fromkeys((Color.FOCUS, Color.ACCENT, Color.CHART, Color.SAFE_BADGE), CYAN),
    **dict.fromkeys((Color.BAD, Color.ALARM, Color.ARMED_BADGE), RED),
    **dict.fromkeys((Color.WARN, Color.CONFIRM), YELLOW),
    **dict.fromkeys((Color.BORDER, Color.VOLUME_BAR, Color.CURSOR, Color.KEY), BLUE),
    Color.AVERAGE: MAGENTA,
    **dict.fromkeys((Color.INK, Color.ON_BID, Color.ON_ASK), BLACK),
    **dict.fromkeys((Color.BASE, Color.SHADE, Color.INSIDE, Color.STRIP, Color.CHART_FILL), BLACK),
    Color.GOOD: GREEN,
}
# With sides in green and red.
_OTHER_SIDE = {_BID: GREEN, _ASK: RED}
_SIDES = frozenset(
    color
    for color in _NUMBERS
    if color.name.startswith(("BID_", "ASK_", "HEAT_")) or color in (Color.BID, Color.ASK)
)
_BOLD = frozenset({Color.BRIGHT, Color.FOCUS, Color.ACCENT, Color.BAD, Color.WARN, Color.BID_LINE, Color.ASK_LINE})


def style_of_8(foreground: int, background: int, attribute: int, *, is_red_green: bool) -> tuple[int, int, int]:
    """The numbers, 0 to 7, and the attribute of a cell; `is_red_green`: in the theme whose sides are so."""
    ink, paper = (_number(Color(color), is_red_green=is_red_green) for color in (foreground, background))
    if ink == BLACK and paper == RED:
        return WHITE, paper, attribute | Attribute.BOLD
    if ink == BLACK:
        return ink, paper, attribute & ~Attribute.BOLD  # Many terminals make a bold black grey.
    if foreground in _BOLD or paper == BLUE:  # Nothing else is bright enough on blue.
        return ink, paper, attribute | Attribute.BOLD
    if foreground == Color.FAINT and not attribute & Attribute.BOLD:
        return ink, paper, attribute | Attribute.DIM
    return ink, paper, attribute


def _number(color: Color, *, is_red_green: bool) -> int:
    number = _NUMBERS.get(color, WHITE)
    return _OTHER_SIDE[number] if is_red_green and color in _SIDES else number
