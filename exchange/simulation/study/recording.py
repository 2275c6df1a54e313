"""A day as a study looks at it: what happened, the touch after it, the trades, how long orders lived.

Made in one pass over rows in LOBSTER's terms (`laboratory.flow.lobster_file`), recorded at a real exchange or
written of a market of ours: both are measured by the very same code.

Prices are in the file's unit (currency × 10,000), times in ns of the day.  An order that entered before the rows
begin is unknown: its executions count as trades, its cancels as events; the book is made of known orders alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Optional, Protocol, TypeVar

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, RowType
from exchange.laboratory.flow.recorded_book import RecordedBook
from exchange.utils.helpers import NS_PER_S

# How often the depth is looked at, and how many levels of each side.
DEPTH_EVERY_NS = NS_PER_S
DEPTH_LEVELS = 10
_TRADES = frozenset({RowType.EXECUTION, RowType.HIDDEN_EXECUTION})


class _HasTime(Protocol):
    """Whatever happened at a time."""

    @property
    def time_ns(self) -> int:
        """When."""


_Timed = TypeVar("_Timed", bound=_HasTime)


class Quote(NamedTuple):
    """The touch from `time_ns` on, both sides there."""

    time_ns: int
    bid: int
    ask: int

    @property
    def mid(self) -> float:
        """Halfway between them."""
        return (self.bid + self.ask) / 2

    @property
    def spread(self) -> int:
        """The ask above the bid."""
        return self.ask - self.bid


class Happening(NamedTuple):
    """One row; `quote` is the touch which it found, None while one side was empty.

    `is_at_touch`: the order stood, or was placed, at the best price of its side or a better one.
    """

    time_ns: int
    type: RowType
    side: Side
    quantity: int
    quote: Optional[Quote]
    is_at_touch: bool


class Sweep(NamedTuple):
    """All that one arriving order traded at once: `sign` 1 if it bought, -1 if it sold; `price` the average."""

    time_ns: int
    sign: int
    quantity: int
    price: float
    quote: Optional[Quote]


class Life(NamedTuple):
    """An order was canceled whole at `time_ns`, so many seconds after it had entered."""

    time_ns: int
    seconds: float


class Depth(NamedTuple):
    """The quantities at the best `DEPTH_LEVELS` prices, both sides together, the touch first."""

    time_ns: int
    quantities: Sequence[int]


class Recording(NamedTuple):
    """Everything from `begin_ns` to `end_ns`, in the order in which it happened; one depth for each second.

    A second is left out of the depths while one side has fewer levels than are looked at.
    """

    begin_ns: int
    end_ns: int
    happenings: Sequence[Happening]
    quotes: Sequence[Quote]
    sweeps: Sequence[Sweep]
    lives: Sequence[Life]
    depths: Sequence[Depth]


class Recorder:
    """Takes rows in their order (`take`), and gives the `recording`.  O(1) a row, but where a best level goes."""

    def __init__(self) -> None:
        self._book = RecordedBook()
        # When each order that rests has entered.
        self._entered_ns: dict[int, int] = {}
        self._happenings: list[Happening] = []
        self._quotes: list[Quote] = []
        self._sweeps: list[Sweep] = []
        self._lives: list[Life] = []
        self._depths: list[Depth] = []
        self._begin_ns: Optional[int] = None
        self._time_ns = 0
        self._next_depth_ns = 0

    def recording(self) -> Recording:
        """All that was taken so far."""
        return Recording(
            self._begin_ns or 0,
            self._time_ns,
            self._happenings,
            self._quotes,
            self._sweeps,
            self._lives,
            self._depths,
        )

    def take(self, row: Row) -> None:
        """One row, not earlier than the one before."""
        if self._begin_ns is None:
            self._begin_ns = self._next_depth_ns = row.time_ns
        self._look_at_depth(row.time_ns)
        self._time_ns = row.time_ns
        quote = self._quotes[-1] if self._quotes else None
        at_touch = self._reaches_touch(row)
        self._happenings.append(Happening(row.time_ns, row.type, row.side, row.quantity, quote, at_touch))
        if row.type in _TRADES:
            self._trade(row, quote)
        self._book.follow(row)
        self._time_lives(row)
        self._see_touch(row.time_ns)

    def _reaches_touch(self, row: Row) -> bool:
        """Whether its price is the best of its side, or better."""
        best = self._book.best_price(row.side)
        return best is None or (row.price >= best if row.side is Side.BUY else row.price <= best)

    def _time_lives(self, row: Row) -> None:
        """After the book has followed the row."""
        if row.type is RowType.NEW:
            self._entered_ns.setdefault(row.order_id, row.time_ns)
        elif row.order_id in self._entered_ns and row.order_id not in self._book:
            entered_ns = self._entered_ns.pop(row.order_id)
            if row.type is RowType.CANCELLATION:
                self._lives.append(Life(row.time_ns, (row.time_ns - entered_ns) / NS_PER_S))

    def _trade(self, row: Row, quote: Optional[Quote]) -> None:
        """Executions of one moment on one side are one arriving order's."""
        sign = 1 if row.side is Side.SELL else -1
        last = self._sweeps[-1] if self._sweeps else None
        if last is None or last.time_ns != row.time_ns or last.sign != sign:
            self._sweeps.append(Sweep(row.time_ns, sign, row.quantity, row.price, quote))
            return
        quantity = last.quantity + row.quantity
        price = (last.price * last.quantity + row.price * row.quantity) / quantity
        self._sweeps[-1] = last._replace(quantity=quantity, price=price)

    def _see_touch(self, time_ns: int) -> None:
        bid, ask = self._book.best_price(Side.BUY), self._book.best_price(Side.SELL)
        if bid is None or ask is None or bid >= ask:
            return
        last = self._quotes[-1] if self._quotes else None
        if last is None or (last.bid, last.ask) != (bid, ask):
            self._quotes.append(Quote(time_ns, bid, ask))

    def _look_at_depth(self, time_ns: int) -> None:
        """The book as it stood at each whole second before `time_ns`."""
        while self._next_depth_ns < time_ns:
            bids, asks = (self._book.depth(side, DEPTH_LEVELS) for side in (Side.BUY, Side.SELL))
            if len(bids) == len(asks) == DEPTH_LEVELS:
                both = [bid + ask for (_, bid), (_, ask) in zip(bids, asks, strict=True)]
                self._depths.append(Depth(self._next_depth_ns, both))
            self._next_depth_ns += DEPTH_EVERY_NS


