"""All orders of a bot that may still trade or still wait for an answer, by their ids.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional, Union

from exchange.networking.client.bot.own_order import OwnOrder
from exchange.networking.client.typed_answers import LiveOrder
from exchange.networking.client.typed_events import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    OrderTriggered,
    ReplaceRejected,
)
from exchange.utils.helpers import NS_PER_S

PrivateValue = Union[
    OrderAccepted, OrderExecuted, OrderCanceled, OrderExpired, OrderReplaced, OrderTriggered
]


# A request may cross with what ends its order: what has ended so lately, and no more than so many, can still be
# named by the refusal.
LATELY_DONE_NS = 60 * NS_PER_S
LATELY_DONE_MAX = 1_000


class OwnOrders:
    """An order is dropped from here when it is done; whoever holds it keeps it.  O(1), lists O(orders)."""

    def __init__(self) -> None:
        self._by_client_order_id: dict[str, OwnOrder] = {}
        self._by_order_id: dict[int, OwnOrder] = {}
        # With the time of their end, oldest first.
        self._lately_done: dict[str, tuple[int, OwnOrder]] = {}
        # The exchange's time, as the latest event told it.
        self._told_ns = 0

    def add(self, order: OwnOrder) -> None:
        """Know an order that was sent."""
        self._by_client_order_id[order.client_order_id] = order

    def all(self) -> list[OwnOrder]:
        """Those that are not done, unanswered ones included, oldest first."""
        return list(self._by_client_order_id.values())

    def of_symbol(self, symbol: str) -> list[OwnOrder]:
        """Those of one symbol."""
        return [order for order in self._by_client_order_id.values() if order.symbol == symbol]

    def find(self, order_id: Optional[int], client_order_id: Optional[str]) -> Optional[OwnOrder]:
        """The order with one of these ids; None if none is known."""
        by_number = None if order_id is None else self._by_order_id.get(order_id)
        if by_number is not None or client_order_id is None:
            return by_number
        return self._by_client_order_id.get(client_order_id)

    def of_event(self, event: PrivateValue) -> Optional[OwnOrder]:
        """The order that a private event is about; None for one not known of which this is no start."""
        order = self.find(event.order_id, event.client_order_id)
        if order is None and isinstance(event, OrderAccepted):
            order = OwnOrder(event.client_order_id, event.symbol, event.side, event.quantity)
            self.add(order)
        return order

    def of_refusal(self, refusal: Union[CancelRejected, ReplaceRejected]) -> Optional[OwnOrder]:
        """The order whose cancel or change was refused, which may have ended meanwhile."""
        order = self.find(refusal.order_id, refusal.client_order_id)
        if order is None and refusal.client_order_id is not None:
            _, order = self._lately_done.get(refusal.client_order_id, (0, None))
        return order

    def apply(self, order: OwnOrder, event: PrivateValue) -> None:
        """Let the order be as it is after this event."""
        self._told_ns = event.timestamp
        old_name = order.client_order_id
        if isinstance(event, OrderAccepted):
            order.accept(event)
            self._by_order_id[event.order_id] = order
        elif isinstance(event, OrderExecuted):
            order.execute(event)
        elif isinstance(event, OrderReplaced):
            order.change(event)
            self._rename(old_name, order)
        elif isinstance(event, OrderTriggered):
            # From now on it is as any order: its queue begins.
            order.status, order.stop_price = event.status, None
        else:
            order.end(event)
        if order.is_done:
            self.drop(order)

    def drop(self, order: OwnOrder) -> None:
        """Know no more of an order that is done."""
        self._by_client_order_id.pop(order.client_order_id, None)
        if order.order_id is not None:
            self._by_order_id.pop(order.order_id, None)
        done = self._lately_done
        done[order.client_order_id] = (self._told_ns, order)
        since_ns = self._told_ns - LATELY_DONE_NS
        while len(done) > LATELY_DONE_MAX or next(iter(done.values()))[0] < since_ns:
            del done[next(iter(done))]

    def renew(self, rows: Iterable[LiveOrder]) -> list[OwnOrder]:
        """Be as the engine's list says; returns those that were live here and are not there any more, now done.

        What has not been answered is left as it is.
        """
        listed: set[int] = set()
        for row in rows:
            listed.add(row.order_id)
            order = self.find(row.order_id, row.client_order_id)
            if order is None:
                order = OwnOrder(row.client_order_id, row.symbol, row.side, row.quantity)
            old_name = order.client_order_id
            order.renew(row)
            self._by_order_id[row.order_id] = order
            self._rename(old_name, order)
        gone = [order for order in self.all() if order.is_live and order.order_id not in listed]
        for order in gone:
            order.status, order.reason = "CANCELED", "UNKNOWN"
            self.drop(order)
        return gone

    def _rename(self, old_name: str, order: OwnOrder) -> None:
        if old_name != order.client_order_id:
            self._by_client_order_id.pop(old_name, None)
        self._by_client_order_id[order.client_order_id] = order
