"""When time brings an instrument into another phase, and the command that does it (RULES 18, 19, 28).

    engine's books ──phases.next_due──► PhaseTimer: is it time? ──► ChangePhase, a command like any other

The engine has no clock, so somebody must tell it that a halt, a call or a trading day is over: the matching
thread, which looks here before each batch.  What comes next is looked for only when a phase has changed, or an
order has come into an idle row of calls, so a look costs next to nothing where nothing is to come.  Owned by the
matching thread.

A schedule goes by the system's clock.  What lasts for so long (a halt, a call) is waited for by the monotonic
clock, from when it was first seen to come next: however the system's clock jumps, a halt gets no shorter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from exchange.engine.commands import ChangePhase
from exchange.engine.orderbook import OrderBook
from exchange.engine.phases import Due, is_idle_call, next_due
from exchange.engine.schedule import NS_PER_S
from exchange.engine.state import State
from exchange.engine.words import PhaseReason

# The system's clock may be set while we wait for a moment of it, so it is looked at as often as this.
LOOK_EVERY_S = 1.0


class PhaseTimer:
    """What time brings to the instruments of one engine.

    `clock_ns` gives the time in ns since the epoch; `draw(n)` a number from 0 to n: how many ns longer than it
    must a call is to last; `monotonic_s` is the clock that never jumps.
    """

    def __init__(
        self,
        state: State,
        clock_ns: Callable[[], int],
        draw: Callable[[int], int],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._state = state
        self._clock_ns = clock_ns
        self._draw = draw
        self._monotonic_s = monotonic_s
        self._next: Optional[Due] = None
        # When `_next` is due by the monotonic clock.
        self._next_s = 0.0
        # Whether `_next` was just taken: a call that follows a halt is counted from the halt's end.
        self._is_taken = False
        self._is_stale = True
        # Rows of calls (RULES 28) to which the next order brings an end again.
        self._idle: list[OrderBook] = []

    def look_again(self) -> None:
        """A phase has changed, or an instrument was listed: something else may come next."""
        self._is_stale = True

    def wait_s(self) -> Optional[float]:
        """In how many seconds to look whether something is due; None: not before a phase has changed."""
        due = self._coming() if self._is_stale or self._idle else self._next
        if due is None:
            return None
        return min(max(0.0, self._left_s(due)), LOOK_EVERY_S)

    def take_due(self) -> Optional[ChangePhase]:
        """What is due by now, the first of it; to be carried out before this is asked again."""
        due = self._coming()
        if due is None or self._left_s(due) > 0.0:
            return None
        self._is_stale = self._is_taken = True
        return due.drawn(self._draw)

    def _left_s(self, due: Due) -> float:
        """How long until what comes next is due, in seconds."""
        if _is_timed(due):
            return self._next_s - self._monotonic_s()
        return (due.at - self._clock_ns()) / NS_PER_S

    def _coming(self) -> Optional[Due]:
        if self._is_stale or (self._idle and not all(map(is_idle_call, self._idle))):
            now_ns = self._clock_ns()
            self._idle = list(filter(is_idle_call, self._state.books.values()))
            coming = next_due(self._state.books.values(), now_ns)
            if coming is not None and coming != self._next:
                self._next_s = self._seen_s(coming, now_ns)
            self._next = coming
            self._is_stale = self._is_taken = False
        return self._next

    def _seen_s(self, coming: Due, now_ns: int) -> float:
        """When what is seen to come next is due by the monotonic clock."""
        before = self._next
        follows = self._is_taken and before is not None and before.command.symbol == coming.command.symbol
        if before is not None and follows and _is_timed(before) and _is_timed(coming):
            return self._next_s + (coming.at - before.at) / NS_PER_S
        return self._monotonic_s() + (coming.at - now_ns) / NS_PER_S


def _is_timed(due: Due) -> bool:
    """Whether it ends what lasts for so long; the schedule's changes come at a time of the day."""
    return due.command.reason is not PhaseReason.SCHEDULE
