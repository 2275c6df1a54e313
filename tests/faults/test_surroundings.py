"""What is around the engine's process is not as it should be: its output, its current directory, its clock."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import pytest

from exchange.assembly import Exchange, Options, StartupError
from exchange.networking.operator import channel
from exchange.networking.tcp_server import ServerOptions
from exchange.storage.verify import verify
from exchange.utils.disk import REAL_DISK
from tests.support.processes import WAIT_S, RunningEngine
from tests.support.project import ROOT
from tests.support.raw_client import RawClient, kinds, limit


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


def test_what_lies_in_the_current_directory_is_not_taken_for_the_exchange_or_for_python(tmp_path: Path) -> None:
    """Neither by the engine nor by the process that makes its snapshots."""
    for name in ("exchange", "json.py", "threading.py", "zlib.py"):
        path = tmp_path / name
        if path.suffix:
            path.write_text("raise SystemExit('the wrong one')\n")
        else:
            path.mkdir()
            (path / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    data = tmp_path / "data"
    with RunningEngine(data, "--snapshot-every", "5", cwd=tmp_path) as engine, RawClient(engine.port) as alice:
        alice.login("alice")
        deadline_s = time.monotonic() + WAIT_S
        while not list((data / "orders").glob("snapshot-*.jsonl")):
            alice.ask(*[{"type": "cancel_all"}, {"type": "ping"}], limit(f"{time.monotonic_ns()}", "BUY", 1, 1.0))
            assert time.monotonic() < deadline_s
        engine.send_signal(signal.SIGTERM)
        alice.remainder()
        status, _output, errors = engine.end()
    assert (status, errors) == (0, "")


def exchange_with_clock(data: Path, clock: Callable[[], int]) -> Exchange:
    return Exchange(Options(ServerOptions("127.0.0.1", 0), data, None), clock)


@pytest.mark.parametrize("now_ns", [-1, -(10**9), 2**63 - 1, 10**22])
def test_a_clock_before_1970_or_after_2262_is_refused_in_one_line(tmp_path: Path, now_ns: int) -> None:
    with pytest.raises(StartupError, match="clock says .* must be between 1970 and 2262-04-11; set it$"):
        exchange_with_clock(tmp_path, lambda: now_ns)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("later_ns", [10**18, -5, 10**22], ids=["frozen", "before 1970", "after 2262"])
def test_a_clock_that_stops_or_leaves_its_range_leaves_sound_files(tmp_path: Path, later_ns: int) -> None:
    times = iter([10**18, 10**18])
    exchange = exchange_with_clock(tmp_path, lambda: next(times, later_ns))
    exchange.start()
    with RawClient(exchange.address[1]) as alice:
        alice.login("alice")
        events = alice.ask(*(limit(f"{number}", side, 1, 1.0) for number, side in enumerate(["BUY", "SELL"] * 20)))
    exchange.stop()
    assert exchange.failure is None
    times_told = [event["timestamp"] for event in events if event["type"] == "order_accepted"]
    assert len(set(times_told)) == 40 and times_told == sorted(times_told)
    findings: list[str] = []
    assert verify(tmp_path, REAL_DISK, findings.append), findings


def test_an_engine_listens_on_ipv6(tmp_path: Path) -> None:
    with (
        RunningEngine(tmp_path, "--host", "::1") as engine,
        socket.create_connection(("::1", engine.port), WAIT_S) as connection,
    ):
        connection.sendall(b'{"type":"ping"}\n')
        assert b"pong" in connection.recv(1_000)


@pytest.mark.parametrize("what", ["fsync of a directory", "permissions", "Unix sockets"])
def test_what_a_file_system_does_not_have_is_gone_without_and_said_with_the_path(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As on FAT, CIFS or 9p: the system's answers are those that it gives there."""
    if what == "fsync of a directory":
        fsync = os.fsync

        def of_files_only(fd: int) -> None:
            if stat.S_ISDIR(os.fstat(fd).st_mode):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            fsync(fd)

        monkeypatch.setattr(os, "fsync", of_files_only)
    elif what == "permissions":

        def refuse(_fd: int, _mode: int) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "fchmod", refuse)
    else:

        def refuse_to_bind(_path: Path) -> None:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

        monkeypatch.setattr(channel, "_listening_socket", refuse_to_bind)
    with caplog.at_level(logging.WARNING):
        exchange = Exchange(Options(ServerOptions("127.0.0.1", 0), tmp_path, None))
        exchange.start()
        with RawClient(exchange.address[1]) as alice:
            alice.login("alice")
            assert kinds(alice.ask(limit("1", "BUY", 1, 1.0))) == ["order_accepted"]
        exchange.stop()
    assert exchange.failure is None
    messages = [record.getMessage() for record in caplog.records]
    assert messages and all(message.startswith(str(tmp_path)) for message in messages)
    assert len(messages) == len(set(messages))
