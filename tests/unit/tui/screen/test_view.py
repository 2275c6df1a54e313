"""What the screen looks like in fixed states, character for character and style for style."""

from __future__ import annotations

import pytest

from scripts.render_screen import PLACE
from tests.support import screen_picture, screen_scenes, screen_snapshots
from tests.support.screen_scenes import LAST_TICKS, Scene
from tui.screen.cells import Attribute, Canvas, Color
from tui.screen.level_flashes import CALM_S, LadderSide
from tui.screen.view import view


def shown(scene: Scene, now: float | None = None) -> list[str]:
    """The rows of the screen."""
    return rows(view(scene.model, scene.model.width, scene.model.height, scene.now if now is None else now))


def rows(canvas: Canvas) -> list[str]:
    return [canvas.row(y) for y in range(canvas.height)]


@pytest.mark.parametrize("name", screen_snapshots.NAMES)
def test_screen_looks_as_it_did(name: str) -> None:
    expected = (screen_snapshots.SCREENS / f"{name}.txt").read_text(encoding="utf-8")
    assert screen_snapshots.picture(screen_snapshots.canvas(name)) == expected


def test_the_pictures_of_the_readmes_are_current() -> None:
    for name, text in screen_picture.pictures().items():
        assert (PLACE / name).read_text(encoding="utf-8") == text, (
            f"the screen has changed, {name} not: run python3 scripts/render_screen.py"
        )


def test_too_small_a_terminal_is_told_so_in_one_line() -> None:
    scene = Scene(59, 24)
    assert shown(scene)[0].strip() == "59×24 is too small: this screen needs 60×20"
    assert "".join(shown(scene)[1:]).strip() == ""


def test_same_state_at_the_same_time_gives_the_same_cells() -> None:
    scene = screen_scenes.busy(120, 36)
    assert shown(scene) == shown(scene)


def test_a_level_that_never_rests_flashes_once_and_one_that_is_gone_not_at_all() -> None:
    scene = screen_scenes.busy(120, 36)
    key = (LadderSide.ASK, LAST_TICKS + 2)
    market = scene.model.markets["ACME"]
    flashed = []
    for step in range(20):
        scene.now += 0.2
        scene.change(3 + step, [("ASK", LAST_TICKS + 2, 700 + step)])
        market.flashes.end(scene.now)
        flashed.append(market.flashes.until.get(key, 0.0) > scene.now)
    assert flashed == [True, True, *[False] * 18]
    scene.now += CALM_S
    scene.change(23, [("ASK", LAST_TICKS + 2, 5)])
    assert key in market.flashes.until
    scene.change(24, [("ASK", LAST_TICKS + 2, 0)])
    assert key not in market.flashes.until


def test_a_changed_level_flashes_for_three_tenths_of_a_second() -> None:
    scene = screen_scenes.busy(120, 36)
    scene.change(3, [("ASK", LAST_TICKS + 2, 777)])
    y = next(y for y, row in enumerate(shown(scene)) if " 777 " in row)

    def background(now: float) -> int:
        canvas = view(scene.model, 120, 36, now)
        return canvas.backgrounds[y * 120 + canvas.row(y).index("777")]

    assert background(scene.now + 0.29) == Color.ASK_FLASH
    assert background(scene.now + 0.31) != Color.ASK_FLASH


def test_an_order_is_marked_until_the_engine_has_accepted_it() -> None:
    scene = screen_scenes.busy(120, 36)
    assert any("B10…" in row for row in shown(scene))
    scene.order(9140, "BUY", scene.model.cursor or 0, 10, "a-1")
    assert not any("B10…" in row for row in shown(scene))
    assert any("B10 " in row for row in shown(scene))


def test_silence_of_two_seconds_dims_the_book_and_says_so() -> None:
    scene = screen_scenes.busy(120, 36)
    heard_at = scene.model.link.heard_at
    assert "● LIVE" in shown(scene, heard_at + 1.9)[0]
    canvas = view(scene.model, 120, 36, heard_at + 2.5)
    assert "● STALE 2.5s" in canvas.row(0)
    y = next(y for y, row in enumerate(rows(canvas)) if y > 2 and "100.45" in row)
    assert canvas.attributes[y * 120 + 10] == Attribute.DIM


def test_best_prices_outside_the_ladder_are_named_on_its_border() -> None:
    scene = screen_scenes.wide(120, 36)
    scene.press(*"<" * 9, "space")
    assert "▲ ask 110.00  ▼ bid 90.00" in shown(scene)[1]


def test_every_number_of_the_book_stands_between_its_bar_and_the_price() -> None:
    row = next(row for row in shown(screen_scenes.busy(200, 60)) if " 100.20 " in row and "131" in row)
    assert row.index("█") < row.index(" 131 ", row.index("█")) < row.index("100.20")


def test_several_symbols_are_counted_in_the_header_and_named_in_the_orders() -> None:
    first_row, *others = shown(screen_scenes.many_orders(200, 60))
    assert first_row.startswith(" ACME 1/3 ")
    assert any("SYMBOL" in row for row in others)
