"""Who speaks for whom: several connections of one user, who leaves and comes back."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking.outbound.backlogs import BacklogSender
from exchange.networking.outbound.connection import Connection
from exchange.networking.publishing.missed_events import HeldEvents
from exchange.networking.publishing.sessions import Sessions

NAMES = ("alice", "bob", "bo_b")


@pytest.fixture(scope="module")
def connections() -> Iterator[list[Connection]]:
    """Four connections that nobody has logged in on; each test leaves them so."""
    sender = BacklogSender(lambda failure: None)
    sender.start()
    ends = [end for _ in range(4) for end in socket.socketpair()]
    yield [Connection(end, "client", number, sender, b"", lambda _: None) for number, end in enumerate(ends[::2])]
    sender.stop()
    for end in ends:
        end.close()


@pytest.fixture
def sessions(connections: list[Connection]) -> Iterator[Sessions]:
    sessions = Sessions(HeldEvents())
    yield sessions
    for connection in connections:
        sessions.leave(connection)


def login(sessions: Sessions, connection: Connection, user: str) -> None:
    """What is done with a login that is not refused."""
    sessions.login(connection, user)
    connection.answer_login(user)


def test_every_connection_of_a_user_is_found_in_the_order_of_their_logins(
    sessions: Sessions, connections: list[Connection]
) -> None:
    first, second, other, _ = connections
    for connection, user in ((first, "alice"), (other, "bob"), (second, "alice")):
        login(sessions, connection, user)
    assert sessions.of("alice").connections == [first, second]
    assert sessions.of("bob").connections == [other]
    assert sessions.of("nobody").connections == []


def test_who_leaves_is_found_no_more_and_may_log_in_again(
    sessions: Sessions, connections: list[Connection]
) -> None:
    first, second, *_ = connections
    login(sessions, first, "alice")
    login(sessions, second, "alice")
    sessions.leave(first)
    sessions.leave(first)
    assert first.user is None
    assert sessions.of("alice").connections == [second]
    login(sessions, first, "bob")
    assert sessions.of("bob").connections == [first]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*NAMES, ""])), max_size=30))
def test_sessions_are_what_a_plain_table_of_connections_would_say(
    connections: list[Connection], steps: list[tuple[int, str]]
) -> None:
    """An empty name stands for leaving; who speaks for somebody already leaves first."""
    sessions = Sessions(HeldEvents())
    users: dict[int, str] = {}
    for number, name in steps:
        connection = connections[number]
        sessions.leave(connection)
        users.pop(number, None)
        if name:
            login(sessions, connection, name)
            users[number] = name
        for user in NAMES:
            expected = {connections[other] for other, speaks_for in users.items() if speaks_for == user}
            assert set(sessions.of(user).connections) == expected
    for connection in connections:
        sessions.leave(connection)
