"""The exchange without its surroundings: one engine, its matching thread, and what that thread hands things to.

    whoever asks ──put──► inbound queue ──► matching thread: engine → journal → ledger, audit log → publisher

The one wiring of the middle, for the running exchange (`assembly`) and for whoever wants one without a disk,
without sockets or without a thread.  It knows neither socket nor path: what is kept and who is told are handed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Generic, Optional, Protocol, Union

from exchange.engine.commands import CancelOrders, Command
from exchange.engine.engine import Engine
from exchange.engine.words import CancelReason
from exchange.inbound_queue import FIRST, Asked, FirstComeQueue, Inbound, InboundQueue, Origin
from exchange.matching_thread import Announcer, CommandStore, EventStore, MatchingThread, TradeStore


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
    that ended it; then nothing more is processed.  `inbound` is the queue that requests wait in, None for one in
    the order of arrival; `share_of` tells whose share of the time an origin's requests take.
    `draw(n)` draws a number from 0 to n: how much longer than it must a call with a random end lasts, in ns.
    `monotonic_s` and `worked_s` are what `MatchingThread` says: whoever drives the exchange by hand has his own.
    """

    def __init__(
        self,
        engine: Engine,
        records: Records,
        publisher: Announcer[Origin, Asked],
        clock_ns: Callable[[], int],
        on_failure: Callable[[BaseException], None],
        inbound: Optional[InboundQueue[Origin, Asked]] = None,
        share_of: Callable[[Origin], str] = lambda _origin: FIRST,
        draw: Callable[[int], int] = lambda _longest: 0,
        monotonic_s: Callable[[], float] = time.monotonic,
        worked_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self.engine = engine
        # Bounded; filled by whoever asks, through `put`; emptied by the matching thread alone.
        self._inbound: InboundQueue[Origin, Asked] = inbound or FirstComeQueue()
        self._share_of = share_of
        self._matching = MatchingThread(
            engine,
            self._inbound,
            records.journal,
            records.ledger,
            records.audit_log,
            publisher,
            clock_ns,
            on_failure,
            monotonic_s,
            worked_s,
            draw,
        )

    def start(self) -> None:
        """Begin to take what is put."""
        self._matching.start()

    def turn_away_after(self, seconds: float) -> None:
        """The exchange will stop: process for so long what was put, and turn away what is left then."""
        self._matching.turn_away_after(seconds)

    def stop(self) -> None:
        """Process, or turn away, everything that was put until now, then end; returns when that is done."""
        self._matching.stop()

    def put(
        self, origin: Optional[Origin], requests: Sequence[Union[Command, Asked]], processed: Callable[[], None]
    ) -> None:
        """Queue requests of `origin`, in the order sent; waits while the queue is full.  Any thread.

        `processed` is called, in the matching thread, when all of them have been.
        """
        share = FIRST if origin is None else self._share_of(origin)
        self._inbound.put(Inbound(origin, requests, processed, share))

    def put_first(self, origin: Origin, request: Union[Command, Asked]) -> None:
        """Queue what the exchange itself has to say of `origin`: ahead of all that is asked, of nobody's share.

        For a thread that must not wait for the turn of somebody who has sent too much.
        """
        self._inbound.put(Inbound(origin, [request]))

    def carry_out(self, commands: Sequence[Command]) -> None:
        """Carry out commands of the exchange's own as one batch, at once, in the caller's thread.

        Only while the matching thread does not run: before `start`, or by whoever drives the exchange by hand.
        """
        self._matching.run_batch([Inbound(None, commands)])

    def serve(self, origin: Origin, requests: Sequence[Union[Command, Asked]]) -> None:
        """The same with what `origin` asks for."""
        self._matching.run_batch([Inbound(origin, requests)])

    def wait_s(self) -> Optional[float]:
        """In how many seconds to `bring_what_is_due`, so as not to be late; None: not before something happens."""
        return self._matching.wait_s()

    def bring_what_is_due(self) -> None:
        """Carry out what time has brought, at a start all that was missed.  Before `start`, as above."""
        self._matching.bring_what_is_due()

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
