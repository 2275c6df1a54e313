"""How many requests one trader, or all of a run together, may still send: so a run of N requests sends N."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Optional


def shares(count: Optional[int], number: int) -> list[Optional[int]]:
    """`count` in `number` parts as even as they can be; None is without end, and so is each part."""
    if count is None:
        return [None] * number
    share, remainder = divmod(count, number)
    return [share + (place < remainder) for place in range(number)]


class RequestBudget:
    """`count` requests, None: without end.  Any thread; `_lock` guards what is left."""

    def __init__(self, count: Optional[int]) -> None:
        self._lock = threading.Lock()
        self._left = count
        self._is_closed = False

    @property
    def is_spent(self) -> bool:
        """Nothing may be sent any more."""
        return self._is_closed or self._left == 0

    def spend(self, note: Callable[[], None]) -> bool:
        """Whether one more request may be sent; if so it is counted by `note`.

        Nobody sees the budget spent before all that was granted has been noted.  O(1).
        """
        with self._lock:
            if self.is_spent:
                return False
            note()
            if self._left is not None:
                self._left -= 1
        return True

    def close(self) -> None:
        """Grant nothing any more."""
        with self._lock:
            self._is_closed = True
