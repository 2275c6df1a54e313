"""Which answer belongs to which request, and the counts that come of it.

Requests of one connection are answered in the order sent, so the answer is always to the oldest one that waits.
An event that names another order than the oldest request does, or of a type that can't answer it (a fill, the
remainder of an IOC order), answers nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from exchange.networking.tcp_client import Message
from exchange.simulation.counts import RequestKind, Tally

# An `error` with one of these is about the connection, not about a request.
FAREWELL_CODES = frozenset({"ENGINE_STOPPING", "SLOW_CONSUMER"})
ANSWERS: dict[RequestKind, frozenset[str]] = {
    RequestKind.ORDER: frozenset({"order_accepted", "order_rejected"}),
    RequestKind.CANCEL: frozenset({"order_canceled", "cancel_rejected"}),
    # A new total that has been executed already ends the order.
    RequestKind.REPLACE: frozenset({"order_replaced", "order_canceled", "replace_rejected"}),
}


class PendingRequest(NamedTuple):
    """A request that was sent and not yet answered; `sent_ns` is the counter's clock."""

    kind: RequestKind
    client_order_id: str
    sent_ns: int

    def is_answered_by(self, message: Message) -> bool:
        """Whether `message`, the next of its connection, is the answer, if this is the oldest request."""
        if message["type"] == "error":
            return True
        return message["type"] in ANSWERS[self.kind] and message.get("client_order_id") == self.client_order_id


class PendingRequests:
    """One connection's requests without an answer.  `clock_ns` is monotonic; `tally` is counted up."""

    def __init__(self, tally: Tally, clock_ns: Callable[[], int]) -> None:
        self._tally = tally
        self._clock_ns = clock_ns
        self._pending: deque[PendingRequest] = deque()

    def __len__(self) -> int:
        return len(self._pending)

    def forget(self) -> None:
        """The connection is gone: what it has not answered it never will."""
        self._pending.clear()

    def note_sent(self, kind: RequestKind, client_order_id: str) -> None:
        """Count a request that was just sent."""
        self._pending.append(PendingRequest(kind, client_order_id, self._clock_ns()))
        self._tally.sent[kind] += 1
        self._tally.sent_count += 1

    def take(self, message: Message) -> None:
        """Count what a message of the engine says."""
        if message["type"] == "order_executed":
            self._tally.fill_count += 1
            self._tally.trade_count += self._tally.trades.is_new(message["trade_id"])
        elif self._pending and self._pending[0].is_answered_by(message):
            self._count_answer(message)

    def _count_answer(self, message: Message) -> None:
        request = self._pending.popleft()
        self._tally.latencies.add(self._clock_ns() - request.sent_ns)
        if "code" in message:
            self._tally.rejected[message["code"]] += 1
        else:
            self._tally.accepted_count += 1
