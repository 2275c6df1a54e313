"""Who is logged in on which connections.  Owned by the matching thread."""

from __future__ import annotations

from collections import deque

from exchange.engine.events import PrivateEvent
from exchange.networking.outbound.connection import Connection
from exchange.networking.publishing.missed_events import HeldEvents


class UserSession:
    """One user: every connection that speaks for them, and the events of theirs that are held, oldest first.

    Both in one place, because each private event needs both and is looked up once.
    """

    def __init__(self, held: deque[PrivateEvent]) -> None:
        self.connections: list[Connection] = []
        self.held = held


class Sessions:
    """All users who were heard of since the start.  A user may have several connections; each hears everything."""

    def __init__(self, held: HeldEvents) -> None:
        self._users: dict[str, UserSession] = {}
        self._held = held

    def of(self, user: str) -> UserSession:
        """The session of `user`, an empty one if there was none."""
        session = self._users.get(user)
        if session is None:
            session = self._users[user] = UserSession(self._held.of(user))
        return session

    def login(self, connection: Connection, user: str) -> None:
        """`connection` now speaks for `user`."""
        self.of(user).connections.append(connection)

    def leave(self, connection: Connection) -> None:
        """`connection` speaks for nobody any more."""
        if connection.user is not None:
            self.of(connection.user).connections.remove(connection)
            connection.user = None
