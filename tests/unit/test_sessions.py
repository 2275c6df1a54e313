"""Who speaks for whom: logins, several connections of one user, and names that are too much alike."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking.connection import Connection
from exchange.networking.outbox import BacklogSender
from exchange.networking.sessions import Sessions

NAMES = ("alice", "ALICE", "Alice", "bob", "bo_b")


@pytest.fixture(scope="module")
def connections() -> Iterator[list[Connection]]:
    """Four connections that nobody has logged in on; each test leaves them so."""
    sender = BacklogSender(lambda failure: None)
    sender.start()
    ends = [end for _ in range(4) for end in socket.socketpair()]
    yield [Connection(end, f"client {number}", sender, b"") for number, end in enumerate(ends[::2])]
    sender.stop()
    for end in ends:
        end.close()


@pytest.fixture
def sessions(connections: list[Connection]) -> Iterator[Sessions]:
    sessions = Sessions(["Carol"])
    yield sessions
    for connection in connections:
        sessions.leave(connection)


def login(sessions: Sessions, connection: Connection, user: str) -> None:
    """What the publisher does with a login that is not refused."""
    assert sessions.login_refusal(connection, user) is None
    sessions.login(connection, user)
    connection.answer_login(user)


def test_every_connection_of_a_user_is_found_in_the_order_of_their_logins(
    sessions: Sessions, connections: list[Connection]
) -> None:
    first, second, other, _ = connections
    for connection, user in ((first, "alice"), (other, "bob"), (second, "alice")):
        login(sessions, connection, user)
    assert list(sessions.connections_of("alice")) == [first, second]
    assert list(sessions.connections_of("bob")) == [other]
    assert list(sessions.connections_of("nobody")) == []


def test_who_leaves_is_found_no_more_and_may_log_in_again(
    sessions: Sessions, connections: list[Connection]
) -> None:
    first, second, *_ = connections
    login(sessions, first, "alice")
    login(sessions, second, "alice")
    sessions.leave(first)
    sessions.leave(first)
    assert first.user is None
    assert list(sessions.connections_of("alice")) == [second]
    login(sessions, first, "bob")
    assert list(sessions.connections_of("bob")) == [first]


def test_a_connection_speaks_for_one_user_at_a_time(sessions: Sessions, connections: list[Connection]) -> None:
    login(sessions, connections[0], "alice")
    for user in ("alice", "bob"):
        refusal = sessions.login_refusal(connections[0], user)
        assert refusal is not None
        assert "logged in as alice" in refusal


@pytest.mark.parametrize("name", ["carol", "CAROL", "cArol"])
def test_a_name_that_differs_by_case_from_one_the_engine_knows_is_refused(
    sessions: Sessions, connections: list[Connection], name: str
) -> None:
    refusal = sessions.login_refusal(connections[0], name)
    assert refusal is not None
    assert name in refusal
    assert sessions.login_refusal(connections[0], "Carol") is None


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*NAMES, ""])), max_size=30))
def test_sessions_are_what_a_plain_table_of_connections_would_say(
    connections: list[Connection], steps: list[tuple[int, str]]
) -> None:
    """An empty name stands for leaving.  Whoever comes first decides how a name is spelled."""
    sessions = Sessions([])
    spelled: dict[str, str] = {}
    users: dict[int, str] = {}
    for number, name in steps:
        connection = connections[number]
        if not name:
            sessions.leave(connection)
            users.pop(number, None)
            continue
        may_log_in = number not in users and spelled.get(name.lower(), name) == name
        assert (sessions.login_refusal(connection, name) is None) == may_log_in
        if may_log_in:
            login(sessions, connection, name)
            users[number] = spelled[name.lower()] = name
        for user in NAMES:
            expected = {connections[other] for other, speaks_for in users.items() if speaks_for == user}
            assert set(sessions.connections_of(user)) == expected
    for connection in connections:
        sessions.leave(connection)
