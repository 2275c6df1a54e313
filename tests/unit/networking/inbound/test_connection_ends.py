"""How a connection ends, whoever ends it: what was asked is answered, and nothing is left behind."""

from __future__ import annotations

import gc
import json
import os
import select
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Optional

import pytest

from exchange.engine.commands import NewOrder, ResetUser
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce
from exchange.networking.inbound import lingering
from exchange.networking.inbound import login_check as login_check
from exchange.networking.outbound import outbox
from exchange.networking.outbound.connection import Connection
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.limits import LINE_BYTES_MAX, STRANGER_LINE_BYTES_MAX
from tests.support.in_memory import count_in_memory
from tests.support.in_process import WAIT_S, InProcessExchange, join_readers, reader_threads, running_exchange
from tests.support.raw_client import RawClient, kinds, limit, login_message

CONNECTIONS_AT_ONCE = 300
KEEP_ON_CLOSE, RESET_ON_CLOSE = struct.pack("ii", 0, 0), struct.pack("ii", 1, 0)


def orders_entered(exchange: InProcessExchange) -> int:
    """How many orders there were, once all that was ever read is handled.  Every client must be gone."""
    join_readers()
    with RawClient(exchange.port) as last:
        assert last.heard() == []
        return exchange.engine.last_order_id


def connections_in_memory() -> int:
    """How many connections anything still refers to."""
    gc.collect()
    return count_in_memory(Connection)


# --- how a connection ends -------------------------------------------------------------------------------------


def test_nothing_behind_a_refused_login_is_carried_out(exchange: InProcessExchange) -> None:
    """Not even another login: who is hung up on must not trade unheard."""
    with RawClient(exchange.port) as alice:
        alice.login("alice")
        alice.ask(limit("1", "BUY", 1, 1))
    with RawClient(exchange.port) as sneaky:
        sneaky.send(login_message("ALICE"), login_message("mallory"), limit("2", "BUY", 1, 1))
        assert kinds(sneaky.remainder()) == ["login_rejected"]
    assert orders_entered(exchange) == 1


def test_nothing_behind_a_logout_is_carried_out(exchange: InProcessExchange, client: RawClient) -> None:
    client.send(
        login_message("alice"),
        limit("1", "BUY", 1, 1),
        {"type": "logout"},
        limit("2", "BUY", 1, 1),
        login_message("mallory"),
        limit("3", "BUY", 1, 1),
    )
    assert kinds(client.remainder()) == ["logged_in", "order_accepted", "logged_out"]
    client.close()
    assert orders_entered(exchange) == 1


def test_a_client_that_stops_sending_still_gets_every_answer(client: RawClient) -> None:
    client.send(login_message("alice"), *[limit(str(number), "BUY", 1, 1) for number in range(300)])
    client.half_close()
    assert kinds(client.remainder()) == ["logged_in"] + ["order_accepted"] * 300


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_too_long_is_answered_after_what_came_before_and_ends_the_connection(
    exchange: InProcessExchange, client: RawClient, end: bytes
) -> None:
    """Most of it is still unread by then, and more comes: a reset must not cost the client the answer."""
    exchange.server.linger_s = WAIT_S
    client.send(login_message("alice"), limit("1", "BUY", 1, 1))
    client.socket.sendall(b"x" * LINE_BYTES_MAX * 3 + end + b'{"type":"ping"}\n')
    rest = client.remainder()
    assert kinds(rest) == ["logged_in", "order_accepted", "error"]
    assert rest[-1]["code"] == WireCode.LINE_TOO_LONG.value
    for _ in range(1_000):
        client.socket.sendall(b"still talking\n")


@pytest.mark.parametrize("end", [b'{"type":"ping"}', b'{"type":"pi', b" ", b"\xff"])
def test_a_last_line_without_its_newline_is_refused_not_dropped(client: RawClient, end: bytes) -> None:
    """It may have been cut off anywhere, also where what is left happens to be a request."""
    client.socket.sendall(b'{"type":"ping","id":1}\n' + end)
    client.half_close()
    pong, error = client.remainder()
    assert pong == {"type": "pong", "id": 1}
    assert (error["code"], "newline" in error["text"]) == (WireCode.MALFORMED.value, True)


@pytest.mark.parametrize(("user", "line_bytes_max"), [("alice", LINE_BYTES_MAX), (None, STRANGER_LINE_BYTES_MAX)])
def test_the_longest_line_allowed_is_served(client: RawClient, user: Optional[str], line_bytes_max: int) -> None:
    if user:
        client.login(user)
    request = b'{"type":"ping"}'
    assert client.ask(request.ljust(line_bytes_max - 1)) == [{"type": "pong"}]


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_before_a_login_a_line_may_be_no_longer_than_a_login_needs(client: RawClient, end: bytes) -> None:
    client.socket.sendall(b'{"type":"ping"}\n' + b" " * STRANGER_LINE_BYTES_MAX + end)
    pong, error = client.remainder()
    assert pong == {"type": "pong"}
    assert (error["code"], "4096 bytes" in error["text"]) == (WireCode.LINE_TOO_LONG.value, True)


