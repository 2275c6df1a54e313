"""Who speaks for whom, and what each user was told lately: several connections of one user, and what is held."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.events import CancelReason, OrderCanceled, OrderRejected, RejectCode
from exchange.matching_thread import Outcome
from exchange.networking.outbound.backlogs import BacklogSender
from exchange.networking.outbound.connection import Connection
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.publishing import sessions as sessions_module
from exchange.networking.publishing.publisher import Publisher
from exchange.networking.publishing.sessions import (
    EVENTS_HELD_MAX,
    SHARE_MIN,
    HeldEvent,
    LastEvents,
    RecentEvents,
    Sessions,
)
from tests.support.desk import Desk, order

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
    sessions = Sessions()
    yield sessions
    for connection in connections:
        sessions.leave(connection)


def login(sessions: Sessions, connection: Connection, user: str) -> None:
    """What the session desk does with a login that is not refused."""
    sessions.login(connection, user)
    connection.answer_login(user)


def canceled(user: str, seq: int) -> OrderCanceled:
    """Any private event."""
    return OrderCanceled(user, seq, 1, seq, "1", "ACME", 1, CancelReason.USER_REQUESTED)


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
    sessions = Sessions()
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


# --- what is held ----------------------------------------------------------------------------------------------


@given(st.integers(0, 3 * EVENTS_HELD_MAX), st.integers(0, 3 * EVENTS_HELD_MAX))
def test_the_last_events_are_held_and_the_oldest_of_them_is_known(told: int, asked_from: int) -> None:
    sessions = Sessions()
    for seq in range(1, told + 1):
        sessions.events.add(sessions.of("alice").held, HeldEvent(seq, b"%d\n" % seq, False))
    first = sessions.first_held_seq("alice", told)
    assert first == max(1, told - EVENTS_HELD_MAX + 1)
    held = [event.seq for event in sessions.held_since("alice", asked_from)]
    assert held == list(range(max(first, asked_from), told + 1))


STEPS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 40)), max_size=60)


@given(STEPS, st.integers(SHARE_MIN, 50), st.integers(1, 200))
def test_of_all_users_no_more_is_held_than_the_bound_and_of_each_the_last_events_in_order(
    steps: list[tuple[str, int]], share: int, events_max: int
) -> None:
    """Each step tells a user so many events."""
    events: LastEvents[int] = LastEvents(share, events_max)
    told: dict[str, int] = {}
    for user, count in steps:
        for _ in range(count):
            told[user] = told.get(user, 0) + 1
            events.add(events.of(user), told[user])
            assert sum(len(events.of(each)) for each in told) <= max(events_max, SHARE_MIN * len(told))
        for each, last in told.items():
            held = list(events.of(each))
            assert len(held) <= share
            assert held == list(range(last + 1 - len(held), last + 1))


def test_who_holds_little_loses_nothing_when_there_is_too_much_of_all() -> None:
    events: LastEvents[int] = LastEvents(1_000, 3_000)
    for number in range(100):
        events.add(events.of("quiet"), number)
    for user in ("first", "second", "third", "fourth"):
        for number in range(1_000):
            events.add(events.of(user), number)
    assert list(events.of("quiet")) == list(range(100))
    counts = [len(events.of(user)) for user in ("first", "second", "third", "fourth")]
    assert min(counts) == max(counts)
    assert 2_800 < 100 + sum(counts) <= 3_000


def test_however_many_users_there_are_each_has_some_held_at_every_moment() -> None:
    events: LastEvents[int] = LastEvents(10, 100)
    for user in range(200):
        for number in range(5):
            events.add(events.of(str(user)), number)
            assert number == 0 or len(events.of(str(user))) >= SHARE_MIN
    assert list(events.take()) == [3, 4] * 200


def test_a_recovery_and_the_sessions_hold_no_more_of_all_users_than_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions_module, "ALL_EVENTS_HELD_MAX", 500)
    recent, sessions = RecentEvents(), Sessions()
    for seq in range(1, 401):
        recent.add([canceled("alice", seq), canceled("bob", seq)])
        for user in ("alice", "bob"):
            sessions.events.add(sessions.of(user).held, HeldEvent(seq, b"", False))
    taken = list(recent.take())
    assert 450 < len(taken) <= 500
    for user in ("alice", "bob"):
        first = sessions.first_held_seq(user, 400)
        assert [event.seq for event in taken if event.user == user] == list(range(first, 401))
        assert [event.seq for event in sessions.held_since(user, 1)] == list(range(first, 401))


def test_of_a_user_nobody_heard_of_since_the_start_nothing_is_held() -> None:
    sessions = Sessions()
    assert sessions.first_held_seq("alice", 17) == 18
    assert sessions.held_since("alice", 1) == []


def test_the_recent_events_of_a_recovery_are_each_users_last_ones_in_order() -> None:
    recent = RecentEvents()
    for seq in range(1, EVENTS_HELD_MAX + 11):
        recent.add([canceled("alice", seq), OrderRejected("1", RejectCode.HALTED, "t"), canceled("bob", seq)])
    taken = list(recent.take())
    for user in ("alice", "bob"):
        seqs = [event.seq for event in taken if event.user == user]
        assert seqs == list(range(11, EVENTS_HELD_MAX + 11))
    assert len(taken) == 2 * EVENTS_HELD_MAX
    assert list(recent.take()) == []


def test_what_was_processed_and_nobody_was_told_yet_does_not_count_as_past() -> None:
    """A reader thread asks at any moment; what lies before the answer is looked up in the records, once."""
    desk = Desk()
    desk.ask(order("before", user="alice"))
    heartbeats = Heartbeats(lambda failure: None)
    publisher = Publisher(desk.engine, "test", heartbeats, RecentEvents())
    for name in ("1", "2"):
        for user, first in (("alice", 2), ("bob", 1)):
            entered = order(name, user=user)
            events = desk.ask(entered)
            assert publisher.first_held_seq(user) == first
            publisher.publish([Outcome(None, entered, events)])
            assert publisher.first_held_seq(user) == first
