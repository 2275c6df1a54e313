"""Many clients, slow ones and endless lines, against a real engine: the short side of `stress_connections.py`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.support.raw_client import RawClient, kinds, limit
from tests.support.watched_engine import WatchedEngine

MEBIBYTE = 2**20
GROWTH_BYTES_MAX = 10 * MEBIBYTE


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[WatchedEngine]:
    with WatchedEngine(tmp_path / "data") as engine:
        yield engine


def log_in(engine: WatchedEngine, user: str) -> RawClient:
    client = RawClient(engine.port)
    assert client.login(user)["type"] == "logged_in"
    return client


def trades(client: RawClient, name: str) -> bool:
    """Whether this client's sale and purchase meet."""
    answers = client.ask(limit(f"{name}s", "SELL", 1, 100), limit(f"{name}b", "BUY", 1, 100))
    return kinds(answers) == ["order_accepted", "order_accepted", "order_executed", "order_executed"]


@pytest.mark.parametrize(
    ("size_bytes", "end"), [(MEBIBYTE, b"\n"), (10 * MEBIBYTE, b"")], ids=["1 MiB line", "10 MiB without newline"]
)
def test_a_line_without_end_is_told_so_and_closed_and_costs_no_memory(
    engine: WatchedEngine, size_bytes: int, end: bytes
) -> None:
    with log_in(engine, "alice") as alice, RawClient(engine.port) as endless:
        assert endless.heard() == []  # Its reader runs.
        before = engine.vitals()
        endless.send(b'{"type":"ping"}')
        peak_bytes = before.memory_bytes
        # The exchange does not listen for so long, but what it said is there to be read.
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(size_bytes // MEBIBYTE):
                endless.socket.sendall(b"[" * MEBIBYTE)
                peak_bytes = max(peak_bytes, engine.vitals().memory_bytes)
            endless.socket.sendall(end)
        assert endless.next() == {"type": "pong"}
        assert endless.next()["code"] == "LINE_TOO_LONG"
        assert peak_bytes - before.memory_bytes < GROWTH_BYTES_MAX
        assert trades(alice, "after")
        engine.wait_until(lambda now: now.threads < before.threads, "the reader of the endless line should end")
    engine.stop()


def test_three_hundred_connections_at_once_are_all_answered_and_leave_nothing_behind(
    engine: WatchedEngine,
) -> None:
    before = engine.vitals()
    with ExitStack() as stack:
        clients = [stack.enter_context(RawClient(engine.port)) for _ in range(300)]
        for client in clients:
            client.send({"type": "ping", "id": 1})
        assert [client.next() for client in clients] == [{"type": "pong", "id": 1}] * 300
        assert engine.vitals().threads == before.threads + 300
    assert engine.wait_for_rest(before).descriptors == before.descriptors
    engine.stop()


def test_memory_that_many_connections_took_is_given_back(engine: WatchedEngine) -> None:
    before = engine.vitals()
    for _ in range(3):
        with ExitStack() as stack:
            clients = [stack.enter_context(RawClient(engine.port)) for _ in range(500)]
            assert [client.heard() for client in clients] == [[]] * 500
            full = engine.vitals()
        after = engine.wait_for_rest(before)
    taken_bytes = full.memory_bytes - before.memory_bytes
    assert after.memory_bytes - before.memory_bytes < taken_bytes / 2
    engine.stop()


def test_a_thousand_connections_one_after_another_leave_nothing_behind(engine: WatchedEngine) -> None:
    before = engine.vitals()
    for _ in range(1_000):
        with RawClient(engine.port) as client:
            assert client.heard() == []
    engine.wait_for_rest(before)
    engine.stop()


def test_five_hundred_clients_who_send_byte_by_byte_keep_nobody_from_trading(engine: WatchedEngine) -> None:
    line = b'{"type":"ping","id":5}\n'
    with ExitStack() as stack:
        dripping = [stack.enter_context(RawClient(engine.port)) for _ in range(500)]
        alice = stack.enter_context(log_in(engine, "alice"))
        for place in range(len(line)):
            for client in dripping:
                client.socket.sendall(line[place : place + 1])
            assert trades(alice, f"a{place}")
        assert [client.next() for client in dripping] == [{"type": "pong", "id": 5}] * 500
    engine.stop()


def test_a_client_that_leaves_in_the_middle_of_everything_leaves_nothing_behind(engine: WatchedEngine) -> None:
    with log_in(engine, "alice") as alice:
        before = engine.vitals()
        for number in range(100):
            leaver = RawClient(engine.port)
            leaver.send(b'{"type":"subscribe","channel":"book","symbol":"ACME"}', b"{" * number)
            if number % 2:
                leaver.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            leaver.close()
        engine.wait_for_rest(before)
        assert trades(alice, "after")
    engine.stop()
