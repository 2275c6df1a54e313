"""Turns at reading: what a client sends costs time to decode, whatever it turns out to be.

Every reader is a thread, but the interpreter runs one at a time, so a hundred readers at work leave the matching
thread a hundredth.  Hence two rules, each about the share a connection belongs to (its user; before a login, its
address):

* a share that has taken more than its part of the time lately is not read on while others want some; TCP then
  holds the sender back;
* of all that is long enough to matter only one piece is decoded at a time.

A protection: without it clients are read as fast as they send.  Any thread.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Optional

from exchange.utils.time_shares import TimeShares

# What is shorter is decoded before anybody would notice: it is charged by estimate, when so much has come.
LONG_BYTES = 4_096
BYTE_S = 30e-9
# What a read costs beside its bytes, as so many bytes.
READ_BYTES = 300
# What it costs to accept a connection, give it a thread and forget it.
CONNECTION_S = 300e-6


class ReadingTurns:
    """Hands out turns; `shares` has the accounts, which the matching thread charges too."""

    def __init__(self, shares: TimeShares) -> None:
        self.shares = shares
        # Held while a long piece is decoded.
        self.long_piece = threading.Lock()

    def wait(self, share: str, is_leaving: threading.Event) -> None:
        """Wait until something may be read for `share`, but not with who is leaving."""
        while (wait_s := self.shares.wait_s(share)) and not is_leaving.is_set():
            is_leaving.wait(wait_s)

    def connected(self, share: str) -> None:
        """A connection of `share` has come."""
        self.shares.charge(share, CONNECTION_S)

    def turn(self, share: str, size_bytes: int) -> ReadingTurn:
        """What to decode `size_bytes` in: a context that charges `share` for it."""
        return ReadingTurn(self, share, size_bytes)


class ReadingTurn:
    """One piece being decoded."""

    __slots__ = ("_turns", "_share", "_size_bytes", "_start_s")

    def __init__(self, turns: ReadingTurns, share: str, size_bytes: int) -> None:
        self._turns = turns
        self._share = share
        self._size_bytes = size_bytes
        self._start_s = 0.0

    def __enter__(self) -> None:
        if self._size_bytes > LONG_BYTES:
            self._turns.long_piece.acquire()
            self._start_s = time.thread_time()

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._size_bytes > LONG_BYTES:
            taken_s = time.thread_time() - self._start_s
            self._turns.long_piece.release()
        else:
            taken_s = self._size_bytes * BYTE_S
        self._turns.shares.charge(self._share, taken_s)
