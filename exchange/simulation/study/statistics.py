"""The figures by which a market is known: the stylised facts (Cont 2001) and what LOB-Bench looks at.

Each `Statistic` gives one figure of a recording, and most also a sample, whose whole distribution is compared.
Everything is free of units: returns and spreads are relative, sizes and times as logarithms, depths as shares, so
a market with another tick and another price may be laid beside a real one.

A figure that a recording is too short for, or had no event for, is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Optional

from exchange.laboratory.flow.lobster_file import RowType
from exchange.simulation.study import numbers
from exchange.simulation.study.costs import trading_costs
from exchange.simulation.study.numbers import NOT_KNOWN, mean
from exchange.simulation.study.recording import DEPTH_LEVELS, Recording
from exchange.simulation.study.responses import EVENT_KINDS, LAGS_S, EventKind, mean_response, spread_left_after
from exchange.simulation.study.returns import gaps_s, relative_spreads, returns, volumes_and_spreads
from exchange.utils.helpers import NS_PER_S

# Short and long horizons of returns, in s.
SHORT_S, LONG_S = 1.0, 10.0
VOLUME_STEP_S = 10.0
RETURN_LAGS = range(1, 11)
SIZE_LAGS = range(1, 21)
# How long after a shock the spread is looked at, in s.
RESILIENCE_S = 1.0
# How long after an event its response is looked at, in s.
RESPONSE_S = 1.0
# Times shorter than this are as good as none, in s.
LEAST_S = 1e-6


class Statistic(NamedTuple):
    """`figure` of a recording; `sample` where its whole distribution is worth comparing.

    `expected` says in words what real markets show.  One that is not `judged` is reported only: its estimate is
    too rough on an hour of one stock.
    """

    name: str
    expected: str
    figure: Callable[[Recording], float]
    sample: Optional[Callable[[Recording], Sequence[float]]] = None
    is_judged: bool = True


# --- price -----------------------------------------------------------------------------------------------------


def return_memory(recording: Recording) -> float:
    """The mean autocorrelation of returns."""
    return numbers.mean_autocorrelation(returns(recording, SHORT_S), RETURN_LAGS)


def short_kurtosis(recording: Recording) -> float:
    """The excess kurtosis of returns at the short horizon."""
    return numbers.excess_kurtosis(returns(recording, SHORT_S))


def kurtosis_fall(recording: Recording) -> float:
    """By how much the kurtosis falls from the short horizon to the long one."""
    return short_kurtosis(recording) - numbers.excess_kurtosis(returns(recording, LONG_S))


def tail(recording: Recording) -> float:
    """Hill's tail index of short returns."""
    return numbers.tail_index(returns(recording, SHORT_S))


def volatility_memory(recording: Recording) -> float:
    """The mean autocorrelation of the sizes of returns: quiet follows quiet."""
    return numbers.mean_autocorrelation(_sizes(recording), SIZE_LAGS)


def volatility_decay(recording: Recording) -> float:
    """The power with which that autocorrelation falls with the lag: near 0 is slow."""
    sizes = _sizes(recording)
    found = {lag: numbers.autocorrelation(sizes, lag) for lag in SIZE_LAGS}
    points = [(math.log(lag), math.log(each)) for lag, each in found.items() if each > 0]
    return numbers.slope([x for x, _ in points], [y for _, y in points])


def volatility(recording: Recording) -> float:
    """The logarithm of the standard deviation of short returns."""
    variance = numbers.central_moment(returns(recording, SHORT_S), 2)
    return math.log10(variance) / 2 if variance > 0 else NOT_KNOWN


def _sizes(recording: Recording) -> list[float]:
    return [abs(each) for each in returns(recording, SHORT_S)]


def scaled_returns(recording: Recording) -> list[float]:
    """Short returns in their own standard deviation: the shape of the distribution alone."""
    found = returns(recording, SHORT_S)
    deviation = math.sqrt(numbers.central_moment(found, 2)) if found else 0.0
    return [each / deviation for each in found] if deviation else []


# --- flow ------------------------------------------------------------------------------------------------------


def sign_memory(recording: Recording) -> float:
    """The mean autocorrelation of the signs of trades: buyers follow buyers."""
    return numbers.mean_autocorrelation([float(sweep.sign) for sweep in recording.sweeps], RETURN_LAGS)


def volume_and_spread(recording: Recording) -> float:
    """How volume goes with the spread that it found."""
    return numbers.correlation(*volumes_and_spreads(recording, VOLUME_STEP_S))


def log_gaps(recording: Recording) -> list[float]:
    """The logarithms of the times between events."""
    return _logs(gaps_s([each.time_ns for each in recording.happenings]))


def event_rate(recording: Recording) -> float:
    """The logarithm of the events a second."""
    seconds = (recording.end_ns - recording.begin_ns) / NS_PER_S
    return math.log10(len(recording.happenings) / seconds) if recording.happenings else NOT_KNOWN


def log_trade_gaps(recording: Recording) -> list[float]:
    """The logarithms of the times between trades."""
    return _logs(gaps_s([sweep.time_ns for sweep in recording.sweeps]))


def burstiness(recording: Recording) -> float:
    """The logarithm of the coefficient of variation of times between events: 0 for Poisson's, more for bursts."""
    gaps = gaps_s([each.time_ns for each in recording.happenings])
    average, variance = mean(gaps), numbers.central_moment(gaps, 2)
    return math.log10(math.sqrt(variance) / average) if average > 0 and variance > 0 else NOT_KNOWN


