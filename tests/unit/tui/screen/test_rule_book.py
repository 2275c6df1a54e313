"""Stops, icebergs, calls and halts on the screen: what is sent, what is marked, what nobody can overlook."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from tests.support import screen_scenes
from tests.support.screen_scenes import LAST_TICKS, TICK, Scene, calm, said, sent
from tui.screen.banners import banner_rows
from tui.screen.cells import Color
from tui.screen.layout import Panel
from tui.screen.messages import Connected, TimePassed
from tui.screen.my_order import MyOrder
from tui.screen.session_phase import SessionPhase
from tui.screen.update import next_wake, update
from tui.screen.view import view


def rows(scene: Scene) -> list[str]:
    """The whole screen."""
    canvas = view(scene.model, scene.model.width, scene.model.height, scene.now)
    return [canvas.row(y) for y in range(canvas.height)]


def ticket_row(scene: Scene) -> str:
    return rows(scene)[scene.model.height - 3]


def row_of(scene: Scene, price: str) -> str:
    """The ladder's row of a price."""
    width = scene.model.layout.panels[Panel.LADDER].width
    ladder = [row[:width] for row in rows(scene)[3:]]
    return next(row for row in ladder if f" {price} " in row or f"◇{price} " in row)


def my_order(scene: Scene, order_id: int) -> MyOrder:
    return next(order for order in scene.model.orders if order.order_id == order_id)


# --- the ticket ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "shown", "asked", "fields"),
    [
        (("o", "o", "5"), "ICEBERG GTC", "BUY 100 ACME @ 100.20 ICEBERG GTC shows 10",
         {"order_type": "LIMIT", "price": Decimal("100.20"), "display_quantity": 10}),
        (("o", "o", "5", "d", "d"), "shows 25", "BUY 100 ACME @ 100.20 ICEBERG GTC shows 25",
         {"display_quantity": 25}),
        (("o", "o", "o", "o"), "STOP GTC", "BUY 10 ACME STOP GTC stop 100.20",
         {"order_type": "STOP", "stop_price": Decimal("100.20")}),
        (("o", "o", "o", "o", "o", "t"), "stop 100.20±2t", "BUY 10 ACME @ 100.30 STOP LIMIT DAY stop 100.20",
         {"order_type": "STOP_LIMIT", "stop_price": Decimal("100.20"), "price": Decimal("100.30"),
          "time_in_force": "DAY"}),
    ],
)  # fmt: skip
def test_the_ticket_shows_what_the_confirm_row_asks_and_enter_sends(
    keys: tuple[str, ...], shown: str, asked: str, fields: dict[str, Any]
) -> None:
    scene = calm()
    scene.press(*keys)
    assert shown in ticket_row(scene)
    scene.press("b")
    assert f"SEND? {asked} " in ticket_row(scene)
    (order,) = sent(scene.press("enter"))
    assert order | fields == order
    assert ("price" in order) == ("@ " in asked) and ("stop_price" in order) == (" stop " in asked)


def test_the_limit_of_a_sold_stop_lies_below_it() -> None:
    scene = calm()
    scene.press("o", "o", "o", "o", "o", "s")
    (order,) = sent(scene.press("enter"))
    assert (order["stop_price"], order["price"]) == (Decimal("100.20"), Decimal("100.10"))


def test_an_iceberg_that_could_hide_nothing_is_refused_here() -> None:
    scene = calm()
    assert scene.press("o", "o", "1", "b") == []
    assert said(scene) == "an iceberg of 1 has nothing to hide: take more, or another type"
    assert "shows all" in ticket_row(scene)


