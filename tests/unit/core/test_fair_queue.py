"""Whose turn it is: counted in items and batches on a hand-driven clock, never in time."""

from __future__ import annotations

import queue
import threading
from typing import Optional

import pytest

from exchange.engine.commands import Command, GetOrders, ListInstrument, NewOrder
from exchange.engine.events import Event
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce
from exchange.fair_queue import LINE_ITEMS_MAX, SHORT_BATCH_S, FairQueue
from exchange.inbound_queue import BATCH_S, FIRST, Inbound
from exchange.matching_thread import MatchingThread
from exchange.utils.doorbell import Doorbell
from exchange.utils.time_shares import ALONE_AFTER_S, BURST_S, TimeShares
from tests.support.wrapped_engine import WrappedEngine
from tests.unit.core.test_matching_thread import LIST_ACME, Recorder, Told

WAIT_S = 20.0


class Clock:
    """Moves only when it is told to, or when something that takes time is processed."""

    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class Queue:
    """A fair queue, its clock and its shares; items are named by their share and a number."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.shares = TimeShares(self.clock)
        self.bell = Doorbell()
        self.queue = FairQueue[str, str](self.shares, self.bell)

    def put(self, share: str, *requests: str) -> None:
        self.queue.put(Inbound(share, requests, share=share))

    def take(self) -> Optional[str]:
        """The first request of the next item."""
        item = self.queue.get(0.0)
        return None if item is None else str(item.requests[0])

    def take_all(self) -> list[Optional[str]]:
        taken: list[Optional[str]] = []
        while True:
            try:
                taken.append(self.take())
            except queue.Empty:
                return taken


def test_each_share_has_its_turn_however_much_another_has_sent() -> None:
    fair = Queue()
    for number in range(5):
        fair.put("flood", f"flood-{number}")
    fair.put("alice", "alice-0")
    fair.put("bob", "bob-0")
    assert fair.take_all() == ["flood-0", "alice-0", "bob-0", "flood-1", "flood-2", "flood-3", "flood-4"]


def test_who_is_overdrawn_is_passed_over_while_another_wants_time() -> None:
    fair = Queue()
    fair.queue.charge("alice", 0.0001)
    fair.queue.charge("flood", BURST_S + 0.01)
    fair.put("flood", "flood-0")
    fair.put("alice", "alice-0")
    assert fair.take_all() == ["alice-0"]
    fair.clock.now_s += ALONE_AFTER_S
    assert fair.take_all() == ["flood-0"]


def test_the_exchange_itself_and_its_operator_come_before_everybody() -> None:
    fair = Queue()
    fair.put("alice", "alice-0")
    fair.put(FIRST, "halt")
    assert fair.take_all() == ["halt", "alice-0"]


def test_what_there_was_no_time_for_comes_before_what_its_sender_sent_later() -> None:
    fair = Queue()
    fair.put("alice", "alice-0")
    fair.put("alice", "alice-1")
    item = fair.queue.get(0.0)
    assert item is not None
    fair.queue.put_back(item)
    assert fair.take_all() == ["alice-0", "alice-1"]


def test_a_full_line_holds_back_its_own_sender_and_nobody_else() -> None:
    fair = Queue()
    for number in range(LINE_ITEMS_MAX):
        fair.put("flood", f"flood-{number}")
    has_room = threading.Event()

    def put_one_more() -> None:
        fair.put("flood", "one more")
        has_room.set()

    waiting = threading.Thread(target=put_one_more, name="flood")
    waiting.start()
    fair.put("alice", "alice-0")
    assert not has_room.is_set()
    assert fair.take() == "flood-0"
    assert has_room.wait(WAIT_S)
    waiting.join()
    assert fair.take_all() == ["alice-0", *[f"flood-{number}" for number in range(1, LINE_ITEMS_MAX)], "one more"]


def test_once_closed_everything_is_taken_whoever_is_overdrawn_and_then_none() -> None:
    fair = Queue()
    fair.queue.charge("alice", 0.0001)
    fair.queue.charge("flood", 1.0)
    fair.put("flood", "flood-0")
    with pytest.raises(queue.Empty):
        fair.take()
    fair.queue.close()
    assert fair.take() == "flood-0"
    assert fair.take() is None
    with pytest.raises(OSError, match="Bad file descriptor"):
        fair.bell.ring()


def test_a_batch_is_short_while_several_want_time() -> None:
    fair = Queue()
    fair.put("alice", "alice-0")
    assert fair.queue.batch_s("alice") == BATCH_S
    assert fair.queue.batch_s("bob") == SHORT_BATCH_S
    assert fair.take_all() == ["alice-0"]
    assert fair.queue.batch_s("bob") == BATCH_S
    fair.queue.charge("alice", 0.0001)
    fair.queue.charge("bob", 0.0001)
    assert fair.queue.batch_s("bob") == SHORT_BATCH_S


# --- the matching thread at such a queue, driven batch by batch ------------------------------------------------


class SlowEngine(WrappedEngine):
    """Each command takes so many seconds by the clock."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def process(self, command: Command, timestamp: int) -> list[Event]:
        """As any engine, but later."""
        self._clock.now_s += self._seconds
        return super().process(command, timestamp)


