"""One line → one request: an example for every rule of the wire."""

from __future__ import annotations

import json
from typing import Any, Optional

import pytest

from exchange.engine.commands import CancelAll, CancelOrder, GetOrders, GetPositions, NewOrder, ReplaceOrder
from exchange.engine.events import CancelRejected, OrderRejected, ReplaceRejected
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, SelfTradePrevention, Side, TimeInForce
from exchange.networking.wire.decode import decode
from exchange.networking.wire.requests import (
    BadRequest,
    CancelOnDisconnect,
    Channel,
    GetFills,
    Login,
    Logout,
    Ping,
    Request,
    Subscribe,
    Unsubscribe,
)

Fields = dict[str, Any]

LIMIT: Fields = {"client_order_id": "a1", "side": "BUY", "order_type": "LIMIT", "quantity": 100, "price": 101}
MARKET: Fields = {"client_order_id": "a1", "side": "SELL", "order_type": "MARKET", "quantity": 100}
FORGET = object()


def ask(kind: str, as_user: Optional[str] = "alice", **fields: Any) -> Any:
    """What becomes of a request: Any, since each test knows what it should be."""
    members = {name: value for name, value in fields.items() if value is not FORGET}
    return decode(json.dumps({"type": kind, **members}).encode(), as_user)


def login(user: Any, **options: Any) -> Request:
    return decode(json.dumps({"type": "login", "user": user, **options}).encode(), None)


def enter(**changes: Any) -> Any:
    """What becomes of a good LIMIT order with these changes."""
    return ask("new_order", **{**LIMIT, **changes})


def raw_order(**changes: str) -> Any:
    """As `enter`, but each change is the JSON text itself."""
    members = {name: json.dumps(value) for name, value in LIMIT.items()}
    text = ",".join(f'"{name}":{value}' for name, value in {**members, **changes}.items())
    return decode(f'{{"type":"new_order",{text}}}'.encode(), "alice")


def assert_refused(request: Request, kind: type, code: str, *words: str) -> None:
    assert type(request) is kind, request
    assert isinstance(request, (BadRequest, OrderRejected, CancelRejected, ReplaceRejected))
    assert request.code.value == code
    for word in words:
        assert word in request.text
    assert request.text.isascii()
    assert len(request.text) < 200


# --- requests that are served --------------------------------------------------------------------------------


def test_limit_order_takes_its_defaults() -> None:
    assert enter() == NewOrder(
        "alice", "a1", None, Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 101_000_000_000, 100, False, None)
    )


def test_limit_order_with_every_option() -> None:
    order = enter(symbol="AC.ME_1-X", time_in_force="DAY", post_only=True, self_trade_prevention="CANCEL_BOTH")
    prevention = SelfTradePrevention.CANCEL_BOTH
    assert order == NewOrder(
        "alice",
        "a1",
        "AC.ME_1-X",
        Terms(Side.BUY, OrderType.LIMIT, TimeInForce.DAY, 101 * 10**9, 100, True, prevention),
    )


def test_market_order_is_ioc_unless_it_says_fok() -> None:
    assert ask("new_order", **MARKET).terms.time_in_force is TimeInForce.IOC
    assert ask("new_order", **MARKET, time_in_force="FOK").terms.time_in_force is TimeInForce.FOK
    assert ask("new_order", **MARKET).terms.price_nanos is None


def test_prevention_none_is_a_choice_and_not_the_instruments_default() -> None:
    assert enter(self_trade_prevention="NONE").terms.self_trade_prevention is SelfTradePrevention.NONE


