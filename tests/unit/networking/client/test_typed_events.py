"""Typed values of what the engine says: every field of the protocol's page, exact, and nothing else."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, get_args

import pytest

from exchange.networking.client.message_json import decode_message
from exchange.networking.client.message_to_event import _MAKERS
from exchange.networking.tcp_client import (
    BookChange,
    BookLevel,
    BookSnapshot,
    BookUpdate,
    Gap,
    Heartbeat,
    OrderAccepted,
    OrderExecuted,
    OrderTriggered,
    OtherEvent,
    Pong,
    ProtocolError,
    Trade,
    TradesSnapshot,
    TypedEvent,
    typed_event,
)
from tests.support.canned_engine import talking_to
from tests.support.project import ROOT

# What a method returns, and so never comes as an event.
ANSWERS = {
    *("logged_in", "login_rejected", "logged_out", "orders", "positions", "fills", "subscribed", "unsubscribed"),
}
# What is no plain value: the type, and lists of rows.
ROWS = {"type", "changes", "bids", "asks", "trades"}
FILL = {
    "type": "order_executed",
    "seq": 2,
    "order_id": 2,
    "client_order_id": "b-1",
    "symbol": "ACME",
    "timestamp": 5,
    "status": "FILLED",
    "trade_id": 1,
    "side": "BUY",
    "price": Decimal("101.25"),
    "quantity": 4,
    "remaining_quantity": 0,
    "liquidity": "TAKER",
}


def shown_on_the_page() -> list[dict[str, Any]]:
    """The messages that PROTOCOL.md shows whole, timestamps and tokens aside."""
    page = (ROOT / "exchange" / "networking" / "PROTOCOL.md").read_text()
    joined = re.sub(r"\n {8,}", "", page)
    lines = re.findall(r"^(?!operator)\w+ ← (\{.*\})$", joined, re.MULTILINE)
    whole = [re.sub(r'("timestamp":|"until":)…', r"\g<1>5", line) for line in lines]
    return [decode_message(line.encode()) for line in whole if not re.search(r"[,:\[{]…", line)]


def test_every_event_that_the_page_shows_whole_is_a_value_with_all_its_fields() -> None:
    messages = [message for message in shown_on_the_page() if message["type"] not in ANSWERS]
    assert {message["type"] for message in messages} >= {
        "order_accepted",
        "order_executed",
        "trade",
        "book_update",
    }
    for message in messages:
        event = typed_event(message)
        assert not isinstance(event, OtherEvent), message
        told = {name: value for name, value in message.items() if name not in ROWS}
        if not isinstance(event, Gap):
            assert {name: getattr(event, name) for name in told} == told


def test_each_type_of_value_is_made_of_some_message() -> None:
    made = {type(_MAKERS[kind]({**EVERY_FIELD, "type": kind})) for kind in _MAKERS}
    assert made == set(get_args(TypedEvent)) - {OtherEvent}


EVERY_FIELD: dict[str, Any] = {
    **FILL,
    "code": "BAD_VALUE",
    "text": "no",
    "count": 1,
    "from": 1,
    "to": 2,
    "sequence": 1,
    "reason": "ADMIN",
    "bids": [],
    "asks": [],
    "changes": [],
    "trades": [],
    "aggressor_side": "BUY",
    "phase": "AUCTION",
    "volume": 1,
    "surplus": 0,
    "stop_price": Decimal(1),
    "order_type": "STOP",
    "time_in_force": "GTC",
    "priority_kept": True,
    "user": "alice",
    "orders": [],
    "positions": [],
    "fills": [],
    "channel": "news",
}


def test_what_may_be_missing_has_a_default_and_what_is_new_is_passed_over() -> None:
    event = typed_event({**FILL, "a field of a later engine": 7})
    assert isinstance(event, OrderExecuted)
    assert (event.fee, event.displayed_quantity, event.price) == (None, None, Decimal("101.25"))
    later = {"type": "something later", "x": 1}
    assert typed_event(later) == OtherEvent("something later", later)
    assert (typed_event({"type": "pong"}), typed_event({"type": "heartbeat"})) == (
        Pong(None),
        Heartbeat(),
    )
    assert typed_event({"type": "gap", "from": 3, "to": 9}) == Gap(3, 9)


@pytest.mark.parametrize("kind", sorted(set(_MAKERS) - {"pong", "heartbeat", "logged_out"}))
def test_a_message_that_lacks_a_field_is_a_protocol_error(kind: str) -> None:
    with pytest.raises(ProtocolError, match="lacks its fields"):
        typed_event({"type": kind})


def test_books_are_levels_and_changes_of_levels() -> None:
    snapshot = '{"type":"book_snapshot","symbol":"ACME","sequence":4,"bids":[[99,10,1]],"asks":[[100.5,7,2]]}'
    assert typed_event(decode_message(snapshot.encode())) == BookSnapshot(
        "ACME", 4, (BookLevel(Decimal(99), 10, 1),), (BookLevel(Decimal("100.5"), 7, 2),)
    )
    update = '{"type":"book_update","symbol":"ACME","sequence":5,"changes":[["BID",99,0,0]]}'
    event = typed_event(decode_message(update.encode()))
    assert event == BookUpdate("ACME", 5, (BookChange("BID", Decimal(99), 0, 0),))
    assert isinstance(event, BookUpdate)
    assert type(event.changes[0].price) is Decimal


def test_the_trades_before_this_moment_are_trades() -> None:
    row = {"trade_id": 3, "price": 7, "quantity": 5, "aggressor_side": None, "timestamp": 9, "auction": True}
    snapshot = {
        "type": "trades_snapshot",
        "symbol": "ACME",
        "sequence": 4,
        "trades": [row],
        "volume": 5,
        "last": 7,
    }
    event = typed_event(decode_message(json.dumps(snapshot).encode()))
    assert isinstance(event, TradesSnapshot)
    assert event.trades == (Trade("ACME", 3, Decimal(7), 5, None, 9, None, True),)
    assert (event.last, event.open, event.volume) == (Decimal(7), None, 5)


def test_a_stop_that_is_triggered_and_an_iceberg_carry_what_they_are() -> None:
    stop = {**EVERY_FIELD, "type": "order_triggered", "stop_price": Decimal("9.5")}
    event = typed_event(stop)
    assert isinstance(event, OrderTriggered)
    assert event.stop_price == Decimal("9.5")
    iceberg = typed_event(
        {**EVERY_FIELD, "type": "order_accepted", "display_quantity": 10, "displayed_quantity": 7}
    )
    assert isinstance(iceberg, OrderAccepted)
    assert (iceberg.display_quantity, iceberg.displayed_quantity, iceberg.post_only) == (10, 7, False)


def test_a_client_hands_out_typed_events_in_their_order() -> None:
    with talking_to(lambda request: []) as (client, engine):
        client.send_ping(1)
        engine.next_request()
        engine.push('{"type":"pong","id":1}', '{"type":"heartbeat"}', '{"type":"gap","from":1,"to":2}')
        events = client.events(timeout_s=1.0)
        assert [next(events) for _ in range(3)] == [Pong(1), Heartbeat(), Gap(1, 2)]
