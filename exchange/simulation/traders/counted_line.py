"""Counts what one simulated trader sends and hears over TCP, and ends it.  For the thread of its bot."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from exchange.networking.tcp_client import Message
from exchange.simulation.counts import RequestKind, Tally
from exchange.simulation.pending_requests import FAREWELL_CODES, PendingRequests
from exchange.simulation.traders.notices import Outage
from exchange.simulation.traders.request_budget import RequestBudget

KINDS = {
    "new_order": RequestKind.ORDER,
    "cancel_order": RequestKind.CANCEL,
    "replace_order": RequestKind.REPLACE,
}


def _nobody() -> None:
    """Where nobody waits for answers."""


class CountedLine:
    """A `LineWatch`: counts in `tally`, sends what `budget` grants, tells `outage` when the engine is away.

    What is sent again after a break counts again: the first time it was never answered.  `on_answered` is called
    when nothing waits for an answer any more, also because a break has made all answers impossible.
    """

    def __init__(self, tally: Tally, budget: RequestBudget, outage: Outage, clock_ns: Callable[[], int]) -> None:
        self.tally = tally
        self.on_answered: Callable[[], None] = _nobody
        self.is_connected = True
        self._budget = budget
        self._pending = PendingRequests(tally, clock_ns)
        self._outage = outage

    @property
    def sent_count(self) -> int:
        """All requests so far."""
        return self.tally.sent_count

    @property
    def pending_count(self) -> int:
        """Those without an answer.  May be read by any thread."""
        return len(self._pending)

    def connected(self) -> None:
        """See `LineWatch`."""
        if not self.is_connected:
            self.is_connected = True
            self._outage.end()
            self.on_answered()

    def lost(self, reason: str) -> None:
        """See `LineWatch`."""
        self.is_connected = False
        self._pending.forget()
        self._outage.begin(f"the engine is gone: {reason}")

    def may_send(self, message: Message) -> bool:
        """See `LineWatch`."""
        kind = KINDS.get(message["type"])
        if kind is None:
            return True
        return self._budget.spend(partial(self._pending.note_sent, kind, message["client_order_id"]))

    def heard(self, message: Message) -> None:
        """See `LineWatch`."""
        if message["type"] == "error" and message["code"] in FAREWELL_CODES:
            return
        pending_count = len(self._pending)
        self._pending.take(message)
        if pending_count and not self._pending:
            self.on_answered()
