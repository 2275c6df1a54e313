"""What trading costs, and how much of it stays with whom: effective spread, realised spread, price impact.

    effective spread = 2 × sign × (price - mid before)       what the taker pays
    realised spread  = 2 × sign × (price - mid later)        what the maker keeps of it
    price impact     = 2 × sign × (mid later - mid before)   the rest, by which the price moved against the maker

All as parts of the mid in basis points (1/10,000), each sweep weighted by its quantity; "later" is `LATER_S`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from exchange.simulation.study.numbers import NOT_KNOWN
from exchange.simulation.study.recording import Recording
from exchange.utils.helpers import NS_PER_S

LATER_S = 5.0
BASIS_POINTS = 10_000


class TradingCosts(NamedTuple):
    """In basis points; NaN where nothing was traded."""

    effective_bps: float
    realised_bps: float
    impact_bps: float


def trading_costs(recording: Recording) -> TradingCosts:
    """The day's averages.  O(sweeps × log quotes)."""
    times_ns = [quote.time_ns for quote in recording.quotes]
    effective = realised = 0.0
    total = 0
    for sweep in recording.sweeps:
        if sweep.quote is None:
            continue
        later = recording.quotes[bisect_right(times_ns, sweep.time_ns + round(LATER_S * NS_PER_S)) - 1]
        weight = 2 * sweep.sign * sweep.quantity * BASIS_POINTS / sweep.quote.mid
        effective += weight * (sweep.price - sweep.quote.mid)
        realised += weight * (sweep.price - later.mid)
        total += sweep.quantity
    if not total:
        return TradingCosts(NOT_KNOWN, NOT_KNOWN, NOT_KNOWN)
    return TradingCosts(effective / total, realised / total, (effective - realised) / total)