@pytest.mark.parametrize(
    ("kind", "fields", "request_"),
    [
        ("cancel_order", {"order_id": 7}, CancelOrder("alice", 7, None)),
        ("cancel_order", {"client_order_id": "a1"}, CancelOrder("alice", None, "a1")),
        ("replace_order", {"order_id": 7, "quantity": 5}, ReplaceOrder("alice", 7, None, None, 5, None)),
        (
            "replace_order",
            {"client_order_id": "a", "price": 3, "new_client_order_id": "b"},
            ReplaceOrder("alice", None, "a", 3 * 10**9, None, "b"),
        ),
        ("cancel_all", {}, CancelAll("alice", None)),
        ("cancel_all", {"symbol": "ACME"}, CancelAll("alice", "ACME")),
        ("get_orders", {}, GetOrders("alice")),
        ("get_positions", {}, GetPositions("alice")),
        ("subscribe", {"channel": "trades", "last": 0}, Subscribe(Channel.TRADES, None, 20, 0)),
        ("subscribe", {"channel": "trades", "last": 1_000}, Subscribe(Channel.TRADES, None, 20, 1_000)),
        ("subscribe", {"channel": "news"}, Subscribe(Channel.NEWS, None, 20)),
        ("unsubscribe", {"channel": "news"}, Unsubscribe(Channel.NEWS, None)),
        ("get_fills", {}, GetFills(None, 0, 1_000)),
        ("get_fills", {"symbol": "ACME", "after_trade_id": 7, "limit": 2}, GetFills("ACME", 7, 2)),
        ("logout", {}, Logout()),
        ("subscribe", {"channel": "book"}, Subscribe(Channel.BOOK, None, 20)),
        ("subscribe", {"channel": "book", "depth": 0}, Subscribe(Channel.BOOK, None, 0)),
        ("subscribe", {"channel": "trades", "symbol": "A", "depth": 1000}, Subscribe(Channel.TRADES, "A", 1000)),
        ("subscribe", {"channel": "book", "depth": 1001}, Subscribe(Channel.BOOK, None, 0)),
        ("subscribe", {"channel": "book", "depth": 10**4000}, Subscribe(Channel.BOOK, None, 0)),
        ("unsubscribe", {"channel": "book", "symbol": "A"}, Unsubscribe(Channel.BOOK, "A")),
        ("unsubscribe", {"channel": "book", "depth": 5}, Unsubscribe(Channel.BOOK, None)),
        ("ping", {}, Ping(None)),
        ("ping", {"id": ""}, Ping("")),
        ("ping", {"id": "\u2028\u00e9" * 5_000}, Ping("\u2028\u00e9" * 5_000)),
        ("ping", {"id": -(10**38)}, Ping(-(10**38))),
    ],
)
def test_request_is_decoded(kind: str, fields: Fields, request_: Request) -> None:
    decoded = ask(kind, **fields)
    assert (type(decoded), decoded) == (type(request_), request_)


def test_login_ping_and_feeds_need_no_login() -> None:
    assert login("Bob_the-2nd") == Login("Bob_the-2nd", None, None, CancelOnDisconnect.NONE, 0.0)
    assert ask("ping", as_user=None) == Ping(None)
    assert ask("subscribe", as_user=None, channel="book") == Subscribe(Channel.BOOK, None, 20)
    assert ask("unsubscribe", as_user=None, channel="book") == Unsubscribe(Channel.BOOK, None)


@pytest.mark.parametrize("kind", ["cancel_all", "get_orders", "get_positions", "logout"])
def test_a_login_is_needed_before_anything_else_is_looked_at(kind: str) -> None:
    assert_refused(ask(kind, as_user=None, no_such_field=1), BadRequest, "NOT_LOGGED_IN", kind)


def test_order_before_login_is_rejected_under_its_own_id() -> None:
    assert_refused(ask("new_order", as_user=None, client_order_id="a1"), OrderRejected, "NOT_LOGGED_IN")
    assert_refused(ask("cancel_order", as_user=None, order_id=7), CancelRejected, "NOT_LOGGED_IN")
    assert_refused(ask("replace_order", as_user=None, order_id=7), ReplaceRejected, "NOT_LOGGED_IN")


