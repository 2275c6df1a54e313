"""An order goes where the eye is, says when it trades at once, and never outlives what it was about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.screen_scenes import LAST_TICKS, TICK, Scene, busy, calm, levels, said, sent
from tui.screen.crossing import Crossing, crossing, is_far
from tui.screen.key_decoder import Mouse, MouseButton
from tui.screen.layout import Panel
from tui.screen.market_data import Market
from tui.screen.messages import Resized, TimePassed, Typed
from tui.screen.price_scale import PriceScale
from tui.screen.proposals import MoveProposal, QuitProposal
from tui.screen.update import update
from tui.screen.view import view


def ticket_row(scene: Scene) -> str:
    """The row that the person acts on, as shown."""
    model = scene.model
    return view(model, model.width, model.height, scene.now).row(model.height - 3)


# --- where the eye is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["b", "s"])
@pytest.mark.parametrize("is_armed", [False, True])
def test_nothing_is_ordered_at_a_cursor_that_is_scrolled_out_of_view(key: str, is_armed: bool) -> None:
    scene = calm()
    scene.press(*("a" if is_armed else ""))
    for _ in range(20):
        update(scene.model, Typed(scene.now, Mouse(MouseButton.WHEEL_UP, 5, 10)))
    assert scene.press(key) == []
    assert scene.model.confirm is None
    assert said(scene) == "the cursor at 100.20 is out of view: Space brings it back"
    scene.press("space", key)
    assert scene.model.confirm is not None or is_armed


def test_nothing_is_ordered_at_a_cursor_that_the_market_has_left_behind() -> None:
    scene = calm()
    scene.book(levels(LAST_TICKS + 99, -1, 30), levels(LAST_TICKS + 101, 1, 30), sequence=6)
    update(scene.model, TimePassed(scene.now))
    assert scene.press("b") == []
    assert "out of view" in said(scene)


@pytest.mark.parametrize("panel", [Panel.CHART, Panel.ORDERS, Panel.FILLS, Panel.TAPE])
@pytest.mark.parametrize("ticket", ["", "oo"])
def test_nothing_is_ordered_while_the_ladder_does_not_have_the_focus(panel: Panel, ticket: str) -> None:
    scene = calm()
    scene.press(*ticket, "a")
    scene.model.focus = panel
    assert scene.press("b", "s") == []
    assert scene.model.confirm is None
    assert said(scene) == "b and s act on the ladder: go there with Tab"


def test_nothing_is_ordered_or_confirmed_on_a_terminal_too_small_to_show_it() -> None:
    scene = calm()
    scene.press("b")
    update(scene.model, Resized(scene.now, 59, 24))
    assert scene.press("enter") == []
    assert scene.press("escape", "a", "b") == []
    update(scene.model, Resized(scene.now, 80, 24))
    assert len(sent(scene.press("b"))) == 1


def test_a_move_needs_its_order_in_view() -> None:
    scene = busy(120, 36)
    scene.model.cursor = LAST_TICKS + 4
    for _ in range(20):
        update(scene.model, Typed(scene.now, Mouse(MouseButton.WHEEL_UP, 5, 10)))
    assert scene.press("shift_up") == []
    assert scene.model.confirm is None
    scene.press("space")
    scene.model.cursor, scene.model.focus = LAST_TICKS + 4, Panel.TAPE
    assert scene.press("shift_up") == []
    assert scene.model.confirm is None


# --- what trades at once ---------------------------------------------------------------------------------------


BOOK = Market("X", PriceScale(Decimal("0.01")), bids={9987: 6, 9985: 20}, asks={9988: 4, 9990: 5, 9995: 100})


@pytest.mark.parametrize(
    ("is_buy", "quantity", "price", "expected"),
    [
        (True, 10, 9987, None),
        (True, 3, 9988, Crossing(3, 9988, 9988)),
        (True, 10, 9988, Crossing(4, 9988, 9988)),
        (True, 9, 9999, Crossing(9, 9988, 9990)),
        (True, 500, None, Crossing(109, 9988, 9995)),
        (False, 10, 9988, None),
        (False, 10, 9985, Crossing(10, 9987, 9985)),
        (False, 6, 9900, Crossing(6, 9987, 9987)),
    ],
)
def test_what_trades_at_once_is_what_the_book_holds_up_to_the_price(
    is_buy: bool, quantity: int, price: int | None, expected: Crossing | None
) -> None:
    assert crossing(BOOK, is_buy=is_buy, quantity=quantity, price=price) == expected


def test_the_confirm_row_says_that_an_order_crosses() -> None:
    scene = Scene(120, 36, tick=Decimal("0.01"))
    scene.book([[9986, 50]], [[9988, 60], [9990, 5]])
    update(scene.model, TimePassed(scene.now))
    scene.press(":", *"buy", "space", *"10", "space", *"99.9", "enter")
    assert "BUY 10 ACME @ 99.90 LIMIT GTC = 999.00  CROSSES: buys 10 @ 99.88 " in ticket_row(scene)
    scene.change(2, [("ASK", 9988, 7)])
    assert "CROSSES: buys 10 @ 99.88–99.90" in ticket_row(scene)
    for phase in ("AUCTION", "HALTED"):
        scene.phase(phase)  # A call trades at its end, at one price.
        assert "CROSSES" not in ticket_row(scene)
    scene.phase("CONTINUOUS")
    scene.change(3, [("ASK", 9988, 0), ("ASK", 9990, 0)])
    assert "CROSSES" not in ticket_row(scene)


def test_what_crosses_is_told_on_a_narrow_terminal_too() -> None:
    scene = busy(80, 24)
    scene.press("5", "s")
    assert ticket_row(scene).rstrip() == (
        " SEND? SELL 100 ACME @ 100.15 LIMIT GTC  CROSSES: sells 100 @ 100.20  Enter Esc"
    )


def test_a_move_that_crosses_says_so() -> None:
    scene = busy(120, 36)
    scene.press("tab", "tab")
    scene.model.orders.select(0)
    scene.press(*["shift_up"] * 4)
    assert isinstance(scene.model.confirm, MoveProposal)
    assert "MOVE 9123 BUY 25 ACME 100.10 to 100.30  CROSSES: buys 25 @ 100.30" in ticket_row(scene)


# --- far from the market ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "expected"), [(9489, True), (9490, False), (10_000, False), (10_488, False), (10_489, True)]
)
def test_far_is_more_than_five_percent_from_the_middle(price: int, expected: bool) -> None:
    market = Market("X", PriceScale(Decimal("0.01")), bids={9987: 6}, asks={9991: 4})
    assert is_far(market, price) == expected


def test_without_a_market_every_price_is_far() -> None:
    assert is_far(Market("X", PriceScale(Decimal("0.01"))), 10_000)


@pytest.mark.parametrize(("price", "is_asked"), [("95.10", True), ("95.30", False), ("106.00", True)])
def test_an_armed_order_far_from_the_market_asks(price: str, is_asked: bool) -> None:
    scene = calm()
    scene.press("a")
    requests = scene.press(":", *"buy", "space", "1", "space", *price, "enter")
    assert len(sent(requests)) == (0 if is_asked else 1)
    if is_asked:
        assert "more than 5 % from the market" in said(scene)
        assert len(sent(scene.press("enter"))) == 1


@pytest.mark.parametrize(
    ("command", "is_asked"),
    [
        ("buy 5", False),
        ("buy 6", True),  # The sixth would trade 5.04 % above the market.
        ("buy 7", True),
        ("sell 91", True),  # The book has 90.
        ("buy 5 stop 100.30", False),
        ("buy 1 stop 100.35", False),
        ("buy 2 stop 100.35", True),
        ("buy 1 stop 100.40", True),
        ("sell 91 stop 100.20", False),
        ("sell 1 stop 100", False),
    ],
)
def test_an_armed_order_without_a_limit_asks_if_it_may_trade_far_from_the_market(
    command: str, is_asked: bool
) -> None:
    scene = calm()
    scene.book([[2004, 90]], [[2006, 4], [2007, 1], [2106, 2]], sequence=6)
    scene.press("a")
    requests = scene.press(":", *["space" if key == " " else key for key in command], "enter")
    assert len(sent(requests)) == (0 if is_asked else 1)
    if is_asked:
        assert said(scene) == "may trade more than 5 % from the market: this asks, though the screen is ARMED"
        (order,) = sent(scene.press("enter"))
        assert order["quantity"] == int(command.split()[1])


def test_an_armed_market_order_asks_where_nothing_is_on_the_other_side() -> None:
    scene = calm()
    scene.book([[LAST_TICKS - 1, 90]], [], sequence=6)
    scene.press("a")
    assert sent(scene.press(":", *"buy", "space", "1", "enter")) == []
    assert sent(scene.press("escape", ":", *"sell", "space", "1", "enter"))


# --- the position ----------------------------------------------------------------------------------------------


def flat_after(scene: Scene, request: dict[str, Any]) -> None:
    """The engine fills a flattening order of 30, and has not been asked for the position since."""
    scene.say(scene._private("order_accepted", 50, request["client_order_id"]) | request | {
        "type": "order_accepted", "price": None, "remaining_quantity": 30, "status": "NEW",
    })  # fmt: skip
    scene.say(scene._private("order_executed", 50, request["client_order_id"]) | {
        "side": "SELL", "price": TICK * LAST_TICKS, "quantity": 30, "remaining_quantity": 0, "status": "FILLED",
        "liquidity": "TAKER",
    })  # fmt: skip


def test_flattening_twice_does_not_reverse_the_position() -> None:
    scene = calm()
    scene.position(30, "100.00", "0")
    (order,) = sent(scene.press("f", "enter"))
    assert (order["side"], order["quantity"]) == ("SELL", 30)
    assert scene.press("f", "enter") == []
    assert said(scene) == "there is no position left to flatten"
    flat_after(scene, order)
    assert scene.press("f", "enter") == []
    scene.position(0, "100.00", "0")
    assert scene.press("f", "enter") == []


def test_flattening_counts_a_market_order_that_is_on_its_way() -> None:
    scene = calm()
    scene.position(30, "100.00", "0")
    scene.press("o", "o", "o", "s", "enter")
    (order,) = sent(scene.press("f", "enter"))
    assert (order["side"], order["quantity"]) == ("SELL", 20)


def test_a_flatten_that_waits_is_dropped_when_the_position_changes() -> None:
    scene = calm()
    scene.position(30, "100.00", "0")
    scene.order(7, "SELL", LAST_TICKS + 1, 10)
    scene.press("f")
    scene.fill(7, "SELL", LAST_TICKS + 1, 10, 0)
    assert "the position has changed" in [notice.text.rpartition(": ")[2] for notice in scene.model.notices]
    assert scene.press("enter") == []
    (order,) = sent(scene.press("f", "enter"))
    assert order["quantity"] == 20


# --- what waits and its order ----------------------------------------------------------------------------------


def moving(scene: Scene) -> MoveProposal:
    """A move of order 7 is being asked."""
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    scene.press("shift_down")
    assert isinstance(scene.model.confirm, MoveProposal)
    return scene.model.confirm


def test_a_move_that_waits_does_not_outlive_its_order() -> None:
    scene = calm()
    moving(scene)
    scene.fill(7, "BUY", LAST_TICKS - 1, 10, 0)
    assert scene.model.confirm is None
    assert "the order is over" in [notice.text.rpartition(": ")[2] for notice in scene.model.notices]
    assert scene.press("enter") == []


def test_a_move_that_waits_shows_what_is_left_of_its_order() -> None:
    scene = calm()
    moving(scene)
    scene.fill(7, "BUY", LAST_TICKS - 1, 4, 6)
    assert "MOVE 7 BUY 6 ACME" in ticket_row(scene)
    assert len(sent(scene.press("enter"))) == 1


def test_a_move_that_waits_is_dropped_when_someone_else_moves_the_order() -> None:
    scene = calm()
    moving(scene)
    scene.say(scene._private("order_replaced", 7, "x-7") | {
        "price": TICK * (LAST_TICKS - 9), "quantity": 10, "remaining_quantity": 10, "status": "NEW",
        "priority_kept": False,
    })  # fmt: skip
    assert scene.model.confirm is None


def test_the_question_whether_to_quit_counts_the_orders_that_still_work() -> None:
    scene = calm()
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    scene.press("q")
    assert scene.model.confirm == QuitProposal(1)
    scene.fill(7, "BUY", LAST_TICKS - 1, 10, 0)
    assert scene.model.confirm == QuitProposal(0)
    assert "0 orders still work" in ticket_row(scene)


def test_each_order_type_remembers_its_own_time_in_force() -> None:
    scene = calm()
    for times in (2, 1, 1, 1, 0, 1):
        scene.press(*"t" * times, "o")
    seen = []
    for _ in range(6):
        seen.append(f"{scene.model.ticket.type.value} {scene.model.ticket.time_in_force.value}")
        scene.press("o")
    assert ", ".join(seen) == "LIMIT IOC, POST DAY, ICEBERG DAY, MARKET FOK, STOP GTC, STOP LIMIT DAY"
