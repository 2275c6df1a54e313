"""A refusal names the value that it refuses and the rule, so that who reads it knows which word was wrong."""

from __future__ import annotations

import pytest

from exchange.engine.commands import NewOrder, ReplaceOrder, SetPhase
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, RejectCode, Side, TimeInForce
from tests.support.books import Market, refusals

TICK = 10_000_000
GTC, DAY = TimeInForce.GTC, TimeInForce.DAY


def market_in_a_call() -> Market:
    market = Market()
    market.process(SetPhase("ACME", Phase.AUCTION))
    return market


@pytest.mark.parametrize(
    ("time_in_force", "post_only", "text"),
    [
        (TimeInForce.IOC, False, "time_in_force IOC: symbol ACME is in AUCTION, which takes no IOC order now"),
        (TimeInForce.FOK, False, "time_in_force FOK: symbol ACME is in AUCTION, which takes no FOK order now"),
        (GTC, True, "post_only: symbol ACME is in AUCTION, which takes no post-only order now"),
    ],
)
def test_what_a_call_does_not_take_is_named(time_in_force: TimeInForce, post_only: bool, text: str) -> None:
    events = market_in_a_call().enter("alice", Side.BUY, 5, 50, time_in_force, post_only=post_only)
    assert refusals(events) == [(RejectCode.NOT_CONTINUOUS, text)]


@pytest.mark.parametrize(
    ("terms", "price", "stop_price", "text"),
    [
        (Terms(Side.BUY, OrderType.LIMIT, GTC, 50 * TICK, 5), None, 500, "stop_price 5: an order of type LIMIT"),
        (Terms(Side.BUY, OrderType.MARKET, DAY, None, 5), 525, None, "price 5.25: an order of type MARKET"),
        (
            Terms(Side.BUY, OrderType.STOP, GTC, None, 5, stop_price_nanos=60 * TICK),
            525,
            None,
            "price 5.25: an order of type STOP",
        ),
    ],
)
def test_a_replace_with_a_price_that_the_order_has_none_of_names_it(
    terms: Terms, price: int | None, stop_price: int | None, text: str
) -> None:
    market = market_in_a_call()
    market.process(NewOrder("alice", "1", "ACME", terms))
    nanos = [None if each is None else each * TICK for each in (price, stop_price)]
    events = market.process(ReplaceOrder("alice", None, "1", nanos[0], None, None, nanos[1]))
    assert refusals(events) == [(RejectCode.BAD_VALUE, f"{text} has none now")]


def test_an_iceberg_in_too_many_parts_names_what_it_would_show_and_the_bound() -> None:
    market = Market()
    terms = Terms(Side.SELL, OrderType.LIMIT, GTC, 50 * TICK, 10**9, display_quantity=1)
    text = "display_quantity 1: would show the quantity 1000000000 in more than 10000 parts"
    assert refusals(market.process(NewOrder("alice", "1", "ACME", terms))) == [(RejectCode.BAD_VALUE, text)]
    market.process(NewOrder("alice", "2", "ACME", terms._replace(quantity=2)))
    text = "quantity 1000000000: would be shown in more than 10000 parts of 1"
    events = market.process(ReplaceOrder("alice", None, "2", None, 10**9, None))
    assert refusals(events) == [(RejectCode.BAD_VALUE, text)]
