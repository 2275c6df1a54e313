"""The heat map: what is where on it, with many colours, with few, and with none."""

from __future__ import annotations

import time

import pytest

from tests.support.moving_market import heat_map, moving
from tests.support.screen_scenes import LAST_TICKS, Scene, busy, empty
from tui.screen.cells import Canvas, Color
from tui.screen.heat_view import COLUMN_SLOTS
from tui.screen.layout import Panel
from tui.screen.painter import Glyphs, paint
from tui.screen.theme import COLORS_256, PALETTES, ColorDepth, Styles, Theme, nearest_256
from tui.screen.view import view

HEAT_BIDS = range(Color.HEAT_BID_0, Color.HEAT_BID_9 + 1)
HEAT_ASKS = range(Color.HEAT_ASK_0, Color.HEAT_ASK_9 + 1)


def frame_of(scene: Scene) -> Canvas:
    return view(scene.model, scene.model.width, scene.model.height, scene.now)


def row_of(canvas: Canvas, text: str) -> int:
    return next(y for y in range(canvas.height) if text in canvas.row(y))


def test_offers_are_above_bids_and_walls_are_brightest() -> None:
    canvas = frame_of(heat_map(120, 36))
    column = 60
    colors = [canvas.backgrounds[y * canvas.width + column] for y in range(2, 31)]
    asks = [y for y, color in enumerate(colors) if color in HEAT_ASKS]
    bids = [y for y, color in enumerate(colors) if color in HEAT_BIDS]
    assert max(asks) < min(bids)
    assert max(colors[y] for y in bids) >= Color.HEAT_BID_0 + 7


def test_trades_are_dots_and_the_best_prices_lines() -> None:
    canvas = frame_of(heat_map(120, 36))
    text = "".join(canvas.characters)
    assert all(text.count(dot) > 3 for dot in "·•●")
    assert text.count("▔") > 40 and text.count("▁") > 40
    small = frame_of(heat_map(80, 24))
    assert bytes([Color.BID_LINE]) in small.backgrounds + small.foregrounds
    assert bytes([Color.ASK_LINE]) in small.backgrounds + small.foregrounds


def test_own_orders_are_marked_at_their_prices() -> None:
    canvas = frame_of(heat_map(120, 36))
    for mark in ("B25", "S100"):
        row = canvas.row(row_of(canvas, mark))
        assert f"◄{'100.40' if mark == 'B25' else '100.90'} {mark}" in row


def test_the_legend_and_both_axes_are_there() -> None:
    canvas = frame_of(heat_map(120, 36))
    assert "1 s a column" in canvas.row(1)
    assert "10:41:30" in canvas.row(31) and "10:42:00" in canvas.row(31)
    assert " bid " in canvas.row(32) and "1000+" in canvas.row(32) and "trades to" in canvas.row(32)


def test_a_market_that_nothing_was_told_of_says_so() -> None:
    scene = Scene(80, 24)
    scene.press("h")
    assert "waiting for the book" in "".join(frame_of(scene).characters)


@pytest.mark.parametrize("maker", [busy, empty])
def test_h_opens_it_and_h_closes_it(maker: object) -> None:
    assert callable(maker)
    scene = maker(80, 24)
    before = frame_of(scene).characters
    scene.press("h")
    assert scene.model.focus is Panel.HEAT and list(scene.model.layout.panels) == [Panel.HEAT]
    frame_of(scene)
    scene.press("h")
    assert frame_of(scene).characters == before
    scene.press("h", "escape")
    assert not scene.model.is_zoomed


def test_time_is_stretched_and_prices_are_scrolled_and_space_undoes_both() -> None:
    scene = heat_map(120, 36)
    at_first = frame_of(scene).characters
    scene.press(".")
    assert "2 s a column" in frame_of(scene).row(1)
    scene.press(*[","] * 20)
    assert "0.25 s a column" in frame_of(scene).row(1)
    scene.press(*["."] * 40)
    assert f"{COLUMN_SLOTS[-1] // 4 // 60} min a column" in frame_of(scene).row(1)
    scene.press("space", "up", "up")
    above = frame_of(scene)
    assert "101.20" in "".join(at_first[240:360]) and "101.30" in above.row(2)
    scene.press("space")
    assert frame_of(scene).characters[: 33 * 120] == at_first[: 33 * 120]
    scene.press(">")
    assert "2 ticks a row" not in frame_of(scene).row(1)
    scene.press(">")
    assert "2 ticks a row" in frame_of(scene).row(1)


