"""What leads a client of the client library to a market on a virtual clock, in place of a socket.

Who waits for a message makes time pass: the market goes on until the message is there or the time to wait is over.
So the whole client library works on it, the same class with the same methods.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Optional

from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.event_messages import message_of
from exchange.laboratory.venue.session import MarketSession
from exchange.networking.client.errors import ConnectionLost
from exchange.networking.client.exchange_client import ExchangeClient
from exchange.networking.client.message_json import Message
from exchange.networking.client.message_to_event import TypedEvent
from exchange.utils.helpers import NS_PER_S

# In seconds of the market: an answer that is not there by then never comes.
ANSWER_S = 10.0


class MarketConnection:
    """A session as a connection.  Deadlines are by the market's `clock.elapsed_s`."""

    def __init__(self, market: VirtualMarket, session: MarketSession) -> None:
        self._market = market
        self._session = session
        self._messages: deque[Message] = deque()
        self._batch: Optional[list[Message]] = None
        self._sent_count = 0
        self._is_open = True
        session.hear = self._hear
        session.on_closed = self._end

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return self._is_open

    @property
    def sent_count(self) -> int:
        """How many messages were given to `send` so far."""
        return self._sent_count

    def fileno(self) -> int:
        """There is no descriptor."""
        return -1

    def send(self, messages: Sequence[Message]) -> int:
        """Send the messages, or add them to the open batch.  Raises ConnectionLost."""
        self._sent_count += len(messages)
        if self._batch is not None:
            self._batch += messages
        else:
            self._send(messages)
        return self._sent_count

    def start_batch(self) -> None:
        """From now on `send` collects."""
        self._batch = []

    def end_batch(self, *, is_dropped: bool) -> None:
        """Send what was collected, or drop it, and stop collecting."""
        batch, self._batch = self._batch or [], None
        if not is_dropped:
            self._send(batch)

    def flush_batch(self) -> None:
        """Send what was collected so far, and go on collecting."""
        if self._batch:
            batch, self._batch = self._batch, []
            self._send(batch)

    def receive(self, deadline: Optional[float]) -> Optional[Message]:
        """The next message; the market goes on until it is there, or it is `deadline`.

        None: it is, or (without a deadline) nothing will ever happen.  Raises ConnectionLost behind the last.
        """
        market, scheduler = self._market, self._market.scheduler
        until_ns = None if deadline is None else market.clock.start_ns + math.ceil(deadline * NS_PER_S)
        while not self._messages:
            if not self._is_open:
                raise ConnectionLost("the exchange has ended the session")
            next_ns = scheduler.next_ns
            if next_ns is None or (until_ns is not None and next_ns > until_ns):
                if until_ns is not None:
                    market.run_until(until_ns)
                return None
            scheduler.step()
        return self._messages.popleft()

    def close(self) -> None:
        """Log out, as a connection that ends does; nothing more is heard."""
        if self._is_open:
            self._is_open = False
            self._session.hang_up()

    def _send(self, messages: Sequence[Message]) -> None:
        if not self._is_open:
            raise ConnectionLost("the session has ended")
        for message in messages:
            self._session.send(message)

    def _hear(self, event: TypedEvent) -> None:
        self._messages.append(message_of(event))

    def _end(self) -> None:
        self._is_open = False


def connected_client(market: VirtualMarket, session: MarketSession) -> ExchangeClient:
    """The client library's own client, logged in as the session's user."""
    id_prefix = f"{session.rank}-"
    client = ExchangeClient(MarketConnection(market, session), id_prefix, ANSWER_S, market.clock.elapsed_s)
    client.login(session.user)
    return client