@pytest.mark.parametrize("line", [b'{"type":"ping"}\r', b' \t{ "type"\n:\r"ping" } ', b'{"ty\\u0070e":"ping"}'])
def test_json_whitespace_and_escapes_are_fine(line: bytes) -> None:
    assert decode(line, None) == Ping(None)


def test_brackets_inside_a_string_are_no_nesting() -> None:
    for client_order_id in ("[" * 20, '\\"' + "[{" * 10, "]" * 20):
        assert enter(client_order_id=client_order_id).client_order_id == client_order_id


# --- prices and quantities -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("101", 101_000_000_000),
        ("101.25", 101_250_000_000),
        ("1.0125e2", 101_250_000_000),
        ("1012500E-4", 101_250_000_000),
        ("101.2500000000000000000000000000", 101_250_000_000),
        ("0.1", 100_000_000),
        ("0.000000001", 1),
        ("0.0000000010", 1),
        ("1e-9", 1),
        ("1000000000", 10**18),
        ("1000000000.0", 10**18),
        ("1e+9", 10**18),
        ("-0.5", -500_000_000),
        ("-5e-1", -500_000_000),
        ("-1000000000", -(10**18)),
        ("0", 0),
        ("-0.0", 0),
        ("0e999999999999", 0),
        ("0." + "0" * 5000 + "1e5000", 100_000_000),
        ("1" + "0" * 5000 + "e-5000", 1_000_000_000),
    ],
)
def test_price_is_exact(text: str, nanos: int) -> None:
    assert raw_order(price=text).terms.price_nanos == nanos


@pytest.mark.parametrize("text", ["0.0000000001", "1e-10", "1.0000000001", "1e-999999999", "1e-" + "9" * 5000])
def test_price_finer_than_any_tick_is_not_on_tick(text: str) -> None:
    assert_refused(raw_order(price=text), OrderRejected, "PRICE_NOT_ON_TICK", text[:12], "9 decimal places")


@pytest.mark.parametrize(
    "text", ["1000000001", "1000000000.000000001", "-1e10", "1e999", "1e999999999", "1e" + "9" * 5000, "9" * 4301]
)
def test_price_beyond_the_limit_is_refused_and_never_computed(text: str) -> None:
    assert_refused(raw_order(price=text), OrderRejected, "BAD_VALUE", text[:20], "1000000000")


@pytest.mark.parametrize("value", ["101.25", True, None, [], {}])
def test_price_of_another_type_is_refused(value: Any) -> None:
    assert_refused(enter(price=value), OrderRejected, "BAD_VALUE", "price", "JSON number")


@pytest.mark.parametrize("text", ["100", "0", "-5", str(2**63 - 1), str(1 - 2**63)])
def test_quantity_of_any_size_is_left_to_the_engine(text: str) -> None:
    assert raw_order(quantity=text).terms.quantity == int(text)


@pytest.mark.parametrize("text", ["100.0", "1e2", '"100"', "true", "null", "[1]", str(2**63), "9" * 4301, "1e999"])
def test_quantity_that_is_no_integer_is_refused(text: str) -> None:
    assert_refused(raw_order(quantity=text), OrderRejected, "BAD_VALUE", "quantity", "JSON integer")


# --- names and choices ---------------------------------------------------------------------------------------

BAD_SYMBOLS = ["", "acme", "A" * 17, "A B", "\u00c4", "A\u2028", 1, None, True, ["ACME"], {"a": 1}]
BAD_CLIENT_ORDER_IDS = ["", "a" * 65, "caf\u00e9", "a\u2028", 7, None, False, ["a1"], {"id": "a1"}]
BAD_USERS = ["", "../../x", "a b", "u" * 33, "\u00fcser", "a.b", 5, None, ["alice"], {}]


