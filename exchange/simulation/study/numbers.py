"""The arithmetic of samples: means, correlations, moments, quantiles; of plain lists, and of nothing else.

Every function says what it gives for a sample that is too short to tell: NaN, which no comparison is true of, so
that a figure that can't be had is never taken for one that fits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

NOT_KNOWN = math.nan


def mean(values: Sequence[float]) -> float:
    """The average; NaN of no values.  O(n)."""
    return math.fsum(values) / len(values) if values else NOT_KNOWN


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of them lie, between two of them in proportion; NaN of no values."""
    if not values:
        return NOT_KNOWN
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    lower = math.floor(place)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (place - lower) * (ordered[upper] - ordered[lower])


def central_moment(values: Sequence[float], power: int) -> float:
    """The mean of (value - mean) to the `power`."""
    middle = mean(values)
    return mean([(value - middle) ** power for value in values])


def skewness(values: Sequence[float]) -> float:
    """Above 0 where the long tail is on the right; NaN where nothing varies."""
    variance = central_moment(values, 2)
    return central_moment(values, 3) / variance**1.5 if variance > 0 else NOT_KNOWN


def excess_kurtosis(values: Sequence[float]) -> float:
    """0 for a normal distribution, more where the tails are fatter; NaN where nothing varies."""
    variance = central_moment(values, 2)
    return central_moment(values, 4) / variance**2 - 3 if variance > 0 else NOT_KNOWN


def autocorrelation(values: Sequence[float], lag: int) -> float:
    """How much a value tells of the one `lag` later, -1 to 1; NaN of too few values or where nothing varies."""
    if len(values) <= lag + 1:
        return NOT_KNOWN
    middle = mean(values)
    deviations = [value - middle for value in values]
    total = math.fsum(each * each for each in deviations)
    if total <= 0:
        return NOT_KNOWN
    return math.fsum(one * other for one, other in zip(deviations, deviations[lag:], strict=False)) / total


def mean_autocorrelation(values: Sequence[float], lags: Sequence[int]) -> float:
    """The average over `lags` of `autocorrelation`."""
    return mean([autocorrelation(values, lag) for lag in lags])


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Pearson's, -1 to 1; NaN where one of them does not vary."""
    x_middle, y_middle = mean(xs), mean(ys)
    x_total = math.fsum((x - x_middle) ** 2 for x in xs)
    y_total = math.fsum((y - y_middle) ** 2 for y in ys)
    if len(xs) < 3 or x_total <= 0 or y_total <= 0:
        return NOT_KNOWN
    both = math.fsum((x - x_middle) * (y - y_middle) for x, y in zip(xs, ys, strict=True))
    return both / math.sqrt(x_total * y_total)


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """That of the straight line with the least squares through the points; NaN where the xs don't vary."""
    x_middle, y_middle = mean(xs), mean(ys)
    x_total = math.fsum((x - x_middle) ** 2 for x in xs)
    if len(xs) < 3 or x_total <= 0:
        return NOT_KNOWN
    return math.fsum((x - x_middle) * (y - y_middle) for x, y in zip(xs, ys, strict=True)) / x_total


def tail_index(values: Sequence[float], share: float = 0.1) -> float:
    """Hill's estimate from the largest `share` of the sizes of the values: 2 to 5 for returns of real markets.

    NaN where fewer than ten of them are in the tail.
    """
    sizes = sorted((abs(value) for value in values if value), reverse=True)
    count = int(share * len(sizes))
    if count < 10:
        return NOT_KNOWN
    threshold = sizes[count]
    excess = mean([math.log(size / threshold) for size in sizes[:count]])
    return 1 / excess if excess > 0 else NOT_KNOWN
