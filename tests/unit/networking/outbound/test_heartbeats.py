"""Signs of life: the thread that gives them, and what becomes of a client that gives none.

Where time must pass it is waited for by waiting for what it brings; nothing is measured.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from exchange.networking.outbound.backlogs import BacklogSender
from exchange.networking.outbound.connection import Connection
from exchange.networking.outbound.heartbeats import Heartbeats
from tests.support.in_process import WAIT_S, InProcessExchange, join_readers
from tests.support.raw_client import RawClient, kinds, limit


class Link:
    """A connection, its client's end, and the thread that watches."""

    def __init__(self) -> None:
        self.failures: list[BaseException] = []
        self._sender = BacklogSender(self.failures.append)
        self._sender.start()
        self.client, self.server = socket.socketpair()
        self.client.settimeout(WAIT_S)
        self.connection = Connection(self.server, "client", 1, self._sender, b"", lambda _: None)
        self.heartbeats = Heartbeats(self.failures.append)
        self.heartbeats.start()

    def close(self) -> None:
        self.heartbeats.stop()
        self._sender.stop()
        self.client.close()
        self.server.close()
        assert self.failures == []


@pytest.fixture
def link() -> Iterator[Link]:
    link = Link()
    yield link
    link.close()


def test_whoever_is_watched_is_never_left_in_silence(link: Link) -> None:
    link.connection.expect_heartbeats(0.1)
    link.heartbeats.watch(link.connection)
    with link.client.makefile("rb") as lines:
        for _ in range(3):
            assert lines.readline() == b'{"type":"heartbeat"}\n'


def test_whoever_is_forgotten_is_left_alone(link: Link) -> None:
    link.connection.expect_heartbeats(0.1)
    link.heartbeats.watch(link.connection)
    assert link.client.recv(1) == b"{"
    link.heartbeats.forget(link.connection)
    link.heartbeats.forget(link.connection)
    other, own = socket.socketpair()
    with other, own:
        # One more round of the thread is over when somebody else was told twice.
        second = Connection(own, "client", 2, link._sender, b"", lambda _: None)
        second.expect_heartbeats(0.1)
        link.heartbeats.watch(second)
        with other.makefile("rb") as lines:
            lines.readline()
            while link.client.recv(1) != b"\n":
                pass
            lines.readline()
            lines.readline()
        link.heartbeats.forget(second)
        link.client.setblocking(False)
        with pytest.raises(BlockingIOError):
            link.client.recv(1)


def test_nothing_is_sent_before_the_silence_is_long_enough(link: Link) -> None:
    """Counted from the login: the time before it was no silence of the exchange's."""
    link.connection.expect_heartbeats(3_600.0)
    for late_s in (0.0, 1.0, 3_599.0):
        link.connection.send_if_silent(b"heartbeat\n", time.monotonic() + late_s)
    link.connection.send_if_silent(b"due\n", time.monotonic() + 3_601.0)
    assert link.client.recv(100) == b"due\n"


def heartbeat_thread_count() -> int:
    """How many are alive; an exchange that other tests share has one too."""
    return sum(thread.name == "heartbeats" for thread in threading.enumerate())


def test_a_thread_that_watches_nobody_can_be_stopped_and_then_sends_nothing_more(link: Link) -> None:
    before = heartbeat_thread_count()
    link.heartbeats.stop()
    assert heartbeat_thread_count() == before - 1
    link.connection.expect_heartbeats(0.0)
    link.heartbeats.watch(link.connection)
    link.client.setblocking(False)
    with pytest.raises(BlockingIOError):
        link.client.recv(1)


# --- over the wire ---------------------------------------------------------------------------------------------


def test_a_client_that_shows_life_gets_heartbeats_and_stays(exchange: InProcessExchange) -> None:
    with RawClient(exchange.port) as alice:
        assert alice.login("alice", heartbeat_s=1)["type"] == "logged_in"
        for _ in range(2):
            assert alice.next() == {"type": "heartbeat"}
            assert kinds(alice.heard()) in ([], ["heartbeat"])


def test_the_answer_to_a_login_comes_before_any_heartbeat_however_long_it_took(
    exchange: InProcessExchange,
) -> None:
    with RawClient(exchange.port) as watched, RawClient(exchange.port) as late:
        watched.login("watched", heartbeat_s=0.2)
        assert watched.next() == {"type": "heartbeat"}
        assert late.login("late", heartbeat_s=0.1)["type"] == "logged_in"


def test_a_client_that_shows_none_is_dropped_within_two_heartbeats(exchange: InProcessExchange) -> None:
    with RawClient(exchange.port) as silent:
        silent.login("alice", heartbeat_s=0.3)
        heard = silent.remainder()
        assert 1 <= len(heard) <= 3
        assert set(kinds(heard)) == {"heartbeat"}
    join_readers()


def test_a_client_that_asked_for_none_may_be_silent_and_hears_nothing(exchange: InProcessExchange) -> None:
    with RawClient(exchange.port) as silent, RawClient(exchange.port) as watched:
        silent.login("silent")
        watched.login("watched", heartbeat_s=0.2)
        assert set(kinds(watched.remainder())) == {"heartbeat"}
        assert kinds(silent.ask(limit("1", "BUY", 1, 1))) == ["order_accepted"]
