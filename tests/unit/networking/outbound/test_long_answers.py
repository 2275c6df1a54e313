"""Answers that go out in pieces: in order, whole, in turns, and only as fast as their client reads."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking.outbound import connection as connection_module
from exchange.networking.outbound.backlogs import BacklogSender
from exchange.networking.outbound.connection import Connection
from exchange.networking.outbound.long_answers import LongAnswers
from exchange.networking.outbound.unfinished_answers import AnswerParts

WAIT_S = 20.0
PIECE = b"." * 10_000
OVERFLOW_LINE = b"too slow\n"


class Clock:
    """Counts how often it was asked, in seconds: each piece takes a few."""

    now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 1.0
        return self.now_s


class Client:
    """A client's end of a socket, and the connection that the exchange has to it."""

    def __init__(self, sender: BacklogSender, name: str = "client", buffer_bytes: int = 1 << 20) -> None:
        self.sock, self.server = socket.socketpair()
        self.sock.settimeout(WAIT_S)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
        self.caught_up = 0
        self.connection = Connection(self.server, name, 1, sender, OVERFLOW_LINE, self._on_caught_up)
        self.lines = self.sock.makefile("rb")

    def _on_caught_up(self, _connection: Connection) -> None:
        self.caught_up += 1

    def close(self) -> None:
        self.lines.close()
        self.sock.close()
        self.server.close()


@pytest.fixture
def sender() -> Iterator[BacklogSender]:
    failures: list[BaseException] = []
    sender = BacklogSender(failures.append)
    sender.start()
    yield sender
    sender.stop()
    assert failures == []


@pytest.fixture
def client(sender: BacklogSender) -> Iterator[Client]:
    client = Client(sender)
    yield client
    client.close()


def pieces(count: int, made: list[int]) -> Iterator[bytes]:
    """One line of so many pieces; `made` notes each when it is made."""
    for number in range(count):
        made.append(number)
        yield PIECE
    yield b"\n"


def send_all(long_answers: LongAnswers) -> int:
    """Round after round until nothing is left; how many there were."""
    rounds = 0
    while long_answers.wait_s() is not None:
        long_answers.send_some()
        rounds += 1
    return rounds


@given(st.lists(st.one_of(st.binary(min_size=1, max_size=9), st.lists(st.binary(min_size=1, max_size=9)))))
def test_parts_come_out_in_the_order_in_which_they_went_in(added: list[Union[bytes, list[bytes]]]) -> None:
    parts = AnswerParts()
    for part in added:
        if isinstance(part, bytes):
            parts.add_line(part)
        else:
            parts.add_pieces(iter(part))
    expected = b"".join(part if isinstance(part, bytes) else b"".join(part) for part in added)
    assert b"".join(iter(parts.next, b"")) == expected
    assert parts.line_bytes == 0


def test_what_is_told_later_waits_behind_a_long_answer(client: Client) -> None:
    long_answers = LongAnswers(monotonic_s=Clock(), round_s=4.0)
    made: list[int] = []
    assert client.connection.queue(b"before\n")
    long_answers.queue(client.connection, pieces(5, made))
    assert not client.connection.queue(b"after\n")
    client.connection.flush()
    assert client.lines.readline() == b"before\n"
    assert made == []
    assert send_all(long_answers) > 1
    assert client.lines.readline() == 5 * PIECE + b"\n"
    assert client.lines.readline() == b"after\n"
    assert client.connection.queue(b"short again\n")
    client.connection.flush()
    assert client.lines.readline() == b"short again\n"


def test_a_round_ends_when_its_time_is_up_and_the_next_one_goes_on_with_somebody_else(
    sender: BacklogSender,
) -> None:
    clients = [Client(sender, name) for name in ("one", "two")]
    charged: list[str] = []
    long_answers = LongAnswers(
        charge=lambda share, _seconds: charged.append(share), monotonic_s=Clock(), round_s=2.0
    )
    made: list[int] = []
    for client in clients:
        long_answers.queue(client.connection, pieces(3, made))
    for _ in range(4):
        long_answers.send_some()
    assert charged == ["one", "two", "one", "two"]
    assert len(made) == 4
    for client in clients:
        client.close()


def test_who_has_used_up_their_share_has_to_wait_for_pieces_too(client: Client) -> None:
    may_take = False
    long_answers = LongAnswers(may_take=lambda _share: may_take)
    made: list[int] = []
    long_answers.queue(client.connection, pieces(1, made))
    long_answers.send_some()
    assert made == []
    assert long_answers.wait_s() == long_answers._round_s
    may_take = True
    assert send_all(long_answers) == 1
    assert client.lines.readline() == PIECE + b"\n"


def test_no_piece_is_made_that_the_client_does_not_read_and_it_says_when_it_has(sender: BacklogSender) -> None:
    client = Client(sender, buffer_bytes=4_096)
    long_answers = LongAnswers()
    made: list[int] = []
    long_answers.queue(client.connection, pieces(1_000, made))
    while long_answers.wait_s() is not None:
        long_answers.send_some()
    made_unread = len(made)
    assert made_unread < 1_000
    long_answers.send_some()
    assert len(made) == made_unread
    client.sock.setblocking(False)
    while client.caught_up == 0:
        with suppress(BlockingIOError):
            client.sock.recv(65_536)
    long_answers.send_some()
    assert len(made) > made_unread
    client.close()


def test_who_logs_out_behind_a_long_answer_gets_all_of_it(client: Client) -> None:
    long_answers = LongAnswers(monotonic_s=Clock(), round_s=4.0)
    long_answers.queue(client.connection, pieces(5, []))
    client.connection.queue(b"goodbye\n")
    client.connection.finish()
    client.connection.queue(b"nobody hears this\n")
    send_all(long_answers)
    assert client.lines.read() == 5 * PIECE + b"\ngoodbye\n"
    assert client.connection.has_ended


def test_who_is_given_up_in_the_middle_of_a_line_is_told_nothing_that_would_break_it(
    sender: BacklogSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "BACKLOG_BYTES_MAX", 100)
    client = Client(sender, buffer_bytes=4_096)
    long_answers = LongAnswers()
    long_answers.queue(client.connection, pieces(1_000, []))
    while long_answers.wait_s() is not None:
        long_answers.send_some()
    client.connection.queue(b"x" * 200 + b"\n")
    assert client.connection.has_ended
    assert set(client.lines.read()) == {ord(".")}
    long_answers.send_some()
    client.connection.queue(b"nobody hears this\n")
    client.close()


def test_no_heartbeat_gets_into_the_middle_of_a_line(client: Client) -> None:
    long_answers = LongAnswers(monotonic_s=Clock(), round_s=2.0)
    long_answers.queue(client.connection, pieces(2, []))
    long_answers.send_some()
    client.connection.send_if_silent(b"heartbeat\n", 1e12)
    send_all(long_answers)
    client.connection.send_if_silent(b"heartbeat\n", 1e12)
    assert client.lines.readline() == 2 * PIECE + b"\n"
    assert client.lines.readline() == b"heartbeat\n"
