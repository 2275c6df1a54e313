"""What holds for every sequence of commands, said without an oracle.

Each property is asserted from the events and the book alone, so that a mistake made alike in the engine and in the
oracle still shows.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.commands import CancelOrders, GetOrders, GetPositions, NewOrder, SetLimits
from exchange.engine.engine import Engine
from exchange.engine.events import (
    CancelRejected,
    Event,
    InstrumentStatusChanged,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderRejected,
    OrderReplaced,
    OrdersListed,
    PositionsListed,
    PositionState,
    ReplaceRejected,
    RequestRejected,
    UserBlocked,
    UserUnblocked,
)
from exchange.engine.limits import Limits
from exchange.engine.trade import Trade
from exchange.engine.words import OrderStatus, OrderType, Phase, Side, TimeInForce
from tests.property.strategies import ACME, BOND, USERS, Stamped, command_sequences

TICK_NANOS = {instrument.symbol: instrument.tick_size_nanos for instrument in (ACME, BOND)}
PRIVATE = (OrderAccepted, OrderExecuted, OrderCanceled, OrderReplaced)
REFUSALS = (OrderRejected, CancelRejected, ReplaceRejected, RequestRejected)


def play(engine: Engine, sequence: list[Stamped]) -> list[list[Event]]:
    """The events of each command."""
    return [engine.process(command, timestamp_ns) for command, timestamp_ns in sequence]


def positions(engine: Engine, user: str) -> tuple[PositionState, ...]:
    """The user's positions."""
    (answer,) = engine.process(GetPositions(user), 0)
    assert isinstance(answer, PositionsListed)
    return answer.positions


@given(command_sequences())
def test_the_book_is_never_crossed_or_locked(sequence: list[Stamped]) -> None:
    engine = Engine()
    for command, timestamp_ns in sequence:
        engine.process(command, timestamp_ns)
        engine.check_invariants()
        for instrument in engine.instruments():
            book = engine.book(instrument.symbol)
            bids, asks = book.bids.depth(1), book.asks.depth(1)
            assert not bids or not asks or bids[0][0] < asks[0][0]


@given(command_sequences())
def test_quantity_is_executed_plus_remaining_plus_canceled(sequence: list[Stamped]) -> None:
    """For each order, told by its events; at the end what remains is what the engine lists as live."""
    engine = Engine()
    total: dict[int, int] = {}
    executed: dict[int, int] = defaultdict(int)
    canceled: dict[int, int] = defaultdict(int)
    ended: set[int] = set()
    for event in sum(play(engine, sequence), []):
        if isinstance(event, OrderAccepted):
            total[event.order_id] = event.terms.quantity
        elif isinstance(event, OrderExecuted):
            executed[event.order_id] += event.quantity
            assert event.remaining_quantity == total[event.order_id] - executed[event.order_id]
            assert (event.status is OrderStatus.FILLED) == (event.remaining_quantity == 0)
        elif isinstance(event, OrderReplaced):
            total[event.order_id] = event.quantity
            assert event.remaining_quantity == event.quantity - executed[event.order_id] > 0
        elif isinstance(event, OrderCanceled):
            assert event.order_id not in ended
            ended.add(event.order_id)
            canceled[event.order_id] = event.remaining_quantity
            # A replace to at most what was executed cancels with nothing remaining (RULES 11).
            cut = event.remaining_quantity == 0
            total[event.order_id] = executed[event.order_id] if cut else total[event.order_id]
    remaining = {i: total[i] - executed[i] - canceled[i] for i in total}
    listed = [answer for user in USERS for answer in engine.process(GetOrders(user), 0)]
    live = {o.order_id: o.remaining_quantity for a in listed if isinstance(a, OrdersListed) for o in a.orders}
    assert {order_id: left for order_id, left in remaining.items() if left} == live


@given(command_sequences())
def test_every_trade_takes_the_first_in_price_time_priority_at_its_price(sequence: list[Stamped]) -> None:
    """Orders are taken in the sequence in which they rested before the command, none passed over (RULES 1).

    Only own orders may be passed over by trades, when prevention canceled or reduced them.
    """
    engine = Engine()
    for command, timestamp_ns in sequence:
        queues = {
            (book.instrument.symbol, side.side): [(order.order_id, order.price) for order in side.orders()]
            for book in (engine.book(instrument.symbol) for instrument in engine.instruments())
            for side in (book.bids, book.asks)
        }
        events = engine.process(command, timestamp_ns)
        trades = [event for event in events if isinstance(event, Trade)]
        if not trades:
            continue
        taker = trades[0].aggressor_side
        assert taker is not None
        queue = queues[trades[0].symbol, taker.opposite]
        makers = [(t.sell_order_id if taker is Side.BUY else t.buy_order_id) for t in trades]
        aggressor = trades[0].buyer if taker is Side.BUY else trades[0].seller
        changed = [e for e in events if isinstance(e, (OrderCanceled, OrderReplaced)) and e.user == aggressor]
        gone = {event.order_id for event in changed} - set(makers)
        expected = [(order_id, price) for order_id, price in queue if order_id not in gone][: len(makers)]
        assert [(maker, trade.price) for maker, trade in zip(makers, trades, strict=True)] == expected


