"""One event or answer → one line, spelled as the protocol says."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from exchange.engine.account import UserState
from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderRejected,
    OrderReplaced,
    OrdersListed,
    OrderState,
    PhaseSet,
    PositionsListed,
    PositionState,
    ReplaceRejected,
    RequestRejected,
    UserBlocked,
    UserReset,
    UserUnblocked,
)
from exchange.engine.instrument import PRICES_MAX, Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
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
from exchange.networking.wire import session_lines
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.encode import Encodable, Encoder
from exchange.networking.wire.requests import BadRequest, Channel

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


def message(line: bytes) -> dict[str, Any]:
    """The line's message, its decimal numbers kept as the text they were written as."""
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()
    parsed: dict[str, Any] = json.loads(line, parse_float=str)
    return parsed


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
    order = OrderState(7, "a1", "BOND", terms, 60, status, NOW)
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
        PositionState("BOND", 0, 0, 2 * 10**9, 0, 40),
    )
    acme = {"symbol": "ACME", "net_position": 3, "average_price": "0.333333333", "realised_pnl": "-2.50"}
    bond = {"symbol": "BOND", "net_position": 0, "average_price": None, "realised_pnl": "2.00"}
    assert encoded(PositionsListed(positions)) == {
        "type": "positions",
        "positions": [
            {**acme, "unrealised_pnl": "0.50", "volume": 9},
            {**bond, "unrealised_pnl": "0.00", "volume": 40},
        ],
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


def test_book_snapshot_and_update() -> None:
    snapshot = ENCODER.book_snapshot("ACME", 5, [(10125, 100, 2), (10000, 1, 1)], [])
    bids = [["101.25", 100, 2], ["100.00", 1, 1]]
    assert message(snapshot) == {
        "type": "book_snapshot",
        "symbol": "ACME",
        "sequence": 5,
        "bids": bids,
        "asks": [],
    }
    update = ENCODER.book_update("BOND", 6, [(Side.BUY, 401, 0, 0), (Side.SELL, 402, 10, 1)])
    changes = [["BID", "100.25", 0, 0], ["ASK", "100.50", 10, 1]]
    assert message(update) == {"type": "book_update", "symbol": "BOND", "sequence": 6, "changes": changes}


def test_trade_names_no_user_and_no_order() -> None:
    trade = Trade(9, "ACME", 10125, 30, 7, 8, "alice", "bob", Side.BUY, NOW)
    assert message(ENCODER.trade(6, trade)) == {
        "type": "trade",
        "symbol": "ACME",
        "sequence": 6,
        "trade_id": 9,
        "price": "101.25",
        "quantity": 30,
        "aggressor_side": "BUY",
        "timestamp": NOW,
    }


IDENTITY = session_lines.Identity("0.1.0", "4a1f")


def test_logged_in_lists_the_instruments() -> None:
    listed = {"symbol": "BOND", "tick_size": "0.25", "lot_size": 10, "min_quantity": 20, "max_quantity": 200}
    assert message(session_lines.logged_in("alice", 5, [(BOND, Phase.HALTED)], IDENTITY)) == {
        "type": "logged_in",
        "user": "alice",
        "next_seq": 5,
        "instruments": [{**listed, "phase": "HALTED"}],
        "version": "0.1.0",
        "engine_id": "4a1f",
    }


def test_logged_in_tells_the_token_of_whoever_has_just_claimed_the_name() -> None:
    assert message(session_lines.logged_in("alice", 1, [], IDENTITY, "5ec4e7"))["token"] == "5ec4e7"


def test_the_operators_list_names_users_and_instruments() -> None:
    users = [(UserState("alice", 2, False, True), 3), (UserState("bob", 0, True, False), 0)]
    assert message(session_lines.everything(users, [("BOND", Phase.HALTED)])) == {
        "type": "everything",
        "users": [
            {"user": "alice", "live_orders": 2, "connections": 3, "blocked": False, "claimed": True},
            {"user": "bob", "live_orders": 0, "connections": 0, "blocked": True, "claimed": False},
        ],
        "instruments": [{"symbol": "BOND", "phase": "HALTED"}],
    }


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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            session_lines.error(WireCode.LINE_TOO_LONG, "t"),
            {"type": "error", "code": "LINE_TOO_LONG", "text": "t"},
        ),
        (
            session_lines.login_rejected(RejectCode.BAD_VALUE, "t"),
            {"type": "login_rejected", "code": "BAD_VALUE", "text": "t"},
        ),
        (session_lines.logged_out(), {"type": "logged_out"}),
        (session_lines.subscribed(Channel.BOOK, "A"), {"type": "subscribed", "channel": "book", "symbol": "A"}),
        (
            session_lines.unsubscribed(Channel.TRADES, "A"),
            {"type": "unsubscribed", "channel": "trades", "symbol": "A"},
        ),
        (session_lines.pong(None), {"type": "pong"}),
        (session_lines.pong(0), {"type": "pong", "id": 0}),
        (session_lines.pong(""), {"type": "pong", "id": ""}),
        (session_lines.pong('"\\'), {"type": "pong", "id": '"\\'}),
        (session_lines.heartbeat(), {"type": "heartbeat"}),
        (session_lines.gap(3, 7), {"type": "gap", "from": 3, "to": 7}),
    ],
)
def test_session_message(line: bytes, expected: dict[str, Any]) -> None:
    assert message(line) == expected


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
