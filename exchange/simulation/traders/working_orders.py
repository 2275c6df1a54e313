"""A trader's own resting orders and position, as it believes them to be.

It believes at once what it asks for, before the answer: else a trader that sends sixty requests ahead would cancel
the same order sixty times.  The engine's messages then put it right.
"""

from __future__ import annotations

from collections.abc import Iterable

from exchange.engine.words import Side, TimeInForce
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place
from exchange.networking.tcp_client import Message
from exchange.simulation.traded_instrument import TradedInstrument
from exchange.simulation.traders.market_view import WorkingOrder

ENDINGS = frozenset({"order_canceled", "order_expired", "order_rejected"})
# A cancel or replace that is refused with one of these was about an order that is over.
DONE_CODES = frozenset({"TOO_LATE", "UNKNOWN_ORDER"})


class WorkingOrders:
    """Belongs to the trader's thread.  Every call is O(1) but `resting`, which is O(orders)."""

    def __init__(self, instrument: TradedInstrument) -> None:
        self._instrument = instrument
        self._orders: dict[str, WorkingOrder] = {}
        self.net_position = 0

    @property
    def resting(self) -> list[WorkingOrder]:
        """The resting orders, oldest first."""
        return list(self._orders.values())

    def adopt(self, orders: Iterable[Message]) -> None:
        """Know of these live orders and no others: items of the engine's `orders`, of any symbol."""
        self._orders.clear()
        for order in orders:
            if order["symbol"] == self._instrument.symbol and order["price"] is not None:
                self._orders[order["client_order_id"]] = WorkingOrder(
                    order["client_order_id"],
                    Side(order["side"]),
                    self._instrument.ticks(order["price"]),
                    order["quantity"],
                    order["remaining_quantity"],
                )

    def note_sent(self, intent: Intent, client_order_id: str) -> None:
        """Believe that this request, which was just sent, will be granted."""
        if isinstance(intent, Cancel):
            self._orders.pop(client_order_id, None)
        elif isinstance(intent, Place):
            if intent.price is not None and intent.time_in_force is TimeInForce.GTC:
                self._orders[client_order_id] = WorkingOrder(
                    client_order_id, intent.side, intent.price, intent.quantity, intent.quantity
                )
        elif client_order_id in self._orders:
            order = self._orders[client_order_id]
            price = order.price if intent.price is None else intent.price
            remaining_quantity = intent.quantity - order.executed_quantity
            self._orders[client_order_id] = order._replace(
                price=price, quantity=intent.quantity, remaining_quantity=remaining_quantity
            )

    def take(self, message: Message) -> None:
        """Learn from one message of the engine; those about orders that are not kept change no order."""
        kind = message["type"]
        if kind == "order_executed":
            self._fill(message)
        elif kind in ENDINGS or message.get("code") in DONE_CODES:
            self._orders.pop(message.get("client_order_id", ""), None)

    def _fill(self, message: Message) -> None:
        bought = message["side"] == Side.BUY.value
        self.net_position += message["quantity"] if bought else -message["quantity"]
        order = self._orders.get(message["client_order_id"])
        if order is None:
            return
        remaining_quantity = order.remaining_quantity - message["quantity"]
        if message["status"] == "FILLED" or remaining_quantity <= 0:
            del self._orders[order.client_order_id]
        else:
            self._orders[order.client_order_id] = order._replace(remaining_quantity=remaining_quantity)
