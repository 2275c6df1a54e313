"""A trade says everything the ledger needs: who, what, at whose price, in which direction, when."""

from __future__ import annotations

import pytest

from exchange.engine.commands import ListInstrument, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, Side, TimeInForce

LEDGER_FIELDS = (
    "trade_id, symbol, price, quantity, buy_order_id, sell_order_id, buyer, seller, aggressor_side, timestamp"
)


def test_fields_are_the_ledgers_in_its_order() -> None:
    assert ", ".join(Trade._fields[:10]) == LEDGER_FIELDS


def limit(user: str, symbol: str, side: Side, price: int, quantity: int) -> NewOrder:
    """A GTC order at `price` ticks of 0.01, the user's only one in that symbol on that side."""
    name = f"{symbol} {side.value}"
    price_nanos = price * 10_000_000
    return NewOrder(user, name, symbol, Terms(side, OrderType.LIMIT, TimeInForce.GTC, price_nanos, quantity))


def engine_with(*symbols: str) -> Engine:
    """An engine that lists those, tick 0.01."""
    engine = Engine()
    for symbol in symbols:
        engine.process(ListInstrument(Instrument(symbol)), 0)
    return engine


def only_trade(engine: Engine, command: NewOrder, timestamp_ns: int) -> Trade:
    """The one trade that this command makes."""
    (trade,) = [event for event in engine.process(command, timestamp_ns) if isinstance(event, Trade)]
    return trade


@pytest.mark.parametrize(("resting", "arriving"), [(101, 105), (101, 101)])
def test_an_arriving_buyer_pays_the_resting_price(resting: int, arriving: int) -> None:
    engine = engine_with("ACME")
    engine.process(limit("alice", "ACME", Side.SELL, resting, 5), 1)
    trade = only_trade(engine, limit("bob", "ACME", Side.BUY, arriving, 8), 2)
    assert trade == Trade(1, "ACME", 101, 5, 2, 1, "bob", "alice", Side.BUY, 2)


@pytest.mark.parametrize(("resting", "arriving"), [(101, 95), (101, 101)])
def test_an_arriving_seller_gets_the_resting_price(resting: int, arriving: int) -> None:
    engine = engine_with("ACME")
    engine.process(limit("alice", "ACME", Side.BUY, resting, 5), 1)
    trade = only_trade(engine, limit("bob", "ACME", Side.SELL, arriving, 3), 2)
    assert trade == Trade(1, "ACME", 101, 3, 1, 2, "alice", "bob", Side.SELL, 2)


def test_trade_ids_count_over_all_instruments() -> None:
    engine = engine_with("ACME", "BOND")
    trade_ids = []
    for symbol in ("ACME", "BOND"):
        engine.process(limit("alice", symbol, Side.SELL, 101, 5), 1)
        trade_ids.append(only_trade(engine, limit("bob", symbol, Side.BUY, 101, 5), 2).trade_id)
    assert trade_ids == [1, 2]


def test_the_timestamp_is_the_arriving_commands_even_when_the_clock_went_back() -> None:
    engine = engine_with("ACME")
    engine.process(limit("alice", "ACME", Side.SELL, 101, 5), 1_000)
    assert only_trade(engine, limit("bob", "ACME", Side.BUY, 101, 5), 3).timestamp == 3


def test_a_trade_with_oneself_names_the_user_on_both_sides() -> None:
    engine = engine_with("ACME")
    engine.process(limit("alice", "ACME", Side.SELL, 101, 5), 1)
    trade = only_trade(engine, limit("alice", "ACME", Side.BUY, 101, 5), 2)
    assert (trade.buyer, trade.seller) == ("alice", "alice")
