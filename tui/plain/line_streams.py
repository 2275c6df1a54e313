"""Where the plain client's lines come from and go to: a terminal, a pipe or a file at either end.

On a terminal a prompt ends where one types and is repeated after a line that interrupts it.  Otherwise every
prompt is a line of its own, so that the other end of a pipe can read lines.
"""

from __future__ import annotations

import errno
import os
import select
from collections import deque
from typing import Optional

from exchange.utils.visible_text import visible_ascii

READ_BYTES = 65_536


class OutputLost(Exception):  # noqa: N818  the outside world, not the program
    """Nothing that is said can be shown any more; `is_left` if that is because the reader has gone."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output can't be written: {error.strerror}")
        self.is_left = isinstance(error, BrokenPipeError)


class LineInput:
    """The lines of a file descriptor, as they come: a terminal, a pipe or a file."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._lines: deque[str] = deque()
        self._unfinished = b""
        self._has_ended = False

    def read(self) -> None:
        """Take what is there; blocks when nothing is.  A last line without a newline counts at the end."""
        data = self._data()
        *whole, self._unfinished = (self._unfinished + data).split(b"\n")
        if not data:
            self._has_ended = True
            whole, self._unfinished = [self._unfinished] if self._unfinished else [], b""
        self._lines.extend(line.decode("utf-8", "replace") for line in whole)

    def _data(self) -> bytes:
        try:
            return os.read(self.descriptor, READ_BYTES)
        except OSError as error:
            if error.errno == errno.EIO:  # The terminal has gone, and its person with it.
                return b""
            raise

    def next(self) -> Optional[str]:
        """The next line without its newline, None if there is none at the moment."""
        return self._lines.popleft() if self._lines else None

    @property
    def is_over(self) -> bool:
        """Whether the end was reached and every line taken."""
        return self._has_ended and not self._lines


class LineOutput:
    """Where lines and prompts go.  Knows whether a prompt stands unanswered on the last line.

    All that is shown passes here and is escaped here, so that nothing an engine says moves the cursor.  Each write
    is whole when the method returns, also where the other end takes its time.  Raises OutputLost.
    """

    def __init__(self, descriptor: int, is_terminal: bool) -> None:
        self._descriptor = descriptor
        self._is_terminal = is_terminal
        self._prompt: Optional[str] = None

    def show(self, *lines: str) -> None:
        """Print the lines, off the line of a prompt that stands there."""
        text = "".join(visible_ascii(line) + "\n" for line in lines)
        if self._prompt is not None and self._is_terminal:
            text = "\n" + text
            self._prompt = None
        self._write(text)

    def prompt(self, text: str) -> None:
        """Print the prompt, unless it stands there."""
        text = visible_ascii(text)
        if self._prompt != text:
            self._write(text + (" " if self._is_terminal else "\n"))
            self._prompt = text

    def answered(self) -> None:
        """The person ended the prompt's line: the next prompt is a new one."""
        self._prompt = None

    def _write(self, text: str) -> None:
        data = memoryview(text.encode("ascii"))
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                # Whoever shares the terminal made it non-blocking; that it is full is no error.
                select.select([], [self._descriptor], [])
            except OSError as error:
                raise OutputLost(error) from error
