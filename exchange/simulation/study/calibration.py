"""A small seeded search for the settings under which a mix of traders looks most like a recorded day.

    guess ──► change a few settings by chance ──► run, measure, compare ──► keep the better one ──► … many rounds

A plain hill climb, since a round costs a simulated quarter of an hour and more: what it finds is good, not the
best there is.  The search changes numbers of the traders' classes alone, never what they do.  The same seed, day
and rounds find the same settings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from exchange.laboratory.venue.latency import random_stream
from exchange.simulation.study.comparison import Comparison, RealDay, fitting
from exchange.simulation.study.recording import Recording
from exchange.simulation.traders.chance import happens, normal
from exchange.simulation.traders.mix import TRADER_KINDS, Settings

# Each setting is changed in a round with this chance, by a factor whose logarithm has this standard deviation.
CHANGE_CHANCE = 0.08
CHANGE_SIZE = 0.25
# A figure further outside than so many widths of its interval counts no worse.
MISS_MAX = 3.0
# What lies within, but in so much of the width at either end, counts a little: other seeds may lie without.
EDGE = 0.15


class Knob(NamedTuple):
    """A number of a kind of trader that may be between `low` and `high`."""

    kind: str
    name: str
    low: float
    high: float


KNOBS = (
    Knob("zi", "RATE_PER_S", 0.01, 1.0),
    Knob("zi", "BRANCHING", 0.05, 0.9),
    Knob("zi", "TRADE_WEIGHT", 0.01, 0.5),
    Knob("zi", "DECAY_PER_S", 5.0, 5000.0),
    Knob("zi", "DECAY_SPREAD", 0.5, 4.0),
    Knob("zi", "TAKE_CHANCE", 0.005, 0.2),
    Knob("zi", "IMPROVE_CHANCE_PER_PPM", 0.0001, 0.002),
    Knob("zi", "IMPROVE_TAIL", 0.4, 3.0),
    Knob("zi", "JOIN_CHANCE", 0.02, 0.3),
    Knob("zi", "BEHIND_PPM", 30.0, 500.0),
    Knob("zi", "BEHIND_SPREAD", 0.5, 2.5),
    Knob("zi", "LIFE_S", 0.01, 2.0),
    Knob("zi", "LIFE_SPREAD", 1.0, 3.5),
    Knob("zi", "LIFE_PPM", 5.0, 300.0),
    Knob("mm", "RATE_PER_S", 0.1, 5.0),
    Knob("mm", "SPREAD_PPM", 200.0, 1200.0),
    Knob("mm", "SPREAD_VARIETY", 0.05, 0.8),
    Knob("mm", "STEP_PPM", 20.0, 400.0),
    Knob("mm", "TOLERANCE_PPM", 20.0, 300.0),
    Knob("mm", "REACTION_S", 0.0001, 0.1),
    Knob("mm", "REACTION_SPREAD", 0.3, 3.0),
    Knob("mm", "REPLACE_CHANCE", 0.02, 0.9),
    Knob("mm", "LEAN_PPM", 0.5, 50.0),
    Knob("mm", "IMPACT_PPM", 2.0, 150.0),
    Knob("mm", "EXPECT", 0.02, 0.8),
    Knob("mm", "FOLLOW", 0.01, 0.5),
    Knob("penny", "RATE_PER_S", 0.05, 3.0),
    Knob("penny", "SPREAD_MIN_PPM", 50.0, 500.0),
    Knob("penny", "REACTION_S", 0.0001, 0.01),
    Knob("penny", "REACTION_SPREAD", 0.3, 3.0),
    Knob("penny", "PATIENCE_S", 0.02, 5.0),
    Knob("penny", "PATIENCE_SPREAD", 0.5, 3.0),
    Knob("penny", "WITH_TRADES_CHANCE", 0.05, 1.0),
    Knob("momentum", "RATE_PER_S", 0.02, 2.0),
    Knob("momentum", "THRESHOLD_PPM", 20.0, 500.0),
    Knob("reversion", "RATE_PER_S", 0.02, 2.0),
    Knob("herd", "RATE_PER_S", 0.005, 0.2),
    Knob("fat", "RATE_PER_S", 0.000_01, 0.001),
    Knob("informed", "RATE_PER_S", 0.01, 2.0),
    Knob("informed", "ERROR_PPM", 20.0, 800.0),
    Knob("informed", "EDGE_PPM", 5.0, 500.0),
    Knob("informed", "AGAIN_CHANCE", 0.1, 0.95),
    Knob("informed", "AGAIN_S", 0.0001, 0.1),
    Knob("informed", "AGAIN_SPREAD", 0.5, 4.0),
    *(
        knob
        for kind in ("twap", "vwap", "pov")
        for knob in (
            Knob(kind, "RATE_PER_S", 0.003, 0.3),
            Knob(kind, "SLICES_MIN", 1.0, 10.0),
            Knob(kind, "SLICES_TAIL", 0.8, 4.0),
            Knob(kind, "CHILDREN_TAIL", 0.6, 4.0),
            Knob(kind, "CHILD_EVERY_S", 0.0001, 0.1),
            Knob(kind, "CHILD_SPREAD", 0.5, 4.0),
            Knob(kind, "TAKE_CHANCE", 0.2, 1.0),
            Knob(kind, "TAKE_SPREAD_PPM", 150.0, 2000.0),
        )
    ),
    Knob("twap", "SLICE_EVERY_S", 0.05, 10.0),
    Knob("vwap", "SLICE_EVERY_S", 0.05, 10.0),
    Knob("pov", "SLICE_PER_UNITS", 200.0, 5000.0),
)

# Gives the days of a market with these settings, one for each seed.
Simulate = Callable[[Settings], Sequence[Recording]]


class Round(NamedTuple):
    """One step of the search: what was tried, how far off it was, and how many judged figures fitted.

    `is_better`: it is kept.
    """

    number: int
    settings: Settings
    miss: float
    fitting_count: int
    is_better: bool


def miss(comparisons: Sequence[Comparison]) -> float:
    """How far the judged figures lie outside the recording's own variation, all together; 0: well within it.

    In widths of the interval each, at most MISS_MAX, and a half more for being outside at all; so that one figure
    that can't be had does not outweigh all others.  A distance counts by how many times too long it is, a half.
    """
    total = 0.0
    for each in comparisons:
        if not each.statistic.is_judged:
            continue
        total += _outside(each)
        for distance in (each.l1, each.wasserstein):
            if distance is not None and distance.own > 0:
                total += 0.5 * min(MISS_MAX, max(0.0, distance.value / distance.own - 1 + EDGE))
    return total


def _outside(comparison: Comparison) -> float:
    own, value = comparison.own, comparison.simulated
    width = own.high - own.low
    if math.isnan(value) or not width > 0:
        return MISS_MAX
    beyond = max(own.low - value, value - own.high) / width
    if comparison.fits:
        return max(0.0, beyond + EDGE)
    return min(MISS_MAX, 0.5 + EDGE + beyond)


def search(real: RealDay, simulate: Simulate, begin: Settings, seed: int, rounds: int) -> Iterator[Round]:
    """Each round; the last one that `is_better` has the best settings.  Round 0 is `begin` itself."""
    draw = random_stream(seed, "calibration")
    best = {knob: _number(begin, knob) for knob in KNOBS}
    least = math.inf
    for number in range(rounds + 1):
        tried = best if not number else {knob: _changed(knob, value, draw) for knob, value in best.items()}
        settings = _settings(tried)
        comparisons = real.compare(simulate(settings))
        found = miss(comparisons)
        is_better = found < least
        if is_better:
            best, least = tried, found
        yield Round(number, settings, found, len(fitting(comparisons)), is_better)


def _number(settings: Settings, knob: Knob) -> float:
    usual = float(getattr(TRADER_KINDS[knob.kind], knob.name))
    return settings.get(knob.kind, {}).get(knob.name, usual)


def _changed(knob: Knob, value: float, draw: Callable[[], float]) -> float:
    if not happens(draw, CHANGE_CHANCE):
        return value
    changed = value * math.exp(CHANGE_SIZE * normal(draw))
    # Three digits are plenty, and the same on every machine.
    return float(f"{min(knob.high, max(knob.low, changed)):.3g}")


def _settings(numbers: dict[Knob, float]) -> dict[str, dict[str, float]]:
    settings: dict[str, dict[str, float]] = {}
    for knob, value in numbers.items():
        settings.setdefault(knob.kind, {})[knob.name] = value
    return settings
