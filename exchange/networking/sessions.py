"""Who is logged in on which connections, and what each user was told lately.  Owned by the matching thread.

The last private events of every user are held here as the lines that were sent, so that a client that reconnects
with `last_seq` hears exactly what it missed, in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Optional

from exchange.engine.events import PRIVATE_EVENT_TYPES, Event, PrivateEvent
from exchange.networking.connection import Connection

# Private events held per user; older ones are found in the records on disk.
EVENTS_HELD_MAX = 10_000


class HeldEvent(NamedTuple):
    """One private event as it was sent."""

    seq: int
    line: bytes
    is_fill: bool


class RecentEvents:
    """The last private events of every user, as a recovery finds them: what `Sessions` starts with."""

    def __init__(self) -> None:
        self._by_user: dict[str, deque[PrivateEvent]] = {}

    def add(self, events: Iterable[Event]) -> None:
        """Remember the private ones among `events`."""
        for event in events:
            if type(event) in PRIVATE_EVENT_TYPES:
                user = event.user  # type: ignore[union-attr]
                recent = self._by_user.setdefault(user, deque(maxlen=EVENTS_HELD_MAX))
                recent.append(event)  # type: ignore[arg-type]

    def take(self) -> Iterator[PrivateEvent]:
        """All of them, each user's in order, for the last time."""
        while self._by_user:
            yield from self._by_user.popitem()[1]


class UserSession:
    """One user: every connection that speaks for them, and their last events, oldest first."""

    def __init__(self) -> None:
        self.connections: list[Connection] = []
        self.held: deque[HeldEvent] = deque(maxlen=EVENTS_HELD_MAX)


class Sessions:
    """All users who were heard of since the start.  A user may have several connections; each hears everything."""

    def __init__(self) -> None:
        self._users: dict[str, UserSession] = {}

    def of(self, user: str) -> UserSession:
        """The session of `user`, an empty one if there was none."""
        session = self._users.get(user)
        if session is None:
            session = self._users[user] = UserSession()
        return session

    def login(self, connection: Connection, user: str) -> None:
        """`connection` now speaks for `user`."""
        self.of(user).connections.append(connection)

    def leave(self, connection: Connection) -> None:
        """`connection` speaks for nobody any more."""
        if connection.user is not None:
            self.of(connection.user).connections.remove(connection)
            connection.user = None

    def oldest_held_seq(self, user: str) -> Optional[int]:
        """The oldest event of `user` still held, None if none is.  Any thread: one look, no arithmetic."""
        session = self._users.get(user)
        try:
            return session.held[0].seq if session is not None else None
        except IndexError:
            return None

    def first_held_seq(self, user: str, last_seq: int) -> int:
        """The oldest event of `user` still held, `last_seq` + 1 if none is; all up to `last_seq` were told."""
        session = self._users.get(user)
        return last_seq + 1 - (len(session.held) if session is not None else 0)

    def held_since(self, user: str, seq: int) -> list[HeldEvent]:
        """The events of `user` that are held, from `seq` on."""
        return [event for event in self.of(user).held if event.seq >= seq]
