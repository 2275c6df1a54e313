"""The project's own programs as processes a test can watch and talk to.  Every wait has a deadline."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Optional, TypeVar

from tests.support.project import ROOT

WAIT_S = 20.0
# How soon `wait_until` looks again.
LOOK_EVERY_S = 0.01
Self = TypeVar("Self", bound="Program")


class Program:
    """One script of `scripts/`, its input and output on pipes.  Killed, if need be, when the block ends."""

    def __init__(
        self, script: str, *options: str, inside: tuple[str, ...] = (), cwd: Optional[Path] = None
    ) -> None:
        """`inside` is a command, such as `unshare`, that replaces itself by the one it is given."""
        self._process = subprocess.Popen(
            [*inside, sys.executable, str(ROOT / "scripts" / script), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
        )
        self._output = b""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    @property
    def process_id(self) -> int:
        """The system's number of it."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._process.poll() is not None

    def type(self, text: str) -> None:
        """Write to its input."""
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def see(self, text: str) -> str:
        """Its next line of output that contains `text`; what comes before it is passed over."""
        deadline = time.monotonic() + WAIT_S
        while True:
            line, newline, rest = self._output.partition(b"\n")
            if not newline:
                self._read(deadline, text)
                continue
            self._output = rest
            if text in line.decode():
                return line.decode()

    def _read(self, deadline: float, wanted: str) -> None:
        assert self._process.stdout is not None
        poller = select.poll()
        poller.register(self._process.stdout, select.POLLIN)
        is_ready = poller.poll(max(0.0, deadline - time.monotonic()) * 1000)
        data = os.read(self._process.stdout.fileno(), 65_536) if is_ready else b""
        assert data, f"no {wanted!r}; it wrote {self._output!r}"
        self._output += data

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def end(self, text: str = "") -> tuple[int, str, str]:
        """Write `text`, close its input and wait: exit status, output not yet seen, all of stderr."""
        output, errors = self._process.communicate(text.encode(), timeout=WAIT_S)
        return self._process.returncode, (self._output + output).decode(), errors.decode()

    def wait(self) -> tuple[int, str]:
        """Wait for its own end, its input left open: exit status and all of stderr."""
        status = self._process.wait(WAIT_S)
        assert self._process.stderr is not None
        return status, self._process.stderr.read().decode()


class RunningEngine(Program):
    """An engine on a free port; `port` is known once this returns, and it accepts connections."""

    def __init__(self, data_directory: Path, *options: str, cwd: Optional[Path] = None) -> None:
        super().__init__("start_engine.py", "--port", "0", "--data-dir", str(data_directory), *options, cwd=cwd)
        self.port = int(self.see("exchange listening on ").rpartition(":")[2])


def plain_client(engine: RunningEngine, directory: Path, user: str, *options: str) -> Program:
    """A plain client of `user`, whose data directory is the one of that name in `directory`."""
    where = ("--port", str(engine.port), "--data-dir", str(directory / user))
    return Program("start_client.py", "--user", user, "--plain", *where, *options)


def operate(data_directory: Path, *wish: str) -> tuple[int, str, str]:
    """Exit status, output and complaints of the operator's command."""
    with Program("operate.py", "--data-dir", str(data_directory), *wish) as command:
        return command.end()


def wait_until(is_so: Callable[[], bool], look_every_s: float = LOOK_EVERY_S) -> None:
    """Return when it is; fails when it never is."""
    deadline_s = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(look_every_s)
