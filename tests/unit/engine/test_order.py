"""An order's life: the transitions in the picture at the top of `order`, and none besides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.account import Account
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order, made_order
from exchange.engine.orderbook import OrderBook
from exchange.engine.terms import Terms
from exchange.engine.words import OrderStatus, OrderType, Side, TimeInForce


def order_of(quantity: int) -> Order:
    """A new order of alice's to buy."""
    terms = Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 101_250_000_000, quantity)
    desk = Account("alice").desk(OrderBook(Instrument("ACME")))
    return made_order(7, desk, "c1", terms, 1_700_000_000_000_000_000)


def filled_order() -> Order:
    """Nothing remains."""
    order = order_of(5)
    order.fill(5)
    return order


def canceled_order() -> Order:
    """Canceled after a fill."""
    order = order_of(5)
    order.fill(2)
    order.cancel()
    return order


def expired_order() -> Order:
    """Expired untouched."""
    order = order_of(5)
    order.expire()
    return order


DONE_ORDERS = [filled_order, canceled_order, expired_order]


def test_opposite_is_the_other_side_and_back() -> None:
    assert Side.BUY.opposite is Side.SELL
    assert Side.SELL.opposite is Side.BUY


def test_a_new_order_remains_in_full_and_does_not_rest_yet() -> None:
    order = order_of(100)
    assert (order.remaining_quantity, order.executed_quantity, order.canceled_quantity) == (100, 0, 0)
    assert order.status is OrderStatus.NEW
    assert order.is_live
    assert order.level is None


def test_fills_lead_from_new_over_partially_filled_to_filled() -> None:
    order = order_of(100)
    order.fill(99)
    assert (order.status, order.is_live) == (OrderStatus.PARTIALLY_FILLED, True)
    order.fill(1)
    assert (order.status, order.is_live) == (OrderStatus.FILLED, False)


@pytest.mark.parametrize(
    ("end", "status"), [(Order.cancel, OrderStatus.CANCELED), (Order.expire, OrderStatus.EXPIRED)]
)
def test_ending_an_order_tells_what_remained_and_keeps_what_was_executed(
    end: Callable[[Order], int], status: OrderStatus
) -> None:
    order = order_of(100)
    order.fill(30)
    assert end(order) == 70
    assert (order.status, order.is_live) == (status, False)
    assert (order.executed_quantity, order.remaining_quantity, order.canceled_quantity) == (30, 0, 70)


def test_resize_sets_the_total_and_what_was_executed_stays_executed() -> None:
    order = order_of(100)
    order.fill(30)
    order.resize(50)
    assert (order.quantity, order.executed_quantity, order.remaining_quantity) == (50, 30, 20)
    assert order.status is OrderStatus.PARTIALLY_FILLED


def test_an_order_cut_to_what_was_executed_is_canceled_with_nothing_remaining() -> None:
    order = order_of(100)
    order.fill(30)
    order.cut_to_executed()
    assert order.cancel() == 0
    assert (order.quantity, order.executed_quantity, order.canceled_quantity) == (30, 30, 0)
    assert order.status is OrderStatus.CANCELED


@pytest.mark.parametrize("make", DONE_ORDERS)
@pytest.mark.parametrize(
    "transition",
    [lambda o: o.fill(1), Order.cancel, Order.expire, lambda o: o.resize(9), Order.cut_to_executed],
    ids=["fill", "cancel", "expire", "resize", "cut_to_executed"],
)
def test_a_done_order_never_changes_again(
    make: Callable[[], Order], transition: Callable[[Order], object]
) -> None:
    order = make()
    before = repr(order)
    with pytest.raises(AssertionError):
        transition(order)
    assert repr(order) == before


@pytest.mark.parametrize("quantity", [-1, 0, 8])
def test_a_fill_is_at_least_one_unit_and_at_most_what_remains(quantity: int) -> None:
    order = order_of(10)
    order.fill(3)
    with pytest.raises(AssertionError):
        order.fill(quantity)


def test_resize_to_what_was_executed_or_less_is_a_bug() -> None:
    order = order_of(10)
    order.fill(3)
    for quantity in (3, 2, 0, -1):
        with pytest.raises(AssertionError):
            order.resize(quantity)


TRANSITIONS = st.lists(
    st.tuples(st.sampled_from(["fill", "resize", "cancel", "expire", "cut"]), st.integers(1, 30))
)


@given(st.integers(1, 30), TRANSITIONS)
def test_quantity_is_always_executed_plus_remaining_plus_canceled(
    quantity: int, transitions: list[tuple[str, int]]
) -> None:
    order = order_of(quantity)
    for name, amount in transitions:
        if not order.is_live:
            break
        if name == "fill":
            order.fill(min(amount, order.remaining_quantity))
        elif name == "resize":
            order.resize(order.executed_quantity + amount)
        elif name == "cut":
            order.cut_to_executed()
            order.cancel()
        else:
            {"cancel": order.cancel, "expire": order.expire}[name]()
        assert order.quantity == order.executed_quantity + order.remaining_quantity + order.canceled_quantity
        assert min(order.executed_quantity, order.remaining_quantity, order.canceled_quantity) >= 0
        assert (order.remaining_quantity > 0) == order.is_live


def test_repr_says_whose_what_and_how_far() -> None:
    order = order_of(100)
    order.fill(30)
    assert repr(order) == "<Order 7 alice BUY 70/100 ACME @ 10125 PARTIALLY_FILLED>"
