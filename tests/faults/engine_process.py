"""The real engine as a process that may be killed at any moment, before it listens as well.

Every wait has a deadline.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Optional, TypeVar

from tests.support.project import ROOT

WAIT_S = 30.0
_LISTENING = b"exchange listening on "
Self = TypeVar("Self", bound="EngineProcess")


class EngineProcess:
    """`scripts/start_engine.py` on a free port; what it says on stderr is added to the file `errors`.

    `command_before` is what the engine is started by, a shell with other rights, say.
    """

    def __init__(
        self, data_directory: Path, errors: Path, *options: str, command_before: Sequence[str] = ()
    ) -> None:
        self._errors = errors
        self._errors_before = errors.stat().st_size if errors.exists() else 0
        script = str(ROOT / "scripts" / "start_engine.py")
        command = [sys.executable, script, "--port", "0", "--data-dir", str(data_directory), *options]
        with errors.open("ab") as stderr:
            self._process = subprocess.Popen(
                [*command_before, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr
            )

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def port(self, wait_s: float = WAIT_S) -> Optional[int]:
        """Wait until it accepts connections, and where; None if it does not within `wait_s`.

        Raises AssertionError, with what it said, if it ends instead.
        """
        assert self._process.stdout is not None
        deadline_s = time.monotonic() + wait_s
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline_s - time.monotonic()))
            if not ready:
                return None
            data = os.read(self._process.stdout.fileno(), 1_000)
            assert data, f"the engine ended with status {self._process.wait(WAIT_S)}: {self.errors()}"
            line += data
        assert line.startswith(_LISTENING), line
        return int(line.rpartition(b":")[2])

    def kill(self) -> None:
        """SIGKILL, unless it has ended; returns when it is gone."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(WAIT_S)

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self, wait_s: float = WAIT_S) -> int:
        """Its exit status, when it has ended.  Raises subprocess.TimeoutExpired."""
        return self._process.wait(wait_s)

    def errors(self) -> str:
        """What it has said on stderr."""
        return self._errors.read_bytes()[self._errors_before :].decode()
