"""The real trading screen on a pseudo-terminal, watched through an emulator.  Every wait has a deadline."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

import pyte

from tests.support.processes import WAIT_S
from tests.support.project import ROOT

# What pyte 0.8 would take for text: DCS and OSC strings, and CSI sequences with a `>`, `<`, `=` or `$` in them.
_UNKNOWN_TO_PYTE = re.compile(
    rb"\x1b[P\]_^X].*?(?:\x1b\\|\x07)|\x1b\[[?]?[0-9;]*[<=>$][0-9;$]*[a-zA-Z]", re.DOTALL
)
UP, DOWN, SHIFT_UP, ENTER, ESCAPE = b"\x1b[A", b"\x1b[B", b"\x1b[1;2A", b"\r", b"\x1b"


class ScreenProcess:
    """`program` (of Python, with its options) in a terminal of `width` × `height`; killed when the block ends."""

    def __init__(
        self,
        port: int,
        data_directory: Path,
        width: int = 120,
        height: int = 36,
        program: tuple[str, ...] = (str(ROOT / "scripts" / "start_client.py"),),
        told_size: Optional[tuple[int, int]] = None,
        where: Optional[tuple[str, ...]] = None,
        **env: str,
    ) -> None:
        """`where` are the options of a program that trades as nobody."""
        self.output = b""
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self._screen)
        self._terminal, inner = pty.openpty()
        self._set_size(*(told_size or (width, height)))
        self.modes_before = termios.tcgetattr(inner)
        self._inner = inner
        if where is None:
            where = ("--user", "alice", "--port", str(port), "--data-dir", str(data_directory))
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [sys.executable, *program, *where],
            stdin=inner,
            stdout=inner,
            stderr=subprocess.PIPE,
            env=environment | {"LANG": "C.UTF-8"} | env,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def __enter__(self) -> ScreenProcess:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self._terminal)
        os.close(self._inner)

    def type(self, keys: bytes) -> None:
        """Type, paste or click, as the terminal would send it."""
        os.write(self._terminal, keys)

    def make_shared_descriptor_impatient(self) -> None:
        """From now on a write that would wait fails instead, as where another program has set that for all."""
        os.set_blocking(self._inner, False)

    def command(self, text: str) -> None:
        """Type a command and Enter, letter by letter as hands do: all at once it would be a paste."""
        self.type(b":")
        self.see("symbol ACME   qty 7")
        for end in range(1, len(text) + 1):
            self.type(text[end - 1 : end].encode())
            self._see_typed(f" :{text[:end]}")
        self.type(ENTER)

    def _see_typed(self, shown: str) -> None:
        """Wait for the command line to show this, and the cursor behind it, which is all that tells of a blank."""
        self.wait_for(lambda: self.rows[-3].startswith(shown) and self.cell(len(shown), -3).reverse, shown)

    def resize(self, width: int, height: int) -> None:
        """Give the terminal another size."""
        self._screen.resize(height, width)
        self._set_size(width, height)
        self.process.send_signal(signal.SIGWINCH)

    def _set_size(self, width: int, height: int) -> None:
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    @property
    def rows(self) -> list[str]:
        """What the terminal shows."""
        return list(self._screen.display)

    @property
    def text(self) -> str:
        """What the terminal shows, as one text."""
        return "\n".join(self.rows)

    def cell(self, x: int, y: int) -> Any:
        """One cell of the emulator, with its style; below 0 `y` counts from the last row."""
        return self._screen.buffer[y % self._screen.lines][x]

    def see(self, what: str) -> None:
        """Wait until the screen shows this."""
        self.wait_for(lambda: what in self.text, what)

    def see_no_more(self, what: str) -> None:
        """Wait until the screen doesn't show this."""
        self.wait_for(lambda: what not in self.text, f"an end of {what}")

    def wait_for(self, is_so: Callable[[], bool], what: str) -> None:
        """Read until the condition holds."""
        deadline = time.monotonic() + WAIT_S
        while not is_so():
            assert self.read(deadline - time.monotonic()), f"no {what!r}; the screen shows\n{self.text}"

    def read(self, timeout_s: float) -> bytes:
        """Take what the program writes next into the emulator; nothing if it wrote nothing for `timeout_s`."""
        ready, _, _ = select.select([self._terminal], [], [], max(0.0, timeout_s))
        if not ready:
            return b""
        data = os.read(self._terminal, 65_536)
        self.output += data
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))
        return data

    def end(self) -> int:
        """Wait for the program's end, reading on meanwhile; returns the exit status."""
        deadline = time.monotonic() + WAIT_S
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        while self.read(0.05):
            pass
        return self.process.wait(0)

    def check_restored(self) -> None:
        """The terminal is as it was before the program: modes, cursor, main screen, no mouse, no paste marks."""
        assert termios.tcgetattr(self._inner) == self.modes_before
        for mode in (b"?1002", b"?1006", b"?2004", b"?1004", b"?1049"):
            assert self.output.rindex(mode + b"l") > self.output.rindex(mode + b"h"), mode
        assert self.output.rindex(b"?25h") > self.output.rindex(b"?25l")
        assert self.output.rindex(b"?7h") > self.output.rindex(b"?7l")
