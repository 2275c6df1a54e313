"""The study's table as lines of text: each statistic of the recording and of simulated days, side by side.

Knows how figures are written and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from exchange.simulation.study.bootstrap import Interval
from exchange.simulation.study.comparison import Comparison, MeasuredDistance, fitting
from exchange.simulation.study.costs import TradingCosts
from exchange.simulation.study.recording import Recording

HEADING = ("", "recorded", "its blocks", "simulated", "its mean", "", "L1", "W")
# Up to here the columns are figures with their intervals.
FIGURES_END = HEADING.index("its mean") + 1
EXPLANATION = (
    "recorded: the mean over its blocks of 5 minutes; its blocks: where 95 % of them lie.",
    "simulated: the mean over all blocks of all seeds; its mean: the 95 % interval of that, over seeds.",
    "L1, W: how far simulated blocks lie from the recording; in brackets, what 95 % of its own blocks stay below.",
)


def table_lines(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """The table, a count of what fits, and what does not."""
    yield from _aligned([HEADING, *(_row(each) for each in comparisons)])
    yield ""
    yield from EXPLANATION
    judged = [each for each in comparisons if each.statistic.is_judged]
    fits = fitting(comparisons)
    reported = len(comparisons) - len(judged)
    yield f"{len(fits)} of {len(judged)} lie within the recording's own variation; {reported} are reported only"
    outside = [each.statistic.name for each in judged if each not in fits]
    yield f"outside it: {', '.join(outside) or 'none'}"


def response_lines(responses: Sequence[Comparison]) -> Iterator[str]:
    """How far the mid has moved after an event, in mean spreads in the event's direction: a row for each lag."""
    heading = ("mid moved after", *HEADING[1:FIGURES_END])
    return _aligned([heading, *(_row(each)[:FIGURES_END] for each in responses)])


def cost_lines(recorded: TradingCosts, simulated: Sequence[TradingCosts]) -> Iterator[str]:
    """Effective and realised spread and price impact of both, in basis points."""
    names = ("effective spread", "realised spread", "price impact")
    for place, name in enumerate(names):
        mean = sum(costs[place] for costs in simulated) / len(simulated)
        yield f"{name:<16}  recorded {recorded[place]:7.3f} bps   simulated {mean:7.3f} bps"


def day_line(seed: int, recording: Recording) -> str:
    """One simulated day in a line."""
    last = recording.quotes[-1]
    return (
        f"seed {seed}: {len(recording.happenings):,} events, {len(recording.sweeps):,} trades, "
        f"{len(recording.quotes):,} quotes, last mid {last.mid / 10_000:.2f}"
    )


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(comparison: Comparison) -> tuple[str, ...]:
    statistic = comparison.statistic
    verdict = ("fits" if comparison.fits else "outside") if statistic.is_judged else "reported"
    return (
        statistic.name + (f" ({statistic.expected})" if statistic.expected else ""),
        f"{comparison.real:.3f}",
        _interval(comparison.own),
        f"{comparison.simulated:.3f}",
        _interval(comparison.simulated_interval),
        verdict,
        _distance(comparison.l1),
        _distance(comparison.wasserstein),
    )


def _interval(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}"


def _distance(distance: Optional[MeasuredDistance]) -> str:
    return "" if distance is None else f"{distance.value:.2f} ({distance.own:.2f})"
