"""One participant's session: what it asks is on its way to the exchange, what it is told on its way back.

    participant ──send──► line, latency ──► market (checks it, has it carried out)
    participant ◄─hear─── line, latency ◄── announcer tells it

The rules are those of a connection that is logged in: requests are handled in the order sent, a `logout` ends it,
and orders that end with it are canceled then.  All that one request led to arrives together.
"""

from __future__ import annotations

from collections.abc import Callable

from exchange.engine.commands import NewOrder
from exchange.laboratory.venue.latency import Latency, Line, random_stream
from exchange.laboratory.venue.request_check import request_of
from exchange.laboratory.venue.scheduler import Scheduler
from exchange.networking.client.message_json import Message
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.wire.requests import CancelOnDisconnect, Disconnected, Request

Hear = Callable[[TypedEvent], None]


def _pass_over(_event: TypedEvent) -> None:
    """Who has nobody to hear for it."""


def _end_quietly() -> None:
    """Who needs not be told of its end."""


class MarketSession:
    """`user` is logged in from the start.

    `hear` is called for each thing it is told, when that arrives (or in its place `hear_all` for all that arrives
    together); `on_closed` when the exchange has ended the session.  They may be set once it is there.  `rank`
    decides who comes first of two at the same moment.
    """

    def __init__(
        self,
        user: str,
        rank: int,
        scheduler: Scheduler,
        take: Callable[[MarketSession, Request], None],
        latency: Latency,
        seed: int,
        cancel_on_disconnect: CancelOnDisconnect,
    ) -> None:
        """`take` is the market's: it carries out what has arrived."""
        self.user = user
        self.rank = rank
        self.hear: Hear = _pass_over
        self.hear_all: Callable[[list[TypedEvent]], None] = self._hear_each
        self.on_closed: Callable[[], None] = _end_quietly
        # The announcer's: hears when there is something to `flush`.
        self.on_first_told: Callable[[MarketSession], None] = lambda _session: None
        self.is_open = True
        # Live orders that are canceled when the session ends.
        self.entered_order_ids: set[int] = set()
        self._scheduler = scheduler
        self._take = take
        self.cancel_on_disconnect = cancel_on_disconnect
        draw = random_stream(seed, user)
        self._out = Line(latency.to_exchange_ns, latency.jitter_ns, draw)
        self._back = Line(latency.to_participant_ns, latency.jitter_ns, draw)
        # What it is told of the request that is being carried out.
        self._told: list[TypedEvent] = []

    def now_ns(self) -> int:
        """The time, in ns since the Unix epoch."""
        return self._scheduler.clock.now_ns

    def send(self, message: Message) -> None:
        """Ask for something: a dict with the field names of PROTOCOL.md.  Raises what `request_of` does."""
        self._send(request_of(message, self.user))

    def hang_up(self) -> None:
        """End the session, behind all that was sent; nothing more is heard."""
        self.hear, self.hear_all, self.on_closed = _pass_over, self._hear_each, _end_quietly
        self._send(Disconnected())

    def _send(self, request: Request) -> None:
        self._scheduler.put(self._out.arrival_ns(self.now_ns()), self.rank, lambda: self._take(self, request))

    def as_of_this_session(self, request: Request) -> Request:
        """The request; an order that ends with this session says so."""
        if self.cancel_on_disconnect is CancelOnDisconnect.NONE or type(request) is not NewOrder:
            return request
        covered = self.cancel_on_disconnect.covers(request.terms.time_in_force)
        return request._replace(ends_with_connection=covered)

    def tell(self, event: TypedEvent) -> None:
        """Have `event` told with all else that this request leads to."""
        if not self._told:
            self.on_first_told(self)
        self._told.append(event)

    def flush(self) -> None:
        """Send what was told on its way."""
        told = self._told
        if told:
            self._told = []
            scheduler = self._scheduler
            arrival_ns = self._back.arrival_ns(scheduler.clock.now_ns)
            scheduler.put(arrival_ns, self.rank, lambda: self.hear_all(told))

    def close(self) -> None:
        """The exchange ends the session; what is on its way back arrives before the participant learns of it."""
        self.flush()
        self.is_open = False
        self._scheduler.put(self._back.arrival_ns(self.now_ns()), self.rank, lambda: self.on_closed())

    def _hear_each(self, told: list[TypedEvent]) -> None:
        hear = self.hear
        for event in told:
            hear(event)