@pytest.mark.parametrize("symbol", BAD_SYMBOLS)
def test_bad_symbol(symbol: object) -> None:
    assert_refused(enter(symbol=symbol), OrderRejected, "BAD_VALUE", "symbol", "1 to 16")
    assert_refused(ask("cancel_all", symbol=symbol), BadRequest, "BAD_VALUE", "symbol")


@pytest.mark.parametrize("client_order_id", BAD_CLIENT_ORDER_IDS)
def test_bad_client_order_id_cannot_be_answered_for_its_order(client_order_id: Any) -> None:
    bad = {"client_order_id": client_order_id}
    assert_refused(enter(**bad), BadRequest, "BAD_VALUE", "client_order_id", "1 to 64")
    assert_refused(ask("cancel_order", **bad), BadRequest, "BAD_VALUE", "client_order_id")
    assert_refused(ask("replace_order", **bad, price=1), BadRequest, "BAD_VALUE", "client_order_id")
    wrong_new_id = ask("replace_order", order_id=7, new_client_order_id=client_order_id)
    assert_refused(wrong_new_id, ReplaceRejected, "BAD_VALUE", "new_client_order_id")


@pytest.mark.parametrize("user", BAD_USERS)
def test_bad_user(user: object) -> None:
    assert_refused(login(user), BadRequest, "BAD_VALUE", "user", "1 to 32")


@pytest.mark.parametrize("order_id", [0, -1, 2**63, 1.5, "7", True, None, [7]])
def test_bad_order_id(order_id: object) -> None:
    assert_refused(ask("cancel_order", order_id=order_id), BadRequest, "BAD_VALUE", "order_id")
    both = ask("cancel_order", order_id=order_id, client_order_id="a1")
    assert_refused(both, CancelRejected, "BAD_VALUE", "order_id")
    assert both[:2] == (None, "a1")


@pytest.mark.parametrize("field", ["side", "order_type", "time_in_force", "self_trade_prevention"])
@pytest.mark.parametrize("value", ["buy", "", "BUY ", 1, None, True, ["BUY"], {"BUY": 1}])
def test_value_that_is_no_choice(field: str, value: Any) -> None:
    assert_refused(enter(**{field: value}), OrderRejected, "BAD_VALUE", field, "must be one of")


@pytest.mark.parametrize("value", [1, 0, "true", None, []])
def test_flag_is_true_or_false(value: Any) -> None:
    assert_refused(enter(post_only=value), OrderRejected, "BAD_VALUE", "post_only", "true or false")


@pytest.mark.parametrize("kind", ["subscribe", "unsubscribe"])
@pytest.mark.parametrize(
    ("fields", "name", "rule"),
    [
        ({"channel": "news", "symbol": "ACME"}, "symbol", "does not go with the channel news"),
        ({"channel": "news", "last": 1}, "last", "goes only with the channel trades"),
        ({"channel": "book", "last": 1}, "last", "goes only with the channel trades"),
        ({"channel": "trades", "last": -1}, "last", "from 0 to 1000"),
        ({"channel": "trades", "last": 1_001}, "last", "from 0 to 1000"),
        ({"channel": "trades", "last": "5"}, "last", "from 0 to 1000"),
    ],
)
def test_a_feed_refuses_what_is_another_feeds(kind: str, fields: Fields, name: str, rule: str) -> None:
    assert_refused(ask(kind, **fields), BadRequest, "BAD_VALUE", name, rule)


@pytest.mark.parametrize("fields", [{"limit": 0}, {"limit": 1_001}, {"limit": 1.5}, {"after_trade_id": -1}])
def test_fills_are_asked_for_page_by_page(fields: Fields) -> None:
    assert_refused(ask("get_fills", **fields), BadRequest, "BAD_VALUE", *fields, "must be a JSON integer")


@pytest.mark.parametrize("fields", [{"channel": "books"}, {"channel": 1}, {"channel": "book", "symbol": "a"}])
def test_bad_subscription(fields: Fields) -> None:
    assert_refused(ask("subscribe", **fields), BadRequest, "BAD_VALUE")
    assert_refused(ask("unsubscribe", **fields), BadRequest, "BAD_VALUE")


