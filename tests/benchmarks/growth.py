"""How cost grows: over resting orders, clients, subscribers, and the length of the journal.

Each curve is the least of some passes at each size, in turn, so that what else the machine does falls on all.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from typing import NamedTuple

from exchange.engine.commands import CancelOrder, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce
from tests.benchmarks.pipelined import pipelined
from tests.benchmarks.round_trips import book_watchers, round_trip
from tests.benchmarks.served import Served, engine_server, round_symbol, symbols_of
from tests.benchmarks.workload import INSTRUMENT, USER, benchmark_engine

RESTING = (1_000, 10_000, 100_000, 1_000_000)
CLIENTS = (1, 2, 4, 8, 16, 32)
SUBSCRIBERS = (0, 25, 50, 100, 200, 400)
COMMANDS = (1_000, 10_000, 50_000, 200_000)
PASSES = 3
MESSAGES = 2_000
ORDERS = 20_000
TRIPS = 1_000
PRICES = 1_000
# So many share what fills the journal: each may have so many live orders and no more.
FILLERS = 4


class Curve(NamedTuple):
    """What something costs in `unit` at each size of `over`."""

    title: str
    over: str
    unit: str
    points: list[tuple[int, float]]

    def line(self) -> str:
        """For a person."""
        points = "  ".join(f"{size:,}: {cost:.3g}" for size, cost in self.points)
        return f"{self.title}, {self.unit}, over {self.over}\n    {points}"


def growth_curves() -> Iterator[Curve]:
    """Each curve, as soon as it is there."""
    yield Curve("an order and its cancel in process", "resting orders", "µs", _least(RESTING, _resting()))
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        rounds = PASSES * (len(CLIENTS) + len(SUBSCRIBERS))
        served = stack.enter_context(engine_server(directory, "os", symbols_of(rounds)))
        symbols = map(round_symbol, range(rounds))
        points = _least(CLIENTS, lambda count: _per_client(served, next(symbols), count))
        yield Curve("processor time of a pipelined order", "clients", "µs", points)
        points = _least(SUBSCRIBERS, lambda count: _watched(served, next(symbols), count))
        yield Curve("median round trip", "subscribers of the book", "µs", points)
    yield Curve("start without a snapshot", "commands in the journal", "s", [(n, _start_s(n)) for n in COMMANDS])


def _least(sizes: Sequence[int], measure: Callable[[int], float]) -> list[tuple[int, float]]:
    passes = [[measure(size) for size in sizes] for _ in range(PASSES)]
    return list(zip(sizes, map(min, zip(*passes, strict=True)), strict=True))


def _resting() -> Callable[[int], float]:
    """Measures with so many orders resting; one engine grows to each size in the first pass, and others follow."""
    engines: dict[int, Engine] = {}

    def measure(size: int) -> float:
        engine = engines.get(size)
        if engine is None:
            engine = engines[size] = benchmark_engine()
            for number in range(size):
                engine.process(_order(number, number), number)
        gc.disable()
        try:
            start_s = time.thread_time()
            for number in range(MESSAGES):
                engine.process(_order(size + number, number * 7), 1)
                engine.process(CancelOrder(USER, None, str(size + number)), 1)
            return (time.thread_time() - start_s) / MESSAGES * 1e6
        finally:
            gc.enable()

    return measure


def _order(name: int, spread: int) -> NewOrder:
    """One that rests: buyers below, sellers above, at a thousand prices each."""
    side = Side.BUY if spread % 2 else Side.SELL
    ticks = PRICES - spread % PRICES if side is Side.BUY else 2 * PRICES + spread % PRICES
    terms = Terms(side, OrderType.LIMIT, TimeInForce.GTC, ticks * INSTRUMENT.tick_size_nanos, 1)
    return NewOrder(USER, str(name), INSTRUMENT.symbol, terms)


def _per_client(served: Served, symbol: str, count: int) -> float:
    return pipelined(served, f"{symbol}-{count}", symbol, count, ORDERS // count * count).processor_us


def _watched(served: Served, symbol: str, count: int) -> float:
    name = f"{symbol}-{count}"
    with book_watchers(served, name, symbol, count) if count else nullcontext():
        return round_trip(served, name, symbol, TRIPS).p50


def _start_s(command_count: int) -> float:
    """From the command to the first line that it prints, on what a killed engine has left."""
    with tempfile.TemporaryDirectory() as directory:
        with engine_server(directory, "os", "ROUND0") as served:
            pipelined(served, "fill", "ROUND0", FILLERS, command_count)
        start_s = time.perf_counter()
        with engine_server(directory, "os", "ROUND0"):
            return time.perf_counter() - start_s
