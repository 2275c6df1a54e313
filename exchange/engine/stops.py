"""Stops of one instrument: orders that wait outside the book for a trade at or through their price (RULES 8).

    waiting ──a trade at or through the stop price──► triggered, in one queue ──instrument CONTINUOUS──► enters

A trade moves every stop that it triggers to the back of the queue: those nearest to the trade first, at one price
in the order of their ids.  They enter one after the other when the order that traded is complete; what they trade
triggers more, which go to the back.  In a halt or a call the queue waits.

Each side keeps its waiting stops by stop price, with a heap of these prices, next to be triggered on top.  A price
that loses its last stop leaves the heap later, at the latest when such prices outnumber the others.  Waiting stops
cost a trade one look at the top; entering costs O(log prices), leaving O(1) amortised.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple, Optional

from exchange.engine.order import Order
from exchange.engine.words import Side

_BUY: Final = Side.BUY
# Below this many, prices without stops are not worth clearing away.
_STALE_PRICES_TOLERATED = 32


class Triggered(NamedTuple):
    """A stop that a trade at `trade_price` (ticks) has triggered: its band is fixed by that trade (RULES 17)."""

    order: Order
    stop_price: int
    trade_price: int


def is_triggered(side: Side, stop_price: int, trade_price: Optional[int]) -> bool:
    """Whether a trade at `trade_price` (None: there was none) is at or through the stop price."""
    if trade_price is None:
        return False
    return trade_price >= stop_price if side is _BUY else trade_price <= stop_price


class _WaitingSide:
    """The waiting stops of one side.

    BUY stops are triggered from the lowest price up, SELL from the highest down.
    """

    def __init__(self, side: Side) -> None:
        self._side = side
        self._sign = 1 if side is _BUY else -1
        self._by_price: dict[int, dict[int, Order]] = {}
        self._heap: list[int] = []

    def add(self, order: Order, stop_price: int) -> None:
        if stop_price not in self._by_price:
            self._by_price[stop_price] = {}
            heappush(self._heap, stop_price * self._sign)
        self._by_price[stop_price][order.order_id] = order

    def remove(self, order: Order, stop_price: int) -> None:
        at_price = self._by_price[stop_price]
        del at_price[order.order_id]
        if not at_price:
            del self._by_price[stop_price]
            if len(self._heap) > 2 * len(self._by_price) + _STALE_PRICES_TOLERATED:
                self._heap = [price * self._sign for price in self._by_price]
                heapify(self._heap)

    def take_triggered(self, trade_price: int) -> list[tuple[int, Order]]:
        """Those that the trade triggers, with their stop prices; no longer waiting."""
        taken: list[tuple[int, Order]] = []
        while self._heap and is_triggered(self._side, self._heap[0] * self._sign, trade_price):
            stop_price = heappop(self._heap) * self._sign
            taken += [(stop_price, order) for order in self._by_price.pop(stop_price, {}).values()]
        return taken

    def check_invariants(self) -> None:
        """Assert that every price with stops is in the heap, and few others are."""
        assert set(self._by_price) <= {key * self._sign for key in self._heap}
        assert all(self._by_price.values())
        assert len(self._heap) <= 2 * len(self._by_price) + 2 * _STALE_PRICES_TOLERATED


class StopBook:
    """The stops of one instrument, waiting and triggered."""

    def __init__(self) -> None:
        self._sides = {side: _WaitingSide(side) for side in Side}
        # By order id: the stop and its stop price in ticks.
        self._waiting: dict[int, tuple[Order, int]] = {}
        # By order id, first in the queue first.
        # An OrderedDict, because a dict whose first entries went looks at their places again each time.
        self.queue: OrderedDict[int, Triggered] = OrderedDict()

    def add(self, order: Order, stop_price: int) -> None:
        """Let a stop wait."""
        self._waiting[order.order_id] = (order, stop_price)
        self._sides[order.side].add(order, stop_price)

    def remove(self, order: Order) -> None:
        """A stop waits no longer, triggered or not."""
        if self.queue.pop(order.order_id, None) is None:
            _, stop_price = self._waiting.pop(order.order_id)
            self._sides[order.side].remove(order, stop_price)

    def note_trade(self, trade_price: int) -> None:
        """Queue what a trade triggers."""
        taken = [found for side in self._sides.values() for found in side.take_triggered(trade_price)]
        taken.sort(key=lambda found: (abs(found[0] - trade_price), found[1].order_id))
        for stop_price, order in taken:
            del self._waiting[order.order_id]
            self.queue[order.order_id] = Triggered(order, stop_price, trade_price)

    def queue_again(self, order: Order, trade_price: int) -> None:
        """Put a waiting stop at the end of the queue, triggered by an earlier trade: for a restored book."""
        _, stop_price = self._waiting.pop(order.order_id)
        self._sides[order.side].remove(order, stop_price)
        self.queue[order.order_id] = Triggered(order, stop_price, trade_price)

    def take_next(self) -> Triggered:
        """The first in the queue enters."""
        return self.queue.popitem(last=False)[1]

    def waiting(self) -> Iterator[tuple[Order, int]]:
        """Those that no trade has triggered yet, with their stop prices, by order id."""
        for order_id in sorted(self._waiting):
            yield self._waiting[order_id]

    def orders(self) -> Iterator[Order]:
        """All of them, by order id."""
        found = [order for order, _ in self._waiting.values()]
        found += [triggered.order for triggered in self.queue.values()]
        yield from sorted(found, key=lambda order: order.order_id)

    def check_invariants(self, last_trade_price: Optional[int]) -> None:
        """Assert that every stop is live and outside the book, and none waits that the last trade triggers."""
        assert not set(self._waiting) & set(self.queue)
        for order in self.orders():
            assert order.is_live and order.level is None and order.executed_quantity == 0, order
        for side in self._sides.values():
            side.check_invariants()
        for order, stop_price in self._waiting.values():
            assert not is_triggered(order.side, stop_price, last_trade_price), order
