"""What is to happen, and when: one queue in the order of (time, participant, count).

Nothing of it depends on anything but what was put in: two things of one moment happen in the order in which their
participants joined, and those of one participant in the order in which they were put.  So one more participant who
joins last moves nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Optional

from exchange.laboratory.venue.clock import VirtualClock

ScheduledAction = Callable[[], None]


class Scheduler:
    """Owns `clock` and moves it.  `put` and `step` cost O(log n)."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        # The count is different for each, so actions are never compared.
        self._queue: list[tuple[int, int, int, ScheduledAction]] = []
        self._count = 0

    def put(self, time_ns: int, rank: int, action: ScheduledAction) -> None:
        """Have `action` done at `time_ns`, or now if that is past; `rank` is the participant's, lowest first."""
        self._count += 1
        if time_ns < self.clock.now_ns:
            time_ns = self.clock.now_ns
        heappush(self._queue, (time_ns, rank, self._count, action))

    @property
    def next_ns(self) -> Optional[int]:
        """When something is to happen next; None: never."""
        return self._queue[0][0] if self._queue else None

    def step(self) -> None:
        """Let the next thing happen, at its time; there must be one."""
        time_ns, _, _, action = heappop(self._queue)
        self.clock.now_ns = time_ns
        action()

    def run_until(self, time_ns: int) -> None:
        """Let all happen that is due up to `time_ns`, that moment included; then it is that moment."""
        queue, clock = self._queue, self.clock
        while queue and queue[0][0] <= time_ns:
            clock.now_ns, _, _, action = heappop(queue)
            action()
        clock.now_ns = max(time_ns, clock.now_ns)
