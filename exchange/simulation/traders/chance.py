"""What is drawn: distributions made of `Random.random()` alone, so that a seed means the same in every Python.

A `Draw` gives floats from 0 up to, not including, 1 (`laboratory.latency.random_stream` makes one of a seed and a
name).  Whoever uses these figures rounds them to ticks, units or ns first: their last bit is the machine's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from exchange.laboratory.venue.latency import Draw

T = TypeVar("T")


def exponential(draw: Draw, mean: float) -> float:
    """Above 0, `mean` on average: what lies between two arrivals of a Poisson process."""
    return -mean * math.log(1 - draw())


def normal(draw: Draw) -> float:
    """Around 0, with standard deviation 1 (Box and Muller's; its second figure is thrown away)."""
    return math.sqrt(-2 * math.log(1 - draw())) * math.cos(2 * math.pi * draw())


def lognormal(draw: Draw, median: float, spread: float) -> float:
    """Above 0; its logarithm has the standard deviation `spread`."""
    return median * math.exp(spread * normal(draw))


def power_law(draw: Draw, least: float, tail: float) -> float:
    """At least `least`; more than x with the chance (x / least) ** -`tail`."""
    return least * float((1 - draw()) ** (-1 / tail))


def happens(draw: Draw, chance: float) -> bool:
    """True with this chance, 0 to 1."""
    return draw() < chance


def one_of(draw: Draw, items: Sequence[T]) -> T:
    """Each item with the same chance."""
    return items[int(draw() * len(items))]


def weighted(draw: Draw, items: Sequence[tuple[T, float]]) -> T:
    """Each item with a chance in proportion to its weight."""
    left = draw() * sum(weight for _, weight in items)
    for item, weight in items:
        left -= weight
        if left < 0:
            return item
    return items[-1][0]
