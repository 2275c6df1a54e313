"""The last word on a login, when it has its turn in the matching thread.

`inbound.login_check` has looked at it before, in the thread that read it, because a token and the past take
milliseconds to check.  Meanwhile the market went on, so what may have changed is asked again here.
"""

from __future__ import annotations

from typing import Optional

from exchange.engine.engine import Engine
from exchange.engine.words import RejectCode
from exchange.networking.outbound.connection import Connection, SendLine
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.outbound.long_answers import LongAnswers
from exchange.networking.publishing.connection_ends import ConnectionEnds
from exchange.networking.publishing.missed_events import MissedEvents, ToldAgain
from exchange.networking.publishing.sessions import Sessions
from exchange.networking.wire import session_lines
from exchange.networking.wire.encode import ROWS_IN_A_PIECE
from exchange.networking.wire.requests import BadRequest, CheckedLogin


class LoginAnswers:
    """Lets a checked login in or turns it away.  `identity` is what `logged_in` says of the exchange."""

    def __init__(
        self,
        engine: Engine,
        identity: session_lines.Identity,
        sessions: Sessions,
        missed_events: MissedEvents,
        heartbeats: Heartbeats,
        long_answers: LongAnswers,
        ends: ConnectionEnds,
        send: SendLine,
    ) -> None:
        self._engine = engine
        self._identity = identity
        self._sessions = sessions
        self._missed_events = missed_events
        self._heartbeats = heartbeats
        self._long_answers = long_answers
        self._ends = ends
        self._send = send

    def answer(self, connection: Connection, checked: CheckedLogin) -> None:
        """Say `logged_in` and what was missed, or `login_rejected` and close the connection."""
        refusal = checked.refusal or self._late_refusal(checked)
        if refusal is None:
            self._let_in(connection, checked)
        else:
            self._send(connection, session_lines.login_rejected(refusal.code, refusal.text))
            self._ends.end(connection)
            connection.answer_login(None)

    def _let_in(self, connection: Connection, checked: CheckedLogin) -> None:
        login = checked.login
        connection.expect_heartbeats(login.heartbeat_s)
        if login.heartbeat_s:
            self._heartbeats.watch(connection)
        self._sessions.login(connection, login.user)
        self._send(connection, self._logged_in(checked))
        if login.last_seq is not None:
            self._tell_again(
                connection, self._missed_events.told_again(login.user, login.last_seq, checked.past_events)
            )
        # Last, since the reader, which waits for this, then reads on and may find the connection's end.
        connection.answer_login(login.user)

    def _tell_again(self, connection: Connection, told: ToldAgain) -> None:
        if told.line_count > ROWS_IN_A_PIECE:
            self._long_answers.queue(connection, told.pieces)
        else:
            for piece in told.pieces:
                self._send(connection, piece)

    def _logged_in(self, checked: CheckedLogin) -> bytes:
        user = checked.login.user
        return session_lines.logged_in(
            user,
            self._engine.last_seq(user) + 1,
            [(book.instrument, book.phase) for book in self._engine.books.values()],
            self._identity,
            checked.new_token,
        )

    def _late_refusal(self, checked: CheckedLogin) -> Optional[BadRequest]:
        """What only the matching thread can know, because others had their turn since the login was checked."""
        login = checked.login
        known = self._engine.known_name(login.user)
        if known != login.user:
            text = f"user {login.user}: differs only by letter case from {known}, who is already here"
            return BadRequest(RejectCode.BAD_VALUE, text)
        if self._engine.credential(login.user) != checked.credential:
            text = f"user {login.user}: the name was claimed or reset by somebody else this very moment"
            return BadRequest(RejectCode.BAD_TOKEN, text)
        # Who has just claimed the name must be let in, whatever is known of the past: the token is told only once.
        if checked.new_token is not None or login.last_seq is None:
            return None
        if self._missed_events.are_out_of_reach(login.user, login.last_seq, checked.past_events):
            text = f"last_seq {login.last_seq}: too much happened while it was looked up; log in again"
            return BadRequest(RejectCode.BAD_VALUE, text)
        return None
