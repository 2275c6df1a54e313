"""What the traders of one run have to say to whoever runs it: names claimed anew, an engine that is away."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

from exchange.utils.helpers import NS_PER_S

NOTICE_COUNT_MAX = 1_000
# How the notice of a name that a new market did not know begins; a new market knows none of the names.
NEW_NAME = "this exchange did not know"


def condensed(lines: Sequence[str]) -> list[str]:
    """All names that a new market did not know as one line, then the others."""
    new_names = [line for line in lines if line.startswith(NEW_NAME)]
    others = [line for line in lines if not line.startswith(NEW_NAME)]
    more = f" (and so of {len(new_names) - 1} more users)" if len(new_names) > 1 else ""
    return [f"{line}{more}" for line in new_names[:1]] + others


class Notices:
    """Lines for whoever runs the simulation: traders put them in from their threads, its own takes them out."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str] = queue.Queue(maxsize=NOTICE_COUNT_MAX)

    def put(self, line: str) -> None:
        """Add a line, unless far too many wait."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            return  # A thousand lines that nobody has read tell enough.

    def take(self) -> list[str]:
        """All lines that have come since the last time."""
        lines = []
        while True:
            try:
                lines.append(self._lines.get_nowait())
            except queue.Empty:
                return lines


class Outage:
    """Tells once when the first trader finds the engine gone, and once when the last one is back.

    Without `patience_s` nobody waits for it, and nothing is told.  `_lock` guards the rest; `clock_ns` is
    monotonic.
    """

    def __init__(self, notices: Notices, patience_s: float, clock_ns: Callable[[], int]) -> None:
        self.patience_s = patience_s
        self._notices = notices
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._away_count = 0
        self._since_ns = 0

    def begin(self, reason: object) -> None:
        """A trader has lost the engine."""
        with self._lock:
            self._away_count += 1
            if self._away_count == 1 and self.patience_s:
                self._since_ns = self._clock_ns()
                self._notices.put(f"{reason}; trying again for up to {self.patience_s:g} s")

    def end(self) -> None:
        """A trader that had lost it trades again."""
        with self._lock:
            self._away_count -= 1
            if not self._away_count and self.patience_s:
                away_s = (self._clock_ns() - self._since_ns) / NS_PER_S
                self._notices.put(f"the engine is back after {away_s:.1f} s")
