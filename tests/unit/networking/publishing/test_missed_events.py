"""What users were told lately is held, and told again to who comes back; beyond that there is the gap path.

In the gap path a client is told the gap, its orders and positions, and every fill that it missed: those that
memory has let go come from the records on disk, the others from memory, and none twice or never.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.commands import CancelAll
from exchange.engine.events import OrderAccepted, OrderCanceled, OrderExecuted, OrderRejected, PrivateEvent
from exchange.engine.words import CancelReason, RejectCode
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.publishing import missed_events
from exchange.networking.publishing.missed_events import (
    EVENTS_HELD_MAX,
    SHARE_MIN,
    HeldEvents,
    LastEvents,
    MissedEvents,
    RecentEvents,
)
from exchange.networking.publishing.publisher import Publisher
from exchange.networking.wire.encode import Encoder
from exchange.networking.wire.requests import PastEvents
from exchange.networking.wire.session_lines import Identity
from tests.support.desk import BUY, SELL, Desk, order


def canceled(user: str, seq: int) -> OrderCanceled:
    """Any private event."""
    return OrderCanceled(user, seq, 1, seq, "1", "ACME", 1, CancelReason.USER_REQUESTED)


# --- what is held ----------------------------------------------------------------------------------------------


@given(st.integers(0, 3 * EVENTS_HELD_MAX), st.integers(0, 3 * EVENTS_HELD_MAX))
def test_the_last_events_are_held_and_the_oldest_of_them_is_known(told: int, asked_from: int) -> None:
    held = HeldEvents()
    for seq in range(1, told + 1):
        held.add(held.of("alice"), canceled("alice", seq))
    first = held.first_seq("alice", told)
    assert first == max(1, told - EVENTS_HELD_MAX + 1)
    assert held.oldest_seq("alice") == (first if told else None)
    seqs = [event.seq for event in held.since("alice", asked_from)]
    assert seqs == list(range(max(first, asked_from), told + 1))


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


def test_a_recovery_and_a_running_exchange_hold_no_more_of_all_users_than_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(missed_events, "ALL_EVENTS_HELD_MAX", 500)
    recent, held = RecentEvents(), HeldEvents()
    for seq in range(1, 401):
        recent.add([canceled("alice", seq), canceled("bob", seq)])
        for user in ("alice", "bob"):
            held.add(held.of(user), canceled(user, seq))
    taken = list(recent.take())
    assert 450 < len(taken) <= 500
    for user in ("alice", "bob"):
        first = held.first_seq(user, 400)
        assert [event.seq for event in taken if event.user == user] == list(range(first, 401))
        assert [event.seq for event in held.since(user, 1)] == list(range(first, 401))


def test_of_a_user_nobody_heard_of_since_the_start_nothing_is_held() -> None:
    held = HeldEvents()
    assert held.first_seq("alice", 17) == 18
    assert held.since("alice", 1) == []


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
    publisher = Publisher(desk.engine, Identity("test", "0"), heartbeats, RecentEvents())
    for name in ("1", "2"):
        for user, first in (("alice", 2), ("bob", 1)):
            entered = order(name, user=user)
            events = desk.ask(entered)
            assert publisher.first_held_seq(user) == first
            publisher.publish([(None, entered, events)])
            assert publisher.first_held_seq(user) == first


# --- what is told again ----------------------------------------------------------------------------------------


class Past(NamedTuple):
    """What alice was told by an engine, of which only the events from `held_from` on are still in memory."""

    desk: Desk
    events: list[PrivateEvent]
    encoder: Encoder
    missed: MissedEvents

    def lines(self, events: Sequence[PrivateEvent]) -> list[bytes]:
        """As they were sent."""
        return [self.encoder.encode(event) for event in events]

    def on_disk(self, first_seq: int, last_seq: int) -> tuple[PrivateEvent, ...]:
        """As the records have them."""
        return tuple(event for event in self.events if first_seq <= event.seq <= last_seq)

    def told(self, last_seq: int, looked_up: Optional[PastEvents]) -> list[bytes]:
        """What alice hears who knows everything up to `last_seq`."""
        told = self.missed.told_again("alice", last_seq, looked_up)
        return b"".join(told.pieces).splitlines(keepends=True)


def past(steps: Sequence[str], held_from: int) -> Past:
    """Each step is an order of alice: one that rests, one that fills at once, or the end of all that rest."""
    desk = Desk()
    events: list[PrivateEvent] = []
    for number, step in enumerate(steps):
        if step == "cancel":
            happened = desk.ask(CancelAll("alice", None))
        elif step == "fill":
            desk.ask(order(f"b{number}", SELL, 10, 100, user="bob"))
            happened = desk.ask(order(f"a{number}", BUY, 10, 100, user="alice"))
        else:
            happened = desk.ask(order(f"a{number}", BUY, 10, 90, user="alice"))
        events += [
            event
            for event in happened
            if isinstance(event, (OrderAccepted, OrderExecuted, OrderCanceled)) and event.user == "alice"
        ]
    encoder = Encoder(desk.engine.instruments())
    held = HeldEvents()
    for event in events:
        if event.seq >= held_from:
            held.add(held.of("alice"), event)
    return Past(desk, events, encoder, MissedEvents(desk.engine, held, encoder))


def kinds(lines: Sequence[bytes]) -> list[Any]:
    """The type of each line, with the seq of a private event."""
    messages = [json.loads(line) for line in lines]
    return [(message["type"], message["seq"]) if "seq" in message else message["type"] for message in messages]


STORY = ("rest", "fill", "fill", "rest", "fill")  # seqs: 1 · 2 3 · 4 5 · 6 · 7 8


def private(*seqs: int) -> list[tuple[str, int]]:
    """What the story tells at these seqs."""
    types = ("accepted", "accepted", "executed", "accepted", "executed", "accepted", "accepted", "executed")
    return [(f"order_{types[seq - 1]}", seq) for seq in seqs]


def test_who_missed_only_what_is_held_hears_the_very_lines_again() -> None:
    past_events = past(STORY, held_from=4)
    assert past_events.told(3, None) == past_events.lines(past_events.events[3:])
    assert past_events.told(8, None) == []


def test_who_missed_more_hears_gap_orders_positions_and_the_events_from_both_places() -> None:
    past_events = past(STORY, held_from=6)
    lines = past_events.told(1, PastEvents(past_events.on_disk(2, 5), 5))
    assert json.loads(lines[0]) == {"type": "gap", "from": 2, "to": 8}
    assert kinds(lines) == ["gap", "orders", "positions", *private(2, 3, 4, 5, 6, 7, 8)]
    assert [each["client_order_id"] for each in json.loads(lines[1])["orders"]] == ["a0", "a3"]
    assert json.loads(lines[2])["positions"][0]["net_position"] == 30


def test_an_event_that_is_on_disk_and_in_memory_is_told_once() -> None:
    past_events = past(STORY, held_from=4)
    lines = past_events.told(1, PastEvents(past_events.on_disk(2, 8), 8))
    assert kinds(lines)[3:] == private(2, 3, 4, 5, 6, 7, 8)


def test_what_memory_let_go_without_a_look_up_is_a_gap_all_the_same() -> None:
    """Who has just claimed the name is let in whatever is known of the past."""
    past_events = past(STORY, held_from=8)
    assert kinds(past_events.told(0, None)) == ["gap", "orders", "positions", *private(8)]


def test_what_was_let_go_after_the_look_up_is_out_of_reach() -> None:
    past_events = past(STORY, held_from=6)
    for looked_up_to, is_out in ((3, True), (4, True), (5, False), (8, False)):
        looked_up = PastEvents((), looked_up_to)
        assert past_events.missed.are_out_of_reach("alice", 1, looked_up) is is_out, looked_up_to
    assert past_events.missed.are_out_of_reach("alice", 4, None)
    assert not past_events.missed.are_out_of_reach("alice", 5, None)


@given(
    st.lists(st.sampled_from(["rest", "fill", "cancel"]), max_size=12),
    st.integers(1, 30),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_whatever_is_held_no_event_is_told_twice_or_never(
    steps: list[str], held_from: int, knows: int, looked_up_to: int
) -> None:
    past_events = past(steps, held_from)
    last_seq = len(past_events.events)
    knows = min(knows, last_seq)
    looked_up = None
    if knows + 1 < min(held_from, last_seq + 1):
        looked_up_to = min(max(looked_up_to, knows), last_seq)
        looked_up = PastEvents(past_events.on_disk(knows + 1, looked_up_to), looked_up_to)
    if past_events.missed.are_out_of_reach("alice", knows, looked_up):
        return
    lines = past_events.told(knows, looked_up)
    if looked_up is None:
        assert lines == past_events.lines(past_events.events[knows:])
    else:
        assert kinds(lines[:3]) == ["gap", "orders", "positions"]
        assert lines[3:] == past_events.lines(past_events.on_disk(knows + 1, last_seq))
