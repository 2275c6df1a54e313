"""What follows upon an event: the mean way of the mid price after it, by the kind of the event.

Response curves by event type are what LOB-Bench judges generated order flow by (after Eisler, Bouchaud and
Kockelkoren): a market order, a new limit order or a cancel, at the touch or away from it, each moves the price in
its own way.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple, Optional

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import RowType
from exchange.simulation.study.numbers import NOT_KNOWN, mean
from exchange.simulation.study.recording import Happening, Recording
from exchange.utils.helpers import NS_PER_S

# How long after an event the mid is looked at, in s.
LAGS_S = (0.1, 0.3, 1.0, 3.0, 10.0)


class EventKind(NamedTuple):
    """Events of one row type, at the touch or away from it (None: wherever)."""

    name: str
    types: frozenset[RowType]
    at_touch: Optional[bool]

    def is_kind_of(self, happening: Happening) -> bool:
        """Whether the happening is one of these."""
        return happening.type in self.types and self.at_touch in (None, happening.is_at_touch)


_CANCELS = frozenset({RowType.CANCELLATION, RowType.REDUCTION})
EVENT_KINDS = (
    EventKind("execution", frozenset({RowType.EXECUTION}), None),
    EventKind("new order at the touch", frozenset({RowType.NEW}), True),
    EventKind("new order behind it", frozenset({RowType.NEW}), False),
    EventKind("cancel at the touch", _CANCELS, True),
    EventKind("cancel behind it", _CANCELS, False),
)


def mean_response(recording: Recording, kind: EventKind, lag_s: float) -> float:
    """The mean move of the mid within `lag_s`, in mean spreads, in the direction in which the event pushes.

    An event pushes up that adds to the bids or takes from the asks.  NaN where there was no such event.
    """
    quotes, lag_ns = recording.quotes, round(lag_s * NS_PER_S)
    times_ns = [quote.time_ns for quote in quotes]
    moves = []
    for event in recording.happenings:
        if event.quote is not None and kind.is_kind_of(event):
            later = quotes[bisect_right(times_ns, event.time_ns + lag_ns) - 1]
            moves.append(_push(event) * (later.mid - event.quote.mid))
    spread = mean([quote.spread for quote in quotes])
    return mean(moves) / spread if spread else NOT_KNOWN


def _push(event: Happening) -> int:
    adds = 1 if event.type is RowType.NEW else -1
    return adds if event.side is Side.BUY else -adds


def spread_left_after(recording: Recording, seconds: float) -> float:
    """Resilience: of the spread that a trade opened, the part that is still open so long after it.

    Looked at are sweeps upon which the spread at once was at least half as wide again as before.  1: nothing has
    closed; 0: all has.  NaN where there was no such sweep.
    """
    times_ns = [quote.time_ns for quote in recording.quotes]
    left = []
    for sweep in recording.sweeps:
        if sweep.quote is None:
            continue
        shocked = recording.quotes[bisect_right(times_ns, sweep.time_ns) - 1]
        opened = shocked.spread - sweep.quote.spread
        if opened * 2 >= sweep.quote.spread:
            later = recording.quotes[bisect_right(times_ns, sweep.time_ns + round(seconds * NS_PER_S)) - 1]
            left.append((later.spread - sweep.quote.spread) / opened)
    return mean(left)
