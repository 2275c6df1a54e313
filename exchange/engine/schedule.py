"""Until when an instrument's phase lasts, and what its schedule brings next (RULES 18, 19).

Pure arithmetic on nanoseconds since the Unix epoch; `phases` acts on it.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from exchange.engine.instrument import Schedule
from exchange.engine.words import Phase, PhaseReason

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
NS_PER_DAY = 86_400 * NS_PER_S


class Hours:
    """What a book remembers of time.

    `reason` is why the instrument is in its phase.  `timed_end` is when a halt or a call that lasts for so long is
    to end, None if it is open or the schedule's; `random_ns` how much longer than its earliest end the schedule's
    call lasts.  `scheduled_until` is the last moment whose scheduled change is behind us.  `is_extended`: the call
    was extended once already.  `is_repeated`: it is one of a row of calls (RULES 28).
    """

    __slots__ = ("reason", "timed_end", "random_ns", "scheduled_until", "is_extended", "is_repeated")

    def __init__(self) -> None:
        self.reason = PhaseReason.OPERATOR
        self.timed_end: Optional[int] = None
        self.random_ns = 0
        self.scheduled_until = 0
        self.is_extended = False
        self.is_repeated = False

    def begin(
        self,
        reason: PhaseReason,
        timed_end: Optional[int] = None,
        random_ns: int = 0,
        is_repeated: bool = False,
    ) -> None:
        """Another phase begins."""
        self.reason = reason
        self.timed_end = timed_end
        self.random_ns = random_ns
        self.is_repeated = is_repeated
        self.is_extended = False


class ScheduledChange(NamedTuple):
    """`phase` begins at `due`, or up to `random_ns_max` later if the call before it lasts longer."""

    due: int
    phase: Phase
    ends_call: bool


def scheduled_changes(schedule: Schedule, day: int) -> list[ScheduledChange]:
    """The four changes of one day, counted from the epoch, in their order."""
    midnight = day * NS_PER_DAY
    opens, closes = midnight + schedule.open_s * NS_PER_S, midnight + schedule.close_s * NS_PER_S
    changes = [
        ScheduledChange(opens - schedule.opening_call_s * NS_PER_S, Phase.PRE_OPEN, False),
        ScheduledChange(opens, Phase.CONTINUOUS, True),
        ScheduledChange(closes, Phase.CLOSING_AUCTION, False),
        ScheduledChange(closes + schedule.closing_call_s * NS_PER_S, Phase.CLOSED, True),
    ]
    # A call of no length is none.
    calls = {Phase.PRE_OPEN: schedule.opening_call_s, Phase.CLOSING_AUCTION: schedule.closing_call_s}
    return [change for change in changes if calls.get(change.phase, 1)]


def next_scheduled(schedule: Schedule, after: int) -> ScheduledChange:
    """The first change that is due later than `after`."""
    today = after // NS_PER_DAY
    days = range(today - 1, today + 3)
    return next(change for day in days for change in scheduled_changes(schedule, day) if change.due > after)


def earliest_end(phase: Phase, hours: Hours, schedule: Optional[Schedule]) -> Optional[int]:
    """The earliest moment at which time ends the phase, as the market is told it; None where that is open.

    A random end is not told, and a row of calls has no end of its own.  An untimed halt yields only to CLOSED.
    """
    ends: list[int] = []
    if hours.timed_end is not None and not hours.is_repeated:
        ends.append(hours.timed_end)
    if schedule is not None:
        change = next_scheduled(schedule, hours.scheduled_until)
        while is_untimed_halt(phase, hours) and change.phase is not Phase.CLOSED:
            change = next_scheduled(schedule, change.due)
        ends.append(change.due)
    return min(ends, default=None)


def is_untimed_halt(phase: Phase, hours: Hours) -> bool:
    """Whether the operator's halt lasts until they end it."""
    return phase is Phase.HALTED and hours.timed_end is None
