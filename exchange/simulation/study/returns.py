"""Series at even steps of time: mid prices, their returns, and what was traded in each step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from exchange.simulation.study.numbers import mean
from exchange.simulation.study.recording import Quote, Recording
from exchange.utils.helpers import NS_PER_S


def quotes_each(recording: Recording, step_s: float) -> Iterator[Quote]:
    """The touch at each step from the first quote on, as it stood then.  O(quotes + steps)."""
    step_ns = round(step_s * NS_PER_S)
    quotes, place = recording.quotes, 0
    if not quotes:
        return
    time_ns = quotes[0].time_ns
    while time_ns < recording.end_ns:
        while place + 1 < len(quotes) and quotes[place + 1].time_ns <= time_ns:
            place += 1
        yield quotes[place]
        time_ns += step_ns


def returns(recording: Recording, step_s: float) -> list[float]:
    """The logarithmic returns of the mid over each step."""
    mids = [quote.mid for quote in quotes_each(recording, step_s)]
    return [math.log(later / earlier) for earlier, later in zip(mids, mids[1:], strict=False)]


def relative_spreads(recording: Recording, step_s: float) -> list[float]:
    """The spread at each step as a part of the mid."""
    return [quote.spread / quote.mid for quote in quotes_each(recording, step_s)]


def volumes_and_spreads(recording: Recording, step_s: float) -> tuple[list[float], list[float]]:
    """For each step in which there was trade: what was traded, and the mean spread that it found."""
    step_ns = round(step_s * NS_PER_S)
    found: dict[int, list[tuple[int, int]]] = {}
    for sweep in recording.sweeps:
        if sweep.quote is not None:
            place = (sweep.time_ns - recording.begin_ns) // step_ns
            found.setdefault(place, []).append((sweep.quantity, sweep.quote.spread))
    volumes = [float(sum(quantity for quantity, _ in each)) for each in found.values()]
    return volumes, [mean([spread for _, spread in each]) for each in found.values()]


def gaps_s(times_ns: Sequence[int]) -> list[float]:
    """The seconds from each to the next."""
    return [(later - earlier) / NS_PER_S for earlier, later in zip(times_ns, times_ns[1:], strict=False)]
