"""The client library's own client on a market without a network: who waits makes time pass."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.latency import Latency
from exchange.laboratory.venue.market_connection import connected_client
from exchange.networking.client.exchange_client import ExchangeClient
from exchange.networking.tcp_client import (
    ConnectionLost,
    LoginRejected,
    OrderCanceled,
    OrderExecuted,
    Rejected,
)

MS = 1_000_000


def joined(market: VirtualMarket, user: str) -> ExchangeClient:
    """A client of `user`, a millisecond away."""
    return connected_client(market, market.join(user, Latency(MS, MS)))


def send_and_fail(client: ExchangeClient) -> None:
    """A batch whose body raises."""
    with client.batch():
        client.send_order("BUY", 3, "10.00")
        raise ZeroDivisionError


def test_an_answer_is_waited_for_in_the_markets_time() -> None:
    market = VirtualMarket()
    alice = joined(market, "alice")
    before = market.clock.now_ns
    accepted = alice.buy(10, "10.00")
    assert (accepted.price, accepted.status) == (Decimal("10.00"), "NEW")
    assert market.clock.now_ns - before == 2 * MS


def test_a_fill_comes_as_an_event_and_stands_in_the_answers() -> None:
    market = VirtualMarket()
    alice, bob = joined(market, "alice"), joined(market, "bob")
    book = alice.follow_book()
    alice.buy(10, "10.00")
    bob.sell(4, "10.00")
    [fill] = [event for event in alice.events(1) if isinstance(event, OrderExecuted)]
    assert (fill.quantity, fill.liquidity) == (4, "MAKER")
    assert [level.quantity for level in book.bids] == [6]
    assert [order.remaining_quantity for order in alice.orders()] == [6]
    assert [position.net_position for position in bob.positions()] == [-4]
    assert [each.quantity for each in bob.fills()] == [4]


def test_a_refusal_is_the_exception_that_it_is_over_tcp() -> None:
    alice = joined(VirtualMarket(), "alice")
    with pytest.raises(Rejected, match="PRICE_NOT_ON_TICK"):
        alice.buy(10, "10.001")


def test_a_wait_without_an_event_lets_the_time_pass() -> None:
    market = VirtualMarket()
    alice = joined(market, "alice")
    before = market.clock.now_ns
    assert alice.poll(1.5) is None
    assert market.clock.now_ns - before == 1_500 * MS


def test_a_wait_for_ever_ends_when_nothing_can_come() -> None:
    alice = joined(VirtualMarket(), "alice")
    assert list(alice.events()) == []


def test_a_batch_arrives_together_and_a_dropped_one_never() -> None:
    market = VirtualMarket()
    alice = joined(market, "alice")
    with alice.batch():
        alice.send_order("BUY", 1, "10.00")
        alice.send_order("BUY", 2, "10.00")
    with pytest.raises(ZeroDivisionError):
        send_and_fail(alice)
    assert [order.quantity for order in alice.orders()] == [1, 2]


def test_a_closed_client_takes_its_orders_along_if_it_said_so() -> None:
    market = VirtualMarket()
    alice, watcher = joined(market, "alice"), joined(market, "watcher")
    alice.login("alice", cancel_on_disconnect="ALL")
    alice.buy(10, "10.00")
    book = watcher.follow_book()
    alice.close()
    market.advance(1)
    watcher.ping()
    assert book.bids == []
    with pytest.raises(ConnectionLost):
        alice.buy(1, "10.00")


def test_a_session_speaks_for_its_own_user_alone() -> None:
    alice = joined(VirtualMarket(), "alice")
    with pytest.raises(LoginRejected, match="this session is alice's"):
        alice.login("bob")


def test_who_comes_back_hears_of_the_gap_and_its_fills() -> None:
    market = VirtualMarket()
    alice, bob = joined(market, "alice"), joined(market, "bob")
    alice.buy(10, "10.00")
    bob.sell(4, "10.00")
    again = joined(market, "alice")
    again.login("alice", last_seq=1)
    kinds = [type(event).__name__ for event in again.events(1)]
    assert kinds == ["Gap", "Orders", "Positions", "OrderExecuted"]
    assert isinstance(again.cancel(order_id=1), OrderCanceled)
