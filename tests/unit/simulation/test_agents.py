"""The minds of the simulated traders: every wish is valid, a seed repeats them, and each has its character."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.words import Side, TimeInForce
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place, Replace
from exchange.simulation.traded_instrument import TradedInstrument
from exchange.simulation.traders.agent import Agent
from exchange.simulation.traders.agent_types import AGENT_TYPES
from exchange.simulation.traders.market_maker import MarketMaker
from exchange.simulation.traders.market_view import MarketView, WorkingOrder
from exchange.simulation.traders.momentum_trader import MomentumTrader
from exchange.simulation.traders.noise_trader import NoiseTrader

INSTRUMENT = TradedInstrument("ACME", Decimal("0.01"), lot_size=10, min_quantity=25, max_quantity=150)
PRICES = st.integers(1, 20_000)


def view(
    bid: Optional[int] = 9_990,
    ask: Optional[int] = 10_010,
    *own: WorkingOrder,
    reference: int = 10_000,
    held: int = 0,
) -> MarketView:
    return MarketView(bid, ask, reference, own, held)


@st.composite
def own_orders(draw: st.DrawFn) -> list[WorkingOrder]:
    orders = []
    for number in range(draw(st.integers(0, 25))):
        quantity = draw(st.integers(2, 15)) * 10
        remaining = draw(st.integers(1, quantity))
        orders.append(
            WorkingOrder(f"own-{number}", draw(st.sampled_from(Side)), draw(PRICES), quantity, remaining)
        )
    return orders


POSITIONS = st.integers(-10_000, 10_000)
VIEWS = st.builds(MarketView, st.none() | PRICES, st.none() | PRICES, PRICES, own_orders(), POSITIONS)


def is_orderly(quantity: int) -> bool:
    return INSTRUMENT.min_quantity <= quantity <= INSTRUMENT.max_quantity and quantity % INSTRUMENT.lot_size == 0


def check(intent: Intent, seen: MarketView) -> None:
    own = {order.client_order_id: order for order in seen.own_orders}
    if isinstance(intent, Place):
        assert is_orderly(intent.quantity)
        assert intent.price is None or intent.price >= 1
        assert intent.price is not None or seen.best(intent.side.opposite) is not None
    elif isinstance(intent, Replace):
        assert is_orderly(intent.quantity - own[intent.client_order_id].executed_quantity)
        assert intent.price is not None and intent.price >= 1
    else:
        assert intent.client_order_id in own


@pytest.mark.parametrize("agent_type", list(dict.fromkeys(AGENT_TYPES)))
@given(views=st.lists(VIEWS, min_size=1, max_size=30), seed=st.integers(0, 1_000))
def test_whatever_an_agent_sees_it_asks_for_something_that_makes_sense(
    agent_type: type[Agent], views: list[MarketView], seed: int
) -> None:
    agent = agent_type(INSTRUMENT, random.Random(seed))
    for seen in views:
        check(agent.next_intent(seen), seen)


@pytest.mark.parametrize("agent_type", list(dict.fromkeys(AGENT_TYPES)))
@given(views=st.lists(VIEWS, min_size=1, max_size=30), seed=st.integers(0, 1_000))
def test_the_same_seed_and_views_give_the_same_intents(
    agent_type: type[Agent], views: list[MarketView], seed: int
) -> None:
    first, second = (agent_type(INSTRUMENT, random.Random(seed)) for _ in range(2))
    assert [first.next_intent(seen) for seen in views] == [second.next_intent(seen) for seen in views]


def test_another_seed_gives_other_intents() -> None:
    first, second = (NoiseTrader(INSTRUMENT, random.Random(seed)) for seed in (1, 2))
    assert [first.next_intent(view()) for _ in range(20)] != [second.next_intent(view()) for _ in range(20)]


def test_a_noise_trader_rests_on_both_sides_and_takes() -> None:
    trader = NoiseTrader(INSTRUMENT, random.Random(1))
    placed = [intent for _ in range(300) if isinstance(intent := trader.next_intent(view()), Place)]
    assert {intent.side for intent in placed} == set(Side)
    assert {intent.time_in_force for intent in placed} == {TimeInForce.GTC, TimeInForce.IOC, None}


def test_a_noise_trader_with_many_orders_cancels_one() -> None:
    own = [WorkingOrder(f"own-{number}", Side.BUY, 9_000, 30, 30) for number in range(NoiseTrader.ORDERS_MAX)]
    assert isinstance(NoiseTrader(INSTRUMENT, random.Random(1)).next_intent(view(9_990, 10_010, *own)), Cancel)


def test_a_noise_trader_far_above_its_first_price_only_sells() -> None:
    trader = NoiseTrader(INSTRUMENT, random.Random(1))
    trader.next_intent(view(reference=10_000))
    intents = [trader.next_intent(view(11_990, 12_010, reference=12_000)) for _ in range(50)]
    assert {intent.side for intent in intents if isinstance(intent, Place)} == {Side.SELL}


def test_a_market_maker_on_an_empty_book_comes_to_quote_all_its_prices_on_both_sides() -> None:
    quotes = settled_quotes(MarketMaker(INSTRUMENT, random.Random(1)), reference=10_000, held=0)
    assert sorted(quotes, reverse=True) == [10_006, 10_004, 10_002, 9_998, 9_996, 9_994]


def test_a_market_maker_that_holds_too_much_quotes_lower() -> None:
    held = MarketMaker.LOTS_PER_SKEW_TICK * INSTRUMENT.lot_size * 3
    quotes = settled_quotes(MarketMaker(INSTRUMENT, random.Random(1)), reference=10_000, held=held)
    assert sorted(quotes, reverse=True) == [10_003, 10_001, 9_999, 9_995, 9_993, 9_991]


def test_a_market_maker_follows_a_market_that_has_moved() -> None:
    maker = MarketMaker(INSTRUMENT, random.Random(1))
    stray = tuple(WorkingOrder(f"old-{number}", Side.BUY, 8_000 + number, 30, 30) for number in range(3))
    quotes = settled_quotes(maker, reference=10_000, held=0, own=stray)
    assert min(quotes) == 9_994


def settled_quotes(maker: MarketMaker, reference: int, held: int, own: tuple[WorkingOrder, ...] = ()) -> list[int]:
    """The prices a maker has in the book after many decisions that were all granted."""
    orders = {order.client_order_id: order for order in own}
    for number in range(200):
        seen = MarketView(None, None, reference, tuple(orders.values()), held)
        intent = maker.next_intent(seen)
        check(intent, seen)
        if isinstance(intent, Cancel):
            del orders[intent.client_order_id]
        else:
            name = intent.client_order_id or f"quote-{number}"
            side = intent.side if isinstance(intent, Place) else orders[name].side
            assert intent.price is not None
            orders[name] = WorkingOrder(name, side, intent.price, intent.quantity, intent.quantity)
    return [order.price for order in orders.values()]


@pytest.mark.parametrize(("step", "side", "price"), [(2, Side.BUY, 10_010), (-2, Side.SELL, 9_990)])
def test_a_momentum_trader_takes_in_the_direction_of_the_trend(step: int, side: Side, price: int) -> None:
    trader = MomentumTrader(INSTRUMENT, random.Random(1))
    intents = [trader.next_intent(view(reference=10_000 + number * step)) for number in range(5)]
    for intent in intents[1:]:
        assert isinstance(intent, Place)
        assert (intent.side, intent.price, intent.time_in_force) == (side, price, TimeInForce.IOC)


def test_a_momentum_trader_without_a_trend_rests_at_the_best_price() -> None:
    intent = MomentumTrader(INSTRUMENT, random.Random(1)).next_intent(view())
    assert isinstance(intent, Place)
    assert intent.time_in_force is TimeInForce.GTC and intent.price == view().best(intent.side)


def test_a_momentum_trader_that_holds_too_much_sells_against_the_trend() -> None:
    trader = MomentumTrader(INSTRUMENT, random.Random(1))
    held = MomentumTrader.POSITION_LOTS_MAX * INSTRUMENT.lot_size
    for number in range(5):
        intent = trader.next_intent(view(reference=10_000 + number * 2, held=held))
        assert isinstance(intent, Place) and intent.side is Side.SELL
