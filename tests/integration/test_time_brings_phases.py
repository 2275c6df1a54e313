"""A running exchange goes through halts, calls and days by itself, and makes up at a start for what it missed."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exchange.assembly import Exchange, Options
from exchange.engine.instrument import Instrument, Schedule
from exchange.networking.tcp_server import ServerOptions
from tests.support.processes import RunningEngine
from tests.support.raw_client import Message, RawClient, kinds


def instruments_file(directory: Path, **rules: Any) -> str:
    """A file that lists ACME with these rules."""
    path = directory / "instruments.json"
    path.write_text(json.dumps([{"symbol": "ACME", "tick_size": 1, **rules}]))
    return str(path)


def order(name: str, side: str, quantity: int, price: int) -> Message:
    """A LIMIT order."""
    terms = {"side": side, "order_type": "LIMIT", "quantity": quantity, "price": price}
    return {"type": "new_order", "client_order_id": name, **terms}


def wait_for(client: RawClient, kind: str, **fields: Any) -> Message:
    """The next message of that type with those fields; others are passed over."""
    while True:
        message = client.next()
        if message["type"] == kind and all(message.get(name) == value for name, value in fields.items()):
            return message


def test_a_market_of_batch_auctions_trades_without_anybody_asking(tmp_path: Path) -> None:
    file = instruments_file(tmp_path, call_every_ms=50)
    with RunningEngine(tmp_path / "data", "--instruments", file) as engine, RawClient(engine.port) as alice:
        alice.login("alice")
        alice.ask(order("a-1", "SELL", 5, 100), order("a-2", "BUY", 5, 102))
        assert wait_for(alice, "order_executed", client_order_id="a-1")["status"] == "FILLED"


BREAKER = {"halt_percent": 5, "reference_price": 100, "halt_s": 1, "call_s": 1}


def test_the_circuit_breaker_halts_calls_and_goes_on_by_itself(tmp_path: Path) -> None:
    file = instruments_file(tmp_path, **BREAKER)
    with RunningEngine(tmp_path / "data", "--instruments", file) as engine, RawClient(engine.port) as alice:
        alice.login("alice")
        alice.ask({"type": "subscribe", "channel": "trades"})
        alice.send(order("a-1", "SELL", 5, 110), order("a-2", "BUY", 5, 110))
        halted, called, extended = (wait_for(alice, "instrument_status") for _ in range(3))
        executed = wait_for(alice, "order_executed", client_order_id="a-2")
        resumed = wait_for(alice, "instrument_status")
    assert [(each["phase"], each["reason"]) for each in (halted, called, extended, resumed)] == [
        ("HALTED", "CIRCUIT_BREAKER"),
        ("AUCTION", "CIRCUIT_BREAKER"),
        ("AUCTION", "EXTENDED"),
        ("CONTINUOUS", "CIRCUIT_BREAKER"),
    ]
    assert (executed["price"], executed["status"]) == (110, "FILLED")


def test_a_halt_goes_on_where_it_was_when_the_engine_is_killed_in_it(tmp_path: Path) -> None:
    file = instruments_file(tmp_path, **BREAKER)
    with RunningEngine(tmp_path / "data", "--instruments", file) as engine:
        with RawClient(engine.port) as alice:
            token = alice.login("alice")["token"]
            alice.ask(order("a-1", "SELL", 5, 110), order("a-2", "BUY", 5, 110))
        engine.send_signal(signal.SIGKILL)
        engine.wait()
    with RunningEngine(tmp_path / "data", "--instruments", file) as engine, RawClient(engine.port) as alice:
        alice.login("alice", token=token, last_seq=2)
        assert wait_for(alice, "order_executed", client_order_id="a-2")["price"] == 110


DAY = Schedule(9 * 3_600, 17 * 3_600, opening_call_s=600, closing_call_s=300)


class Clock:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.now_ns = 0

    def set(self, hours: float) -> None:
        """So many hours after the epoch."""
        self.now_ns = int(hours * 3_600 * 1_000_000_000)


@contextmanager
def exchange_at(clock: Clock, directory: Path) -> Iterator[int]:
    """The port of an exchange that trades ACME by DAY and whose wall clock is `clock`."""
    options = Options(ServerOptions("127.0.0.1", 0), directory, [Instrument("ACME", schedule=DAY)])
    exchange = Exchange(options, lambda: clock.now_ns)
    exchange.start()
    yield exchange.address[1]
    exchange.stop()
    assert exchange.failure is None


def test_an_uncross_that_was_slept_through_has_happened_before_anybody_connects(tmp_path: Path) -> None:
    clock = Clock()
    with exchange_at(clock, tmp_path) as port, RawClient(port) as alice:
        clock.set(8.9)
        logged_in = alice.login("alice")
        alice.ask()
        entered = alice.ask(order("a-1", "SELL", 5, 101), order("a-2", "BUY", 5, 101))
        assert kinds(entered) == ["order_accepted"] * 2
    clock.set(33.5)
    with exchange_at(clock, tmp_path) as port, RawClient(port) as alice:
        back = alice.login("alice", token=logged_in["token"], last_seq=2)
        assert back["instruments"][0]["phase"] == "CONTINUOUS"
        assert kinds(alice.ask()) == ["order_executed"] * 2


def test_an_instrument_may_come_to_trade_in_another_way_with_the_next_start(tmp_path: Path) -> None:
    """What its last call trades then is in ledger and logs like any trade, and its owner hears of it."""
    data, every_s = tmp_path / "data", {"call_every_ms": 3_600_000}
    with RunningEngine(data, "--instruments", instruments_file(tmp_path)) as engine:
        engine.send_signal(signal.SIGTERM)
        assert engine.wait()[0] == 0
    with RunningEngine(data, "--instruments", instruments_file(tmp_path, **every_s)) as engine:
        with RawClient(engine.port) as alice:
            token = alice.login("alice")["token"]
            alice.ask(order("a-1", "SELL", 5, 100), order("a-2", "BUY", 5, 102))
        engine.send_signal(signal.SIGTERM)
        assert engine.wait()[0] == 0
    with RunningEngine(data, "--instruments", instruments_file(tmp_path)) as engine:
        with RawClient(engine.port) as alice:
            alice.login("alice", token=token, last_seq=2)
            assert wait_for(alice, "order_executed", client_order_id="a-1")["status"] == "FILLED"
        engine.send_signal(signal.SIGTERM)
        assert engine.wait()[0] == 0
    (trade,) = (data / "trades" / "trades.jsonl").read_text().splitlines()
    assert json.loads(trade)["auction"] is True
