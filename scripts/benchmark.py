#!/usr/bin/env python3
"""Measure the exchange, each figure beside a floor that is measured in the same run.

    engine      the public workload through `Engine.process`, against a loop that per command does one dict
                look-up, one small slots object and one list append
    (over TCP twice: with durability os, and with fsync, where each answer waits for the disk)
    round trip  one order, one answer, over TCP, against a bare server that parses and echoes each JSON line
    pipelined   many orders sent before an answer is read, against the same bare server

Machines differ and are shared, so what counts is the ratio.  Floor and exchange take turns, and the medians are
quoted; the lowest and highest ratio say how calm the machine was.
"""

from __future__ import annotations

import gc
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from exchange.engine.commands import Command
from exchange.engine.engine import Engine
from exchange.utils.command_line import OneLineParser
from tests.benchmarks.workload import Workload, benchmark_engine, read_messages

WORKLOAD = ROOT.parent / "shared" / "data" / "matching_benchmark_normal.bin.xz"
ROUND_TRIPS = 3_000
PIPELINED_ORDERS = 50_000


class Figure(NamedTuple):
    """One comparison: rates per second of the floor and of the exchange, run by run."""

    name: str
    floors: list[float]
    ours: list[float]

    def line(self) -> str:
        """The figure as a row of the table."""
        ratios = [ours / floor for ours, floor in zip(self.ours, self.floors, strict=True)]
        return (
            f"{self.name:<24} {statistics.median(self.ours):>11,.0f} {statistics.median(self.floors):>11,.0f} "
            f"{statistics.median(ratios):>7.2f}   {min(ratios):.2f}–{max(ratios):.2f}"
        )


class Small:
    """The small object of the engine's floor."""

    __slots__ = ("command", "number", "user")

    def __init__(self, command: Any, number: int, user: str) -> None:
        self.command = command
        self.number = number
        self.user = user


# --- the engine in process -------------------------------------------------------------------------------------


def record_commands(message_count: int) -> list[Command]:
    """The workload's messages as the commands our engine is given for them."""
    commands: list[Command] = []
    engine = benchmark_engine()

    class Recorder:
        def process(self, command: Command, timestamp: int) -> list[Any]:
            commands.append(command)
            return engine.process(command, timestamp)

    workload = Workload(Recorder())  # type: ignore[arg-type]
    for number, message in enumerate(read_messages(WORKLOAD)):
        if number == message_count:
            break
        workload.play(message)
    return commands


def engine_rate(commands: list[Command]) -> float:
    """Commands per second of processor time through a new engine."""
    engine: Engine = benchmark_engine()
    process = engine.process
    with quiet_collector():
        start_s = time.process_time()
        for command in commands:
            process(command, 1)
        return len(commands) / (time.process_time() - start_s)


def engine_floor_rate(commands: list[Command]) -> float:
    """Commands per second of processor time through the floor's loop."""
    numbers = {command[0]: 1 for command in commands}
    kept: list[Small] = []
    with quiet_collector():
        start_s = time.process_time()
        for command in commands:
            user = command[0]
            kept.append(Small(command, numbers[user], user))
        return len(commands) / (time.process_time() - start_s)


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Both loops run with the garbage collector on, but not made to look through the workload itself."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


# --- over TCP --------------------------------------------------------------------------------------------------


@contextmanager
def server(*command: str) -> Iterator[tuple[str, int]]:
    """A server process; the address it prints at the end of its first line."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        host, _, port = process.stdout.readline().split()[-1].partition(":")
        yield host, int(port)
    finally:
        process.terminate()
        process.wait()


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
        sender = threading.Thread(target=sock.sendall, args=(data,), name="sender")
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


def main(arguments: list[str]) -> int:
    """Measure and print the table."""
    parser = OneLineParser(prog="benchmark.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="runs, whose median counts (default: %(default)s)")
    parser.add_argument(
        "--messages", type=int, default=500_000, help="messages of the workload (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    print(f"{'per second':<24} {'exchange':>11} {'floor':>11} {'ratio':>7}   lowest–highest")
    if WORKLOAD.exists():
        commands = record_commands(options.messages)
        figure = Figure("engine in process", [], [])
        for _ in range(options.runs):
            figure.floors.append(engine_floor_rate(commands))
            figure.ours.append(engine_rate(commands))
        print(figure.line(), flush=True)
    else:
        print(f"engine in process        skipped: no workload at {WORKLOAD}")
    for durability in ("os", "fsync"):
        for figure in tcp_figures(options.runs, durability):
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
