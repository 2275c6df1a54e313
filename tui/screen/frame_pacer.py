"""When a frame may be painted: at most `FRAMES_PER_S` on average, and a key never waits for the market.

Frames are paid from a purse that fills at that rate and holds two.  The market may paint only when the purse is
full, so one frame is always left for a key, which is painted at once.  Holds the purse; the time is an argument.
"""

from __future__ import annotations

FRAMES_PER_S = 20.0
PURSE_MAX = 2.0


class FramePacer:
    """Times are seconds of the caller's steady clock."""

    def __init__(self, now: float) -> None:
        self._purse = PURSE_MAX
        self._counted_at = now

    def wait_s(self, now: float, *, is_urgent: bool) -> float:
        """How long until a frame may be painted; 0: now.  `is_urgent`: a person is waiting for it."""
        missing = (1.0 if is_urgent else PURSE_MAX) - self._filled(now)
        # A purse that lacks less than a nanosecond's worth is full: floats don't add up exactly.
        return missing / FRAMES_PER_S if missing > 1e-9 else 0.0

    def paint(self, now: float) -> None:
        """A frame is painted now."""
        self._purse = self._filled(now) - 1.0
        self._counted_at = now

    def _filled(self, now: float) -> float:
        return min(PURSE_MAX, self._purse + (now - self._counted_at) * FRAMES_PER_S)
