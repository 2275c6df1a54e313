"""The phases of an instrument as two tables: what may be asked in each, and what a change of phase does (RULES
19).

    PRE_OPEN ─► CONTINUOUS ⇄ HALTED ─► AUCTION ─► CONTINUOUS ─► CLOSING_AUCTION ─► CLOSED ─► PRE_OPEN …

Phases change by commands: the operator's, the circuit breaker's halt inside an order's command, and `ChangePhase`,
which a timer outside the engine asks for when `next_change` says that it is due.  The engine itself knows no
clock. An instrument of frequent batch auctions (RULES 28) has a row of calls in place of CONTINUOUS: each ends in
an uncross, and the next begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final, NamedTuple, Optional

from exchange.engine import auction
from exchange.engine.bands import would_halt
from exchange.engine.commands import ChangePhase
from exchange.engine.day_statistics import TradingDay
from exchange.engine.events import Event, InstrumentStatusChanged
from exchange.engine.instrument import Instrument
from exchange.engine.matching import Matcher
from exchange.engine.order_arrival import enter_triggered
from exchange.engine.orderbook import OrderBook
from exchange.engine.schedule import NS_PER_DAY, NS_PER_MS, NS_PER_S, earliest_end, is_untimed_halt, next_scheduled
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, PhaseReason, RejectCode, TimeInForce


class Kind(Enum):
    """How orders differ for a phase."""

    LIMIT = "LIMIT"  # GTC or DAY
    MARKET = "MARKET"  # any that is not FOK
    STOP = "STOP"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "POST_ONLY"


class PhaseEffect(Enum):
    """What a change of phase does before the new one begins, in this order."""

    UNCROSS = "UNCROSS"
    EXPIRE = "EXPIRE"
    BEGIN_DAY = "BEGIN_DAY"


_PRE_OPEN, _AUCTION, _CLOSING = Phase.PRE_OPEN, Phase.AUCTION, Phase.CLOSING_AUCTION
_CONTINUOUS, _HALTED, _CLOSED = Phase.CONTINUOUS, Phase.HALTED, Phase.CLOSED
_NOT_NOW: Final = RejectCode.NOT_CONTINUOUS

# What is refused: (phase, kind of order) → code.  Cancels are never refused.
REFUSED: dict[tuple[Phase, Kind], RejectCode] = {
    **{(phase, kind): RejectCode.HALTED for phase in (_HALTED, _CLOSED) for kind in Kind},
    **{(phase, kind): _NOT_NOW for phase in (_PRE_OPEN, _AUCTION, _CLOSING) for kind in (Kind.IOC, Kind.FOK)},
    **{(phase, Kind.POST_ONLY): _NOT_NOW for phase in (_PRE_OPEN, _AUCTION, _CLOSING)},
}

# What happens between two phases: (from, to) → effects.  A pair that is not here only changes the phase.
EFFECTS: dict[tuple[Phase, Phase], tuple[PhaseEffect, ...]] = {
    (_PRE_OPEN, _CONTINUOUS): (PhaseEffect.UNCROSS,),
    (_AUCTION, _CONTINUOUS): (PhaseEffect.UNCROSS,),
    (_CLOSING, _CONTINUOUS): (PhaseEffect.UNCROSS,),
    (_HALTED, _CONTINUOUS): (PhaseEffect.UNCROSS,),
    (_PRE_OPEN, _CLOSED): (PhaseEffect.UNCROSS, PhaseEffect.EXPIRE),
    (_AUCTION, _CLOSED): (PhaseEffect.UNCROSS, PhaseEffect.EXPIRE),
    (_CLOSING, _CLOSED): (PhaseEffect.UNCROSS, PhaseEffect.EXPIRE),
    (_CONTINUOUS, _CLOSED): (PhaseEffect.EXPIRE,),
    (_HALTED, _CLOSED): (PhaseEffect.EXPIRE,),
    (_CLOSED, _PRE_OPEN): (PhaseEffect.BEGIN_DAY,),
    (_CLOSED, _AUCTION): (PhaseEffect.BEGIN_DAY,),
    (_CLOSED, _CLOSING): (PhaseEffect.BEGIN_DAY,),
    (_CLOSED, _CONTINUOUS): (PhaseEffect.BEGIN_DAY,),
    (_CLOSED, _HALTED): (PhaseEffect.BEGIN_DAY,),
}


def is_call(phase: Phase) -> bool:
    """Whether orders are taken and nothing matches."""
    return phase is _PRE_OPEN or phase is _AUCTION or phase is _CLOSING


def kind_of(terms: Terms) -> Kind:
    """Which row of the table an order belongs to."""
    if terms.order_type is OrderType.STOP or terms.order_type is OrderType.STOP_LIMIT:
        return Kind.STOP
    if terms.post_only:
        return Kind.POST_ONLY
    if terms.time_in_force is TimeInForce.FOK:
        return Kind.FOK
    if terms.time_in_force is TimeInForce.IOC:
        return Kind.IOC
    return Kind.LIMIT if terms.order_type is OrderType.LIMIT else Kind.MARKET


def refused(book: OrderBook, kind: Kind) -> Optional[RejectCode]:
    """Why an order of that kind is not taken now; None if it is."""
    if kind is Kind.IOC and book.hours.is_repeated and book.phase is _AUCTION:
        return None
    return REFUSED.get((book.phase, kind))


def change(
    matcher: Matcher,
    book: OrderBook,
    phase: Phase,
    reason: PhaseReason,
    timestamp: int,
    events: list[Event],
    timed_end: Optional[int] = None,
    random_ns: int = 0,
) -> None:
    """Bring the instrument into `phase`, with all that comes of it; in the order of RULES 20."""
    before, was_repeated = book.phase, book.hours.is_repeated
    for effect in EFFECTS.get((before, phase), ()):
        _ACTS[effect](matcher, book, timestamp, events)
    every_ms = book.instrument.call_every_ms
    is_repeated = phase is _CONTINUOUS and every_ms is not None
    if is_repeated:
        assert every_ms is not None
        phase = _AUCTION
        timed_end = _next_call_end(book, every_ms * NS_PER_MS, timestamp)
    book.phase = phase
    book.hours.begin(reason, timed_end, random_ns, is_repeated)
    if not (is_repeated and was_repeated):
        events.append(status(book))
    enter_triggered(matcher, book, timestamp, events)


def new_book(instrument: Instrument, timestamp: int) -> OrderBook:
    """The book of a newly listed instrument: CLOSED if it has a schedule, else trading."""
    book = OrderBook(instrument)
    book.hours.scheduled_until = timestamp
    if instrument.schedule is not None:
        book.phase = _CLOSED
        book.hours.begin(PhaseReason.SCHEDULE)
    elif instrument.call_every_ms is not None:
        book.phase = _AUCTION
        end = timestamp + instrument.call_every_ms * NS_PER_MS
        book.hours.begin(PhaseReason.OPERATOR, end, is_repeated=True)
    return book


def redefine(
    matcher: Matcher, book: OrderBook, instrument: Instrument, timestamp: int, events: list[Event]
) -> None:
    """Give a listed instrument another definition; a new schedule holds from now on."""
    if instrument.schedule != book.instrument.schedule:
        book.hours.scheduled_until = timestamp
    book.define(instrument)
    calls_wanted = instrument.call_every_ms is not None
    trades_otherwise = book.phase is _CONTINUOUS if calls_wanted else book.hours.is_repeated
    if trades_otherwise:
        change(matcher, book, _CONTINUOUS, PhaseReason.OPERATOR, timestamp, events)


def holds(book: OrderBook, phase: Phase) -> bool:
    """Whether the instrument is in the phase as the operator would bring it there: open-ended."""
    if phase is _CONTINUOUS and book.hours.is_repeated:
        return True
    return book.phase is phase and book.hours.timed_end is None


def would_open_crossed(book: OrderBook, phase: Phase) -> bool:
    """Whether CONTINUOUS would begin with orders that cross: only a call leads there from CLOSED by an uncross.

    Frequent batch auctions begin with a call, whose end uncrosses.
    """
    is_continuous = phase is _CONTINUOUS and book.instrument.call_every_ms is None
    return book.phase is _CLOSED and is_continuous and book.is_crossed()


def status(book: OrderBook) -> InstrumentStatusChanged:
    """The phase, why it is so and its earliest end, as it was last told."""
    hours = book.hours
    reason = PhaseReason.EXTENDED if hours.is_extended else hours.reason
    until = earliest_end(book.phase, hours, book.instrument.schedule)
    return InstrumentStatusChanged(book.instrument.symbol, book.phase, reason, until)


def is_idle_call(book: OrderBook) -> bool:
    """Whether it is in one of a row of calls (RULES 28) and holds no order, so that the end would change nothing.

    A triggered stop enters at once in such a call, so it rests like any other order.
    """
    if not book.hours.is_repeated:
        return False
    return all(side.best() is None and side.market.first is None for side in (book.bids, book.asks))


def end_idle(book: OrderBook, timestamp: int) -> None:
    """An order comes: where the row of calls was idle, this call ends at the next moment of its beat."""
    every_ms, end = book.instrument.call_every_ms, book.hours.timed_end
    if every_ms is not None and end is not None and is_idle_call(book):
        every_ns = every_ms * NS_PER_MS
        book.hours.timed_end = end + ((timestamp - end) // every_ns + 1) * every_ns


def _next_call_end(book: OrderBook, every_ns: int, timestamp: int) -> int:
    """The end of the next in a row of calls: on the beat of the last one, and later than now."""
    last_end = book.hours.timed_end if book.hours.is_repeated else None
    if last_end is None:
        return timestamp + every_ns
    return last_end + max(1, -(-(timestamp + 1 - last_end) // every_ns)) * every_ns


def _expire(matcher: Matcher, book: OrderBook, timestamp: int, events: list[Event]) -> None:
    """RULES 5: the day is over for DAY orders, told by order id; what was in for one call only goes as well."""
    auction.end_one_call_orders(matcher, book, timestamp, events, but=TimeInForce.DAY)
    over = [order for order in book.live_orders() if order.time_in_force is TimeInForce.DAY]
    for order in sorted(over, key=lambda order: order.order_id):
        book.withdraw(order)
        matcher.expire(order, timestamp, events)


def _begin_day(_matcher: Matcher, book: OrderBook, _timestamp: int, _events: list[Event]) -> None:
    book.day = TradingDay()


_ACTS: dict[PhaseEffect, Callable[[Matcher, OrderBook, int, list[Event]], None]] = {
    PhaseEffect.UNCROSS: auction.uncross,
    PhaseEffect.EXPIRE: _expire,
    PhaseEffect.BEGIN_DAY: _begin_day,
}


# --- what time brings ----------------------------------------------------------------------------------------


class Due(NamedTuple):
    """A change that time brings: `command` is to be asked at `at` (ns since the epoch) or as soon after as can be.

    The call that it begins lasts up to `random_ns_max` longer than its earliest end: whoever asks draws it once.
    """

    at: int
    command: ChangePhase
    random_ns_max: int = 0

    def drawn(self, draw: Callable[[int], int]) -> ChangePhase:
        """The command, its random end drawn: `draw(n)` gives a number from 0 to n."""
        if self.random_ns_max == 0:
            return self.command
        return self.command._replace(random_ns=draw(self.random_ns_max))


def next_due(books: Iterable[OrderBook], now: int) -> Optional[Due]:
    """The change that is due first, past ones included, over all instruments; None if time brings none.

    At a start, asking this again and again until it is later than `now` gives what was missed, in order.  Of a
    schedule only the last day is made up for.
    """
    found = [due for due in (next_change(book, now) for book in books) if due is not None]
    return min(found, key=lambda due: due.at, default=None)


def next_change(book: OrderBook, now: int) -> Optional[Due]:
    """What time brings an instrument next.  The schedule goes before what only ends a halt or a call."""
    scheduled, timed = _scheduled(book, now), _timed(book)
    if scheduled is None or (timed is not None and timed.at < scheduled.at):
        return timed
    return scheduled


def _scheduled(book: OrderBook, now: int) -> Optional[Due]:
    schedule, hours = book.instrument.schedule, book.hours
    if schedule is None:
        return None
    coming = next_scheduled(schedule, max(hours.scheduled_until, now - NS_PER_DAY))
    command = ChangePhase(book.instrument.symbol, coming.phase, PhaseReason.SCHEDULE, coming.due)
    begins_call = coming.phase is _PRE_OPEN or coming.phase is _CLOSING
    random_ns_max = schedule.random_end_s * NS_PER_S if begins_call else 0
    return Due(coming.due + (hours.random_ns if coming.ends_call else 0), command, random_ns_max)


def _timed(book: OrderBook) -> Optional[Due]:
    hours = book.hours
    # In a row of calls in which nobody trades time brings nothing, or the journal would grow without end.
    if hours.timed_end is None or is_idle_call(book):
        return None
    phase = _AUCTION if book.phase is _HALTED else _CONTINUOUS
    return Due(hours.timed_end, ChangePhase(book.instrument.symbol, phase, hours.reason, hours.timed_end))


def bring(matcher: Matcher, book: OrderBook, command: ChangePhase, timestamp: int, events: list[Event]) -> bool:
    """Carry out a change that time brings; False if it is no longer what is due: the phase changed meanwhile."""
    if _is_scheduled(book, command):
        book.hours.scheduled_until = command.due
        if command.phase is _CLOSED or not is_untimed_halt(book.phase, book.hours):
            random_ns = command.random_ns
            if would_open_crossed(book, command.phase):
                # The call before the open has no length, or was missed: it is held now, or nothing would uncross.
                change(matcher, book, _PRE_OPEN, command.reason, timestamp, events)
            change(matcher, book, command.phase, command.reason, timestamp, events, random_ns=random_ns)
        return True
    timed = _timed(book)
    if timed is None or timed.command != command:
        return False
    _end_timed(matcher, book, command, timestamp, events)
    return True


def _is_scheduled(book: OrderBook, command: ChangePhase) -> bool:
    """Whether the schedule has that change, and it is still to come; what lies between may have been left out."""
    schedule = book.instrument.schedule
    if schedule is None or command.due <= book.hours.scheduled_until:
        return False
    coming = next_scheduled(schedule, command.due - 1)
    return (coming.due, coming.phase) == (command.due, command.phase)


def _end_timed(
    matcher: Matcher, book: OrderBook, command: ChangePhase, timestamp: int, events: list[Event]
) -> None:
    """RULES 18: a halt ends in a call, a call in trading; one of the breaker's is extended once if need be."""
    hours, call_ns = book.hours, book.instrument.call_s * NS_PER_S
    if book.phase is _HALTED:
        change(matcher, book, _AUCTION, command.reason, timestamp, events, timed_end=command.due + call_ns)
    elif _is_to_be_extended(book):
        hours.timed_end = command.due + call_ns
        hours.is_extended = True
        events.append(status(book))
    else:
        change(matcher, book, _CONTINUOUS, command.reason, timestamp, events)


def _is_to_be_extended(book: OrderBook) -> bool:
    hours = book.hours
    if hours.reason is not PhaseReason.CIRCUIT_BREAKER or hours.is_extended or hours.is_repeated:
        return False
    found = auction.auction(book)
    return found is not None and would_halt(book, found.price)
