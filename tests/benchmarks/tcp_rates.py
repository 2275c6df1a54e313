"""The rows of the table that are measured over TCP: which server, which load, which floor.

Within a group floor, exchange and (with `beside`, the root of another checkout) that one's exchange take turns in
every round, so that whatever else the machine does meanwhile falls on all of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Optional

from tests.benchmarks.figure import Aim, Figure
from tests.benchmarks.pipelined import pipelined
from tests.benchmarks.round_trips import book_watchers, fdatasync_us, ping, round_trip
from tests.benchmarks.served import (
    Served,
    echo_server,
    engine_server,
    round_symbol,
    symbols_of,
)
from tests.support.project import ROOT

CLIENT_COUNTS = (1, 8)
WATCHERS = 200
INSTRUMENTS = 500
# What a measure gives for each of its figures, in their order.
Measured = tuple[float, ...]


class Exchanges:
    """The exchange, and perhaps that of another checkout, each started with the same options."""

    def __init__(self, stack: ExitStack, durability: str, symbols: str, beside: Optional[Path]) -> None:
        roots = [ROOT] if beside is None else [ROOT, beside]
        self.served = [
            stack.enter_context(engine_server(stack.enter_context(_directory()), durability, symbols, root))
            for root in roots
        ]

    def add(self, figures: list[Figure], floors: Measured, measure: Callable[[Served], Measured]) -> None:
        """Measure them in turn, and add a round to each figure."""
        for place, served in enumerate(self.served):
            for figure, floor, value in zip(figures, floors, measure(served), strict=True):
                if place:
                    figure.beside.append(value)
                else:
                    figure.floors.append(floor)
                    figure.ours.append(value)


def tcp_figures(rounds: int, beside: Optional[Path] = None) -> Iterator[Figure]:
    """Every row, a group at a time."""
    for group in (_round_trips_os, _durable, _watched, _many_instruments):
        yield from group(rounds, beside)


def _round_trips_os(rounds: int, beside: Optional[Path]) -> list[Figure]:
    figures = [
        _figure("round trip, os, p50", "µs", Aim("≤", 2.2)),
        _figure("round trip, os, p99", "µs", Aim("≤", 4)),
    ]
    with ExitStack() as stack:
        echo = stack.enter_context(echo_server("line"))
        exchanges = Exchanges(stack, "os", symbols_of(rounds), beside)
        for number in range(rounds):
            name, symbol = f"r{number}", round_symbol(number)
            measure = partial(round_trip, round_name=name, symbol=symbol)
            exchanges.add(figures, measure(echo), measure)
    return figures


def _durable(rounds: int, beside: Optional[Path]) -> list[Figure]:
    """Everything of which each answer waits for the disk."""
    trips = [_figure("round trip, fsync / echo + fdatasync", "µs", Aim("≤", 1.3))]
    by_count = {count: _pipelined_figures(count) for count in CLIENT_COUNTS}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(_directory()))
        line, chunk = (stack.enter_context(echo_server(per)) for per in ("line", "chunk"))
        exchanges = Exchanges(stack, "fsync", symbols_of(rounds * 3), beside)
        for number in range(rounds):
            measure = partial(_median_trip, round_name=f"r{number}", symbol=round_symbol(3 * number))
            exchanges.add(trips, (measure(line)[0] + fdatasync_us(directory),), measure)
            for place, (count, figures) in enumerate(by_count.items(), start=1):
                _add_pipelined(figures, exchanges, (line, chunk), f"{count}r{number}", 3 * number + place, count)
    return [*trips, *(figure for figures in by_count.values() for figure in figures)]


def _median_trip(served: Served, round_name: str, symbol: str) -> Measured:
    return (round_trip(served, round_name, symbol).p50,)


def _pipelined_figures(client_count: int) -> list[Figure]:
    clients = "1 client" if client_count == 1 else f"{client_count} clients"
    return [
        _figure(f"pipelined, fsync, {clients} / line", "/s", Aim("≥", 1.0)),
        _figure(f"pipelined, fsync, {clients} / chunk", "/s", Aim("≥", 0.6)),
        _figure(f"processor per order, {clients} / chunk", "µs", Aim("≤", 8, "µs")),
    ]


def _add_pipelined(
    figures: list[Figure],
    exchanges: Exchanges,
    echoes: tuple[Served, Served],
    name: str,
    symbol_number: int,
    client_count: int,
) -> None:
    symbol = round_symbol(symbol_number)

    def measure(served: Served) -> Measured:
        rate, processor_us = pipelined(served, name, symbol, client_count)
        return rate, rate, processor_us

    line_rate = measure(echoes[0])[0]
    _, chunk_rate, processor_us = measure(echoes[1])
    exchanges.add(figures, (line_rate, chunk_rate, processor_us), measure)


def _watched(rounds: int, beside: Optional[Path]) -> list[Figure]:
    """The floor is the same exchange with nobody who watches."""
    return _against_itself(
        rounds,
        beside,
        _figure(f"round trip, os, {WATCHERS} subscribers / none", "µs", Aim("≤", 4)),
        symbols_of(2 * rounds),
        symbols_of(2 * rounds),
        lambda served, number: round_trip(served, f"n{number}", round_symbol(2 * number)).p50,
        _watched_trip,
    )


def _watched_trip(served: Served, number: int) -> float:
    symbol = round_symbol(2 * number + 1)
    with book_watchers(served, f"w{number}", symbol, WATCHERS):
        return round_trip(served, f"w{number}", symbol).p50


def _many_instruments(rounds: int, beside: Optional[Path]) -> list[Figure]:
    return _against_itself(
        rounds,
        beside,
        _figure(f"ping, {INSTRUMENTS} instruments / one", "µs", Aim("≤", 1.5)),
        symbols_of(1),
        symbols_of(INSTRUMENTS),
        lambda served, number: ping(served, f"p{number}"),
        lambda served, number: ping(served, f"p{number}"),
    )


def _against_itself(
    rounds: int,
    beside: Optional[Path],
    figure: Figure,
    floor_symbols: str,
    symbols: str,
    measure_floor: Callable[[Served, int], float],
    measure: Callable[[Served, int], float],
) -> list[Figure]:
    """What something costs the exchange beside the same exchange without it.

    A checkout beside has its own floor: what is told of it is its ratio, brought to our floor.
    """
    with ExitStack() as stack:
        floors = Exchanges(stack, "os", floor_symbols, beside).served
        ours = Exchanges(stack, "os", symbols, beside).served
        for number in range(rounds):
            pairs = [
                (measure_floor(floor, number), measure(served, number))
                for floor, served in zip(floors, ours, strict=True)
            ]
            (floor_us, ours_us), *others = pairs
            figure.floors.append(floor_us)
            figure.ours.append(ours_us)
            figure.beside.extend(beside_us / own_us * floor_us for own_us, beside_us in others)
    return [figure]


def _figure(name: str, unit: str, aim: Aim) -> Figure:
    return Figure(name, [], [], unit, aim, [])


def _directory() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="benchmark-")
