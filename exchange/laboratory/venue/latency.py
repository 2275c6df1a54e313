"""How long a participant's requests take to the exchange, and its answers back; and everybody's random numbers.

Only `Random.random()` is ever drawn: what Python builds on it (`gauss`, `shuffle`, `choice`) differs between its
versions.  A participant's numbers come from the seed and its own name, so that one more participant changes no
other's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

Draw = Callable[[], float]


def random_stream(seed: int, name: str) -> Draw:
    """Numbers from 0 up to, not including, 1: the same for the same seed and name, in every Python."""
    return random.Random(f"{seed}/{name}").random


def random_below(draw: Draw, count: int) -> int:
    """An integer from 0 to `count` - 1, which is at most 2**53 or the last ones are never drawn."""
    drawn = int(draw() * count)
    # Where the product was rounded up.
    return drawn if drawn < count else count - 1


class Latency(NamedTuple):
    """Ns one way: each request and each answer takes this, and up to `jitter_ns` more, evenly drawn.

    As over TCP nothing overtakes: what would arrive earlier than what was sent before arrives with it.
    """

    to_exchange_ns: int = 0
    to_participant_ns: int = 0
    jitter_ns: int = 0


NO_LATENCY = Latency()


class Line:
    """One way between a participant and the exchange."""

    def __init__(self, latency_ns: int, jitter_ns: int, draw: Draw) -> None:
        if latency_ns < 0 or jitter_ns < 0:
            raise ValueError(f"latency {latency_ns} ns, jitter {jitter_ns} ns: neither may be negative")
        self._latency_ns = latency_ns
        self._jitter_ns = jitter_ns
        self._draw = draw
        self._last_ns = 0

    def arrival_ns(self, now_ns: int) -> int:
        """When what is sent now arrives."""
        arrival_ns = now_ns + self._latency_ns
        if self._jitter_ns:
            arrival_ns += random_below(self._draw, self._jitter_ns + 1)
        if arrival_ns > self._last_ns:
            self._last_ns = arrival_ns
        return self._last_ns
