"""Durations kept as counts per bucket, so that any quantile of any number of them costs the same few kilobytes.

A duration is a whole number of nanoseconds.  Its highest seven bits say which bucket it is counted in: below 128
each number has its own, and from there on 64 share the way from one power of two to the next.

    0 1 2 … 127 | 128-129 130-131 … 254-255 | 256-259 … 508-511 | 512-519 …

The middle of a bucket is at most one part in 128 from anything in it: a quantile is right to within 0.8 %.
"""

from __future__ import annotations

import math
from array import array
from typing import Optional

_BITS = 7
# So many buckets from one power of two to the next; twice as many numbers at the beginning have their own.
_PER_DOUBLING = 1 << (_BITS - 1)


class DurationCounts:
    """How often which duration came, of all that were added.

    Owned by one thread.  The memory is 8 bytes for each bucket up to the longest duration's: 30 KB at the most,
    8 KB for one of a millisecond.
    """

    def __init__(self) -> None:
        self.total_count = 0
        self._counts = array("Q")
        self._least_ns = self._most_ns = 0

    def add(self, duration_ns: int) -> None:
        """Count one; what is below 0, by a clock that was set back, counts as 0.  O(1)."""
        duration_ns = max(0, duration_ns)
        shift = max(0, duration_ns.bit_length() - _BITS)
        self._count(shift * _PER_DOUBLING + (duration_ns >> shift), 1)
        self._widen(duration_ns, duration_ns)
        self.total_count += 1

    def merge(self, other: DurationCounts) -> None:
        """Count all that `other` has counted as well."""
        if not other.total_count:
            return
        for bucket, count in enumerate(other._counts):
            if count:
                self._count(bucket, count)
        self._widen(other._least_ns, other._most_ns)
        self.total_count += other.total_count

    def quantile_ns(self, share: float) -> Optional[int]:
        """The least duration that this share of them (0 to 1) did not exceed, to within 0.8 %; None of nothing.

        Raises ValueError for a share that is none.  Costs a pass over the buckets.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share {share}: must be from 0 to 1")
        left = max(1, math.ceil(share * self.total_count))
        for bucket, count in enumerate(self._counts):
            left -= count
            if left <= 0:
                return min(max(_middle_ns(bucket), self._least_ns), self._most_ns)
        return None

    def _count(self, bucket: int, count: int) -> None:
        missing = bucket + 1 - len(self._counts)
        if missing > 0:
            self._counts.frombytes(bytes(missing * self._counts.itemsize))
        self._counts[bucket] += count

    def _widen(self, least_ns: int, most_ns: int) -> None:
        """The ends are kept exactly: no quantile is beyond them."""
        if not self.total_count:
            self._least_ns = least_ns
        self._least_ns = min(self._least_ns, least_ns)
        self._most_ns = max(self._most_ns, most_ns)


def _middle_ns(bucket: int) -> int:
    """The duration in the middle of a bucket."""
    shift = max(0, bucket // _PER_DOUBLING - 1)
    return ((bucket - shift * _PER_DOUBLING) << shift) + (1 << shift >> 1)
