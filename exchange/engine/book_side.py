"""One side of an order book: who is first in line at which price.

Theory of operation
-------------------
Each `BookSide` keeps

* `_levels`, a dict from price (ticks) to `PriceLevel`, and
* `keys`, a `heapq` of int keys, one for each entry of `_levels`: the price for SELL (lowest first), the negated
  price for BUY (highest first), so the best price is always at the top; `top` is the level there.

A `PriceLevel` is a FIFO queue of orders, doubly linked through the orders themselves, with running totals.  The
links make leaving the middle of a queue as cheap as leaving its front; nothing ever compares two orders.

MARKET orders that wait in a call (RULES 19) stand in a queue of their own, which no depth shows.  What an iceberg
hides (RULES 7) is counted apart: an iceberg is added and removed whole, and `hide` and `show` move quantity
between what its level shows and what it hides.

A level that loses its last order stays behind, empty, in dict and heap alike: the price often comes back, and then
nothing has to be pushed.  At the top of the heap an empty level moves to the next price that is new, which spares
making one, or leaves when the best price is asked for; all leave at once when they outnumber the live ones.  So
what is kept is never more than twice what is used (plus a small constant).

Invariants (`check_invariants` asserts them): the heap holds exactly the keys of the dict, each once; a level's
totals are the sums over its queue, and `limit_quantity` is the sum over all levels; every queued order is live, on
this side, at this price.

Runtime complexity: `best` O(1) amortised; `add` O(1), O(log levels) for a price that is new; `remove` O(1)
amortised; `depth(n)` and walking n levels O(n log n).

It makes no ids, checks no wishes and talks to nobody.  One thread owns it: whoever calls the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush, heapreplace
from itertools import islice
from typing import Final, Optional

from exchange.engine.order import Iceberg, Order, PriceLevel
from exchange.engine.quantity_totals import SpanTotals, quantity_within
from exchange.engine.words import Side

_BUY: Final = Side.BUY
# Below this many, empty levels are not worth a compaction.
_EMPTY_LEVELS_TOLERATED: Final = 32
# Up to so many levels are added up one by one, more by spans.
_LEVELS_ADDED_MAX: Final = 256


class BookSide:
    """All that rests on one side of a book."""

    def __init__(self, side: Side) -> None:
        self.side = side
        # Times this, the better of two prices is the lower number.
        self.sign = -1 if side is Side.BUY else 1
        self._levels: dict[Optional[int], PriceLevel] = {}
        self.keys: list[int] = []
        # The level at the top of the heap, or None; it may have emptied.
        self.top: Optional[PriceLevel] = None
        self._empty_count = 0
        # All that rests at a price, shown or hidden: what a FOK can't exceed.
        self.limit_quantity = 0
        # Kept from the first time that somebody asks, and only then is a change noted: the same by spans of
        # prices, and the prices whose totals have changed.
        self._spans: Optional[SpanTotals] = None
        self._changed: Optional[set[int]] = None
        self._is_noted = False
        self.market = PriceLevel(0, self)  # MARKET orders of a call; its price means nothing.

    def best(self) -> Optional[PriceLevel]:
        """The level that trades first, or None when nothing rests here."""
        level = self.top
        while level is not None and level.first is None:
            heappop(self.keys)
            del self._levels[level.price]
            self._empty_count -= 1
            level = self.top = self._level_on_top()
        return level

    def _level_on_top(self) -> Optional[PriceLevel]:
        return self._levels[self.keys[0] * self.sign] if self.keys else None

    def add(self, order: Order) -> None:
        """Put a live order at the back of its level, with all of it shown."""
        price, quantity = order.price, order.remaining_quantity
        assert order.level is None, order
        level = self._levels.get(price)
        if level is None:
            level = self.market if price is None else self._new_level(price)
        elif level.first is None:
            self._empty_count -= 1
        if price is not None:
            self.limit_quantity += quantity
            if self._is_noted:
                self._note(price, quantity)
        last = level.last
        if last is None:
            level.first = order
        else:
            last.next = order
            order.price = last.price  # Equal, but one object for all of them: 32 bytes less of an order.
        order.previous = last
        order.next = None
        level.last = order
        level.quantity += quantity
        level.order_count += 1
        order.level = level

    def _new_level(self, price: int) -> PriceLevel:
        """A level for the first order at a price.

        Most often the best level has just emptied: then it moves to the new price, in the heap as well.
        """
        top, keys = self.top, self.keys
        key = -price if self.side is _BUY else price
        is_best = top is None or key < keys[0]
        if top is None or top.first is not None:
            level = self._levels[price] = PriceLevel(price, self)
            heappush(keys, key)
            if is_best:
                self.top = level
            return level
        del self._levels[top.price]
        self._empty_count -= 1
        top.price = price
        self._levels[price] = top
        if is_best:
            keys[0] = key
        else:
            heapreplace(keys, key)
            self.top = self._level_on_top()
        return top

    def remove(self, order: Order, remaining_quantity: int) -> None:
        """Take an order out of its queue; `remaining_quantity` is what the level still counts for it.

        O(1): it is unlinked from its neighbours.  The quantity is an argument because the order itself, filled or
        canceled, may have nothing left to say.
        """
        level = order.level
        assert level is not None, order
        before, after = order.previous, order.next
        if before is None:
            level.first = after
        else:
            before.next = after
        if after is None:
            level.last = before
        else:
            after.previous = before
        order.level = order.previous = order.next = None
        level.quantity -= remaining_quantity
        level.order_count -= 1
        if level is self.market:
            return
        self.limit_quantity -= remaining_quantity
        if self._is_noted:
            self._note(level.price, -remaining_quantity)
        if level.first is None:
            self._empty_count += 1
            if self._empty_count > _EMPTY_LEVELS_TOLERATED and self._empty_count * 2 > len(self.keys):
                self._compact()

    def withdraw(self, order: Order) -> None:
        """Take an order out as it stands, whatever it hides."""
        if order.hidden_quantity:
            assert isinstance(order, Iceberg), order
            self.show(order)
        self.remove(order, order.remaining_quantity)

    def reduce(self, order: Order, by_quantity: int) -> None:
        """Count `by_quantity` less for an order that stays where it is in its queue."""
        level = order.level
        assert level is not None, order
        level.quantity -= by_quantity
        if level is not self.market:
            self.limit_quantity -= by_quantity
            if self._is_noted:
                self._note(level.price, -by_quantity)

    def _note(self, price: int, change: int) -> None:
        """So much more (or, negative, less) rests at a price; 0: more or less of it is shown."""
        if self._spans is not None:
            self._spans.count(price, change)
        if self._changed is not None:
            self._changed.add(price)

    def hide(self, iceberg: Iceberg, displayed_quantity: int) -> None:
        """Let an iceberg that is shown whole show only so much."""
        level = iceberg.level
        assert level is not None and iceberg.hidden_quantity == 0, iceberg
        iceberg.hidden_quantity = hidden_quantity = iceberg.remaining_quantity - displayed_quantity
        level.quantity -= hidden_quantity
        level.hidden_quantity += hidden_quantity
        self._note(level.price, 0)

    def show(self, iceberg: Iceberg) -> None:
        """Let an iceberg show all that it hides, until it hides again."""
        level = iceberg.level
        assert level is not None, iceberg
        level.quantity += iceberg.hidden_quantity
        level.hidden_quantity -= iceberg.hidden_quantity
        iceberg.hidden_quantity = 0
        self._note(level.price, 0)

    def crosses(self, price: int, limit_price: Optional[int]) -> bool:
        """Whether an order arriving at `limit_price` (None: any price) may trade with what rests at `price`."""
        return limit_price is None or price * self.sign <= limit_price * self.sign

    def quantity_within(self, limit_price: Optional[int]) -> int:
        """All that rests, shown or hidden, where an order arriving at `limit_price` (None: any) may trade.

        O(levels) while there are few; O(spans in use) after the first time that there are many (see
        `quantity_totals`).
        """
        if limit_price is None:
            return self.limit_quantity
        if self._spans is None and len(self._levels) > _LEVELS_ADDED_MAX:
            self._spans, self._is_noted = SpanTotals(self._levels.values()), True
        if self._spans is not None:
            return self._spans.within(limit_price, self.sign, self._levels)
        return quantity_within(limit_price, self.sign, self._levels.values())

    def accepts(self, limit_price: int, price: int) -> bool:
        """Whether an order resting here at `limit_price` trades at `price`."""
        return limit_price * self.sign <= price * self.sign

    def levels(self) -> Iterator[PriceLevel]:
        """Every level that is not empty, best first, of a side that does not change then; n cost O(n log n)."""
        # The heap is a tree in which no child is better than its parent: the next best is a child of one seen.
        heap, size = self.keys, len(self.keys)
        frontier = [(heap[0], 0)] if heap else []
        while frontier:
            key, index = heappop(frontier)
            level = self._levels[key * self.sign]
            if level.first is not None:
                yield level
            for child in (2 * index + 1, 2 * index + 2):
                if child < size:
                    heappush(frontier, (heap[child], child))

    def depth(self, limit: Optional[int] = None) -> list[tuple[int, int, int]]:
        """The best `limit` levels (None: all) as (price, quantity, order count), best first."""
        return [(level.price, level.quantity, level.order_count) for level in islice(self.levels(), limit)]

    def orders(self) -> Iterator[Order]:
        """Every resting order in the sequence in which they would trade, MARKET orders first."""
        yield from self.market.orders()
        for level in self.levels():
            yield from level.orders()

    def total_at(self, price: int) -> tuple[int, int]:
        """(quantity, order count) resting at `price`; (0, 0) when there is nothing."""
        level = self._levels.get(price)
        return (level.quantity, level.order_count) if level is not None else (0, 0)

    def follow_changes(self) -> None:
        """Note from now on where totals change; a side that nobody follows does not."""
        self._changed, self._is_noted = set(), True

    def take_changed_prices(self) -> set[int]:
        """The prices whose totals changed since this was last called: what a market-data feed must tell.

        Only of a side that is followed (`follow_changes`).
        """
        changed, self._changed = self._changed, set()
        assert changed is not None, self.side
        return changed

    def _compact(self) -> None:
        """Drop every empty level.  O(levels), at most once per as many levels emptied."""
        self._levels = {level.price: level for level in self._levels.values() if level.first is not None}
        self.keys = [level.price * self.sign for level in self._levels.values()]
        heapify(self.keys)
        self._empty_count = 0
        self.top = self._level_on_top()

    def check_invariants(self) -> None:
        """Assert everything the theory of operation promises.  O(orders); for tests."""
        assert sorted(self.keys) == sorted(level.price * self.sign for level in self._levels.values())
        assert all(self.keys[(i - 1) // 2] <= self.keys[i] for i in range(1, len(self.keys)))
        assert self.top is self._level_on_top()
        empty_count = 0
        for price, level in self._levels.items():
            queue = list(level.orders())
            empty_count += not queue
            assert level.price == price
            self._check_queue(level, queue)
        assert empty_count == self._empty_count <= max(_EMPTY_LEVELS_TOLERATED, len(self.keys) // 2)
        self._check_queue(self.market, list(self.market.orders()))
        total = sum(level.quantity + level.hidden_quantity for level in self._levels.values())
        assert self.limit_quantity == total
        if self._spans is not None:
            assert self._spans == SpanTotals(self._levels.values())

    def _check_queue(self, level: PriceLevel, queue: list[Order]) -> None:
        assert level.order_count == len(queue)
        assert level.hidden_quantity == sum(order.hidden_quantity for order in queue)
        assert level.quantity + level.hidden_quantity == sum(order.remaining_quantity for order in queue)
        assert level.first is (queue[0] if queue else None) and level.last is (queue[-1] if queue else None)
        for before, order in zip([None, *queue], queue, strict=False):
            assert order.is_live and order.remaining_quantity > order.hidden_quantity >= 0, order
            assert (order.displayed_quantity or 0) <= (order.conditions.display_quantity or 0), order
            assert order.side is self.side and order.level is level and order.previous is before, order
            assert order.price == (None if level is self.market else level.price), order
