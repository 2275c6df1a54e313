"""Writing to a terminal that may not take it: never waits, keeps what was not taken, tells when to try again.

A terminal that is stopped (Ctrl-S, a stuck connection, a suspended window) takes nothing for as long as it likes.
A write that waited would keep keys and signals waiting too.  So the terminal is opened once more, by a description
of its own that does not wait; the one that was inherited is shared with the shell.
"""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Mapping

WIDTH_WITHOUT_WORD, HEIGHT_WITHOUT_WORD = 80, 24


class TerminalOutput:
    """One terminal to write to.  Belongs to the main thread."""

    def __init__(self, inherited: int) -> None:
        """`inherited` is the descriptor of standard output, which is a terminal."""
        self._inherited = inherited
        self._waiting = bytearray()
        self._own: int | None = None
        with contextlib.suppress(OSError):  # a terminal without a name, as in some containers: share it then
            self._own = os.open(os.ttyname(inherited), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        self._was_blocking = os.get_blocking(inherited)

    def fileno(self) -> int:
        """For a `select` on when more can be written."""
        return self._inherited if self._own is None else self._own

    @property
    def is_waiting(self) -> bool:
        """Whether something was not taken yet."""
        return bool(self._waiting)

    def start(self) -> None:
        """Must come before `write`; undone by `stop`."""
        if self._own is None:
            os.set_blocking(self._inherited, False)

    def stop(self) -> None:
        """Leave the inherited descriptor as it was."""
        if self._own is None:
            os.set_blocking(self._inherited, self._was_blocking)

    def write(self, text: str) -> None:
        """Write as much as the terminal takes and keep the rest.  Raises OSError if the terminal is gone."""
        self._waiting += text.encode("utf-8")
        self.go_on()

    def go_on(self) -> None:
        """Write what is waiting, as far as it is taken.  Raises OSError if the terminal is gone."""
        while self._waiting:
            try:
                del self._waiting[: os.write(self.fileno(), self._waiting)]
            except BlockingIOError:
                return

    def drop_waiting(self) -> None:
        """Forget what was not taken."""
        self._waiting.clear()

    def finish(self, timeout_s: float) -> None:
        """Write what is waiting, but give a terminal that takes nothing up after so long.  Raises OSError."""
        while self._waiting and select.select([], [self.fileno()], [], timeout_s)[1]:
            self.go_on()

    def close(self) -> None:
        """No more is written."""
        if self._own is not None:
            os.close(self._own)
            self._own = None


def size_of(width: int, height: int, environment: Mapping[str, str]) -> tuple[int, int]:
    """Columns and rows as the terminal tells them; where that is 0, COLUMNS and LINES, else 80 × 24."""
    return (
        width if width > 0 else _number(environment.get("COLUMNS"), WIDTH_WITHOUT_WORD),
        height if height > 0 else _number(environment.get("LINES"), HEIGHT_WITHOUT_WORD),
    )


def _number(text: str | None, default: int) -> int:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) <= 4
    return max(1, int(text)) if is_number and text is not None and int(text) > 0 else default
