"""The loop in the middle: everything that happens in the exchange happens here, in one thread, in one order.

For each batch of requests that it finds waiting:

    stamp (time) → Engine.process → Journal.commit (one write, one fdatasync) → ledger and audit log → publish

Taking all that waits as one batch is what makes durability cheap.  Nothing of a batch is sent before its commands
are durable; if they can't be made so, nothing of it is sent at all and the exchange stops.

The thread owns the engine: nobody else may touch it while the thread runs.  What it is handed (journal, ledger,
audit log, publisher) it knows only by the four small interfaces below; `assembly` decides who stands behind them.

`Origin` is who asks and `Asked` what may be asked besides commands: both are the networking's types, which pass
through here unread, and keep their names so that a field that changes there is missed by nobody on the way.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, Optional, Protocol, TypeVar, Union

from exchange.engine.commands import Command, GetOrders, ResetUser
from exchange.engine.engine import Engine
from exchange.engine.events import PRIVATE_EVENT_TYPES, Event, PrivateEvent
from exchange.engine.trade import Trade

# How many requests one batch takes at most, so that a flood delays nobody's answer for long.
BATCH_REQUESTS_MAX = 2_048


# A list of all of a user's orders may be long: no batch may hold more than one of them.  A reset ends sessions:
# what they have sent behind it must find that they have ended.
_SETTLED_AT_ONCE = frozenset({GetOrders, ResetUser})


Origin = TypeVar("Origin")
Asked = TypeVar("Asked")
_Origin = TypeVar("_Origin", contravariant=True)
_Asked = TypeVar("_Asked", contravariant=True)


class Inbound(Generic[Origin, Asked]):
    """Requests of one connection, in the order sent.

    Each is an engine command or something only the publisher understands (a login, a ping); `origin` is the
    connection, which this thread hands back to the publisher and never looks into, None for the exchange itself;
    `processed` is called when all of them have been.
    """

    __slots__ = ("origin", "requests", "processed")

    def __init__(
        self,
        origin: Optional[Origin],
        requests: Sequence[Union[Command, Asked]],
        processed: Callable[[], None] = lambda: None,
    ) -> None:
        self.origin = origin
        self.requests = requests
        self.processed = processed


# One request, who asked it, and what came of it: no events of what is not an engine command.  A plain tuple,
# because there is one for every request.
Outcome = tuple[Optional[Origin], Union[Command, Asked], Sequence[Event]]


class JournalEntry(NamedTuple):
    """A command that changed the engine's state, as the journal keeps it; replaying all of them in the order of
    `sequence` (1, 2, 3 …) gives the state again."""

    sequence: int
    timestamp: int
    command: Command


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

    def wait_s(self) -> Optional[float]:
        """In how many seconds `publish` is to be called again if nothing happens meanwhile, because a long answer
        is to be gone on with; None: only when something happens."""


class MatchingThread(Generic[Origin, Asked]):
    """Runs the loop.

    `inbound` is the only way in: bounded, filled by the connections' reader threads (which wait when it is full),
    emptied here.  `clock_ns` gives the time in ns since the epoch.  `on_failure` is called, in this thread, with
    the exception that ended it: then nothing more will be processed, and whoever owns the process must stop it.
    """

    def __init__(
        self,
        engine: Engine,
        inbound: queue.Queue[Optional[Inbound[Origin, Asked]]],
        journal: CommandStore,
        ledger: TradeStore,
        audit_log: EventStore,
        publisher: Announcer[Origin, Asked],
        clock_ns: Callable[[], int],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._engine = engine
        self._inbound = inbound
        self._journal = journal
        self._ledger = ledger
        self._audit_log = audit_log
        self._publisher = publisher
        self._clock_ns = clock_ns
        self._on_failure = on_failure
        self._thread = threading.Thread(target=self._run, name="matching", daemon=True)

    def start(self) -> None:
        """Begin to take requests."""
        self._thread.start()

    def stop(self) -> None:
        """Process everything that is queued now, then end; returns when it has."""
        self._inbound.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            running = True
            while running:
                batch, running = self._take_batch()
                self.run_batch(batch)
                del batch  # It would keep connections that have left until somebody asks again.
        except BaseException as failure:  # noqa: BLE001  the last resort: a matching thread never dies silently
            self._on_failure(failure)

    def _take_batch(self) -> tuple[list[Inbound[Origin, Asked]], bool]:
        """All that waits, at least one item, or none when a long answer is to be gone on with; False with it when
        the sentinel that ends the thread was met."""
        batch: list[Inbound[Origin, Asked]] = []
        request_count = 0
        try:
            item = self._inbound.get(timeout=self._publisher.wait_s())
        except queue.Empty:
            return batch, True
        while item is not None:
            batch.append(item)
            request_count += len(item.requests)
            if request_count >= BATCH_REQUESTS_MAX:
                return batch, True
            try:
                item = self._inbound.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def run_batch(self, batch: Sequence[Inbound[Origin, Asked]]) -> None:
        """Carry one batch from request to answer.  Whoever drives the loop without the thread calls this."""
        engine, clock_ns, admits = self._engine, self._clock_ns, self._publisher.admits
        outcomes: list[Outcome[Origin, Asked]] = []
        entries: list[JournalEntry] = []
        for item in batch:
            origin = item.origin
            for request in item.requests:
                if engine.understands(request):
                    if not admits(origin):
                        continue
                    timestamp, sequence = clock_ns(), engine.sequence
                    events = engine.process(request, timestamp)
                    outcomes.append((origin, request, events))
                    if engine.sequence != sequence:
                        entries.append(JournalEntry(engine.sequence, timestamp, request))
                    is_due = type(request) in _SETTLED_AT_ONCE
                else:
                    outcomes.append((origin, request, ()))
                    is_due = self._publisher.shows_state(request)
                if is_due:
                    self._settle(outcomes, entries)
                    outcomes, entries = [], []
        self._settle(outcomes, entries)
        for item in batch:
            item.processed()
        follow_ups = self._publisher.take_follow_ups()
        if follow_ups:
            self.run_batch([Inbound(None, follow_ups)])

    def _settle(self, outcomes: Sequence[Outcome[Origin, Asked]], entries: Sequence[JournalEntry]) -> None:
        """Make durable what was processed, then tell of it."""
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
                kind = type(event)
                if kind is Trade:
                    trades.append(event)  # type: ignore[arg-type]
                elif kind in PRIVATE_EVENT_TYPES:
                    private_events.append(event)  # type: ignore[arg-type]
        if trades:
            self._ledger.write(trades)
        if private_events:
            self._audit_log.append(private_events)
