"""What a client missed while it was away, and how it is told again.

The last private events of every user are held in memory, not the lines that were sent: an event makes the same
line again, and lines that nobody keeps are written into memory that is still in the processor's cache.  A client
that logs in with `last_seq` N asks for the events N+1 … and gets them in one of two ways:

* **all of them are held**: the same lines again, in order;
* **some are not** (the *gap path*): `gap`, then the user's `orders` and `positions` as they stand, then the events
  of the gap.  Those that memory has let go were looked up on disk before the login got its turn, in the thread
  that read it (of very many, the oldest are fills alone); the others are held.

The look-up and the login's turn are two moments, and the market goes on between them.  So the two parts must
overlap: events that were let go after the look-up would be in neither part, and the login is refused.

Owned by the matching thread; other threads may ask what says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, Optional, TypeVar

from exchange.engine.commands import GetOrders, GetPositions
from exchange.engine.engine import Engine
from exchange.engine.events import PRIVATE_EVENT_TYPES, Event, OrdersListed, PositionsListed, PrivateEvent
from exchange.networking.wire import session_lines
from exchange.networking.wire.encode import ROWS_IN_A_PIECE, Encoder
from exchange.networking.wire.requests import PastEvents

# Private events held of one user; older ones are found in the records on disk.
EVENTS_HELD_MAX = 10_000

# Private events held of all users together: about 250 MB.
ALL_EVENTS_HELD_MAX = 500_000
# However many users there are, each has so many held.
SHARE_MIN = 2

Kept = TypeVar("Kept")


class LastEvents(Generic[Kept]):
    """The last events of every user, at most `share` of each and `events_max` of all.

    When there are too many of all, the share shrinks by a 64th, for good, and whoever holds more lets go of their
    oldest: those who hold little lose nothing.  It never falls below `SHARE_MIN`, so for very many users the bound
    is `SHARE_MIN` × users.  An event costs O(1); each shrinking is a walk over all users, some milliseconds,
    and at most 421 of them take a share of 10,000 to its end.
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

    def find(self, user: str) -> Optional[deque[Kept]]:
        """What is held of `user`, None if there was never anything.  Any thread: it makes no entry."""
        return self._by_user.get(user)

    def add(self, held: deque[Kept], event: Kept) -> None:
        """Hold one more event in `held`, which `of` gave."""
        if len(held) < self._share:
            held.append(event)
            self._count += 1
            if self._count > self._events_max:
                self._shrink()
        else:
            # In this order: another thread that asks for the oldest must not be given the one that is about to go.
            # It always finds one, since a share is more than one.
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
    """The last private events of every user, as a recovery finds them: what the publisher starts with."""

    def __init__(self) -> None:
        self._events: LastEvents[PrivateEvent] = LastEvents(EVENTS_HELD_MAX, ALL_EVENTS_HELD_MAX)

    def add(self, events: Iterable[Event]) -> None:
        """Remember the private ones among `events`."""
        recent = self._events
        for event in events:
            if isinstance(event, PRIVATE_EVENT_TYPES):
                recent.add(recent.of(event.user), event)

    def take(self) -> Iterator[PrivateEvent]:
        """All of them, each user's in order, for the last time."""
        return self._events.take()


class HeldEvents(LastEvents[PrivateEvent]):
    """The events of every user that can be told again from memory."""

    def __init__(self) -> None:
        super().__init__(EVENTS_HELD_MAX, ALL_EVENTS_HELD_MAX)

    def oldest_seq(self, user: str) -> Optional[int]:
        """The oldest event of `user` that is held, None if none is.  Any thread."""
        held = self.find(user)
        try:
            return held[0].seq if held is not None else None
        except IndexError:
            return None

    def first_seq(self, user: str, last_seq: int) -> int:
        """The oldest event of `user` that is held, `last_seq` + 1 if none is; all up to `last_seq` were told."""
        held = self.find(user)
        return last_seq + 1 - (len(held) if held is not None else 0)

    def since(self, user: str, seq: int) -> list[PrivateEvent]:
        """The events of `user` that are held, from `seq` on."""
        return [event for event in self.find(user) or () if event.seq >= seq]


class ToldAgain(NamedTuple):
    """Lines for a client that has come back, in pieces; `line_count` says about how many."""

    line_count: int
    pieces: Iterator[bytes]


class MissedEvents:
    """Tells a client again what its user was told while it was away."""

    def __init__(self, engine: Engine, held: HeldEvents, encoder: Encoder) -> None:
        self._engine = engine
        self._held = held
        self._encoder = encoder

    def are_out_of_reach(self, user: str, last_seq: int, looked_up: Optional[PastEvents]) -> bool:
        """Whether events lie between what was looked up and what is held, so that nobody has them at hand.

        `last_seq` is what the client knows, None of `looked_up` means that nothing had to be.
        """
        known_until = last_seq if looked_up is None else looked_up.last_seq
        return self._first_held_seq(user) > known_until + 1

    def told_again(self, user: str, last_seq: int, looked_up: Optional[PastEvents]) -> ToldAgain:
        """What came after `last_seq`: every event if all are held, else the gap path (see the module)."""
        if looked_up is None and self._first_held_seq(user) > last_seq + 1:
            looked_up = PastEvents((), last_seq)
        if looked_up is None:
            held = self._held.since(user, last_seq + 1)
            return ToldAgain(len(held), self._written(held))
        # What is told is settled here and now; only to write it down may take longer.
        held = self._held.since(user, looked_up.last_seq + 1)
        [orders] = self._engine.process(GetOrders(user), 0)
        [positions] = self._engine.process(GetPositions(user), 0)
        assert isinstance(orders, OrdersListed) and isinstance(positions, PositionsListed)
        gap = session_lines.gap(last_seq + 1, self._engine.last_seq(user))
        count = len(orders.orders) + len(looked_up.events) + len(held)
        return ToldAgain(count, self._gap_pieces(gap, orders, positions, looked_up, held))

    def _gap_pieces(
        self,
        gap: bytes,
        orders: OrdersListed,
        positions: PositionsListed,
        looked_up: PastEvents,
        held: list[PrivateEvent],
    ) -> Iterator[bytes]:
        yield gap
        yield from self._encoder.orders_in_pieces(orders)
        yield self._encoder.encode(positions)
        yield from self._written([*looked_up.events, *held])

    def _first_held_seq(self, user: str) -> int:
        return self._held.first_seq(user, self._engine.last_seq(user))

    def _written(self, events: Sequence[PrivateEvent]) -> Iterator[bytes]:
        """The lines of `events`, some hundred at a time."""
        encode = self._encoder.encode
        for start in range(0, len(events), ROWS_IN_A_PIECE):
            yield b"".join(map(encode, events[start : start + ROWS_IN_A_PIECE]))
