"""Carries out what a connection asks for itself: login, logout, ping, subscriptions, and its end.

Called by the matching thread through the publisher, in the order of the requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

from exchange.engine.checks import Refusal
from exchange.engine.commands import CancelOrders, Command, GetOrders, GetPositions
from exchange.engine.engine import Engine
from exchange.engine.events import CancelReason, OrderAccepted, RejectCode
from exchange.networking.outbound.connection import Connection
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.publishing.feeds import MarketData
from exchange.networking.publishing.sessions import Sessions
from exchange.networking.wire import session_lines
from exchange.networking.wire.encode import Encoder
from exchange.networking.wire.requests import (
    BadRequest,
    CaughtUp,
    CheckedLogin,
    Disconnected,
    ListEverything,
    Login,
    Logout,
    MissedFills,
    Ping,
    Subscribe,
    Unsubscribe,
)

Send = Callable[[Connection, bytes], None]


class SessionDesk:
    """Serves session requests.  `send` queues a line for a connection; `version` is told at login."""

    def __init__(
        self,
        engine: Engine,
        sessions: Sessions,
        market_data: MarketData,
        heartbeats: Heartbeats,
        encoder: Encoder,
        version: str,
        send: Send,
    ) -> None:
        self._engine = engine
        self._sessions = sessions
        self._market_data = market_data
        self._heartbeats = heartbeats
        self._encoder = encoder
        self._version = version
        self._send = send
        self._follow_ups: list[Command] = []
        # Connections whose user's token was reset; what their readers have put into the queue is still to come.
        self._void: set[Connection] = set()
        self._handlers: dict[type, Callable[[Connection, Any], None]] = {
            CheckedLogin: self._login,
            Logout: self._logout,
            Ping: self._ping,
            Subscribe: self._subscribe,
            Unsubscribe: self._unsubscribe,
            Disconnected: self._left,
            CaughtUp: self._caught_up,
            ListEverything: self._list_everything,
        }

    def serve(self, connection: Connection, request: object) -> bool:
        """Carry out `request`; False if it is none of this desk's."""
        handler = self._handlers.get(type(request))
        if handler is None:
            return False
        handler(connection, request)
        return True

    def take_follow_ups(self) -> list[Command]:
        """The commands that became necessary since this was last called."""
        follow_ups, self._follow_ups = self._follow_ups, []
        return follow_ups

    # --- login -------------------------------------------------------------------------------------------

    def _login(self, connection: Connection, request: CheckedLogin) -> None:
        login = request.login
        refusal = request.refusal or self._late_refusal(request)
        if refusal is not None:
            self._send(connection, session_lines.login_rejected(refusal.code, refusal.text))
            self._disconnected(connection, request)
            connection.answer_login(None)
            return
        connection.expect_heartbeats(login.heartbeat_s)
        if login.heartbeat_s:
            self._heartbeats.watch(connection)
        self._sessions.login(connection, login.user)
        self._send(connection, self._logged_in(request))
        if login.last_seq is not None:
            self._tell_missed(connection, login.user, login.last_seq, request.missed_fills)
        connection.answer_login(login.user)

    def _logged_in(self, request: CheckedLogin) -> bytes:
        user = request.login.user
        books = self._engine.books.values()
        return session_lines.logged_in(
            user,
            self._engine.last_seq(user) + 1,
            [(book.instrument, book.phase) for book in books],
            self._version,
            request.new_token,
        )

    def _late_refusal(self, request: CheckedLogin) -> Optional[BadRequest]:
        """What only the matching thread can know: the door looked before the login had its turn."""
        login, made = request.login, request.new_token
        known = self._engine.known_name(login.user)
        if known != login.user:
            text = f"user {login.user}: differs only by letter case from {known}, who is already here"
            return BadRequest(RejectCode.BAD_VALUE, text)
        if self._engine.credential(login.user) != request.credential:
            text = f"user {login.user}: the name was claimed or reset by somebody else this very moment"
            return BadRequest(RejectCode.BAD_TOKEN, text)
        # Who has just claimed the name must hear the token, whatever else is known of the past.
        return None if made is not None else self._refuse_last_seq(login, request.missed_fills)

    def _refuse_last_seq(self, login: Login, missed: Optional[MissedFills]) -> Optional[BadRequest]:
        if login.last_seq is None:
            return None
        last_seq = self._engine.last_seq(login.user)
        known_until = missed.last_seq if missed is not None else login.last_seq
        if self._sessions.first_held_seq(login.user, last_seq) > known_until + 1:
            text = f"last_seq {login.last_seq}: too much happened while it was looked up; log in again"
            return BadRequest(RejectCode.BAD_VALUE, text)
        return None

    def _tell_missed(
        self, connection: Connection, user: str, client_seq: int, missed: Optional[MissedFills]
    ) -> None:
        """Tell again what the client missed: every event if all are held, else its state and every fill."""
        last_seq = self._engine.last_seq(user)
        if missed is None and self._sessions.first_held_seq(user, last_seq) > client_seq + 1:
            missed = MissedFills((), client_seq)
        if missed is None:
            for event in self._sessions.held_since(user, client_seq + 1):
                self._send(connection, event.line)
            return
        self._send(connection, session_lines.gap(client_seq + 1, last_seq))
        for question in (GetOrders(user), GetPositions(user)):
            for answer in self._engine.process(question, 0):
                self._send(connection, self._encoder.encode(answer))  # type: ignore[arg-type]
        for fill in missed.fills:
            self._send(connection, self._encoder.encode(fill))
        for event in self._sessions.held_since(user, missed.last_seq + 1):
            if event.is_fill:
                self._send(connection, event.line)

    # --- what ends with a connection ---------------------------------------------------------------------

    def note_entered(self, connection: Connection, event: OrderAccepted) -> None:
        """An order is in that ends with `connection`."""
        connection.entered_order_ids.add(event.order_id)

    def _cancel_lost(self, user: str, order_ids: tuple[int, ...]) -> None:
        self._follow_ups.append(CancelOrders(user, order_ids, CancelReason.DISCONNECTED))

    # --- the rest ----------------------------------------------------------------------------------------

    def _logout(self, connection: Connection, request: Logout) -> None:
        self._send(connection, session_lines.logged_out())
        self._disconnected(connection, request)

    def _left(self, connection: Connection, request: Disconnected) -> None:
        """The connection's last request."""
        self._disconnected(connection, request)
        self._void.discard(connection)

    def _disconnected(self, connection: Connection, _request: object) -> None:
        """Send what is queued for the connection, close it, forget it; its orders go if it said so."""
        if connection.user is not None and connection.entered_order_ids:
            self._cancel_lost(connection.user, tuple(sorted(connection.entered_order_ids)))
            connection.entered_order_ids.clear()
        self._sessions.leave(connection)
        self._market_data.forget(connection)
        self._heartbeats.forget(connection)
        connection.finish()

    def end_sessions(self, user: str) -> None:
        """Nobody who is logged in as `user` may speak for them any more: their token is void."""
        for connection in list(self._sessions.of(user).connections):
            self._send(connection, session_lines.error(RejectCode.BAD_TOKEN, f"user {user}: the token was reset"))
            self._disconnected(connection, None)
            self._void.add(connection)

    def admits(self, origin: object) -> bool:
        """Whether what comes from `origin` may still be carried out: not behind the reset of its user's token."""
        return origin not in self._void

    def _ping(self, connection: Connection, request: Ping) -> None:
        self._market_data.bring_up_to_date(connection)
        self._send(connection, session_lines.pong(request.id))

    def _caught_up(self, _connection: Connection, _request: CaughtUp) -> None:
        """Nothing to say: the flush at the end of the batch finds who has caught up."""

    def _list_everything(self, operator: Connection, _request: ListEverything) -> None:
        users = [
            (state, len(self._sessions.of(state.user).connections)) for state in self._engine.user_states()
        ]
        books = self._engine.books.values()
        phases = [(book.instrument.symbol, book.phase) for book in books]
        self._send(operator, session_lines.everything(users, phases))

    def _subscribe(self, connection: Connection, request: Subscribe) -> None:
        symbol = self._listed_symbol(connection, request.symbol)
        if symbol is not None:
            self._send(connection, session_lines.subscribed(request.channel, symbol))
            self._market_data.subscribe(connection, request.channel, symbol, request.depth)

    def _unsubscribe(self, connection: Connection, request: Unsubscribe) -> None:
        symbol = self._listed_symbol(connection, request.symbol)
        if symbol is not None:
            self._market_data.unsubscribe(connection, request.channel, symbol)
            self._send(connection, session_lines.unsubscribed(request.channel, symbol))

    def _listed_symbol(self, connection: Connection, symbol: Optional[str]) -> Optional[str]:
        """The symbol a subscription means; None after the client was told that there is none."""
        found = self._engine.find_book(symbol)
        if isinstance(found, Refusal):
            self._send(connection, session_lines.error(found.code, found.text))
            return None
        return found.instrument.symbol
