"""How an order is changed or ended, and its user told: what matching and the commands of users have in common.

The caller takes the order out of its book first; here are the order itself, its account and the event.
"""

from __future__ import annotations

from typing import Final, Optional

from exchange.engine.book_side import BookSide
from exchange.engine.events import Event, OrderCanceled, OrderExpired, OrderReplaced, OrderTriggered
from exchange.engine.order import Iceberg, Order
from exchange.engine.words import CancelReason

# A NamedTuple's own constructor is a Python function; this makes the same object at 60 % of the cost.
_make: Final = tuple.__new__


class OrderChanges:
    """Changes and ends orders; event count and done orders of their accounts are written here."""

    def shrink(self, order: Order, side: BookSide, quantity: int) -> None:
        """Lower the total of an order that keeps its place; what an iceberg hides goes first (RULES 7)."""
        if not isinstance(order, Iceberg):
            side.reduce(order, order.quantity - quantity)
            self.resize(order, quantity)
            return
        displayed_quantity = order.remaining_quantity - order.hidden_quantity
        side.show(order)
        side.reduce(order, order.quantity - quantity)
        self.resize(order, quantity)
        side.hide(order, min(displayed_quantity, order.remaining_quantity))

    def resize(self, order: Order, quantity: int) -> None:
        """Give an order that rests nowhere another total."""
        order.desk.count(order.side, quantity - order.quantity)
        order.resize(quantity)

    def cancel(self, order: Order, reason: CancelReason, timestamp: int, events: list[Event]) -> None:
        """End an order that no longer rests in a book, and tell its user."""
        desk = order.desk
        account = desk.account
        if desk.is_limited:
            desk.count(order.side, -order.remaining_quantity)
        canceled_quantity = order.cancel()
        account.seq += 1
        account.end(order)
        events.append(
            _make(
                OrderCanceled,
                (
                    desk.user,
                    account.seq,
                    timestamp,
                    order.order_id,
                    order.client_order_id,
                    desk.symbol,
                    canceled_quantity,
                    reason,
                ),
            )
        )

    def expire(self, order: Order, timestamp: int, events: list[Event]) -> None:
        """End an order that no longer rests because its time is over, and tell its user (RULES 5)."""
        account = order.desk.account
        order.desk.count(order.side, -order.remaining_quantity)
        expired_quantity = order.expire()
        account.seq += 1
        account.end(order)
        events.append(
            OrderExpired(
                order.user,
                account.seq,
                timestamp,
                order.order_id,
                order.client_order_id,
                order.symbol,
                expired_quantity,
            )
        )

    def tell_replaced(
        self,
        order: Order,
        priority_kept: bool,
        timestamp: int,
        events: list[Event],
        stop_price: Optional[int] = None,
    ) -> None:
        """Tell the user what price, quantity, client order id and (a stop) stop price an order has now."""
        account = order.desk.account
        account.seq += 1
        events.append(
            OrderReplaced(
                order.user,
                account.seq,
                timestamp,
                order.order_id,
                order.client_order_id,
                order.symbol,
                order.price,
                order.quantity,
                order.remaining_quantity,
                order.status,
                priority_kept,
                stop_price,
                order.displayed_quantity,
            )
        )

    def tell_triggered(self, order: Order, stop_price: int, timestamp: int, events: list[Event]) -> None:
        """Tell the user that a stop enters the market now (RULES 8)."""
        account = order.desk.account
        account.seq += 1
        events.append(
            OrderTriggered(
                order.user,
                account.seq,
                timestamp,
                order.order_id,
                order.client_order_id,
                order.symbol,
                stop_price,
            )
        )
