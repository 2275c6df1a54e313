"""The auction price and the uncross against a brute force that tries every price there could be (RULES 20)."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import NamedTuple, Optional

from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.auction import deciding_levels, indication
from exchange.engine.commands import ListInstrument, NewOrder, SetPhase
from exchange.engine.engine import Engine
from exchange.engine.events import AuctionIndication
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, Phase, Side, TimeInForce

TICK = 10_000_000


class Entered(NamedTuple):
    """One order of a call: `price` None for MARKET, `shown` None for no iceberg."""

    side: Side
    quantity: int
    price: Optional[int]
    shown: Optional[int] = None


ORDERS = st.builds(
    Entered,
    st.sampled_from(Side),
    st.integers(1, 12),
    st.one_of(st.none(), *[st.integers(1, 12)] * 5),
    shown=st.none(),
)


def traded_at(orders: list[Entered], price: int) -> tuple[int, int]:
    """Volume and surplus (positive: buyers left over) at a price, straight from the orders."""
    buys = [o for o in orders if o.side is Side.BUY and (o.price is None or o.price >= price)]
    sells = [o for o in orders if o.side is Side.SELL and (o.price is None or o.price <= price)]
    demand, supply = (sum(order.quantity for order in side) for side in (buys, sells))
    return min(demand, supply), demand - supply


def brute_force(orders: list[Entered], reference: Optional[int]) -> Optional[int]:
    """The price as RULES 20 words it."""
    limits = sorted({order.price for order in orders if order.price is not None})
    if not limits:
        return reference if reference is not None and traded_at(orders, reference)[0] else None
    most = max(traded_at(orders, price)[0] for price in limits)
    if not most:
        return None
    left = [price for price in limits if traded_at(orders, price)[0] == most]
    least = min(abs(traded_at(orders, price)[1]) for price in left)
    left = [price for price in left if abs(traded_at(orders, price)[1]) == least]
    surpluses = [traded_at(orders, price)[1] for price in left]
    if min(surpluses) > 0:
        return left[-1]
    if max(surpluses) < 0:
        return left[0]
    if reference is None:
        return (left[0] + left[-1]) // 2
    return sorted([left[0], reference, left[-1]])[1]


def call_of(orders: list[Entered], reference: Optional[int]) -> Engine:
    """An engine in a call, each order a user's own."""
    engine = Engine()
    reference_nanos = None if reference is None else reference * TICK
    engine.process(ListInstrument(Instrument("ACME", reference_price_nanos=reference_nanos)), 0)
    engine.process(SetPhase("ACME", Phase.AUCTION), 0)
    for number, (side, quantity, price, shown) in enumerate(orders):
        order_type = OrderType.MARKET if price is None else OrderType.LIMIT
        price_nanos = None if price is None else price * TICK
        terms = Terms(side, order_type, TimeInForce.DAY, price_nanos, quantity, display_quantity=shown)
        engine.process(NewOrder(f"user{number}", "1", "ACME", terms), 0)
    return engine


def check_call(orders: list[Entered], reference: Optional[int]) -> None:
    """Price, volume, surplus and who trades what are those of the brute force."""
    engine, price = call_of(orders, reference), brute_force(orders, reference)
    told = indication(engine.book("ACME"))
    events = engine.process(SetPhase("ACME", Phase.CONTINUOUS), 0)
    engine.check_invariants()
    trades = [event for event in events if isinstance(event, Trade)]
    if price is None:
        assert told == AuctionIndication("ACME", None, 0, 0, None) and not trades
        return
    volume, surplus = traded_at(orders, price)
    surplus_side = None if surplus == 0 else Side.BUY if surplus > 0 else Side.SELL
    assert told == AuctionIndication("ACME", price, volume, abs(surplus), surplus_side)
    assert {(trade.price, trade.is_auction, trade.aggressor_side) for trade in trades} == {(price, True, None)}
    for side in Side:
        filled: dict[str, int] = defaultdict(int)
        for trade in trades:
            filled[trade.buyer if side is Side.BUY else trade.seller] += trade.quantity
        assert dict(filled) == fills_by_priority(orders, side, price, volume)


def fills_by_priority(orders: list[Entered], side: Side, price: int, volume: int) -> dict[str, int]:
    """By user, what MARKET first, then price, then time gives out of the volume."""
    sign = -1 if side is Side.BUY else 1
    queue = [
        (order.price is not None, sign * (order.price or 0), number, order.quantity)
        for number, order in enumerate(orders)
        if order.side is side and (order.price is None or sign * order.price <= sign * price)
    ]
    filled: dict[str, int] = {}
    for _, _, number, quantity in sorted(queue):
        if volume:
            filled[f"user{number}"] = min(quantity, volume)
            volume -= filled[f"user{number}"]
    return filled


@given(st.lists(ORDERS, max_size=12), st.one_of(st.none(), st.integers(1, 14)))
def test_an_auction_is_that_of_the_brute_force(orders: list[Entered], reference: Optional[int]) -> None:
    check_call(orders, reference)


def test_so_are_the_auctions_of_many_random_books_with_icebergs() -> None:
    draw = Random(20)
    for _ in range(20_000):
        orders = [
            Entered(draw.choice(list(Side)), quantity, price, shown if price else None)
            for quantity in draw.choices(range(2, 40), k=draw.randint(0, 25))
            for price in [draw.choice([None, *range(90, 111)])]
            for shown in [draw.choice([None, None, draw.randint(1, quantity - 1)])]
        ]
        check_call(orders, draw.choice([None, draw.randint(85, 115)]))


def test_so_are_those_of_books_in_which_much_is_equal() -> None:
    """Small quantities at prices far and near: volume and surplus are the same at many of them."""
    draw = Random(21)
    for _ in range(20_000):
        reach, overlap = draw.choice([3, 8, 30]), draw.choice([-6, 0, 0, 6])
        orders = [
            Entered(side, draw.randint(1, 3), price if draw.random() < 0.9 else None)
            for side in draw.choices(list(Side), k=draw.randint(0, 20))
            for price in [100 + (overlap if side is Side.BUY else 0) + draw.randint(-reach, reach)]
        ]
        check_call(orders, draw.choice([None, draw.randint(60, 140)]))


def test_a_large_book_that_is_hardly_crossed_is_hardly_looked_at() -> None:
    bids = [Entered(Side.BUY, 1, price) for price in range(1, 501)]
    asks = [Entered(Side.SELL, 1, price) for price in range(499, 1_000)]
    book = call_of(bids + asks, None).book("ACME")
    decide = deciding_levels(book)
    assert indication(book).volume == 1
    assert all(len(levels) <= 5 for levels in decide), decide
