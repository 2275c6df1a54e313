"""Who has taken how much of something's time lately, so that nobody takes it from the others.

Each share (a name) has an account that fills by `PART` seconds a second, up to `BURST_S`; whatever is done for it
is taken off.  Who is overdrawn waits until the account is paid back, but only while others want time too: whoever
is alone may take it all.  So a single one never gets more than about `PART` of the time from the others, and as
`PART` is less than a half, whoever asks now and then finds the way free more often than not.

    alone:          ████████████████████████████
    with another:   ████······████······████····      each of them

Any thread.  The clock is monotonic and an argument.  O(1) for each call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

# What one share may take of the time, as a part of it, while others want some too.
PART = 0.4
# What a share that has taken nothing for a while may take at once, in seconds.
BURST_S = 0.02
# The most a share can be overdrawn by, in seconds: however dear one request was, its end is in sight.
DEBT_S_MAX = 1.0
# So long after the last time that another share took some, a share counts as alone.
ALONE_AFTER_S = 0.05
# Accounts remembered at once; the oldest goes first.
SHARES_MAX = 10_000


class _Account:
    """`left_s` was true at `then_s`, by the clock; negative when overdrawn."""

    __slots__ = ("left_s", "then_s")

    def __init__(self, left_s: float, then_s: float) -> None:
        self.left_s = left_s
        self.then_s = then_s


class TimeShares:
    """The accounts.  `_lock` guards all that is here."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._accounts: dict[str, _Account] = {}
        # Who took time last and when, and when anybody else last did.
        self._last = ""
        self._last_s = self._other_s = float("-inf")

    def charge(self, share: str, seconds: float) -> None:
        """Take so much off the account of `share`."""
        now_s = self._monotonic_s()
        with self._lock:
            account = self._accounts.get(share)
            if account is None:
                account = self._new_account(share, now_s)
            left_s = account.left_s + (now_s - account.then_s) * PART
            left_s = (left_s if left_s < BURST_S else BURST_S) - seconds
            account.left_s = left_s if left_s > -DEBT_S_MAX else -DEBT_S_MAX
            account.then_s = now_s
            if share != self._last:
                self._last, self._other_s = share, self._last_s
            self._last_s = now_s

    def _new_account(self, share: str, now_s: float) -> _Account:
        if len(self._accounts) >= SHARES_MAX:
            del self._accounts[next(iter(self._accounts))]
        account = self._accounts[share] = _Account(BURST_S, now_s)
        return account

    def may_take(self, share: str) -> bool:
        """Whether something may be done for `share` now."""
        return self.wait_s(share) == 0.0

    def wait_s(self, share: str) -> float:
        """How long, in seconds, until something may be done for `share`; 0.0 if it may now.

        It may be less when it has passed: others may have gone quiet.
        """
        account = self._accounts.get(share)
        if account is None or account.left_s > 0.0:
            return 0.0  # Whoever was not overdrawn then is not now: no look at the clock, and no lock.
        now_s = self._monotonic_s()
        with self._lock:
            left_s = account.left_s + (now_s - account.then_s) * PART
            if left_s > 0.0:
                return 0.0
            alone_s = self._others_took_s(share) + ALONE_AFTER_S
        return max(0.0, min(-left_s / PART + 1e-6, alone_s - now_s))

    def is_contended(self) -> bool:
        """Whether more than one share has taken time lately."""
        return self._monotonic_s() < self._other_s + ALONE_AFTER_S

    def _others_took_s(self, share: str) -> float:
        """When anybody but `share` last took some."""
        return self._other_s if share == self._last else self._last_s
