"""How long the exchange took to answer a bot: sent → accepted → first fill, in ns of the bot's clock.  Pure."""

from __future__ import annotations

from collections import deque
from typing import Optional

# The latest so many are kept; a bot may run for days.
KEPT_MAX = 10_000


class AnswerTimes:
    """A sample of times in ns.  Adding costs O(1), reading a quantile O(n log n) of at most KEPT_MAX."""

    def __init__(self) -> None:
        self._kept_ns: deque[int] = deque(maxlen=KEPT_MAX)
        self.total_count = 0

    def add(self, duration_ns: int) -> None:
        """One more."""
        self._kept_ns.append(duration_ns)
        self.total_count += 1

    @property
    def last_ns(self) -> Optional[int]:
        """The latest; None before the first."""
        return self._kept_ns[-1] if self._kept_ns else None

    @property
    def median_ns(self) -> Optional[int]:
        """Half of them took no longer; None before the first."""
        return self.quantile_ns(0.5)

    def quantile_ns(self, share: float) -> Optional[int]:
        """The least time that this share of them (0 to 1) did not exceed; None before the first."""
        if not 0 <= share <= 1:
            raise ValueError(f"share {share}: must be from 0 to 1")
        if not self._kept_ns:
            return None
        in_order = sorted(self._kept_ns)
        return in_order[min(len(in_order) - 1, int(share * len(in_order)))]


class BotTimes:
    """`acknowledgement`: from sending an order until it was accepted; `fill`: until it first traded."""

    def __init__(self) -> None:
        self.acknowledgement = AnswerTimes()
        self.fill = AnswerTimes()
