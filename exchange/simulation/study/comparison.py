"""Simulated days beside a real one: each figure with intervals, and whether it lies where the real one does.

The real day is one hour of one stock; its own variation is that among its blocks of five minutes.  A simulated
figure is the mean over all blocks of all seeds; it fits if it lies where 95 % of the real day's blocks do.  A
distance fits if it is no longer than the distances of the real day's blocks from the whole of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Optional

from exchange.simulation.study.bootstrap import Interval, interval_of_mean, interval_of_one, known
from exchange.simulation.study.distance import l1_distance, wasserstein_distance
from exchange.simulation.study.numbers import mean, quantile
from exchange.simulation.study.recording import Recording, blocks
from exchange.simulation.study.statistics import STATISTICS, Statistic
from exchange.utils.helpers import NS_PER_S

BLOCK_S = 300
# What is drawn for intervals follows from this.
SEED = 1

Distance = Callable[[Sequence[float], Sequence[float]], float]
DISTANCES: tuple[Distance, Distance] = (l1_distance, wasserstein_distance)


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


class _MeasuredStatistic(NamedTuple):
    """What there is to know of one statistic of the real day, whatever it will be compared with.

    `whole` is the sample of all of it, and `own_distances` how far 95 % of its blocks stay from that, by measure;
    both are empty where no distribution is compared.
    """

    statistic: Statistic
    figure: float
    own: Interval
    whole: Sequence[float]
    own_distances: Mapping[Distance, float]

    @classmethod
    def of(cls, statistic: Statistic, recording: Recording, pieces: Sequence[Recording]) -> _MeasuredStatistic:
        """Measured in the recording and its blocks."""
        figures = [statistic.figure(block) for block in pieces]
        sample = statistic.sample
        whole = [] if sample is None else sample(recording)
        samples = [] if sample is None else [sample(block) for block in pieces]
        distances = {distance: _kept_to([distance(each, whole) for each in samples]) for distance in DISTANCES}
        return cls(statistic, mean(known(figures)), interval_of_one(figures, SEED), whole, distances)

    def compare(self, days: Sequence[Sequence[Recording]]) -> Comparison:
        """With the blocks of these days."""
        per_seed = [mean(known([self.statistic.figure(block) for block in day])) for day in days]
        l1, wasserstein = self._distances([block for day in days for block in day])
        interval = interval_of_mean(per_seed, SEED)
        simulated = mean(known(per_seed))
        return Comparison(self.statistic, self.figure, self.own, simulated, interval, l1, wasserstein)

    def _distances(self, others: Sequence[Recording]) -> list[Optional[MeasuredDistance]]:
        """By each of DISTANCES."""
        sample = self.statistic.sample
        if sample is None:
            return [None for _ in DISTANCES]
        samples = [sample(block) for block in others]
        return [
            MeasuredDistance(
                mean(known([distance(each, self.whole) for each in samples])), self.own_distances[distance]
            )
            for distance in DISTANCES
        ]


def _kept_to(distances: Sequence[float]) -> float:
    """What 95 % of them stay below."""
    return quantile(known(distances), 0.95)


class RealDay:
    """The recording that all else is compared with, measured once."""

    def __init__(self, recording: Recording, statistics: Sequence[Statistic] = STATISTICS) -> None:
        pieces = blocks(recording, BLOCK_S * NS_PER_S)
        self._measured = [_MeasuredStatistic.of(each, recording, pieces) for each in statistics]

    def compare(self, days: Sequence[Recording]) -> list[Comparison]:
        """Each statistic of the `days`, one for each seed."""
        pieces = [blocks(day, BLOCK_S * NS_PER_S) for day in days]
        return [each.compare(pieces) for each in self._measured]


def fitting(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Those that are judged and lie within the recording's own variation."""
    return [each for each in comparisons if each.statistic.is_judged and each.fits]
