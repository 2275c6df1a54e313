"""When a trader acts next: evenly by chance (Poisson), or in bursts that feed themselves (Hawkes).

A Hawkes process has a base rate, and each event lifts the rate for a while: on average `branching` further events
follow from one, most of them within `1 / decay_per_s`.  A rate is memoryless between events, so whenever it is
lifted the time to the next event may simply be drawn anew.
"""

from __future__ import annotations

import math
from typing import Protocol

from exchange.laboratory.venue.latency import Draw
from exchange.simulation.traders.chance import exponential
from exchange.utils.helpers import NS_PER_S


class Arrivals(Protocol):
    """How a trader's own events follow each other."""

    def next_gap_s(self, now_ns: int) -> float:
        """How long from `now_ns` to the next event, if nothing lifts the rate before that."""

    def excite(self, now_ns: int, weight: float = 1.0) -> None:
        """Something has happened; ask for the next gap again."""


class Poisson:
    """`rate_per_s` events on average, whatever happens."""

    def __init__(self, rate_per_s: float, draw: Draw) -> None:
        self._mean_s = 1 / rate_per_s
        self._draw = draw

    def next_gap_s(self, now_ns: int) -> float:  # noqa: ARG002  the same at any time
        """See `Arrivals`."""
        return exponential(self._draw, self._mean_s)

    def excite(self, now_ns: int, weight: float = 1.0) -> None:
        """Changes nothing."""


class Hawkes:
    """`rate_per_s` events by themselves; each `excite` brings `branching` × its weight more on average."""

    def __init__(self, rate_per_s: float, branching: float, decay_per_s: float, draw: Draw) -> None:
        if not 0 <= branching < 1:
            raise ValueError(f"branching {branching}: must be from 0 to below 1, or events never end")
        self._base_per_s = rate_per_s
        self._lift_per_s = branching * decay_per_s
        self._decay_per_s = decay_per_s
        self._draw = draw
        # How much the rate is lifted, as it was at the time below.
        self._lifted_per_s = 0.0
        self._lifted_ns = 0

    def next_gap_s(self, now_ns: int) -> float:
        """Ogata's thinning: a candidate at the present rate, kept if the rate has lasted until then."""
        lifted = self._lifted_at(now_ns)
        gap_s = 0.0
        while True:
            highest = self._base_per_s + lifted
            step_s = exponential(self._draw, 1 / highest)
            gap_s += step_s
            lifted *= math.exp(-self._decay_per_s * step_s)
            if self._draw() * highest <= self._base_per_s + lifted:
                return gap_s

    def excite(self, now_ns: int, weight: float = 1.0) -> None:
        """See `Arrivals`."""
        self._lifted_per_s = self._lifted_at(now_ns) + weight * self._lift_per_s
        self._lifted_ns = now_ns

    def _lifted_at(self, now_ns: int) -> float:
        return self._lifted_per_s * math.exp(-self._decay_per_s * (now_ns - self._lifted_ns) / NS_PER_S)
