"""An engine as a process of its own that a campaign can load, look at from outside, and stop.

What it costs is read from Linux's /proc: threads, descriptors, memory.  For `fuzz_wire.py` and
`stress_connections.py`; knows nothing of the wire.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Optional, TypeVar

from tests.support.project import ROOT
from tests.support.started_process import started_process

# How long the engine may take for what it should do soon: start, stop, end the threads of connections that left.
DEADLINE_S = 60.0
_LOOK_EVERY_S = 0.05
Self = TypeVar("Self", bound="WatchedEngine")


class EngineError(Exception):
    """The engine did not do what it must: start, stop cleanly, come back to rest, or leave sound data."""


class Vitals(NamedTuple):
    """What a process holds now: `memory_bytes` is resident, `cpu_s` the processor time used so far."""

    threads: int
    descriptors: int
    memory_bytes: int
    cpu_s: float


class WatchedEngine:
    """Runs while its block does, as process `pid`; `port` is where it listens on loopback.  Raises EngineError."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.data_dir = data_dir
        self._log = data_dir / "engine-stderr.txt"
        data_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(ROOT / "scripts" / "start_engine.py")]
        command += ["--port", "0", "--data-dir", str(data_dir), *options]
        with ExitStack() as ending:
            log = ending.enter_context(self._log.open("wb"))
            self._process = ending.enter_context(started_process(command, stdout=subprocess.PIPE, stderr=log))
            assert self._process.stdout is not None
            first_line = self._process.stdout.readline()
            if not first_line.startswith("exchange listening on "):
                self._process.wait(DEADLINE_S)
                raise EngineError(f"the engine did not start: {self._log.read_text()}")
            self.pid = self._process.pid
            self.port = int(first_line.rpartition(":")[2])
            self._ending = ending.pop_all()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._ending.close()

    def vitals(self) -> Vitals:
        """What it holds now.  EngineError if it is gone."""
        process = Path("/proc") / str(self._process.pid)
        try:
            fields = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
            # The command's name, in brackets, may hold spaces; user and system time are fields 14 and 15.
            times = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
            return Vitals(
                int(fields["Threads"]),
                len(os.listdir(process / "fd")),
                int(fields["VmRSS"].split()[0]) * 1024,
                sum(map(int, times)) / os.sysconf("SC_CLK_TCK"),
            )
        except (OSError, KeyError) as gone:
            raise EngineError(f"the engine is gone: {self._log.read_text()}") from gone

    def wait_until(self, holds: Callable[[Vitals], bool], wanted: str) -> Vitals:
        """Its vitals as soon as `holds` of them; EngineError, saying what was `wanted`, if that takes too long."""
        deadline_s = time.monotonic() + DEADLINE_S
        while not holds(vitals := self.vitals()):
            if time.monotonic() > deadline_s:
                raise EngineError(f"{wanted}, but it has {vitals}")
            time.sleep(_LOOK_EVERY_S)
        return vitals

    def wait_for_rest(self, base: Vitals) -> Vitals:
        """Its vitals as soon as it has no more threads and descriptors than at `base`."""
        return self.wait_until(
            lambda now: now.threads <= base.threads and now.descriptors <= base.descriptors,
            f"it should be back at {base.threads} threads and {base.descriptors} descriptors",
        )

    def stop(self) -> None:
        """Stop it as an operator does; EngineError if it fails at that or has complained about anything."""
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(DEADLINE_S)
        complaints = self._log.read_text()
        if status != 0 or complaints:
            raise EngineError(f"the engine ended with status {status} and said: {complaints or 'nothing'}")

    def verify(self) -> str:
        """Check the data that the stopped engine left; the last line of the verdict.  EngineError if not sound."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "verify.py"), "--data-dir", str(self.data_dir)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise EngineError(f"the data is not sound: {done.stdout}{done.stderr}")
        return done.stdout.splitlines()[-1]