@pytest.mark.parametrize("depth", [-1, -(10**4000), 5.0, 1e99, "20", True, None, [], {}])
def test_bad_depth(depth: object) -> None:
    assert_refused(ask("subscribe", channel="book", depth=depth), BadRequest, "BAD_VALUE", "depth", "JSON integer")


@pytest.mark.parametrize("ping_id", [1.5, 1.0, 1e99, True, None, [], {}])
def test_bad_ping_id(ping_id: object) -> None:
    assert_refused(ask("ping", id=ping_id), BadRequest, "BAD_VALUE", "id")


@pytest.mark.parametrize("order_type", ["LIMIT", "MARKET", "STOP", "STOP_LIMIT"])
@pytest.mark.parametrize("time_in_force", ["GTC", "DAY", "IOC", "FOK", FORGET])
@pytest.mark.parametrize("price", [1, FORGET])
def test_which_terms_go_together_is_left_to_the_engine(order_type: str, time_in_force: Any, price: Any) -> None:
    """It tells a duplicate id, a block and a phase before it."""
    options = {"stop_price": 2, "display_quantity": 3, "post_only": True}
    order = enter(order_type=order_type, time_in_force=time_in_force, price=price, **options)
    assert isinstance(order, NewOrder)
    expected = ("IOC" if order_type == "MARKET" else "GTC") if time_in_force is FORGET else time_in_force
    terms = order.terms
    assert (terms.order_type.value, terms.time_in_force.value) == (order_type, expected)
    assert terms.price_nanos == (None if price is FORGET else 10**9)
    assert (terms.stop_price_nanos, terms.display_quantity, terms.post_only) == (2 * 10**9, 3, True)


# --- fields taken together -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code", "word"),
    [
        ({"side": FORGET}, "MISSING_FIELD", "side"),
        ({"order_type": FORGET}, "MISSING_FIELD", "order_type"),
        ({"quantity": FORGET}, "MISSING_FIELD", "quantity"),
        ({"user": "alice"}, "UNKNOWN_FIELD", "user"),
        ({"pricee": 1}, "UNKNOWN_FIELD", "'pricee'"),
        ({"x" * 5000: 1}, "UNKNOWN_FIELD", "xxx..."),
        ({"\u2028": 1}, "UNKNOWN_FIELD", "u2028"),
        ({"order_type": "TRAILING"}, "BAD_VALUE", "LIMIT, MARKET, STOP, STOP_LIMIT"),
        ({"stop_price": "5"}, "BAD_VALUE", "JSON number"),
        ({"display_quantity": 5.5}, "BAD_VALUE", "JSON integer"),
    ],
)
def test_new_order_that_breaks_a_rule_of_form(changes: Fields, code: str, word: str) -> None:
    rejected = enter(**changes)
    assert_refused(rejected, OrderRejected, code, word)
    assert rejected.client_order_id == "a1"


def test_post_only_false_goes_with_anything() -> None:
    assert ask("new_order", **MARKET, post_only=False).terms.post_only is False


def test_new_order_without_a_client_order_id_is_an_error() -> None:
    assert_refused(enter(client_order_id=FORGET), BadRequest, "MISSING_FIELD", "client_order_id")


@pytest.mark.parametrize(
    ("kind", "kind_rejected", "change"),
    [("cancel_order", CancelRejected, {}), ("replace_order", ReplaceRejected, {"price": 1})],
)
def test_order_is_named_by_exactly_one_id(kind: str, kind_rejected: type, change: Fields) -> None:
    assert_refused(ask(kind, **change), BadRequest, "MISSING_FIELD", "order_id or client_order_id")
    both = ask(kind, order_id=7, client_order_id="a1", **change)
    assert_refused(both, kind_rejected, "BAD_VALUE", "client_order_id")
    assert both[:2] == (7, "a1")
    unknown = ask(kind, order_id=7, price_=1)
    assert_refused(unknown, kind_rejected, "UNKNOWN_FIELD", "price_")
    assert unknown[:2] == (7, None)


