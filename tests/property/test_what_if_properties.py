"""A day played again with one order changed, held against the plainest way to play it, over random days."""

from __future__ import annotations

from collections import Counter
from typing import Optional

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.engine.commands import CancelOrder, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.events import OrderAccepted, PositionState
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, SelfTradePrevention, Side, TimeInForce
from exchange.laboratory.history import History
from exchange.laboratory.recorded.altered_day import AlteredDay, OrderChange
from exchange.laboratory.what_if import WhatIf, entry_of, positions_of, what_if
from tests.property.strategies import USERS, Stamped, long_session
from tests.support.recorded_days import every_rule_day

# Buyer's and seller's client order ids, price, quantity.
NamedTrade = tuple[str, str, int, int]


def entries(history: History) -> dict[int, OrderAccepted]:
    """Every order that the day took, by id."""
    found: dict[int, OrderAccepted] = {}
    history.at(history.first)
    while (moment := history.next()) is not None:
        found.update({each.order_id: each for each in moment.events if isinstance(each, OrderAccepted)})
    return found


def plainly_played(day: list[Stamped], change: Optional[OrderChange]) -> tuple[Engine, Counter[NamedTrade]]:
    """One engine told every recorded command; of a day in which orders are named by client order ids alone."""
    recorded, engine, trades = Engine(), Engine(), Counter[NamedTrade]()
    names: dict[int, str] = {}
    for command, timestamp in day:
        asked = command
        before, sequence = recorded.last_order_id, recorded.sequence
        recorded.process(command, timestamp)
        if recorded.sequence == sequence:
            # What was refused is in no record.
            continue
        is_entry = recorded.last_order_id > before
        if change is not None and is_entry and recorded.last_order_id == change.order_id:
            assert isinstance(command, NewOrder)
            changed = change.applied(command)
            if changed is None:
                continue
            asked = changed
        for event in engine.process(asked, timestamp):
            if isinstance(event, OrderAccepted):
                names[event.order_id] = event.client_order_id
            elif isinstance(event, Trade):
                buy, sell = names[event.buy_order_id], names[event.sell_order_id]
                trades[buy, sell, event.price, event.quantity] += 1
    return engine, trades


def named(trade: Trade, orders: dict[int, OrderAccepted]) -> NamedTrade:
    buy, sell = orders[trade.buy_order_id], orders[trade.sell_order_id]
    return buy.client_order_id, sell.client_order_id, trade.price, trade.quantity


def assert_as_plainly_played(day: list[Stamped], history: History, change: OrderChange) -> WhatIf:
    found, orders = what_if(history, change), entries(history)
    was_engine, was = plainly_played(day, None)
    would_engine, would = plainly_played(day, change)
    gone = Counter(named(each.recorded, orders) for each in found.trades if each.recorded)
    new = Counter(named(each.altered, orders) for each in found.trades if each.altered)
    # What has only another time is the same here.
    assert gone - new == was - would
    assert new - gone == would - was
    results = {each.user: (each.recorded, each.altered) for each in found.results}
    for user in USERS:
        flat = PositionState("WIDE", 0, 0, 0, 0, 0)
        pair = positions_of(was_engine, user).get("WIDE", flat), positions_of(would_engine, user).get("WIDE", flat)
        assert results.get(user, pair) == pair
        assert (user in results) == (pair[0] != pair[1])
    return found


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_nothing_changed_is_no_difference_under_every_rule(seed: int, choice: int) -> None:
    with History.of(every_rule_day(seed, 250)) as history:
        order_ids = list(entries(history))
        found = what_if(history, OrderChange(order_ids[choice % len(order_ids)]))
    assert (found.trades, found.results, found.markets, found.refused) == ([], [], [], {})
    assert (found.first_difference, found.refusal, found.dropped_count) == (None, None, 0)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.booleans(), st.integers(-30, 30), st.integers(1, 200))
def test_an_altered_day_is_what_playing_it_plainly_gives(
    seed: int, choice: int, is_left_out: bool, ticks: int, quantity: int
) -> None:
    day = long_session(seed, 250)
    with History.of(day) as history:
        order_ids = list(entries(history))
        order_id = order_ids[choice % len(order_ids)]
        terms = entry_of(history, order_id)[1].terms
        assert terms.price_nanos is not None
        price_nanos = terms.price_nanos + ticks * 10_000_000
        changed = OrderChange(order_id, False, price_nanos, quantity)
        change = OrderChange(order_id, True) if is_left_out else changed
        assert_as_plainly_played(day, history, change)


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_without_an_order_that_nobody_met_no_trade_differs(seed: int) -> None:
    day = long_session(seed, 200)
    lonely = Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 10_000_000, 7, True, SelfTradePrevention.NONE)
    day[50:50] = [(NewOrder("alice", "lonely", "WIDE", lonely), 1)]
    day.append((CancelOrder("alice", None, "lonely"), 10**6))
    with History.of(day) as history:
        order_id = next(each.order_id for each in entries(history).values() if each.client_order_id == "lonely")
        found = assert_as_plainly_played(day, history, OrderChange(order_id, True))
    assert (found.trades, found.results, found.markets, found.first_difference) == ([], [], [], None)
    assert found.dropped_count <= 1


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_an_altered_day_is_sound_under_every_rule(seed: int, choice: int) -> None:
    with History.of(every_rule_day(seed, 250)) as history:
        order_ids = list(entries(history))
        order_id = order_ids[choice % len(order_ids)]
        sequence, _accepted = entry_of(history, order_id)
        day = AlteredDay(history.engine_at(sequence - 1), OrderChange(order_id, True))
        for twice in day.play(history.commands(sequence - 1)):
            if twice.sequence % 10 == 0:
                day.altered.check_invariants()
        for recorded_id in order_ids:
            altered_id = day.altered_id(recorded_id)
            assert altered_id is None or day.recorded_id(altered_id) == recorded_id
        assert day.altered_id(order_id) is None
