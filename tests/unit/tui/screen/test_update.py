"""What the screen does with orders: SAFE and ARMED, canceling, and what the engine says of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.screen_scenes import LAST_TICKS, NOW, TICK, Scene, busy, calm, levels, said, sent
from tui.screen.key_decoder import Focus, Paste
from tui.screen.messages import EngineSaid, Lost, Resumed, TimePassed, Typed
from tui.screen.model import NoticeKind
from tui.screen.proposals import OrderProposal
from tui.screen.update import update


def said_by_engine(scene: Scene, message: dict[str, Any]) -> EngineSaid:
    return EngineSaid(scene.now, message)


# --- SAFE and ARMED --------------------------------------------------------------------------------------------


def test_safe_asks_and_enter_sends_exactly_what_was_shown() -> None:
    scene = calm()
    scene.press("up", "up", "5")
    assert scene.press("b") == []
    proposal = scene.model.confirm
    assert isinstance(proposal, OrderProposal)
    assert proposal.text() == "BUY 100 ACME @ 100.30 LIMIT GTC"
    assert proposal.notional_text() == "10,030.00"
    scene.book(levels(LAST_TICKS + 40, -1, 30), levels(LAST_TICKS + 42, 1, 30), sequence=9)
    update(scene.model, TimePassed(scene.now))
    assert sent(scene.press("enter")) == [
        {
            "type": "new_order",
            "client_order_id": "a-1",
            "symbol": "ACME",
            "side": "BUY",
            "order_type": "LIMIT",
            "quantity": 100,
            "time_in_force": "GTC",
            "price": Decimal("100.30"),
        }
    ]
    assert scene.press("enter") == []


def test_escape_drops_what_is_being_asked() -> None:
    scene = calm()
    assert scene.press("s", "escape", "enter") == []
    assert scene.model.confirm is None


@pytest.mark.parametrize("key", ["up", "space", "5", "o", "a", "f", "k", "tab", ":", "?", "x", "n"])
def test_what_waits_for_enter_swallows_no_key_and_is_sent_by_no_later_enter(key: str) -> None:
    scene = calm()
    scene.press("b", key)
    assert scene.model.confirm is None
    scene.press("escape")
    assert scene.press("enter") == []
    untouched = calm()
    untouched.press(key, "escape")
    assert seen(scene) == seen(untouched)


def seen(scene: Scene) -> tuple[object, ...]:
    """What a key may have changed."""
    model = scene.model
    return model.cursor, model.ticket, model.is_armed, model.focus, model.symbol


@pytest.mark.parametrize("key", ["T", "ctrl_l", "%"])
def test_what_only_changes_the_looks_leaves_the_confirm_row_as_it_is(key: str) -> None:
    scene = calm()
    scene.press("b", key)
    assert len(sent(scene.press("enter"))) == 1


def test_a_second_letter_asks_for_a_second_order_instead() -> None:
    scene = calm()
    scene.press("b", "s")
    assert [message["side"] for message in sent(scene.press("enter"))] == ["SELL"]


def test_armed_sends_without_asking() -> None:
    scene = calm()
    scene.press("a")
    assert [message["side"] for message in sent(scene.press("s", "b"))] == ["SELL", "BUY"]


def test_flatten_asks_even_while_armed() -> None:
    scene = calm()
    scene.position(-30, "100.00", "0")
    scene.press("a")
    assert scene.press("f") == []
    (order,) = sent(scene.press("enter"))
    assert (order["side"], order["quantity"], order["order_type"]) == ("BUY", 30, "MARKET")
    assert "price" not in order


@pytest.mark.parametrize("cause", ["idle", "idle key", "focus", "lost", "suspended", "symbol", "key"])
def test_the_screen_disarms_by_itself(cause: str) -> None:
    scene = Scene(120, 36, ("ACME", "BRICK"))
    scene.book(levels(LAST_TICKS - 1, -1, 30), levels(LAST_TICKS + 1, 1, 30))
    scene.until(NOW)
    scene.press("a")
    assert scene.model.is_armed
    if cause == "idle":
        scene.until(NOW + 60.0)
    elif cause == "idle key":
        scene.now = NOW + 60.0
        scene.say({"type": "heartbeat"})
        assert scene.press("b") == []
    elif cause == "focus":
        update(scene.model, Typed(NOW, Focus(has_focus=False)))
    elif cause == "lost":
        update(scene.model, Lost(NOW, "gone"))
    elif cause == "suspended":
        update(scene.model, Resumed(NOW))
    else:
        scene.press("n" if cause == "symbol" else "a")
    assert not scene.model.is_armed


def test_a_paste_is_never_taken_as_keys() -> None:
    scene = calm()
    scene.press("a")
    assert update(scene.model, Typed(scene.now, Paste("b\rX"))) == []
    assert "paste" in said(scene)


# --- canceling -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [(), ("b",), ("a",), ("?",), ("tab",), ("z",)])
def test_cancel_all_works_from_everywhere_but_a_text_that_is_typed(before: tuple[str, ...]) -> None:
    scene = busy(120, 36)
    scene.press(*before)
    assert sent(scene.press("X")) == [{"type": "cancel_all"}]
    assert scene.model.confirm is None


def test_cancel_takes_my_orders_at_the_cursor_or_the_selected_row() -> None:
    scene = busy(120, 36)
    scene.model.cursor = LAST_TICKS - 3
    assert sent(scene.press("x")) == [{"type": "cancel_order", "order_id": 9123}]
    scene.press("tab", "tab", "down", "down")
    assert sent(scene.press("x")) == [{"type": "cancel_order", "order_id": 9130}]


def test_an_order_that_is_not_accepted_yet_can_be_canceled_too() -> None:
    scene = calm()
    scene.press("b", "enter")
    assert sent(scene.press("x")) == [{"type": "cancel_order", "client_order_id": "a-1"}]


def test_canceling_works_while_the_engine_is_silent_and_ordering_does_not() -> None:
    scene = busy(120, 36)
    scene.press("b")
    scene.now += 3.0
    assert scene.press("enter") == []
    assert "NOT sent" in said(scene)
    assert sent(scene.press("X")) == [{"type": "cancel_all"}]


# --- orders and what the engine says ---------------------------------------------------------------------------


def test_moving_an_order_asks_and_may_go_further_before_it_is_sent() -> None:
    scene = busy(120, 36)
    scene.model.cursor = LAST_TICKS + 4
    assert scene.press("shift_up", "shift_up", "shift_down", "shift_up") == []
    (change,) = sent(scene.press("enter"))
    assert change == {"type": "replace_order", "order_id": 9130, "price": TICK * (LAST_TICKS + 6)}
    order = next(order for order in scene.model.orders if order.order_id == 9130)
    assert (order.shown_state, order.price) == ("MOV…", LAST_TICKS + 4)


def test_a_rejected_order_disappears_and_the_engines_text_is_shown() -> None:
    scene = calm()
    scene.press("b", "enter")
    scene.say({"type": "order_rejected", "client_order_id": "a-1", "code": "NOPE", "text": "because"}, 0.0021)
    assert scene.model.orders.open() == []
    assert said(scene) == "REJECT BUY 10 @ 100.20: because [NOPE] (2.1 ms)"
    assert scene.model.notices[-1].kind is NoticeKind.REJECT


def test_an_order_without_an_answer_is_given_up_when_a_later_ping_is_answered() -> None:
    scene = calm()
    scene.press("b", "enter")
    scene.say({"type": "error", "code": "MALFORMED", "text": "what?"})
    number = scene.model.link.ping_number
    scene.say({"type": "pong", "id": number})
    assert len(scene.model.orders.open()) == 1
    scene.now += 1.0
    (ping,) = sent(update(scene.model, TimePassed(scene.now)))
    scene.say({"type": "pong", "id": ping["id"]})
    assert scene.model.orders.open() == []


def test_what_is_ahead_falls_with_trades_and_with_the_level() -> None:
    scene = calm()
    price = LAST_TICKS - 1
    scene.change(2, [("BID", price, 300)])
    scene.order(7, "BUY", price, 10)
    (order,) = scene.model.orders.open()
    assert order.ahead == 300
    scene.trade(price, 100, "SELL")
    scene.change(3, [("BID", price, 210)])
    assert order.ahead == 200
    scene.change(4, [("BID", price, 60)])
    assert order.ahead == 50
    scene.trade(price, 70, "BUY")
    assert order.ahead == 50


def test_fills_ask_for_the_position_once_at_a_time() -> None:
    scene = calm()
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    scene.model.positions_request = type(scene.model.positions_request).NONE
    asked = []
    for remaining in (7, 4, 0):
        event = scene._private("order_executed", 7, "x-7") | {
            "side": "BUY", "price": TICK * LAST_TICKS, "quantity": 3, "remaining_quantity": remaining,
            "status": "PARTIALLY_FILLED" if remaining else "FILLED", "liquidity": "MAKER",
        }  # fmt: skip
        asked += sent(update(scene.model, said_by_engine(scene, event)))
    assert asked == [{"type": "get_positions"}]
    answer = update(scene.model, said_by_engine(scene, {"type": "positions", "positions": []}))
    assert sent(answer) == [{"type": "get_positions"}]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "book_update", "symbol": "ACME", "sequence": 2},
        {"type": "trade", "symbol": "ACME", "price": "x", "quantity": 1},
        {"type": "order_accepted"},
        {"type": "positions", "positions": [{}]},
        {"type": "something new", "seq": "x"},
    ],
)
def test_a_message_that_makes_no_sense_does_not_end_the_screen(message: dict[str, Any]) -> None:
    scene = calm()
    scene.say(message)
    assert scene.model.link.heard_at == scene.now
    assert ("makes no sense" in said(scene)) == (message["type"] != "something new")


def test_lost_book_data_is_noticed_and_asked_for_again() -> None:
    scene = calm()
    message = {"type": "book_update", "symbol": "ACME", "sequence": 7, "changes": [["BID", Decimal("1"), 1, 1]]}
    (request,) = sent(update(scene.model, said_by_engine(scene, message)))
    assert request == {"type": "subscribe", "channel": "book", "symbol": "ACME", "depth": 0}
    assert scene.model.market is not None
    assert scene.model.market.bids == {}
