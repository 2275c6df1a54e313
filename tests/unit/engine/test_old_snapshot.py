"""Snapshots of before an order's terms were one value are still read: this one was made by such an engine."""

from __future__ import annotations

import json

import pytest

from exchange.engine.commands import GetPositions
from exchange.engine.engine import Engine
from exchange.engine.events import PositionsListed
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, SelfTradePrevention, Side, TimeInForce

# alice: a GTC bid canceled, a DAY offer that bob's MARKET order took 7 of, an IOC that took 20 of bob's offer.
RECORDS = """
["engine", 11, 5, 2]
["limits", 100, null, 500]
["instrument", "CONTINUOUS", 101, {"symbol": "ACME", "tick_size_nanos": 10000000, "lot_size": 1,
 "min_quantity": 1, "max_quantity": 1000000000, "price_band_percent": null, "self_trade_prevention": "NONE"}]
["instrument", "HALTED", 401, {"symbol": "BOND", "tick_size_nanos": 250000000, "lot_size": 10,
 "min_quantity": 20, "max_quantity": 200, "price_band_percent": null, "self_trade_prevention": "CANCEL_OLDEST"}]
["account", "alice", 6, false, "secret"]
["position", "alice", "ACME", -7, -707, 0, 7]
["position", "alice", "BOND", 20, 8020, 0, 20]
["account", "bob", 4, false, null]
["position", "bob", "ACME", 7, 707, 0, 7]
["position", "bob", "BOND", -20, -8020, 0, 20]
["order", 2, "alice", "a2", "ACME", "SELL", "LIMIT", "DAY", 101, 20, true, "DECREMENT", 4, 13, 7,
 "PARTIALLY_FILLED", true]
["order", 3, "bob", "b1", "BOND", "SELL", "LIMIT", "GTC", 401, 40, false, "CANCEL_OLDEST", 5, 20, 20,
 "PARTIALLY_FILLED", false]
["order", 5, "alice", "a3", "BOND", "BUY", "LIMIT", "IOC", 404, 20, false, "NONE", 7, 0, 20, "FILLED", false]
["order", 1, "alice", "a1", "ACME", "BUY", "LIMIT", "GTC", 100, 10, false, "NONE", 3, 0, 0, "CANCELED", false]
["reserved", "alice", "a3", 5]
["reserved", "alice", "a1", 1]
["order", 4, "bob", "b2", "ACME", "BUY", "MARKET", "IOC", null, 7, false, "NONE", 6, 0, 7, "FILLED"]
["reserved", "bob", "b2", 4]
"""


@pytest.fixture
def engine() -> Engine:
    records = json.loads("[" + RECORDS.strip().replace("]\n[", "],\n[") + "]")
    return Engine.restore(records)


def test_instruments_and_their_phases_are_there(engine: Engine) -> None:
    bond = Instrument("BOND", 250_000_000, 10, 20, 200, None, SelfTradePrevention.CANCEL_OLDEST)
    assert engine.instruments() == [Instrument("ACME"), bond]
    assert [engine.book(symbol).phase for symbol in ("ACME", "BOND")] == [Phase.CONTINUOUS, Phase.HALTED]


def test_live_orders_are_there_with_their_terms(engine: Engine) -> None:
    (order,) = engine.book("ACME").asks.orders()
    day, decrement = TimeInForce.DAY, SelfTradePrevention.DECREMENT
    assert order.terms == Terms(Side.SELL, OrderType.LIMIT, day, 1_010_000_000, 20, True, decrement)
    assert (order.price, order.remaining_quantity, order.executed_quantity) == (101, 13, 7)
    assert engine.orders_ending_with_connections() == {"alice": (2,)}
    engine.check_invariants()


def test_costs_in_ticks_become_money(engine: Engine) -> None:
    (answer,) = engine.process(GetPositions("alice"), 0)
    assert isinstance(answer, PositionsListed)
    assert [(p.symbol, p.net_quantity, p.cost_nanos) for p in answer.positions] == [
        ("ACME", -7, -7 * 1_010_000_000),
        ("BOND", 20, 20 * 100_250_000_000),
    ]


def test_what_is_written_of_it_now_is_the_same_state(engine: Engine) -> None:
    again = Engine.restore(json.loads(json.dumps(list(engine.snapshot()))))
    assert again.state_hash() == engine.state_hash()
    assert list(again.snapshot()) == list(engine.snapshot())
