"""Joining, dragging, right clicks, buttons, sides, reversing, guards, other keyboards: what a hand can do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.screen_scenes import LAST_TICKS, Scene, busy, calm, levels, said, sent
from tui.screen.banners import banner_rows
from tui.screen.key_decoder import Key, KeyDecoder, Mouse, MouseButton
from tui.screen.key_layouts import latin_key
from tui.screen.layout import Panel
from tui.screen.messages import Lost, TimePassed, Typed
from tui.screen.model import ladder_columns_of
from tui.screen.proposals import MoveProposal, OrderProposal
from tui.screen.ticket import TicketType
from tui.screen.update import update
from tui.screen.view import view


def typed(scene: Scene, text: str) -> list[Any]:
    """A command line."""
    return scene.press(":", *["space" if letter == " " else letter for letter in text], "enter")


def row(scene: Scene, from_below: int) -> str:
    """A row of the screen, 3 being the ticket."""
    model = scene.model
    return view(model, model.width, model.height, scene.now).row(model.height - from_below)


def mouse(scene: Scene, button: MouseButton, x: int, y: int) -> list[dict[str, Any]]:
    """What leaves because of the mouse."""
    return sent(update(scene.model, Typed(scene.now, Mouse(button, x, y))))


def at(scene: Scene, price: int, *, is_buy: bool, column: str = "mine") -> tuple[int, int]:
    """The cell of a column of the ladder in the row of a price."""
    model = scene.model
    rect, top = model.layout.panels[Panel.LADDER], model.top
    assert top is not None
    side = "bid" if is_buy else "ask"
    place = getattr(ladder_columns_of(model, model.layout), f"{column}_{side}" if column == "mine" else side)
    return rect.x + 1 + place.x + 1, rect.y + 2 + (top - price) // model.group


def drag(scene: Scene, start: tuple[int, int], end: tuple[int, int]) -> list[dict[str, Any]]:
    """Press, move, let go; nothing may leave before the button goes up."""
    assert mouse(scene, MouseButton.LEFT, *start) == []
    assert mouse(scene, MouseButton.DRAG, *end) == []
    return mouse(scene, MouseButton.RELEASE, *end)


def working(scene: Scene, price: int = LAST_TICKS - 4) -> Scene:
    scene.order(7, "BUY", price, 25)
    return scene


# --- joining the best price ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "side", "price"), [("B", "BUY", "100.20"), ("S", "SELL", "100.30")])
def test_capital_letters_join_the_best_price_wherever_the_cursor_is(key: str, side: str, price: str) -> None:
    scene = calm()
    scene.press(*["down"] * 4, key)
    assert f"SEND? {side} 10 ACME @ {price} LIMIT GTC" in row(scene, 3)
    (order,) = sent(scene.press("enter"))
    assert (order["side"], order["price"]) == (side, Decimal(price))


def test_joining_is_a_limit_order_whatever_the_ticket_would_be() -> None:
    scene = calm()
    scene.press("o", "o", "o")
    assert scene.model.ticket.type is TicketType.MARKET
    scene.press("B")
    assert "BUY 10 ACME @ 100.20 LIMIT GTC" in row(scene, 3)


def test_a_best_price_that_is_out_of_view_is_not_joined() -> None:
    scene = calm()
    scene.press("a", "page_up", "page_up")
    assert scene.press("B") == []
    assert said(scene) == "the best bid, 100.20, is out of view: Space brings it back"
    scene.book([], levels(LAST_TICKS + 1, 1, 5), sequence=5)
    assert scene.press("space", "B") == []
    assert said(scene) == "there is no bid to join"


# --- dragging --------------------------------------------------------------------------------------------------


def test_an_order_that_is_dragged_asks_and_enter_moves_it() -> None:
    scene = working(calm())
    start, end = at(scene, LAST_TICKS - 4, is_buy=True), at(scene, LAST_TICKS - 2, is_buy=True)
    assert drag(scene, start, end) == []
    assert "SEND? MOVE 7 BUY 25 ACME 100.05 to 100.15" in row(scene, 3)
    (change,) = sent(scene.press("enter"))
    assert change == {"type": "replace_order", "order_id": 7, "price": Decimal("100.15")}


def test_an_armed_drag_moves_at_once_but_not_before_the_button_is_let_go() -> None:
    scene = working(calm())
    scene.press("a")
    (change,) = drag(scene, at(scene, LAST_TICKS - 4, is_buy=True), at(scene, LAST_TICKS - 6, is_buy=True))
    assert change["price"] == Decimal("99.95")


def test_a_press_alone_changes_nothing_and_cancels_nothing() -> None:
    scene = working(calm())
    scene.press("a")
    place = at(scene, LAST_TICKS - 4, is_buy=True)
    for button in (MouseButton.LEFT, MouseButton.RELEASE, MouseButton.LEFT, MouseButton.LEFT):
        assert mouse(scene, button, *place) == []
    assert scene.model.confirm is None
    assert scene.model.cursor == LAST_TICKS - 4


def test_what_is_held_is_told_with_the_price_under_the_mouse_and_the_ladder_stands_still() -> None:
    scene = working(calm())
    centre = scene.model.centre
    mouse(scene, MouseButton.LEFT, *at(scene, LAST_TICKS - 4, is_buy=True))
    mouse(scene, MouseButton.DRAG, *at(scene, LAST_TICKS - 7, is_buy=True))
    assert "7 BUY 25 ACME 100.05 to 99.90" in row(scene, 3)
    scene.book(levels(LAST_TICKS + 90, -1, 9), levels(LAST_TICKS + 92, 1, 9), sequence=5)
    update(scene.model, TimePassed(scene.now))
    assert scene.model.centre == centre


@pytest.mark.parametrize("end", ["outside", "escape", "lost", "filled"])
def test_an_order_is_not_moved_if_it_is_let_go_elsewhere_or_is_over(end: str) -> None:
    scene = working(calm())
    scene.press("a")
    start, over = at(scene, LAST_TICKS - 4, is_buy=True), at(scene, LAST_TICKS - 6, is_buy=True)
    mouse(scene, MouseButton.LEFT, *start)
    mouse(scene, MouseButton.DRAG, *over)
    if end == "outside":
        mouse(scene, MouseButton.DRAG, 100, 5)
    elif end == "escape":
        scene.press("escape")
    elif end == "lost":
        update(scene.model, Lost(scene.now, "gone"))
    else:
        scene.fill(7, "BUY", LAST_TICKS - 4, 25, 0)
    assert mouse(scene, MouseButton.RELEASE, *over) == []
    assert scene.model.confirm is None


def test_a_waiting_stop_is_dragged_by_its_stop_price_with_its_limit() -> None:
    scene = calm()
    scene.advanced_order(8, "BUY", "STOP_LIMIT", 10, stop_price=LAST_TICKS + 6, price=LAST_TICKS + 8)
    drag(scene, at(scene, LAST_TICKS + 6, is_buy=True), at(scene, LAST_TICKS + 4, is_buy=True))
    assert "MOVE 8 BUY 10 ACME stop 100.55 to 100.45, 100.65 to 100.55" in row(scene, 3)


# --- the right button, sides, clicks ---------------------------------------------------------------------------


def test_the_right_button_cancels_what_is_under_it() -> None:
    scene = working(calm())
    scene.order(8, "SELL", LAST_TICKS - 4, 5)
    assert mouse(scene, MouseButton.RIGHT, *at(scene, LAST_TICKS - 4, is_buy=True, column="bid")) == [
        {"type": "cancel_order", "order_id": 7}
    ]
    assert mouse(scene, MouseButton.RIGHT, *at(scene, LAST_TICKS - 5, is_buy=True)) == []
    rect = scene.model.layout.panels[Panel.ORDERS]
    assert mouse(scene, MouseButton.RIGHT, rect.x + 4, rect.y + 3) == [{"type": "cancel_order", "order_id": 8}]
    assert mouse(scene, MouseButton.RIGHT, rect.x + 4, rect.y + 1) == []


def test_a_click_on_a_bid_or_an_offer_asks_while_safe() -> None:
    scene = busy(120, 36)
    assert mouse(scene, MouseButton.LEFT, *at(scene, LAST_TICKS - 3, is_buy=True, column="bid")) == []
    assert isinstance(scene.model.confirm, OrderProposal)
    assert (scene.model.confirm.is_buy, scene.model.confirm.price) == (True, LAST_TICKS - 3)
    assert mouse(scene, MouseButton.LEFT, *at(scene, LAST_TICKS - 3, is_buy=False, column="ask")) == []
    assert not scene.model.confirm.is_buy


@pytest.mark.parametrize(("key", "canceled"), [("(", [7, 9]), (")", [8])])
def test_the_orders_of_one_side_are_canceled(key: str, canceled: list[int]) -> None:
    scene = working(calm())
    scene.order(8, "SELL", LAST_TICKS + 4, 5)
    scene.order(9, "BUY", LAST_TICKS - 9, 5)
    assert [request["order_id"] for request in sent(scene.press(key))] == canceled
    assert sent(typed(scene, "cancel bids" if key == "(" else "cancel asks")) != []


@pytest.mark.parametrize(
    ("word", "from_below", "expected"),
    [
        ("4:25", 3, lambda model: model.ticket.quantity == 25),
        ("LIMIT", 3, lambda model: model.ticket.type is TicketType.POST),
        ("GTC", 3, lambda model: model.ticket.time_in_force.value == "DAY"),
        ("SAFE", 3, lambda model: model.is_armed),
        ("buy", 3, lambda model: isinstance(model.confirm, OrderProposal) and model.confirm.is_buy),
        ("help", 1, lambda model: model.is_help_shown),
        ("sell", 1, lambda model: isinstance(model.confirm, OrderProposal) and not model.confirm.is_buy),
        ("connected", 2, lambda model: model.is_log_shown),
    ],
)
def test_what_looks_like_a_button_does_what_its_key_does(word: str, from_below: int, expected: Any) -> None:
    scene = calm()
    x = row(scene, from_below).index(word)
    assert mouse(scene, MouseButton.LEFT, x, scene.model.height - from_below) == []
    assert expected(scene.model)


def test_a_click_on_the_symbol_shows_the_next_one() -> None:
    scene = Scene(120, 36, ("ACME", "BRICK"))
    mouse(scene, MouseButton.LEFT, 2, 0)
    assert scene.model.symbol == "BRICK"


@pytest.mark.parametrize(("column", "key"), [("bid", "B"), ("ask", "S"), ("price", "space")])
def test_the_heads_of_the_ladder_are_buttons_under_a_banner_too(column: str, key: str) -> None:
    scene, by_key = calm(), calm()
    for each in (scene, by_key):
        each.press(*["page_down"] * 2 if key == "space" else ["down"] * 2)
    rect = scene.model.layout.panels[Panel.LADDER]
    x = rect.x + 1 + getattr(ladder_columns_of(scene.model, scene.model.layout), column).x + 1
    mouse(scene, MouseButton.LEFT, x, rect.y + 1)
    by_key.press(key)
    asked, meant = scene.model.confirm, by_key.model.confirm
    assert (asked and asked.text()) == (meant and meant.text())
    assert scene.model.centre == by_key.model.centre


def test_a_click_on_a_banner_does_nothing_and_on_the_heads_below_it_what_they_do() -> None:
    scene = calm()
    scene.phase("AUCTION", "OPERATOR")
    scene.press("page_down")
    rect, top, centre = scene.model.layout.panels[Panel.LADDER], scene.model.top, scene.model.centre
    taken, price = banner_rows(scene.model, scene.now), ladder_columns_of(scene.model, scene.model.layout).price
    assert taken == 1 and top is not None
    x, cursor = rect.x + 1 + price.x + 1, scene.model.cursor
    for y in (0, 1):
        mouse(scene, MouseButton.LEFT, x, rect.y + y)
    assert (scene.model.confirm, scene.model.centre, scene.model.cursor) == (None, centre, cursor)
    mouse(scene, MouseButton.LEFT, x, rect.y + 3)
    assert scene.model.cursor == top - 1  # The first row that is left; no price has moved.
    mouse(scene, MouseButton.LEFT, x, rect.y + 2)
    assert scene.model.centre != centre


@pytest.mark.parametrize(("size", "panel", "row_index"), [
    ((120, 36), Panel.TAPE, 1), ((120, 36), Panel.FILLS, 0), ((80, 24), Panel.FILLS, 0),
    ((80, 24), Panel.FILLS, 4),
])  # fmt: skip
def test_a_click_on_a_trade_brings_the_cursor_to_its_price(
    size: tuple[int, int], panel: Panel, row_index: int
) -> None:
    scene = busy(*size)
    rect = scene.model.layout.panels[panel]
    y = rect.y + 2 + row_index
    shown = view(scene.model, *size, scene.now).row(y)[rect.x : rect.x + rect.width]
    assert mouse(scene, MouseButton.LEFT, rect.x + 5, y) == []
    assert scene.model.cursor is not None and scene.model.market is not None
    assert f" {scene.model.market.scale.text(scene.model.cursor)} " in shown
    assert scene.model.focus is Panel.LADDER and scene.model.confirm is None


def test_a_click_below_the_last_trade_changes_nothing() -> None:
    scene = calm()
    scene.press("down")
    cursor, rect = scene.model.cursor, scene.model.layout.panels[Panel.TAPE]
    mouse(scene, MouseButton.LEFT, rect.x + 5, rect.y + 4)
    assert scene.model.cursor == cursor


def test_what_is_asked_is_dropped_by_a_click_and_sent_by_none() -> None:
    scene = calm()
    scene.press("b")
    shown = row(scene, 3)
    assert mouse(scene, MouseButton.LEFT, shown.index("Enter send"), 33) == []
    assert scene.model.confirm is not None
    mouse(scene, MouseButton.LEFT, shown.index("Esc drop"), 33)
    assert scene.model.confirm is None


def test_releases_and_drags_of_the_left_button_and_presses_of_the_right_are_understood() -> None:
    found = KeyDecoder().feed(b"\x1b[<0;5;6M\x1b[<32;5;7M\x1b[<0;5;7m\x1b[<2;1;1M\x1b[<2;1;1m", 0.0)
    buttons = [MouseButton.LEFT, MouseButton.DRAG, MouseButton.RELEASE, MouseButton.RIGHT]
    assert [event.button for event in found if isinstance(event, Mouse)] == buttons


# --- the position ----------------------------------------------------------------------------------------------


def test_reversing_asks_in_every_mode_for_twice_the_position() -> None:
    scene = calm()
    scene.position(-30, "100.00", "0")
    scene.press("a")
    assert scene.press("r") == []
    assert "REVERSE? BUY 60 ACME MARKET IOC" in row(scene, 3)
    (order,) = sent(scene.press("enter"))
    assert (order["side"], order["quantity"]) == ("BUY", 60)
    typed(calm(), "reverse")
    assert scene.press("r", "escape") == []


def test_a_reverse_that_waits_is_dropped_when_the_position_changes() -> None:
    scene = calm()
    scene.position(30, "100.00", "0")
    scene.press("r")
    scene.position(20, "100.00", "0")
    assert scene.model.confirm is None


# --- guards ----------------------------------------------------------------------------------------------------


def test_an_order_larger_than_the_guard_is_refused_before_it_is_asked() -> None:
    scene = calm()
    typed(scene, "max 24")
    assert said(scene) == "largest order: 24"
    scene.press("4", "a")
    assert scene.press("b") == []
    assert said(scene) == "25 is more than your largest order, 24 (:max changes it)"
    scene.press("3")
    assert len(sent(scene.press("b"))) == 1
    typed(scene, "max off")
    assert len(sent(scene.press("4", "b"))) == 1


@pytest.mark.parametrize(
    ("command", "is_refused"),
    [("buy 9 100", False), ("buy 10 100.05", True), ("sell 11", True), ("buy 9 stop 101", False)],
)
def test_an_order_worth_more_than_the_guard_is_refused(command: str, is_refused: bool) -> None:
    scene = calm()
    typed(scene, "notional 1000")
    typed(scene, command)
    assert (scene.model.confirm is None) == is_refused
    assert ("is more than your largest order, 1,000" in said(scene)) == is_refused


def test_a_guard_that_was_set_while_an_order_was_asked_holds_for_it() -> None:
    scene = calm()
    scene.press("5", "b")
    scene.model.guards = scene.model.guards._replace(quantity_max=5)
    assert scene.press("enter") == []
    assert "nothing was sent" in said(scene)


def test_guards_let_a_position_be_closed_but_not_turned_round() -> None:
    scene = calm()
    scene.position(30, "100.00", "0")
    typed(scene, "max 10")
    scene.press("r")
    assert scene.model.confirm is None
    (order,) = sent(scene.press("f", "enter"))
    assert order["quantity"] == 30


def test_a_move_to_a_price_that_is_worth_too_much_is_refused() -> None:
    scene = working(calm())
    typed(scene, "notional 2502")
    scene.model.cursor = LAST_TICKS - 4
    scene.press("shift_up")
    assert "2,502.50 is more" in said(scene)
    assert not isinstance(scene.model.confirm, MoveProposal)


# --- other keyboards -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letter", "latin"),
    [("и", "b"), ("ы", "s"), ("і", "s"), ("Ч", "X"), ("ч", "x"), ("β", "b"), ("Σ", "S"), ("б", ","), ("Б", "<"),
     ("Ю", ">"), ("х", "["), ("b", "b"), ("é", "é")],
)  # fmt: skip
def test_letters_of_other_layouts_are_the_keys_in_their_places(letter: str, latin: str) -> None:
    assert latin_key(letter) == latin


def test_an_order_is_asked_for_on_a_cyrillic_or_greek_layout() -> None:
    for letter in ("и", "β"):
        scene = calm()
        scene.press(letter)
        assert isinstance(scene.model.confirm, OrderProposal)
        assert scene.model.confirm.is_buy


def test_a_key_that_does_nothing_says_so() -> None:
    scene = calm()
    assert update(scene.model, Typed(scene.now, Key("%"))) == []
    assert said(scene) == "% is no key of this screen: ? searches for one"


def test_of_several_orders_at_a_price_the_oldest_is_held_and_named() -> None:
    scene = working(calm())
    scene.order(8, "BUY", LAST_TICKS - 4, 5)
    mouse(scene, MouseButton.LEFT, *at(scene, LAST_TICKS - 4, is_buy=True))
    assert said(scene) == "2 orders are here: you hold 7, the oldest"
    assert "letting go asks whether to move it there" in row(scene, 3)
    scene.press("escape", "a")
    mouse(scene, MouseButton.LEFT, *at(scene, LAST_TICKS - 4, is_buy=True))
    assert "letting go moves it at once" in row(scene, 3)
