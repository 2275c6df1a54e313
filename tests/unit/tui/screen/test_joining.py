"""Who joins late sees what was before: trades, volume, chart and fills, each once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.screen_scenes import LAST_TICKS, TICK, Scene, busy, calm, sent
from tui.screen.list_sorting import Sorting
from tui.screen.messages import Connected, EngineSaid
from tui.screen.my_fills import FILLS_KEPT_MAX, FIRST_REACH, Fill, MyFills
from tui.screen.update import update
from tui.screen.view import view


def trade_row(scene: Scene, trade_id: int, ticks: int, quantity: int, ago_s: float) -> dict[str, Any]:
    return {
        "trade_id": trade_id, "price": TICK * ticks, "quantity": quantity, "aggressor_side": "BUY",
        "timestamp": scene.timestamp - int(ago_s * 1e9),
    }  # fmt: skip


def snapshot(trades: list[dict[str, Any]], volume: int, last: Decimal | None = None) -> dict[str, Any]:
    last = trades[-1]["price"] if trades else last
    return {
        "type": "trades_snapshot", "symbol": "ACME", "sequence": len(trades), "trades": trades, "volume": volume,
        "open": last, "high": last, "low": last, "last": last,
    }  # fmt: skip


def fill_row(trade_id: int, side: str = "BUY", symbol: str = "ACME") -> dict[str, Any]:
    return {
        "trade_id": trade_id, "order_id": trade_id, "client_order_id": f"c{trade_id}", "symbol": symbol, "fee": 0,
        "side": side, "price": TICK * LAST_TICKS, "quantity": 3, "liquidity": "TAKER", "timestamp": trade_id,
    }  # fmt: skip


def answer(scene: Scene, message: dict[str, Any]) -> list[dict[str, Any]]:
    return sent(update(scene.model, EngineSaid(scene.now, message)))


def test_the_trades_of_before_are_on_the_tape_in_the_volume_and_in_the_chart() -> None:
    scene = calm()
    trades = [trade_row(scene, number, LAST_TICKS + number, 5, 60.0 - 10 * number) for number in range(1, 6)]
    answer(scene, snapshot(trades, volume=777))
    canvas = view(scene.model, 120, 36, scene.now)
    rows = [canvas.row(y) for y in range(36)]
    assert any("10:41:17 B 100.30" in row for row in rows) and any("10:41:57 B 100.50" in row for row in rows)
    market = scene.model.market
    assert market is not None
    assert (market.traded_quantity, market.last and market.last.price) == (777, LAST_TICKS + 5)
    assert market.volume_at == {LAST_TICKS + number: 5 for number in range(1, 6)}
    slots = [charted.slot for charted in market.fine_chart]
    assert slots[-1] - slots[0] == 160  # forty seconds of quarters


def test_a_snapshot_after_a_reconnect_adds_only_what_was_missed() -> None:
    scene = calm()
    trades = [trade_row(scene, number, LAST_TICKS, 5, 9.0 - number) for number in range(1, 6)]
    answer(scene, snapshot(trades[:3], volume=15))
    answer(scene, snapshot(trades, volume=25))
    market = scene.model.market
    assert market is not None
    assert [trade.trade_id for trade in market.tape] == [1, 2, 3, 4, 5]
    assert market.volume_at == {LAST_TICKS: 25}


def test_the_last_price_of_before_is_known_though_no_trade_of_today_is() -> None:
    scene = calm()
    answer(scene, snapshot([], volume=0, last=Decimal("100.40")))
    assert "100.40 " in view(scene.model, 120, 36, scene.now).row(0)
    assert "×0" not in view(scene.model, 120, 36, scene.now).row(0)


def test_fills_of_before_are_asked_for_once_it_is_known_which_trade_is_the_last() -> None:
    scene = calm()
    (question,) = answer(scene, snapshot([trade_row(scene, 90_000, LAST_TICKS, 5, 1.0)], volume=5))
    assert question == {"type": "get_fills", "after_trade_id": 90_000 - FIRST_REACH, "limit": 1_000}
    assert answer(scene, snapshot([trade_row(scene, 90_001, LAST_TICKS, 5, 1.0)], volume=5)) == []
    (more,) = answer(scene, {"type": "fills", "fills": [fill_row(88_000), fill_row(88_001)], "more": True})
    assert more["after_trade_id"] == 88_001
    (further,) = answer(scene, {"type": "fills", "fills": [], "more": False})
    assert further["after_trade_id"] == 0
    assert answer(scene, {"type": "fills", "fills": [fill_row(5), fill_row(88_000)], "more": False}) == []
    assert [fill.trade_id for fill in scene.model.fills.shown(0, 10)] == [88_001, 88_000, 5]


def test_a_fill_that_is_told_as_event_and_as_answer_is_there_once() -> None:
    scene = calm()
    event = fill_row(7) | {"type": "order_executed", "seq": 1, "remaining_quantity": 0, "status": "FILLED"}
    scene.model.link.last_seq = 0
    answer(scene, event)
    answer(scene, {"type": "fills", "fills": [fill_row(6), fill_row(7), fill_row(8)], "more": False})
    assert [fill.trade_id for fill in scene.model.fills.shown(0, 10)] == [8, 7, 6]


def test_a_fill_tells_its_symbol_where_there_are_several() -> None:
    scene = Scene(120, 36, ("ACME", "BRICK"))
    scene.book([[LAST_TICKS - 1, 5]], [[LAST_TICKS + 1, 5]])
    answer(scene, {"type": "fills", "fills": [fill_row(1), fill_row(2, symbol="BRICK")], "more": False})
    for size in ((80, 24), (120, 36), (200, 60)):
        canvas = view(scene.model, *size, scene.now)
        assert any("100.25" in canvas.row(y) and "BRICK" in canvas.row(y) for y in range(size[1]))


def test_fills_of_a_symbol_that_is_not_listed_any_more_do_no_harm() -> None:
    scene = calm()
    assert (
        answer(scene, {"type": "fills", "fills": [fill_row(1, symbol="GONE"), fill_row(2)], "more": False}) == []
    )
    assert len(scene.model.fills) == 1


def made_of(trade_id: int, is_buy: bool) -> Fill:
    return Fill(trade_id, "ACME", 100, 1, is_buy, 2 * trade_id + is_buy, is_maker=False, trade_id=trade_id)


@given(st.lists(st.lists(st.builds(made_of, st.integers(1, 2_000), st.booleans()), max_size=400), max_size=6))
def test_whatever_is_told_how_often_each_fill_is_there_once_and_the_newest_stay(told: list[list[Fill]]) -> None:
    fills = MyFills()
    for some in told:
        fills.add({(fill.trade_id, fill.order_id): fill for fill in some}.values())
    shown = list(fills.shown(0, FILLS_KEPT_MAX))
    everything = {fill for some in told for fill in some}
    assert [fill.trade_id for fill in shown] == sorted((fill.trade_id for fill in shown), reverse=True)
    assert len(set(shown)) == len(shown) == min(FILLS_KEPT_MAX, len(everything))
    newest = sorted(everything, key=lambda fill: fill.trade_id)[-len(shown) :] if shown else []
    assert min((fill.trade_id for fill in newest), default=0) == min((fill.trade_id for fill in shown), default=0)


def test_another_exchange_at_the_same_address_starts_with_nothing_of_the_one_before() -> None:
    scene = busy(120, 36)
    scene.model.engine_id = "one"
    instrument = {"symbol": "ACME", "tick_size": TICK, "lot_size": 1}
    for engine_id, is_forgotten in (("one", False), ("two", True)):
        logged_in = {"type": "logged_in", "instruments": [instrument], "engine_id": engine_id}
        update(scene.model, Connected(scene.now, logged_in, ()))
        assert (len(scene.model.fills) == 0) == is_forgotten
        assert (scene.model.position.net == 0) == is_forgotten
        assert scene.model.market is not None
        assert (not scene.model.market.tape) == is_forgotten
    assert view(scene.model, 120, 36, scene.now).row(0).startswith(" ACME   – / –")


def goes_to_another(scene: Scene, history: tuple[dict[str, Any], ...] = ()) -> None:
    scene.model.engine_id = "one"
    instrument = {"symbol": "ACME", "tick_size": TICK, "lot_size": 1}
    logged_in = {"type": "logged_in", "instruments": [instrument], "engine_id": "two"}
    update(scene.model, Connected(scene.now, logged_in, history))
    scene.say({"type": "orders", "orders": []})


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (120, 36)])
def test_a_banner_says_that_this_is_another_exchange_until_escape_closes_it(width: int, height: int) -> None:
    scene = busy(width, height)
    scene.press("z")
    goes_to_another(scene)
    text = "\n".join(view(scene.model, width, height, scene.now).row(y) for y in (1, 2))
    assert "THIS IS ANOTHER EXCHANGE" in text and "5 orders may work on at the one before · Esc" in text
    scene.press("escape")
    assert "ANOTHER EXCHANGE" not in view(scene.model, width, height, scene.now).row(1)
    assert scene.model.is_zoomed is (width > 60)  # Escape closed the one thing alone.


def test_the_banner_of_another_exchange_has_room_beside_the_lists() -> None:
    scene = busy(80, 24)
    goes_to_another(scene)
    assert "5 orders may work on at the one before · Esc " in view(scene.model, 80, 24, scene.now).row(2)


def test_orders_of_another_exchange_are_not_mixed_with_those_of_this_one() -> None:
    scene = busy(120, 36)
    scene.model.orders.sorting = Sorting("PRICE")
    of_before = {
        "client_order_id": "b-1", "order_id": 9123, "symbol": "ACME", "side": "SELL", "quantity": 7, "price": None,
        "remaining_quantity": 0, "status": "FILLED", "executed_quantity": 7,
    }  # fmt: skip
    goes_to_another(scene, (of_before,))
    (order,) = scene.model.orders
    assert (order.order_id, order.is_buy, order.is_open) == (9123, False, False)
    assert not any("ended while nobody looked" in notice.text for notice in scene.model.notices)
    assert scene.model.orders.sorting == Sorting("PRICE")


# --- money -----------------------------------------------------------------------------------------------------


def entry(symbol: str, net: int, realised: str, unrealised: str, **fields: Any) -> dict[str, Any]:
    return {
        "symbol": symbol, "net_position": net, "average_price": Decimal("100.00") if net else None,
        "realised_pnl": Decimal(realised), "unrealised_pnl": Decimal(unrealised),
    } | fields  # fmt: skip


@pytest.mark.parametrize(("fees", "expected"), [({}, "+7.50"), ({"fees": Decimal("1.25")}, "+6.25")])
def test_profit_is_told_of_this_symbol_and_of_the_account_less_fees(fees: dict[str, Any], expected: str) -> None:
    scene = Scene(200, 60, ("ACME", "BRICK"))
    scene.book([[LAST_TICKS - 1, 5]], [[LAST_TICKS + 1, 5]])
    scene.trade(LAST_TICKS, 1)
    rows = [entry("ACME", 10, "5.00", "99.00", **fees), entry("BRICK", -4, "1.00", "-3.00")]
    answer(scene, {"type": "positions", "positions": rows})
    header = view(scene.model, 200, 60, scene.now).row(0)
    # Marked to the last trade at 100.25 that is seen here, not to the engine's 99.00.
    assert f"P&L {expected}" in header
    total = Decimal(expected) - 2
    assert f"ALL {total:+.2f}" in header
