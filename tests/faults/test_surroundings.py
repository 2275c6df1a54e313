"""What is around the engine's process is not as it should be: its output, its current directory, its clock."""

from __future__ import annotations

import os
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
            stderr=subprocess.PIPE,
            cwd=cwd,
            **streams,
        )

    def wait_until_it_serves(self) -> None:
        """It answers a ping."""
        deadline_s = time.monotonic() + WAIT_S
        while True:
            assert self.process.poll() is None and time.monotonic() < deadline_s
            try:
                with socket.create_connection(("127.0.0.1", self._port), WAIT_S) as connection:
                    connection.sendall(b'{"type":"ping"}\n')
                    assert b"pong" in connection.recv(1_000)
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
