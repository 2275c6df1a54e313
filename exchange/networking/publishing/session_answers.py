"""Answers what a connection asks for itself: logout, ping, subscriptions; and the operator's list.

Called by the matching thread through the publisher, in the order of the requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional, TypeVar, Union

from exchange.engine.account import UserState
from exchange.engine.checks import Refusal
from exchange.engine.commands import GetPositions
from exchange.engine.engine import Engine
from exchange.engine.events import PositionsListed
from exchange.networking.operator.conversation import AnswerCollector
from exchange.networking.outbound.connection import Connection
from exchange.networking.publishing.connection_ends import ConnectionEnds
from exchange.networking.publishing.feeds import Feeds
from exchange.networking.publishing.login_answers import LoginAnswers
from exchange.networking.publishing.sessions import Sessions
from exchange.networking.wire import session_lines
from exchange.networking.wire.encode import Encoder
from exchange.networking.wire.requests import (
    CaughtUp,
    Channel,
    CheckedLogin,
    Disconnected,
    FillsFound,
    GetFills,
    ListEverything,
    Logout,
    Ping,
    Request,
    SessionRequest,
    Subscribe,
    Unsubscribe,
)

# Who may ask for something: a client, or an operator.
Asker = Union[Connection, AnswerCollector]
_Kind = TypeVar("_Kind", bound=SessionRequest)


class SessionAnswers:
    """One method for each kind of request; `send` queues a line for a connection."""

    def __init__(
        self,
        engine: Engine,
        sessions: Sessions,
        feeds: Feeds,
        logins: LoginAnswers,
        ends: ConnectionEnds,
        encoder: Encoder,
        send: Callable[[Asker, bytes], None],
    ) -> None:
        self._encoder = encoder
        self._engine = engine
        self._sessions = sessions
        self._feeds = feeds
        self._ends = ends
        self._send = send
        self._answers: dict[type, Callable[[Connection, Any], None]] = {}
        self._on(CheckedLogin, logins.answer)
        self._on(Logout, self._logout)
        self._on(Ping, self._ping)
        self._on(GetFills, self._get_fills)
        self._on(FillsFound, self._fills_found)
        self._on(Subscribe, self._subscribe)
        self._on(Unsubscribe, self._unsubscribe)
        self._on(Disconnected, self._disconnected)
        self._on(CaughtUp, self._caught_up)

    def _on(self, kind: type[_Kind], answer: Callable[[Connection, _Kind], None]) -> None:
        """Requests of this kind are answered by a method that takes just these."""
        self._answers[kind] = answer

    def answer(self, asker: Asker, request: Request) -> None:
        """Answer what is asked of a session; anything else is a bug."""
        if isinstance(asker, Connection):
            self._answers[type(request)](asker, request)
        else:
            assert type(request) is ListEverything, request
            self._list_everything(asker)

    def _logout(self, connection: Connection, _request: Logout) -> None:
        self._send(connection, session_lines.logged_out())
        self._ends.end(connection)

    def _disconnected(self, connection: Connection, _request: Disconnected) -> None:
        self._ends.reader_has_left(connection)

    def _ping(self, connection: Connection, request: Ping) -> None:
        self._feeds.bring_up_to_date(connection)
        self._send(connection, session_lines.pong(request.id))

    def _get_fills(self, connection: Connection, _request: GetFills) -> None:
        connection.give_turn()

    def _fills_found(self, connection: Connection, found: FillsFound) -> None:
        self._send(connection, self._encoder.encode(found))

    def _caught_up(self, _connection: Connection, _request: CaughtUp) -> None:
        """Nothing to say: the flush at the end of the batch finds who has caught up."""

    def _list_everything(self, operator: AnswerCollector) -> None:
        users: list[tuple[UserState, int, PositionsListed]] = []
        for state in self._engine.user_states():
            [holdings] = self._engine.process(GetPositions(state.user), 0)
            assert isinstance(holdings, PositionsListed)
            users.append((state, len(self._sessions.of(state.user).connections), holdings))
        phases = [(book.instrument.symbol, book.phase) for book in self._engine.books.values()]
        self._send(operator, self._encoder.everything(users, phases))

    def _subscribe(self, connection: Connection, request: Subscribe) -> None:
        channel, feeds = request.channel, self._feeds
        if channel is Channel.NEWS:
            self._send(connection, session_lines.subscribed(channel, None))
            feeds.subscribe_news(connection)
            return
        symbol = self._listed_symbol(connection, request.symbol)
        if symbol is None:
            return
        self._send(connection, session_lines.subscribed(channel, symbol))
        if channel is Channel.BOOK:
            feeds.subscribe_book(connection, symbol, request.depth)
        else:
            feeds.subscribe_trades(connection, symbol, request.last)

    def _unsubscribe(self, connection: Connection, request: Unsubscribe) -> None:
        channel, feeds = request.channel, self._feeds
        if channel is Channel.NEWS:
            feeds.unsubscribe_news(connection)
            self._send(connection, session_lines.unsubscribed(channel, None))
            return
        symbol = self._listed_symbol(connection, request.symbol)
        if symbol is None:
            return
        if channel is Channel.BOOK:
            feeds.unsubscribe_book(connection, symbol)
        else:
            feeds.unsubscribe_trades(connection, symbol)
        self._send(connection, session_lines.unsubscribed(channel, symbol))

    def _listed_symbol(self, connection: Connection, symbol: Optional[str]) -> Optional[str]:
        """The symbol a subscription means; None after the client was told that there is none."""
        found = self._engine.find_book(symbol)
        if isinstance(found, Refusal):
            self._send(connection, session_lines.error(found.code, found.text))
            return None
        return found.instrument.symbol
