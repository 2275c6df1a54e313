"""Who is logged in on which connections, and what each user was told lately.  Owned by the matching thread.

The last private events of every user are held here as the lines that were sent, so that a client that reconnects
with `last_seq` hears exactly what it missed, in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, Optional, TypeVar

from exchange.engine.events import PRIVATE_EVENT_TYPES, Event, PrivateEvent
from exchange.networking.outbound.connection import Connection

# Private events held of one user; older ones are found in the records on disk.
EVENTS_HELD_MAX = 10_000

# Private events held of all users together: about 250 MB.
ALL_EVENTS_HELD_MAX = 500_000
# However many users there are, each has so many held.
SHARE_MIN = 2

Kept = TypeVar("Kept")


class HeldEvent(NamedTuple):
    """One private event as it was sent."""

    seq: int
    line: bytes
    is_fill: bool


class LastEvents(Generic[Kept]):
    """The last events of every user, at most `share` of each and `events_max` of all.

    When there are too many of all, the share is made smaller by a 64th, for good, and whoever holds more lets go
    of their oldest: those who hold little lose nothing.  It never falls below `SHARE_MIN`, which is the bound for
    very many users.  An event costs O(1), and each such step a walk over all users, a pause of some milliseconds:
    at most 421 of them take a share of 10,000 to its end.
    """

    def __init__(self, share: int, events_max: int) -> None:
        self._share = share
        self._events_max = events_max
        self._count = 0
        self._by_user: dict[str, deque[Kept]] = {}

    def of(self, user: str) -> deque[Kept]:
        """What is held of `user`, oldest first; to be read, and handed to `add`."""
        held = self._by_user.get(user)
        if held is None:
            held = self._by_user[user] = deque()
        return held

    def add(self, held: deque[Kept], event: Kept) -> None:
        """Hold one more event in `held`, which `of` gave."""
        if len(held) < self._share:
            held.append(event)
            self._count += 1
            if self._count > self._events_max:
                self._shrink()
        else:
            # In this order: another thread that asks for the oldest must not take the one that goes for held.  It
            # always finds one, since a share is more than one.
            held.popleft()
            held.append(event)

    def take(self) -> Iterator[Kept]:
        """All of them, each user's in order, for the last time."""
        while self._by_user:
            yield from self._by_user.popitem()[1]

    def _shrink(self) -> None:
        while self._count > self._events_max and self._share > SHARE_MIN:
            self._share -= max(1, self._share // 64)
            for held in self._by_user.values():
                while len(held) > self._share:
                    held.popleft()
                    self._count -= 1


class RecentEvents:
    """The last private events of every user, as a recovery finds them: what `Sessions` starts with."""

    def __init__(self) -> None:
        self._events: LastEvents[PrivateEvent] = LastEvents(EVENTS_HELD_MAX, ALL_EVENTS_HELD_MAX)

    def add(self, events: Iterable[Event]) -> None:
        """Remember the private ones among `events`."""
        recent = self._events
        for event in events:
            if type(event) in PRIVATE_EVENT_TYPES:
                recent.add(recent.of(event.user), event)  # type: ignore[union-attr, arg-type]

    def take(self) -> Iterator[PrivateEvent]:
        """All of them, each user's in order, for the last time."""
        return self._events.take()


class UserSession:
    """One user: every connection that speaks for them, and their last events, oldest first."""

    def __init__(self, held: deque[HeldEvent]) -> None:
        self.connections: list[Connection] = []
        self.held = held


class Sessions:
    """All users who were heard of since the start.  A user may have several connections; each hears everything.

    `events` is what is held of all of them.
    """

    def __init__(self) -> None:
        self._users: dict[str, UserSession] = {}
        self.events: LastEvents[HeldEvent] = LastEvents(EVENTS_HELD_MAX, ALL_EVENTS_HELD_MAX)

    def of(self, user: str) -> UserSession:
        """The session of `user`, an empty one if there was none."""
        session = self._users.get(user)
        if session is None:
            session = self._users[user] = UserSession(self.events.of(user))
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
        """The oldest event of `user` still held, None if there is none yet.  Any thread."""
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
