#!/usr/bin/env python3
"""Measure what many, slow, silent and greedy clients cost the others, and what a connection costs the engine.

    never reads   a subscriber that reads nothing: the others' p99 with and without; dropped when; resumes
    drip          500 connections that send a byte a second: the others' p99
    flood         one user at their message limit, and one at ten times it against that: the others' p99
    fan-out       pipelined orders per second with 0 and with 200 subscribers of the book they move
    many          2,000 connections at once, 10,000 one after another: refused, threads, descriptors, memory

p50 and p99 are those of a client that waits for each answer, one order every 2 ms.  Machines are shared and noisy,
so measuring with and without takes turns, and medians over the rounds are quoted, with the lowest and the highest
ratio of a round.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from exchange.utils.command_line import OneLineParser
from scripts.benchmark import pipelined_rate
from tests.campaigns.stress_loads import Client, connect, drain, drip, flow, loaded, order_line
from tests.watched_engine import EngineError, Vitals, WatchedEngine

PROBE_EVERY_S = 0.002
# What each turn does not count: a load that begins may send the burst that its limit allows.
WARM_UP_S = 0.5
FLOW_PER_S = 2_000
RESTING_ORDERS = 500
WARM_UP_PAIRS = 20_000
ORDERS_MAX = 1_000_000
CHURN_AT_ONCE = 200
QUIET = "QUIET"  # an instrument that only one measure trades
KIBIBYTE, MEBIBYTE = 2**10, 2**20
SLOW_RECEIVE_BYTES = 4_096
MEASURES = ("never-reads", "drip", "flood", "fan-out", "many")

Load = Callable[[], Any]  # makes a context: what is on while a round with it is measured


class Comparison(NamedTuple):
    """One figure, round by round, without the load and with it."""

    name: str
    unit: str
    without: list[float]
    loaded: list[float]

    def line(self) -> str:
        """A row of the table."""
        ratios = [with_it / without for with_it, without in zip(self.loaded, self.without, strict=True)]
        return (
            f"{self.name:<44} {statistics.median(self.without):>10,.2f} {statistics.median(self.loaded):>10,.2f} "
            f"{self.unit:<9} ×{statistics.median(ratios):.2f}   {min(ratios):.2f}–{max(ratios):.2f}"
        )


HEADING = f"{'':<44} {'without':>10} {'with':>10} {'':<9} ratio   lowest–highest"


# --- the client that measures ----------------------------------------------------------------------------------


class Probe:
    """A client that sends one order at a time and times its answer."""

    def __init__(self, port: int, user: str) -> None:
        self._client = Client(port, user)
        self._count = 0

    def percentiles_ms(self, seconds: float) -> tuple[float, float]:
        """The 50th and the 99th percentile of the round trips of so many seconds, in ms."""
        times_s: list[float] = []
        next_s = time.perf_counter()
        counted_from_s = next_s + min(WARM_UP_S, seconds / 2)
        end_s = next_s + seconds
        while next_s < end_s:
            time.sleep(max(0.0, next_s - time.perf_counter()))
            elapsed_s = self._round_trip_s()
            if next_s >= counted_from_s:
                times_s.append(elapsed_s)
            next_s = max(next_s + PROBE_EVERY_S, time.perf_counter())
        cuts_s = statistics.quantiles(times_s, n=100)
        return cuts_s[49] * 1_000, cuts_s[98] * 1_000

    def _round_trip_s(self) -> float:
        """An order far from the market, accepted and at once canceled."""
        self._count += 1
        line = order_line(f"probe-{self._count}", "BUY", 1, 100, ',"time_in_force":"IOC"')
        start_s = time.perf_counter()
        self._client.sock.sendall(line)
        first = self._client.lines.readline()
        elapsed_s = time.perf_counter() - start_s
        second = self._client.lines.readline()
        assert b'"order_accepted"' in first and b'"order_canceled"' in second, (first, second)
        return elapsed_s

    def close(self) -> None:
        """Leave."""
        self._client.close()


def compare(
    name: str, probe: Probe, options: argparse.Namespace, load: Load, base: Load = nullcontext
) -> Iterator[str]:
    """The probe's median and p99 under `base` (nothing) and under `load`, in turn, as rows of the table."""
    half, tail = Comparison(name, "ms p50", [], []), Comparison("", "ms p99", [], [])
    for _ in range(options.rounds):
        with base():
            for comparison, figure_ms in zip((half, tail), probe.percentiles_ms(turn_s(options)), strict=True):
                comparison.without.append(figure_ms)
        with load():
            for comparison, figure_ms in zip((half, tail), probe.percentiles_ms(turn_s(options)), strict=True):
                comparison.loaded.append(figure_ms)
    yield half.line()
    yield tail.line()