def test_the_detail_key_says_what_it_is_for() -> None:
    scene = calm()
    scene.press("d")
    assert said(scene) == "LIMIT has no more to choose: d is for ICEBERG and STOP LIMIT"


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("buy 10 bid", "BUY 10 ACME @ 100.20 LIMIT GTC"),
        ("buy 10 ask", "BUY 10 ACME @ 100.30 LIMIT GTC"),
        ("buy 10 +2t", "BUY 10 ACME @ 100.30 LIMIT GTC"),
        ("sell 10 +2t day", "SELL 10 ACME @ 100.40 LIMIT DAY"),
        ("sell 10 last-1t", "SELL 10 ACME @ 100.20 LIMIT GTC"),
        ("buy 10 stop 101", "BUY 10 ACME STOP GTC stop 101.00"),
        ("sell 10 ask stop bid-1t", "SELL 10 ACME @ 100.30 STOP LIMIT GTC stop 100.15"),
        ("sell 50 101 show 5", "SELL 50 ACME @ 101.00 ICEBERG GTC shows 5"),
        ("buy 10 100 post", "BUY 10 ACME @ 100.00 POST GTC"),
        ("buy 10", "BUY 10 ACME MARKET IOC"),
    ],
)
def test_words_for_prices_and_terms_are_understood(typed: str, asked: str) -> None:
    scene = calm()
    scene.trade(LAST_TICKS, 1)
    scene.press(":", *["space" if letter == " " else letter for letter in typed], "enter")
    assert f"SEND? {asked} " in ticket_row(scene)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("buy 10 last", "nothing has traded yet"),
        ("buy 10 100.01", "not a multiple of the tick"),
        ("buy 10 stop 100.01", "not a multiple of the tick"),
        ("buy 10 100 stop 101 ioc", "a STOP LIMIT order takes one of GTC DAY, not IOC"),
        ("buy 10 post", "can't be post"),
        ("buy 10 100 show", "say how much is shown"),
    ],
)
def test_what_can_not_be_meant_is_refused_here(typed: str, refusal: str) -> None:
    scene = calm()
    assert scene.press(":", *["space" if letter == " " else letter for letter in typed], "enter") == []
    assert refusal in said(scene)
    assert scene.model.confirm is None


# --- waiting stops ---------------------------------------------------------------------------------------------


def with_stops() -> Scene:
    """A stop to sell at 99.95, one to buy at 100.55 with a limit of 100.65."""
    scene = calm()
    scene.advanced_order(7, "SELL", "STOP", 30, stop_price=LAST_TICKS - 6)
    scene.advanced_order(8, "BUY", "STOP_LIMIT", 10, stop_price=LAST_TICKS + 6, price=LAST_TICKS + 8)
    return scene


def test_a_waiting_stop_is_marked_at_its_stop_price_and_listed_as_one() -> None:
    scene = with_stops()
    assert " S30○ " in row_of(scene, "99.95")
    assert " B10○ " in row_of(scene, "100.55")
    orders = [row for row in rows(scene) if " STOP " in row]
    assert any("○99.95" in row for row in orders) and any("○100.55→100.65" in row for row in orders)


def test_a_triggered_stop_is_marked_where_it_then_rests() -> None:
    scene = with_stops()
    scene.trigger(8, LAST_TICKS + 6)
    assert said(scene) == "TRIGGERED 8 BUY 10 @ 100.65 STOP 100.55"
    assert " B10 " in row_of(scene, "100.65") and "B10" not in row_of(scene, "100.55")
    assert my_order(scene, 8).shown_state == "WORK"


def test_a_waiting_stop_is_canceled_and_moved_at_its_stop_price() -> None:
    scene = with_stops()
    scene.model.cursor = LAST_TICKS + 6
    scene.press("shift_up")
    assert "MOVE 8 BUY 10 ACME stop 100.55 to 100.60, 100.65 to 100.70" in ticket_row(scene)
    (change,) = sent(scene.press("enter"))
    assert change == {
        "type": "replace_order", "order_id": 8, "price": Decimal("100.70"), "stop_price": Decimal("100.60"),
    }  # fmt: skip
    scene.model.cursor = LAST_TICKS - 6
    assert sent(scene.press("x")) == [{"type": "cancel_order", "order_id": 7}]


def test_a_move_of_a_stop_that_waits_for_enter_is_dropped_when_the_stop_triggers() -> None:
    scene = with_stops()
    scene.model.cursor = LAST_TICKS + 6
    scene.press("shift_up")
    scene.trigger(8, LAST_TICKS + 6)
    assert scene.model.confirm is None


def test_the_engines_list_tells_which_stops_still_wait() -> None:
    scene = with_stops()
    row = {
        "order_id": 8, "client_order_id": "x-8", "symbol": "ACME", "timestamp": 1, "status": "NEW", "side": "BUY",
        "order_type": "STOP_LIMIT", "time_in_force": "GTC", "price": TICK * (LAST_TICKS + 8), "quantity": 10,
        "remaining_quantity": 10, "stop_price": TICK * (LAST_TICKS + 6), "quantity_ahead": None, "waiting": True,
    }  # fmt: skip
    scene.say({"type": "orders", "orders": [row]})
    assert my_order(scene, 8).is_waiting
    live = {name: value for name, value in row.items() if name != "waiting"}
    scene.say({"type": "orders", "orders": [live | {"quantity_ahead": 33}]})
    assert not my_order(scene, 8).is_waiting
    assert my_order(scene, 8).ahead == 33


