"""States over the ladder, messages with their time, the day's figures, large prints, one's place in the queue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support import moving_market, screen_scenes
from tests.support.screen_scenes import LAST_TICKS, TICK, Scene, busy, calm, said, sent
from tui.cancel_on_disconnect import DisconnectWish
from tui.screen.cells import Color
from tui.screen.layout import Panel
from tui.screen.messages import Connected, Lost, TimePassed
from tui.screen.model import STALE_AFTER_S
from tui.screen.my_order import CANCELING, MyOrder, ShownState
from tui.screen.update import update
from tui.screen.view import view


def rows(scene: Scene) -> list[str]:
    """The whole screen."""
    canvas = view(scene.model, scene.model.width, scene.model.height, scene.now)
    return [canvas.row(y) for y in range(canvas.height)]


def my_order(scene: Scene, order_id: int) -> MyOrder:
    return next(order for order in scene.model.orders if order.order_id == order_id)


# --- states ----------------------------------------------------------------------------------------------------


def test_a_lost_connection_stands_over_the_ladder_with_its_reason_and_the_next_try() -> None:
    scene = busy(80, 24)
    update(scene.model, Lost(scene.now, "the engine is gone"))
    assert "DOWN · next try in 1 s" in rows(scene)[1]
    assert "the engine is gone; your orders may go on" in rows(scene)[2] and " working " in rows(scene)[3]
    canvas = view(scene.model, 80, 24, scene.now)
    assert canvas.backgrounds[80 + 5] == canvas.backgrounds[2 * 80 + 5] == Color.ALARM


def test_silence_stands_over_the_ladder() -> None:
    scene = busy(120, 36)
    scene.now += 3.1
    assert "STALE 3.1 s   the book is old; nothing is sent but cancels" in rows(scene)[1]
    assert "PRICE" in rows(scene)[3]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (DisconnectWish.DAY, "gone; your GTC orders may go on working"),
        (DisconnectWish.ALL, "gone; the exchange cancels your orders"),
    ],
)
def test_what_the_exchange_does_without_a_connection_is_known_before_and_then(
    option: DisconnectWish, told: str
) -> None:
    scene = busy(120, 36)
    scene.model.cancel_on_disconnect = option
    assert "COD" in rows(scene)[0]
    update(scene.model, Lost(scene.now, "gone"))
    assert told in "".join(rows(scene)[1:3])


def test_of_two_states_the_worse_comes_first_and_the_other_is_named() -> None:
    scene = screen_scenes.halt(120, 36)
    update(scene.model, Lost(scene.now, "gone"))
    assert "DOWN · next try in 1 s   ACME  HALTED 0:58" in rows(scene)[1]
    assert "gone; your orders may go on working" in rows(scene)[2]


def test_who_is_blocked_is_told_so_until_an_order_is_accepted() -> None:
    scene = calm()
    scene.press("b", "enter")
    scene.say({"type": "order_rejected", "client_order_id": "a-1", "code": "BLOCKED", "text": "blocked"})
    assert "BLOCKED by the operator" in rows(scene)[1]
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    assert "LADDER ACME" in rows(scene)[1]


def test_a_block_shows_by_the_orders_that_it_cancels_and_ends_with_an_order_that_is_judged() -> None:
    scene = calm()
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    scene.say({"type": "order_canceled", "order_id": 7, "client_order_id": "a-7", "symbol": "ACME",
               "remaining_quantity": 10, "reason": "ADMIN", "status": "CANCELED", "timestamp": 1})  # fmt: skip
    assert "BLOCKED by the operator" in rows(scene)[1]
    assert any("has BLOCKED you" in notice.text for notice in scene.model.notices)
    scene.say({"type": "order_rejected", "client_order_id": "x", "code": "WOULD_TAKE", "text": "it would take"})
    assert not scene.model.is_blocked


@pytest.mark.parametrize("state", ["HALTED", "CLOSED", "BLOCKED", "STALE", "DOWN"])
@pytest.mark.parametrize("keys", ["b", "s", "B", "S", "f", "r", ":buy 5 100"])
def test_where_no_order_is_taken_no_key_asks_whether_to_send_one(state: str, keys: str) -> None:
    scene = calm()
    scene.model.filled_since["ACME"] = 5
    _bring_into(scene, state)
    scene.press(*("space" if key == " " else key for key in keys), *(["enter"] if len(keys) > 1 else []))
    is_typed_while_blocked = state == "BLOCKED" and len(keys) > 1
    assert (scene.model.confirm is not None) is is_typed_while_blocked
    reason = {"DOWN": "not connected"}.get(state, state)
    assert is_typed_while_blocked or reason in scene.model.notices[-1].text


def _bring_into(scene: Scene, state: str) -> None:
    if state in ("HALTED", "CLOSED"):
        scene.phase(state, "OPERATOR", 60.0)
    elif state == "BLOCKED":
        scene.model.is_blocked = True
    elif state == "STALE":
        scene.now += STALE_AFTER_S
        update(scene.model, TimePassed(scene.now))
    else:
        update(scene.model, Lost(scene.now, "gone"))


def test_the_indicative_price_is_marked_though_it_is_the_last_one_too() -> None:
    scene = screen_scenes.call(120, 36)
    scene.indicate(LAST_TICKS, 40, 0, None)
    assert any("◇100.25" in row for row in rows(scene)[3:])


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (120, 36)])
@pytest.mark.parametrize("state", ["calm", "halt", "call"])
def test_the_days_figures_are_there_at_every_size_and_under_a_banner(width: int, height: int, state: str) -> None:
    scene = busy(width, height)
    if state != "calm":
        scene.phase("HALTED" if state == "halt" else "AUCTION", "CIRCUIT_BREAKER", 58.0)
        scene.indicate(LAST_TICKS, 1_240, 310, "BUY")
    ladder = "".join(row[: scene.model.layout.panels[Panel.LADDER].width] for row in rows(scene)[1:-3])
    wanted = ["H 100.45", "L 99.85", "VOL 15339", "VWAP 100.12", "Δ +3,617"]
    wanted += ["LADDER ACME", "MINE", "BID", "PRICE", "ASK"]
    assert [figure for figure in wanted if figure not in ladder] == []


def test_a_halt_at_60_columns_gives_its_reason_and_leaves_the_heads_and_the_position() -> None:
    scene = screen_scenes.halt(60, 20)
    shown = rows(scene)
    assert "HALTED 0:58 · circuit breaker   takes only cancels" in shown[1]
    assert "PRICE" in shown[3] and "POS +30" in shown[0]


def test_a_crossed_book_of_a_call_has_no_spread() -> None:
    scene = screen_scenes.call(200, 60)
    assert "spr" not in rows(scene)[0] and " / " not in rows(scene)[0]


def test_what_is_ahead_of_mine_is_told_whole_at_every_size() -> None:
    for width, height in ((60, 20), (80, 24), (120, 36)):
        scene = calm(width, height)
        scene.order(7, "BUY", LAST_TICKS - 1, 10)
        scene.model.cursor = LAST_TICKS - 1
        words = "ahead of mine" if width == 120 else "ahead"
        assert f"  {words} {my_order(scene, 7).ahead} " in rows(scene)[-3]
    scene = busy(80, 24)
    assert any("AHD" in row and "ID" in row for row in rows(scene))
    assert any("9123 B 100.10   0/25 183 WORK" in row for row in rows(scene))


def test_the_panels_that_are_listed_are_those_that_are_shown() -> None:
    scene = busy(80, 24)
    scene.press(*(":panel"), "enter")
    assert said(scene) == "panels: orders fills tape; no room here for: watch heat chart"


def test_a_lost_connection_is_told_over_one_ladder_only() -> None:
    scene = moving_market.two_ladders(200, 60)
    update(scene.model, Lost(scene.now, "gone"))
    assert rows(scene)[1].count("DOWN") == 1


def test_a_long_order_id_keeps_its_column_and_its_last_digits_at_80_columns() -> None:
    scene = calm(80, 24)
    scene.order(184_209_123, "BUY", LAST_TICKS - 4, 25)
    scene.order(184_209_124, "SELL", LAST_TICKS + 4, 10)
    shown = rows(scene)
    assert any("…9123 B 100.05   0/25" in row for row in shown) and any("…9124 S 100.45" in row for row in shown)
    scene.press("tab", "z")
    assert any(" 184209123 " in row for row in rows(scene))


@pytest.mark.parametrize("name", ["iceberg", "waiting_stop", "many_orders", "busy"])
def test_each_of_my_orders_can_be_told_from_the_others_at_80_columns(name: str) -> None:
    shown = rows(getattr(screen_scenes, name)(80, 24))
    ids = [row[48:].split(" B ")[0].split(" S ")[0].strip() for row in shown[3:8]]
    digits = 2 if name == "iceberg" else 4
    assert [number.removeprefix("…") for number in ids[:4]] == [
        number[-digits:] for number in ("9123", "9127", "9130", "9131")
    ]


@pytest.mark.parametrize(("width", "height"), [(120, 36), (160, 45), (200, 60)])
def test_my_fills_tell_when_they_were_though_there_are_several_symbols(width: int, height: int) -> None:
    shown = rows(screen_scenes.many_orders(width, height))
    assert any("42:03 S ACME 100.60  20" in row for row in shown)


@pytest.mark.parametrize(("symbol", "quantity", "shown"), [
    ("BRICK", 10, "│ 42:07 B BRICK 100.30  10│"),
    ("CORNWALL.X", 10, "│ 42:07 B CORN… 100.30  10│"),
    ("CORNWALL.X", 123_456, "│ 42:07 B COR… 100.30 123k│"),
])  # fmt: skip
def test_where_a_symbol_is_long_its_end_goes_and_the_time_stays(symbol: str, quantity: int, shown: str) -> None:
    scene = busy(120, 36, ("ACME", symbol))
    scene.press("n")
    scene.book([[LAST_TICKS - 1, 10]], [[LAST_TICKS + 1, quantity]])
    scene.order(9300, "BUY", LAST_TICKS + 1, quantity)
    scene.now = screen_scenes.NOW
    scene.fill(9300, "BUY", LAST_TICKS + 1, quantity, 0)
    assert any(shown in row for row in rows(scene)), "\n".join(rows(scene))


def test_no_private_event_is_no_number() -> None:
    scene = calm(200, 60)
    scene.model.link.last_seq = 0
    assert "seq" not in rows(scene)[0]


def test_the_watchlist_keeps_spread_and_position_and_never_half_a_quote() -> None:
    for width, height in ((160, 45), (200, 60)):
        scene = moving_market.several(width, height)
        text = "\n".join(rows(scene))
        heads = next(row for row in rows(scene) if "SYMBOL   LAST" in row)
        assert all(head in heads for head in ("LAST", "CHG", "SPR", "POS", "P&L"))
        assert "ASK" not in heads[70:].replace("BID / ASK", "")
        assert "-0.0 " not in text


# --- messages --------------------------------------------------------------------------------------------------


def test_a_message_carries_its_time_and_keeps_it() -> None:
    scene = calm()
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    assert rows(scene)[34].startswith(" 10:42:07 ACK 7 BUY 10 @ 100.20 accepted")
    scene.now += 60.0
    assert rows(scene)[34].startswith(" 10:42:07 ACK 7")


def test_a_message_belongs_to_its_symbol_whatever_is_shown() -> None:
    scene = Scene(120, 36, ("ACME", "BRICK"))
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    fill = {"side": "BUY", "price": TICK * (LAST_TICKS - 1), "quantity": 10, "remaining_quantity": 0}
    fill |= scene._private("order_executed", 7, "x-7") | {"status": "FILLED", "liquidity": "MAKER"}
    scene.press("n")
    scene.say(fill)
    assert " ACME FILL 7 BUY 10 @ 100.20" in rows(scene)[34]


# --- the day's figures -----------------------------------------------------------------------------------------


def test_high_low_average_volume_and_balance_of_the_day_are_shown() -> None:
    scene = calm()
    for price, quantity, side in (
        (LAST_TICKS, 10, "BUY"),
        (LAST_TICKS + 2, 20, "BUY"),
        (LAST_TICKS - 2, 10, "SELL"),
    ):
        scene.trade(price, quantity, side)
    shown = "H 100.35  L 100.15  VWAP 100.275  VOL 40"
    assert shown in rows(scene)[1]
    wide = screen_scenes.busy(200, 60)
    assert " VWAP " in rows(wide)[0] and " Δ " in rows(wide)[0] and " VWAP " not in rows(wide)[1]


def snapshot(*trades: tuple[int, int], **day: Any) -> dict[str, Any]:
    listed = [
        {"trade_id": number, "price": TICK * price, "quantity": quantity, "aggressor_side": "BUY", "timestamp": 1}
        for number, (price, quantity) in enumerate(trades, start=90)
    ]
    return {"type": "trades_snapshot", "symbol": "ACME", "sequence": 1, "trades": listed, **day}


def test_an_average_of_a_part_of_the_day_says_so() -> None:
    scene = calm()
    day = {"open": TICK * 1990, "high": TICK * 2100, "low": TICK * 1900, "last": TICK * 2005, "volume": 500}
    scene.say(snapshot((2000, 10), (2010, 10), **day))
    assert "H 105.00  L 95.00  VWAP ~100.25  VOL 500" in rows(scene)[1]
    scene.trade(2101, 1)
    assert "H 105.05  L 95.00" in rows(scene)[1]


def test_a_new_day_begins_without_figures() -> None:
    scene = calm()
    scene.trade(LAST_TICKS, 10)
    scene.phase("CLOSED")
    scene.phase("CONTINUOUS")
    assert " H " not in rows(scene)[1]


def test_a_print_many_times_the_usual_is_marked_on_the_tape_and_on_the_ladder() -> None:
    scene = calm(158, 60)
    for _ in range(25):
        scene.trade(LAST_TICKS, 10)
    scene.trade(LAST_TICKS + 2, 49)
    assert not any("●" in row for row in rows(scene)[3:])
    scene.trade(LAST_TICKS + 2, 80)
    marked = [row for row in rows(scene)[3:-3] if "●" in row]
    assert any("100.35" in row[:90] and "●" in row[:90] for row in marked)
    assert any("80●" in row for row in marked)


# --- the place in the queue ------------------------------------------------------------------------------------


def listed(scene: Scene, order_id: int, ahead: int) -> dict[str, Any]:
    return {
        "order_id": order_id, "client_order_id": f"x-{order_id}", "symbol": "ACME", "timestamp": 1,
        "status": "NEW", "side": "BUY", "order_type": "LIMIT", "time_in_force": "GTC",
        "price": TICK * (LAST_TICKS - 1), "quantity": 10, "remaining_quantity": 10, "quantity_ahead": ahead,
    }  # fmt: skip


def pings(scene: Scene) -> list[str]:
    """What a second brings."""
    scene.now += 1.0
    scene.say({"type": "heartbeat"})
    return [request["type"] for request in sent(update(scene.model, TimePassed(scene.now)))]


def test_the_place_in_the_queue_stands_beside_the_order_and_in_the_ticket() -> None:
    scene = calm(200, 60)
    scene.change(2, [("BID", LAST_TICKS - 1, 131)])
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    scene.press("z")
    assert any("131›B10" in row for row in rows(scene))
    assert "ahead of mine 131" in rows(scene)[57]
    scene.press("down")
    assert "ahead of mine" not in rows(scene)[57]


def test_the_engine_is_asked_for_the_place_once_somebody_left_the_queue() -> None:
    scene = calm()
    scene.change(2, [("BID", LAST_TICKS - 1, 100)])
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    assert pings(scene) == ["ping"]
    scene.change(3, [("BID", LAST_TICKS - 1, 90)])
    assert pings(scene) == ["get_orders", "ping"]
    scene.say({"type": "orders", "orders": [listed(scene, 7, 55)]})
    assert my_order(scene, 7).ahead == 55
    assert pings(scene) == ["ping"]


def test_an_order_or_cancel_under_way_is_not_taken_back_by_an_older_list() -> None:
    scene = calm()
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    scene.change(2, [("BID", LAST_TICKS - 1, 90)])
    assert pings(scene) == ["get_orders", "ping"]
    scene.now += 0.1
    scene.model.cursor = LAST_TICKS - 1
    scene.press("x")
    scene.press("b", "enter")
    scene.say({"type": "orders", "orders": [listed(scene, 7, 5)]})
    assert my_order(scene, 7).asked == CANCELING
    assert my_order(scene, 7).is_open
    (new,) = [order for order in scene.model.orders.open() if order.order_id is None]
    assert new.state is ShownState.SENT


def test_an_order_that_was_sent_before_the_question_and_is_not_listed_is_gone() -> None:
    scene = calm()
    scene.order(7, "BUY", LAST_TICKS - 1, 10)
    update(scene.model, Lost(scene.now, "gone"))
    update(scene.model, Connected(scene.now + 1, {"type": "logged_in", "instruments": []}, ()))
    scene.say({"type": "orders", "orders": []})
    assert my_order(scene, 7).state is ShownState.UNKNOWN
    assert said(scene) == "1 orders ended while nobody looked: see fills and position"
    assert scene.model.market is not None and scene.model.market.scale.price(1) == Decimal("0.05")
