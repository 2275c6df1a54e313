"""The engine and the oracle are told the same; they must say the same, event by event, and end up alike."""

from __future__ import annotations

import pytest
from hypothesis import given

from exchange.engine.commands import (
    CancelOrder,
    Command,
    GetOrders,
    GetPositions,
    ListInstrument,
    NewOrder,
    ReplaceOrder,
)
from exchange.engine.engine import Engine
from exchange.engine.events import CancelRejected, OrderRejected
from exchange.engine.terms import Terms
from exchange.engine.words import Code, OrderType, RejectCode, Side, TimeInForce
from tests.property.strategies import ACME, NAMES, USERS, Stamped, command_sequences, long_session
from tests.support.oracle.oracle import Oracle
from tests.support.oracle.values import RESERVED_IDS, assert_same_events


def assert_same_book(engine: Engine, oracle: Oracle, symbol: str) -> None:
    """Depth and queues of one instrument."""
    book = engine.book(symbol)
    for ours, side in ((book.bids, Side.BUY), (book.asks, Side.SELL)):
        assert ours.depth(None) == oracle.depth(symbol, side)
        assert [o.order_id for o in ours.orders()] == [o.order_id for o in oracle.resting(symbol, side)]


def assert_same_administration(engine: Engine, oracle: Oracle) -> None:
    """Who there is, who is blocked, what is halted."""
    assert engine.user_states() == oracle.user_states()
    for name in NAMES:
        assert engine.known_name(name) == oracle.known_name(name)
        assert engine.credential(name) == oracle.credentials.get(name)
    for symbol, market in oracle.markets.items():
        assert engine.book(symbol).phase is market.phase


def run_both(sequence: list[Stamped], check_every: int = 1) -> tuple[Engine, Oracle]:
    """Tell both each command; look at the books and the invariants after every `check_every` commands."""
    engine, oracle = Engine(), Oracle()
    for count, (command, timestamp_ns) in enumerate(sequence):
        actual = engine.process(command, timestamp_ns)
        assert_same_events(actual, oracle.process(command, timestamp_ns), f"command {count}: {command}")
        assert engine.sequence == oracle.sequence, command
        if count % check_every == 0:
            engine.check_invariants()
            assert_same_administration(engine, oracle)
            assert engine.orders_ending_with_connections() == oracle.orders_ending_with_connections()
            for symbol in oracle.instruments:
                assert_same_book(engine, oracle, symbol)
    return engine, oracle


@given(command_sequences())
def test_engine_says_exactly_what_the_rules_say(sequence: list[Stamped]) -> None:
    engine, oracle = run_both(sequence)
    for user in USERS:
        for question in (GetOrders(user), GetPositions(user)):
            assert engine.process(question, 0) == oracle.process(question, 0)


@pytest.mark.parametrize("seed", range(3))
def test_a_long_session_over_hundreds_of_prices(seed: int) -> None:
    engine, oracle = run_both(long_session(seed, 8_000), check_every=100)
    for user in USERS:
        assert len(oracle.reserved[user]) == RESERVED_IDS, "long enough for ids to be forgotten"
        for question in (GetOrders(user), GetPositions(user)):
            assert engine.process(question, 0) == oracle.process(question, 0)


def a_bid(client_order_id: str) -> NewOrder:
    """A bid that nothing trades with."""
    return NewOrder(
        "alice",
        client_order_id,
        "ACME",
        Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, ACME.tick_size_nanos, 1),
    )


def codes(engine: Engine, *commands: Command) -> list[Code]:
    """Why each command was refused; those that were not are left out."""
    events = [event for command in commands for event in engine.process(command, 7)]
    return [event.code for event in events if isinstance(event, (OrderRejected, CancelRejected))]


def test_the_last_thousand_done_ids_stay_reserved_and_the_one_before_is_free() -> None:
    """A client order id is refused while it is one of the last 1,000 done (RULES 14), then it is free."""
    sequence: list[Stamped] = [(ListInstrument(ACME), 0)]
    for n in range(RESERVED_IDS + 1):
        sequence += [(a_bid(f"c{n}"), n), (CancelOrder("alice", None, f"c{n}"), n)]
    engine, _oracle = run_both(sequence, check_every=100)
    assert codes(engine, a_bid("c1")) == [RejectCode.DUPLICATE_CLIENT_ORDER_ID]
    assert codes(engine, CancelOrder("alice", 1, None)) == [RejectCode.UNKNOWN_ORDER]
    assert codes(engine, CancelOrder("alice", 2, None)) == [RejectCode.TOO_LATE]
    assert codes(engine, a_bid("c0"), CancelOrder("alice", None, "c0"), a_bid("c1")) == []


def test_the_old_ids_of_a_renamed_order_name_it_until_they_are_forgotten() -> None:
    """A rename reserves the old id as a done order's: 1,000 renames later it names nothing and is free again."""
    renames = [(ReplaceOrder("alice", None, f"c{n}", None, None, f"c{n + 1}"), n) for n in range(RESERVED_IDS + 2)]
    sequence: list[Stamped] = [(ListInstrument(ACME), 0), (a_bid("c0"), 0), *renames]
    sequence += [(CancelOrder("bob", None, "c5"), 0), (ReplaceOrder("alice", None, "c0", None, 5, None), 0)]
    sequence += [(ReplaceOrder("alice", None, "c2", None, 5, "c2"), 0), (a_bid("c0"), 0), (a_bid("c1"), 0)]
    sequence += [(CancelOrder("alice", None, "c2"), 0), (CancelOrder("alice", None, "c2"), 0)]
    run_both(sequence, check_every=50)
