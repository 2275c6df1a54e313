"""The life of one order out of a recorded day: its events, the book around each, and what happened in between.

    index ──► the commands with events of the order ──► for each: the book before it, what it did to the order
                                                        between two: who stood ahead and what became of them,
                                                        how near the other side came, where trades were

Facts only; `explain` makes sentences of them.  The stretches between the events are walked command by command, so
a long life takes as long as that part of the day takes to replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from exchange.engine.commands import CancelOrder, Command, ReplaceOrder
from exchange.engine.engine import Engine
from exchange.engine.events import (
    PRIVATE_EVENT_TYPES,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderReplaced,
    PrivateEvent,
)
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order
from exchange.engine.trade import Trade
from exchange.engine.words import Phase, Side
from exchange.laboratory.history import History, Moment, Progress, RefusedCommand
from exchange.laboratory.telling.book_picture import BookPicture, Standing, book_picture, standing_of
from exchange.laboratory.what_if import entry_of

LEVELS_SHOWN = 3
_PROGRESS_EVERY = 5_000


class Stretch(NamedTuple):
    """What happened while the order was live and nothing happened to it: commands `first` to `last`.

    `start` and `end` are where it stood, None while it waits outside the book.  Of what was ahead at its price
    `traded_ahead` was traded and `canceled_ahead` canceled.  `nearest` is the best price of the other side in that
    time, `low` to `high` is where it traded, all in ticks, None where there was nothing; `traded_at_price` is the
    quantity that others traded at exactly the order's price.  `phases` are those that were seen.
    """

    first: int
    last: int
    start_ns: int
    end_ns: int
    start: Optional[Standing]
    end: Optional[Standing]
    traded_ahead: int
    canceled_ahead: int
    nearest: Optional[int]
    low: Optional[int]
    high: Optional[int]
    traded_at_price: int
    phases: frozenset[Phase]


class LifeEvent(NamedTuple):
    """A command that did something to the order.

    `events` and `trades` are the order's own, `before` is the book before the command.  `standing` is where the
    order stands after it, `stretch` what happened until its next event; both None if it is over.
    """

    sequence: int
    timestamp: int
    command: Optional[Command]
    events: tuple[PrivateEvent, ...]
    trades: tuple[Trade, ...]
    before: BookPicture
    standing: Optional[Standing]
    stretch: Optional[Stretch]


class OrderLife(NamedTuple):
    """`accepted` tells the order as it came; `is_live` says that the day ends before the order does.

    `refused` are the cancels and replaces of it that were refused; None where nobody knows, since a journal does
    not have them.
    """

    accepted: OrderAccepted
    instrument: Instrument
    events: tuple[LifeEvent, ...]
    is_live: bool
    refused: Optional[tuple[RefusedCommand, ...]]


def order_life(
    history: History, order_id: int, progress: Progress = lambda _done, _total: None
) -> OrderLife:
    """Gather it.  UnknownOrderError if the day does not have the order's beginning."""
    _, accepted = entry_of(history, order_id)
    sequences = history.index.of_order(order_id)
    found = []
    for sequence, following in zip(sequences, [*sequences[1:], history.last + 1], strict=True):
        before = book_picture(history.at(sequence - 1).engine.book(accepted.symbol), LEVELS_SHOWN)
        moment = history.at(sequence)
        order = live_order(moment.engine, accepted)
        events = tuple(event for event in moment.events if _is_of(event, order_id))
        trades = tuple(event for event in moment.events if isinstance(event, Trade) and _is_in(event, order_id))
        standing = stretch = None
        if order is not None:
            standing = standing_of(moment.engine.book(accepted.symbol), order)
            stretch = _walk(history, order, following, progress)
        found.append(
            LifeEvent(
                sequence, moment.timestamp, moment.command, events, trades, before, standing, stretch  # type: ignore[arg-type]
            )
        )
    refused = _refused(history, accepted, found) if history.knows_refusals else None
    return OrderLife(accepted, before.instrument, tuple(found), order is not None, refused)


