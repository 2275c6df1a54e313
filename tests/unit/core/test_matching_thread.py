"""The loop in the middle, driven batch by batch without its thread: what happens before what, and what never does.

The stand-ins are plain objects that write down, in one common list, that they were called.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from typing import Any, Optional

import pytest
from hypothesis import given

from exchange.batch import JournalEntry, Outcome
from exchange.engine.commands import CancelOrder, CancelOrders, Command, GetOrders, ListInstrument, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.events import OrderAccepted, OrderExecuted, OrdersListed, PrivateEvent
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import CancelReason, OrderType, Side, TimeInForce
from exchange.inbound_queue import FirstComeQueue, Inbound
from exchange.matching_thread import BATCH_REQUESTS_MAX, MatchingThread
from tests.property.strategies import Stamped, command_sequences
from tests.support.wrapped_engine import WrappedEngine

WAIT_S = 20.0
LIST_ACME = ListInstrument(Instrument("ACME"))


# Who asks is named by a text, and so is what is no command.
Told = Outcome[str, str]


class DiskError(Exception):
    """What a journal raises that can't be written."""


class Recorder:
    """Journal, ledger, audit log and publisher in one: everything that leaves the matching thread, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.entries: list[JournalEntry] = []
        self.trades: list[Trade] = []
        self.private_events: list[PrivateEvent] = []
        self.outcomes: list[Told] = []
        self.published_batches: list[list[Told]] = []
        self.follow_ups: list[Command] = []
        self.commit_failure: Optional[BaseException] = None
        self.published = threading.Event()

    def commit(self, entries: Sequence[JournalEntry]) -> None:
        self.calls.append("commit")
        if self.commit_failure is not None:
            raise self.commit_failure
        self.entries += entries

    def write(self, trades: list[Trade]) -> None:
        self.calls.append("write")
        self.trades += trades

    def append(self, events: list[PrivateEvent]) -> None:
        self.calls.append("append")
        self.private_events += events

    def publish(self, outcomes: Sequence[Told]) -> None:
        self.calls.append("publish")
        self.outcomes += outcomes
        self.published_batches.append(list(outcomes))
        self.published.set()

    def take_follow_ups(self) -> Sequence[Command]:
        """What was made necessary, once."""
        follow_ups, self.follow_ups = self.follow_ups, []
        return follow_ups

    def admits(self, origin: object) -> bool:
        """Whoever it is."""
        return True

    def shows_state(self, request: object) -> bool:
        """Every request that is no command is a text; this one looks at the books."""
        return request == "subscribe"

    def turned_away(self, request: object) -> Optional[str]:
        """Said instead."""
        return None if request == "nothing" else f"no time for {type(request).__name__}"

    def wait_s(self) -> Optional[float]:
        """No answer is long."""
        return None


class Loop:
    """A matching thread between recorders; its clock counts 1, 2, 3 …"""

    def __init__(self, engine: Optional[Engine] = None) -> None:
        self.engine = engine or Engine()
        self.recorder = Recorder()
        self.inbound: FirstComeQueue[str, str] = FirstComeQueue(10_000)
        self.failures: list[BaseException] = []
        self.failed = threading.Event()
        self._now_ns = 0
        recorder = self.recorder
        self.thread = MatchingThread(
            self.engine, self.inbound, recorder, recorder, recorder, recorder, self._clock_ns, self._on_failure
        )

    def _clock_ns(self) -> int:
        self._now_ns += 1
        return self._now_ns

    def _on_failure(self, failure: BaseException) -> None:
        self.failures.append(failure)
        self.failed.set()

    def run(self, *requests: Any) -> Recorder:
        """One batch of one connection."""
        self.thread.run_batch([Inbound("origin", requests)])
        return self.recorder


def order(user: str, side: Side, client_order_id: str = "1", quantity: int = 10) -> NewOrder:
    """A limit order at 1.00."""
    return NewOrder(
        user, client_order_id, None, Terms(side, OrderType.LIMIT, TimeInForce.GTC, 1_000_000_000, quantity)
    )


def kinds(outcome: Told) -> list[str]:
    """The types of what came of a request."""
    return [type(event).__name__ for event in outcome[2]]


TRADE = (LIST_ACME, order("alice", Side.SELL), order("bob", Side.BUY))


def test_a_batch_is_journaled_then_kept_then_published() -> None:
    recorder = Loop().run(*TRADE)
    assert recorder.calls == ["commit", "write", "append", "publish"]
    assert [entry.command for entry in recorder.entries] == list(TRADE)
    assert [entry.sequence for entry in recorder.entries] == [1, 2, 3]
    assert [entry.timestamp for entry in recorder.entries] == [1, 2, 3]
    assert [trade.trade_id for trade in recorder.trades] == [1]
    assert [type(event) for event in recorder.private_events] == [OrderAccepted] * 2 + [OrderExecuted] * 2
    assert kinds(recorder.outcomes[2]) == ["OrderAccepted", "Trade", "OrderExecuted", "OrderExecuted"]


def test_nothing_is_kept_or_published_when_the_commit_fails() -> None:
    loop = Loop()
    loop.recorder.commit_failure = DiskError("full")
    with pytest.raises(DiskError):
        loop.run(*TRADE)
    assert loop.recorder.calls == ["commit"]
    assert loop.recorder.outcomes == []


def test_what_changes_nothing_is_answered_without_a_commit() -> None:
    loop = Loop()
    loop.run(LIST_ACME)
    loop.recorder.calls.clear()
    refused = CancelOrder("alice", 7, None)
    loop.run(refused, "ping", GetOrders("alice"))
    assert set(loop.recorder.calls) == {"publish"}
    assert [request for _, request, _ in loop.recorder.outcomes[1:]] == [refused, "ping", GetOrders("alice")]


def test_only_what_changed_something_is_journaled_among_refusals() -> None:
    entered = order("alice", Side.BUY)
    resent = order("alice", Side.BUY)
    recorder = Loop().run(LIST_ACME, entered, resent, CancelOrder("alice", 9, None), CancelOrder("alice", 1, None))
    assert [entry.command for entry in recorder.entries] == [LIST_ACME, entered, CancelOrder("alice", 1, None)]
    assert [entry.sequence for entry in recorder.entries] == [1, 2, 3]
    assert len(recorder.outcomes) == 5


def test_requests_keep_their_origin_and_their_order_over_several_connections() -> None:
    loop = Loop()
    loop.thread.run_batch([Inbound("one", [LIST_ACME, "ping"]), Inbound("two", ["ping"]), Inbound("one", ["bye"])])
    assert [(origin, request) for origin, request, _ in loop.recorder.outcomes] == [
        ("one", LIST_ACME),
        ("one", "ping"),
        ("two", "ping"),
        ("one", "bye"),
    ]
    assert loop.recorder.calls == ["commit", "publish"]


def test_an_empty_batch_is_published_as_such() -> None:
    loop = Loop()
    loop.thread.run_batch([])
    assert loop.recorder.calls == ["publish"]
    assert loop.recorder.outcomes == []


def test_what_shows_state_is_published_before_anything_after_it_is_processed() -> None:
    loop = Loop()
    sequences_seen: list[int] = []

    class Looking(Recorder):
        """Looks at the engine when it publishes, as a snapshot does."""

        def publish(self, outcomes: Sequence[Told]) -> None:
            sequences_seen.append(loop.engine.sequence)
            super().publish(outcomes)

    looking = Looking()
    loop.thread = MatchingThread(
        loop.engine, loop.inbound, looking, looking, looking, looking, lambda: 1, loop.failures.append
    )
    before, after = order("alice", Side.BUY, "before"), order("alice", Side.BUY, "after")
    loop.thread.run_batch([Inbound("origin", [LIST_ACME, before, "subscribe", after, "ping"])])
    assert [[request for _, request, _ in batch] for batch in looking.published_batches] == [
        [LIST_ACME, before, "subscribe"],
        [after, "ping"],
    ]
    assert sequences_seen == [2, 3]
    assert looking.calls == ["commit", "append", "publish"] * 2


def test_what_came_before_a_state_shown_is_durable_when_it_is_shown() -> None:
    loop = Loop()
    loop.recorder.commit_failure = DiskError("full")
    with pytest.raises(DiskError):
        loop.run(LIST_ACME, "subscribe")
    assert loop.recorder.outcomes == []


def test_no_batch_holds_more_than_one_list_of_orders() -> None:
    """A flood of get_orders by a user with many orders must not have all its answers in memory at once."""
    loop = Loop()
    loop.run(LIST_ACME, *[order("alice", Side.BUY, str(number)) for number in range(50)])
    loop.recorder.published_batches.clear()
    loop.run(*[GetOrders("alice")] * 20)
    listings = [
        [event for outcome in batch for event in outcome[2] if isinstance(event, OrdersListed)]
        for batch in loop.recorder.published_batches
    ]
    assert sum(map(len, listings)) == 20
    assert max(map(len, listings)) == 1


def test_what_became_necessary_by_what_was_published_is_processed_next_and_journaled() -> None:
    loop = Loop()
    loop.run(LIST_ACME, order("alice", Side.BUY))
    cancel = CancelOrders("alice", (1,), CancelReason.DISCONNECTED)
    loop.recorder.follow_ups = [cancel]
    loop.run("bye")
    assert [entry.command for entry in loop.recorder.entries][-1] == cancel
    assert [(origin, request) for origin, request, _ in loop.recorder.outcomes[-2:]] == [
        ("origin", "bye"),
        (None, cancel),
    ]
    assert kinds(loop.recorder.outcomes[-1]) == ["OrderCanceled"]


def test_every_item_of_a_batch_is_told_when_it_has_been_processed_and_not_before() -> None:
    loop = Loop()
    told: list[str] = []
    names = ("one", "two")
    batch = [Inbound[str, str](name, [LIST_ACME], partial(told.append, name)) for name in names]
    loop.thread.run_batch(batch)
    assert told == ["one", "two"]
    loop.recorder.commit_failure = DiskError("full")
    with pytest.raises(DiskError):
        loop.thread.run_batch([Inbound("three", [order("alice", Side.BUY)], lambda: told.append("three"))])
    assert told == ["one", "two"]


@given(command_sequences())
def test_the_journal_replayed_gives_the_same_state_and_the_same_events(sequence: list[Stamped]) -> None:
    loop = Loop()
    for number in range(0, len(sequence), 7):
        loop.run(*[command for command, _timestamp_ns in sequence[number : number + 7]], "ping")
    recorder = loop.recorder
    assert [entry.sequence for entry in recorder.entries] == list(range(1, len(recorder.entries) + 1))
    replayed = Engine()
    events = [event for entry in recorder.entries for event in replayed.process(entry.command, entry.timestamp)]
    assert replayed.state_hash() == loop.engine.state_hash()
    assert [event for event in events if isinstance(event, Trade)] == recorder.trades
    told = [event for outcome in recorder.outcomes for event in outcome[2] if hasattr(event, "seq")]
    assert [event for event in events if hasattr(event, "seq")] == told == recorder.private_events


def test_everything_queued_is_processed_before_stop_returns() -> None:
    loop = Loop()
    loop.inbound.put(Inbound("origin", [LIST_ACME]))
    for number in range(5_000):
        loop.inbound.put(Inbound("origin", [order("alice", Side.BUY, str(number))]))
    loop.thread.start()
    loop.thread.stop()
    assert len(loop.recorder.outcomes) == 5_001
    assert loop.engine.last_order_id == 5_000
    assert loop.failures == []


def test_a_flood_is_taken_in_batches_of_bounded_size() -> None:
    loop = Loop()
    for _ in range(3 * BATCH_REQUESTS_MAX):
        loop.inbound.put(Inbound("origin", ["ping"]))
    loop.thread.start()
    loop.thread.stop()
    sizes = [len(batch) for batch in loop.recorder.published_batches]
    assert sum(sizes) == 3 * BATCH_REQUESTS_MAX
    assert max(sizes) <= BATCH_REQUESTS_MAX


def test_a_stop_with_nothing_queued_ends_the_thread() -> None:
    loop = Loop()
    loop.thread.start()
    loop.thread.stop()
    assert loop.recorder.outcomes == []
    assert loop.failures == []


@pytest.mark.parametrize("failure", [DiskError("full"), AssertionError("a bug"), KeyboardInterrupt()])
def test_whatever_ends_the_thread_is_told_and_nothing_more_is_processed(failure: BaseException) -> None:
    loop = Loop()
    loop.recorder.commit_failure = failure
    loop.thread.start()
    loop.inbound.put(Inbound("origin", [LIST_ACME]))
    assert loop.failed.wait(WAIT_S)
    loop.inbound.put(Inbound("origin", ["ping"]))
    loop.thread.stop()
    assert loop.failures == [failure]
    assert loop.recorder.calls == ["commit"]


def test_a_bug_in_the_engine_ends_the_thread_before_anything_of_the_batch_is_kept() -> None:
    class Broken(WrappedEngine):
        """Falls over its second order."""

        def process(self, command: Command, timestamp: int) -> list[Any]:
            if self.engine.last_order_id == 1:
                raise AssertionError("a bug")
            return super().process(command, timestamp)

    loop = Loop(Broken().as_engine())
    loop.inbound.put(Inbound("origin", [LIST_ACME, order("alice", Side.BUY), order("alice", Side.BUY, "2")]))
    loop.thread.start()
    assert loop.failed.wait(WAIT_S)
    assert [str(failure) for failure in loop.failures] == ["a bug"]
    assert loop.recorder.calls == []
