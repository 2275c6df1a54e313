"""Turns at looking up the past: reading a user's log is all work of the interpreter, for a long one a second.

So one look-up is made at a time, and all together take no more than one share of the time while others want some
(`utils.time_shares`): who comes back after a long absence waits, not the market.  A protection, like its
neighbours.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Optional

from exchange.utils.time_shares import TimeShares

# No user and no address is called so.
SHARE = "look-ups of the past"


class LookUpTurns:
    """A context in which to look something up; any thread."""

    def __init__(self, shares: TimeShares) -> None:
        self._shares = shares
        # Held by whoever looks something up, or is the next who may.
        self._turn = threading.Lock()
        self._is_stopping = threading.Event()
        self._start_s = 0.0

    def stop(self) -> None:
        """The exchange stops: nobody waits for their share any more."""
        self._is_stopping.set()

    def __enter__(self) -> None:
        self._turn.acquire()
        while (wait_s := self._shares.wait_s(SHARE)) and not self._is_stopping.is_set():
            self._is_stopping.wait(wait_s)
        self._start_s = time.thread_time()

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._shares.charge(SHARE, time.thread_time() - self._start_s)
        self._turn.release()
