"""How sure a figure is: an interval by drawing the sample again, from itself, many times.

Only `Random.random()` is drawn, so that a seed gives the same interval everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from exchange.simulation.study.numbers import NOT_KNOWN, mean, quantile

DRAW_COUNT = 1_000
# The interval leaves out so much at each end.
TAIL = 0.025


class Interval(NamedTuple):
    """From `low` to `high`, both included; NaN where there was nothing to draw from."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether the value lies within; never true of NaN."""
        return self.low <= value <= self.high


NO_INTERVAL = Interval(NOT_KNOWN, NOT_KNOWN)


def known(values: Sequence[float]) -> list[float]:
    """Those that are not NaN."""
    return [value for value in values if value == value]


def interval_of_mean(
    values: Sequence[float], seed: int, of: Callable[[Sequence[float]], float] = mean
) -> Interval:
    """The 95 % interval of the mean (or what `of` gives) of values that were drawn independently.

    O(DRAW_COUNT × n).
    """
    sample = known(values)
    if not sample:
        return NO_INTERVAL
    draw = Random(seed)
    figures = [of([sample[int(draw.random() * len(sample))] for _ in sample]) for _ in range(DRAW_COUNT)]
    return Interval(quantile(figures, TAIL), quantile(figures, 1 - TAIL))


def interval_of_one(values: Sequence[float], seed: int) -> Interval:
    """The interval in which 95 % of single values lie: the mean of its ends over samples drawn again.

    Drawing again keeps one extreme value of a few from being an end by itself.
    """
    sample = known(values)
    if not sample:
        return NO_INTERVAL
    draw = Random(seed)
    lows, highs = [], []
    for _ in range(DRAW_COUNT):
        drawn = [sample[int(draw.random() * len(sample))] for _ in sample]
        lows.append(quantile(drawn, TAIL))
        highs.append(quantile(drawn, 1 - TAIL))
    return Interval(mean(lows), mean(highs))
