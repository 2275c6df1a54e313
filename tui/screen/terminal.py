"""The terminal's modes: raw keyboard, the alternate screen, mouse, paste marks; and giving all of it back.

Only this file and `app` touch `blessed`.  What is written goes through `TerminalOutput`, so a terminal that takes
nothing holds up neither the start nor the end.
"""

from __future__ import annotations

import contextlib
import os
import sys
import termios
import tty
from typing import Any, Optional

# Before blessed is imported: a terminal that never answers its queries must not hold up the start.
os.environ.setdefault("BLESSED_QUERY_TIMEOUT_SECONDS", "0.1")

import blessed

from tui.screen.terminal_output import TerminalOutput, size_of
from tui.screen.theme import ColorDepth

# Mouse buttons, dragging and the wheel, in the form that has no limit of columns; bracketed paste; focus; no
# wrapping.  Switched on without asking whether the terminal knows them: others ignore them, tmux gives no answer.
MODES_ON = "\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b[?1004h\x1b[?7l"
MODES_OFF = "\x1b[?2026l\x1b[?7h\x1b[?1004l\x1b[?2004l\x1b[?1006l\x1b[?1002l\x1b[0m"
# A terminal that takes nothing is given up after so long when its modes are given back.
RESTORE_MAX_S = 1.0


class ScreenTerminal:
    """Standard input and output, which must be a terminal.  Belongs to the main thread."""

    def __init__(self) -> None:
        self.keyboard = sys.stdin.fileno()
        self.output = TerminalOutput(sys.stdout.fileno())
        self._blessed, self.depth = _open()
        # The keyboard's modes before the screen; None while it has not been entered.
        self._modes_before: Optional[list[Any]] = None

    def size(self) -> tuple[int, int]:
        """(columns, rows): what the terminal says, else COLUMNS and LINES, else 80 × 24."""
        try:
            width, height = os.get_terminal_size(self.output.fileno())
        except OSError:
            width, height = 0, 0
        return size_of(width, height, os.environ)

    def enter(self) -> None:
        """Set the modes of the screen.  Nothing of what the terminal showed is shown any more."""
        self._modes_before = termios.tcgetattr(self.keyboard)
        # TCSANOW, here and below: to wait for output that the terminal does not take would be to wait for ever.
        tty.setraw(self.keyboard, termios.TCSANOW)
        self.output.start()
        with contextlib.suppress(OSError):  # a terminal that is gone: the next frame finds out, too
            self.output.write(f"{self._blessed.enter_fullscreen}{self._blessed.hide_cursor}{MODES_ON}")

    def leave(self) -> None:
        """Give the terminal back as it was; the rest of a frame that it has not taken is dropped."""
        self.output.drop_waiting()
        with contextlib.suppress(OSError):  # a terminal that is gone needs no restoring
            self.output.write(f"{MODES_OFF}{self._blessed.normal_cursor}{self._blessed.exit_fullscreen}")
            self.output.finish(RESTORE_MAX_S)
        self.output.drop_waiting()
        with contextlib.suppress(OSError, termios.error):
            self.output.stop()
            if self._modes_before is not None:
                termios.tcsetattr(self.keyboard, termios.TCSANOW, self._modes_before)
        self._modes_before = None

    def drop_typed(self) -> None:
        """Forget what was typed and not read: it was meant for the screen, not for the shell."""
        with contextlib.suppress(termios.error):
            termios.tcflush(self.keyboard, termios.TCIFLUSH)


def _open() -> tuple[blessed.Terminal, ColorDepth]:
    """The terminal and its colours.

    With NO_COLOR blessed would also refuse to move the cursor, so it doesn't get to see it.
    """
    no_color = os.environ.pop("NO_COLOR", "")
    terminal = blessed.Terminal()
    if no_color:
        os.environ["NO_COLOR"] = no_color
        return terminal, ColorDepth.NONE
    return terminal, ColorDepth.from_count(terminal.number_of_colors)
