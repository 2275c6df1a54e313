"""The painter: what is written for a change, and what a theme and a terminal make of it."""

from __future__ import annotations

import re
import unicodedata

import pyte
import pytest

from tests.support import screen_scenes
from tests.support.replay_picture import shown_canvas
from tests.support.screen_picture import Picture
from tui.screen.cells import Attribute, Canvas, Color, fit
from tui.screen.painter import BEGIN_FRAME, END_FRAME, Glyphs, glyphs_of, is_utf8, paint
from tui.screen.theme import ColorDepth, Styles, Theme, nearest_256
from tui.screen.view import view

STYLES = Styles(Theme.DEFAULT, ColorDepth.TRUE_COLOR)


def frame(width: int = 80, height: int = 24) -> Canvas:
    scene = screen_scenes.busy(width, height)
    return view(scene.model, width, height, scene.now)


def test_the_same_frame_again_writes_nothing() -> None:
    assert paint(frame(), frame(), STYLES) == ""


def test_one_changed_cell_is_one_move_and_one_letter() -> None:
    before, after = Canvas(80, 24), Canvas(80, 24)
    after.area().put(4, 2, "x")
    text = paint(before, after, STYLES)
    style = STYLES.full(Color.TEXT, Color.BASE, Attribute.NONE)
    assert text == f"{BEGIN_FRAME}\x1b[3;5H{style}x{END_FRAME}"


@pytest.mark.parametrize(("distance", "moves"), [(2, 1), (7, 1), (8, 2)])
def test_changes_that_are_near_are_written_with_one_move(distance: int, moves: int) -> None:
    before, after = Canvas(80, 24), Canvas(80, 24)
    after.area().put(0, 0, "x")
    after.area().put(distance, 0, "x")
    assert paint(before, after, STYLES).count("H") == moves


@pytest.mark.parametrize("theme", list(Theme))
def test_without_colours_no_colour_is_written_but_much_stands_out(theme: Theme) -> None:
    text = paint(None, frame(), Styles(theme, ColorDepth.NONE))
    codes = {code for style in re.findall(r"\x1b\[([0-9;]*)m", text) for code in style.split(";")}
    assert codes <= {"0", "1", "2", "4", "7"}
    assert "7" in codes


@pytest.mark.parametrize("depth", [ColorDepth.ANSI_16, ColorDepth.ANSI_256])
def test_fewer_colours_are_asked_for_in_the_terminals_own_way(depth: ColorDepth) -> None:
    text = paint(None, frame(), Styles(Theme.DEFAULT, depth))
    assert "38;2;" not in text
    assert ("38;5;" in text) == (depth is ColorDepth.ANSI_256)


def test_a_terminal_that_is_not_utf8_gets_ascii_of_the_same_shape() -> None:
    text = paint(None, frame(), STYLES, glyphs=Glyphs.ASCII)
    assert text.isascii()
    assert "#" in text and "+-" in text
    assert len(text) == len(paint(None, frame(), STYLES))


def test_a_terminal_that_doubles_ambiguous_characters_is_shown_none() -> None:
    text = paint(None, frame(), STYLES, glyphs=Glyphs.SURE)
    assert not [letter for letter in text if unicodedata.east_asian_width(letter) == "A"]
    assert len(text) == len(paint(None, frame(), STYLES))
    assert "#" in text and "+-" in text


@pytest.mark.parametrize(
    ("environment", "glyphs"),
    [
        ({"LANG": "ja_JP.UTF-8", "EXCHANGE_AMBIGUOUS": "2"}, Glyphs.SURE),
        ({"LANG": "ja_JP.UTF-8"}, Glyphs.ALL),
        ({"LANG": "ja_JP.UTF-8", "EXCHANGE_AMBIGUOUS": "1"}, Glyphs.ALL),
        ({"LANG": "C", "EXCHANGE_AMBIGUOUS": "2"}, Glyphs.ASCII),
    ],
)
def test_the_environment_says_what_the_terminal_can_show(environment: dict[str, str], glyphs: Glyphs) -> None:
    assert glyphs_of(environment) is glyphs


def test_themes_differ_in_colours_only() -> None:
    texts = {theme: paint(None, frame(), Styles(theme, ColorDepth.TRUE_COLOR)) for theme in Theme}
    assert len(set(texts.values())) == len(Theme)
    assert len({re.sub(r"\x1b\[[0-9;]*m", "", text) for text in texts.values()}) == 1


def test_nearest_of_256_colours() -> None:
    assert nearest_256((255, 0, 0)) == 196
    assert nearest_256((8, 8, 8)) == 232


def test_the_depth_is_the_best_that_the_terminal_has() -> None:
    counts = [0, 8, 16, 88, 256, 1 << 24]
    depths = [ColorDepth.from_count(count).value for count in counts]
    assert depths == [0, 0, 16, 16, 256, 1 << 24]


def test_what_comes_from_outside_is_made_one_cell_per_character() -> None:
    assert fit("a\x1b[31m世\tb", 30) == r"a\x1b[31m\u4e16\tb"
    assert fit("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, True),
        ({"LANG": "en_US.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.utf8"}, True),
        ({"LANG": "de_DE.ISO-8859-1", "LC_ALL": ""}, False),
    ],
)
def test_the_first_variable_that_is_set_says_whether_the_locale_is_utf8(
    environment: dict[str, str], expected: bool
) -> None:
    assert is_utf8(environment) == expected


def test_a_terminal_shows_what_was_painted_letter_for_letter_and_colour_for_colour() -> None:
    painted = frame(120, 36)
    screen = pyte.Screen(120, 36)
    pyte.Stream(screen).feed(re.sub(r"\x1b\[\?2026[hl]", "", paint(None, painted, STYLES)))
    shown = shown_canvas(120, 36, lambda x, y: screen.buffer[y][x])
    assert shown.characters == painted.characters
    assert Picture(shown, Theme.DEFAULT).svg() == Picture(painted, Theme.DEFAULT).svg()
