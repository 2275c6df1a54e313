"""When time brings an instrument into another phase, and the command that does it (RULES 18, 19, 28).

    engine's books ──phases.next_due──► PhaseTimer: is it time? ──► ChangePhase, a command like any other

The engine has no clock, so somebody must tell it that a halt, a call or a trading day is over: the matching
thread, which looks here before each batch.  What comes next is looked for only when a phase has changed, so a look
costs next to nothing where nothing is to come.  Owned by the matching thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from exchange.engine.commands import ChangePhase
from exchange.engine.phases import Due, next_due
from exchange.engine.state import State

NS_PER_S = 1_000_000_000
# The system's clock may be set while we wait for a moment of it, so it is looked at as often as this.
LOOK_EVERY_S = 1.0


class PhaseTimer:
    """What time brings to the instruments of one engine.

    `clock_ns` gives the time in ns since the epoch; `draw(n)` a number from 0 to n: how many ns longer than it
    must a call is to last.
    """

    def __init__(self, state: State, clock_ns: Callable[[], int], draw: Callable[[int], int]) -> None:
        self._state = state
        self._clock_ns = clock_ns
        self._draw = draw
        self._next: Optional[Due] = None
        self._is_stale = True

    def look_again(self) -> None:
        """A phase has changed, or an instrument was listed: something else may come next."""
        self._is_stale = True

    def wait_s(self) -> Optional[float]:
        """In how many seconds to look whether something is due; None: not before a phase has changed."""
        due = self._coming()
        if due is None:
            return None
        return min(max(0.0, (due.at - self._clock_ns()) / NS_PER_S), LOOK_EVERY_S)

    def take_due(self) -> Optional[ChangePhase]:
        """What is due by now, the first of it; to be carried out before this is asked again."""
        due = self._coming()
        if due is None or due.at > self._clock_ns():
            return None
        self._is_stale = True
        return due.drawn(self._draw)

    def _coming(self) -> Optional[Due]:
        if self._is_stale:
            self._next = next_due(self._state.books.values(), self._clock_ns())
            self._is_stale = False
        return self._next
