"""How an order is changed or ended, and its user told: what matching and the commands of users have in common.

The caller takes the order out of its book first; here are the order itself, its account and the event.
"""

from __future__ import annotations

from typing import Final, Optional

from exchange.engine.account import Account
from exchange.engine.events import Event, OrderCanceled, OrderExpired, OrderReplaced, OrderTriggered
from exchange.engine.order import Iceberg, Order
from exchange.engine.orderbook import BookSide
from exchange.engine.words import CancelReason

# A NamedTuple's own constructor is a Python function; this makes the same object at 60 % of the cost.
_make: Final = tuple.__new__


class OrderChanges:
    """Changes and ends orders.

    `accounts` is the engine's own dict; it is read, and each account's event count and done orders are written.
    """

    def __init__(self, accounts: dict[str, Account]) -> None:
        self.accounts = accounts

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
        self.accounts[order.user].count(order, quantity - order.quantity)
        order.resize(quantity)

    def cancel(self, order: Order, reason: CancelReason, timestamp: int, events: list[Event]) -> None:
        """End an order that no longer rests in a book, and tell its user."""
        account = self.accounts[order.user]
        if account.live_quantities is not None:
            account.count(order, -order.remaining_quantity)
        canceled_quantity = order.cancel()
        account.seq += 1
        account.end(order)
        events.append(
            _make(
                OrderCanceled,
                (
                    order.user,
                    account.seq,
                    timestamp,
                    order.order_id,
                    order.client_order_id,
                    order.symbol,
                    canceled_quantity,
                    reason,
                ),
            )
        )

    def expire(self, order: Order, timestamp: int, events: list[Event]) -> None:
        """End an order that no longer rests because its time is over, and tell its user (RULES 5)."""
        account = self.accounts[order.user]
        account.count(order, -order.remaining_quantity)
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
        account = self.accounts[order.user]
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
        account = self.accounts[order.user]
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
