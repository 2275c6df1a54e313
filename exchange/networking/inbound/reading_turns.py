"""Turns at reading: what a client sends costs time to decode, whatever it turns out to be.

Every reader is a thread, but the interpreter runs one at a time, so a hundred readers at work leave the matching
thread a hundredth.  Hence two rules, each about the share a connection belongs to (its user; before a login, its
address):

* a share that has taken more than its part of the time lately is not read on while others want some; TCP then
  holds the sender back;
* of what is long enough to matter only one piece of each share is decoded at a time.

A protection: without it clients are read as fast as they send.  Any thread.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Optional
from weakref import WeakValueDictionary

from exchange.utils.time_shares import TimeShares

# What is shorter is decoded before anybody would notice: it is charged by estimate, when so much has come.
LONG_BYTES = 1_024
BYTE_S = 30e-9
# What a read costs beside its bytes, as so many bytes.
READ_BYTES = 300
# What it costs to accept a connection, give it a thread and forget it.
CONNECTION_S = 300e-6


class _Place:
    """Held, by its lock, by the one reader of a share that decodes something long."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class ReadingTurns:
    """Hands out turns; `shares` has the accounts, which the matching thread charges too."""

    def __init__(self, shares: TimeShares) -> None:
        self.shares = shares
        # The places of all shares that somebody holds or waits for; `_lock` guards who makes them.
        self._places: WeakValueDictionary[str, _Place] = WeakValueDictionary()
        self._lock = threading.Lock()

    def wait(self, share: str, is_leaving: threading.Event) -> None:
        """Wait until something may be read for `share`, but not with who is leaving."""
        while (wait_s := self.shares.wait_s(share)) and not is_leaving.is_set():
            is_leaving.wait(wait_s)

    def connected(self, share: str) -> None:
        """A connection of `share` has come."""
        self.shares.charge(share, CONNECTION_S)

    def short_turn(self, share: str, unpaid_bytes: int, is_leaving: threading.Event) -> None:
        """Wait for the turn to decode something short, and charge what has come since the last turn."""
        self.wait(share, is_leaving)
        self.shares.charge(share, unpaid_bytes * BYTE_S)

    def long_turn(self, share: str, is_leaving: threading.Event) -> LongTurn:
        """What to decode something long in: a context that waits for its turn, and charges `share` for it."""
        with self._lock:
            place = self._places.get(share)
            if place is None:
                place = self._places[share] = _Place()
        return LongTurn(self, share, place, is_leaving)


class LongTurn:
    """One long piece being decoded."""

    __slots__ = ("_turns", "_share", "_place", "_is_leaving", "_start_s")

    def __init__(self, turns: ReadingTurns, share: str, place: _Place, is_leaving: threading.Event) -> None:
        self._turns = turns
        self._share = share
        self._place = place
        self._is_leaving = is_leaving
        self._start_s = 0.0

    def __enter__(self) -> None:
        self._place.lock.acquire()
        # Behind the lock, so that a hundred readers of one share that were let go together do not come together.
        self._turns.wait(self._share, self._is_leaving)
        self._start_s = time.thread_time()

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._turns.shares.charge(self._share, time.thread_time() - self._start_s)
        self._place.lock.release()
