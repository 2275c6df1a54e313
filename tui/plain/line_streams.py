"""Where the plain client's lines come from and go to: a terminal, a pipe or a file at either end.

On a terminal a prompt ends where one types and is repeated after a line that interrupts it.  Otherwise every
prompt is a line of its own, so that the other end of a pipe can read lines.
"""

from __future__ import annotations

import os
from collections import deque
from typing import Optional, TextIO

READ_BYTES = 65_536


class LineInput:
    """The lines of a file descriptor, as they come: a terminal, a pipe or a file."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._lines: deque[str] = deque()
        self._unfinished = b""
        self._has_ended = False

    def read(self) -> None:
        """Take what is there; blocks when nothing is.  A last line without a newline counts at the end."""
        data = os.read(self.descriptor, READ_BYTES)
        *whole, self._unfinished = (self._unfinished + data).split(b"\n")
        if not data:
            self._has_ended = True
            whole, self._unfinished = [self._unfinished] if self._unfinished else [], b""
        self._lines.extend(line.decode("utf-8", "replace") for line in whole)

    def next(self) -> Optional[str]:
        """The next line without its newline, None if there is none at the moment."""
        return self._lines.popleft() if self._lines else None

    @property
    def is_over(self) -> bool:
        """Whether the end was reached and every line taken."""
        return self._has_ended and not self._lines


class LineOutput:
    """Where lines and prompts go.  Knows whether a prompt stands unanswered on the last line."""

    def __init__(self, output: TextIO, is_terminal: bool) -> None:
        self._output = output
        self._is_terminal = is_terminal
        self._prompt: Optional[str] = None

    def show(self, *lines: str) -> None:
        """Print the lines, off the line of a prompt that stands there."""
        if self._prompt is not None and self._is_terminal:
            self._output.write("\n")
            self._prompt = None
        self._output.write("".join(line + "\n" for line in lines))
        self._output.flush()

    def prompt(self, text: str) -> None:
        """Print the prompt, unless it stands there."""
        if self._prompt != text:
            self._output.write(text + (" " if self._is_terminal else "\n"))
            self._output.flush()
            self._prompt = text

    def answered(self) -> None:
        """The person ended the prompt's line: the next prompt is a new one."""
        self._prompt = None
