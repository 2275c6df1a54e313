"""Bytes from a socket, cut into lines: nothing is known of what a line says.

A line longer than the limit can't be skipped safely (who knows how long it goes on), so it ends the connection.
"""

from __future__ import annotations

# PROTOCOL "Lines": the longest request, its newline included.
LINE_BYTES_MAX = 65_536


class LineTooLongError(Exception):
    """The peer sent more than `LINE_BYTES_MAX` bytes without a newline in reach; its connection must be closed.

    `lines` are the complete lines that came before.
    """

    def __init__(self, lines: list[bytes]) -> None:
        super().__init__(f"a line may have at most {LINE_BYTES_MAX} bytes, its newline included")
        self.lines = lines


class LineReader:
    """Collects what was received until lines are complete; never holds more of a line than the limit."""

    def __init__(self) -> None:
        self._partial = bytearray()

    @property
    def partial_bytes(self) -> int:
        """How many bytes have come of a line whose newline has not."""
        return len(self._partial)

    @property
    def is_within_line(self) -> bool:
        """Whether bytes of a line have come whose newline has not."""
        return bool(self._partial)

    def feed(self, received: bytes) -> list[bytes]:
        """The lines, without their newlines, that `received` completes.  Raises LineTooLongError."""
        *lines, remainder = received.split(b"\n")
        if lines:
            if self._partial:
                self._partial += lines[0]
                lines[0] = bytes(self._partial)
                self._partial.clear()
            for index, line in enumerate(lines):
                if len(line) >= LINE_BYTES_MAX:
                    raise LineTooLongError(lines[:index])
        if remainder:
            self._partial += remainder
            if len(self._partial) >= LINE_BYTES_MAX:
                raise LineTooLongError(lines)
        return lines
