"""The whole exchange as a process: real sockets, real files, restarts, signals, and lines meant to break it."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Union

import pytest

from tests.support.processes import Program, RunningEngine
from tests.support.raw_client import Message, RawClient, kinds, limit

EXIT_REFUSED = 2


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    with RunningEngine(tmp_path) as engine:
        yield engine


def trader(engine: RunningEngine, user: str, tokens: dict[str, str]) -> RawClient:
    """A connection that is logged in; `tokens` holds those that the exchange gave out, and learns new ones."""
    client = RawClient(engine.port)
    answer = client.login(user, tokens.get(user))
    assert answer["type"] == "logged_in", answer
    if "token" in answer:
        tokens[user] = answer["token"]
    return client


def stop(engine: RunningEngine, number: signal.Signals = signal.SIGTERM) -> None:
    """Stop it as a person would; nothing may be left to say."""
    engine.send_signal(number)
    assert engine.wait() == (0, "")


def book_of(client: RawClient) -> Message:
    """The book as it stands."""
    _subscribed, snapshot, *_ = client.ask({"type": "subscribe", "channel": "book"})
    return snapshot


# --- trading ---------------------------------------------------------------------------------------------------


def test_several_clients_trade_and_each_hears_its_own_part(engine: RunningEngine) -> None:
    tokens: dict[str, str] = {}
    with (
        trader(engine, "alice", tokens) as alice,
        trader(engine, "bob", tokens) as bob,
        trader(engine, "carol", tokens) as carol,
        RawClient(engine.port) as watcher,
    ):
        watcher.ask({"type": "subscribe", "channel": "book"}, {"type": "subscribe", "channel": "trades"})
        assert kinds(alice.ask(limit("a", "SELL", 10, 101.25))) == ["order_accepted"]
        assert kinds(bob.ask(limit("b", "SELL", 10, 101))) == ["order_accepted"]
        assert kinds(carol.ask(limit("c", "BUY", 15, 102))) == ["order_accepted"] + ["order_executed"] * 2
        (fill_of_bob,) = bob.heard()
        (fill_of_alice,) = alice.heard()
        assert [(fill["price"], fill["quantity"], fill["status"]) for fill in (fill_of_bob, fill_of_alice)] == [
            (Decimal("101.00"), 10, "FILLED"),
            (Decimal("101.25"), 5, "PARTIALLY_FILLED"),
        ]
        (positions,) = carol.ask({"type": "get_positions"})
        assert positions["positions"][0]["net_position"] == 15
        heard = watcher.heard()
        assert [message["price"] for message in heard if message["type"] == "trade"] == [101, Decimal("101.25")]
        assert sorted(heard[-1]["changes"]) == [["ASK", 101, 0, 0], ["ASK", Decimal("101.25"), 5, 1]]


def test_the_pong_is_a_barrier_for_what_others_did_before_it(engine: RunningEngine) -> None:
    tokens: dict[str, str] = {}
    with trader(engine, "alice", tokens) as alice, RawClient(engine.port) as watcher:
        watcher.ask({"type": "subscribe", "channel": "book", "depth": 0})
        for number in range(50):
            alice.ask(limit(str(number), "BUY", 1, 1 + number))
            (update,) = watcher.heard()
            assert update["changes"] == [["BID", 1 + number, 1, 1]]


# --- restart ---------------------------------------------------------------------------------------------------


def test_a_restart_keeps_book_priority_ids_positions_and_client_order_ids(tmp_path: Path) -> None:
    tokens: dict[str, str] = {}
    with RunningEngine(tmp_path) as engine:
        with trader(engine, "alice", tokens) as alice, trader(engine, "bob", tokens) as bob:
            alice.ask(limit("second at 100", "BUY", 10, 99), limit("sold", "BUY", 4, 101))
            bob.ask(limit("first at 100", "BUY", 10, 100), limit("take", "SELL", 4, 101))
            alice.ask({"type": "replace_order", "client_order_id": "second at 100", "price": 100})
            book_before = book_of(bob)
            (orders_before,) = [m for m in alice.ask({"type": "get_orders"}) if m["type"] == "orders"]
            (positions_before,) = [m for m in alice.ask({"type": "get_positions"}) if m["type"] == "positions"]
        stop(engine)
    with RunningEngine(tmp_path) as engine:
        with (
            trader(engine, "alice", tokens) as alice,
            trader(engine, "bob", tokens) as bob,
            trader(engine, "carol", tokens) as carol,
        ):
            book_after = book_of(bob)
            assert (book_after["bids"], book_after["asks"]) == (book_before["bids"], book_before["asks"])
            assert alice.ask({"type": "get_orders"}) == [orders_before]
            assert alice.ask({"type": "get_positions"}) == [positions_before]
            (resent,) = alice.ask(limit("sold", "BUY", 4, 101))
            assert resent["code"] == "DUPLICATE_CLIENT_ORDER_ID"
            accepted, fill = carol.ask(limit("1", "SELL", 10, 100))
            assert (accepted["order_id"], fill["trade_id"]) == (5, 2)
            assert [m["client_order_id"] for m in bob.heard() if m["type"] == "order_executed"] == ["first at 100"]
            (canceled,) = alice.ask({"type": "cancel_order", "client_order_id": "second at 100"})
            assert (canceled["order_id"], canceled["seq"]) == (1, 5)
        stop(engine)
    ledger = (tmp_path / "trades" / "trades.jsonl").read_text().splitlines()
    assert [json.loads(line)["trade_id"] for line in ledger] == [1, 2]


# --- starting and stopping -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_stops_it_with_status_0_while_clients_are_connected(
    engine: RunningEngine, number: signal.Signals
) -> None:
    with trader(engine, "alice", {}) as alice:
        alice.ask(limit("1", "BUY", 1, 1))
        stop(engine, number)
        (goodbye,) = alice.remainder()
        assert goodbye["code"] == "ENGINE_STOPPING"


def test_its_first_line_says_where_it_listens_and_nothing_else(tmp_path: Path) -> None:
    with Program("start_engine.py", "--port", "0", "--data-dir", str(tmp_path), "--host", "127.0.0.1") as program:
        line = program.see("")
        assert re.fullmatch(r"exchange listening on 127\.0\.0\.1:\d+", line)
        with RawClient(int(line.rpartition(":")[2])) as client:
            assert client.heard() == []
        program.send_signal(signal.SIGTERM)
        assert program.end() == (0, "", "")


def refusal(*options: str) -> str:
    """The one line with which the engine refuses to start."""
    with Program("start_engine.py", *options) as program:
        status, output, errors = program.end()
    assert (status, output) == (EXIT_REFUSED, "")
    assert "Traceback" not in errors
    (line,) = errors.splitlines()
    return line


WRONG_OPTIONS = {
    "no such option": ("--nonsense",),
    "port that is no number": ("--port", "http"),
    "port beyond the last": ("--port", "65536"),
    "symbol in lower case": ("--symbols", "acme"),
    "empty symbol": ("--symbols", "A,,B"),
    "symbol twice": ("--symbols", "A,A"),
    "instruments twice": ("--symbols", "A", "--instruments", "x.json"),
    "address that is not ours": ("--host", "192.0.2.1"),
    "host name of nobody": ("--host", "nobody.invalid"),
    "host name that is none": ("--host", ".x"),
    "unknown log level": ("--log-level", "LOUD"),
}


@pytest.mark.parametrize("options", WRONG_OPTIONS.values(), ids=WRONG_OPTIONS.keys())
def test_a_wrong_option_is_refused_in_one_line(tmp_path: Path, options: tuple[str, ...]) -> None:
    refusal("--data-dir", str(tmp_path / "data"), "--port", "0", *options)


def test_a_port_that_is_taken_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in refusal("--data-dir", str(tmp_path), "--port", port)


def test_a_second_engine_on_the_same_data_is_refused_and_the_first_untouched(
    tmp_path: Path, engine: RunningEngine
) -> None:
    with trader(engine, "alice", {}) as alice:
        assert str(tmp_path) in refusal("--data-dir", str(tmp_path), "--port", "0")
        assert kinds(alice.ask(limit("1", "BUY", 1, 1))) == ["order_accepted"]
    stop(engine)


INSTRUMENT_FILES = {
    "missing": None,
    "a directory": "",
    "not UTF-8": b"\xff\xfe",
    "not JSON": b"[{",
    "not a list": b"{}",
    "empty list": b"[]",
    "unknown field": b'[{"symbol": "A", "tik_size": 0.01}]',
    "deep": b"[" * 100_000,
    "tick of nothing": b'[{"symbol": "A", "tick_size": 0}]',
}


@pytest.mark.parametrize("content", INSTRUMENT_FILES.values(), ids=INSTRUMENT_FILES.keys())
def test_an_instruments_file_that_can_not_be_used_is_refused_in_one_line(
    tmp_path: Path, content: Union[bytes, str, None]
) -> None:
    path = tmp_path / "instruments.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
    assert str(path) in refusal("--data-dir", str(tmp_path / "data"), "--port", "0", "--instruments", str(path))


def test_a_data_directory_that_can_not_be_one_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("here first")
    assert str(path) in refusal("--data-dir", str(path), "--port", "0")


def test_instruments_of_a_file_are_traded_by_their_own_rules(tmp_path: Path) -> None:
    path = tmp_path / "instruments.json"
    path.write_text('[{"symbol": "BOND", "tick_size": 0.25, "lot_size": 10}, {"symbol": "ACME"}]')
    with RunningEngine(tmp_path / "data", "--instruments", str(path)) as engine:
        with trader(engine, "alice", {}) as alice:
            answers = alice.ask(
                limit("1", "BUY", 10, 99.25, symbol="BOND"),
                limit("2", "BUY", 10, 99.3, symbol="BOND"),
                limit("3", "BUY", 15, 99.25, symbol="BOND"),
                limit("4", "BUY", 10, 99.25),
            )
        assert [answer.get("code") for answer in answers] == [
            None,
            "PRICE_NOT_ON_TICK",
            "QUANTITY_NOT_ON_LOT",
            "MISSING_FIELD",
        ]
        stop(engine)
