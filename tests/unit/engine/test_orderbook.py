"""The book by itself: who is first in line, and that what is gone takes no room."""

from __future__ import annotations

from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.account import Account
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order, made_order
from exchange.engine.orderbook import OrderBook
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce

SIDES = list(Side)


class Queue:
    """One side of a book, and orders for it with ids 1, 2, 3 …"""

    def __init__(self, side: Side) -> None:
        book = OrderBook(Instrument("ACME"))
        self.side = book.side(side)
        self._desk = Account("alice").desk(book)
        self.orders: dict[int, Order] = {}

    def enter(self, price: int, quantity: int = 10) -> Order:
        """A new order at the back of its level."""
        order_id = len(self.orders) + 1
        terms = Terms(self.side.side, OrderType.LIMIT, TimeInForce.GTC, price * 10**7, quantity)
        order = made_order(order_id, self._desk, str(order_id), terms, 0)
        self.orders[order_id] = order
        self.side.add(order)
        return order

    def cancel(self, order: Order) -> None:
        """Take an order out and end it."""
        self.side.remove(order, order.remaining_quantity)
        order.cancel()

    def drawn(self) -> str:
        """The side as a picture: levels best first, in each the ids of its orders, first in line first."""
        return " | ".join(
            f"{level.price}: {' '.join(str(order.order_id) for order in level.orders())}"
            for level in self.side.levels()
        )

    def kept(self) -> int:
        """How many entries the heap and the dict hold, live or not."""
        return max(len(self.side.keys), len(self.side._levels))


@pytest.mark.parametrize(
    ("side", "picture"), [(Side.BUY, "102: 4 | 101: 1 3 | 99: 2 5"), (Side.SELL, "99: 2 5 | 101: 1 3 | 102: 4")]
)
def test_levels_stand_best_first_and_orders_in_arrival_order(side: Side, picture: str) -> None:
    queue = Queue(side)
    for price in (101, 99, 101, 102, 99):
        queue.enter(price)
    assert queue.drawn() == picture


@pytest.mark.parametrize(
    ("canceled", "picture"), [(1, "100: 2 3"), (2, "100: 1 3"), (3, "100: 1 2")], ids=["front", "middle", "back"]
)
def test_an_order_leaves_from_anywhere_in_its_queue(canceled: int, picture: str) -> None:
    queue = Queue(Side.BUY)
    for _ in range(3):
        queue.enter(100)
    queue.cancel(queue.orders[canceled])
    queue.side.check_invariants()
    assert queue.drawn() == picture
    queue.enter(100)
    assert queue.drawn() == f"{picture} 4"


@pytest.mark.parametrize("side", SIDES)
def test_a_level_that_emptied_and_filled_again_is_the_same_one_and_not_listed_twice(side: Side) -> None:
    queue = Queue(side)
    behind = 99 if side is Side.BUY else 101
    first = queue.enter(100)
    queue.enter(behind)
    level = first.level
    queue.cancel(first)
    assert queue.drawn() == f"{behind}: 2"
    again = queue.enter(100)
    assert again.level is level
    assert queue.drawn() == f"100: 3 | {behind}: 2"
    assert queue.kept() == 2
    queue.side.check_invariants()


def test_an_emptied_level_leaves_when_the_best_is_asked_for() -> None:
    queue = Queue(Side.BUY)
    for price in (98, 99, 100):
        queue.enter(price)
    for order_id in (3, 2):
        queue.cancel(queue.orders[order_id])
    best = queue.side.best()
    assert best is not None
    assert (best.price, queue.kept()) == (98, 1)
    queue.cancel(queue.orders[1])
    assert queue.side.best() is None
    assert queue.kept() == 0


def test_an_order_at_an_emptied_price_can_become_the_best_again() -> None:
    queue = Queue(Side.SELL)
    queue.cancel(queue.enter(100))
    queue.enter(105)
    assert queue.drawn() == "105: 2"
    queue.enter(100)
    assert queue.drawn() == "100: 3 | 105: 2"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("live_is_best", [True, False], ids=["live is best", "live is worst"])
def test_a_hundred_thousand_canceled_orders_leave_no_trace_beside_one_live_one(
    side: Side, live_is_best: bool
) -> None:
    """Each at a price of its own, so that an implementation that only marked them would keep every one."""
    queue = Queue(side)
    live_price = 1_000_000 if (side is Side.BUY) == live_is_best else 1
    live = queue.enter(live_price)
    most_kept = 0
    for number in range(25_000):
        order = queue.enter(2 + number)
        queue.cancel(order)
        most_kept = max(most_kept, queue.kept())
    assert most_kept < 100
    best = queue.side.best()
    assert best is not None
    assert best.first is live
    queue.side.check_invariants()


@pytest.mark.parametrize("side", SIDES)
def test_a_wide_book_that_is_canceled_whole_shrinks_as_it_goes(side: Side) -> None:
    queue = Queue(side)
    orders = [queue.enter(price) for price in range(1, 2_001)]
    for count, order in enumerate(orders, start=1):
        queue.cancel(order)
        assert queue.kept() <= 2 * (len(orders) - count) + 40
    assert queue.drawn() == ""


@given(
    st.sampled_from(SIDES),
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 99), st.booleans()), max_size=150),
    st.none() | st.integers(0, 15),
)
def test_levels_and_depth_are_what_sorting_would_give(
    side: Side, steps: list[tuple[int, int, bool]], limit: Optional[int]
) -> None:
    queue = Queue(side)
    live: list[Order] = []
    for price, quantity, is_cancel in steps:
        if is_cancel and live:
            queue.cancel(live.pop(quantity % len(live)))
        else:
            live.append(queue.enter(price, quantity))
    sign = -1 if side is Side.BUY else 1
    in_line = sorted(live, key=lambda order: (sign * (order.price or 0), order.order_id))
    assert list(queue.side.orders()) == in_line
    prices = sorted({order.price or 0 for order in live}, key=lambda price: sign * price)
    at_price = {price: [order.quantity for order in live if order.price == price] for price in prices}
    expected = [(price, sum(at_price[price]), len(at_price[price])) for price in prices]
    assert queue.side.depth(limit) == (expected if limit is None else expected[:limit])
    assert all(queue.side.total_at(price) == totals for price, *rest in expected for totals in [tuple(rest)])
    assert queue.side.total_at(13) == (0, 0)
    queue.side.check_invariants()


def test_changed_prices_are_told_once_from_when_somebody_follows() -> None:
    queue = Queue(Side.BUY)
    queue.enter(99)
    queue.side.follow_changes()
    first = queue.enter(100)
    queue.enter(101)
    assert queue.side.take_changed_prices() == {100, 101}
    assert queue.side.take_changed_prices() == set()
    queue.side.reduce(first, 4)
    first.resize(6)
    assert queue.side.take_changed_prices() == {100}
    queue.cancel(first)
    assert queue.side.take_changed_prices() == {100}


def test_a_buyer_meets_lower_asks_and_a_seller_higher_bids() -> None:
    book = OrderBook(Instrument("ACME"))
    asks, bids = book.opposite(Side.BUY), book.opposite(Side.SELL)
    assert (asks, bids) == (book.side(Side.SELL), book.side(Side.BUY))
    assert [asks.crosses(100, limit) for limit in (99, 100, 101, None)] == [False, True, True, True]
    assert [bids.crosses(100, limit) for limit in (99, 100, 101, None)] == [True, True, False, True]
