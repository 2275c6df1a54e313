"""A clock that can be built on: within the years that can be written, and telling two moments apart.

Frozen or coarse clocks give one time again and again, and clocks that are set jump.  Times only mark what
happened, nothing is ordered by them; but what one command does carries one time, and the next one's must differ.
"""

from __future__ import annotations

from collections.abc import Callable

from exchange.utils.helpers import NS_PER_S, utc_text

# Within these a time has 64 bits, and four digits for its year: 1970 to April 2262.
TIMESTAMP_NS_MAX = 2**63 - 1
# So far a clock may fall back before it is taken at its word.
_STEP_NS = NS_PER_S


class ClockError(Exception):
    """The clock tells a time that can't be; the text is one line."""


class SoundClock:
    """Called, it gives the time in ns since the epoch.  For one thread at a time.

    A time out of range is not taken: the last one goes on instead, a nanosecond a call, until the clock is sound.
    """

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        """Raises ClockError if the clock is out of range now."""
        self._clock_ns = clock_ns
        now_ns = clock_ns()
        if not 0 <= now_ns < TIMESTAMP_NS_MAX:
            raise ClockError(
                f"the system's clock says {now_ns // NS_PER_S} s since 1970: it must be between 1970 and "
                f"{utc_text(TIMESTAMP_NS_MAX)[:10]}; set it"
            )
        self._last_ns = now_ns - 1

    def __call__(self) -> int:
        """The time: later than the last one by the clock, or by a nanosecond, unless the clock was set back."""
        now_ns, last_ns = self._clock_ns(), self._last_ns
        # The everyday case first: it is asked once for every command.
        if last_ns < now_ns < TIMESTAMP_NS_MAX:
            self._last_ns = now_ns
            return now_ns
        if last_ns - _STEP_NS < now_ns or not 0 <= now_ns < TIMESTAMP_NS_MAX:
            now_ns = last_ns + 1
        self._last_ns = now_ns
        return now_ns
