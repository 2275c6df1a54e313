"""Token buckets: how much one user may send, how often an address may fail to log in, how many names it may claim.

A bucket holds up to `burst` messages and is refilled at `per_s` a second; each message takes one.  The clock is
monotonic and an argument, so a wall clock that jumps changes nothing.

Refusing is not enough: reading and refusing ten times what is allowed costs the others as much as serving it.
So a `Throttle` also says how long to leave a sender unread who goes on regardless; TCP then holds the sender back.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Optional

# Keys remembered at once; the one unused for longest goes first (a full bucket is what a new key gets anyway).
KEYS_MAX = 10_000

# How many messages beyond the limit are taken in at once, so that a burst hears of its refusal without delay, and
# how many a second when this goes on: so few that the others don't feel it.
BEYOND_AT_ONCE = 1_000.0
BEYOND_PER_S = 250.0


class RateLimit:
    """One bucket per key (a user, an address).  Any thread; `_lock` guards the buckets."""

    def __init__(self, per_s: float, burst: float, monotonic_s: Callable[[], float]) -> None:
        self.per_s = per_s
        self._burst = burst
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        # By key: messages left, and when that was true.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Take one message from the bucket of `key`; False, and nothing taken, if it is empty."""
        with self._lock:
            left = self._left(key)
            allowed = left >= 1.0
            self._keep(key, left - 1.0 if allowed else left)
            return allowed

    def charge(self, key: str) -> None:
        """Take one message from the bucket of `key` even if it is empty: then it owes one."""
        with self._lock:
            self._keep(key, self._left(key) - 1.0)

    def owe(self, key: str, owed_max: float) -> Optional[float]:
        """Take one message even if the bucket of `key` is empty; returns in how many seconds it is paid back.

        None, and nothing taken, if the bucket would then owe more than `owed_max` messages.
        """
        with self._lock:
            left = self._left(key) - 1.0
            if left < -owed_max:
                return None
            self._keep(key, left)
            return max(0.0, -left / self.per_s)

    def give_back(self, key: str) -> None:
        """One message that was taken does not count after all."""
        with self._lock:
            self._keep(key, min(self._burst, self._left(key) + 1.0))

    def wait_s(self, key: str) -> float:
        """How long until the bucket of `key` has a message again, in seconds; 0 if it has."""
        with self._lock:
            return max(0.0, (1.0 - self._left(key)) / self.per_s)

    def _left(self, key: str) -> float:
        now_s = self._monotonic_s()
        left, then_s = self._buckets.get(key, (self._burst, now_s))
        return min(self._burst, left + (now_s - then_s) * self.per_s)

    def _keep(self, key: str, left: float) -> None:
        self._buckets[key] = (left, self._monotonic_s())
        self._buckets.move_to_end(key)
        if len(self._buckets) > KEYS_MAX:
            self._buckets.popitem(last=False)


class Throttle:
    """What each sender (a user, or a connection without one) may send.  Any thread.

    `per_s` messages a second, in bursts of as many.  Beyond that messages are to be refused, and when they are
    more than `BEYOND_PER_S` the sender is to be held back.
    """

    def __init__(self, per_s: float, monotonic_s: Callable[[], float]) -> None:
        self.per_s = per_s
        self._allowed = RateLimit(per_s, per_s, monotonic_s)
        self._beyond = RateLimit(BEYOND_PER_S, BEYOND_AT_ONCE, monotonic_s)

    def take(self, sender: str) -> bool:
        """Count one message; whether it is within what `sender` may send."""
        is_allowed = self._allowed.take(sender)
        if not is_allowed:
            self._beyond.charge(sender)
        return is_allowed

    def pause_s(self, sender: str) -> float:
        """For how long nothing more should be read from `sender`, in seconds; 0 for most."""
        return self._beyond.wait_s(sender)
