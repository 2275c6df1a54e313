"""The book as the recording has it: which orders rest where, in what sequence, with how much left.

It follows what the recorded exchange did, whether or not that was right by price and time.  So it can say, of an
execution that comes next, whether an exchange that goes by price and time would choose the same order.
"""

from __future__ import annotations

from typing import NamedTuple

from exchange.engine.order import Side


class RecordedOrder(NamedTuple):
    """An order of the recording that is not over; `price` in ticks, `order_id` the recorded exchange's."""

    order_id: int
    side: Side
    price: int
    remaining_quantity: int


class RecordedBook:
    """Orders enter, shrink and leave as the recording says.  O(1) each, but where another cost is named.

    A KeyError is the caller's bug: `order_id in book` tells which orders may be asked about.
    """

    def __init__(self) -> None:
        # By side and price, one level: remaining quantities by order id, the order that came first at the front.
        self._levels: dict[Side, dict[int, dict[int, int]]] = {side: {} for side in Side}
        self._places: dict[int, tuple[Side, int]] = {}

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._places

    def order(self, order_id: int) -> RecordedOrder:
        """The order as it is now."""
        side, price = self._places[order_id]
        return RecordedOrder(order_id, side, price, self._levels[side][price][order_id])

    def enter(self, order: RecordedOrder) -> None:
        """The order joins the end of its level.  Its id must not be in use."""
        assert order.order_id not in self._places, f"order {order.order_id} rests already"
        self._places[order.order_id] = (order.side, order.price)
        self._levels[order.side].setdefault(order.price, {})[order.order_id] = order.remaining_quantity

    def reduce(self, order_id: int, quantity: int) -> None:
        """Take `quantity` from the order, which keeps its place; if that is all it has, it leaves the book."""
        order = self.order(order_id)
        level = self._levels[order.side][order.price]
        if order.remaining_quantity > quantity:
            level[order_id] -= quantity
            return
        del level[order_id], self._places[order_id]
        if not level:
            del self._levels[order.side][order.price]

    def remove(self, order_id: int) -> None:
        """The order leaves the book."""
        self.reduce(order_id, self.order(order_id).remaining_quantity)

    def is_next(self, order_id: int, quantity: int) -> bool:
        """Whether an arriving order of `quantity` would, by price and time, meet this order alone.  O(levels)."""
        side, price = self._places[order_id]
        level = self._levels[side][price]
        is_first = price == self._best_price(side) and order_id == next(iter(level))
        return is_first and level[order_id] >= quantity

    def queue(self, side: Side, price_limit: int) -> list[RecordedOrder]:
        """The side's orders at `price_limit` (in ticks) and better, next one first.  O(levels + orders)."""
        prices = sorted(self._levels[side], reverse=side is Side.BUY)
        return [
            RecordedOrder(order_id, side, price, remaining_quantity)
            for price in prices
            if (price >= price_limit if side is Side.BUY else price <= price_limit)
            for order_id, remaining_quantity in self._levels[side][price].items()
        ]

    def _best_price(self, side: Side) -> int:
        return max(self._levels[side]) if side is Side.BUY else min(self._levels[side])
