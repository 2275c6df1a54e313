"""Room: which panels are shown at which size, the second ladder, the watchlist, and the books they need."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.moving_market import several, two_ladders
from tests.support.screen_scenes import Scene, busy, calm, said, sent
from tui.screen.key_decoder import Mouse, MouseButton
from tui.screen.layout import Panel, layout
from tui.screen.messages import Connected, Lost, Resized, TimePassed, Typed
from tui.screen.update import update
from tui.screen.view import view


def text_of(scene: Scene) -> list[str]:
    canvas = view(scene.model, scene.model.width, scene.model.height, scene.now)
    return [canvas.row(y) for y in range(canvas.height)]


def command(scene: Scene, text: str) -> list[dict[str, Any]]:
    keys = ["space" if letter == " " else letter for letter in text]
    return sent(scene.press(":", *keys, "enter"))


def click(scene: Scene, panel: Panel, x: int, y: int) -> list[dict[str, Any]]:
    rect = scene.model.layout.panels[panel]
    return sent(update(scene.model, Typed(scene.now, Mouse(MouseButton.LEFT, rect.x + x, rect.y + y))))


@pytest.mark.parametrize(
    ("width", "height", "names"),
    [
        (60, 20, ["LADDER"]),
        (80, 24, ["LADDER", "ORDERS", "FILLS"]),
        (120, 36, ["LADDER", "CHART", "ORDERS", "FILLS", "TAPE"]),
        (160, 45, ["LADDER", "WATCH", "HEAT", "CHART", "ORDERS", "FILLS", "TAPE"]),
    ],
)
def test_a_larger_screen_shows_more_panels(width: int, height: int, names: list[str]) -> None:
    assert [panel.name for panel in several(width, height).model.layout.panels] == names


def test_panels_of_every_choice_tile_the_room() -> None:
    for width in (80, 110, 160, 200):
        for number in range(2 ** (len(Panel) - 1)):
            others = [panel for panel in Panel if panel is not Panel.LADDER]
            chosen = frozenset(panel for index, panel in enumerate(others) if number >> index & 1)
            shown = layout(width, 40, None, chosen, 4)
            assert sum(rect.width * rect.height for rect in shown.panels.values()) == width * 36
            assert all(rect.height >= 5 and rect.width >= 25 for rect in shown.panels.values())


def test_on_a_mini_screen_tab_goes_from_panel_to_panel_and_orders_leave_only_from_the_ladder() -> None:
    scene = calm(60, 20)
    assert "LADDER ACME" in text_of(scene)[1] and "@ 100.20" in text_of(scene)[17]
    scene.press("tab")
    assert "DEPTH ACME" in text_of(scene)[1]
    assert sent(scene.press("b", "enter")) == []
    scene.press("shift_tab", "b")
    (order,) = sent(scene.press("enter"))
    assert order["type"] == "new_order"
    scene.press("z")
    assert "room for one panel" in said(scene)


def test_a_panel_is_chosen_by_its_name_and_says_where_there_is_no_room() -> None:
    scene = busy(120, 36)
    command(scene, "panel chart")
    assert Panel.CHART not in scene.model.layout.panels and Panel.HEAT in scene.model.layout.panels
    command(scene, "panel heat")
    command(scene, "panel heat")
    assert said(scene).endswith("heat orders fills tape")
    command(scene, "panel chart")
    command(scene, "panel heat")
    command(scene, "panel heat")
    assert "no room here" in said(scene)
    command(scene, "panel ladder2")
    assert "needs a second symbol" in said(scene)
    command(scene, "panel nonsense")
    assert "there is no panel nonsense" in said(scene)


def test_whatever_is_left_out_something_stands_beside_the_ladder() -> None:
    scene = busy(120, 36)
    for name in ("chart", "heat", "orders", "fills", "tape", "watch"):
        command(scene, f"panel {name}")
    assert list(scene.model.layout.panels) == [Panel.LADDER, Panel.ORDERS]


def test_the_watchlist_has_each_symbol_with_its_market_and_what_is_held() -> None:
    rows = text_of(several(200, 60))
    (brick,) = [row for row in rows if "│ BRICK " in row]
    assert all(text in brick for text in ("41.60", "-0.20", "-0.5", "2t", "-120", "+16.60"))


def test_a_click_on_the_watchlist_trades_that_symbol_and_orders_nothing() -> None:
    scene = several(200, 60)
    requests = click(scene, Panel.WATCH, 5, 3)
    assert scene.model.symbol == "BRICK"
    books = [(request["type"], request["symbol"], request.get("depth")) for request in requests]
    assert sorted(books) == [("subscribe", "ACME", 1), ("subscribe", "BRICK", 0)]
    assert click(scene, Panel.WATCH, 5, 30) == []


def test_books_are_followed_as_deep_as_they_are_shown() -> None:
    scene = several(120, 36)
    assert scene.model.book_depths == {"ACME": 0}
    update(scene.model, Resized(scene.now, 200, 60))
    assert scene.model.book_depths == {"ACME": 0, "BRICK": 1, "CORN.X": 1, "DELTA": 1}
    command(scene, "panel ladder2")
    assert scene.model.book_depths == {"ACME": 0, "BRICK": 0, "CORN.X": 1, "DELTA": 1}
    requests = command(scene, "second delta")
    assert {(request["symbol"], request["depth"]) for request in requests} == {("BRICK", 1), ("DELTA", 0)}
    scene.press("h")
    assert scene.model.book_depths == {"ACME": 0, "BRICK": 1, "CORN.X": 1, "DELTA": 0}
    requests = sent(update(scene.model, Resized(scene.now, 120, 36)))
    assert {request["type"] for request in requests} == {"unsubscribe"}
    assert scene.model.book_depths == {"ACME": 0}


def test_a_new_connection_follows_all_books_anew_and_a_lost_one_none() -> None:
    scene = several(200, 60)
    update(scene.model, Lost(scene.now, "gone"))
    assert command(scene, "panel ladder2") == []
    requests = sent(update(scene.model, Connected(scene.now, {"type": "logged_in", "instruments": []}, ())))
    books = {request["symbol"]: request["depth"] for request in requests if request.get("channel") == "book"}
    assert books == {"ACME": 0, "BRICK": 0, "CORN.X": 1, "DELTA": 1}


def test_the_second_ladder_shows_another_book_and_trades_only_after_changing_places() -> None:
    scene = two_ladders(200, 60)
    rect = scene.model.layout.panels[Panel.LADDER_2]
    inside = [row[rect.x : rect.x + rect.width] for row in text_of(scene)[rect.y : rect.y + rect.height]]
    assert "LADDER BRICK" in inside[0]
    assert any("41.90" in row for row in inside) and not any("►" in row for row in inside)
    assert click(scene, Panel.LADDER_2, 20, 20) == []
    assert (scene.model.symbol, scene.model.second_symbol) == ("BRICK", "ACME")
    assert scene.model.confirm is None and scene.model.focus is Panel.LADDER


def test_enter_on_the_second_ladder_brings_it_to_the_first_and_disarms() -> None:
    scene = two_ladders(160, 45)
    scene.press("a", "tab")
    assert scene.model.is_armed and scene.model.focus is Panel.LADDER_2
    assert sent(scene.press("b")) == []
    scene.press("enter")
    assert scene.model.symbol == "BRICK" and not scene.model.is_armed


def test_the_second_ladder_stays_where_it_is_until_its_market_nears_the_edge() -> None:
    scene = two_ladders(200, 60)
    centre = scene.model.second.centre
    for middle, is_moved in ((840, False), (837 + 25, True)):
        scene.book([[middle - 1, 5]], [[middle + 1, 5]], symbol="BRICK")
        update(scene.model, TimePassed(scene.now))
        assert (scene.model.second.centre != centre) == is_moved


def test_what_the_screen_cannot_show_it_says_of_the_second_symbol() -> None:
    scene = two_ladders(200, 60)
    command(scene, "second acme")
    assert "not another one" in said(scene)
    command(scene, "second corn.x")
    scene.press(*["tab"] * 3)
    assert scene.model.second_symbol == "CORN.X"
    assert any("waiting for another symbol" in row for row in text_of(scene))


def test_the_lists_keep_to_themselves_on_a_wide_screen_without_a_tape() -> None:
    scene = busy(120, 36)
    command(scene, "panel tape")
    assert "MY FILLS" in "".join(text_of(scene)) and "TAPE" not in "".join(text_of(scene)[:-3])