# --- icebergs --------------------------------------------------------------------------------------------------


def test_an_iceberg_is_marked_with_what_it_shows_and_hides() -> None:
    scene = screen_scenes.calm(200, 60)
    scene.advanced_order(7, "BUY", "LIMIT", 95, price=LAST_TICKS - 1, display_quantity=5)
    assert "B5+90" in row_of(scene, "100.20")
    assert any("ICE 5" in row for row in rows(scene))
    narrow = screen_scenes.iceberg(80, 24)
    assert "S50+" in row_of(narrow, "100.35")


def test_an_iceberg_that_shows_a_new_part_goes_to_the_back_of_its_level() -> None:
    scene = calm()
    scene.advanced_order(7, "BUY", "LIMIT", 100, price=LAST_TICKS - 1, display_quantity=10)
    fill = {"side": "BUY", "price": TICK * (LAST_TICKS - 1), "status": "PARTIALLY_FILLED", "liquidity": "MAKER"}
    scene.say(scene._private("order_executed", 7, "x-7") | fill | {
        "quantity": 4, "remaining_quantity": 96, "displayed_quantity": 6,
    })  # fmt: skip
    assert (my_order(scene, 7).in_book, my_order(scene, 7).ahead) == (6, 0)
    scene.change(2, [("BID", LAST_TICKS - 1, 200)])
    scene.say(scene._private("order_executed", 7, "x-7") | fill | {
        "quantity": 6, "remaining_quantity": 90, "displayed_quantity": 10,
    })  # fmt: skip
    assert (my_order(scene, 7).in_book, my_order(scene, 7).ahead) == (10, 190)


# --- phases ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
def test_a_halt_stands_over_the_ladder_with_its_reason_and_a_countdown(size: tuple[int, int]) -> None:
    scene = screen_scenes.halt(*size)
    canvas = view(scene.model, *size, scene.now)
    assert "ACME  HALTED 0:58 · circuit breaker" in canvas.row(1)
    assert "takes only cancels" in canvas.row(2 if size[0] == 80 else 1)
    assert "BID" in canvas.row(4 if size[0] == 80 else 3)
    assert canvas.backgrounds[size[0] + 5] == Color.ALARM


def test_a_call_tells_what_it_would_trade_at_and_marks_that_price() -> None:
    scene = screen_scenes.call(120, 36)
    assert "ACME  AUCTION 0:42 · circuit breaker" in rows(scene)[1]
    assert "INDICATIVE 100.30 × 1,240   surplus 310 BUY" in rows(scene)[2]
    assert "◇100.30" in row_of(scene, "100.30")
    scene.indicate(None, 0, 0, None)
    assert "INDICATIVE no price yet" in rows(scene)[1]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 24), (120, 36)])
def test_no_price_moves_when_the_banner_comes_and_goes_the_highest_give_way(size: tuple[int, int]) -> None:
    scene = calm(*size)
    before, ladder = rows(scene), scene.model.layout.panels[Panel.LADDER]
    prices = [re.findall(r"\d+\.\d\d", row[: ladder.width]) for row in before[3 : ladder.height]]
    scene.phase("AUCTION", "OPERATOR")
    scene.indicate(LAST_TICKS, 1_240, 310, "BUY")
    taken = banner_rows(scene.model, scene.now)
    shown = [row[: ladder.width] for row in rows(scene)]
    assert taken in (1, 2) and shown[2 + taken] == before[2][: ladder.width]
    assert [re.findall(r"\d+\.\d\d", row) for row in shown[3 + taken : ladder.height]] == prices[taken:]
    scene.phase("CONTINUOUS", "OPERATOR")
    assert [row[: ladder.width] for row in rows(scene)[1:-3]] == [row[: ladder.width] for row in before[1:-3]]


def test_what_the_banner_stands_on_takes_no_order_and_a_best_price_under_it_is_centred() -> None:
    scene = calm(80, 24)
    top = scene.model.top
    assert top is not None
    scene.model.cursor = top - 1
    scene.phase("AUCTION", "OPERATOR")
    scene.indicate(LAST_TICKS, 1_240, 310, "BUY")
    assert banner_rows(scene.model, scene.now) == 2
    assert scene.press("b") == [] and scene.model.confirm is None
    assert "is out of view" in said(scene)
    scene.model.centre = LAST_TICKS - 8  # The offer would be in the second row from above.
    update(scene.model, TimePassed(scene.now))
    assert "100.30" in "".join(rows(scene)[5:-3]) and scene.model.centre == LAST_TICKS


