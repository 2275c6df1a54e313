"""What waits behind a long answer of one connection: what is left of that answer, then whatever was told later.

    parts:  pieces still to be made ─ line ─ line ─ pieces of the next long answer ─ line …

A client reads its answers in the order of its requests, so nothing overtakes a long answer, and no line gets into
the middle of another.  Owned by the matching thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Union


class AnswerParts:
    """Parts in order.  `line_bytes` counts the whole lines among them: what is not made yet takes no memory."""

    def __init__(self) -> None:
        self._parts: deque[Union[bytes, Iterator[bytes]]] = deque()
        self.line_bytes = 0

    def add_line(self, line: bytes) -> None:
        """A line behind all that is here."""
        self._parts.append(line)
        self.line_bytes += len(line)

    def add_pieces(self, pieces: Iterator[bytes]) -> None:
        """A long answer behind all that is here."""
        self._parts.append(pieces)

    def next(self) -> bytes:
        """The next bytes to send; none when nothing is left.  Making them may take some time."""
        while self._parts:
            first = self._parts[0]
            if isinstance(first, bytes):
                self._parts.popleft()
                self.line_bytes -= len(first)
                return first
            piece = next(first, b"")
            if piece:
                return piece
            self._parts.popleft()
        return b""
