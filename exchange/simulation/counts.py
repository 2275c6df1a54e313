"""What has been counted; how it is told is in `summary_lines`.

A `Tally` belongs to the thread that counts; another thread may read its plain numbers for a progress line, and
adds tallies up only when the counting is over.  All of it is small, however long a simulation runs: one bit for
a trade is the most that grows.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Optional

from exchange.utils.duration_counts import DurationCounts

NS_PER_MS = 1_000_000


class RequestKind(Enum):
    """What was asked for; the value is its name in a summary."""

    ORDER = "orders"
    CANCEL = "cancels"
    REPLACE = "replaces"


class CountedTrades:
    """Which trades have been counted, by their ids: one bit each.  Any thread; `_lock` guards the bits.

    Both sides of a trade may be traders of one run, and in an auction both are takers.
    """

    _IDS_PER_BLOCK = 32_768

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: dict[int, bytearray] = {}

    def is_new(self, trade_id: int) -> bool:
        """Whether this is the first time that the trade is counted; from now on it is not.  O(1)."""
        number, offset = divmod(trade_id, self._IDS_PER_BLOCK)
        index, bit = offset >> 3, 1 << (offset & 7)
        with self._lock:
            block = self._blocks.get(number)
            if block is None:
                block = self._blocks[number] = bytearray(self._IDS_PER_BLOCK // 8)
            was_counted = block[index] & bit
            block[index] |= bit
        return not was_counted


class Tally:
    """What became of the requests of one trader, or of all.

    `accepted_count` and `rejected` (by code) count answers.  `fill_count` counts executions of the traders'
    orders; `trade_count` the trades that these belong to, each once over all tallies that share `trades`.
    """

    def __init__(self, trades: Optional[CountedTrades] = None) -> None:
        self.trades = CountedTrades() if trades is None else trades
        self.sent: Counter[RequestKind] = Counter()
        self.sent_count = 0
        self.accepted_count = 0
        self.rejected: Counter[str] = Counter()
        self.fill_count = 0
        self.trade_count = 0
        self.latencies = DurationCounts()

    @property
    def rejected_count(self) -> int:
        """All requests that were refused."""
        return self.rejected.total()

    @property
    def unanswered_count(self) -> int:
        """Requests without an answer: 0 but while some are on their way, or when the engine went away."""
        return self.sent_count - self.accepted_count - self.rejected_count

    def merge(self, other: Tally) -> None:
        """Count all that `other` counted as well."""
        self.sent.update(other.sent)
        self.sent_count += other.sent_count
        self.accepted_count += other.accepted_count
        self.rejected.update(other.rejected)
        self.fill_count += other.fill_count
        self.trade_count += other.trade_count
        self.latencies.merge(other.latencies)


def total(tallies: Iterable[Tally]) -> Tally:
    """All tallies as one.  Only when their counting is over."""
    result = Tally()
    for tally in tallies:
        result.merge(tally)
    return result
