"""A line that says how far something is: rewritten in place on a terminal, one line a second elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional, TextIO

from exchange.utils.command_line import write
from exchange.utils.helpers import NS_PER_S
from exchange.utils.visible_text import visible_text

LIVE_INTERVAL_NS = NS_PER_S // 10
LINES_INTERVAL_NS = NS_PER_S


class ProgressLine:
    """Writes to `stream` (None: it is closed), at most `width` columns.  `clock_ns` is monotonic.

    `show` may be called as often as one likes and costs nothing but when a line is due.
    """

    def __init__(self, stream: Optional[TextIO], width: int, clock_ns: Callable[[], int]) -> None:
        self._stream = stream
        self._width = width
        self._clock_ns = clock_ns
        self._is_live = stream is not None and stream.isatty()
        self._interval_ns = LIVE_INTERVAL_NS if self._is_live else LINES_INTERVAL_NS
        self._is_line_open = False
        self.restart()

    def restart(self) -> None:
        """What is told about begins now, so the first line is due an interval from now."""
        self._due_ns = self._clock_ns() + self._interval_ns

    def show(self, text: Callable[[], str]) -> None:
        """Write what `text` returns, if it is time."""
        now_ns = self._clock_ns()
        if now_ns < self._due_ns:
            return
        self._due_ns = now_ns + self._interval_ns
        visible = visible_text(text())
        if self._is_live:
            write(f"\r{visible[: self._width - 1]:<{self._width - 1}}", self._stream)
        else:
            write(visible + "\n", self._stream)
        self._is_line_open = self._is_live

    def end(self) -> None:
        """Leave the line, so that whatever comes next starts on one of its own."""
        if self._is_line_open:
            write("\n", self._stream)
            self._is_line_open = False
