"""When each row of a replay is due: in its recorded time, in a part of it, or as soon as can be.

Due times are counted from the first row's, so what is late catches up and no lateness adds up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

# What waits while the replay stands still looks again after so long.
STANDSTILL_NS = 1_000_000_000


class Pace:
    """`speed` 1 is as recorded, 10 ten times as fast, None as fast as can be.  `clock_ns` is monotonic.

    What was recorded before `from_ns` is due at once: it makes the book in which the stretch from there on begins.
    """

    def __init__(self, speed: Optional[float], clock_ns: Callable[[], int], from_ns: int = 0) -> None:
        assert speed is None or speed > 0, "a replay goes forward"
        self._speed = speed
        self._clock_ns = clock_ns
        self._from_ns = from_ns
        # Recorded and own time of the first row that is paced.
        self._start: Optional[tuple[int, int]] = None
        self._paused_ns: Optional[int] = None

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._paused_ns is not None

    def toggle_pause(self) -> None:
        """Stand still, or go on from there; how long it stood is not caught up."""
        now_ns = self._clock_ns()
        if self._paused_ns is None:
            self._paused_ns = now_ns
            return
        if self._start is not None:
            recorded_ns, own_ns = self._start
            self._start = (recorded_ns, own_ns + now_ns - self._paused_ns)
        self._paused_ns = None

    def wait_ns(self, time_ns: int) -> int:
        """How long the row recorded at `time_ns` has to wait yet; 0 or less: it is due."""
        if self._paused_ns is not None:
            return STANDSTILL_NS
        if self._speed is None or time_ns < self._from_ns:
            return 0
        now_ns = self._clock_ns()
        if self._start is None:
            self._start = (time_ns, now_ns)
        recorded_ns, own_ns = self._start
        return own_ns + int((time_ns - recorded_ns) / self._speed) - now_ns
