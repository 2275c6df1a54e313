"""What is around the engine's process is not as it should be: its output, its current directory, its clock."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Optional

import pytest

from tests.support.processes import WAIT_S
from tests.support.project import ROOT


class SilentEngine:
    """An engine that nobody can read the first line of, so it gets a port that was free a moment ago."""

    def __init__(self, data: Path, redirection: str = "", cwd: Optional[Path] = None, **streams: Any) -> None:
        """`redirection` is what a shell is told about what it writes."""
        self._port = free_port()
        start = [sys.executable, str(ROOT / "scripts" / "start_engine.py"), "--port", str(self._port)]
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" {redirection}', "sh", *start, "--data-dir", str(data)],
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            **{"stderr": subprocess.PIPE, **streams},
        )

    def ask(self, line: bytes) -> bytes:
        """What it says first to whoever connects and says this."""
        with socket.create_connection(("127.0.0.1", self._port), WAIT_S) as connection:
            connection.sendall(line)
            return connection.recv(1_000)

    def wait_until_it_serves(self) -> None:
        """It answers a ping."""
        deadline_s = time.monotonic() + WAIT_S
        while True:
            assert self.process.poll() is None and time.monotonic() < deadline_s
            try:
                assert b"pong" in self.ask(b'{"type":"ping"}\n')
                return
            except ConnectionRefusedError:
                continue

    def __enter__(self) -> SilentEngine:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.communicate()


def free_port() -> int:
    """One that nobody uses."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.mark.parametrize("redirection", [">/dev/full", ">/dev/full 2>/dev/full", ">&-", "<&- >&- 2>&-"])
def test_an_engine_whose_output_is_full_or_closed_serves_and_stops_in_order(
    tmp_path: Path, redirection: str
) -> None:
    with SilentEngine(tmp_path / "data", redirection) as engine:
        engine.wait_until_it_serves()
        engine.process.send_signal(signal.SIGTERM)
        assert engine.process.wait(WAIT_S) == 0
    assert list((tmp_path / "data" / "orders").iterdir())


def test_an_engine_whose_reader_has_left_serves_and_stops_in_order(tmp_path: Path) -> None:
    """As in `start_engine.py | true`."""
    reading, writing = os.pipe()
    os.close(reading)
    with SilentEngine(tmp_path / "data", stdout=writing) as engine:
        os.close(writing)
        engine.wait_until_it_serves()
        engine.process.send_signal(signal.SIGTERM)
        assert engine.process.wait(WAIT_S) == 0
        assert engine.process.stderr is not None and engine.process.stderr.read() == b""


def test_an_engine_that_fails_ends_even_if_nobody_takes_a_word_about_it(tmp_path: Path) -> None:
    """The pipe behind its stderr is full."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4_096))
    os.set_blocking(writing, True)
    with SilentEngine(tmp_path / "data", stderr=writing) as engine:
        os.close(writing)
        engine.wait_until_it_serves()
        resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (1, 1))
        assert b"the exchange has failed" in engine.ask(b'{"type":"login","user":"alice"}\n')
        assert engine.process.wait(WAIT_S) == 1
    os.close(reading)
