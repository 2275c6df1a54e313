"""Simulated days beside a real one: each figure with intervals, and whether it lies where the real one does.

The real day is one hour of one stock; its own variation is that among its blocks of five minutes.  A simulated
figure is the mean over all blocks of all seeds; it fits if it lies where 95 % of the real day's blocks do.  A
distance fits if it is no longer than the distances of the real day's blocks from the whole of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Optional

from exchange.simulation.study.bootstrap import Interval, interval_of_mean, interval_of_one, known
from exchange.simulation.study.distance import l1_distance, wasserstein_distance
from exchange.simulation.study.numbers import NOT_KNOWN, mean, quantile
from exchange.simulation.study.recording import NS_PER_S, Recording, blocks
from exchange.simulation.study.statistics import STATISTICS, Statistic

BLOCK_S = 300
# What is drawn for intervals follows from this.
SEED = 1

Distance = Callable[[Sequence[float], Sequence[float]], float]


class MeasuredDistance(NamedTuple):
    """That of simulated blocks from the real day, on average; 95 % of the real blocks stay below `own`."""

    value: float
    own: float

    @property
    def fits(self) -> bool:
        """Whether it is no longer than the real day's own."""
        return self.value <= self.own


class Comparison(NamedTuple):
    """One statistic of both; `own` is where 95 % of the real day's blocks lie.

    `simulated_interval` is that of the mean, over seeds.  A distance is None where no distribution is compared.
    """

    statistic: Statistic
    real: float
    own: Interval
    simulated: float
    simulated_interval: Interval
    l1: Optional[MeasuredDistance]
    wasserstein: Optional[MeasuredDistance]

    @property
    def fits(self) -> bool:
        """Whether the simulated figure lies within the recording's own variation."""
        return self.own.holds(self.simulated)


class RealDay:
    """The recording that all else is compared with, measured once."""

    def __init__(self, recording: Recording, statistics: Sequence[Statistic] = STATISTICS) -> None:
        self.statistics = statistics
        self._whole = recording
        self._blocks = blocks(recording, BLOCK_S * NS_PER_S)
        self._own = {each.name: interval_of_one(self._figures(each), SEED) for each in statistics}

    def compare(self, days: Sequence[Recording]) -> list[Comparison]:
        """Each statistic of the `days`, one for each seed."""
        pieces = [blocks(day, BLOCK_S * NS_PER_S) for day in days]
        return [self._comparison(each, pieces) for each in self.statistics]

    def _comparison(self, statistic: Statistic, pieces: Sequence[Sequence[Recording]]) -> Comparison:
        per_seed = [mean(known([statistic.figure(block) for block in day])) for day in pieces]
        all_blocks = [block for day in pieces for block in day]
        return Comparison(
            statistic,
            mean(known(self._figures(statistic))),
            self._own[statistic.name],
            mean(known(per_seed)),
            interval_of_mean(per_seed, SEED),
            self._distance(statistic, all_blocks, l1_distance),
            self._distance(statistic, all_blocks, wasserstein_distance),
        )

    def _figures(self, statistic: Statistic) -> list[float]:
        return [statistic.figure(block) for block in self._blocks]

    def _distance(
        self, statistic: Statistic, others: Sequence[Recording], distance: Distance
    ) -> Optional[MeasuredDistance]:
        sample = statistic.sample
        if sample is None:
            return None
        whole = sample(self._whole)
        own = known([distance(sample(block), whole) for block in self._blocks])
        away = known([distance(sample(block), whole) for block in others])
        return MeasuredDistance(mean(away), quantile(own, 0.95) if own else NOT_KNOWN)


def fitting(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Those that are judged and lie within the recording's own variation."""
    return [each for each in comparisons if each.statistic.is_judged and each.fits]
