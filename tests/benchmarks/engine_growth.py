"""What the engine costs when there is much of everything: resting orders, live orders of one user, journal.

Times are of the processor, all threads of the process; the collector is off, as it is in the server.
"""

from __future__ import annotations

import gc
import json
import random
import shutil
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

from exchange.engine.commands import CancelOrder, Command, ListInstrument, NewOrder, SetLimits
from exchange.engine.engine import Engine
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce
from exchange.storage.command_record import command_text
from exchange.storage.places import ledger_path, log_directory
from exchange.storage.snapshot_files import OrderStore
from tests.benchmarks.figure import Aim, Figure
from tests.support.kept_market import KeptMarket

SYMBOL = "ACME"
USERS = 100
# So many messages are timed at once, and the least of several times in a round counts.
_MESSAGES = 400
_TRIES = 8
# A timestamp of today's size, in ns.
_NOW = 1_700_000_000_000_000_000


def resting_orders(count: int, users: int = USERS, first: int = 0) -> Iterator[NewOrder]:
    """Orders that do not cross, at a thousand prices of each side; the same ones for the same arguments."""
    draw = random.Random(first)
    for number in range(first, first + count):
        side = draw.choice((Side.BUY, Side.SELL))
        price = draw.randrange(9_000, 10_000) if side is Side.BUY else draw.randrange(10_001, 11_000)
        terms = Terms(side, OrderType.LIMIT, TimeInForce.GTC, price * 10_000_000, draw.randrange(1, 1_000))
        yield NewOrder(f"user{number % users}", f"order{number}", SYMBOL, terms)


def filled_engine(count: int, users: int = USERS, position_max: Optional[int] = None) -> Engine:
    """An engine in which so many orders rest."""
    engine = Engine()
    engine.process(ListInstrument(Instrument(SYMBOL)), _NOW)
    engine.process(SetLimits(Limits(10**9, None, position_max)), _NOW)
    for number, command in enumerate(resting_orders(count, users)):
        engine.process(command, _NOW + number)
    return engine


def engine_growth_figures(rounds: int, is_long: bool, many: int = 1_000_000) -> Iterator[Figure]:
    """The rows; those that need `many` orders or commands only where they are asked for."""
    with _collector_off():
        yield _limited(rounds)
        if is_long:
            yield _message(rounds, many)
            yield _memory(many // 10)
            yield _start(rounds, many)
            yield _replay(rounds, many)


def _limited(rounds: int) -> Figure:
    few, many = filled_engine(100, 1, 10**12), filled_engine(10_000, 1, 10**12)
    figure = Figure("order, position-max, 10,000 live : 100", [], [], "µs", Aim("≤", 1.5))
    return _in_turn(figure, rounds, _Messages(few, 1).least_us, _Messages(many, 1).least_us)


def _message(rounds: int, many: int) -> Figure:
    few, filled = _Messages(filled_engine(1_000), USERS), _Messages(filled_engine(many), USERS)
    figure = Figure(f"message, {many:,} resting : 1,000", [], [], "µs", Aim("≤", 1.2))
    return _in_turn(figure, rounds, few.least_us, filled.least_us)


def _memory(count: int) -> Figure:
    """All that an order keeps alive, its command's texts and terms as well, beside its line in a snapshot."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        engine = filled_engine(count)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    line_bytes = sum(len(json.dumps(record, separators=(",", ":"))) for record in engine.snapshot())
    return Figure(
        "memory of a resting order", [line_bytes / count], [(after - before) / count], "B", Aim("≤", 400, "B")
    )


def _start(rounds: int, count: int) -> Figure:
    figure = Figure(f"start, snapshot of {count:,} orders", [], [], "s", Aim("≤", 2))
    with _directory() as directory:
        store = OrderStore(directory)
        path = store.save(filled_engine(count).snapshot(), 1)
        lines = path.read_bytes().splitlines()

        def start() -> Engine:
            snapshot = store.newest_valid(lambda path, damage: None)
            assert snapshot is not None
            return Engine.restore(snapshot.records)

        return _in_turn(figure, rounds, lambda: _parse_s(lines), lambda: _time_s(start))


def _replay(rounds: int, count: int) -> Figure:
    """A start from the journal alone, which writes ledger and logs again."""
    figure = Figure(f"replay of {count:,}, logs written", [], [], "s", Aim("≤", 3))
    commands: list[Command] = [ListInstrument(Instrument(SYMBOL)), *resting_orders(count - 1)]
    lines = [f"[{_NOW},{number},{command_text(command)}]".encode() for number, command in enumerate(commands)]
    with _directory() as directory:
        market = KeptMarket(directory)
        market.run([(command, _NOW + number) for number, command in enumerate(commands)])
        market.kill()

        def recovered_s() -> float:
            shutil.rmtree(log_directory(directory))
            ledger_path(directory).unlink()
            opened: list[KeptMarket] = []
            took_s = _time_s(lambda: opened.append(KeptMarket(directory)))
            opened[0].kill()
            return took_s

        return _in_turn(figure, rounds, lambda: _parse_s(lines), recovered_s)


def _in_turn(figure: Figure, rounds: int, floor: Callable[[], float], ours: Callable[[], float]) -> Figure:
    for _ in range(rounds):
        figure.floors.append(floor())
        figure.ours.append(ours())
    return figure


class _Messages:
    """What an engine is asked while much rests in it: orders that rest and, half of all, their cancels."""

    def __init__(self, engine: Engine, users: int) -> None:
        self._engine = engine
        self._users = users
        self._first = 10**7

    def least_us(self) -> float:
        """What one of them costs: the least of some tries, each with ids of its own."""
        return min(self._try_s() for _ in range(_TRIES)) / _MESSAGES * 1e6

    def _try_s(self) -> float:
        orders = list(resting_orders(_MESSAGES // 2, self._users, self._first))
        self._first += _MESSAGES
        cancels = [CancelOrder(order.user, None, order.client_order_id) for order in orders]
        messages: list[Command] = [*orders, *cancels]

        def send() -> None:
            for message in messages:
                self._engine.process(message, _NOW)

        return _time_s(send)


def _parse_s(lines: list[bytes]) -> float:
    def parse() -> None:
        for line in lines:
            json.loads(line)

    return _time_s(parse)


def _time_s(do: Callable[[], object]) -> float:
    start_s = time.process_time()
    made = do()
    took_s = time.process_time() - start_s
    del made  # To take it apart is none of what was asked.
    return took_s


@contextmanager
def _directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        yield Path(name)


@contextmanager
def _collector_off() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