def test_replace_must_change_something() -> None:
    assert_refused(ask("replace_order", order_id=7), ReplaceRejected, "MISSING_FIELD", "nothing to replace")
    assert ask("replace_order", order_id=7, quantity=0).quantity == 0


@pytest.mark.parametrize("field", ["price", "quantity", "new_client_order_id"])
def test_null_is_no_way_to_leave_a_field_out(field: str) -> None:
    assert_refused(ask("replace_order", order_id=7, **{field: None}), ReplaceRejected, "BAD_VALUE", "null")


def test_login_with_every_option() -> None:
    asked = login("bob", token="aZ09", last_seq=7, cancel_on_disconnect=True, heartbeat_s=0.5)
    assert asked == Login("bob", "aZ09", 7, CancelOnDisconnect.NOT_GTC, 0.5)


@pytest.mark.parametrize(
    ("value", "meant"),
    [(False, CancelOnDisconnect.NONE), (True, CancelOnDisconnect.NOT_GTC), ("ALL", CancelOnDisconnect.ALL)],
)
def test_cancel_on_disconnect_has_three_answers(value: Any, meant: CancelOnDisconnect) -> None:
    asked = login("bob", cancel_on_disconnect=value)
    assert isinstance(asked, Login)
    assert asked.cancel_on_disconnect is meant


@pytest.mark.parametrize(("text", "seconds"), [("0", 0.0), ("0.1", 0.1), ("1e1", 10.0), ("3600", 3600.0)])
def test_a_heartbeat_is_a_number_of_seconds(text: str, seconds: float) -> None:
    asked = decode(b'{"type":"login","user":"bob","heartbeat_s":%s}' % text.encode(), None)
    assert isinstance(asked, Login)
    assert asked.heartbeat_s == seconds


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token", 1),
        ("token", "a" * 129),
        ("last_seq", -1),
        ("last_seq", 2**63),
        ("last_seq", "1"),
        ("last_seq", True),
        ("cancel_on_disconnect", 1),
        ("cancel_on_disconnect", "all"),
        ("cancel_on_disconnect", None),
        ("heartbeat_s", "1"),
        ("heartbeat_s", True),
        ("heartbeat_s", 0.05),
        ("heartbeat_s", -1),
        ("heartbeat_s", 3601),
        ("heartbeat_s", 10**400),
    ],
)
def test_login_option_that_breaks_its_rule_is_refused_by_name(field: str, value: Any) -> None:
    assert_refused(login("bob", **{field: value}), BadRequest, "BAD_VALUE", field)


def test_a_refused_token_is_not_repeated() -> None:
    refused = login("bob", token="s3cret!" * 20)
    assert isinstance(refused, BadRequest)
    assert "s3cret" not in refused.text


def test_login_names_its_user() -> None:
    assert_refused(decode(b'{"type":"login"}', None), BadRequest, "MISSING_FIELD", "user")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{}", "MISSING_FIELD"),
        (b'{"type":null}', "BAD_VALUE"),
        (b'{"type":["new_order"]}', "BAD_VALUE"),
        (b'{"type":{}}', "BAD_VALUE"),
        (b'{"type":1.5}', "BAD_VALUE"),
        (b'{"type":"New_Order"}', "UNKNOWN_TYPE"),
        (b'{"type":"order_accepted"}', "UNKNOWN_TYPE"),
        (b'{"type":"' + b"x" * 60_000 + b'"}', "UNKNOWN_TYPE"),
    ],
)
def test_type_is_missing_or_unknown(line: bytes, code: str) -> None:
    assert_refused(decode(line, "alice"), BadRequest, code, "type")
