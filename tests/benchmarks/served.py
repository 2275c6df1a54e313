"""A server process under a benchmark, and what a client sends it.

The load: orders around 100.00 of which each causes 1.4 private events (it is accepted; at about every fifth a
trade tells both sides), the same ones each time.  Each round trades an instrument of its own, so that all meet an
empty book.
"""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.support.project import ROOT
from tests.support.started_process import started_process

# What every answer to an order has once: an echo repeats its type.
ECHOED = b'"new_order"'
ACCEPTED = b'"order_accepted"'


class Served:
    """A server that listens; `answer` is the word that each answered order has once."""

    def __init__(self, address: tuple[str, int], pid: int, answer: bytes) -> None:
        self.address = address
        self.answer = answer
        # CPUCLOCK_SCHED of a process: its processor time, all threads, in ns, as the C library makes the number.
        self._clock = ~pid << 3 | 2

    def processor_s(self) -> float:
        """The processor time that the process has used."""
        return time.clock_gettime(self._clock)


@contextmanager
def server(*command: str, answer: bytes, root: Path = ROOT) -> Iterator[Served]:
    """Start a server of the checkout at `root`; it prints its address at the end of its first line."""
    with started_process([sys.executable, *command], stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        host, _, port = process.stdout.readline().split()[-1].partition(":")
        yield Served((host, int(port)), process.pid, answer)


def echo_server(per: str) -> AbstractContextManager[Served]:
    """The floor: it answers `per` "line" or per "chunk"."""
    return server("tests/benchmarks/echo_server.py", per, answer=ECHOED)


def engine_server(
    data_dir: str, durability: str, symbols: str, root: Path = ROOT
) -> AbstractContextManager[Served]:
    """The exchange; no snapshot is made, since one in some round would only blur it."""
    options = ("--port", "0", "--durability", durability, "--symbols", symbols, "--snapshot-every", "0")
    return server("scripts/start_engine.py", "--data-dir", data_dir, *options, answer=ACCEPTED, root=root)


def round_symbol(round_number: int) -> str:
    """What is traded in a round."""
    return f"ROUND{round_number}"


def symbols_of(rounds: int) -> str:
    """What an engine lists for so many rounds."""
    return ",".join(round_symbol(number) for number in range(rounds))


def connect(address: tuple[str, int], user: str) -> socket.socket:
    """A connection that sends at once and speaks for `user`; an echo repeats the login like anything else."""
    sock = socket.create_connection(address)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(f'{{"type":"login","user":"{user}"}}\n'.encode())
    read_until(sock, b'"user"')
    return sock


def order_lines(count: int, prefix: str, symbol: str) -> list[bytes]:
    """The load; the client order ids begin with `prefix`."""
    chance = random.Random(7)
    lines: list[bytes] = []
    for number in range(count):
        side = "BUY" if chance.random() < 0.5 else "SELL"
        distance = chance.randrange(-7, 50)
        price = 100_00 - distance if side == "BUY" else 100_00 + distance
        line = (
            f'{{"type":"new_order","client_order_id":"{prefix}{number}","symbol":"{symbol}","side":"{side}",'
            f'"order_type":"LIMIT","price":{price // 100}.{price % 100:02},'
            f'"quantity":{chance.randrange(1, 100)}}}\n'
        )
        lines.append(line.encode())
    return lines


def read_until(sock: socket.socket, word: bytes) -> None:
    """Read until a whole line with `word` has come."""
    received = b""
    while word not in received or not received.endswith(b"\n"):
        more = sock.recv(1 << 20)
        assert more, "the server hung up"
        received += more
