"""The rules that other engines' cases do not show, each as a book before and after, drawn as a table."""

from __future__ import annotations

import pytest

from exchange.engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from exchange.engine.words import CancelReason, Code, RejectCode, SelfTradePrevention, Side, TimeInForce
from tests.support.books import Market, table, trades

OLDEST = SelfTradePrevention.CANCEL_OLDEST
NEWEST = SelfTradePrevention.CANCEL_NEWEST
BOTH = SelfTradePrevention.CANCEL_BOTH
DECREMENT = SelfTradePrevention.DECREMENT


def canceled(events: list[Event]) -> list[tuple[str, int, CancelReason]]:
    """(client order id, quantity, reason) of each cancel."""
    return [(e.client_order_id, e.remaining_quantity, e.reason) for e in events if isinstance(e, OrderCanceled)]


def codes(events: list[Event]) -> list[Code]:
    """Why it was refused."""
    return [event.code for event in events if isinstance(event, (OrderRejected, ReplaceRejected))]


# Alice's own ask (named 2) lies between bob's (1) and carol's (3).
OWN_ASK_IN_THE_MIDDLE = """
    BUY | SELL
        | bob   10 @ 50
        | alice 20 @ 50
        | carol 30 @ 51
"""


def test_cancel_oldest_removes_the_own_resting_order_and_the_taker_goes_on() -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    events = market.enter("alice", Side.BUY, 25, 51, prevention=OLDEST)
    assert trades(events) == [("alice", "bob", 10, 50), ("alice", "carol", 15, 51)]
    assert canceled(events) == [("2", 20, CancelReason.SELF_TRADE)]
    assert market.drawn() == table("""
        BUY | SELL
            | carol 15 @ 51
    """)


@pytest.mark.parametrize("time_in_force", [TimeInForce.GTC, TimeInForce.IOC])
def test_cancel_newest_ends_the_taker_at_its_own_order_and_it_never_rests(time_in_force: TimeInForce) -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    events = market.enter("alice", Side.BUY, 25, 51, time_in_force, prevention=NEWEST)
    assert trades(events) == [("alice", "bob", 10, 50)]
    assert canceled(events) == [("4", 15, CancelReason.SELF_TRADE)]
    assert market.drawn() == table("""
        BUY | SELL
            | alice 20 @ 50
            | carol 30 @ 51
    """)


def test_cancel_both_ends_maker_and_taker_in_this_order() -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    events = market.enter("alice", Side.BUY, 25, 51, prevention=BOTH)
    assert canceled(events) == [("2", 20, CancelReason.SELF_TRADE), ("4", 15, CancelReason.SELF_TRADE)]
    assert market.drawn() == table("""
        BUY | SELL
            | carol 30 @ 51
    """)


def test_decrement_cancels_a_smaller_maker_and_the_rest_of_the_taker_goes_on() -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    events = market.enter("alice", Side.BUY, 35, 51, prevention=DECREMENT)
    assert trades(events) == [("alice", "bob", 10, 50), ("alice", "carol", 5, 51)]
    assert canceled(events) == [("2", 20, CancelReason.SELF_TRADE)]
    (reduced,) = [event for event in events if isinstance(event, OrderReplaced)]
    assert (reduced.client_order_id, reduced.quantity, reduced.remaining_quantity) == ("4", 15, 5)
    assert reduced.priority_kept
    assert market.drawn() == table("""
        BUY | SELL
            | carol 25 @ 51
    """)


def test_decrement_reduces_a_larger_maker_where_it_stands_and_ends_the_taker() -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    events = market.enter("alice", Side.BUY, 25, 50, prevention=DECREMENT)
    assert canceled(events) == [("4", 15, CancelReason.SELF_TRADE)]
    assert market.drawn() == table("""
        BUY | SELL
            | alice  5 @ 50
            | carol 30 @ 51
    """)


def test_decrement_ends_both_where_they_are_equal() -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    events = market.enter("alice", Side.BUY, 30, 51, prevention=DECREMENT)
    assert canceled(events) == [("2", 20, CancelReason.SELF_TRADE), ("4", 20, CancelReason.SELF_TRADE)]


@pytest.mark.parametrize("prevention", SelfTradePrevention)
def test_prevention_touches_no_own_order_that_would_not_have_traded(prevention: SelfTradePrevention) -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    events = market.enter("alice", Side.BUY, 10, 51, prevention=prevention)
    assert canceled(events) == []
    assert trades(events) == [("alice", "bob", 10, 50)]


