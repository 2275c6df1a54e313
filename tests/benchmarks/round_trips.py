"""One request, one answer: how long it takes, in µs, alone and with others watching."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.served import Served, connect, order_lines, read_until
from tests.support.project import ROOT
from tests.support.started_process import started_process

ROUND_TRIPS = 3_000
WARM_UPS = 200
SYNCS = 1_000
# About as long as an order's record in the journal.
SYNCED_BYTES = 250


class RoundTrip(NamedTuple):
    """µs."""

    p50: float
    p99: float


def round_trip(served: Served, round_name: str, symbol: str, count: int = ROUND_TRIPS) -> RoundTrip:
    """Orders that each wait for their answer; the first ones are not counted."""
    with connect(served.address, f"trip-{round_name}") as sock:
        lines = order_lines(WARM_UPS + count, f"{round_name}-", symbol)
        return _quantiles([_ask(sock, line, served.answer) for line in lines][WARM_UPS:])


def ping(served: Served, round_name: str, count: int = ROUND_TRIPS) -> float:
    """The median of pings, each of which waits for its pong."""
    with connect(served.address, f"ping-{round_name}") as sock:
        times_us = [_ask(sock, b'{"type":"ping"}\n', b'"pong"') for _ in range(WARM_UPS + count)]
        return _quantiles(times_us[WARM_UPS:]).p50


def fdatasync_us(directory: Path) -> float:
    """The median of a record written to the end of a file and made safe."""
    path = directory / "fdatasync"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        times_us = [_sync(descriptor) for _ in range(SYNCS)]
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(times_us)


@contextmanager
def book_watchers(served: Served, round_name: str, symbol: str, count: int) -> Iterator[None]:
    """So many clients follow a book meanwhile."""
    address = "{}:{}".format(*served.address)
    command = ("tests/benchmarks/book_watchers.py", address, str(count), symbol, f"watch-{round_name}")
    with started_process([sys.executable, *command], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield


def _ask(sock: socket.socket, line: bytes, answer: bytes) -> float:
    start_s = time.perf_counter()
    sock.sendall(line)
    read_until(sock, answer)
    return (time.perf_counter() - start_s) * 1e6


def _sync(descriptor: int) -> float:
    start_s = time.perf_counter()
    os.write(descriptor, bytes(SYNCED_BYTES))
    os.fdatasync(descriptor)
    return (time.perf_counter() - start_s) * 1e6


def _quantiles(times_us: list[float]) -> RoundTrip:
    hundredths = statistics.quantiles(times_us, n=100)
    return RoundTrip(hundredths[49], hundredths[98])
