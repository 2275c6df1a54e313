"""What `scripts/stress_connections.py` measures: each measure takes the options and an engine of its own.

It gives the rows of its table as it goes, and raises EngineError where the engine does not do what it must.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from tests.benchmarks.pipelined import pipelined
from tests.benchmarks.served import ACCEPTED, Served
from tests.campaigns.stress_attacks import ATTACKS, measure_attack
from tests.campaigns.stress_loads import Client, connect, drain, drip, flow, loaded, order_line, subscription
from tests.campaigns.stress_probe import Comparison, Probe, compare, turn_s
from tests.support.watched_engine import EngineError, Vitals, WatchedEngine

FLOW_PER_S = 2_000
RESTING_ORDERS = 500
WARM_UP_PAIRS = 20_000
ORDERS_MAX = 1_000_000
CHURN_AT_ONCE = 200
TRADED = "ACME"
QUIET = "QUIET"  # an instrument that only one measure trades
KIBIBYTE, MEBIBYTE = 2**10, 2**20
SLOW_RECEIVE_BYTES = 4_096
EVERYTHING = subscription("book", 0) + subscription("trades", 0)

Measure = Callable[[argparse.Namespace, WatchedEngine], Iterator[str]]


# --- never reads -----------------------------------------------------------------------------------------------


@contextmanager
def deaf_subscriber(port: int) -> Iterator[None]:
    """Somebody who subscribes to everything and reads nothing."""
    sock = connect(port, SLOW_RECEIVE_BYTES)
    sock.sendall(EVERYTHING)
    yield
    sock.close()


def measure_never_reads(options: argparse.Namespace, engine: WatchedEngine) -> Iterator[str]:
    """What a subscriber who never reads costs the others.

    Somebody else watches and reads: what it costs to make feeds at all is not what is measured.
    """
    probe = Probe(engine.port, "probe")
    with loaded(flow, engine.port, "flow", FLOW_PER_S), loaded(drain, engine.port, 1, EVERYTHING):
        name = f"never reads (market at {FLOW_PER_S:,} orders/s)"
        yield from compare(name, probe, options, lambda: deaf_subscriber(engine.port))
    probe.close()
    yield from _drop_and_resume(engine)


def _drop_and_resume(engine: WatchedEngine) -> Iterator[str]:
    """A user with orders in the book stops reading until dropped, comes back, and must have missed nothing."""
    sleeper, trader = Client(engine.port, "sleeper"), Client(engine.port, "trader")
    asks = [order_line(f"{number}", "SELL", 1, 10_100, "", QUIET) for number in range(RESTING_ORDERS)]
    sleeper.sock.sendall(b"".join(asks))
    known_seq = [json.loads(sleeper.lines.readline())["seq"] for _ in range(RESTING_ORDERS)][-1]
    orders = _trade(trader, 0, WARM_UP_PAIRS)
    sleeper.sock.sendall(f'{{"type":"subscribe","channel":"trades","symbol":"{QUIET}"}}\n'.encode())
    before, start_s = engine.vitals(), time.monotonic()
    trader.sock.sendall(order_line("all", "BUY", RESTING_ORDERS, 10_100, "", QUIET))
    peak_bytes = before.memory_bytes
    while (now := engine.vitals()).threads >= before.threads and orders < ORDERS_MAX:
        peak_bytes = max(peak_bytes, now.memory_bytes)
        orders = _trade(trader, orders, 500)
    yield (
        f"  dropped after {time.monotonic() - start_s:.1f} s and {orders - 2 * WARM_UP_PAIRS:,} orders; meanwhile "
        f"the engine's memory grew by {(peak_bytes - before.memory_bytes) / MEBIBYTE:.1f} MiB"
    )
    missed = _resume(engine.port, sleeper.token, known_seq)
    sleeper.close()
    trader.close()
    expected = list(range(known_seq + 1, known_seq + 1 + RESTING_ORDERS))
    if missed != expected:
        raise EngineError(f"the sleeper should hear of seq {expected[0]}–{expected[-1]}, but heard of {missed}")
    yield f"  came back with last_seq {known_seq}: all {len(missed)} fills told, no gap, no repeat"


def _trade(trader: Client, first: int, pair_count: int) -> int:
    """Pairs of orders that trade with each other, below all others; waits until they have.  Returns the next."""
    end = first + 2 * pair_count
    pairs = [
        order_line(f"p{number}", "SELL" if number % 2 else "BUY", 1, 9_000, "", QUIET)
        for number in range(first, end)
    ]
    trader.sock.sendall(b"".join(pairs) + b'{"type":"ping"}\n')
    while b'"pong"' not in trader.lines.readline():
        continue
    return end


def _resume(port: int, token: str, last_seq: int) -> list[int]:
    """The seqs of the fills that a user is told who comes back."""
    login = {"type": "login", "user": "sleeper", "token": token, "last_seq": last_seq}
    with connect(port) as sock, sock.makefile("rb") as lines:
        sock.sendall(json.dumps(login).encode() + b'\n{"type":"ping"}\n')
        messages = [json.loads(line) for line in iter(lines.readline, b'{"type":"pong"}\n')]
    return [message["seq"] for message in messages if message["type"] == "order_executed"]


# --- drip, flood, fan-out --------------------------------------------------------------------------------------


def measure_drip(options: argparse.Namespace, engine: WatchedEngine) -> Iterator[str]:
    """What many connections that send next to nothing cost the others."""
    probe = Probe(engine.port, "probe")
    name = f"{options.drip_connections} connections at a byte a second"
    yield from compare(name, probe, options, lambda: loaded(drip, engine.port, options.drip_connections))
    probe.close()


def measure_flood(options: argparse.Namespace, engine: WatchedEngine) -> Iterator[str]:
    """What one user who sends too much costs the others.

    One user within its rate against nobody, and at ten times its rate against within it.
    """
    probe = Probe(engine.port, "probe")
    limit = options.messages_per_s
    rejected: list[int] = []
    numbers = iter(range(10_000))

    @contextmanager
    def flood(factor: int) -> Iterator[None]:
        with loaded(flow, engine.port, f"flood{next(numbers)}", factor * limit) as load:
            yield
        rejected.append(load.result or 0)

    yield from compare(f"one user at {limit:,} messages/s", probe, options, lambda: flood(1))
    name = f"one user at 10 × their limit of {limit:,}"
    yield from compare(name, probe, options, lambda: flood(10), lambda: flood(1))
    yield f"  refused per second: {statistics.median(rejected[-1::-2]) / turn_s(options):,.0f}"
    probe.close()


def measure_fan_out(options: argparse.Namespace, engine: WatchedEngine) -> Iterator[str]:
    """Pipelined orders per second while others watch the book."""
    served = Served(("127.0.0.1", engine.port), engine.pid, ACCEPTED)
    comparison = Comparison(f"pipelined, {options.subscribers} subscribers", "orders/s", [], [])
    pipelined(served, "0", TRADED)  # The first run finds an empty book.
    for run in range(1, options.rounds + 1):
        comparison.without.append(pipelined(served, f"{2 * run}", TRADED).rate)
        with loaded(drain, engine.port, options.subscribers, subscription("book", 20)) as load:
            comparison.loaded.append(pipelined(served, f"{2 * run + 1}", TRADED).rate)
    yield comparison.line()
    yield f"  the subscribers read {(load.result or 0) / MEBIBYTE:,.0f} MiB in the last round"


# --- many ------------------------------------------------------------------------------------------------------


def measure_many(options: argparse.Namespace, engine: WatchedEngine) -> Iterator[str]:
    """Many connections at once and many one after another: none may be refused, nothing may be left of them."""
    idle_threads = engine.vitals().threads  # Of a fresh engine, that nobody has connected to.
    _open_together(engine.port, 1)
    before = engine.wait_until(lambda now: now.threads <= idle_threads, "all readers should have ended")
    start_s = time.monotonic()
    with ExitStack() as stack:
        for sock in _opened(engine.port, options.connections):
            stack.enter_context(sock)
        elapsed_s = time.monotonic() - start_s
        full = engine.vitals()
    after = engine.wait_for_rest(before)
    each_kib = (full.memory_bytes - before.memory_bytes) / options.connections / KIBIBYTE
    yield f"{options.connections:,} connections at once: none refused, all answered after {elapsed_s:.1f} s"
    yield from _rows(("before", before), ("all connected", full), ("all gone", after))
    yield f"  one idle connection costs {each_kib:.1f} KiB, a thread and a descriptor"
    start_s = time.monotonic()
    for _ in range(options.churn // CHURN_AT_ONCE):
        _open_together(engine.port, CHURN_AT_ONCE)
    elapsed_s = time.monotonic() - start_s
    churned = engine.wait_for_rest(before)
    yield f"{options.churn:,} opened, answered and closed: none refused, {options.churn / elapsed_s:,.0f}/s"
    yield from _rows(("all gone", churned))


def _opened(port: int, count: int) -> list[Any]:
    """Connections that were all asked for before any was used, each of which has been answered."""
    socks = [connect(port) for _ in range(count)]
    for sock in socks:
        sock.sendall(b'{"type":"ping","id":1}\n')
    for sock in socks:
        answer = sock.recv(100)
        if answer != b'{"type":"pong","id":1}\n':
            raise EngineError(f"a connection was refused: {answer!r}")
    return socks


def _open_together(port: int, count: int) -> None:
    for sock in _opened(port, count):
        sock.close()


def _rows(*named: tuple[str, Vitals]) -> Iterator[str]:
    for name, vitals in named:
        yield (
            f"  {name:<14} {vitals.threads:>5} threads {vitals.descriptors:>5} descriptors "
            f"{vitals.memory_bytes / MEBIBYTE:>7.1f} MiB"
        )


MEASURES: dict[str, Measure] = {
    "never-reads": measure_never_reads,
    "drip": measure_drip,
    "flood": measure_flood,
    "fan-out": measure_fan_out,
    "many": measure_many,
    **{name: partial(measure_attack, attack) for name, attack in ATTACKS.items()},
}
