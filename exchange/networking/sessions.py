"""Who is logged in on which connections.  Owned by the matching thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from exchange.networking.connection import Connection


class Sessions:
    """The users and their connections.  A user may have several; each hears all of that user's events."""

    def __init__(self, users: Iterable[str]) -> None:
        self._connections: dict[str, list[Connection]] = {}
        # By casefolded name, so that no two users differ by letter case alone (PROTOCOL 1).
        self._names = {user.casefold(): user for user in users}

    def login_refusal(self, connection: Connection, user: str) -> Optional[str]:
        """Why `user` can't log in on `connection`; None if they can."""
        if connection.user is not None:
            return f"user {user}: this connection is logged in as {connection.user}; log out first"
        known = self._names.get(user.casefold(), user)
        if known != user:
            return f"user {user}: differs only by letter case from a user who is already here"
        return None

    def login(self, connection: Connection, user: str) -> None:
        """`connection` now speaks for `user`."""
        self._names[user.casefold()] = user
        self._connections.setdefault(user, []).append(connection)

    def leave(self, connection: Connection) -> None:
        """`connection` speaks for nobody any more."""
        if connection.user is None:
            return
        connections = self._connections[connection.user]
        connections.remove(connection)
        if not connections:
            del self._connections[connection.user]
        connection.user = None

    def connections_of(self, user: str) -> Iterable[Connection]:
        """Every connection that speaks for `user`."""
        return self._connections.get(user, ())
