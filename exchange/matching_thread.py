"""The loop in the middle: everything that happens in the exchange happens here, in one thread, in one order.

For each batch of requests that it finds waiting:

    stamp (time) → Engine.process → Journal.commit (one write, one fdatasync) → ledger and audit log → publish

Taking all that waits as one batch is what makes durability cheap.  Nothing of a batch is sent before its commands
are durable; if they can't be made so, nothing of it is sent at all and the exchange stops.

The thread owns the engine: nobody else may touch it while the thread runs.  What it is handed (journal, ledger,
audit log, publisher) it knows only by the four small interfaces below; `assembly` decides who stands behind them.

A batch ends when its time is up, however much waits: what was processed is told before anything more is taken.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, Optional, Protocol, TypeVar, Union

from exchange.batch import Batch, JournalEntry, Outcome
from exchange.engine.commands import Command, GetOrders, ResetUser
from exchange.engine.engine import Engine
from exchange.engine.events import PRIVATE_EVENT_TYPES, InstrumentStatusChanged, PrivateEvent
from exchange.engine.trade import Trade
from exchange.inbound_queue import Asked, Inbound, InboundQueue, Origin
from exchange.phase_timer import PhaseTimer
from exchange.utils.waits import sooner

# A NamedTuple's own constructor is a Python function; this makes the same object at 60 % of the cost.
_make = tuple.__new__

# How many requests one batch takes at most: what costs little to process may cost more to tell.
BATCH_REQUESTS_MAX = 2_048

# A list of all of a user's orders may be long: it is the last of its batch.  A reset ends sessions: what they have
# sent behind it must find that they have ended.
_SETTLED_AT_ONCE = frozenset({GetOrders, ResetUser})

_Origin = TypeVar("_Origin", contravariant=True)
_Asked = TypeVar("_Asked")


class CommandStore(Protocol):
    """Makes commands durable."""

    def commit(self, entries: Sequence[JournalEntry]) -> None:
        """Return when all of `entries` are on stable storage; raise if they may not be."""


class TradeStore(Protocol):
    """Keeps the trades."""

    def write(self, trades: list[Trade]) -> None:
        """Take the trades in; may wait, never loses one."""


class EventStore(Protocol):
    """Keeps what each user was told."""

    def append(self, events: list[PrivateEvent]) -> None:
        """Take the events in; may wait, never loses one."""


class Announcer(Protocol[_Origin, _Asked]):
    """Tells the clients."""

    def publish(self, outcomes: Sequence[Outcome[_Origin, _Asked]]) -> None:
        """Send every outcome to whom it concerns; never waits for a client."""

    def take_follow_ups(self) -> Sequence[Command]:
        """Commands that became necessary by what was published; to be processed next."""

    def admits(self, origin: Optional[_Origin]) -> bool:
        """Whether a command of `origin` may be carried out; one that may not is thrown away."""

    def shows_state(self, request: Union[Command, _Asked]) -> bool:
        """Whether serving `request`, which is no engine command, reads the engine, so that nothing that came
        after it may have been processed yet."""

    def turned_away(self, request: Union[Command, _Asked]) -> Optional[_Asked]:
        """What is to be published instead of `request`, which there is no time for because the exchange stops;
        None: nothing."""

    def wait_s(self) -> Optional[float]:
        """In how many seconds `publish` is to be called again if nothing happens meanwhile, because a long answer
        is to be gone on with or something was left for later; None: only when something happens."""


class MatchingThread(Generic[Origin, Asked]):
    """Runs the loop.

    `inbound` is the only way in: filled by the connections' reader threads, emptied here.  `clock_ns` gives the
    time in ns since the epoch, `monotonic_s` ends batches; `worked_s` tells how long this thread has worked, which
    users are charged: what it waited meanwhile is not theirs; `draw` is what a `PhaseTimer` draws with.
    `on_failure` is called, in this thread, with the exception that ended it: then nothing more will be processed,
    and whoever owns the process must stop it.
    """

    def __init__(
        self,
        engine: Engine,
        inbound: InboundQueue[Origin, Asked],
        journal: CommandStore,
        ledger: TradeStore,
        audit_log: EventStore,
        publisher: Announcer[Origin, Asked],
        clock_ns: Callable[[], int],
        on_failure: Callable[[BaseException], None],
        monotonic_s: Callable[[], float] = time.monotonic,
        worked_s: Callable[[], float] = time.thread_time,
        draw: Callable[[int], int] = lambda _longest: 0,
    ) -> None:
        self._engine = engine
        self._inbound = inbound
        self._journal = journal
        self._ledger = ledger
        self._audit_log = audit_log
        self._publisher = publisher
        self._clock_ns = clock_ns
        self._on_failure = on_failure
        self._monotonic_s = monotonic_s
        self._worked_s = worked_s
        self._timer = PhaseTimer(engine, clock_ns, draw, monotonic_s)
        # Up to where `worked_s` is charged to users, or to nobody.
        self._counted_s = 0.0
        # From then on, by the monotonic clock, requests are turned away unprocessed.
        self._finish_until_s = math.inf
        self._pause = threading.Event()
        self._thread = threading.Thread(target=self._run, name="matching", daemon=True)

    def start(self) -> None:
        """Begin to take requests."""
        self._thread.start()

    def turn_away_after(self, seconds: float) -> None:
        """The exchange will stop: process for so long what comes, then turn it away.  Any thread."""
        self._finish_until_s = self._monotonic_s() + seconds

    def stop(self) -> None:
        """Process, or turn away, everything that is queued now, then end; returns when it has."""
        self._inbound.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._counted_s = self._worked_s()
            while self.serve_batch():
                continue
            while (wait_s := self._publisher.wait_s()) is not None and self._monotonic_s() < self._finish_until_s:
                self._pause.wait(wait_s)
                self._publisher.publish(())
        except BaseException as failure:  # noqa: BLE001  the last resort: a matching thread never dies silently
            self._on_failure(failure)

    def serve_batch(self) -> bool:
        """Wait for requests and carry out a batch of them; False when the queue is closed and empty.

        Called by the thread, or by whoever drives the loop without it.
        """
        due_s = self._timer.wait_s()
        if due_s == 0.0:
            self.bring_what_is_due()
            due_s = self._timer.wait_s()
        try:
            item = self._next_item() or self._inbound.get(sooner(due_s, self._publisher.wait_s()))
        except queue.Empty:
            self._publisher.publish(())  # A long answer is gone on with, or what was left for later is told.
            self._counted_s = self._worked_s()
            return True
        if item is None:
            return False
        batch: Batch[Origin, Asked] = Batch(self._counted_s)
        end_s = self._monotonic_s() + self._inbound.batch_s(item.share)
        while item is not None:
            remainder = self._process(batch, item, end_s)
            if remainder is not None:
                self._inbound.put_back(remainder)
            item = None if batch.is_over else self._next_item()
        self._finish(batch)
        return True

    def bring_what_is_due(self) -> None:
        """Carry out all that time has brought by now, one change after the other."""
        while (change := self._timer.take_due()) is not None:
            self.run_batch([Inbound(None, [change])])

    def wait_s(self) -> Optional[float]:
        """In how many seconds time brings something, or is to be looked at; None: not before something happens."""
        return self._timer.wait_s()

    def _next_item(self) -> Optional[Inbound[Origin, Asked]]:
        """One that waits already and may be served now."""
        if not self._inbound.holds_some():
            return None
        try:
            return self._inbound.get(0.0)
        except queue.Empty:
            return None

    def run_batch(self, items: Sequence[Inbound[Origin, Asked]]) -> None:
        """Carry out `items` as one batch, however long it takes."""
        batch: Batch[Origin, Asked] = Batch(self._worked_s())
        for item in items:
            remainder: Optional[Inbound[Origin, Asked]] = item
            while remainder is not None:
                remainder = self._process(batch, remainder, math.inf)
        self._finish(batch)

    def _process(
        self, batch: Batch[Origin, Asked], item: Inbound[Origin, Asked], end_s: float
    ) -> Optional[Inbound[Origin, Asked]]:
        """Process requests of `item` until the batch is over; returns what there was no time for."""
        if self._monotonic_s() >= self._finish_until_s and item.origin is not None:
            self._turn_away(batch, item)
            return None
        if batch.taken:
            batch.count_last(self._worked_s())
        engine, clock_ns, publisher, monotonic_s = self._engine, self._clock_ns, self._publisher, self._monotonic_s
        understands, process, is_admitted = engine.understands, engine.process, publisher.admits(item.origin)
        outcomes, entries = batch.outcomes, batch.entries
        origin, count, count_max = item.origin, 0, BATCH_REQUESTS_MAX - batch.request_count
        sequence = engine.sequence
        for request in item.requests:
            count += 1
            if not understands(request):
                outcomes.append((origin, request, ()))
                must_be_told = publisher.shows_state(request)
            elif not is_admitted:
                continue
            else:
                timestamp = clock_ns()
                events = process(request, timestamp)
                outcomes.append((origin, request, events))
                if engine.sequence != sequence:
                    sequence = engine.sequence
                    entries.append(_make(JournalEntry, (sequence, timestamp, request)))
                must_be_told = type(request) in _SETTLED_AT_ONCE
            if must_be_told:
                self._settle(batch)
                outcomes, entries = batch.outcomes, batch.entries
                # What was told may have ended the asker's session.
                is_admitted = publisher.admits(origin)
            if must_be_told or monotonic_s() >= end_s or count >= count_max:
                batch.is_over = True
                break
        batch.request_count += count
        batch.taken.append((item.share, count))
        if count < len(item.requests):
            return item.remainder(count)
        batch.processed.append(item.processed)
        return None

    def _turn_away(self, batch: Batch[Origin, Asked], item: Inbound[Origin, Asked]) -> None:
        """Answer every request of `item` unprocessed."""
        for request in item.requests:
            answer = self._publisher.turned_away(request)
            if answer is not None:
                batch.outcomes.append((item.origin, answer, ()))
        batch.request_count += len(item.requests)
        batch.is_over = batch.request_count >= BATCH_REQUESTS_MAX
        batch.processed.append(item.processed)

    def _finish(self, batch: Batch[Origin, Asked]) -> None:
        """Keep and tell what is left of the batch, share out what that took, and see to what it made necessary."""
        if len(batch.taken) > 1:
            batch.count_last(self._worked_s())
        self._settle(batch)
        self._counted_s = self._worked_s()
        for share, seconds in batch.charges(self._counted_s):
            self._inbound.charge(share, seconds)
        for processed in batch.processed:
            processed()
        follow_ups = self._publisher.take_follow_ups()
        if follow_ups:
            self.run_batch([Inbound(None, follow_ups)])

    def _settle(self, batch: Batch[Origin, Asked]) -> None:
        """Make durable what was processed, then tell of it."""
        outcomes, entries = batch.outcomes, batch.entries
        batch.outcomes, batch.entries = [], []
        if entries:
            self._journal.commit(entries)
            self._keep(outcomes)
        self._publisher.publish(outcomes)

    def _keep(self, outcomes: Sequence[Outcome[Origin, Asked]]) -> None:
        """Hand trades to the ledger and private events to the audit log, whose threads write them."""
        trades: list[Trade] = []
        private_events: list[PrivateEvent] = []
        for _, _, events in outcomes:
            for event in events:
                if type(event) is Trade:
                    trades.append(event)
                elif isinstance(event, PRIVATE_EVENT_TYPES):
                    private_events.append(event)
                elif type(event) is InstrumentStatusChanged:
                    self._timer.look_again()
        if trades:
            self._ledger.write(trades)
        if private_events:
            self._audit_log.append(private_events)
