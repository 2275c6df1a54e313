"""Sends what the recorded flow asks for and finds out what became of each.

It decides nothing, and only writes to the socket: whoever owns it reads, and hands every message to `take`.
"""

from __future__ import annotations

from collections.abc import Callable

from exchange.laboratory.flow.order_intents import Cancel, Intent, Place
from exchange.networking.tcp_client import Message, MessageClient
from exchange.simulation.counts import RequestKind, Tally
from exchange.simulation.errors import EngineGoneError
from exchange.simulation.pending_requests import FAREWELL_CODES, PendingRequests
from exchange.simulation.traded_instrument import TradedInstrument


class OrderDesk:
    """One user's requests on `client`, at most `window` of them unanswered.  Belongs to the user's thread.

    `clock_ns` is monotonic; `tally` is counted up.
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
        self._window = window
        self._pending = PendingRequests(tally, clock_ns)

    @property
    def pending_count(self) -> int:
        """Requests without an answer."""
        return len(self._pending)

    def send(self, intent: Intent) -> str:
        """Send the request; returns the client order id it is about.  Raises ConnectionLost."""
        assert self.pending_count < self._window, "more requests than the window allows"
        kind, client_order_id = self._send(intent)
        self._pending.note_sent(kind, client_order_id)
        return client_order_id

    def take(self, message: Message) -> None:
        """Count what a message of the engine says.  Raises EngineGoneError if it is a farewell."""
        if message["type"] == "error" and message["code"] in FAREWELL_CODES:
            raise EngineGoneError(f"the engine closed the connection: {message['text']}")
        self._pending.take(message)

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
