"""The client that measures what others cost it, and the rows its figures make.

Machines are shared and noisy, so measuring with and without a load takes turns, and medians over the rounds are
quoted, with the lowest and the highest ratio of a round.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, NamedTuple

from tests.campaigns.stress_loads import Client, order_line

PROBE_EVERY_S = 0.002
# What each turn does not count: a load that begins may send the burst that its limit allows.
WARM_UP_S = 0.5
HEADING = f"{'':<44} {'without':>10} {'with':>10} {'':<9} ratio   lowest–highest"

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


class RoundTrips(NamedTuple):
    """The 50th and the 99th percentile of some round trips, and the longest, in ms."""

    p50: float
    p99: float
    longest: float


class Probe:
    """A client that sends one order at a time and times its answer."""

    def __init__(self, port: int, user: str) -> None:
        self._client = Client(port, user)
        self._count = 0

    def round_trips_ms(self, seconds: float) -> RoundTrips:
        """Those of so many seconds."""
        times_s: list[float] = []
        next_s = time.perf_counter()
        counted_from_s = next_s + min(WARM_UP_S, seconds / 2)
        end_s = next_s + seconds
        # Where each takes longer than all the time there is, two of them: so that the worst turn is told, too.
        while next_s < end_s or len(times_s) < 2:
            time.sleep(max(0.0, next_s - time.perf_counter()))
            elapsed_s = self._round_trip_s()
            if next_s >= counted_from_s:
                times_s.append(elapsed_s)
            next_s = max(next_s + PROBE_EVERY_S, time.perf_counter())
        cuts_s = statistics.quantiles(times_s, n=100)
        return RoundTrips(cuts_s[49] * 1_000, cuts_s[98] * 1_000, max(times_s) * 1_000)

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
    """The probe's median, p99 and longest under `base` (nothing) and under `load`, in turn, as rows."""
    rows = [Comparison(title, f"ms {unit}", [], []) for title, unit in ((name, "p50"), ("", "p99"), ("", "max"))]
    for _ in range(options.rounds):
        with base():
            for row, figure_ms in zip(rows, probe.round_trips_ms(turn_s(options)), strict=True):
                row.without.append(figure_ms)
        with load():
            for row, figure_ms in zip(rows, probe.round_trips_ms(turn_s(options)), strict=True):
                row.loaded.append(figure_ms)
    yield from (row.line() for row in rows)


def turn_s(options: argparse.Namespace) -> float:
    """How long each turn takes, in seconds."""
    return float(options.seconds / options.rounds / 2)
