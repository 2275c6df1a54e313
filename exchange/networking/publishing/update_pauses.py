"""How soon a book that many follow is told again.

An update goes to every follower by a system call of its own: with 200 of them that is a millisecond in which no
order is served, and one update of five orders costs as much as one of each.  So behind an update to many comes a
pause in which changes are left; what has changed by its end is told as one update.

    few followers ──► each batch is told at once
    many          ──► told, then nothing for `PAUSE` times as long as the telling took; sooner when it has to be
                      known: before a `pong`, or for somebody who subscribes

A protection: without it everything is told at once.  Owned by the matching thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Optional

# So many followers are told each change.
FOLLOWERS_AT_ONCE_MAX = 8
# What it takes to send a line to one follower, in seconds: an estimate is enough, and the same on every machine.
SEND_S = 6e-6
# So many times what the telling took must pass: a fifth of the time at most.
PAUSE = 4


class UpdatePauses:
    """The books that are in a pause, and those of them that have something to tell behind it."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        # From when on each book that was told to many may be told again.
        self._next_s: dict[str, float] = {}
        # The books that may have something to tell, which was left for later; to be read by others.
        self.left: dict[str, None] = {}

    def holds(self, symbol: str) -> bool:
        """Whether the book must wait; then what it has to tell counts as left."""
        next_s = self._next_s.get(symbol)
        if next_s is None:
            return False
        if self._monotonic_s() < next_s:
            self.left[symbol] = None
            return True
        del self._next_s[symbol]
        return False

    def told(self, symbol: str, follower_count: int) -> None:
        """So many were just told what had changed, and nothing is left."""
        self.left.pop(symbol, None)
        if follower_count > FOLLOWERS_AT_ONCE_MAX:
            self._next_s[symbol] = self._monotonic_s() + follower_count * SEND_S * PAUSE

    def wait_s(self) -> Optional[float]:
        """In how many seconds the first of what was left may be told; None where nothing was."""
        if not self.left:
            return None
        return max(0.0, min(self._next_s[symbol] for symbol in self.left) - self._monotonic_s())
