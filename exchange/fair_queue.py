"""The inbound queue with a line for each user, so that nobody stands behind all that another one has sent.

    put ──► the line of its share (a user; before a login, an address) ──► get: the next line's first item, in turn

A share that has taken more than its part of the time lately is passed over while others want some
(`utils.time_shares`); each line is bounded, so who floods is held back by their own line and fills nobody else's.
What has the share `FIRST` comes before everything: it is the exchange's own and the operator's.

Where nothing waits, not even the matching thread's attention, what comes is handed to it past all lines.

A protection: with `inbound_queue.FirstComeQueue` in its place the exchange trades as well.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, Optional, Protocol

from exchange.inbound_queue import BATCH_S, FIRST, ITEMS_MAX, Asked, Inbound, Origin
from exchange.utils.time_shares import TimeShares

# Items that may wait in one share's line; when all lines together hold their most, a share may have only one.
LINE_ITEMS_MAX = 64
# While several want time, a batch is over so soon, in seconds, that whoever comes next hardly waits.
SHORT_BATCH_S = 0.002


# Nobody has a turn, nor will without something new.
_NOBODY: tuple[Optional[str], float] = (None, math.inf)


class Bell(Protocol):
    """What the matching thread sleeps by; see `utils.doorbell`."""

    @property
    def ring(self) -> Callable[[], object]:
        """End its sleep, or the next one."""

    def wait(self) -> None:
        """Sleep until it rings."""

    def rings_within(self, seconds: float) -> bool:
        """Sleep until it rings, so long at most; whether it did."""

    def close(self) -> None:
        """Nobody will sleep by it any more."""


class _Line(Generic[Origin, Asked]):
    """What waits of one share; whoever has more to put waits for `room`."""

    __slots__ = ("items", "room", "waiting_count")

    def __init__(self) -> None:
        self.items: deque[Inbound[Origin, Asked]] = deque()
        # Made when somebody has to wait.
        self.room: Optional[threading.Condition] = None
        self.waiting_count = 0


class FairQueue(Generic[Origin, Asked]):
    """Filled by any thread, emptied by the matching thread alone.  `_lock` guards all lines and `_is_awaited`."""

    def __init__(self, shares: TimeShares, bell: Bell, items_max: int = ITEMS_MAX) -> None:
        self._shares = shares
        self._items_max = items_max
        self._lock = threading.Lock()
        # Whether `get` waits, or is about to, and who puts something must wake it, outside `_lock`, which is free
        # then, by `_bell`.
        self._is_awaited = False
        self._bell = bell
        # What was put while `get` waited and nothing else did: it is taken first.
        self._handed_over: Optional[Inbound[Origin, Asked]] = None
        # Every line that holds something or is waited for, in the order of their turns.
        self._lines: OrderedDict[str, _Line[Origin, Asked]] = OrderedDict()
        self._count = 0
        self._is_closed = False

    def put(self, item: Inbound[Origin, Asked]) -> None:
        """Add `item` to its share's line; waits while that is full."""
        with self._lock:
            if self._is_awaited and not self._lines and self._shares.wait_s(item.share) == 0.0:
                self._handed_over = item
            else:
                self._add(item)
            is_awaited, self._is_awaited = self._is_awaited, False
        if is_awaited:
            self._bell.ring()

    def _add(self, item: Inbound[Origin, Asked]) -> None:
        line = self._lines.get(item.share)
        if line is None:
            line = self._lines[item.share] = _Line()
        elif not self._has_room(line):
            self._wait_for_room(line)
        line.items.append(item)
        self._count += 1

    def _has_room(self, line: _Line[Origin, Asked]) -> bool:
        limit = LINE_ITEMS_MAX if self._count < self._items_max else 1
        return len(line.items) < limit

    def _wait_for_room(self, line: _Line[Origin, Asked]) -> None:
        line.room = line.room or threading.Condition(self._lock)
        line.waiting_count += 1
        while not self._has_room(line):
            line.room.wait()
        line.waiting_count -= 1

    def put_back(self, item: Inbound[Origin, Asked]) -> None:
        """Put the remainder of an item back at the head of its line, without waiting.  Matching thread."""
        with self._lock:
            line = self._lines.get(item.share)
            if line is None:
                line = self._lines[item.share] = _Line()
            line.items.appendleft(item)
            self._count += 1

    def close(self) -> None:
        """Nothing more will be put: `get` returns None when everything has been taken."""
        with self._lock:
            self._is_closed = True
            is_awaited, self._is_awaited = self._is_awaited, False
        if is_awaited:
            self._bell.ring()

    def holds_some(self) -> bool:
        """See InboundQueue."""
        return self._count > 0

    def get(self, wait_s: Optional[float]) -> Optional[Inbound[Origin, Asked]]:
        """The next item; waits for it up to `wait_s` (None: for ever), then raises queue.Empty.

        None when the queue is closed and empty.
        """
        end_s = math.inf if wait_s is None else time.monotonic() + wait_s
        while True:
            with self._lock:
                share, due_s = self._next_share() if self._count else _NOBODY
                if share is not None:
                    return self._taken(share)
                if self._is_closed and not self._count:
                    self._bell.close()
                    return None
                left_s = due_s if wait_s is None else min(due_s, end_s - time.monotonic())
                if left_s <= 0.0:
                    raise queue.Empty
                self._is_awaited = True
            self._wait(left_s)
            if (item := self._handed_over) is not None:
                self._handed_over = None
                return item

    def _wait(self, seconds: float) -> None:
        """Sleep until somebody wakes, so long at most.  `_is_awaited` was set before, and is not afterwards."""
        if seconds == math.inf:
            self._bell.wait()
        elif not self._bell.rings_within(seconds):
            with self._lock:
                is_woken, self._is_awaited = not self._is_awaited, False
            if is_woken:
                # Whoever took the flag in the meantime is about to ring, which must not end the next sleep.
                self._bell.wait()

    def _next_share(self) -> tuple[Optional[str], float]:
        """Whose turn it is; else, if all that wait are overdrawn, in how many seconds it is the first one's.

        Once the queue is closed nobody is passed over: there is little time left to be fair with.
        """
        first = self._lines.get(FIRST)
        if first is not None and first.items:
            return FIRST, 0.0
        due_s = math.inf
        for share, line in self._lines.items():
            if line.items:
                wait_s = 0.0 if self._is_closed else self._shares.wait_s(share)
                if wait_s == 0.0:
                    return share, 0.0
                due_s = min(due_s, wait_s)
        return None, due_s

    def _taken(self, share: str) -> Inbound[Origin, Asked]:
        line = self._lines[share]
        item = line.items.popleft()
        self._count -= 1
        if line.items or line.waiting_count:
            self._lines.move_to_end(share)
            if line.room is not None:
                line.room.notify()
        else:
            del self._lines[share]
        return item

    def charge(self, share: str, seconds: float) -> None:
        """So much time was taken for `share`."""
        if share != FIRST:
            self._shares.charge(share, seconds)

    def batch_s(self, share: str) -> float:
        """What a batch that begins with `share` may take: little while others want time, or have lately."""
        others_wait = len(self._lines) > (share in self._lines)
        return SHORT_BATCH_S if others_wait or self._shares.is_contended() else BATCH_S
