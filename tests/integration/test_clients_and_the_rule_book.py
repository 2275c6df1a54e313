"""Stops, icebergs, fees, calls, halts, news and cash, as the clients ask for them and show them; a real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exchange.networking.tcp_client import (
    AuctionIndication,
    ExchangeClient,
    InstrumentStatus,
    News,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderReplaced,
    OrderTriggered,
    Rejected,
    Trade,
    TradesSnapshot,
    TypedEvent,
)
from tests.support.operator_wish_sender import wish
from tests.support.processes import RunningEngine, plain_client
from tui.plain.shown_line import SIDE_PROMPT

INSTRUMENT = {
    "symbol": "ACME",
    "tick_size": 0.01,
    "lot_size": 1,
    "min_quantity": 1,
    "max_quantity": 1_000_000,
    "reference_price": 100,
    "halt_percent": 10,
    "maker_fee_bps": -1,
    "taker_fee_bps": 2.5,
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "engine"


@pytest.fixture
def engine(tmp_path: Path, directory: Path) -> Iterator[RunningEngine]:
    (tmp_path / "instruments.json").write_text(json.dumps([INSTRUMENT]))
    with RunningEngine(directory, "--instruments", str(tmp_path / "instruments.json")) as engine:
        yield engine


def told(client: ExchangeClient) -> list[TypedEvent]:
    """What has come and was not returned otherwise."""
    client.ping()
    return list(client.events(timeout_s=0.0))


def kinds(events: list[TypedEvent]) -> list[Any]:
    return [type(event) for event in events]


# --- the library -----------------------------------------------------------------------------------------------


def test_a_stop_waits_is_changed_triggered_and_trades(alice: ExchangeClient, bob: ExchangeClient) -> None:
    stop = alice.buy(3, stop_price=102)
    assert (stop.order_type, stop.stop_price, stop.price) == ("STOP", Decimal(102), None)
    assert alice.quantity_ahead(order_id=stop.order_id) is None
    assert [order.waiting for order in alice.orders()] == [True]
    changed = alice.replace(order_id=stop.order_id, stop_price="101.50")
    assert isinstance(changed, OrderReplaced)
    assert changed.stop_price == Decimal("101.50")
    bob.sell(10, "101.50")
    bob.buy(1, "101.50")
    triggered, fill = told(alice)
    assert isinstance(triggered, OrderTriggered)
    assert isinstance(fill, OrderExecuted)
    assert (triggered.stop_price, fill.quantity, fill.price) == (Decimal("101.50"), 3, Decimal("101.50"))
    with pytest.raises(Rejected, match="STOP_WOULD_TRIGGER"):
        alice.buy(1, stop_price=101)


def test_a_stop_limit_rests_at_its_limit_once_it_is_live(alice: ExchangeClient, bob: ExchangeClient) -> None:
    order = alice.sell(5, "98", stop_price="99", time_in_force="DAY")
    assert (order.order_type, order.time_in_force) == ("STOP_LIMIT", "DAY")
    bob.buy(1, 99)
    bob.sell(1, 99)
    assert kinds(told(alice)) == [OrderTriggered]
    assert [(row.price, row.status, row.waiting) for row in alice.orders()] == [
        (Decimal(98), "NEW", False)
    ]


def test_an_iceberg_shows_a_part_and_trades_whole(alice: ExchangeClient, bob: ExchangeClient) -> None:
    book = bob.follow_book()
    order = alice.sell(100, 101, display_quantity=10)
    assert (order.display_quantity, order.displayed_quantity) == (10, 10)
    bob.ping()
    assert [(level.price, level.quantity) for level in book.asks] == [(Decimal(101), 10)]
    bob.buy(25, 101)
    fills = [event for event in told(alice) if isinstance(event, OrderExecuted)]
    assert sum(fill.quantity for fill in fills) == 25
    assert fills[-1].displayed_quantity == 5
    smaller = alice.replace(order_id=order.order_id, quantity=90)
    assert isinstance(smaller, OrderReplaced)
    assert (smaller.priority_kept, smaller.displayed_quantity) == (True, 5)


def test_fees_are_exact_in_fills_positions_and_lists(alice: ExchangeClient, bob: ExchangeClient) -> None:
    alice.sell(5, "100.01")
    bob.buy(5, "100.01")
    (fill,) = [event for event in told(bob) if isinstance(event, OrderExecuted)]
    assert fill.fee == Decimal("500.05") * Decimal("0.00025")
    assert [each.fee for each in alice.fills()] == [Decimal("500.05") * Decimal("-0.0001")]
    assert [position.fees for position in bob.positions()] == [fill.fee]


def test_a_call_is_told_of_by_status_indication_and_auction_trade(
    alice: ExchangeClient, bob: ExchangeClient, directory: Path
) -> None:
    alice.follow_book()
    alice.subscribe("trades", last=5)
    wish(directory, "phase", symbol="ACME", phase="AUCTION")
    with pytest.raises(Rejected, match="NOT_CONTINUOUS"):
        bob.buy(1, 100, time_in_force="IOC")
    alice.sell(10, "100.00")
    bob.buy(7, "100.10")
    wish(directory, "phase", symbol="ACME", phase="CONTINUOUS")
    events = told(alice)
    assert TradesSnapshot in kinds(events)
    indications = [event for event in events if isinstance(event, AuctionIndication)]
    assert (indications[0].price, indications[0].volume) == (None, 0)
    assert (indications[-1].price, indications[-1].volume, indications[-1].surplus) == (Decimal(100), 7, 3)
    phases = [(event.phase, event.reason) for event in events if isinstance(event, InstrumentStatus)]
    assert list(dict.fromkeys(phases)) == [("AUCTION", "OPERATOR"), ("CONTINUOUS", "OPERATOR")]
    trades = [event for event in events if isinstance(event, Trade)]
    assert [(trade.quantity, trade.auction, trade.aggressor_side) for trade in trades] == [(7, True, None)]


def test_a_match_too_far_away_halts_and_says_why(alice: ExchangeClient, bob: ExchangeClient) -> None:
    alice.subscribe("trades")
    alice.sell(1, 100)
    bob.buy(1, 100)
    alice.sell(5, 115)
    bob.buy(5, 116, time_in_force="IOC")
    canceled = [event for event in told(bob) if isinstance(event, OrderCanceled)]
    assert [event.reason for event in canceled] == ["HALTED"]
    (status,) = [event for event in told(alice) if isinstance(event, InstrumentStatus)]
    assert (status.phase, status.reason) == ("HALTED", "CIRCUIT_BREAKER")
    assert status.until is not None


def test_news_and_cash_come_from_the_operator(alice: ExchangeClient, bob: ExchangeClient, directory: Path) -> None:
    assert alice.cash() is None
    wish(directory, "endow", user="alice", cash=1_000)
    assert alice.cash() == Decimal(1_000)
    for client in (alice, bob):
        client.subscribe("news")
    wish(directory, "say", text="we close early")
    for client in (alice, bob):
        (news,) = told(client)
        assert isinstance(news, News)
        assert news.text == "we close early"


def test_what_a_bot_reads_has_every_option_that_was_set(alice: ExchangeClient) -> None:
    sent = alice.send_order("SELL", 100, 101, stop_price=99, display_quantity=10, time_in_force="DAY")
    alice.send_replace(client_order_id=sent, price=102)
    accepted, replaced = told(alice)
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(replaced, OrderReplaced)
    assert (accepted.stop_price, accepted.display_quantity, accepted.time_in_force) == (Decimal(99), 10, "DAY")
    assert (replaced.price, replaced.stop_price) == (Decimal(102), Decimal(99))


# --- the plain client ------------------------------------------------------------------------------------------


def test_the_plain_client_trades_stops_and_icebergs_and_shows_fees(engine: RunningEngine, tmp_path: Path) -> None:
    with plain_client(engine, tmp_path, "alice") as alice:
        status, output, errors = alice.end(
            "sell 10 100\nbuy 5 100\nbuy 3 stop 101\nsell 100 101 show 10\no\nbuy 6 101\npositions\nhistory\n"
        )
    shown = [line for line in output.splitlines()[1:] if line != SIDE_PROMPT]
    assert (status, errors) == (0, "")
    assert [line for line in shown if "stop 101" in line or "shows 10" in line][:4] == [
        "accepted: order 3 BUY 3 ACME @ market GTC stop 101.00",
        "accepted: order 4 SELL 100 ACME @ 101.00 GTC shows 10",
        "       3 ACME     BUY        market          3          3        -  NEW stop 101.00 waiting",
        "       4 ACME     SELL       101.00        100        100        0  NEW shows 10",
    ]
    assert "fill: order 2 BUY 5 ACME @ 100.00, filled (trade 1, TAKER, fee 0.125)" in shown
    triggered = shown.index("triggered: order 3 at 101.00")
    assert shown[triggered + 2] == "fill: order 3 BUY 3 ACME @ 101.00, filled (trade 4, TAKER, fee 0.07575)"
    assert next(line for line in shown if line.startswith("symbol ")).split()[-1] == "fees"


def test_the_plain_client_shows_a_call_and_its_end_where_nobody_can_overlook_them(
    engine: RunningEngine, directory: Path, tmp_path: Path
) -> None:
    with plain_client(engine, tmp_path, "alice") as alice:
        alice.see(SIDE_PROMPT)
        wish(directory, "phase", symbol="ACME", phase="AUCTION")
        alice.see("*** ACME is now AUCTION (OPERATOR)")
        alice.see(f"[ACME AUCTION] {SIDE_PROMPT}")
        alice.type("sell 10 100\nbuy 7 100.10\nbuy 1 ioc\n")
        assert "NOT_CONTINUOUS" in alice.see("rejected: ")
        alice.see("ACME auction: 7 @ 100.00 would trade now, 3 more offered")
        wish(directory, "say", text="the auction ends now")
        alice.see("*** news: the auction ends now")
        wish(directory, "phase", symbol="ACME", phase="CONTINUOUS")
        alice.see("fill: order 1 SELL 7 ACME @ 100.00, 3 remaining (trade 1, TAKER")
        alice.see("*** ACME is now CONTINUOUS (OPERATOR)")
        assert alice.end("q\n")[0] == 0
    with plain_client(engine, tmp_path, "alice") as alice:
        wish(directory, "phase", symbol="ACME", phase="CLOSED")
        assert alice.end()[0] == 0
    with plain_client(engine, tmp_path, "alice") as alice:
        alice.see("listed: ACME (CLOSED)")
        alice.see(f"[ACME CLOSED] {SIDE_PROMPT}")
        assert alice.end()[0] == 0
