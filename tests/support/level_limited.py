"""Cuts recorded order flow down to what a level-limited feed would have shown of it.

A row is shown if it changes the book within the best so many prices of its side, as they are before it.  So an
order may be seen to enter and never to leave, and be executed without ever having entered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, RowType

OF_AN_ORDER = frozenset({RowType.NEW, RowType.REDUCTION, RowType.CANCELLATION, RowType.EXECUTION})


class LevelLimitedFeed:
    """Follows the whole book and says of each row whether it is shown."""

    def __init__(self, level_count: int) -> None:
        self._level_count = level_count
        # Quantity by price, of each side; a price without any is not in it.
        self._levels: dict[Side, Counter[int]] = {side: Counter() for side in Side}
        self._orders: dict[int, Row] = {}

    def shows(self, row: Row) -> bool:
        """Take the next row of the whole recording.  O(prices of its side)."""
        is_shown = row.type not in OF_AN_ORDER or self._is_near(row)
        if row.type is RowType.NEW:
            self._orders[row.order_id] = row
            self._levels[row.side][row.price] += row.quantity
        elif row.order_id in self._orders and row.type in OF_AN_ORDER:
            self._shrink(self._orders[row.order_id], row)
        return is_shown

    def _is_near(self, row: Row) -> bool:
        better = [
            price
            for price in self._levels[row.side]
            if (price > row.price if row.side is Side.BUY else price < row.price)
        ]
        return len(better) < self._level_count

    def _shrink(self, order: Row, row: Row) -> None:
        quantity = order.quantity if row.type is RowType.CANCELLATION else min(order.quantity, row.quantity)
        self._orders[order.order_id] = order._replace(quantity=order.quantity - quantity)
        levels = self._levels[order.side]
        levels[order.price] -= quantity
        if not levels[order.price]:
            del levels[order.price]
        if order.quantity == quantity:
            del self._orders[order.order_id]


def cut(rows: Sequence[Row], level_count: int) -> list[Row]:
    """What is shown of `rows` by a feed of the best `level_count` prices of each side."""
    feed = LevelLimitedFeed(level_count)
    return [row for row in rows if feed.shows(row)]
