"""My orders and my fills by a column: keys, heads, and the selected order, which no sorting exchanges."""

from __future__ import annotations

from typing import Optional

import pytest

from tests.support.screen_scenes import LAST_TICKS, Scene, busy, calm, many_orders, said, sent
from tui.screen.cells import Color
from tui.screen.key_decoder import Mouse, MouseButton
from tui.screen.layout import Panel
from tui.screen.list_sorting import Sorting
from tui.screen.messages import Typed
from tui.screen.my_fills import FILL_COLUMNS
from tui.screen.my_order import ORDER_COLUMNS
from tui.screen.update import update
from tui.screen.view import view

BY_TIME = [9123, 9127, 9130, 9131]


def on_orders(width: int = 120, height: int = 36) -> Scene:
    """The orders have the focus; those of `busy` and one that is not accepted yet."""
    scene = busy(width, height)
    while scene.model.focus is not Panel.ORDERS:
        scene.press("tab")
    return scene


def listed(scene: Scene) -> list[int]:
    """The open orders that have an id, from above."""
    return [order.order_id for order in scene.model.orders.shown() if order.is_open and order.order_id]


def selected_id(scene: Scene) -> Optional[int]:
    selected = scene.model.orders.selected
    return None if selected is None else selected.order_id


def rows(scene: Scene) -> list[str]:
    canvas = view(scene.model, scene.model.width, scene.model.height, scene.now)
    return [canvas.row(y) for y in range(canvas.height)]


@pytest.mark.parametrize(
    ("presses", "column", "expected"),
    [
        (0, "TIME", BY_TIME),
        (1, "SIDE", [9123, 9127, 9130, 9131]),
        (2, "PRICE", [9127, 9123, 9130, 9131]),
        (3, "DONE", [9123, 9130, 9131, 9127]),
        (4, "AHEAD", [9127, 9131, 9130, 9123]),
        (5, "STATE", [9127, 9131, 9123, 9130]),
        (6, "TIME", BY_TIME),
    ],
)
def test_a_key_sorts_my_orders_by_one_column_after_the_other(
    presses: int, column: str, expected: list[int]
) -> None:
    scene = on_orders()
    scene.press(*["c"] * presses)
    assert scene.model.orders.sorting == Sorting(column)
    assert listed(scene) == expected
    scene.press("C")
    assert [getattr(order, "order_id", None) for order in scene.model.orders.shown()][-1] == 9111  # It is over.
    assert scene.model.orders.sorting == Sorting(column, is_turned=True)
    if column in ("TIME", "PRICE"):
        assert listed(scene) == expected[::-1]


def test_the_head_of_the_column_tells_and_so_does_a_message() -> None:
    for width, height, heads in ((120, 36, "▲PRICE     DONE"), (80, 24, "▲PRICE   DONE AHD")):
        scene = on_orders(width, height)
        scene.press("c", "c")
        assert any(heads in row for row in rows(scene))
        assert said(scene) == "my orders ▲PRICE"
        scene.press("C")
        assert any(heads.replace("▲", "▼") in row for row in rows(scene))
        scene.press("c", "c")
        assert any(("▲AHEA" if width == 120 else "▲AH") in row for row in rows(scene))


def test_the_selected_order_stays_selected_wherever_its_row_goes() -> None:
    scene = on_orders()
    scene.press("down", "down")
    for key in "ccCccc":
        scene.press(key)
        assert scene.model.orders.selected_row == [order.order_id for order in scene.model.orders.shown()].index(
            9130
        )
    assert sent(scene.press("x")) == [{"type": "cancel_order", "order_id": 9130}]


def test_no_key_acts_on_an_order_that_took_the_place_of_the_selected_one() -> None:
    scene = on_orders()
    assert scene.model.orders.selected_row == 0
    scene.fill(9123, "BUY", LAST_TICKS - 3, 25, 0)
    assert scene.press("x") == []
    assert "no order of yours here" in said(scene)
    scene.press("down")
    assert selected_id(scene) == 9127  # It has come up into the row of the other.
    scene.press("c", "c", "c", "c")  # By what is ahead, which changes with the market.
    scene.press(*["up"] * 9, "down")
    assert selected_id(scene) == 9131
    scene.change(9, [("ASK", LAST_TICKS + 4, 10)])
    scene.change(10, [("ASK", LAST_TICKS + 4, 0)])
    assert sent(scene.press("x")) == [{"type": "cancel_order", "order_id": 9131}]


