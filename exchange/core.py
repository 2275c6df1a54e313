"""The exchange without its surroundings: one engine, its matching thread, and what that thread hands things to.

    whoever asks ──put──► inbound queue ──► matching thread: engine → journal → ledger, audit log → publisher

The one wiring of the middle, for the running exchange (`assembly`) and for whoever wants one without a disk,
without sockets or without a thread.  It knows neither socket nor path: what is kept and who is told are handed in.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from typing import Generic, Optional, Protocol, Union

from exchange.engine.commands import CancelOrders, Command
from exchange.engine.engine import Engine
from exchange.engine.words import CancelReason
from exchange.matching_thread import (
    Announcer,
    Asked,
    CommandStore,
    EventStore,
    Inbound,
    MatchingThread,
    Origin,
    TradeStore,
)

# Items of the inbound queue: each is what one connection sent in one piece, at most 64 KiB of lines.
INBOUND_ITEMS_MAX = 1_024


class Records(Protocol):
    """Where what happens is kept; the three are what `matching_thread` says they are."""

    @property
    def journal(self) -> CommandStore:
        """Makes commands durable."""

    @property
    def ledger(self) -> TradeStore:
        """Keeps the trades."""

    @property
    def audit_log(self) -> EventStore:
        """Keeps what each user was told."""


class Core(Generic[Origin, Asked]):
    """One engine at work.

    `clock_ns` gives the time in ns since the epoch.  `on_failure` hears, in the matching thread, of the exception
    that ended it; then nothing more is processed.
    """

    def __init__(
        self,
        engine: Engine,
        records: Records,
        publisher: Announcer[Origin, Asked],
        clock_ns: Callable[[], int],
        on_failure: Callable[[BaseException], None],
        inbound_items_max: int = INBOUND_ITEMS_MAX,
    ) -> None:
        self.engine = engine
        # Bounded; filled by whoever asks, through `put`; emptied by the matching thread alone.
        self._inbound: queue.Queue[Optional[Inbound[Origin, Asked]]] = queue.Queue(inbound_items_max)
        self._matching = MatchingThread(
            engine,
            self._inbound,
            records.journal,
            records.ledger,
            records.audit_log,
            publisher,
            clock_ns,
            on_failure,
        )

    def start(self) -> None:
        """Begin to take what is put."""
        self._matching.start()

    def stop(self) -> None:
        """Process everything that was put until now, then end; returns when that is done."""
        self._matching.stop()

    def put(
        self, origin: Optional[Origin], requests: Sequence[Union[Command, Asked]], processed: Callable[[], None]
    ) -> None:
        """Queue requests of `origin`, in the order sent; waits while the queue is full.  Any thread.

        `processed` is called, in the matching thread, when all of them have been.
        """
        self._inbound.put(Inbound(origin, requests, processed))

    def carry_out(self, commands: Sequence[Command]) -> None:
        """Carry out commands of the exchange's own as one batch, at once, in the caller's thread.

        Only while the matching thread does not run: before `start`, or by whoever drives the exchange by hand.
        """
        self._matching.run_batch([Inbound(None, commands)])

    def cancel_orders_of_lost_connections(self) -> int:
        """No connection outlives the process: an order that ends with one and is live at the start was left by a
        crash.  Returns how many are canceled.  Before `start`.

        The cancels are journaled, kept and held for their users as all that happens is, so a crash in the middle
        leaves to the next start exactly those that are not in the journal.
        """
        orders_left = self.engine.orders_ending_with_connections()
        cancels = [CancelOrders(user, ids, CancelReason.DISCONNECTED) for user, ids in orders_left.items()]
        if cancels:
            self.carry_out(cancels)
        return sum(map(len, orders_left.values()))
