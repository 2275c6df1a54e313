"""What a bot wants to do later.  Pure: it is told the time and never asks for it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Optional

from exchange.utils.helpers import NS_PER_S

# A hundred years.
TIMER_S_MAX = 3_155_760_000


class BotTimer:
    """Calls `callback` when it is due, once or every `interval_ns`; `cancel` ends it."""

    def __init__(self, callback: Callable[[], None], due_ns: int, interval_ns: Optional[int]) -> None:
        self.callback = callback
        self.due_ns = due_ns
        self.interval_ns = interval_ns
        self.is_canceled = False

    def cancel(self) -> None:
        """Never call again.  Twice is fine."""
        self.is_canceled = True


class BotTimers:
    """All timers of one bot; of two that are due at one moment the one set first comes first.  O(log n) each."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, BotTimer]] = []
        self._count = 0

    def add(self, callback: Callable[[], None], now_ns: int, seconds: float, *, repeats: bool) -> BotTimer:
        """Call in `seconds` from `now_ns`, rounded to ns, and if it repeats again so often.  Raises ValueError."""
        if not 1 / NS_PER_S <= seconds <= TIMER_S_MAX:
            raise ValueError(f"a timer of {seconds} s: must be from a nanosecond to {TIMER_S_MAX:,} s")
        interval_ns = round(seconds * NS_PER_S)
        timer = BotTimer(callback, now_ns + interval_ns, interval_ns if repeats else None)
        self._put(timer)
        return timer

    def next_due_ns(self) -> Optional[int]:
        """When the next is due; None if there is none."""
        while self._heap and self._heap[0][2].is_canceled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now_ns: int) -> Optional[BotTimer]:
        """The next timer that is due, to be called; None if none is.

        One that repeats is set anew, at its own pace; turns that were missed are left out.
        """
        due_ns = self.next_due_ns()
        if due_ns is None or due_ns > now_ns:
            return None
        timer = heapq.heappop(self._heap)[2]
        if timer.interval_ns is None:
            timer.is_canceled = True
        else:
            missed_count = (now_ns - timer.due_ns) // timer.interval_ns
            timer.due_ns += (missed_count + 1) * timer.interval_ns
            self._put(timer)
        return timer

    def _put(self, timer: BotTimer) -> None:
        self._count += 1
        heapq.heappush(self._heap, (timer.due_ns, self._count, timer))
