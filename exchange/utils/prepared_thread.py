"""A thread that is there before it is needed, for what must be possible when the system has none left to give."""

from __future__ import annotations

import threading
from collections.abc import Callable


class PreparedThread:
    """One daemon thread named `name`, from construction on; it does nothing until `go`.

    `action` must not raise: it is called in the thread, once.
    """

    def __init__(self, name: str, action: Callable[[], None]) -> None:
        """Raises RuntimeError if the system has no thread to give."""
        self._action = action
        self._may_go = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def go(self) -> None:
        """Let it do what it is for.  Any thread; a second call does nothing."""
        self._may_go.set()

    def join(self, timeout_s: float) -> None:
        """Wait until it has done it, so long at most."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        self._may_go.wait()
        self._action()
