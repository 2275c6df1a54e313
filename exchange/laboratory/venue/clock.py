"""The time of a market without a clock: it stands still until somebody moves it.

Owned by the scheduler; everybody else reads it.
"""

from __future__ import annotations

from exchange.utils.helpers import NS_PER_S

# Monday, 5 January 2026, 09:00 UTC: a market that is not told when it begins begins then, every time.
START_NS = 1_767_603_600 * NS_PER_S


class VirtualClock:
    """`now_ns` and `start_ns` are ns since the Unix epoch; the time never goes back."""

    __slots__ = ("now_ns", "start_ns")

    def __init__(self, start_ns: int = START_NS) -> None:
        self.now_ns = self.start_ns = start_ns

    def read_ns(self) -> int:
        """Now, for whoever wants a function."""
        return self.now_ns

    def elapsed_s(self) -> float:
        """Seconds since the start, as a monotonic clock gives them."""
        return (self.now_ns - self.start_ns) / NS_PER_S
