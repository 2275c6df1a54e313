"""What happens in a market of ours, as rows of order flow: the other way round than a replay.

    an order rests                        ──►   NEW, with what is left of it after it has traded on arrival
    it shrinks, and keeps its place       ──►   REDUCTION
    it leaves, or moves                   ──►   CANCELLATION, and NEW at its new place
    an arriving order meets it            ──►   EXECUTION of the resting one, as recorded exchanges have it
    an uncross fills it                   ──►   REDUCTION or CANCELLATION; the trade itself is one CROSS_TRADE

Rows show what the market is shown: of an iceberg its displayed part, each next part as a NEW of the same order.  A
stop is no row before it is triggered.  Written from what ledger and audit logs are made of: the trades, and the
private events of all users.  Must not change anything that it sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from exchange.engine.events import (
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    OrderTriggered,
    PrivateEvent,
)
from exchange.engine.instrument import Instrument
from exchange.engine.trade import Trade
from exchange.engine.words import Liquidity, OrderType, Side
from exchange.laboratory.flow.lobster_file import PRICE_UNIT, Row, RowType
from exchange.matching_thread import CommandStore, EventStore, TradeStore

NANOS_PER_PRICE_UNIT = int(PRICE_UNIT * 1_000_000_000)
NS_PER_DAY = 86_400_000_000_000


@dataclass
class _Order:
    """A live order: `price` in the file's unit, None for one that can't rest; `shown` is 0 while it does not.

    `displayed` is what an iceberg shows by the engine's word, None for all others.
    """

    side: Side
    price: Optional[int]
    remaining: int
    displayed: Optional[int]
    shown: int = 0

    @property
    def next_shown(self) -> int:
        """What it shows where it enters the book."""
        return self.remaining if self.displayed is None else self.displayed


class FlowRecorder:
    """Rows of one instrument, given to `take`, in the order in which they happen.

    Hand it to a market as `records`: it hands on to those that keep the day.
    """

    def __init__(
        self,
        instrument: Instrument,
        take: Callable[[Row], None],
        journal: CommandStore,
        ledger: TradeStore,
        audit_log: EventStore,
    ) -> None:
        self.journal = journal
        self.ledger: TradeStore = self
        self.audit_log: EventStore = self
        self._symbol = instrument.symbol
        self._tick_units = instrument.tick_size_nanos // NANOS_PER_PRICE_UNIT
        if self._tick_units * NANOS_PER_PRICE_UNIT != instrument.tick_size_nanos:
            raise ValueError(
                f"{instrument.symbol}: its tick is finer than {PRICE_UNIT}, the unit of a file of order flow"
            )
        self._take = take
        self._next_ledger, self._next_audit_log = ledger, audit_log
        self._orders: dict[int, _Order] = {}
        # The order that has arrived and may yet trade before it rests.
        self._arriving: Optional[int] = None
        self._time_ns = 0

    def write(self, trades: list[Trade]) -> None:
        """What some commands led to, before their events."""
        self._next_ledger.write(trades)
        for trade in trades:
            if trade.is_auction and trade.symbol == self._symbol:
                price, time_ns = trade.price * self._tick_units, trade.timestamp % NS_PER_DAY
                self._take(Row(RowType.CROSS_TRADE, 0, trade.quantity, price, Side.BUY, time_ns))

    def append(self, events: list[PrivateEvent]) -> None:
        """Everything that some commands led to.  O(1) an event."""
        self._next_audit_log.append(events)
        for event in events:
            if event.symbol == self._symbol:
                self._hear(event)
        self._settle()

    def _hear(self, event: PrivateEvent) -> None:
        if self._arriving is not None and self._is_news_of_another(event):
            self._settle()
        self._time_ns = event.timestamp % NS_PER_DAY
        if isinstance(event, OrderExecuted):
            self._execute(event)
        elif isinstance(event, OrderAccepted):
            self._accept(event)
        elif isinstance(event, (OrderCanceled, OrderExpired)):
            self._end(event.order_id)
        elif isinstance(event, OrderReplaced):
            self._replace(event)
        else:
            self._trigger(event)

    def _is_news_of_another(self, event: PrivateEvent) -> bool:
        """Whether the arriving order is done with arriving: it meets others only by their executions."""
        return event.order_id != self._arriving and not isinstance(
            event, (OrderExecuted, OrderCanceled, OrderReplaced)
        )

    def _accept(self, event: OrderAccepted) -> None:
        terms = event.terms
        price = None if terms.price_nanos is None else terms.price_nanos // NANOS_PER_PRICE_UNIT
        displayed = None if terms.display_quantity is None else min(terms.display_quantity, terms.quantity)
        self._orders[event.order_id] = _Order(terms.side, price, terms.quantity, displayed)
        if terms.order_type in (OrderType.LIMIT, OrderType.MARKET):
            self._arriving = event.order_id

    def _trigger(self, event: OrderTriggered) -> None:
        self._arriving = event.order_id

    def _execute(self, event: OrderExecuted) -> None:
        order = self._orders[event.order_id]
        order.remaining, order.displayed = event.remaining_quantity, event.displayed_quantity
        if order.shown and event.liquidity is Liquidity.MAKER:
            self._row(RowType.EXECUTION, event.order_id, event.quantity, order)
            self._show_less(event.order_id, order, event.quantity)
        elif order.shown:
            self._uncross(event, order)
        if not order.remaining:
            self._forget(event.order_id)

    def _uncross(self, event: OrderExecuted, order: _Order) -> None:
        whole = event.quantity >= order.shown
        kind = RowType.CANCELLATION if whole else RowType.REDUCTION
        self._row(kind, event.order_id, min(event.quantity, order.shown), order)
        self._show_less(event.order_id, order, event.quantity)

    def _show_less(self, order_id: int, order: _Order, quantity: int) -> None:
        """So much of what was shown has gone; an iceberg that has more shows its next part."""
        order.shown = max(0, order.shown - quantity)
        if not order.shown and order.remaining:
            self._enter(order_id, order)

    def _replace(self, event: OrderReplaced) -> None:
        order = self._orders[event.order_id]
        if order.shown and not event.priority_kept:
            self._row(RowType.CANCELLATION, event.order_id, order.shown, order)
            order.shown, self._arriving = 0, event.order_id
        order.remaining, order.displayed = event.remaining_quantity, event.displayed_quantity
        order.price = None if event.price is None else event.price * self._tick_units
        excess = order.shown - order.next_shown
        if excess > 0:
            order.shown -= excess
            self._row(RowType.REDUCTION, event.order_id, excess, order)

    def _end(self, order_id: int) -> None:
        order = self._orders[order_id]
        if order.shown:
            self._row(RowType.CANCELLATION, order_id, order.shown, order)
        self._forget(order_id)

    def _forget(self, order_id: int) -> None:
        del self._orders[order_id]
        if self._arriving == order_id:
            self._arriving = None

    def _settle(self) -> None:
        """What has arrived rests with what is left of it."""
        if self._arriving is not None:
            order = self._orders[self._arriving]
            if order.price is not None:
                self._enter(self._arriving, order)
            self._arriving = None

    def _enter(self, order_id: int, order: _Order) -> None:
        order.shown = order.next_shown
        self._row(RowType.NEW, order_id, order.shown, order)

    def _row(self, kind: RowType, order_id: int, quantity: int, order: _Order) -> None:
        assert order.price is not None, f"order {order_id} can't rest"
        self._take(Row(kind, order_id, quantity, order.price, order.side, self._time_ns))
