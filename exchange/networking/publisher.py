"""Tells the clients what happened: each outcome of a batch to whom it concerns, and nobody else.

    private event ──► every connection of its user
    answer        ──► the connection that asked
    trade, book   ──► the subscribers of the feed
    login, ping … ──► carried out here: they concern connections, not the market

Lines are queued per connection while the batch is gone through and sent in one go at its end.  Market data of the
batch is queued before the first `pong`, so that a pong is a barrier (PROTOCOL 1), else at the end.

Called by the matching thread, once per batch, after its commands are durable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Optional, Protocol

from exchange.engine.checks import Refusal
from exchange.engine.engine import Engine
from exchange.engine.events import PRIVATE_EVENT_TYPES, Event, InstrumentListed, RejectCode
from exchange.engine.trade import Trade
from exchange.networking import protocol
from exchange.networking.connection import Connection
from exchange.networking.market_data import MarketData
from exchange.networking.protocol import Encoder
from exchange.networking.requests import (
    BadRequest,
    Disconnected,
    Login,
    Logout,
    Ping,
    Subscribe,
    Unsubscribe,
)
from exchange.networking.sessions import Sessions


class Outcome(Protocol):
    """One request of one connection and the events it led to."""

    @property
    def origin(self) -> Any: ...
    @property
    def request(self) -> Any: ...
    @property
    def events(self) -> Sequence[Event]: ...


class Publisher:
    """Sends outcomes.  Owns the sessions and the feeds; reads the engine, whose thread it runs in.

    `version` is what `logged_in` tells clients they talk to.
    """

    def __init__(self, engine: Engine, version: str) -> None:
        self._engine = engine
        self._version = version
        self._encoder = Encoder(engine.instruments())
        self._sessions = Sessions(engine.users())
        self._market_data = MarketData(engine.books, self._encoder, self._queue)
        # Every connection that has something queued in this batch, in the order of its first line.
        self._waiting: list[Connection] = []
        self._session_handlers: dict[type, Callable[[Connection, Any], None]] = {
            Login: self._login,
            Logout: self._logout,
            Ping: self._ping,
            Subscribe: self._subscribe,
            Unsubscribe: self._unsubscribe,
            Disconnected: self._disconnected,
        }

    def shows_state(self, request: object) -> bool:
        """Whether serving `request` reads the engine: it must be served before what came after it is processed."""
        return type(request) is Subscribe or type(request) is Login

    def publish(self, outcomes: Sequence[Outcome]) -> None:
        """Tell one batch.  Never waits for a client."""
        for outcome in outcomes:
            if outcome.events:
                self._tell(outcome.origin, outcome.events)
            else:
                self._serve(outcome.origin, outcome.request)
        self._market_data.flush()
        for connection in self._waiting:
            connection.flush()
        self._waiting.clear()

    def _queue(self, connection: Connection, line: bytes) -> None:
        if connection.queue(line):
            self._waiting.append(connection)

    def _tell(self, asker: Connection, events: Sequence[Event]) -> None:
        for event in events:
            kind = type(event)
            if kind in PRIVATE_EVENT_TYPES:
                connections = self._sessions.connections_of(event.user)  # type: ignore[union-attr]
                if connections:
                    line = self._encoder.encode(event)  # type: ignore[arg-type]
                    for connection in connections:
                        self._queue(connection, line)
            elif kind is Trade:
                self._market_data.tell_trade(event)  # type: ignore[arg-type]
            elif kind is InstrumentListed:
                symbol = event.symbol  # type: ignore[union-attr]
                self._encoder.add_instrument(self._engine.book(symbol).instrument)
            else:
                self._queue(asker, self._encoder.encode(event))  # type: ignore[arg-type]

    def _serve(self, connection: Connection, request: Any) -> None:
        """A request that is no engine command; one that was refused before it got here carries its own answer."""
        handler = self._session_handlers.get(type(request))
        if handler is not None:
            handler(connection, request)
        else:
            self._queue(connection, self._encoder.encode(request))

    def _login(self, connection: Connection, request: Login) -> None:
        refusal = self._sessions.login_refusal(connection, request.user)
        if refusal is not None:
            self._queue(connection, protocol.login_rejected(RejectCode.BAD_VALUE, refusal))
            self._disconnected(connection, request)
            connection.answer_login(None)
            return
        self._sessions.login(connection, request.user)
        next_seq = self._engine.last_seq(request.user) + 1
        instruments = self._engine.instruments()
        self._queue(connection, protocol.logged_in(request.user, next_seq, instruments, self._version))
        connection.answer_login(request.user)

    def _logout(self, connection: Connection, request: Logout) -> None:
        self._queue(connection, protocol.logged_out())
        self._disconnected(connection, request)

    def _disconnected(self, connection: Connection, _request: object) -> None:
        """Send what is queued for the connection, close it and forget it."""
        self._sessions.leave(connection)
        self._market_data.forget(connection)
        connection.finish()

    def _ping(self, connection: Connection, request: Ping) -> None:
        self._market_data.flush()
        self._queue(connection, protocol.pong(request.id))

    def _subscribe(self, connection: Connection, request: Subscribe) -> None:
        symbol = self._listed_symbol(connection, request.symbol)
        if symbol is not None:
            self._queue(connection, protocol.subscribed(request.channel, symbol))
            self._market_data.subscribe(connection, request.channel, symbol, request.depth)

    def _unsubscribe(self, connection: Connection, request: Unsubscribe) -> None:
        symbol = self._listed_symbol(connection, request.symbol)
        if symbol is not None:
            self._market_data.unsubscribe(connection, request.channel, symbol)
            self._queue(connection, protocol.unsubscribed(request.channel, symbol))

    def _listed_symbol(self, connection: Connection, symbol: Optional[str]) -> Optional[str]:
        """The symbol a subscription means; None after the client was told that there is none."""
        found = self._engine.find_book(symbol)
        if isinstance(found, Refusal):
            self._queue(connection, self._encoder.encode(BadRequest(found.code, found.text)))
            return None
        return found.instrument.symbol
