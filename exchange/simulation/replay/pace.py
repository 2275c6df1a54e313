"""When each row of a replay is due: in its recorded time, in a part of it, or as soon as can be.

Due times are counted from the first row's, so what is late catches up and no lateness adds up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional


class Pace:
    """`speed` 1 is as recorded, 10 ten times as fast, None as fast as can be.  `clock_ns` is monotonic."""

    def __init__(self, speed: Optional[float], clock_ns: Callable[[], int]) -> None:
        assert speed is None or speed > 0, "a replay goes forward"
        self._speed = speed
        self._clock_ns = clock_ns
        # Recorded and own time of the first row.
        self._start: Optional[tuple[int, int]] = None

    def wait_ns(self, time_ns: int) -> int:
        """How long the row recorded at `time_ns` has to wait yet; 0 or less: it is due."""
        if self._speed is None:
            return 0
        now_ns = self._clock_ns()
        if self._start is None:
            self._start = (time_ns, now_ns)
        recorded_ns, own_ns = self._start
        return own_ns + int((time_ns - recorded_ns) / self._speed) - now_ns
