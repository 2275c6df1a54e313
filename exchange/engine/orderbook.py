"""The order book of one instrument: who is first in line at which price.

Theory of operation
-------------------
A book has two sides.  Each `BookSide` keeps

* `_levels`, a dict from price (ticks) to `PriceLevel`, and
* `keys`, a `heapq` of int keys, one for each entry of `_levels`: the price for SELL (lowest first), the negated
  price for BUY (highest first), so the best price is always at the top.

A `PriceLevel` is a FIFO queue of orders, doubly linked through the orders themselves, with running totals.  The
links make leaving the middle of a queue as cheap as leaving its front; nothing ever compares two orders.

MARKET orders that wait in a call (RULES 19) stand in a queue of their own, which no depth shows.  What an iceberg
hides (RULES 7) is counted apart: an iceberg is added and removed whole, and `hide` and `show` move quantity
between what its level shows and what it hides.

A level that loses its last order stays behind, empty, in dict and heap alike: the price often comes back, and then
nothing has to be pushed.  Empty levels leave when they reach the top of the heap, or all at once when they
outnumber the live ones, so what is kept is never more than twice what is used (plus a small constant).

Invariants (`check_invariants` asserts them): the heap holds exactly the keys of the dict, each once; a level's
totals are the sums over its queue, and `limit_quantity` is the sum over all levels; every queued order is live, on
this side, at this price; in continuous trading the best bid is below the best ask.

Runtime complexity: `best` O(1) amortised; `add` O(1), O(log levels) for a price that is new; `remove` O(1)
amortised; `depth(n)` and walking n levels O(n log n).

The book makes no ids, checks no wishes and talks to nobody.  One thread owns it: whoever calls the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Final, Optional

from exchange.engine.day_statistics import TradingDay
from exchange.engine.instrument import Instrument
from exchange.engine.order import Iceberg, Order, PriceLevel
from exchange.engine.quantity_totals import SpanTotals, quantity_within
from exchange.engine.schedule import Hours
from exchange.engine.stops import StopBook
from exchange.engine.terms import KnownConditions
from exchange.engine.words import Phase, SelfTradePrevention, Side

# Below this many, empty levels are not worth a compaction.
_EMPTY_LEVELS_TOLERATED: Final = 32
# Up to so many levels are added up one by one, more by spans.
_LEVELS_ADDED_MAX = 256


class BookSide:
    """All that rests on one side of a book."""

    def __init__(self, side: Side) -> None:
        self.side = side
        # Times this, the better of two prices is the lower number.
        self.sign = -1 if side is Side.BUY else 1
        self._levels: dict[int, PriceLevel] = {}
        self.keys: list[int] = []
        self._empty_count, self._changed = 0, set[int]()
        # All that rests at a price, shown or hidden: what a FOK can't exceed.
        self.limit_quantity = 0
        # The same by spans of prices, kept from the first time that it is asked for.
        self._spans: Optional[SpanTotals] = None
        self.market = PriceLevel(0)  # MARKET orders of a call; its price means nothing.

    def best(self) -> Optional[PriceLevel]:
        """The level that trades first, or None when nothing rests here."""
        heap = self.keys
        while heap:
            price = heap[0] * self.sign
            level = self._levels[price]
            if level.first is not None:
                return level
            heappop(heap)
            del self._levels[price]
            self._empty_count -= 1
        return None

    def add(self, order: Order) -> None:
        """Put a live order at the back of its level, with all of it shown."""
        price = order.price
        assert order.level is None, order
        quantity = order.remaining_quantity
        if price is None:
            level = self.market
        else:
            known = self._levels.get(price)
            if known is not None:
                level = known
                order.price = level.price  # Equal, but one object for all of them: 32 bytes less of an order.
                if level.first is None:
                    self._empty_count -= 1
            else:
                level = self._levels[price] = PriceLevel(price)
                heappush(self.keys, price * self.sign)
            self.limit_quantity += quantity
            if self._spans is not None:
                self._spans.count(price, quantity)
            self._changed.add(price)
        last = level.last
        if last is None:
            level.first = order
        else:
            last.next = order
        order.previous = last
        order.next = None
        level.last = order
        level.quantity += quantity
        level.order_count += 1
        order.level = level

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
        if self._spans is not None:
            self._spans.count(level.price, -remaining_quantity)
        self._changed.add(level.price)
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
            if self._spans is not None:
                self._spans.count(level.price, -by_quantity)
            self._changed.add(level.price)

    def hide(self, iceberg: Iceberg, displayed_quantity: int) -> None:
        """Let an iceberg that is shown whole show only so much."""
        level = iceberg.level
        assert level is not None and iceberg.hidden_quantity == 0, iceberg
        iceberg.hidden_quantity = hidden_quantity = iceberg.remaining_quantity - displayed_quantity
        level.quantity -= hidden_quantity
        level.hidden_quantity += hidden_quantity
        self._changed.add(level.price)

    def show(self, iceberg: Iceberg) -> None:
        """Let an iceberg show all that it hides, until it hides again."""
        level = iceberg.level
        assert level is not None, iceberg
        level.quantity += iceberg.hidden_quantity
        level.hidden_quantity -= iceberg.hidden_quantity
        iceberg.hidden_quantity = 0
        self._changed.add(level.price)

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
            self._spans = SpanTotals(self._levels)
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

    def take_changed_prices(self) -> set[int]:
        """The prices whose totals changed since this was last called: what a market-data feed must tell."""
        changed, self._changed = self._changed, set()
        return changed

    def _compact(self) -> None:
        """Drop every empty level.  O(levels), at most once per as many levels emptied."""
        self._levels = {price: level for price, level in self._levels.items() if level.first is not None}
        self.keys = [price * self.sign for price in self._levels]
        heapify(self.keys)
        self._empty_count = 0

    def check_invariants(self) -> None:
        """Assert everything the theory of operation promises.  O(orders); for tests."""
        assert sorted(self.keys) == sorted(price * self.sign for price in self._levels)
        assert all(self.keys[(i - 1) // 2] <= self.keys[i] for i in range(1, len(self.keys)))
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
            assert self._spans == SpanTotals(self._levels)

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


class OrderBook:
    """Both sides of one instrument, its stops, its definition, its phase and what its rules remember of prices.

    Prices are in ticks, None before there was one: `last_trade_price`, `auction_price` of the last uncross.  The
    book keeps the phase and, in `schedule`, how long it lasts; what it allows is asked in `phases`.
    `one_call_orders` are, by id, orders that an uncross ends, filled or not (RULES 28).  `is_plain`: in continuous
    trading an order without options needs nothing but matching.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.phase, self.hours = Phase.CONTINUOUS, Hours()
        self.bids, self.asks = BookSide(Side.BUY), BookSide(Side.SELL)
        self.stops: Optional[StopBook] = None
        self.one_call_orders: dict[int, Order] = {}
        self.last_trade_price: Optional[int] = None
        self.auction_price: Optional[int] = None
        self.day, self.conditions = TradingDay(), KnownConditions(instrument.tick_size_nanos)
        self.define(instrument)

    def define(self, instrument: Instrument) -> None:
        """Give the book the instrument's definition, or a new one."""
        self.instrument = instrument
        # At hand, for every order is held to it, and a market without such rules is to pay nothing for them.
        self.symbol, self.tick_size_nanos = instrument.symbol, instrument.tick_size_nanos
        self.lot_size, self.min_quantity = instrument.lot_size, instrument.min_quantity
        self.max_quantity = instrument.max_quantity
        self.is_guarded = instrument.price_band_ppm is not None or instrument.halt_ppm is not None
        self.has_fees = instrument.has_fees
        has_prevention = instrument.self_trade_prevention is not SelfTradePrevention.NONE
        self.is_plain = not self.is_guarded and not has_prevention and self.stops is None

    def side(self, side: Side) -> BookSide:
        """Where an order of `side` rests."""
        return self.bids if side is Side.BUY else self.asks

    def opposite(self, side: Side) -> BookSide:
        """What an arriving order of `side` trades against."""
        return self.asks if side is Side.BUY else self.bids

    def wait(self, stop: Order) -> None:
        """Let a stop wait outside the book."""
        assert stop.conditions.stop_price_nanos is not None, stop
        if self.stops is None:
            self.stops, self.is_plain = StopBook(), False
        self.stops.add(stop, stop.conditions.stop_price_nanos // self.instrument.tick_size_nanos)

    def withdraw(self, order: Order) -> None:
        """Take a live order out, wherever it rests or waits."""
        if order.level is not None:
            self.side(order.side).withdraw(order)
        else:
            assert self.stops is not None, order
            self.stops.remove(order)

    def live_orders(self) -> Iterator[Order]:
        """All that rest or wait here, in no order that means anything."""
        yield from self.bids.orders()
        yield from self.asks.orders()
        if self.stops is not None:
            yield from self.stops.orders()

    def is_crossed(self) -> bool:
        """Whether orders that rest could trade with each other."""
        bid, ask = self.bids.best(), self.asks.best()
        return bid is not None and ask is not None and bid.price >= ask.price

    def check_invariants(self) -> None:
        """Assert that all is sound, and that in continuous trading nothing rests that would trade.  For tests."""
        self.bids.check_invariants()
        self.asks.check_invariants()
        if self.stops is not None:
            self.stops.check_invariants(self.last_trade_price)
        if self.phase is Phase.CONTINUOUS:
            assert not self.is_crossed(), (self.bids.depth(1), self.asks.depth(1))
            assert self.bids.market.first is self.asks.market.first is None
            assert self.stops is None or not self.stops.queue