def _refused(
    history: History, accepted: OrderAccepted, events: Sequence[LifeEvent]
) -> tuple[RefusedCommand, ...]:
    """The refused cancels and replaces that name the order, by its id or by a name that it had."""
    replaced = [own for event in events for own in event.events if isinstance(own, OrderReplaced)]
    names = {accepted.client_order_id, *(own.client_order_id for own in replaced)}

    def is_about_it(command: Command) -> bool:
        if not isinstance(command, (CancelOrder, ReplaceOrder)) or command.user != accepted.user:
            return False
        return command.order_id == accepted.order_id or command.client_order_id in names

    return tuple(refused for refused in history.refusals if is_about_it(refused.command))


def live_order(engine: Engine, accepted: OrderAccepted) -> Optional[Order]:
    """The order in that state, None if it is over."""
    order = engine.accounts[accepted.user].find(accepted.order_id, None)
    return order if order is not None and order.is_live else None


def _is_of(event: Event, order_id: int) -> bool:
    return isinstance(event, PRIVATE_EVENT_TYPES) and event.order_id == order_id


def _is_in(trade: Trade, order_id: int) -> bool:
    return order_id in (trade.buy_order_id, trade.sell_order_id)


def _walk(history: History, order: Order, following: int, progress: Progress) -> Stretch:
    """Go on to the command before `following`, and see what happens."""
    seen = _Seen(history.moment, order)
    while history.moment.sequence < following - 1:
        moment = history.next()
        assert moment is not None
        seen.take(moment)
        if moment.sequence % _PROGRESS_EVERY == 0:
            progress(moment.sequence - history.first, history.last - history.first)
    return seen.told()


class _Seen:
    """What happens around one order while nothing happens to it."""

    def __init__(self, moment: Moment, order: Order) -> None:
        self._order = order
        self._first, self._start_ns = moment.sequence, moment.timestamp
        self._book = moment.engine.book(order.symbol)
        self._opposite = self._book.opposite(order.side)
        self._start = standing_of(self._book, order)
        self._ahead_ids = {each.order_id for each in self._start.ahead} if self._start is not None else set()
        self._traded_ahead = self._canceled_ahead = self._traded_at_price = 0
        self._nearest: Optional[int] = None
        self._low: Optional[int] = None
        self._high: Optional[int] = None
        self._phases: set[Phase] = set()
        self._last, self._end_ns = self._first, self._start_ns
        self._look()

    def take(self, moment: Moment) -> None:
        """The next command, which does nothing to the order."""
        self._last, self._end_ns = moment.sequence, moment.timestamp
        for event in moment.events:
            if isinstance(event, Trade):
                self._take_trade(event)
            elif isinstance(event, OrderExecuted) and event.order_id in self._ahead_ids:
                self._traded_ahead += event.quantity
            elif isinstance(event, OrderCanceled) and event.order_id in self._ahead_ids:
                self._canceled_ahead += event.remaining_quantity
        self._look()

    def _take_trade(self, trade: Trade) -> None:
        if trade.symbol != self._order.symbol:
            return
        self._low = trade.price if self._low is None else min(self._low, trade.price)
        self._high = trade.price if self._high is None else max(self._high, trade.price)
        self._traded_at_price += trade.quantity if trade.price == self._order.price else 0

    def _look(self) -> None:
        self._phases.add(self._book.phase)
        level = self._opposite.best()
        if level is not None:
            nearer = min if self._order.side is Side.BUY else max
            self._nearest = level.price if self._nearest is None else nearer(self._nearest, level.price)

    def told(self) -> Stretch:
        """All that was seen."""
        return Stretch(
            self._first,
            self._last,
            self._start_ns,
            self._end_ns,
            self._start,
            standing_of(self._book, self._order),
            self._traded_ahead,
            self._canceled_ahead,
            self._nearest,
            self._low,
            self._high,
            self._traded_at_price,
            frozenset(self._phases),
        )