def log_lives(recording: Recording) -> list[float]:
    """The logarithms of the times from entering to being canceled."""
    return _logs([life.seconds for life in recording.lives])


def log_sizes(recording: Recording) -> list[float]:
    """The logarithms of the sizes of new orders, in their own median."""
    found = [each.quantity for each in recording.happenings if each.type is RowType.NEW]
    middle = numbers.quantile(found, 0.5)
    return [math.log10(each / middle) for each in found]


def share_of(types: frozenset[RowType], recording: Recording) -> float:
    """The share of events that are of these types."""
    return mean([float(each.type in types) for each in recording.happenings])


def share_at_touch(recording: Recording) -> float:
    """The share of new orders that are placed at the touch or within it."""
    return mean([float(each.is_at_touch) for each in recording.happenings if each.type is RowType.NEW])


def _logs(seconds: Sequence[float]) -> list[float]:
    return [math.log10(max(LEAST_S, each)) for each in seconds]


# --- book ------------------------------------------------------------------------------------------------------


def scaled_spreads(recording: Recording) -> list[float]:
    """The spread second by second, in its own mean."""
    spreads = relative_spreads(recording, SHORT_S)
    average = mean(spreads)
    return [each / average for each in spreads]


def spread_skewness(recording: Recording) -> float:
    """The skewness of the spread: the long tail is on the right."""
    return numbers.skewness(relative_spreads(recording, SHORT_S))


def depth_slope(recording: Recording) -> float:
    """What the best level holds beside the average of those looked at: below 1 where the touch is thin."""
    totals = [sum(depth.quantities[place] for depth in recording.depths) for place in range(DEPTH_LEVELS)]
    return totals[0] * DEPTH_LEVELS / sum(totals) if recording.depths else NOT_KNOWN


def depth_places(recording: Recording) -> list[float]:
    """Where in the book the quantity lies: for each second the mean rank of its level."""
    ranks = range(DEPTH_LEVELS)
    return [
        sum(rank * quantity for rank, quantity in zip(ranks, depth.quantities, strict=True))
        / sum(depth.quantities)
        for depth in recording.depths
    ]


def touch_life(recording: Recording) -> float:
    """The logarithm of the mean time for which a touch stands, in s."""
    times = gaps_s([quote.time_ns for quote in recording.quotes])
    return math.log10(mean(times)) if times else NOT_KNOWN


def resilience(recording: Recording) -> float:
    """The part of an opened spread that is still open a second later."""
    return spread_left_after(recording, RESILIENCE_S)


def response(kind: EventKind, lag_s: float, recording: Recording) -> float:
    """The response to events of this kind within `lag_s`."""
    return mean_response(recording, kind, lag_s)


def impact_share(recording: Recording) -> float:
    """The part of the effective spread that is price impact: the rest stays with the maker."""
    costs = trading_costs(recording)
    return costs.impact_bps / costs.effective_bps if costs.effective_bps else NOT_KNOWN


def _median_of(sample: Callable[[Recording], Sequence[float]]) -> Callable[[Recording], float]:
    return lambda recording: numbers.quantile(sample(recording), 0.5)


_CANCELS = frozenset({RowType.CANCELLATION, RowType.REDUCTION})

STATISTICS = (
    Statistic("return autocorrelation, lags 1-10", "about 0", return_memory),
    Statistic("excess kurtosis, 1 s", "above 3", short_kurtosis, scaled_returns),
    Statistic("kurtosis 1 s less 10 s", "above 0", kurtosis_fall),
    Statistic("tail index", "2 to 5", tail, is_judged=False),
    Statistic("|return| autocorrelation, lags 1-20", "above 0", volatility_memory),
    Statistic("its decay", "slow: above -1", volatility_decay, is_judged=False),
    Statistic("volatility, log10", "", volatility),
    Statistic("trade sign autocorrelation, lags 1-10", "above 0", sign_memory),
    Statistic("volume-spread correlation", "", volume_and_spread),
    Statistic("spread skewness", "above 0", spread_skewness, scaled_spreads),
    Statistic("time a touch stands, log10 s", "", touch_life),
    Statistic("depth at the touch / mean level", "below 1", depth_slope, depth_places),
    Statistic("time to cancel, log10 s", "", _median_of(log_lives), log_lives),
    Statistic("time between events, log10 s", "", _median_of(log_gaps), log_gaps),
    Statistic("events a second, log10", "", event_rate),
    Statistic("burstiness, log10", "above 0", burstiness),
    Statistic("time between trades, log10 s", "", _median_of(log_trade_gaps), log_trade_gaps),
    Statistic("order size / median, log10", "", lambda recording: mean(log_sizes(recording)), log_sizes),
    Statistic("share of executions", "", partial(share_of, frozenset({RowType.EXECUTION}))),
    Statistic("share of cancels", "", partial(share_of, _CANCELS)),
    Statistic("new orders at the touch", "", share_at_touch),
    Statistic("spread left 1 s after a shock", "below 1", resilience),
    *(Statistic(f"response to {kind.name}", "", partial(response, kind, RESPONSE_S)) for kind in EVENT_KINDS),
    Statistic("impact / effective spread", "", impact_share),
)

# The curves of which the table has one lag each: how the mid goes on after an event.
RESPONSES = tuple(
    Statistic(f"{kind.name}, {lag_s:g} s", "", partial(response, kind, lag_s), is_judged=False)
    for kind in EVENT_KINDS
    for lag_s in LAGS_S
)
