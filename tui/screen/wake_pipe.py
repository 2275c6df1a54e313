"""A pipe to wake a `select` with, from another thread or from a signal handler."""

from __future__ import annotations

import contextlib
import os

READ_BYTES = 4_096


class WakePipe:
    """`wake` may be called from anywhere, the rest belongs to the thread that sleeps."""

    def __init__(self) -> None:
        self._output, self.input = os.pipe()
        os.set_blocking(self._output, False)
        os.set_blocking(self.input, False)

    def fileno(self) -> int:
        """Readable after `wake`, until `drain`."""
        return self._output

    def wake(self) -> None:
        """End the sleep, or the next one."""
        with contextlib.suppress(BlockingIOError):  # a full pipe wakes as well
            os.write(self.input, b"!")

    def drain(self) -> None:
        """Take all wakes so far for heard."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._output, READ_BYTES):
                pass

    def close(self) -> None:
        """Nobody may call `wake` any more."""
        os.close(self._output)
        os.close(self.input)
