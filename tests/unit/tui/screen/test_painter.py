"""The painter: what is written for a change, and what a theme and a terminal make of it."""

from __future__ import annotations

import re
import unicodedata

import pyte
import pytest

from tests.support import moving_market, screen_scenes
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


@pytest.mark.parametrize("depth", [ColorDepth.ANSI_8, ColorDepth.ANSI_16, ColorDepth.ANSI_256])
def test_fewer_colours_are_asked_for_in_the_terminals_own_way(depth: ColorDepth) -> None:
    text = paint(None, frame(), Styles(Theme.DEFAULT, depth))
    assert "38;2;" not in text
    assert ("38;5;" in text) == (depth is ColorDepth.ANSI_256)


def on_8(theme: Theme, foreground: int, background: int, attribute: int = Attribute.NONE) -> str:
    """The codes of a cell where there are eight colours."""
    return Styles(theme, ColorDepth.ANSI_8).full(foreground, background, attribute)[2:-1]


def test_of_eight_colours_sides_own_orders_and_alarms_each_have_their_own() -> None:
    for theme, bid, ask in ((Theme.DEFAULT, 6, 3), (Theme.RED_GREEN, 2, 1)):
        assert on_8(theme, Color.BID, Color.BASE) == f"0;3{bid};40"
        assert on_8(theme, Color.ASK, Color.BASE) == f"0;3{ask};40"
        assert on_8(theme, Color.BID_BAR, Color.BASE) == f"0;3{bid};40"
        assert on_8(theme, Color.ON_BID, Color.BID_TAG, Attribute.BOLD) == f"0;30;4{bid}"
    assert on_8(Theme.DEFAULT, Color.ON_ASK, Color.ASK_TAG, Attribute.BOLD) == "0;30;43"
    # Black on red is hard to read, and so is all but the bright on blue, where the cursor is.
    assert on_8(Theme.RED_GREEN, Color.ON_ASK, Color.ASK_TAG, Attribute.BOLD) == "0;1;37;41"
    assert on_8(Theme.DEFAULT, Color.INK, Color.ALARM, Attribute.BOLD) == "0;1;37;41"
    assert on_8(Theme.DEFAULT, Color.INK, Color.CONFIRM, Attribute.BOLD) == "0;30;43"
    assert on_8(Theme.RED_GREEN, Color.ASK, Color.CURSOR) == "0;1;31;44"


def test_of_eight_colours_every_ink_differs_from_its_paper() -> None:
    for make in (screen_scenes.busy, screen_scenes.call, screen_scenes.halt, moving_market.heat_map):
        scene = make(120, 36)
        scene.model.is_heat_fine = False
        painted = view(scene.model, 120, 36, scene.now)
        for theme in (Theme.DEFAULT, Theme.RED_GREEN):
            for letter, *style in zip(
                painted.characters, painted.foregrounds, painted.backgrounds, painted.attributes, strict=True
            ):
                *attributes, ink, paper = on_8(theme, *style).split(";")
                assert letter == " " or ink[1] != paper[1] or "1" in attributes, (letter, style)


def test_mono_of_eight_colours_has_none() -> None:
    eight, none = (Styles(Theme.MONO, depth) for depth in (ColorDepth.ANSI_8, ColorDepth.NONE))
    assert paint(None, frame(), eight) == paint(None, frame(), none)


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
    counts = [4, 8, 16, 88, 256, 1 << 24]
    depths = [ColorDepth.from_count(count).value for count in counts]
    assert depths == [0, 8, 16, 16, 256, 1 << 24]


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
