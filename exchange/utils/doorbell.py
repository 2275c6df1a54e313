"""How one thread wakes another that sleeps, once each time, without getting in its way.

Whoever lets go of a lock, or sets an Event, holds the interpreter meanwhile.  Where both threads share a processor
the system often runs the woken one at once; it finds the interpreter taken and must sleep again until the other
goes on and lets go of it.  A write to a pipe lets go first, so whoever is woken finds the way free: two changes of
threads less for every request that comes alone.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from functools import partial
from weakref import finalize

# However long a wait is to last, it ends so soon, in seconds: the system counts milliseconds, and not very far.
WAIT_S_MAX = 3_600.0


class Doorbell:
    """One thread waits, any thread rings; who rings must know that no ring before is still to be heard.

    A ring is kept until it is heard.  Two descriptors, which `close` closes, or the end of the doorbell itself.
    """

    def __init__(self) -> None:
        """Raises OSError if there is no descriptor to be had."""
        self._heard_at, rung_at = os.pipe()
        self._closers = [finalize(self, os.close, descriptor) for descriptor in (self._heard_at, rung_at)]
        for closer in self._closers:
            closer.atexit = False  # Some thread may still be asleep by it.
        self._poll = select.poll()
        self._poll.register(self._heard_at, select.POLLIN)
        # Any thread's: wakes who waits, or ends its next wait.  Never waits itself.
        self.ring: Callable[[], object] = partial(os.write, rung_at, b"!")

    def wait(self) -> None:
        """Sleep until it rings."""
        os.read(self._heard_at, 1)

    def rings_within(self, seconds: float) -> bool:
        """Sleep until it rings, so long at most; whether it did."""
        if not self._poll.poll(min(seconds, WAIT_S_MAX) * 1_000):
            return False
        self.wait()
        return True

    def close(self) -> None:
        """Nobody will wait or ring any more.  A second call does nothing."""
        for closer in self._closers:
            closer()
