"""What holds for every line: good ones come back as they were meant, and no bytes at all raise anything."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any, Optional, Union

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from exchange.engine import commands
from exchange.engine.commands import CancelAll, CancelOrder, NewOrder, ReplaceOrder
from exchange.engine.events import CancelRejected, OrderAccepted, OrderExecuted, OrderRejected, ReplaceRejected
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import (
    Liquidity,
    OrderStatus,
    OrderType,
    RejectCode,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from exchange.networking.wire import requests
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.decode import decode
from exchange.networking.wire.encode import Encoder
from exchange.networking.wire.requests import BadRequest, Ping, Subscribe
from exchange.networking.wire.session_lines import pong
from exchange.networking.wire.strict_json import MalformedLineError, NumberText, parse_object

NANOS_MAX = 10**18
REJECTIONS = (OrderRejected, CancelRejected, ReplaceRejected, BadRequest)
SERVED = (
    *(NewOrder, CancelOrder, ReplaceOrder, CancelAll, commands.GetOrders, commands.GetPositions),
    *(requests.GetFills, requests.Login, requests.Logout, requests.Ping, requests.Subscribe, requests.Unsubscribe),
)
ANSWER_BYTES_MAX = 1_000  # an escaped client order id of 64 characters and a bounded text

client_order_ids = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=64)
symbols = st.from_regex(r"[A-Z0-9._-]{1,16}", fullmatch=True)
users = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)
quantities = st.integers(1 - 2**63, 2**63 - 1)
order_ids = st.integers(1, 2**63 - 1)
preventions = st.none() | st.sampled_from(SelfTradePrevention)
prices_nanos = st.integers(-NANOS_MAX, NANOS_MAX) | st.integers(-1000, 1000)


class Raw(str):
    """JSON text to be written as it is."""


def write(fields: dict[str, Any], separators: tuple[str, str] = (",", ":")) -> bytes:
    """A JSON object of fields, those that are None left out, Raw ones taken as they are."""
    comma, colon = separators
    members = [
        f"{json.dumps(name)}{colon}{value if isinstance(value, Raw) else json.dumps(value)}"
        for name, value in fields.items()
        if value is not None
    ]
    return ("{" + comma.join(members) + "}").encode()


@st.composite
def price_texts(draw: st.DrawFn, nanos: int) -> Raw:
    """One of the many ways to write a price."""
    shift = draw(st.integers(-20, 20))
    mantissa = format(Decimal(nanos).scaleb(-9 - shift), "f")
    zeros = "0" * draw(st.integers(0, 3)) if "." in mantissa else ""
    exponent = f"{draw(st.sampled_from('eE'))}{shift:{draw(st.sampled_from(['', '+', '03']))}d}"
    return Raw(mantissa + zeros + (exponent if shift else ""))


def value_of(member: Any) -> Any:
    return None if member is None else member.value


@st.composite
def new_orders(draw: st.DrawFn) -> NewOrder:
    limit = draw(st.booleans())
    rests = limit and draw(st.booleans())
    lives = (TimeInForce.GTC, TimeInForce.DAY) if rests else (TimeInForce.IOC, TimeInForce.FOK)
    return NewOrder(
        draw(users),
        draw(client_order_ids),
        draw(st.none() | symbols),
        Terms(
            draw(st.sampled_from(Side)),
            OrderType.LIMIT if limit else OrderType.MARKET,
            draw(st.sampled_from(lives)),
            draw(prices_nanos) if limit else None,
            draw(quantities),
            rests and draw(st.booleans()),
            draw(preventions),
        ),
    )


@given(new_orders(), st.data())
def test_new_order_comes_back_as_it_was_written(order: NewOrder, data: st.DataObject) -> None:
    terms = order.terms
    price = None if terms.price_nanos is None else data.draw(price_texts(terms.price_nanos))
    fields = {
        "type": "new_order",
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": terms.side.value,
        "order_type": terms.order_type.value,
        "time_in_force": terms.time_in_force.value,
        "price": price,
        "quantity": terms.quantity,
        "post_only": terms.post_only or None,
        "self_trade_prevention": value_of(terms.self_trade_prevention),
    }
    shuffled = dict(data.draw(st.permutations(list(fields.items()))))
    separators = data.draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", "\r : ")]))
    assert decode(write(shuffled, separators), order.user) == order


@given(
    users,
    order_ids | client_order_ids,
    st.none() | prices_nanos,
    st.none() | quantities,
    st.none() | client_order_ids,
)
def test_cancel_and_replace_come_back_as_they_were_written(
    user: str,
    named: Union[int, str],
    price_nanos: Optional[int],
    quantity: Optional[int],
    new_client_order_id: Optional[str],
) -> None:
    order_id, client_order_id = (named, None) if isinstance(named, int) else (None, named)
    ids = {"order_id": order_id, "client_order_id": client_order_id}
    assert decode(write({"type": "cancel_order", **ids}), user) == CancelOrder(user, order_id, client_order_id)
    assume((price_nanos, quantity, new_client_order_id) != (None, None, None))
    price = None if price_nanos is None else Raw(format(Decimal(price_nanos).scaleb(-9), "f"))
    changes = {"price": price, "quantity": quantity, "new_client_order_id": new_client_order_id}
    replaced = decode(write({"type": "replace_order", **ids, **changes}), user)
    assert replaced == ReplaceOrder(user, order_id, client_order_id, price_nanos, quantity, new_client_order_id)


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,14})?([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_price_is_the_fraction_that_was_written_or_refused_for_the_right_reason(text: str) -> None:
    nanos = Fraction(text) * 10**9
    line = write({"type": "replace_order", "order_id": 1, "price": Raw(text)})
    request = decode(line, "alice")
    if isinstance(request, ReplaceOrder):
        assert request.price_nanos == nanos
        return
    assert isinstance(request, ReplaceRejected)
    if request.code is RejectCode.PRICE_NOT_ON_TICK:
        assert nanos.denominator != 1
    else:
        assert request.code is RejectCode.BAD_VALUE
        assert abs(nanos) > NANOS_MAX


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.integers() | st.integers(10**39, 10**45))
def test_pong_repeats_whatever_id_a_ping_had(ping_id: Union[str, int]) -> None:
    request = decode(write({"type": "ping", "id": ping_id}), None)
    assert isinstance(request, Ping)
    line = pong(request.id)
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"type": "pong", "id": ping_id}


@given(st.integers(0, 2_000) | st.integers(0))
def test_any_depth_that_is_not_negative_is_served_and_shows_at_least_so_much(depth: int) -> None:
    request = decode(write({"type": "subscribe", "channel": "book", "depth": depth}), None)
    assert isinstance(request, Subscribe)
    assert request.depth == depth or (request.depth == 0 and depth > 1_000)


# --- strict JSON -----------------------------------------------------------------------------------------------

tricky_text = st.text(st.sampled_from('[]{}"\\,:a\u00e9\U0001f600'), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.sampled_from([2.5, -1e300]) | tricky_text
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tricky_text, inner, max_size=3),
    max_leaves=12,
)


def nesting(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(nesting, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(nesting, value.values()), default=0)
    return 0


def as_floats(value: Any) -> Any:
    """A parsed value with its numbers made what the standard library makes of them."""
    if isinstance(value, NumberText):
        return float(value.text)
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    if isinstance(value, dict):
        return {key: as_floats(item) for key, item in value.items()}
    return value


@given(json_values, st.integers(0, 9), st.booleans())
def test_every_good_object_is_read_exactly_when_it_nests_at_most_eight_deep(
    value: Any, wrappings: int, ascii_only: bool
) -> None:
    for _ in range(wrappings):
        value = [value]
    members = {"a": value}
    line = json.dumps(members, ensure_ascii=ascii_only).encode()
    if nesting(members) <= 8:
        assert as_floats(parse_object(line)) == members
    else:
        with pytest.raises(MalformedLineError, match="nested deeper than 8"):
            parse_object(line)


# --- hostile lines ---------------------------------------------------------------------------------------------


def assert_served_or_refused(line: bytes) -> None:
    """Decode for both kinds of connection; whatever is refused can be answered in one short ASCII line of JSON."""
    for user in ("alice", None):
        request = decode(line, user)
        if isinstance(request, REJECTIONS):
            answer = Encoder().encode(request)
            assert answer.isascii()
            assert answer.count(b"\n") == 1
            assert len(answer) < ANSWER_BYTES_MAX
            assert json.loads(answer)["code"] == request.code.value
        else:
            assert isinstance(request, SERVED)


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(line: bytes) -> None:
    assert_served_or_refused(line)


@given(st.lists(st.sampled_from('{}[]",:\\ue0159.-+truefalsn \t\r\n\x00\x7f\xe9\ud800'), max_size=60))
def test_random_json_tokens_never_raise(characters: list[str]) -> None:
    assert_served_or_refused("".join(characters).encode("utf-8", "surrogatepass"))


TYPES = (
    *("login", "new_order", "cancel_order", "replace_order", "cancel_all", "get_orders", "get_positions"),
    *("get_fills", "subscribe", "unsubscribe", "ping", "logout"),
)
NAMES = (
    *("client_order_id", "order_id", "symbol", "side", "order_type", "quantity", "price", "time_in_force"),
    *("post_only", "self_trade_prevention", "new_client_order_id", "user", "channel", "depth", "id", "token"),
    *("stop_price", "display_quantity", "last_seq", "cancel_on_disconnect", "heartbeat_s", "after_trade_id"),
    *("limit", "typo"),
)
WORDS = (
    "BUY",
    "SELL",
    "LIMIT",
    "MARKET",
    "STOP",
    "GTC",
    "DAY",
    "IOC",
    "FOK",
    "NONE",
    "book",
    "trades",
    "ACME",
    "a1",
)
likely_values = st.sampled_from(WORDS) | st.integers(-5, 2000) | st.booleans() | json_values
any_fields = st.dictionaries(st.sampled_from(NAMES) | tricky_text, likely_values, max_size=10)


@given(st.sampled_from(TYPES) | json_values, any_fields)
def test_any_fields_of_any_types_never_raise(kind: str, fields: dict[str, Any]) -> None:
    assert_served_or_refused(json.dumps({"type": kind, **fields}).encode("utf-8", "replace"))


ORDER_REQUESTS: dict[str, tuple[Any, Any]] = {
    "new_order": (NewOrder, OrderRejected),
    "cancel_order": (CancelOrder, CancelRejected),
    "replace_order": (ReplaceOrder, ReplaceRejected),
}


@given(st.sampled_from(sorted(ORDER_REQUESTS)), client_order_ids, any_fields, st.booleans())
def test_order_request_with_a_good_id_is_always_answered_under_it(
    kind: str, client_order_id: str, fields: dict[str, Any], logged_in: bool
) -> None:
    assume(all(nesting(value) < 8 for value in fields.values()))
    served, refused = ORDER_REQUESTS[kind]
    line = json.dumps({**fields, "client_order_id": client_order_id, "type": kind}).encode()
    request = decode(line, "alice" if logged_in else None)
    assert isinstance(request, (served, refused))
    assert request.client_order_id == client_order_id
    assert logged_in or (isinstance(request, refused) and request.code is WireCode.NOT_LOGGED_IN)


GOOD_LINES = (
    b'{"type":"new_order","client_order_id":"a1","symbol":"ACME","side":"BUY","order_type":"LIMIT","quantity":5,'
    b'"price":101.25,"time_in_force":"GTC","post_only":true,"self_trade_prevention":"NONE"}',
    b'{"type":"replace_order","order_id":7,"price":1e2,"quantity":10,"new_client_order_id":"b\\u0031"}',
    b'{"type":"subscribe","channel":"book","symbol":"ACME","depth":20}',
    b'{"type":"login","user":"alice"}',
)


@given(st.data())
def test_good_line_with_a_few_bytes_changed_never_raises(data: st.DataObject) -> None:
    line = bytearray(data.draw(st.sampled_from(GOOD_LINES)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(line)))
        inserted = data.draw(
            st.binary(max_size=2) | st.sampled_from([b"[", b'"', b"\\ud800", b"e9", b"NaN", b"null"])
        )
        line[place : place + data.draw(st.integers(0, 3))] = inserted
    assert_served_or_refused(bytes(line))


# --- what is written -------------------------------------------------------------------------------------------

instruments = st.builds(Instrument, symbols, st.integers(1, 10**10))
positive = st.integers(1, 2**63 - 1)


def assert_written(line: bytes, instrument: Instrument, event: Any, **values: Any) -> None:
    message = json.loads(line, parse_float=Decimal)
    assert line.isascii()
    assert line.count(b"\n") == 1
    for name in ("seq", "order_id", "client_order_id", "symbol", "timestamp"):
        assert message[name] == getattr(event, name)
    number, side = values["number"], values["side"]
    assert (message["quantity"], message["side"]) == (number, side.value)
    assert Fraction(message["price"]) == Fraction(number * instrument.tick_size_nanos, 10**9)


@given(
    instruments,
    positive,
    client_order_ids,
    st.sampled_from(Side),
    st.booleans(),
    st.sampled_from(SelfTradePrevention),
)
def test_acceptance_and_execution_read_back_as_they_happened(
    instrument: Instrument,
    number: int,
    client_order_id: str,
    side: Side,
    post_only: bool,
    prevention: SelfTradePrevention,
) -> None:
    encoder = Encoder([instrument])
    head = ("alice", number, number + 1, number + 2, client_order_id, instrument.symbol)
    limit, gtc, price_nanos = OrderType.LIMIT, TimeInForce.GTC, number * instrument.tick_size_nanos
    accepted = OrderAccepted(*head, Terms(side, limit, gtc, price_nanos, number, post_only, prevention))
    assert_written(encoder.encode(accepted), instrument, accepted, number=number, side=side)
    executed = OrderExecuted(*head, side, 9, number, number, 5, OrderStatus.FILLED, Liquidity.MAKER)
    assert_written(encoder.encode(executed), instrument, executed, number=number, side=side)
    assert ("post_only" in json.loads(encoder.encode(accepted))) is post_only