def test_behind_a_login_in_the_same_piece_a_line_may_be_as_long_as_any(client: RawClient) -> None:
    login = json.dumps(login_message("alice")).encode() + b"\n"
    client.socket.sendall(login + b'{"type":"ping"}'.ljust(2 * STRANGER_LINE_BYTES_MAX) + b"\n")
    assert kinds([client.next(), client.next()]) == ["logged_in", "pong"]


def test_a_logout_is_answered_and_the_connection_closed(alice: RawClient, bob: RawClient) -> None:
    alice.ask(limit("1", "SELL", 1, 1))
    alice.send({"type": "logout"})
    assert kinds(alice.remainder()) == ["logged_out"]
    assert kinds(bob.ask(limit("1", "BUY", 1, 1))) == ["order_accepted", "order_executed"]


@pytest.mark.parametrize("way", ["close", "logout", "half close", "reset", "line too long"])
def test_a_connection_that_ends_leaves_no_subscription_no_session_and_no_thread(
    exchange: InProcessExchange, way: str
) -> None:
    leaving = RawClient(exchange.port)
    leaving.login("alice")
    leaving.ask({"type": "subscribe", "channel": "book"}, {"type": "subscribe", "channel": "trades"})
    if way == "logout":
        leaving.send({"type": "logout"})
    elif way == "half close":
        leaving.half_close()
    elif way == "reset":
        leaving.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    elif way == "line too long":
        leaving.socket.sendall(b"x" * LINE_BYTES_MAX)
        leaving.remainder()
    leaving.close()
    join_readers()
    with RawClient(exchange.port) as bob:
        bob.login("bob")
        bob.ask(limit("1", "SELL", 2, 1), limit("2", "BUY", 1, 1))
        assert connections_in_memory() == 1


def test_connections_that_left_are_freed_without_the_garbage_collector(exchange: InProcessExchange) -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            with RawClient(exchange.port) as client:
                client.ask({"type": "subscribe", "channel": "book"})
        join_readers()
        with RawClient(exchange.port) as last:
            last.heard()
            left = count_in_memory(Connection)
    finally:
        gc.enable()
    assert left == 1


class NotingExchange(InProcessExchange):
    """Notes which connections put something into the queue."""

    def __init__(self) -> None:
        super().__init__()
        self.origins: set[Any] = set()

    def put(self, origin: Any, requests: Sequence[Any], processed: Callable[[], None]) -> None:
        self.origins.add(origin)
        super().put(origin, requests, processed)


@pytest.mark.parametrize("ends_with_connection", [False, True])
def test_orders_behind_the_reset_of_their_user_are_thrown_away(ends_with_connection: bool) -> None:
    """They wait in one batch with the reset; the old token had let their connection in."""
    bid = NewOrder("alice", "1", None, Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 10_000_000, 1))
    stolen = bid._replace(ends_with_connection=ends_with_connection)
    exchange = NotingExchange()
    exchange.start()
    with RawClient(exchange.port) as alice:
        alice.login("alice")
        (connection,) = exchange.origins
        exchange.disk.may_commit.clear()
        exchange.put(None, [bid._replace(client_order_id="before")], lambda: None)
        exchange.put(None, [ResetUser("alice")], lambda: None)
        exchange.put(connection, [stolen], lambda: None)
        exchange.disk.may_commit.set()
        assert kinds(alice.remainder()) == ["order_accepted", "error"]
        with RawClient(exchange.port) as heir:
            heir.login("alice", last_seq=0)
            assert [event["client_order_id"] for event in heir.heard()] == ["before"]
    exchange.stop()
    join_readers()
    assert exchange.failures == []


def test_a_client_that_resets_with_orders_under_way_disturbs_nobody(
    exchange: InProcessExchange, bob: RawClient
) -> None:
    for _ in range(20):
        rude = RawClient(exchange.port)
        rude.send({"type": "subscribe", "channel": "book"}, *[{"type": "ping", "id": n} for n in range(200)])
        rude.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        rude.close()
    assert kinds(bob.ask(limit("1", "BUY", 1, 1))) == ["order_accepted"]


