"""A run of many threads, one per trader: begun together, waited for together, with what ended it too early."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Optional

from exchange.simulation.errors import SimulationError
from exchange.utils.helpers import NS_PER_S


class ThreadedRun:
    """Runs once.  Its methods belong to one thread, none is called by a trader's.

    `clock_ns` is monotonic.
    """

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        self._clock_ns = clock_ns
        self._threads: list[threading.Thread] = []
        self._all_started = threading.Event()
        # Written by failing traders (appending is atomic); at most one entry each.
        self._failures: list[BaseException] = []
        self._start_ns = 0
        self._elapsed_ns: Optional[int] = None

    def wait(self, timeout_s: Optional[float] = None) -> bool:
        """Wait until all traders are done, up to `timeout_s` (None: for ever); returns whether they are."""
        deadline_ns = None if timeout_s is None else self._clock_ns() + int(timeout_s * NS_PER_S)
        for thread in self._threads:
            left_ns = None if deadline_ns is None else max(0, deadline_ns - self._clock_ns())
            thread.join(None if left_ns is None else left_ns / NS_PER_S)
            if thread.is_alive():
                return False
        if self._elapsed_ns is None:
            self._elapsed_ns = self._clock_ns() - self._start_ns
        return True

    @property
    def failure(self) -> Optional[BaseException]:
        """Why it ended too early: a SimulationError is the world's doing, all else a bug.  None: it did not."""
        bugs = [failure for failure in self._failures if not isinstance(failure, SimulationError)]
        return next(iter(bugs or self._failures), None)

    @property
    def elapsed_ns(self) -> int:
        """How long it has run, or ran."""
        return self._clock_ns() - self._start_ns if self._elapsed_ns is None else self._elapsed_ns

    def _begin(self, bodies: Iterable[tuple[str, Callable[[], None]]]) -> None:
        """Start a thread of this name for each body; none begins before all are there."""
        for name, body in bodies:
            self._threads.append(threading.Thread(target=self._run_together, args=(body,), name=name))
        for thread in self._threads:
            thread.start()
        self._start_ns = self._clock_ns()
        self._all_started.set()

    def _run_together(self, body: Callable[[], None]) -> None:
        self._all_started.wait()
        body()
