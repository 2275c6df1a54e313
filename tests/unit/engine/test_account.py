"""What an account counts of its live orders, and how few of them it looks at to find those it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given

from exchange.engine.account import Account
from exchange.engine.commands import CancelAll, ListInstrument
from exchange.engine.engine import Engine
from exchange.engine.events import AllCanceled
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order, made_order
from exchange.engine.orderbook import OrderBook
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce
from tests.property.strategies import Stamped, command_sequences


class WatchedOrders(dict[str, Order]):
    """Orders by name that count how many of them are looked at, the newest first."""

    looks = 0

    def items(self) -> WatchedOrders:  # type: ignore[override]
        return self

    def __reversed__(self) -> Iterator[tuple[str, Order]]:  # type: ignore[override]
        for item in reversed(super().items()):
            self.looks += 1
            yield item


def enter(account: Account, symbol: str, count: int) -> None:
    """Give the account `count` new live orders of one symbol."""
    terms = Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 10**9, 1)
    desk = account.desk(OrderBook(Instrument(symbol)))
    for order_id in range(len(account.orders) + 1, len(account.orders) + 1 + count):
        account.enter(made_order(order_id, desk, str(order_id), terms, 0))


def ids_and_looks(account: Account, symbol: str) -> tuple[list[int], int]:
    """The live orders of one symbol, and how many orders were looked at to find them."""
    watched = account.orders = WatchedOrders(account.orders)
    live = account.live_orders(symbol)
    return [order.order_id for order in live], watched.looks


def test_the_live_orders_of_a_symbol_are_found_by_looking_back_to_the_oldest_of_them() -> None:
    account = Account("alice")
    enter(account, "A", 1_000)
    assert ids_and_looks(account, "B") == ([], 0)
    enter(account, "B", 2)
    assert ids_and_looks(account, "B") == ([1_001, 1_002], 2)
    enter(account, "A", 1)
    assert ids_and_looks(account, "B") == ([1_001, 1_002], 3)
    for order in account.live_orders("B"):
        order.cancel()
        account.end(order)
    assert ids_and_looks(account, "B") == ([], 0)
    assert [order.order_id for order in account.live_orders()] == [*range(1, 1_001), 1_003]


def test_to_cancel_all_of_a_symbol_one_has_no_order_in_looks_at_no_order() -> None:
    engine = Engine()
    for symbol in ("A", "B"):
        engine.process(ListInstrument(Instrument(symbol)), 0)
    account = engine.open_account("alice")
    enter(account, "A", 1_000)
    watched = account.orders = WatchedOrders(account.orders)
    assert engine.process(CancelAll("alice", "B"), 1) == [AllCanceled(0)]
    assert watched.looks == 0


@given(command_sequences())
def test_the_running_counts_are_those_of_the_live_orders(sequence: list[Stamped]) -> None:
    """After each command, and in an engine restored from the last snapshot."""
    engine = Engine()
    for command, timestamp_ns in sequence:
        engine.process(command, timestamp_ns)
        for account in engine.accounts.values():
            account.check_invariants()
    for account in Engine.restore(engine.snapshot()).accounts.values():
        account.check_invariants()
