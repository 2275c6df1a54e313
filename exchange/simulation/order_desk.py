"""Sends a trader's intents and finds out what became of each.

Which answer belongs to which request?  Requests of one connection are answered in the order sent, so the answer is
always to the oldest one that waits: `_pending` is that queue.  An event that names another order than the oldest
request does, or of a type that can't answer it (a fill, the remainder of an IOC order), answers nothing.

It decides nothing, and only writes to the socket: whoever owns it reads, and hands every message to `take`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Optional

from exchange.laboratory.flow.order_intents import Cancel, Intent, Place
from exchange.networking.tcp_client import (
    Message,
    MessageClient,
)
from exchange.simulation.counts import RequestKind, Tally
from exchange.simulation.errors import EngineGoneError
from exchange.simulation.traded_instrument import TradedInstrument

ANSWERS: dict[RequestKind, frozenset[str]] = {
    RequestKind.ORDER: frozenset({"order_accepted", "order_rejected"}),
    RequestKind.CANCEL: frozenset({"order_canceled", "cancel_rejected"}),
    # A new total that has been executed already ends the order.
    RequestKind.REPLACE: frozenset({"order_replaced", "order_canceled", "replace_rejected"}),
}
# An `error` with one of these is about the connection, not about a request.
FAREWELL_CODES = frozenset({"ENGINE_STOPPING", "SLOW_CONSUMER"})


class PendingRequest(NamedTuple):
    """A request that was sent and not yet answered; `sent_ns` is the desk's clock."""

    kind: RequestKind
    client_order_id: str
    sent_ns: int

    def is_answered_by(self, message: Message) -> bool:
        """Whether `message`, the next of its connection, is the answer, if this is the oldest request."""
        if message["type"] == "error":
            return True
        return message["type"] in ANSWERS[self.kind] and message.get("client_order_id") == self.client_order_id


class OrderDesk:
    """One user's requests on `client`, at most `window` of them unanswered.  Belongs to the user's thread.

    `clock_ns` is monotonic; `counts` is counted up.
    """

    def __init__(
        self,
        client: MessageClient,
        instrument: TradedInstrument,
        tally: Tally,
        window: int,
        clock_ns: Callable[[], int],
    ) -> None:
        self._client = client
        self._instrument = instrument
        self._tally = tally
        self._window = window
        self._clock_ns = clock_ns
        self._pending: deque[PendingRequest] = deque()
        # The number of the last private event; the next login is told what came after it.
        self.last_seq: Optional[int] = None

    def move_to(self, client: MessageClient) -> None:
        """Go on with another connection of the same user.  What the lost one has not answered never will be."""
        self._client = client
        self._pending.clear()

    @property
    def pending_count(self) -> int:
        """Requests without an answer."""
        return len(self._pending)

    @property
    def room(self) -> int:
        """How many more may be sent now."""
        return self._window - len(self._pending)

    def send(self, intent: Intent) -> str:
        """Send the request; returns the client order id it is about.  Raises ConnectionLost."""
        assert self.room > 0, "more requests than the window allows"
        kind, client_order_id = self._send(intent)
        self._pending.append(PendingRequest(kind, client_order_id, self._clock_ns()))
        self._tally.sent[kind] += 1
        self._tally.sent_count += 1
        return client_order_id

    def take(self, message: Message) -> None:
        """Count what a message of the engine says.  Raises EngineGoneError if it is a farewell."""
        kind = message["type"]
        self.last_seq = message.get("seq", self.last_seq)
        if kind == "order_executed":
            self._tally.fill_count += 1
            self._tally.trade_count += self._tally.trades.is_new(message["trade_id"])
        elif kind == "error" and message["code"] in FAREWELL_CODES:
            raise EngineGoneError(f"the engine closed the connection: {message['text']}")
        elif self._pending and self._pending[0].is_answered_by(message):
            self._count_answer(message)

    def _count_answer(self, message: Message) -> None:
        request = self._pending.popleft()
        self._tally.latencies.add(self._clock_ns() - request.sent_ns)
        if "code" in message:
            self._tally.rejected[message["code"]] += 1
        else:
            self._tally.accepted_count += 1

    def _send(self, intent: Intent) -> tuple[RequestKind, str]:
        if isinstance(intent, Place):
            return RequestKind.ORDER, self._send_order(intent)
        if isinstance(intent, Cancel):
            self._client.send_cancel(client_order_id=intent.client_order_id)
            return RequestKind.CANCEL, intent.client_order_id
        price = None if intent.price is None else self._instrument.price(intent.price)
        self._client.send_replace(client_order_id=intent.client_order_id, price=price, quantity=intent.quantity)
        return RequestKind.REPLACE, intent.client_order_id

    def _send_order(self, intent: Place) -> str:
        return self._client.send_order(
            intent.side,
            intent.quantity,
            None if intent.price is None else self._instrument.price(intent.price),
            symbol=self._instrument.symbol,
            time_in_force=intent.time_in_force,
            self_trade_prevention=intent.self_trade_prevention,
            client_order_id=intent.client_order_id,
        )
