"""When it was not known what rests: the gaps in a depth history, in its slots.  Pure, and bounded."""

from __future__ import annotations

from collections import deque
from typing import Optional

GAPS_MAX = 1_000


class DepthGaps:
    """The slots of which nothing is known, the newest `GAPS_MAX` gaps of them.  One thread's."""

    def __init__(self) -> None:
        self._over: deque[range] = deque(maxlen=GAPS_MAX)
        self._begun: Optional[int] = None

    def begin(self, slot: int) -> None:
        """From this slot on nothing is known."""
        if self._begun is None:
            self._begun = slot

    def end(self, slot: int) -> None:
        """From this slot on it is known again; nothing changes if it was."""
        if self._begun is not None:
            if slot > self._begun:
                self._over.append(range(self._begun, slot))
            self._begun = None

    def forget_after(self, slot: int) -> None:
        """Time has gone back to here."""
        while self._over and self._over[-1].start > slot:
            self._over.pop()
        if self._begun is not None and self._begun > slot:
            self._begun = None

    def until(self, end_slot: int) -> list[range]:
        """The gaps, oldest first; the one that is not over yet goes on to `end_slot`."""
        return [*self._over, *([] if self._begun is None else [range(self._begun, end_slot)])]
