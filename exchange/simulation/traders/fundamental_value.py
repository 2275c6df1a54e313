"""What the instrument is worth, whatever it trades at: a jump diffusion from a seed (after Merton).

It moves a little all the time, and jumps now and then; a jump is news.  Nobody sees it exactly: who is informed
sees it with an error of their own.  The path hangs on the seed and the times alone, so everybody who has the seed
sees the same one, in any process.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from exchange.laboratory.participants import NewsItem
from exchange.laboratory.venue.latency import Draw, random_stream
from exchange.simulation.traders.chance import happens, normal
from exchange.utils.helpers import NS_PER_S

# The path is drawn in steps of this.
STEP_NS = NS_PER_S // 10
STEPS_PER_HOUR = 36_000


class ValueModel(NamedTuple):
    """`volatility` is the standard deviation of the relative change over a second.

    `jumps_per_hour` come on average, each of a relative size with the standard deviation `jump_size`.
    """

    volatility: float = 0.000_12
    jumps_per_hour: float = 8.0
    jump_size: float = 0.000_4


class Jump(NamedTuple):
    """The value has jumped at `time_ns` to `factor` times what it was."""

    time_ns: int
    factor: float

    @property
    def news(self) -> str:
        """What is said about it."""
        word = "better" if self.factor > 1 else "worse"
        return f"worth {abs(self.factor - 1):.2%} {word} than thought"


class FundamentalValue:
    """Begins with `start` at `begin_ns`.  Of its path only the jumps are kept."""

    def __init__(self, seed: int, start: float, begin_ns: int, model: ValueModel) -> None:
        self._draw: Draw = random_stream(seed, "fundamental value")
        self._begin_ns = begin_ns
        self._model = model
        self._now = start
        self._step = 0
        self.jumps: list[Jump] = []

    def at(self, time_ns: int) -> float:
        """The value at this time, in currency; times must not go back.  O(steps since the last)."""
        steps = (time_ns - self._begin_ns) // STEP_NS
        while self._step < steps:
            self._move()
        return self._now

    def _move(self) -> None:
        model = self._model
        self._step += 1
        self._now *= math.exp(model.volatility * math.sqrt(STEP_NS / NS_PER_S) * normal(self._draw))
        if happens(self._draw, model.jumps_per_hour / STEPS_PER_HOUR):
            factor = math.exp(model.jump_size * normal(self._draw))
            self._now *= factor
            self.jumps.append(Jump(self._begin_ns + self._step * STEP_NS, factor))


class ValueNews:
    """The jumps of a value as news, each given once: a `NewsSource`.  It is the only reader of `value`."""

    def __init__(self, value: FundamentalValue) -> None:
        self._value = value
        self._given_count = 0

    def __call__(self, time_ns: int) -> list[NewsItem]:
        """All jumps up to this time that were not given yet; times must not go back."""
        self._value.at(time_ns)
        jumps = self._value.jumps[self._given_count :]
        self._given_count += len(jumps)
        return [NewsItem(jump.time_ns, jump.news) for jump in jumps]
