"""The engine in process: the public workload through `Engine.process`, beside the floor's loop over the same."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from exchange.engine.commands import Command
from exchange.engine.events import Event
from tests.benchmarks.figure import Aim, Figure
from tests.benchmarks.workload import Workload, benchmark_engine, read_messages


class Small:
    """The small object of the engine's floor."""

    __slots__ = ("command", "number", "user")

    def __init__(self, command: Command, number: int, user: object) -> None:
        self.command = command
        self.number = number
        self.user = user


def record_commands(path: Path, message_count: int) -> list[Command]:
    """The messages of the workload at `path` as the commands our engine is given for them."""
    commands: list[Command] = []
    engine = benchmark_engine()

    def record(command: Command, timestamp: int) -> list[Event]:
        commands.append(command)
        return engine.process(command, timestamp)

    workload = Workload(record)
    for message in islice(read_messages(path), message_count):
        workload.play(message)
    return commands


def engine_rate(commands: list[Command]) -> float:
    """Commands per second of processor time through a new engine."""
    process = benchmark_engine().process
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


def engine_figure(runs: int, workload: Path, message_count: int) -> Figure:
    """Floor and engine in turn, over the first so many messages of the workload."""
    commands = record_commands(workload, message_count)
    figure = Figure("engine in process, public workload", [], [], "/s", Aim("≥", 0.3))
    for _ in range(runs):
        figure.floors.append(engine_floor_rate(commands))
        figure.ours.append(engine_rate(commands))
    return figure