def record(rows: Sequence[Row]) -> Recording:
    """The day that the rows tell of."""
    recorder = Recorder()
    for row in rows:
        recorder.take(row)
    return recorder.recording()


def blocks(whole: Recording, block_ns: int) -> list[Recording]:
    """The day in pieces of `block_ns`, each with the book as it came in; a rest shorter than half is left out."""
    pieces = []
    begin_ns = whole.begin_ns
    while whole.end_ns - begin_ns >= block_ns / 2:
        pieces.append(_piece(whole, begin_ns, min(whole.end_ns, begin_ns + block_ns)))
        begin_ns += block_ns
    return pieces


def later_part(whole: Recording, seconds: float) -> Recording:
    """What happened after the first so many seconds, with the book as it was then."""
    return _piece(whole, whole.begin_ns + round(seconds * NS_PER_S), whole.end_ns)


def _piece(whole: Recording, begin_ns: int, end_ns: int) -> Recording:
    """What happened from `begin_ns` to before `end_ns`; the first quote is the one that it came in with."""
    within = partial(_within, begin_ns=begin_ns, end_ns=end_ns)
    quotes = within(whole.quotes)
    before = bisect_left(whole.quotes, begin_ns, key=_time) if whole.quotes else 0
    if before:
        quotes = [whole.quotes[before - 1]._replace(time_ns=begin_ns), *quotes]
    return Recording(
        begin_ns,
        end_ns,
        within(whole.happenings),
        quotes,
        within(whole.sweeps),
        within(whole.lives),
        within(whole.depths),
    )


def _within(items: Sequence[_Timed], begin_ns: int, end_ns: int) -> Sequence[_Timed]:
    return items[bisect_left(items, begin_ns, key=_time) : bisect_left(items, end_ns, key=_time)]


def _time(item: _HasTime) -> int:
    return item.time_ns