class Market:
    """A matching thread that is driven by hand, at a queue with shares."""

    def __init__(self, command_s: float) -> None:
        self.fair = Queue()
        self.recorder = Recorder()
        self.engine = SlowEngine(self.fair.clock, command_s).as_engine()
        recorder = self.recorder
        self.thread = MatchingThread[str, str](
            self.engine,
            self.fair.queue,
            recorder,
            recorder,
            recorder,
            recorder,
            lambda: 1,
            lambda failure: None,
            self.fair.clock,
            self.fair.clock,
        )
        self.thread.run_batch([Inbound(None, [LIST_ACME])])
        self.recorder.published_batches.clear()

    def put(self, user: str, commands: list[Command]) -> None:
        """One piece of what a connection of `user` has sent."""
        self.fair.queue.put(Inbound(user, commands, share=user))

    def askers(self) -> list[list[Optional[str]]]:
        """Of each batch that was told, who had asked, each once."""
        return [list(dict.fromkeys(origin for origin, _, _ in batch)) for batch in self.recorder.published_batches]


def order(user: str, number: int) -> NewOrder:
    """One that rests."""
    return NewOrder(user, f"{number}", None, Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 1_000_000_000, 1))


def test_a_batch_ends_when_its_time_is_up_and_the_rest_of_a_piece_waits_for_its_next_turn() -> None:
    market = Market(command_s=BATCH_S / 4)
    market.put("flood", [order("flood", number) for number in range(10)])
    assert market.thread.serve_batch()
    assert [len(batch) for batch in market.recorder.published_batches] == [4]


def test_nobody_waits_for_more_than_one_batch_of_another() -> None:
    market = Market(command_s=SHORT_BATCH_S / 2)
    for piece in range(5):
        market.put("flood", [order("flood", 100 * piece + number) for number in range(100)])
    market.put("alice", [order("alice", 0)])
    while "alice" not in sum(market.askers(), []):
        assert market.thread.serve_batch()
    before_alice: list[Told] = []
    for batch in market.recorder.published_batches:
        before_alice += [outcome for outcome in batch if outcome[0] == "flood"]
        if any(outcome[0] == "alice" for outcome in batch):
            break
    assert len(market.recorder.published_batches) == 2
    assert len(before_alice) <= (BATCH_S + SHORT_BATCH_S) / (SHORT_BATCH_S / 2)


def test_a_hundred_connections_of_one_user_have_one_turn_between_them() -> None:
    market = Market(command_s=0.0001)
    for number in range(LINE_ITEMS_MAX):
        market.put("flood", [order("flood", number)])
    market.put("alice", [order("alice", 0)])
    assert market.thread.serve_batch()
    [batch] = market.recorder.published_batches
    assert [origin for origin, _, _ in batch][:2] == ["flood", "alice"]


def test_a_dear_answer_is_the_last_of_its_batch_whoever_else_wants_one() -> None:
    market = Market(command_s=0.0)
    for user in ("flood", "alice"):
        market.put(user, [order(user, 0), GetOrders(user)])
        market.put(user, [GetOrders(user)])
    for _ in range(4):
        market.thread.serve_batch()
    batches = market.recorder.published_batches
    told = [sum(type(request) is GetOrders for _, request, _ in batch) for batch in batches]
    assert [count for count in told if count] == [1, 1, 1, 1]
    assert [askers for askers in market.askers() if askers] == [["flood"], ["alice"], ["flood"], ["alice"]]


def test_who_is_overdrawn_is_not_handed_over_past_the_lines_while_another_wants_time() -> None:
    for _ in range(20):
        fair = Queue()
        fair.queue.charge("alice", 0.0001)
        fair.queue.charge("flood", 1.0)
        taken: list[Optional[Inbound[str, str]]] = []
        waiting = threading.Thread(target=lambda taken=taken, fair=fair: taken.append(fair.queue.get(None)))
        waiting.start()
        # By now it waits, most often: then either of these may be handed over.
        fair.put("flood", "flood-0")
        fair.put("alice", "alice-0")
        waiting.join(WAIT_S)
        assert [item.share for item in taken if item is not None] == ["alice"]
        fair.clock.now_s += ALONE_AFTER_S
        assert fair.take_all() == ["flood-0"]


def test_who_waits_for_ever_is_woken_by_each_item_and_by_the_end() -> None:
    there, back = Queue(), Queue()
    names = [f"alice-{number}" for number in range(200)]

    def return_each() -> None:
        while (item := there.queue.get(None)) is not None:
            back.queue.put(item)
        back.queue.close()

    def send_each() -> list[str]:
        received: list[str] = []
        for name in names:
            there.put("alice", name)
            item = back.queue.get(None)
            assert item is not None
            received.append(str(item.requests[0]))
        there.queue.close()
        assert back.queue.get(None) is None
        return received

    received: list[str] = []
    threads = [
        threading.Thread(target=return_each, daemon=True),
        threading.Thread(target=lambda: received.extend(send_each()), daemon=True),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert received == names


def test_when_the_time_to_finish_is_over_what_is_queued_is_turned_away_unprocessed() -> None:
    market = Market(command_s=1.0)
    for user in ("flood", "alice"):
        for piece in range(3):
            market.put(user, [order(user, 10 * piece + number) for number in range(3)])
    market.thread.turn_away_after(4.0)
    market.fair.queue.close()
    while market.thread.serve_batch():
        continue
    requests = [request for _, request, _ in market.recorder.outcomes[1:]]
    assert [type(request) for request in requests] == [NewOrder] * 4 + [str] * 14
    assert set(requests[4:]) == {"no time for NewOrder"}
    assert market.engine.last_order_id == 4


def test_listing_is_the_exchanges_own_and_is_not_turned_away() -> None:
    market = Market(command_s=1.0)
    market.thread.turn_away_after(0.0)
    market.thread.run_batch([Inbound(None, [ListInstrument(Instrument("OTHER"))])])
    assert [instrument.symbol for instrument in market.engine.instruments()] == ["ACME", "OTHER"]
