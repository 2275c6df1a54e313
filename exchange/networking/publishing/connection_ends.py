"""What ends with a connection: its session, its feeds, its heartbeats, and the orders that were to end with it.

Canceling orders is the engine's to do.  So an end only notes the cancel, as a *follow-up*: the matching thread
takes the follow-ups when a batch has been told and carries them out as a batch of their own, which is journaled
like any other.  Called by the matching thread.
"""

from __future__ import annotations

from exchange.engine.commands import CancelOrders, Command
from exchange.engine.events import OrderAccepted
from exchange.engine.words import CancelReason, RejectCode
from exchange.networking.outbound.connection import Connection, SendLine
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.publishing.feeds import Feeds
from exchange.networking.publishing.sessions import Sessions
from exchange.networking.wire import session_lines


class ConnectionEnds:
    """Ends connections, and remembers until then what must end with them."""

    def __init__(self, sessions: Sessions, feeds: Feeds, heartbeats: Heartbeats, send: SendLine) -> None:
        self._sessions = sessions
        self._feeds = feeds
        self._heartbeats = heartbeats
        self._send = send
        self._follow_ups: list[Command] = []
        # Connections whose user's token was reset.  They are closed, but what their readers have put into the
        # queue before they noticed is still to come and must not be carried out.
        self._void: set[Connection] = set()

    def note_entered(self, connection: Connection, event: OrderAccepted) -> None:
        """An order is in that ends with `connection`."""
        connection.entered_order_ids.add(event.order_id)

    def end(self, connection: Connection) -> None:
        """Send what is queued for `connection`, close it, forget it; its orders go if it said so.

        No harm if it has ended already.
        """
        if connection.user is not None and connection.entered_order_ids:
            order_ids = tuple(sorted(connection.entered_order_ids))
            self._follow_ups.append(CancelOrders(connection.user, order_ids, CancelReason.DISCONNECTED))
            connection.entered_order_ids.clear()
        self._sessions.leave(connection)
        self._feeds.forget(connection)
        self._heartbeats.forget(connection)
        connection.finish()

    def reader_has_left(self, connection: Connection) -> None:
        """The last that will ever come from `connection` is here."""
        self.end(connection)
        self._void.discard(connection)

    def end_sessions(self, user: str) -> None:
        """Nobody who is logged in as `user` may speak for them any more: their token is void."""
        for connection in list(self._sessions.of(user).connections):
            self._send(connection, session_lines.error(RejectCode.BAD_TOKEN, f"user {user}: the token was reset"))
            self.end(connection)
            self._void.add(connection)

    def admits(self, origin: object) -> bool:
        """Whether what comes from `origin` may still be carried out: not behind the reset of its user's token."""
        return origin not in self._void

    def take_follow_ups(self) -> list[Command]:
        """The commands that became necessary since this was last called."""
        follow_ups, self._follow_ups = self._follow_ups, []
        return follow_ups
