"""Enter on a terminal, for a command that goes on meanwhile: whether it was pressed, without waiting for it."""

from __future__ import annotations

import os
import select
from typing import Optional, TextIO

READ_MAX = 1_000


class PauseKey:
    """Looks at `stream` only where that is a terminal, and this process the one that it speaks to."""

    def __init__(self, stream: Optional[TextIO]) -> None:
        is_terminal = stream is not None and not stream.closed and stream.isatty()
        self._number: Optional[int] = stream.fileno() if stream is not None and is_terminal else None

    def was_pressed(self) -> bool:
        """Whether a line has come since the last time; O(1), one system call."""
        number = self._number
        if number is None or not select.select([number], [], [], 0)[0]:
            return False
        if os.tcgetpgrp(number) != os.getpgrp():
            return False  # In the background, reading would stop the process.
        pressed = os.read(number, READ_MAX)
        if not pressed:
            self._number = None  # The terminal has said that there is no more.
        return b"\n" in pressed