def test_the_countdown_paints_once_a_second_and_nothing_without_one() -> None:
    scene = calm()
    scene.phase("HALTED", "CIRCUIT_BREAKER", 3.5)
    update(scene.model, TimePassed(scene.now))
    shown = []
    for _ in range(20):
        scene.model.is_changed = False
        scene.now = next_wake(scene.model, scene.now)
        scene.say({"type": "heartbeat"})
        update(scene.model, TimePassed(scene.now))
        if scene.model.is_changed:
            shown.append(rows(scene)[1][:60].split("HALTED ")[1].split(" ·")[0])
    assert shown == ["0:03", "0:02", "0:01", "any moment"]


def test_a_phase_that_is_not_known_is_shown_by_its_name() -> None:
    phase = SessionPhase()
    phase.apply({"phase": "LUNCH_BREAK", "reason": "COOK"})
    assert phase.text(0.0) == "LUNCH BREAK · cook"
    assert not phase.is_continuous and not phase.is_call


def test_a_position_is_flattened_in_a_call_by_what_may_enter_it() -> None:
    scene = calm()
    scene.position(30, "100.00", "0")
    scene.phase("AUCTION", "OPERATOR")
    (order,) = sent(scene.press("f", "enter"))
    assert (order["order_type"], order["time_in_force"]) == ("MARKET", "DAY")


def test_a_trade_of_an_auction_has_no_side() -> None:
    scene = calm()
    scene.say({
        "type": "trade", "symbol": "ACME", "trade_id": 5, "price": TICK * LAST_TICKS, "quantity": 12,
        "aggressor_side": None, "auction": True, "timestamp": scene.timestamp,
    })  # fmt: skip
    assert any("A 100.25   12" in row for row in rows(scene))


def test_who_comes_back_in_a_halt_still_knows_its_reason_and_its_end() -> None:
    scene = calm()
    scene.phase("HALTED", "CIRCUIT_BREAKER", 58.0)
    instrument = {"symbol": "ACME", "tick_size": TICK, "lot_size": 1, "phase": "HALTED"}
    update(scene.model, Connected(scene.now, {"type": "logged_in", "instruments": [instrument]}, ()))
    assert "HALTED 0:58 · circuit breaker" in rows(scene)[1]
    update(
        scene.model,
        Connected(scene.now, {"type": "logged_in", "instruments": [instrument | {"phase": "CLOSED"}]}, ()),
    )
    assert "ACME  CLOSED " in rows(scene)[1]


def test_the_phase_of_a_symbol_that_is_not_shown_is_known_when_it_is() -> None:
    scene = Scene(120, 36, ("ACME", "BRICK"))
    scene.book([[LAST_TICKS - 1, 5]], [[LAST_TICKS + 1, 5]])
    scene.say({"type": "instrument_status", "symbol": "BRICK", "phase": "HALTED", "reason": "OPERATOR"})
    assert said(scene) == "BRICK is now HALTED · by the operator"
    assert "LADDER ACME" in rows(scene)[1]
    scene.press("n")
    assert "BRICK  HALTED · by the operator" in rows(scene)[1]


def test_a_new_connection_follows_the_trades_of_every_symbol_and_one_book() -> None:
    scene = Scene(120, 36, ("ACME", "BRICK", "CORN"))
    scene.press("n")
    requests = sent(update(scene.model, Connected(scene.now, {"type": "logged_in", "instruments": []}, ())))
    feeds = [
        (request.get("channel"), request.get("symbol")) for request in requests if request["type"] == "subscribe"
    ]
    trades = [("trades", symbol) for symbol in ("BRICK", "ACME", "CORN")]
    assert feeds == [("news", None), ("book", "BRICK"), *trades]


def test_volumes_are_those_of_the_trading_day() -> None:
    scene = calm()
    scene.trade(LAST_TICKS, 30)
    scene.phase("CLOSED", "SCHEDULE")
    assert scene.model.market is not None
    assert scene.model.market.traded_quantity == 30
    scene.phase("PRE_OPEN", "SCHEDULE")
    assert (scene.model.market.traded_quantity, scene.model.market.volume_at) == (0, {})
    scene.trade(LAST_TICKS, 4)
    scene.phase("CONTINUOUS", "SCHEDULE")
    assert scene.model.market.traded_quantity == 4


def test_news_is_told() -> None:
    scene = calm()
    scene.say({"type": "news", "text": "lunch at noon\x1b[2J", "timestamp": 1})
    assert said(scene) == "NEWS: lunch at noon\x1b[2J"
    assert r"NEWS: lunch at noon\x1b[2J" in rows(scene)[34]