@given(command_sequences())
def test_ids_and_sequences_count_without_gap(sequence: list[Stamped]) -> None:
    engine = Engine()
    events = sum(play(engine, sequence), [])
    accepted = [event.order_id for event in events if isinstance(event, OrderAccepted)]
    trades = [event.trade_id for event in events if isinstance(event, Trade)]
    assert accepted == list(range(1, len(accepted) + 1))
    assert trades == list(range(1, len(trades) + 1))
    for user in USERS:
        seqs = [event.seq for event in events if isinstance(event, PRIVATE) and event.user == user]
        assert seqs == list(range(1, len(seqs) + 1))
        assert engine.last_seq(user) == len(seqs)


@given(command_sequences())
def test_each_trade_is_told_to_its_maker_and_then_to_its_taker(sequence: list[Stamped]) -> None:
    """The trade, then both executions, with the trade's price, quantity, id and time."""
    for events in play(Engine(), sequence):
        for place, trade in enumerate(events):
            if not isinstance(trade, Trade):
                continue
            maker, taker = events[place + 1 : place + 3]
            assert isinstance(maker, OrderExecuted)
            assert isinstance(taker, OrderExecuted)
            assert (maker.liquidity.value, taker.liquidity.value) == ("MAKER", "TAKER")
            assert taker.side is trade.aggressor_side is maker.side.opposite
            orders = {maker.side: (maker.order_id, maker.user), taker.side: (taker.order_id, taker.user)}
            assert orders[Side.BUY] == (trade.buy_order_id, trade.buyer)
            assert orders[Side.SELL] == (trade.sell_order_id, trade.seller)
            for told in (maker, taker):
                assert (told.trade_id, told.price, told.quantity) == (trade.trade_id, trade.price, trade.quantity)
                assert told.timestamp == trade.timestamp


@given(command_sequences())
def test_ioc_fok_and_market_orders_never_rest_and_fok_is_all_or_nothing(sequence: list[Stamped]) -> None:
    engine = Engine()
    for (command, _timestamp_ns), events in zip(sequence, play(engine, sequence), strict=True):
        accepted = next((event for event in events if isinstance(event, OrderAccepted)), None)
        if accepted is None or not isinstance(command, NewOrder):
            continue
        terms = command.terms
        told = [event for event in events if isinstance(event, (OrderExecuted, OrderCanceled))]
        own = [event for event in told if event.order_id == accepted.order_id]
        filled = sum(event.quantity for event in own if isinstance(event, OrderExecuted))
        if terms.time_in_force is TimeInForce.FOK:
            assert filled == terms.quantity
        if terms.post_only:
            assert filled == 0
        if terms.order_type is OrderType.MARKET or terms.time_in_force is TimeInForce.IOC:
            last = own[-1]
            assert isinstance(last, OrderCanceled) or last.remaining_quantity == 0


@given(command_sequences())
def test_a_refused_command_or_a_question_changes_nothing(sequence: list[Stamped]) -> None:
    engine = Engine()
    for command, timestamp_ns in sequence:
        before = engine.state_hash(), engine.sequence
        events = engine.process(command, timestamp_ns)
        if not events or isinstance(events[0], (*REFUSALS, OrdersListed, PositionsListed)):
            assert len(events) == (0 if isinstance(command, CancelOrders) else 1)
            assert (engine.state_hash(), engine.sequence) == before
        else:
            assert not any(isinstance(event, REFUSALS) for event in events)


@given(command_sequences())
def test_the_same_commands_at_the_same_times_give_the_same_events_and_state(sequence: list[Stamped]) -> None:
    first, second = Engine(), Engine()
    assert play(first, sequence) == play(second, sequence)
    assert first.state_hash() == second.state_hash()


@given(command_sequences())
def test_the_commands_that_changed_something_are_all_that_is_needed_for_a_replay(sequence: list[Stamped]) -> None:
    """A journal holds only those that raised `sequence`: played alone they lead to the same state and events."""
    engine = Engine()
    kept: list[Stamped] = []
    told: list[list[Event]] = []
    for command, timestamp_ns in sequence:
        before = engine.sequence
        events = engine.process(command, timestamp_ns)
        assert engine.sequence - before in (0, 1)
        if engine.sequence != before:
            kept.append((command, timestamp_ns))
            told.append(events)
    replayed = Engine()
    assert play(replayed, kept) == told
    assert replayed.state_hash() == engine.state_hash()


