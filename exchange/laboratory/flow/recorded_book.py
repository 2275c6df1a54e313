"""The book as the recording has it: which orders rest where, in what sequence, with how much left.

It follows what the recorded exchange did, whether or not that was right by price and time.  So it can say, of an
execution that comes next, whether an exchange that goes by price and time would choose the same order.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple, Optional

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, RowType

_SHRINKING = frozenset({RowType.REDUCTION, RowType.EXECUTION})


class RecordedOrder(NamedTuple):
    """An order of the recording that is not over; `order_id` is the recorded exchange's.

    `price` is in the unit of whoever enters it, the same for all orders of a book.
    """

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
        # The best price of a side; a missing one is not known, or there is none: it is looked for when asked for.
        self._best_prices: dict[Side, int] = {}

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
        best = self._best_prices.get(order.side)
        if best is not None and _is_better(order.side, order.price, best):
            self._best_prices[order.side] = order.price

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
            if self._best_prices.get(order.side) == order.price:
                del self._best_prices[order.side]

    def remove(self, order_id: int) -> None:
        """The order leaves the book."""
        self.reduce(order_id, self.order(order_id).remaining_quantity)

    def is_next(self, order_id: int, quantity: int) -> bool:
        """Whether an arriving order of `quantity` would, by price and time, meet this order alone."""
        side, price = self._places[order_id]
        level = self._levels[side][price]
        is_first = price == self.best_price(side) and order_id == next(iter(level))
        return is_first and level[order_id] >= quantity

    def level(self, side: Side, price: int) -> list[RecordedOrder]:
        """The orders at `price`, next one first.  O(orders)."""
        level = self._levels[side].get(price, {})
        return [RecordedOrder(order_id, side, price, remaining) for order_id, remaining in level.items()]

    def better_than(self, side: Side, price: int) -> list[RecordedOrder]:
        """The side's orders at better prices than `price`.  O(1) if there are none, else O(levels + orders)."""
        best = self.best_price(side)
        if best is None or not _is_better(side, best, price):
            return []
        prices = [each for each in self._levels[side] if _is_better(side, each, price)]
        return [order for each in prices for order in self.level(side, each)]

    def depth(self, side: Side, level_count: int) -> list[tuple[int, int]]:
        """Price and total of the best levels, at most so many.  O(levels + orders in those)."""
        levels = self._levels[side]
        pick = heapq.nlargest if side is Side.BUY else heapq.nsmallest
        return [(price, sum(levels[price].values())) for price in pick(level_count, levels)]

    def follow(self, row: Row) -> None:
        """Do to the book what a row tells.

        A row of an order that is not here changes nothing, and neither does a new one whose id is in use.
        """
        if row.type is RowType.NEW and row.order_id not in self:
            self.enter(RecordedOrder(row.order_id, row.side, row.price, row.quantity))
        elif row.order_id in self and row.type is RowType.CANCELLATION:
            self.remove(row.order_id)
        elif row.order_id in self and row.type in _SHRINKING:
            self.reduce(row.order_id, row.quantity)

    def best_price(self, side: Side) -> Optional[int]:
        """None for an empty side.  O(levels) when the best level has gone since it was last asked for."""
        if side not in self._best_prices and self._levels[side]:
            self._best_prices[side] = max(self._levels[side]) if side is Side.BUY else min(self._levels[side])
        return self._best_prices.get(side)


def _is_better(side: Side, price: int, than: int) -> bool:
    return price > than if side is Side.BUY else price < than
