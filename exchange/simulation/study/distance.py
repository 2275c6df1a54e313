"""How far one sample lies from another: L1 between histograms, and Wasserstein's distance.

Both are 0 for equal samples.  L1 is at most 2: it says how much of one sample lies where the other has nothing.
Wasserstein's says how far it would have to be moved, here in units of the reference's own mean deviation, so that
distances of different statistics can be read side by side.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from exchange.simulation.study.numbers import NOT_KNOWN, mean, quantile

# The bins hold a tenth of the reference each.
BIN_COUNT = 10
# Quantiles at which two samples of different lengths are laid side by side.
QUANTILE_COUNT = 200


def l1_distance(sample: Sequence[float], reference: Sequence[float]) -> float:
    """The sum over bins of the difference of shares, 0 to 2; NaN if one is empty.  O(n log n)."""
    if not sample or not reference:
        return NOT_KNOWN
    ordered = sorted(reference)
    edges = sorted({ordered[len(ordered) * number // BIN_COUNT] for number in range(1, BIN_COUNT)})
    own, others = _shares(sample, edges), _shares(reference, edges)
    return sum(abs(one - other) for one, other in zip(own, others, strict=True))


def wasserstein_distance(sample: Sequence[float], reference: Sequence[float]) -> float:
    """The mean way between equal quantiles, over the reference's mean deviation from its median.

    NaN if one is empty or the reference does not vary.  O(n log n).
    """
    if not sample or not reference:
        return NOT_KNOWN
    middle = quantile(reference, 0.5)
    scale = mean([abs(value - middle) for value in reference])
    if scale <= 0:
        return NOT_KNOWN
    own, others = _quantiles(sample), _quantiles(reference)
    return mean([abs(one - other) for one, other in zip(own, others, strict=True)]) / scale


def _shares(sample: Sequence[float], edges: Sequence[float]) -> list[float]:
    """The share of the sample in each bin; a value on an edge belongs to the bin above it."""
    counts = [0] * (len(edges) + 1)
    for value in sample:
        counts[bisect.bisect_right(edges, value)] += 1
    return [count / len(sample) for count in counts]


def _quantiles(sample: Sequence[float]) -> list[float]:
    ordered = sorted(sample)
    places = ((2 * number + 1) * len(ordered) // (2 * QUANTILE_COUNT) for number in range(QUANTILE_COUNT))
    return [ordered[place] for place in places]
