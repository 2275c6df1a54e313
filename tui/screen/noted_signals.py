"""Signals, noted when they come and taken when there is time: a handler may come between any two steps."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

from tui.screen.wake_pipe import WakePipe

# Whatever asks the program to end, it ends with the terminal restored.
LEAVING = frozenset(
    {
        *(signal.SIGTERM, signal.SIGHUP, signal.SIGINT),
        *(signal.SIGQUIT, signal.SIGABRT, signal.SIGUSR1, signal.SIGUSR2),
    }
)
NOTED = (*LEAVING, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)


class NotedSignals:
    """Belongs to the main thread, the only one that gets signals.  `fileno` is readable when some were noted."""

    def __init__(self) -> None:
        self._pipe = WakePipe()
        # Handlers only add to it; `take` takes them out.
        self._noted: set[int] = set()

    def fileno(self) -> int:
        """For a `select`."""
        return self._pipe.fileno()

    @contextlib.contextmanager
    def handled(self) -> Iterator[None]:
        """Note signals until the block is left."""
        before = {number: signal.signal(number, self._note) for number in NOTED}
        wakeup_before = signal.set_wakeup_fd(self._pipe.input, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._pipe.close()

    def take(self) -> set[int]:
        """Those that came since the last time."""
        self._pipe.drain()
        noted, self._noted = self._noted, set()
        return noted

    def stop_as_asked(self, number: int) -> None:
        """Let the signal do with the whole job what it does by itself; returns when the process goes on."""
        signal.signal(number, signal.SIG_DFL)
        os.kill(0, number)
        signal.signal(number, self._note)
        self._noted.discard(signal.SIGCONT)

    def _note(self, number: int, _frame: object) -> None:
        self._noted.add(number)