def turn_s(options: argparse.Namespace) -> float:
    """How long each turn takes, in seconds."""
    return float(options.seconds / options.rounds / 2)


# --- never reads -----------------------------------------------------------------------------------------------


@contextmanager
def deaf_subscriber(port: int) -> Iterator[None]:
    """Somebody who subscribes to everything and reads nothing."""
    sock = connect(port, SLOW_RECEIVE_BYTES)
    for channel in ("book", "trades"):
        sock.sendall(f'{{"type":"subscribe","channel":"{channel}","symbol":"ACME","depth":0}}\n'.encode())
    yield
    sock.close()


def measure_never_reads(options: argparse.Namespace, engine: WatchedEngine) -> Iterator[str]:
    """RELIABILITY 12."""
    probe = Probe(engine.port, "probe")
    with loaded(flow, engine.port, "flow", FLOW_PER_S):
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
    """RELIABILITY 14."""
    probe = Probe(engine.port, "probe")
    name = f"{options.drip_connections} connections at a byte a second"
    yield from compare(name, probe, options, lambda: loaded(drip, engine.port, options.drip_connections))
    probe.close()


def measure_flood(options: argparse.Namespace, engine: WatchedEngine) -> Iterator[str]:
    """RELIABILITY 22: one user within its rate against nobody, and at ten times its rate against within it."""
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
    address = ("127.0.0.1", engine.port)
    comparison = Comparison(f"pipelined, {options.subscribers} subscribers", "orders/s", [], [])
    pipelined_rate(address, 0, b'"order_accepted"')  # The first run finds an empty book.
    for run in range(1, options.rounds + 1):
        comparison.without.append(pipelined_rate(address, 2 * run, b'"order_accepted"'))
        with loaded(drain, engine.port, options.subscribers) as load:
            comparison.loaded.append(pipelined_rate(address, 2 * run + 1, b'"order_accepted"'))
    yield comparison.line()
    yield f"  the subscribers read {(load.result or 0) / MEBIBYTE:,.0f} MiB in the last round"


# --- many ------------------------------------------------------------------------------------------------------


def measure_many(options: argparse.Namespace, engine: WatchedEngine) -> Iterator[str]:
    """RELIABILITY 17."""
    _open_together(engine.port, 1)
    before = engine.wait_until(lambda now: now.threads <= 9, "all readers should have ended")
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


# --- the command -----------------------------------------------------------------------------------------------


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options."""
    parser = OneLineParser(prog="stress_connections.py", description="Measure what clients cost one another.")
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)} (default: all)")
    for option, default, meaning in (
        ("--rounds", 15, "turns without and with each load"),
        ("--seconds", 60, "what all turns of one p99 take together"),
        ("--drip-connections", 500, "that send a byte a second"),
        ("--messages-per-s", 1_000, "the rate limit of a user, for the flood"),
        ("--subscribers", 200, "of the busy book"),
        ("--connections", 2_000, "at once"),
        ("--churn", 10_000, "opened and closed"),
    ):
        parser.add_argument(option, type=int, default=default, metavar="N", help=f"{meaning} (default: {default})")
    parser.add_argument("--durability", choices=["fsync", "os"], default="fsync", help="of the engine")
    options = parser.parse_args(arguments)
    if not set(options.measures) <= set(MEASURES):
        parser.error(f"{' '.join(options.measures)}: each must be one of {', '.join(MEASURES)}")
    return options


def main(arguments: list[str]) -> int:
    """Measure and print the table; the exit code is 1 if the engine failed at anything."""
    options = parse(arguments)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    measures = (measure_never_reads, measure_drip, measure_flood, measure_fan_out, measure_many)
    print(HEADING, flush=True)
    for name, measure in zip(MEASURES, measures, strict=True):
        if options.measures and name not in options.measures:
            continue
        more = ["--messages-per-s", str(options.messages_per_s)] if name == "flood" else []
        try:
            with (
                tempfile.TemporaryDirectory() as data_dir,
                WatchedEngine(
                    Path(data_dir), "--symbols", f"ACME,{QUIET}", "--durability", options.durability, *more
                ) as engine,
            ):
                for line in measure(options, engine):
                    print(line, flush=True)
                engine.stop()
        except EngineError as failure:
            print(f"stress_connections.py: {name}: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
