"""The client library against a real engine: every method gets the answer that the engine really gives."""

from __future__ import annotations

import signal
from decimal import Decimal

import pytest

from exchange.engine.words import SelfTradePrevention, Side, TimeInForce
from exchange.networking.tcp_client import ExchangeClient, LoginRejected, NoAnswer, OrderReplaced, Rejected
from tests.support.processes import RunningEngine


def kinds(client: ExchangeClient) -> list[str]:
    """What has come and was not returned otherwise."""
    client.ping()
    return [event["type"] for event in client.messages(timeout_s=0.0)]


def test_orders_are_placed_changed_traded_and_canceled(alice: ExchangeClient, bob: ExchangeClient) -> None:
    assert alice.instruments[0].tick_size == Decimal("0.01")
    offer = alice.sell(10, "101.25", client_order_id="mine", post_only=True, time_in_force=TimeInForce.DAY)
    assert (offer.order_id, offer.client_order_id, offer.price) == (1, "mine", Decimal("101.25"))
    changed = alice.replace(client_order_id="mine", price=101, new_client_order_id="new")
    assert isinstance(changed, OrderReplaced)
    assert (changed.client_order_id, changed.price, changed.priority_kept) == ("new", Decimal(101), False)
    bob.buy(4)
    assert kinds(bob) == ["order_executed"]
    assert kinds(alice) == ["order_executed"]
    assert [(order.order_id, order.remaining_quantity) for order in alice.orders()] == [(1, 6)]
    assert [(p.net_position, p.average_price) for p in bob.positions()] == [(4, Decimal(101))]
    assert alice.cancel(order_id=1).remaining_quantity == 6
    with pytest.raises(Rejected, match="TOO_LATE"):
        alice.cancel(client_order_id="new")
    for price in (1, 2, 3):
        alice.buy(1, price)
    assert (alice.cancel_all("ACME"), alice.cancel_all()) == (3, 0)
    assert kinds(alice) == ["order_canceled"] * 3


def test_a_change_that_leaves_nothing_to_do_returns_the_cancel(alice: ExchangeClient, bob: ExchangeClient) -> None:
    order_id = alice.sell(10, 5).order_id
    bob.buy(4, 5)
    assert alice.replace(order_id=order_id, quantity=4).order_id == order_id
    assert alice.orders() == ()


def test_refusals_come_with_their_codes_whatever_was_sent_before(alice: ExchangeClient) -> None:
    alice.send_raw({"type": "nonsense"})
    alice.send_cancel(order_id=999)
    with pytest.raises(Rejected, match="NO_LIQUIDITY"):
        alice.buy(1)
    with pytest.raises(Rejected, match="PRICE_NOT_ON_TICK"):
        alice.buy(1, "1.005")
    with pytest.raises(Rejected, match="UNKNOWN_SYMBOL"):
        alice.follow_book("NONE")
    with pytest.raises(Rejected, match="BAD_VALUE"):
        alice.login("alice", cancel_on_disconnect="SOMETIMES")
    assert kinds(alice) == ["error", "cancel_rejected"]


def test_a_refused_login_and_asking_without_one_are_told_apart(engine: RunningEngine) -> None:
    with ExchangeClient.connect(port=engine.port) as nobody:
        with pytest.raises(Rejected, match="NOT_LOGGED_IN"):
            nobody.orders()
        with pytest.raises(LoginRejected, match="BAD_VALUE"):
            nobody.login("../x")


def test_fills_of_any_age_are_told_page_by_page_oldest_first(alice: ExchangeClient, bob: ExchangeClient) -> None:
    alice.sell(30, 5)
    for quantity in (1, 2, 3):
        bob.buy(quantity, 5)
    assert [(fill.trade_id, fill.quantity, fill.price) for fill in alice.fills()] == [
        (1, 1, Decimal(5)),
        (2, 2, Decimal(5)),
        (3, 3, Decimal(5)),
    ]
    newest = bob.fills("ACME", after_trade_id=2)
    assert [(fill.side, fill.liquidity) for fill in newest] == [("BUY", "TAKER")]
    assert list(bob.fills(after_trade_id=3)) == []
    alice.buy(1, 5)
    with_oneself = alice.fills(after_trade_id=3)
    assert [(fill.trade_id, fill.side) for fill in with_oneself] == [(4, "BUY"), (4, "SELL")]


def test_an_order_whose_answer_was_lost_is_asked_for_and_not_doubled(
    engine: RunningEngine, alice: ExchangeClient
) -> None:
    """The engine stands still while it is asked, as after a cable was pulled, and takes the order all the same."""
    with ExchangeClient.connect(port=engine.port, timeout_s=1.0) as hasty:
        hasty.login("hasty")
        engine.send_signal(signal.SIGSTOP)
        with pytest.raises(NoAnswer) as caught:
            hasty.buy(10, 5)
        engine.send_signal(signal.SIGCONT)
        alice.ping()
        named = caught.value.client_order_id
        with pytest.raises(Rejected, match="DUPLICATE_CLIENT_ORDER_ID"):
            hasty.buy(10, 5, client_order_id=named)
        assert [order.client_order_id for order in hasty.orders()] == [named]


def test_a_thousand_orders_in_one_batch_are_all_answered_by_the_barrier(alice: ExchangeClient) -> None:
    with alice.batch():
        sent = [alice.send_order(Side.BUY, 1, f"1.{cents:02}") for cents in range(100)]
        for _ in range(9):
            sent += [alice.send_order("SELL", 1, 200) for _ in range(100)]
    alice.ping()
    accepted = [event["client_order_id"] for event in alice.messages(0.0)]
    assert accepted == sent


def test_a_followed_book_is_the_engines_after_every_barrier(alice: ExchangeClient, bob: ExchangeClient) -> None:
    book = bob.follow_book(depth=2)
    assert (book.is_current, book.bids, book.asks) == (True, [], [])
    for price in ("1.00", "2.00", "3.00"):
        alice.buy(10, price)
    alice.sell(4, "2.50", self_trade_prevention=SelfTradePrevention.CANCEL_NEWEST)
    bob.sell(12, "2.00")
    bob.ping()
    assert [(level.price, level.quantity, level.orders) for level in book.bids] == [
        (Decimal("2.00"), 8, 1),
        (Decimal("1.00"), 10, 1),
    ]
    assert bob.unsubscribe("book").symbol == "ACME"


def test_one_book_followed_at_three_depths_is_the_engines_at_each(
    alice: ExchangeClient, bob: ExchangeClient
) -> None:
    for price in (1, 2, 3, 4):
        alice.buy(10, price)
    books = [bob.follow_book("ACME", depth) for depth in (2, 0, 1)]
    alice.cancel(order_id=4)
    alice.buy(5, 3)
    bob.ping()
    whole = [(Decimal(3), 15, 2), (Decimal(2), 10, 1), (Decimal(1), 10, 1)]
    assert books[0].bids == whole[:2]
    assert books[1].bids == whole
    assert books[2].bids == whole[:1]
