"""Engine and oracle under commands of every kind, and what must hold whatever the oracle thinks."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest

from exchange.engine.commands import Command, Endow, GetPositions
from exchange.engine.desk import Position
from exchange.engine.engine import Engine
from exchange.engine.events import (
    Endowed,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    OrderTriggered,
    PositionsListed,
    Settled,
)
from exchange.engine.trade import Trade
from exchange.engine.words import Phase, Side
from tests.support.both import Both, every_rule_session
from tests.support.every_rule import USERS, EveryRule, listings

SEEDS = range(6)
COMMANDS = 1_500


@pytest.fixture(scope="module", params=SEEDS)
def session(request: pytest.FixtureRequest) -> Both:
    """A session in which engine and oracle agreed on every event."""
    return every_rule_session(request.param, COMMANDS)


@pytest.fixture(scope="module")
def events(session: Both) -> list[Event]:
    """Everything that happened, told by an engine that heard it all again."""
    return [event for happened in replayed(session.told)[1] for event in happened]


def replayed(told: list[tuple[Command, int]]) -> tuple[Engine, list[list[Event]]]:
    """A new engine that was told the same, and what it said to each command."""
    engine = Engine()
    return engine, [engine.process(command, timestamp) for command, timestamp in told]


def test_the_same_commands_give_the_same_state(session: Both) -> None:
    engine, _ = replayed(session.told)
    assert engine.state_hash() == session.engine.state_hash()


def test_a_restored_engine_goes_on_as_the_one_that_was_saved(session: Both) -> None:
    """Saved in the middle, whatever was waiting, halted or half shown then."""
    half = len(session.told) // 2
    first, _ = replayed(session.told[:half])
    restored = Engine.restore(first.snapshot())
    assert restored.state_hash() == first.state_hash()
    for command, timestamp in session.told[half:]:
        assert restored.process(command, timestamp) == first.process(command, timestamp), command
    assert restored.state_hash() == session.engine.state_hash()


def test_quantity_is_executed_remaining_or_canceled(session: Both, events: list[Event]) -> None:
    """Of every order, told by its events alone; nothing is left over or counted twice."""
    quantity: dict[int, int] = {}
    executed: dict[int, int] = defaultdict(int)
    gone: dict[int, int] = defaultdict(int)
    for event in events:
        if isinstance(event, OrderAccepted):
            quantity[event.order_id] = event.terms.quantity
        elif isinstance(event, OrderReplaced):
            quantity[event.order_id] = event.quantity
        elif isinstance(event, OrderExecuted):
            executed[event.order_id] += event.quantity
        elif isinstance(event, (OrderCanceled, OrderExpired)):
            gone[event.order_id] += event.remaining_quantity
            if not event.remaining_quantity:
                # RULES 11: a total at or below what was executed ends the order at what was executed.
                quantity[event.order_id] = executed[event.order_id]
    remaining = {order.order_id: order.remaining for order in session.oracle.live}
    for order_id, total in quantity.items():
        assert total == executed[order_id] + gone[order_id] + remaining.get(order_id, 0), order_id


def test_an_uncross_has_one_price_and_leaves_nothing_crossed(session: Both) -> None:
    engine = Engine()
    uncrosses = 0
    for command, timestamp in session.told:
        trades = [event for event in engine.process(command, timestamp) if isinstance(event, Trade)]
        auctions = [trade for trade in trades if trade.is_auction]
        uncrosses += bool(auctions)
        assert len({(trade.symbol, trade.price) for trade in auctions}) == len({t.symbol for t in auctions})
        assert all(trade.aggressor_side is None for trade in auctions)
        for symbol in {trade.symbol for trade in auctions}:
            book = engine.book(symbol)
            if book.phase is Phase.CONTINUOUS:
                bid, ask = book.bids.best(), book.asks.best()
                assert bid is None or ask is None or bid.price < ask.price
    assert uncrosses, "the session must have had some"


def test_no_stop_is_triggered_without_its_trade(events: list[Event]) -> None:
    """Each trigger has a trade at or through its stop price behind it, since the stop price was given."""
    sides: dict[int, Side] = {}
    extremes: dict[int, list[int]] = {}
    waiting: dict[str, set[int]] = defaultdict(set)
    triggers = 0
    for event in events:
        if isinstance(event, OrderAccepted) and event.terms.stop_price_nanos is not None:
            sides[event.order_id], extremes[event.order_id] = event.terms.side, []
            waiting[event.symbol].add(event.order_id)
        elif isinstance(event, OrderReplaced) and event.order_id in waiting[event.symbol]:
            continue
        elif isinstance(event, Trade):
            for order_id in waiting[event.symbol]:
                extremes[order_id].append(event.price)
        elif isinstance(event, OrderTriggered):
            triggers += 1
            waiting[event.symbol].discard(event.order_id)
            prices, is_buy = extremes[event.order_id], sides[event.order_id] is Side.BUY
            assert any(price >= event.stop_price if is_buy else price <= event.stop_price for price in prices)
    assert triggers, "the session must have had some"


def test_positions_sum_to_what_was_endowed(session: Both) -> None:
    """Every unit that somebody bought somebody sold; what is over was given, and settled away (RULES 27)."""
    endowed: dict[str, int] = defaultdict(int)
    engine = Engine()
    for command, timestamp in session.told:
        happened = engine.process(command, timestamp)
        last = happened[-1] if happened else None
        if isinstance(command, Endow) and isinstance(last, Endowed) and command.symbol is not None:
            endowed[command.symbol] += command.quantity
        elif isinstance(last, Settled):
            endowed[last.symbol] = 0
    for symbol in engine.books:
        held = sum(account.position(symbol).net_quantity for account in engine.accounts.values())
        assert held == endowed[symbol], symbol


def test_cash_and_positions_are_told_as_the_oracle_counts_them(session: Both) -> None:
    """Cash, fees and gains to the last 10⁻⁹."""
    for user in USERS:
        [answer] = session.tell(GetPositions(user), 0)
        assert isinstance(answer, PositionsListed) and answer.positions, user


def test_realised_and_unrealised_are_the_cash_flow_to_the_last_nano() -> None:
    """Over a million fills: what was gained is what came in, plus what is held at the last price (RULES 25)."""
    random, position, cash = Random(25), Position(), 0
    for _ in range(1_000_000):
        side, price = random.choice((Side.BUY, Side.SELL)), random.randint(1, 10**12)
        quantity = random.randint(1, 99)
        position.change(quantity if side is Side.BUY else -quantity, price)
        cash += -price * quantity if side is Side.BUY else price * quantity
    unrealised = position.net_quantity * price - position.cost
    assert position.realised_pnl + unrealised == cash + position.net_quantity * price


def test_a_fault_planted_in_the_rules_is_noticed() -> None:
    """The comparison can fail: an oracle that knows of no icebergs is found out."""
    both = Both()
    for command in listings():
        both.tell(command, 0)
    with pytest.raises(AssertionError, match="displayed_quantity"):
        tell_without_icebergs(both)


def tell_without_icebergs(both: Both) -> None:
    """Commands of every kind to an oracle that forgets what orders show."""
    drawn = EveryRule(1, both.oracle)
    for number in range(COMMANDS):
        for order in both.oracle.live:
            order.display_quantity = None
        both.tell(drawn.next_command(), number)
