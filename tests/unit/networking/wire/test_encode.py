"""One event or answer → one line, spelled as the protocol says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exchange.engine.account import UserState
from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    Endowed,
    NewsSaid,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrdersListed,
    OrderState,
    OrderTriggered,
    PhaseSet,
    PositionsListed,
    PositionState,
    ReplaceRejected,
    RequestRejected,
    Settled,
    UserBlocked,
    UserReset,
    UserUnblocked,
)
from exchange.engine.instrument import PRICES_MAX, Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import (
    CancelReason,
    Liquidity,
    OrderStatus,
    OrderType,
    Phase,
    RejectCode,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from exchange.networking.wire.encode import Encodable, Encoder
from exchange.networking.wire.requests import BadRequest
from tests.support.wire_lines import message

NOW = 1_700_000_000_123_456_789
ACME = Instrument("ACME")
BOND = Instrument("BOND", tick_size_nanos=250_000_000, lot_size=10, min_quantity=20, max_quantity=200)
ENCODER = Encoder([ACME, BOND])
ACCEPTED = OrderAccepted(
    "alice",
    3,
    NOW,
    7,
    "a1",
    "ACME",
    Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 101_250_000_000, 100),
)
HEAD = {"seq": 3, "order_id": 7, "client_order_id": "a1", "symbol": "ACME", "timestamp": NOW}


def encoded(event: Any) -> dict[str, Any]:
    return message(ENCODER.encode(event))


def accepted(**changes: Any) -> OrderAccepted:
    return ACCEPTED._replace(terms=ACCEPTED.terms._replace(**changes))


def test_order_accepted() -> None:
    assert encoded(ACCEPTED) == {
        "type": "order_accepted",
        **HEAD,
        "status": "NEW",
        "side": "BUY",
        "order_type": "LIMIT",
        "time_in_force": "GTC",
        "price": "101.25",
        "quantity": 100,
        "remaining_quantity": 100,
    }


def test_order_accepted_names_the_options_that_were_set() -> None:
    event = accepted(post_only=True, self_trade_prevention=SelfTradePrevention.CANCEL_BOTH)
    options = {"post_only": True, "self_trade_prevention": "CANCEL_BOTH"}
    assert encoded(event) == {**encoded(ACCEPTED), **options}


def test_order_accepted_of_a_market_order_has_no_price() -> None:
    event = accepted(order_type=OrderType.MARKET, price_nanos=None)
    assert encoded(event)["price"] is None


def test_order_executed() -> None:
    status, liquidity = OrderStatus.PARTIALLY_FILLED, Liquidity.TAKER
    event = OrderExecuted("alice", 3, NOW, 7, "a1", "ACME", Side.SELL, 9, 5, 30, 70, status, liquidity)
    assert encoded(event) == {
        "type": "order_executed",
        **HEAD,
        "status": "PARTIALLY_FILLED",
        "trade_id": 9,
        "side": "SELL",
        "price": "0.05",
        "quantity": 30,
        "remaining_quantity": 70,
        "liquidity": "TAKER",
    }


def test_an_iceberg_tells_what_it_shows_and_an_instrument_with_fees_what_a_fill_cost() -> None:
    filled = OrderExecuted(
        *("alice", 3, NOW, 7, "a1", "ACME", Side.SELL, 9, 5, 30, 70, OrderStatus.PARTIALLY_FILLED),
        *(Liquidity.MAKER, 20, -1_500_000),
    )
    assert {"displayed_quantity": 20, "fee": "-0.0015"}.items() <= encoded(filled).items()
    replaced = OrderReplaced(*("alice", 3, NOW, 7, "a1", "ACME", 10000, 100, 40, OrderStatus.NEW, False, None, 10))
    assert encoded(replaced)["displayed_quantity"] == 10
    options = {"display_quantity": 10, "displayed_quantity": 10}
    assert encoded(accepted(display_quantity=10)) == {**encoded(ACCEPTED), **options}


def test_a_stop_tells_its_stop_price_and_that_it_was_triggered() -> None:
    stop_limit = accepted(order_type=OrderType.STOP_LIMIT, stop_price_nanos=102_000_000_000)
    expected = {**encoded(ACCEPTED), "order_type": "STOP_LIMIT", "stop_price": "102.00"}
    assert encoded(stop_limit) == expected
    triggered = OrderTriggered("alice", 3, NOW, 7, "a1", "ACME", 10_200)
    assert encoded(triggered) == {"type": "order_triggered", **HEAD, "status": "NEW", "stop_price": "102.00"}
    moved = OrderReplaced("alice", 3, NOW, 7, "a1", "ACME", None, 9, 9, OrderStatus.NEW, True, 10_300)
    assert encoded(moved)["stop_price"] == "103.00"


def test_an_order_whose_time_is_over() -> None:
    event = OrderExpired("alice", 3, NOW, 7, "a1", "ACME", 70)
    assert encoded(event) == {"type": "order_expired", **HEAD, "status": "EXPIRED", "remaining_quantity": 70}


def test_of_a_stop_that_waits_nothing_is_ahead_and_of_an_iceberg_it_is_told_what_it_shows() -> None:
    stop = Terms(Side.BUY, OrderType.STOP, TimeInForce.GTC, None, 9, stop_price_nanos=10**11)
    waiting = OrderState(7, "a1", "ACME", stop, 9, OrderStatus.NEW, NOW, None, None, True)
    iceberg = OrderState(8, "a2", "ACME", accepted(display_quantity=10).terms, 90, OrderStatus.NEW, NOW, 5, 10)
    first, second = encoded(OrdersListed((waiting, iceberg)))["orders"]
    expected = {"price": None, "stop_price": "100.00", "quantity_ahead": None, "waiting": True}
    assert expected.items() <= first.items()
    assert {"display_quantity": 10, "displayed_quantity": 10, "quantity_ahead": 5}.items() <= second.items()
    assert "waiting" not in second


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 1_000])
def test_a_long_list_of_orders_is_the_same_line_in_pieces(count: int) -> None:
    order = OrderState(7, "a1", "ACME", ACCEPTED.terms, 9, OrderStatus.NEW, NOW, 0)
    listed = OrdersListed((order,) * count)
    pieces = list(ENCODER.orders_in_pieces(listed))
    assert b"".join(pieces) == ENCODER.encode(listed)
    assert max(map(len, pieces)) < 100_000


def test_what_the_operator_is_told() -> None:
    assert encoded(Endowed("alice")) == {"type": "user_endowed", "user": "alice"}
    settled = {"type": "instrument_settled", "symbol": "ACME", "price": "1.00", "positions": 3}
    assert encoded(Settled("ACME", 10**9, 3)) == settled
    said = {"type": "news_said", "text": 'a "b"', "user": None, "timestamp": NOW}
    assert encoded(NewsSaid('a "b"', NOW, None)) == said


def test_order_canceled() -> None:
    event = OrderCanceled("alice", 3, NOW, 7, "a1", "ACME", 70, CancelReason.IOC_REMAINDER)
    further = {"status": "CANCELED", "remaining_quantity": 70, "reason": "IOC_REMAINDER"}
    assert encoded(event) == {"type": "order_canceled", **HEAD, **further}


def test_order_replaced() -> None:
    event = OrderReplaced("alice", 3, NOW, 7, "a1", "ACME", 10000, 100, 40, OrderStatus.PARTIALLY_FILLED, True)
    further = {"price": "100.00", "quantity": 100, "remaining_quantity": 40, "priority_kept": True}
    assert encoded(event) == {"type": "order_replaced", **HEAD, "status": "PARTIALLY_FILLED", **further}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (OrderRejected("a1", RejectCode.WOULD_TAKE, "t"), {"type": "order_rejected", "client_order_id": "a1"}),
        (CancelRejected(7, None, RejectCode.WOULD_TAKE, "t"), {"type": "cancel_rejected", "order_id": 7}),
        (
            CancelRejected(None, "a", RejectCode.WOULD_TAKE, "t"),
            {"type": "cancel_rejected", "client_order_id": "a"},
        ),
        (
            ReplaceRejected(7, "a", RejectCode.WOULD_TAKE, "t"),
            {"type": "replace_rejected", "order_id": 7, "client_order_id": "a"},
        ),
        (RequestRejected(RejectCode.WOULD_TAKE, "t"), {"type": "error"}),
        (BadRequest(RejectCode.WOULD_TAKE, "t"), {"type": "error"}),
    ],
)
def test_rejection_carries_the_ids_that_the_request_named(event: Any, expected: dict[str, Any]) -> None:
    assert encoded(event) == {**expected, "code": "WOULD_TAKE", "text": "t"}


def test_client_order_id_and_text_are_escaped() -> None:
    client_order_id = 'a"b\\c d</script>'
    assert encoded(ACCEPTED._replace(client_order_id=client_order_id))["client_order_id"] == client_order_id
    event = OrderRejected(client_order_id, RejectCode.BAD_VALUE, 'price "\u2028\u00e9\n" is bad')
    assert encoded(event)["text"] == event.text
    assert encoded(event)["client_order_id"] == client_order_id


def test_cancel_all_done() -> None:
    assert encoded(AllCanceled(4)) == {"type": "cancel_all_done", "count": 4}


def test_orders_look_like_their_acceptance_as_it_stands_now() -> None:
    prevention = SelfTradePrevention.DECREMENT
    limit, gtc, status = OrderType.LIMIT, TimeInForce.GTC, OrderStatus.PARTIALLY_FILLED
    terms = Terms(Side.BUY, limit, gtc, 100_250_000_000, 100, True, prevention)
    order = OrderState(7, "a1", "BOND", terms, 60, status, NOW, 30)
    entry = {
        "order_id": 7,
        "client_order_id": "a1",
        "symbol": "BOND",
        "side": "BUY",
        "order_type": "LIMIT",
        "time_in_force": "GTC",
        "price": "100.25",
        "quantity": 100,
        "remaining_quantity": 60,
        "quantity_ahead": 30,
        "status": "PARTIALLY_FILLED",
        "timestamp": NOW,
        "post_only": True,
        "self_trade_prevention": "DECREMENT",
    }
    assert encoded(OrdersListed((order, order))) == {"type": "orders", "orders": [entry, entry]}
    assert encoded(OrdersListed(())) == {"type": "orders", "orders": []}


def test_positions() -> None:
    positions = (
        PositionState("ACME", 3, 10**9, -25 * 10**8, 5 * 10**8, 9),
        PositionState("BOND", 0, 0, 2 * 10**9, 0, 40, -12_500_000),
    )
    acme = {"symbol": "ACME", "net_position": 3, "average_price": "0.333333333", "realised_pnl": "-2.50"}
    bond = {"symbol": "BOND", "net_position": 0, "average_price": None, "realised_pnl": "2.00"}
    assert encoded(PositionsListed(positions)) == {
        "type": "positions",
        "positions": [
            {**acme, "unrealised_pnl": "0.50", "volume": 9, "fees": "0.00"},
            {**bond, "unrealised_pnl": "0.00", "volume": 40, "fees": "-0.0125"},
        ],
    }


def test_cash_stands_beside_the_positions_of_who_was_endowed() -> None:
    assert encoded(PositionsListed((), 99_990_000_001)) == {
        "type": "positions",
        "positions": [],
        "cash": "99.990000001",
    }


@pytest.mark.parametrize(
    ("net_quantity", "cost", "text"),
    [
        (2, 3, "0.015"),
        (-2, -3, "0.015"),
        (3, 200, "0.666666667"),
        (-3, -200, "0.666666667"),
        (2 * 10**7, 1, 0),  # half a nano: to the even 0
        (2 * 10**7, 3, "0.000000002"),  # one and a half: to the even 2
        (-2 * 10**7, -3, "0.000000002"),
        (2, -3, "-0.015"),
    ],
)
def test_average_price_is_rounded_half_even_to_nine_places(net_quantity: int, cost: int, text: object) -> None:
    listed = encoded(PositionsListed((PositionState("ACME", net_quantity, cost * 10**7, 0, 0, 0),)))
    assert listed["positions"][0]["average_price"] == text


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            PhaseSet(Phase.HALTED, ("ACME", "BOND"), ()),
            {"type": "phase_set", "phase": "HALTED", "changed": ["ACME", "BOND"], "unchanged": []},
        ),
        (
            PhaseSet(Phase.CONTINUOUS, (), ("ACME",)),
            {"type": "phase_set", "phase": "CONTINUOUS", "changed": [], "unchanged": ["ACME"]},
        ),
        (UserBlocked("a", 2, True), {"type": "user_blocked", "user": "a", "canceled": 2, "changed": True}),
        (UserUnblocked("a", False), {"type": "user_unblocked", "user": "a", "changed": False}),
        (UserReset("a", True), {"type": "user_reset", "user": "a", "changed": True}),
    ],
)
def test_what_the_operator_is_answered_says_whether_anything_changed(
    event: Encodable, expected: dict[str, Any]
) -> None:
    assert encoded(event) == expected


def test_prices_stay_right_when_more_are_written_than_are_remembered() -> None:
    encoder = Encoder([ACME])
    for price in range(1, PRICES_MAX + 10):
        written = message(encoder.encode(accepted(price_nanos=price * 10**7)))["price"]
        assert Decimal(written) == Decimal(price) / 100
    assert message(encoder.encode(accepted(price_nanos=None)))["price"] is None


def test_instrument_added_later_is_known() -> None:
    encoder = Encoder()
    encoder.add_instrument(ACME)
    assert message(encoder.encode(ACCEPTED)) == encoded(ACCEPTED)


def test_the_operators_list_names_users_what_they_hold_and_instruments() -> None:
    position = PositionState("ACME", 3, 3 * 10**9, 10**9, 0, 5)
    users = [
        (UserState("alice", 2, False, True), 3, PositionsListed((position,), 10**9)),
        (UserState("bob", 0, True, False), 0, PositionsListed(())),
    ]
    alice = {"user": "alice", "live_orders": 2, "connections": 3, "blocked": False, "claimed": True}
    bob = {"user": "bob", "live_orders": 0, "connections": 0, "blocked": True, "claimed": False}
    holdings = encoded(PositionsListed((position,), 10**9))
    del holdings["type"]
    assert message(ENCODER.everything(users, [("BOND", Phase.HALTED)])) == {
        "type": "everything",
        "users": [{**alice, **holdings}, {**bob, "positions": []}],
        "instruments": [{"symbol": "BOND", "phase": "HALTED"}],
    }
