"""What the screen does about its connection, its ladder, its panels and its command line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support.screen_scenes import LAST_TICKS, NOW, TICK, Scene, busy, calm, empty, levels, said, sent
from tui.screen.key_decoder import Key, Mouse, MouseButton
from tui.screen.layout import Panel
from tui.screen.messages import ClockSet, Connected, Effect, EngineSaid, Lost, Resized, TimePassed, Typed
from tui.screen.model import LinkState
from tui.screen.my_order import ShownState
from tui.screen.update import next_wake, update
from tui.screen.view import view

# --- the connection --------------------------------------------------------------------------------------------


def test_a_lost_connection_is_tried_again_ever_more_slowly() -> None:
    scene = busy(120, 36)
    waits = []
    for _ in range(5):
        update(scene.model, Lost(scene.now, "gone"))
        lost_at, requests = scene.now, []
        while Effect.CONNECT not in requests:
            scene.now = next_wake(scene.model, scene.now)
            requests = update(scene.model, TimePassed(scene.now))
        waits.append(round(scene.now - lost_at))
    assert waits == [1, 2, 4, 8, 8]
    assert scene.model.link.state is LinkState.CONNECTING


def test_one_lost_connection_is_one_message_and_one_try_however_many_sends_failed() -> None:
    scene = busy(120, 36)
    for _ in range(8):
        update(scene.model, Lost(scene.now, "Broken pipe"))
    assert [notice.text for notice in scene.model.notices].count("Broken pipe; next try in 1 s") == 1
    assert scene.model.link.retry_at == scene.now + 1.0


def test_a_connection_that_is_cut_before_it_answers_is_tried_again_more_slowly() -> None:
    scene = busy(120, 36)
    for wait_s in (1.0, 2.0, 4.0):
        update(scene.model, Lost(scene.now, "Broken pipe"))
        assert scene.model.link.retry_at == scene.now + wait_s
        update(scene.model, Connected(scene.now, {"type": "logged_in", "instruments": []}, ()))
    scene.say({"type": "pong", "id": scene.model.link.ping_number})
    update(scene.model, Lost(scene.now, "Broken pipe"))
    assert scene.model.link.retry_at == scene.now + 1.0


def test_who_was_reset_is_not_connected_again_but_told_to_start_anew() -> None:
    scene = busy(120, 36)
    update(scene.model, Lost(scene.now, "the engine closed the connection", is_reset=True))
    told = scene.model.notices[-1].text
    assert told.startswith("the operator has reset the token of ") and "start again" in told
    for _ in range(20):
        scene.now = next_wake(scene.model, scene.now)
        assert Effect.CONNECT not in update(scene.model, TimePassed(scene.now))


def test_after_a_reconnect_everything_is_asked_for_and_the_engine_is_believed() -> None:
    scene = busy(120, 36)
    update(scene.model, Lost(scene.now, "gone"))
    requests = update(scene.model, Connected(scene.now, {"type": "logged_in", "instruments": []}, ()))
    kinds = [message["type"] for message in sent(requests)]
    assert kinds == ["get_orders", "get_positions", "subscribe", "subscribe", "subscribe", "ping"]
    scene.say({"type": "orders", "orders": []})
    assert {order.state for order in scene.model.orders} == {ShownState.UNKNOWN, ShownState.FILLED}


def canceled(seq: int) -> dict[str, Any]:
    """The end of some order that the screen does not know."""
    ids = {"order_id": 900 + seq, "client_order_id": "x"}
    return {"type": "order_canceled", "seq": seq, **ids, "status": "CANCELED"}


def test_a_connection_goes_on_after_the_last_event_that_was_shown() -> None:
    scene = calm()
    update(scene.model, Connected(scene.now, {"type": "logged_in", "instruments": []}, (), last_seq=6))
    for seq in (7, 8, 9):
        scene.say(canceled(seq))
    assert scene.model.link.last_seq == 9
    fill = {
        "type": "order_executed", "seq": 9, "order_id": 1, "client_order_id": "x", "symbol": "ACME", "side": "BUY",
        "price": Decimal("100.00"), "quantity": 1, "remaining_quantity": 0, "status": "FILLED", "timestamp": 1,
    }  # fmt: skip
    before = len(scene.model.fills)
    scene.say(fill)
    assert len(scene.model.fills) == before, "it was told before"
    scene.say({**fill, "seq": 10})
    assert len(scene.model.fills) == before + 1


def test_a_gap_is_told_and_behind_only_with_the_next_pong() -> None:
    scene = calm()
    requests = update(scene.model, Connected(scene.now, {"type": "logged_in", "instruments": []}, (), last_seq=6))
    scene.say({"type": "gap", "from": 7, "to": 50})
    assert "events 7 to 50" in said(scene)
    scene.say(canceled(20))
    assert scene.model.link.last_seq == 20
    scene.say({"type": "pong", "id": sent(requests)[-1]["id"]})
    assert scene.model.link.last_seq == 50


def test_heartbeats_show_that_the_engine_lives_and_nothing_else() -> None:
    scene = calm()
    scene.model.is_changed = False
    for second in range(1, 21):
        update(scene.model, EngineSaid(NOW + second, {"type": "heartbeat"}))
        update(scene.model, TimePassed(NOW + second))
    assert scene.model.link.state is LinkState.LIVE
    assert not scene.model.is_changed


def test_an_engine_that_stays_silent_is_given_up() -> None:
    scene = calm()
    for second in range(1, 11):
        update(scene.model, TimePassed(NOW + second))
    assert scene.model.link.state is LinkState.DOWN


def test_nothing_is_sent_while_disconnected_not_even_a_cancel() -> None:
    scene = busy(120, 36)
    scene.press("b")
    update(scene.model, Lost(scene.now, "gone"))
    assert scene.model.confirm is None
    assert scene.press("b", "enter", "X", "x") == []


def test_orders_of_earlier_sessions_are_listed_and_the_engine_corrects_them() -> None:
    scene = Scene(120, 36)
    old = {
        "order_id": 3, "client_order_id": "old-1", "symbol": "ACME", "side": "BUY", "order_type": "LIMIT",
        "time_in_force": "GTC", "price": Decimal("99.95"), "quantity": 10, "remaining_quantity": 6,
        "executed_quantity": 4, "status": "PARTIALLY_FILLED",
    }  # fmt: skip
    scene.model.symbols = []
    instrument = {"symbol": "ACME", "tick_size": TICK, "lot_size": 1}
    update(scene.model, Connected(scene.now, {"type": "logged_in", "instruments": [instrument]}, (old,)))
    (order,) = scene.model.orders.open()
    assert (order.done, order.state) == (4, ShownState.PARTIAL)
    scene.say({"type": "orders", "orders": []})
    assert order.state is ShownState.UNKNOWN


# --- ladder, panels, mouse -------------------------------------------------------------------------------------


def test_the_ladder_does_not_move_while_the_market_is_in_view_nor_while_confirming() -> None:
    scene = calm()
    before = scene.model.centre
    scene.book(levels(LAST_TICKS + 5, -1, 30), levels(LAST_TICKS + 7, 1, 30), sequence=5)
    update(scene.model, TimePassed(scene.now))
    assert scene.model.centre == before
    scene.press("b")
    scene.book(levels(LAST_TICKS + 99, -1, 30), levels(LAST_TICKS + 101, 1, 30), sequence=6)
    update(scene.model, TimePassed(scene.now))
    assert scene.model.centre == before
    cursor = scene.model.cursor
    scene.press("escape")
    update(scene.model, TimePassed(scene.now))
    assert scene.model.centre == LAST_TICKS + 100
    assert scene.model.cursor == cursor


def test_the_cursor_scrolls_the_ladder_at_its_edge_and_never_below_a_tick() -> None:
    scene = calm()
    scene.press(*["page_down"] * 3)
    top, rows = scene.model.top, scene.model.layout.ladder_rows
    assert top is not None
    assert scene.model.cursor == top - rows + 1
    scene.press(*["page_down"] * 200)
    assert scene.model.cursor == 1


def test_who_scrolls_away_is_left_there_until_the_market_comes_into_view() -> None:
    scene = calm()
    scene.press("page_down", "page_down")
    away = scene.model.centre
    update(scene.model, TimePassed(scene.now))
    assert scene.model.centre == away
    scene.book(levels((away or 0) + 1, -1, 30), levels((away or 0) + 3, 1, 30), sequence=5)
    update(scene.model, TimePassed(scene.now))
    assert scene.model.centre == away
    scene.book(levels(LAST_TICKS, -1, 30), levels(LAST_TICKS + 2, 1, 30), sequence=6)
    update(scene.model, TimePassed(scene.now))
    assert scene.model.centre == LAST_TICKS + 1


def test_the_wheel_scrolls_and_leaves_the_cursor_at_its_price() -> None:
    scene = busy(120, 36)
    cursor, centre = scene.model.cursor, scene.model.centre
    update(scene.model, Typed(scene.now, Mouse(MouseButton.WHEEL_UP, 5, 10)))
    assert (scene.model.cursor, scene.model.centre) == (cursor, (centre or 0) + 3)


def test_switching_the_symbol_changes_the_feeds() -> None:
    scene = Scene(120, 36, ("ACME", "BRICK"))
    scene.book(levels(50, -1, 5), levels(52, 1, 5))
    kinds = [(message["type"], message["symbol"]) for message in sent(scene.press("n"))]
    assert kinds == [("unsubscribe", "ACME"), ("subscribe", "BRICK")]
    assert scene.model.cursor is None
    assert sent(scene.press(*":symbol", "space", *"acme", "enter"))[-1]["symbol"] == "ACME"


def test_the_command_line_takes_letters_as_text_and_asks_like_the_keys() -> None:
    scene = empty(120, 36)
    assert scene.press(":", *"buy", "space", "3", "space", *"99.95") == []
    assert scene.press("enter") == []
    (order,) = sent(scene.press("enter"))
    assert (order["side"], order["quantity"], order["price"]) == ("BUY", 3, Decimal("99.95"))
    assert scene.press(":", "up", "X", "escape") == []
    assert scene.model.command_history == ["buy 3 99.95"]


def test_a_command_off_the_tick_is_refused_here() -> None:
    scene = empty(120, 36)
    assert scene.press(":", *"buy", "space", "3", "space", *"99.96", "enter", "enter") == []
    assert "not a multiple of the tick" in said(scene)


def test_quitting_asks_while_orders_work() -> None:
    assert calm().press("q") == [Effect.QUIT]
    scene = busy(120, 36)
    assert scene.press("q", "escape", "ctrl_c") == []
    assert scene.press("enter") == [Effect.QUIT]


def test_presets_lots_types_and_times_in_force() -> None:
    scene = calm()
    ticket = scene.model.ticket
    sizes = []
    for key in ("4", "]", "]", "[", "+", "[", "-", "1", "-"):
        scene.press(key)
        sizes.append(ticket.quantity)
    assert sizes == [25, 100, 100, 25, 26, 25, 24, 1, 1]
    terms = []
    for key in ("t", "t", "o", "o", "o", "t", "t", "o", "o", "o"):
        scene.press(key)
        terms.append((ticket.type.value, ticket.time_in_force.value))
    expected = (
        "LIMIT DAY, LIMIT IOC, POST GTC, ICEBERG GTC, MARKET IOC, MARKET FOK, MARKET DAY, STOP GTC, "
        "STOP LIMIT GTC, LIMIT IOC"
    )
    assert ", ".join(" ".join(pair) for pair in terms) == expected


def test_tab_goes_round_the_panels_that_are_shown() -> None:
    scene = busy(80, 24)
    seen = []
    for _ in range(4):
        scene.press("tab")
        seen.append(scene.model.focus)
    assert seen == [Panel.ORDERS, Panel.FILLS, Panel.LADDER, Panel.ORDERS]


def test_nothing_that_only_shows_life_asks_for_a_new_frame() -> None:
    scene = calm()
    update(scene.model, TimePassed(scene.now + 0.5))
    scene.model.is_changed = False
    for _ in range(5):
        scene.now += 1.0
        (ping,) = sent(update(scene.model, TimePassed(scene.now)))
        scene.say({"type": "pong", "id": ping["id"]}, 0.001)
    assert not scene.model.is_changed


def test_a_resize_keeps_the_cursor_in_view() -> None:
    scene = busy(200, 60)
    scene.press(*["down"] * 10)
    update(scene.model, Resized(scene.now, 80, 24))
    top = scene.model.top or 0
    assert top - scene.model.layout.ladder_rows < (scene.model.cursor or 0) <= top


def test_an_unknown_key_does_nothing() -> None:
    assert update(calm().model, Typed(NOW, Key("%"))) == []


# --- the clock -------------------------------------------------------------------------------------------------


def test_the_clock_is_right_again_after_the_machine_has_slept() -> None:
    scene = calm()
    assert "10:42:07" in view(scene.model, 120, 36, scene.now).row(0)
    update(scene.model, ClockSet(scene.now, scene.model.clock_offset_s + 3600.0, 0.0))
    assert "11:42:07" in view(scene.model, 120, 36, scene.now).row(0)
    update(scene.model, ClockSet(scene.now, scene.model.clock_offset_s, 7200.0))
    assert "13:42:07" in view(scene.model, 120, 36, scene.now).row(0)


def test_a_sleep_disarms_and_a_correction_of_the_clock_does_not() -> None:
    scene = calm()
    scene.press("a")
    update(scene.model, ClockSet(scene.now, scene.model.clock_offset_s + 0.5, 0.0))
    assert scene.model.is_armed
    update(scene.model, ClockSet(scene.now, scene.model.clock_offset_s + 60.0, 0.0))
    assert not scene.model.is_armed