@pytest.fixture
def endless_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed login beyond the first few waits for longer than any test."""
    monkeypatch.setattr(login_check, "FAILURES_PER_S", 0.001)


@pytest.mark.usefixtures("endless_turns")
@pytest.mark.parametrize("linger", [KEEP_ON_CLOSE, RESET_ON_CLOSE])
def test_failed_logins_of_clients_that_leave_at_once_leave_nothing_behind(linger: bytes) -> None:
    with running_exchange() as exchange:
        with RawClient(exchange.port) as alice:
            token = alice.login("alice")["token"]
        join_readers()
        descriptors = len(os.listdir("/proc/self/fd"))
        for _ in range(100):
            leaver = RawClient(exchange.port)
            leaver.send(login_message("alice", "0"), {"type": "ping"})
            leaver.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            leaver.close()
        with RawClient(exchange.port) as bob:
            assert bob.login("bob")["type"] == "logged_in"
        join_readers()
        assert len(os.listdir("/proc/self/fd")) == descriptors
        with RawClient(exchange.port) as again:
            assert again.login("alice", token)["type"] == "logged_in"


@pytest.mark.usefixtures("endless_turns")
def test_failed_logins_wait_whatever_is_sent_behind_them_until_the_exchange_stops() -> None:
    more_than_one_read_takes = [b'{"type":"ping"}'] * (lingering.RECEIVE_BYTES // 10)
    failures = login_check.FAILURES_AT_ONCE + login_check.FAILURES_WAITING_MAX
    exchange = InProcessExchange()
    exchange.start()
    with ExitStack() as stack:
        stack.enter_context(RawClient(exchange.port)).login("alice")
        clients = [stack.enter_context(RawClient(exchange.port)) for _ in range(failures + 1)]
        for client in clients:
            client.send(login_message("alice", "0"), *more_than_one_read_takes)
        codes: list[str] = []
        while len(codes) < login_check.FAILURES_AT_ONCE + 1:
            (told, _, _) = select.select([client.socket for client in clients], [], [], WAIT_S)
            assert told
            for client in [client for client in clients if client.socket in told]:
                codes.append(client.next()["code"])
                clients.remove(client)
        assert sorted(codes) == ["BAD_TOKEN"] * login_check.FAILURES_AT_ONCE + ["RATE_LIMITED"]
        exchange.stop()
        assert {client.next()["code"] for client in clients} == {"BAD_TOKEN"}
    join_readers()
    assert exchange.failures == []


def test_three_hundred_connections_at_once_are_all_served_and_leave_nothing_behind(
    exchange: InProcessExchange,
) -> None:
    clients = [RawClient(exchange.port) for _ in range(CONNECTIONS_AT_ONCE)]
    try:
        for number, client in enumerate(clients):
            client.send(login_message(f"user{number}"), limit("1", "BUY", 1, 1), {"type": "ping", "id": "end"})
        for client in clients:
            assert [client.next()["type"] for _ in range(3)] == ["logged_in", "order_accepted", "pong"]
        assert len(reader_threads()) == CONNECTIONS_AT_ONCE
    finally:
        for client in clients:
            client.close()
    join_readers()


def test_clients_beyond_the_limit_are_told_so_and_hung_up_on_and_the_others_served() -> None:
    with running_exchange(connections_max=2) as exchange:
        with RawClient(exchange.port) as first, RawClient(exchange.port) as second:
            assert (first.heard(), second.heard()) == ([], [])
            with RawClient(exchange.port) as third:
                (answer,) = third.remainder()
                assert (answer["type"], answer["code"]) == ("error", "RATE_LIMITED")
                assert "2 are open" in answer["text"]
            assert (first.heard(), second.heard()) == ([], [])
        join_readers()
        with RawClient(exchange.port) as fourth:
            assert fourth.heard() == []


# --- how the exchange ends -------------------------------------------------------------------------------------


def test_a_stop_answers_what_was_read_then_says_so_to_everybody() -> None:
    exchange = InProcessExchange()
    exchange.start()
    with RawClient(exchange.port) as busy, RawClient(exchange.port) as idle:
        busy.login("alice")
        idle.heard()
        assert kinds(busy.ask(limit("1", "BUY", 1, 1))) == ["order_accepted"]
        exchange.stop()
        for client in (busy, idle):
            (goodbye,) = client.remainder()
            assert (goodbye["type"], goodbye["code"]) == ("error", "ENGINE_STOPPING")
    join_readers()
    with pytest.raises(ConnectionRefusedError):
        RawClient(exchange.port)
    assert exchange.failures == []


def test_a_stop_waits_for_no_client_that_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a backlog that will never be read, so what is left of it has to be given up."""
    monkeypatch.setattr(outbox, "LINGER_S", 0.05)
    exchange = InProcessExchange()
    exchange.start()
    with RawClient(exchange.port, receive_bytes=4_096) as deaf, RawClient(exchange.port) as bob:
        for _ in range(60):
            deaf.send(*[{"type": "ping", "id": "x" * 60}] * 1_000)
        assert bob.heard() == []
        stopping = threading.Thread(target=exchange.stop, name="stop", daemon=True)
        stopping.start()
        stopping.join(WAIT_S)
        assert not stopping.is_alive()
    join_readers()
    assert exchange.failures == []


def test_a_failed_exchange_tells_its_clients_why_and_lets_go_of_them() -> None:
    exchange = InProcessExchange()
    exchange.start()
    with RawClient(exchange.port) as alice, RawClient(exchange.port) as idle:
        alice.login("alice")
        idle.heard()
        exchange.disk.failure = OSError("disk full")
        alice.send(limit("1", "BUY", 1, 1))
        assert exchange.has_failed.wait(WAIT_S)
        exchange.server.abandon("the exchange has failed")
        for client in (alice, idle):
            (goodbye,) = client.remainder()
            assert (goodbye["code"], goodbye["text"]) == ("ENGINE_STOPPING", "the exchange has failed")
    assert [str(failure) for failure in exchange.failures] == ["disk full"]
    exchange.server.stop_sending()
    join_readers()
