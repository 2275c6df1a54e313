"""What the engine keeps of an order: what no other order has, and nothing twice."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.account import Account
from exchange.engine.commands import ListInstrument, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order, made_order
from exchange.engine.orderbook import OrderBook
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, SelfTradePrevention, Side, TimeInForce

TICK_SIZE_NANOS = 10_000_000


def prices_nanos() -> st.SearchStrategy[int]:
    """Prices of whole ticks."""
    return st.integers(1, 10**9).map(lambda ticks: ticks * TICK_SIZE_NANOS)


def all_terms() -> st.SearchStrategy[Terms]:
    """Terms of every kind, such as no rule allows as well."""
    return st.builds(
        Terms,
        st.sampled_from(Side),
        st.sampled_from(OrderType),
        st.sampled_from(TimeInForce),
        st.none() | prices_nanos(),
        st.integers(1, 10**9),
        st.booleans(),
        st.none() | st.sampled_from(SelfTradePrevention),
        st.none() | prices_nanos(),
        st.none() | st.integers(1, 10**9),
    )


@given(st.lists(all_terms(), min_size=1))
def test_an_order_says_what_was_asked_for_whatever_others_asked_for(asked: list[Terms]) -> None:
    desk = Account("alice").desk(OrderBook(Instrument("ACME", TICK_SIZE_NANOS)))
    orders = [made_order(7, desk, "a1", terms, 0) for terms in asked]
    assert [order.terms for order in orders] == asked


def kept_orders(engine: Engine) -> list[Order]:
    """Alice's, in the sequence of their ids."""
    return engine.accounts["alice"].live_orders()


PLAIN = Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, TICK_SIZE_NANOS, 1_000)


def engine_with_two_alike(terms: Terms) -> Engine:
    """Two orders of alice's with such terms that differ in price and quantity; each came with texts of its own."""
    engine = Engine()
    engine.process(ListInstrument(Instrument("ACME")), 0)
    for number in (1, 2):
        asked = terms._replace(price_nanos=number * TICK_SIZE_NANOS, quantity=1_000 + number)
        user, symbol = json.loads('["alice", "ACME"]')
        engine.process(NewOrder(user, str(number), symbol, asked), 0)
    return engine


@pytest.mark.parametrize(
    "terms",
    [PLAIN, PLAIN._replace(post_only=True), PLAIN._replace(time_in_force=TimeInForce.DAY)],
    ids=["plain", "post-only", "day"],
)
@pytest.mark.parametrize("is_restored", [False, True], ids=["entered", "restored"])
def test_orders_that_ask_alike_share_all_but_what_differs(terms: Terms, is_restored: bool) -> None:
    engine = engine_with_two_alike(terms)
    if is_restored:
        engine = Engine.restore(json.loads(json.dumps(list(engine.snapshot()))))
    first, second = kept_orders(engine)
    assert first.user is second.user and first.symbol is second.symbol
    assert first.conditions is second.conditions
