"""Counts what one simulated trader sends and hears over TCP.  For the thread of its bot."""

from __future__ import annotations

from collections.abc import Callable

from exchange.networking.tcp_client import Message
from exchange.simulation.counts import RequestKind, Tally
from exchange.simulation.order_desk import FAREWELL_CODES
from exchange.simulation.pending_requests import PendingRequests
from exchange.simulation.traders.run_state import Outage

KINDS = {
    "new_order": RequestKind.ORDER,
    "cancel_order": RequestKind.CANCEL,
    "replace_order": RequestKind.REPLACE,
}


class CountedLine:
    """A `LineWatch` that counts in `tally` and tells `outage` when the engine is away.

    What is sent again after a break counts again: the first time it was never answered.
    """

    def __init__(self, tally: Tally, outage: Outage, clock_ns: Callable[[], int]) -> None:
        self.tally = tally
        self.has_connected = False
        self._pending = PendingRequests(tally, clock_ns)
        self._outage = outage
        self._is_away = False

    def connected(self) -> None:
        """See `LineWatch`."""
        self.has_connected = True
        if self._is_away:
            self._is_away = False
            self._outage.end()

    def lost(self, reason: str) -> None:
        """See `LineWatch`."""
        self._pending.forget()
        self._is_away = True
        self._outage.begin(f"the engine is gone: {reason}")

    def sent(self, message: Message) -> None:
        """See `LineWatch`."""
        kind = KINDS.get(message["type"])
        if kind is not None:
            self._pending.note_sent(kind, message["client_order_id"])

    def heard(self, message: Message) -> None:
        """See `LineWatch`."""
        if message["type"] != "error" or message["code"] not in FAREWELL_CODES:
            self._pending.take(message)
