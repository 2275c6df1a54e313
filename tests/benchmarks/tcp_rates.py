"""The exchange over TCP, one order at a time and many at once, and a bare echo server under the same lines."""

from __future__ import annotations

import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.benchmarks.figure import Figure
from tests.support.project import ROOT
from tests.support.started_process import started_process

ROUND_TRIPS = 3_000
PIPELINED_ORDERS = 50_000


@contextmanager
def server(*command: str) -> Iterator[tuple[str, int]]:
    """A server process; the address it prints at the end of its first line."""
    with started_process([sys.executable, *command], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        host, _, port = process.stdout.readline().split()[-1].partition(":")
        yield host, int(port)


def connect(address: tuple[str, int]) -> socket.socket:
    """A connection that sends at once."""
    sock = socket.create_connection(address)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def order_lines(count: int, prefix: str) -> list[bytes]:
    """Orders around 100.00, of which about every third trades; the same ones each time."""
    chance = random.Random(7)
    return [
        (
            f'{{"type":"new_order","client_order_id":"{prefix}{number}","symbol":"ACME",'
            f'"side":"{"BUY" if chance.random() < 0.5 else "SELL"}","order_type":"LIMIT",'
            f'"price":{100 + chance.randrange(-50, 51) / 100:.2f},"quantity":{chance.randrange(1, 100)}}}\n'
        ).encode()
        for number in range(count)
    ]


def log_in(sock: socket.socket, user: str) -> None:
    """Speak for `user`; the bare server echoes this like anything else."""
    sock.sendall(f'{{"type":"login","user":"{user}"}}\n'.encode())
    read_until(sock, b'"user"', 1)


def read_until(sock: socket.socket, word: bytes, count: int) -> None:
    """Read whole lines until `count` of them hold `word`."""
    found = 0
    rest = b""
    while found < count:
        received = sock.recv(1 << 20)
        assert received, "the server hung up"
        *lines, rest = (rest + received).split(b"\n")
        found += sum(word in line for line in lines)


def send_all(sock: socket.socket, data: bytes) -> None:
    """Send it, unless the connection ends before: whoever reads the answers notices that."""
    with suppress(OSError):
        sock.sendall(data)


def round_trip_rate(address: tuple[str, int], run: int, word: bytes) -> float:
    """Orders per second when each waits for its answer: the inverse of the median round trip."""
    with connect(address) as sock:
        log_in(sock, f"ping{run}")
        times_s = []
        for line in order_lines(ROUND_TRIPS, f"r{run}-"):
            start_s = time.perf_counter()
            sock.sendall(line)
            read_until(sock, word, 1)
            times_s.append(time.perf_counter() - start_s)
    return 1 / statistics.median(times_s)


def pipelined_rate(address: tuple[str, int], run: int, word: bytes) -> float:
    """Orders per second when all are sent without waiting, until the last one is answered."""
    with connect(address) as sock:
        log_in(sock, f"pipe{run}")
        data = b"".join(order_lines(PIPELINED_ORDERS, f"p{run}-"))
        sender = threading.Thread(target=send_all, args=(sock, data), name="sender")
        start_s = time.perf_counter()
        sender.start()
        read_until(sock, word, PIPELINED_ORDERS)
        elapsed_s = time.perf_counter() - start_s
        sender.join()
    return PIPELINED_ORDERS / elapsed_s


def tcp_figures(runs: int, durability: str) -> list[Figure]:
    """Round trip and pipelined, floor and exchange in turn."""
    measures: list[tuple[str, Callable[[tuple[str, int], int, bytes], float]]] = [
        (f"round trip, {durability}", round_trip_rate),
        (f"pipelined, {durability}", pipelined_rate),
    ]
    figures = [Figure(name, [], []) for name, _ in measures]
    with (
        tempfile.TemporaryDirectory() as data_dir,
        server("tests/benchmarks/echo_server.py") as echo,
        server(
            "scripts/start_engine.py", "--port", "0", "--data-dir", data_dir, "--durability", durability
        ) as engine,
    ):
        for run in range(runs):
            for figure, (_, measure) in zip(figures, measures, strict=True):
                figure.floors.append(measure(echo, run, b'"new_order"'))
                figure.ours.append(measure(engine, run, b'"order_accepted"'))
    return figures