@pytest.mark.parametrize(
    ("prevention", "quantity", "is_filled"),
    [
        (SelfTradePrevention.NONE, 60, True),
        (SelfTradePrevention.NONE, 61, False),
        (OLDEST, 40, True),
        (OLDEST, 41, False),
        *[(prevention, 10, True) for prevention in (NEWEST, BOTH, DECREMENT)],
        *[(prevention, 11, False) for prevention in (NEWEST, BOTH, DECREMENT)],
    ],
)
def test_fok_counts_only_what_prevention_would_let_it_trade(
    prevention: SelfTradePrevention, quantity: int, is_filled: bool
) -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    events = market.enter("alice", Side.BUY, quantity, 51, TimeInForce.FOK, prevention=prevention)
    if is_filled:
        assert sum(traded for _buyer, _seller, traded, _price in trades(events)) == quantity
    else:
        assert codes(events) == [RejectCode.CANNOT_FILL]
        assert market.drawn() == table(OWN_ASK_IN_THE_MIDDLE)


def test_post_only_is_refused_at_the_best_ask_and_rests_one_tick_below() -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    assert codes(market.enter("dave", Side.BUY, 5, 50, post_only=True)) == [RejectCode.WOULD_TAKE]
    assert codes(market.enter("dave", Side.BUY, 5, 49, post_only=True)) == []
    assert market.drawn() == table("""
        BUY         | SELL
        dave 5 @ 49 | bob   10 @ 50
                    | alice 20 @ 50
                    | carol 30 @ 51
    """)


def test_post_only_moved_to_a_price_that_would_take_stays_where_it_was() -> None:
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    market.enter("dave", Side.BUY, 5, 49, name="shy", post_only=True)
    before = market.drawn()
    assert codes(market.replace("dave", "shy", price=50, quantity=9)) == [RejectCode.WOULD_TAKE]
    assert market.drawn() == before


def test_post_only_replaced_to_end_it_can_not_take() -> None:
    """A total of nothing ends the order as it is (RULES 11): a new price given with it is never entered."""
    market = Market(OWN_ASK_IN_THE_MIDDLE)
    market.enter("dave", Side.BUY, 5, 49, name="shy", post_only=True)
    assert canceled(market.replace("dave", "shy", price=50, quantity=0)) == [
        ("shy", 0, CancelReason.USER_REQUESTED)
    ]


QUEUE_OF_THREE = """
    BUY           | SELL
    alice 10 @ 50 |
    bob   10 @ 50 |
    carol 10 @ 50 |
"""


def test_a_smaller_quantity_keeps_the_place_in_the_queue() -> None:
    market = Market(QUEUE_OF_THREE)
    market.replace("bob", "2", quantity=4)
    assert market.drawn() == table(QUEUE_OF_THREE.replace("bob   10", "bob    4"))


@pytest.mark.parametrize(("price", "quantity"), [(None, 11), (50, 11)])
def test_a_larger_quantity_goes_to_the_back_of_the_queue(price: int | None, quantity: int) -> None:
    market = Market(QUEUE_OF_THREE)
    market.replace("alice", "1", price, quantity)
    assert market.drawn() == table("""
        BUY           | SELL
        bob   10 @ 50 |
        carol 10 @ 50 |
        alice 11 @ 50 |
    """)


def test_a_price_away_and_back_goes_to_the_back_of_the_queue() -> None:
    market = Market(QUEUE_OF_THREE)
    market.replace("alice", "1", price=49)
    market.replace("alice", "1", price=50)
    assert market.drawn() == table("""
        BUY           | SELL
        bob   10 @ 50 |
        carol 10 @ 50 |
        alice 10 @ 50 |
    """)


def test_a_replaced_price_that_crosses_trades_as_an_arriving_order() -> None:
    market = Market("""
        BUY           | SELL
        alice 10 @ 50 | bob   4 @ 52
                      | carol 9 @ 53
    """)
    events = market.replace("alice", "1", price=52)
    assert isinstance(events[0], OrderReplaced)
    assert not events[0].priority_kept
    assert trades(events) == [("alice", "bob", 4, 52)]
    assert market.drawn() == table("""
        BUY          | SELL
        alice 6 @ 52 | carol 9 @ 53
    """)


def test_a_total_below_what_was_executed_ends_the_order_with_nothing_remaining() -> None:
    market = Market(QUEUE_OF_THREE)
    market.enter("dave", Side.SELL, 6, 50)
    assert canceled(market.replace("alice", "1", quantity=6)) == [("1", 0, CancelReason.USER_REQUESTED)]


def test_a_market_order_takes_what_there_is_and_its_remainder_is_canceled() -> None:
    market = Market(QUEUE_OF_THREE)
    events = market.enter("dave", Side.SELL, 35)
    assert isinstance(events[0], OrderAccepted)
    assert canceled(events) == [("4", 5, CancelReason.MARKET_REMAINDER)]
    assert codes(market.enter("dave", Side.SELL, 1)) == [RejectCode.NO_LIQUIDITY]


def test_a_canceled_order_in_the_middle_leaves_its_neighbours_in_line() -> None:
    market = Market(QUEUE_OF_THREE)
    market.cancel("bob", "2")
    assert trades(market.enter("dave", Side.SELL, 15, 50)) == [("alice", "dave", 10, 50), ("carol", "dave", 5, 50)]
