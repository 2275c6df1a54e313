"""Rows of several ticks: where a price stands, what the screen chooses by itself, what is ordered and canceled."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.screen_scenes import LAST_TICKS, Scene, calm, levels, said, sent
from tui.screen.layout import Panel
from tui.screen.market_data import Market
from tui.screen.messages import Resized, TimePassed
from tui.screen.price_rows import STEPS, automatic_group, grouped, next_group, row_price
from tui.screen.price_scale import PriceScale
from tui.screen.update import update
from tui.screen.view import view


def sparse(width: int = 120, height: int = 36) -> Scene:
    """A dear share: a spread of 26 ticks, levels every seven."""
    scene = Scene(width, height, tick=Decimal("0.01"))
    scene.book(levels(58_514, -7, 40), levels(58_540, 7, 40))
    update(scene.model, TimePassed(scene.now))
    return scene


def ladder(scene: Scene) -> list[str]:
    canvas = view(scene.model, scene.model.width, scene.model.height, scene.now)
    width = scene.model.layout.panels[Panel.LADDER].width
    return [canvas.row(y)[:width] for y in range(1, scene.model.height - 3)]


@pytest.mark.parametrize(
    ("price", "group", "bid_row", "ask_row"),
    [(107, 1, 107, 107), (107, 10, 100, 110), (110, 10, 110, 110), (3, 10, 10, 10)],
)
def test_bids_are_rounded_down_and_offers_up(price: int, group: int, bid_row: int, ask_row: int) -> None:
    assert row_price(price, group, is_buy=True) == bid_row
    assert row_price(price, group, is_buy=False) == ask_row


def test_a_row_holds_all_that_rests_between_it_and_the_next() -> None:
    assert grouped({107: 3, 100: 4, 99: 5}, 10, is_buy=True) == {100: 7, 90: 5}
    assert grouped({107: 3, 110: 4, 111: 5}, 10, is_buy=False) == {110: 7, 120: 5}


def test_the_steps_are_one_two_five_ten_and_end() -> None:
    assert [next_group(group, 1) for group in (1, 2, 5, 10)] == [2, 5, 10, 20]
    assert [next_group(group, -1) for group in (1, 2, 10, 3)] == [1, 1, 5, 2]
    assert next_group(STEPS[-1], 1) == STEPS[-1]


def test_a_dense_book_has_a_row_for_every_tick_and_a_sparse_one_has_not() -> None:
    dense = Market("X", PriceScale(Decimal("0.01")))
    dense.bids, dense.asks = {1000 - index: 1 for index in range(50)}, {1001 + index: 1 for index in range(50)}
    assert automatic_group(dense, 30) == 1
    dense.bids = {1000 - 7 * index: 1 for index in range(50)}
    assert automatic_group(dense, 30) == 5
    assert automatic_group(Market("X", PriceScale(Decimal("0.01"))), 30) == 1


def test_a_stub_quote_far_away_does_not_make_the_rows_coarse() -> None:
    market = Market("X", PriceScale(Decimal("0.01")), bids={1000: 5, 1: 5}, asks={1001: 5, 99_999: 5})
    assert automatic_group(market, 30) == 1


@pytest.mark.parametrize("row_count", [13, 17, 29, 53])
def test_at_every_height_a_third_of_the_rows_of_a_sparse_book_hold_quantity(row_count: int) -> None:
    bids, asks = levels_of(58_514, -7), levels_of(58_540, 7)
    market = Market("X", PriceScale(Decimal("0.01")), bids=bids, asks=asks)
    group, middle = automatic_group(market, row_count), 58_527
    rows = {("b", price // group) for price in bids if middle - price < group * (row_count // 2)}
    rows |= {("a", price // group) for price in asks if price - middle < group * (row_count // 2)}
    assert len(rows) >= row_count // 3
    assert group <= 20


def levels_of(first: int, step: int) -> dict[int, int]:
    """Forty levels, the nearest ones `step` apart and then ever further."""
    return {first + step * index * (index + 3) // 4: 1 for index in range(40)}


def test_the_first_levels_of_a_day_do_not_make_rows_of_many_dollars() -> None:
    market = Market("X", PriceScale(Decimal("0.01")), bids={40_000: 5}, asks={77_000: 5})
    assert automatic_group(market, 13) <= 200


def test_the_rows_become_finer_as_the_book_fills_but_not_while_something_is_asked() -> None:
    scene = Scene(60, 20, tick=Decimal("0.01"))
    scene.book([[40_000, 5]], [[77_000, 5]])
    update(scene.model, TimePassed(scene.now))
    coarse = scene.model.group
    scene.book(levels(58_514, -7, 40), levels(58_540, 7, 40))
    scene.model.is_armed, scene.model.last_input_at = True, scene.now
    update(scene.model, TimePassed(scene.now))
    assert scene.model.group == coarse > 10
    scene.model.is_armed = False
    update(scene.model, TimePassed(scene.now))
    assert scene.model.group <= 10


def test_a_sparse_book_fills_the_view_by_itself() -> None:
    scene = sparse()
    assert scene.model.group == 5
    assert "LADDER ACME ×5" in ladder(scene)[0]
    canvas_rows = [row for row in ladder(scene) if "█" in row or "▐" in row]
    assert len(canvas_rows) >= 12


def test_keys_and_command_choose_and_the_cursor_stays_at_its_price() -> None:
    scene = sparse()
    cursor = scene.model.cursor
    scene.press(">", ">")
    assert (scene.model.group, said(scene)) == (20, "20 ticks per row")
    scene.press("<", "<", "<", "<")
    assert (scene.model.group, said(scene)) == (1, "1 tick per row")
    assert scene.model.cursor == cursor


def test_the_command_takes_the_steps_of_the_keys_and_no_others() -> None:
    scene = sparse()
    scene.press(":", *"group", "space", *"20", "enter")
    assert scene.model.group == 20
    scene.press(":", *"group", "space", *"7", "enter")
    assert (scene.model.group, said(scene)) == (20, "a row is 1, 2, 5, 10 … ticks, not 7")
    scene.press(":", *"group", "space", *"auto", "enter")
    assert scene.model.group == 5


def test_an_order_goes_at_the_price_that_the_row_of_the_cursor_shows() -> None:
    scene = sparse()
    scene.press(">")
    assert scene.model.cursor == 58_514
    assert any("►" in row and "585.14" in row for row in ladder(scene))
    scene.press("b")
    (order,) = sent(scene.press("enter"))
    assert order["price"] == Decimal("585.14")
    scene.press("down")
    assert any("►" in row and "585.00" in row for row in ladder(scene))
    scene.press("b")
    assert [order["price"] for order in sent(scene.press("enter"))] == [Decimal("585.00")]


def test_my_orders_stand_in_the_rows_of_their_side_and_are_canceled_there() -> None:
    scene = sparse()
    scene.order(7, "BUY", 58_503, 10)
    scene.order(8, "SELL", 58_503 + 50, 10)
    scene.press(">")
    assert any("B10" in row and "585.00" in row for row in ladder(scene))
    assert any("S10" in row and "585.60" in row for row in ladder(scene))
    scene.model.cursor = 58_560
    assert sent(scene.press("x")) == [{"type": "cancel_order", "order_id": 8}]


def test_a_move_goes_by_the_rows_of_the_ladder() -> None:
    scene = sparse()
    scene.order(7, "BUY", 58_503, 10)
    scene.press(">")
    scene.model.cursor = 58_503
    scene.press("shift_down")
    (change,) = sent(scene.press("enter"))
    assert change["price"] == Decimal("584.93")


def test_another_height_of_the_screen_chooses_the_rows_anew_but_not_while_something_is_asked() -> None:
    scene = Scene(120, 90)
    scene.book(levels(1970, -2, 40), levels(2030, 2, 40))
    update(scene.model, TimePassed(scene.now))
    assert scene.model.group == 2
    scene.press("b")
    update(scene.model, Resized(scene.now, 80, 24))
    assert scene.model.group == 2
    scene.press("escape")
    update(scene.model, Resized(scene.now, 80, 25))
    assert scene.model.group == 5


def test_the_rows_are_chosen_anew_only_while_the_ladder_is_centred() -> None:
    scene = calm()
    assert scene.model.group == 1
    scene.book(levels(LAST_TICKS - 5, -9, 20), levels(LAST_TICKS + 5, 9, 20), sequence=5)
    update(scene.model, TimePassed(scene.now))
    assert scene.model.group == 1, "it is in view: nothing moves under the cursor"
    scene.press("space")
    assert scene.model.group == 5