def through_json(records: Any) -> list[list[Any]]:
    """The records as they come back from a file."""
    return [json.loads(json.dumps(record)) for record in records]


@given(command_sequences(), st.integers(0, 100))
def test_a_snapshot_anywhere_changes_nothing_that_follows(sequence: list[Stamped], place: int) -> None:
    """Restored from its snapshot, and from one that went through JSON, the engine goes on as if nothing was."""
    place = min(place, len(sequence))
    engine = Engine()
    play(engine, sequence[:place])
    records = list(engine.snapshot())
    restored = [Engine.restore(records), Engine.restore(through_json(records))]
    for copy in restored:
        copy.check_invariants()
        assert copy.state_hash() == engine.state_hash()
        assert list(copy.snapshot()) == records
    expected = play(engine, sequence[place:])
    for copy in restored:
        assert play(copy, sequence[place:]) == expected
        assert copy.state_hash() == engine.state_hash()
        assert copy.sequence == engine.sequence


@given(command_sequences(), st.integers(0, 100))
def test_states_that_differ_have_different_hashes(sequence: list[Stamped], place: int) -> None:
    """Each command that changed something changed the hash."""
    engine = Engine()
    hashes = {engine.state_hash()}
    for command, timestamp_ns in sequence:
        engine.process(command, timestamp_ns)
        hashes.add(engine.state_hash())
    assert len(hashes) == engine.sequence + 1


@given(command_sequences())
def test_who_is_blocked_or_halted_cancels_but_neither_enters_nor_trades(sequence: list[Stamped]) -> None:
    """Told from the answers to the operator alone."""
    engine = Engine()
    blocked: set[str] = set()
    halted: set[str] = set()
    for event in (event for events in play(engine, sequence) for event in events):
        if isinstance(event, UserBlocked):
            blocked.add(event.user)
        elif isinstance(event, UserUnblocked):
            blocked.discard(event.user)
        elif isinstance(event, InstrumentStatusChanged):
            (halted.add if event.phase is Phase.HALTED else halted.discard)(event.symbol)
        elif isinstance(event, (OrderAccepted, OrderExecuted, OrderReplaced)):
            assert event.user not in blocked
            assert event.symbol not in halted


@given(command_sequences())
def test_no_position_ever_leaves_the_limit_it_was_held_to(sequence: list[Stamped]) -> None:
    """Under one limit, set before the first order, whatever comes to be filled stays within it."""
    engine = Engine()
    engine.process(SetLimits(Limits(position_max=30)), 0)
    for command, timestamp_ns in sequence:
        if not isinstance(command, SetLimits):
            engine.process(command, timestamp_ns)
    for user in USERS:
        assert all(abs(position.net_quantity) <= 30 for position in positions(engine, user))


@given(command_sequences())
def test_money_and_positions_are_conserved(sequence: list[Stamped]) -> None:
    """What holds exactly, because the remainder of each division stays in the cost of what is still held:

    * over all users, the net positions of a symbol sum to nothing;
    * realised P&L is the cash that came in plus the cost of what is held, so over all users the realised P&L sums
      to the summed cost, and realised and unrealised together sum to nothing.
    """
    engine = Engine()
    cash: dict[tuple[str, str], int] = defaultdict(int)
    volume: dict[tuple[str, str], int] = defaultdict(int)
    for event in sum(play(engine, sequence), []):
        if isinstance(event, OrderExecuted):
            direction = -1 if event.side is Side.BUY else 1
            cash[event.user, event.symbol] += direction * event.price * event.quantity * TICK_NANOS[event.symbol]
            volume[event.user, event.symbol] += event.quantity
    held = {(user, p.symbol): p for user in USERS for p in positions(engine, user)}
    assert {key: position.volume for key, position in held.items()} == volume
    for key, position in held.items():
        assert position.realised_pnl_nanos == cash[key] + position.cost_nanos
        assert (position.cost_nanos > 0) == (position.net_quantity > 0)
        assert (position.cost_nanos < 0) == (position.net_quantity < 0)
    for symbol in {symbol for _user, symbol in held}:
        ours = [position for (_user, owned), position in held.items() if owned == symbol]
        assert sum(position.net_quantity for position in ours) == 0
        assert sum(position.realised_pnl_nanos - position.cost_nanos for position in ours) == 0
        assert sum(position.realised_pnl_nanos + position.unrealised_pnl_nanos for position in ours) == 0