def test_who_cancels_an_order_of_the_list_goes_on_to_the_next() -> None:
    scene = on_orders()
    for order_id in (9123, 9127):
        assert sent(scene.press("x")) == [{"type": "cancel_order", "order_id": order_id}]
        scene.say(scene._private("order_canceled", order_id, f"x-{order_id}") | {
            "remaining_quantity": 1, "reason": "USER", "status": "CANCELED",
        })  # fmt: skip
    assert selected_id(scene) == 9130
    scene.press("up")
    assert scene.model.orders.selected_row == 0


def test_the_selected_row_is_the_one_that_is_picked_out() -> None:
    scene = on_orders()
    scene.press("down", "down", "c", "c")
    canvas = view(scene.model, 120, 36, scene.now)
    lit = [y for y in range(36) if canvas.backgrounds[y * 120 + 115] == Color.CURSOR]
    assert len(lit) == 1 and " 9130 " in canvas.row(lit[0])


def test_my_fills_are_sorted_by_their_columns() -> None:
    scene = busy(120, 36)
    while scene.model.focus is not Panel.FILLS:
        scene.press("tab")

    def prices() -> list[int]:
        return [fill.price - LAST_TICKS for fill in scene.model.fills.shown(0, 10)]

    assert prices() == [7, -5, 1]
    scene.press("C")
    assert prices() == [1, -5, 7]
    scene.press("c", "c")
    assert scene.model.fills.sorting == Sorting("PRICE") and prices() == [-5, 1, 7]
    assert any("▲PRICE" in row[66:] for row in rows(scene)) and said(scene) == "my fills ▲PRICE"
    scene.press("c", "C")
    assert [fill.quantity for fill in scene.model.fills.shown(0, 10)] == [40, 20, 10]
    assert next(scene.model.fills.shown(1, 1)).quantity == 20


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_a_click_on_the_head_of_a_column_sorts_by_it_and_another_one_turns(size: tuple[int, int]) -> None:
    scene = busy(*size)
    for panel, word, listed_panel in (
        (Panel.ORDERS, "PRICE", scene.model.orders), (Panel.FILLS, "QTY", scene.model.fills)
    ):  # fmt: skip
        rect = scene.model.layout.panels[panel]
        y = rect.y + 1
        x = rows(scene)[y].index(word, rect.x)
        for is_turned in (False, True):
            update(scene.model, Typed(scene.now, Mouse(MouseButton.LEFT, x, y)))
            assert listed_panel.sorting == Sorting("PRICE" if panel is Panel.ORDERS else "QTY", is_turned)
            assert scene.model.focus is panel
    rect = scene.model.layout.panels[Panel.ORDERS]
    x = rows(scene)[rect.y + 1].index("ID", rect.x)
    update(scene.model, Typed(scene.now, Mouse(MouseButton.LEFT, x, rect.y + 1)))
    assert scene.model.orders.sorting == Sorting("TIME")


def test_a_click_on_a_row_of_the_sorted_list_takes_what_stands_there() -> None:
    scene = on_orders()
    scene.press("c", "c")
    rect = scene.model.layout.panels[Panel.ORDERS]
    y = next(y for y, row in enumerate(rows(scene)) if " 9127 " in row[rect.x :])
    update(scene.model, Typed(scene.now, Mouse(MouseButton.LEFT, rect.x + 4, y)))
    assert sent(scene.press("x")) == [{"type": "cancel_order", "order_id": 9127}]


def test_symbols_are_a_column_where_there_are_several_and_prices_do_not_compare_across_them() -> None:
    scene = many_orders(120, 36)
    scene.press("c", "c")
    assert scene.model.orders.sorting.column == "SYMBOL"
    scene.press("c")
    open_orders = [order for order in scene.model.orders.shown() if order.is_open]
    assert [(order.symbol, order.price) for order in open_orders] == sorted(
        (order.symbol, order.price or 0) for order in open_orders
    )


def test_elsewhere_the_keys_say_where_they_work() -> None:
    scene = calm()
    scene.press("c")
    assert said(scene) == "c sorts my orders or my fills: go there with Tab"
    assert scene.model.orders.sorting == scene.model.fills.sorting == Sorting()


def test_every_column_of_both_lists_can_be_compared() -> None:
    scene = many_orders(120, 36)
    for column, key in ORDER_COLUMNS.items():
        assert len(sorted(map(key, scene.model.orders))) == 66, column
    for column, by in FILL_COLUMNS.items():
        assert len(sorted(map(by, scene.model.fills.shown(0, 99)))) == 3, column