def test_with_few_colours_a_row_is_a_price_in_shades_of_four() -> None:
    scene = heat_map(120, 36)
    scene.model.is_heat_fine = False
    canvas = frame_of(scene)
    text = "".join(canvas.characters)
    assert "▀" not in text and text.count("█") > 20 and text.count("░") > 200
    inside = [canvas.foregrounds[y * 120 + x] for y in range(2, 31) for x in range(1, 100)]
    assert not {*HEAT_BIDS, *HEAT_ASKS} & set(inside)
    painted = paint(None, canvas, Styles(Theme.DEFAULT, ColorDepth.NONE), glyphs=Glyphs.ASCII)
    assert painted.isascii() and painted.count("#") > 20 and "%" in painted


@pytest.mark.parametrize("is_fine", [True, False])
def test_unknown_time_is_hatched_and_does_not_look_like_an_empty_book(is_fine: bool) -> None:
    scene = heat_map(120, 36)
    scene.model.is_heat_fine = is_fine
    market = scene.model.market
    assert market is not None
    known = "".join(frame_of(scene).characters)
    market.forget_book()
    scene.now += 60.0
    text = "".join(frame_of(scene).characters)
    assert text.count("/") > known.count("/") + 200 and "not known" in text and "not known" not in known


def test_with_256_colours_heat_keeps_its_hue_and_each_shade_is_lighter() -> None:
    for theme in (Theme.DEFAULT, Theme.RED_GREEN):
        styles = Styles(theme, ColorDepth.ANSI_256)
        for heat, bright in ((HEAT_BIDS, (2, 1)[theme is Theme.RED_GREEN]), (HEAT_ASKS, 0)):
            numbers = [int(styles.foreground(color)[7:-1]) for color in heat]
            colors = [COLORS_256[number - 16] for number in numbers]
            lights = [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in colors]
            assert lights == sorted(lights) and len(set(numbers)) == len(numbers)
            assert all(color[bright] == max(color) > min(color) for color in colors), colors


def test_a_heat_map_alone_warns_as_the_ladder_does() -> None:
    scene = heat_map(80, 24)
    market = scene.model.market
    assert market is not None and "HALTED" not in "".join(frame_of(scene).characters)
    market.phase.name = "HALTED"
    assert list(scene.model.layout.panels) == [Panel.HEAT]
    canvas = frame_of(scene)
    assert "HALTED" in canvas.row(1)


def test_each_shade_differs_from_the_next_with_256_colours_but_for_the_brightest() -> None:
    for theme in Theme:
        for heat in (HEAT_BIDS, HEAT_ASKS):
            numbers = [nearest_256(PALETTES[theme][Color(color)]) for color in heat]
            assert len(set(numbers)) >= 8


def test_a_sparse_book_is_shown_in_coarser_rows() -> None:
    scene = Scene(120, 36)
    bids, asks = ([[LAST_TICKS + side * 40 * index, 10] for index in range(1, 9)] for side in (-1, 1))
    scene.book(bids, asks)
    scene.press("h")
    canvas = frame_of(scene)
    colors = set(canvas.foregrounds) | set(canvas.backgrounds)
    assert "10 ticks a row" in canvas.row(1)
    assert colors & {*HEAT_BIDS} and colors & {*HEAT_ASKS}


def test_the_same_market_is_drawn_twice_as_the_same() -> None:
    first, second = frame_of(moving(160, 50, seed=3)), frame_of(moving(160, 50, seed=3))
    assert first.characters == second.characters and first.backgrounds == second.backgrounds


def test_all_of_a_large_screen_is_drawn_within_a_frame() -> None:
    scene = heat_map(200, 60)
    spent = []
    for _ in range(5):
        start = time.process_time()
        frame_of(scene)
        spent.append(time.process_time() - start)
    assert min(spent) < 0.05
