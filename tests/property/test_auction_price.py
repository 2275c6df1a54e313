"""The auction price against a brute force that tries every candidate (RULES 20)."""

from __future__ import annotations

from random import Random
from typing import Optional

import pytest

from exchange.engine.commands import ListInstrument, NewOrder, ResumeInstrument, SetPhase
from exchange.engine.engine import Engine
from exchange.engine.events import Event
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, Phase, Side, TimeInForce

TICK = 10_000_000
BOOKS = 20_000

# Side, price in ticks or None for MARKET, quantity.
Wish = tuple[Side, Optional[int], int]


def random_wishes(random: Random) -> list[Wish]:
    """Few orders over few prices, so that ties, gaps and one-sided books are common."""
    width, count = random.choice((1, 3, 6, 12)), random.randint(0, 9)
    return [
        (
            random.choice(list(Side)),
            None if random.random() < 0.15 else 100 + random.randint(0, width),
            random.choice((1, 2, 5, 5, 10, 50)),
        )
        for _ in range(count)
    ]


def brute_force(wishes: list[Wish], reference: Optional[int]) -> Optional[tuple[int, int]]:
    """(price, volume) by the letter of the rule; None where there is no auction."""

    def wanted(side: Side, price: int) -> int:
        sign = 1 if side is Side.BUY else -1
        return sum(q for s, limit, q in wishes if s is side and (limit is None or sign * limit >= sign * price))

    def volume(price: int) -> int:
        return min(wanted(Side.BUY, price), wanted(Side.SELL, price))

    def surplus(price: int) -> int:
        return wanted(Side.BUY, price) - wanted(Side.SELL, price)

    candidates = sorted({limit for _, limit, _ in wishes if limit is not None})
    if not candidates:
        return (reference, volume(reference)) if reference is not None and volume(reference) else None
    most = max(map(volume, candidates))
    if not most:
        return None
    best = [price for price in candidates if volume(price) == most]
    least = min(abs(surplus(price)) for price in best)
    best = [price for price in best if abs(surplus(price)) == least]
    if len(best) == 1:
        return best[0], most
    if all(surplus(price) > 0 for price in best):
        return best[-1], most
    if all(surplus(price) < 0 for price in best):
        return best[0], most
    middle = (best[0] + best[-1]) // 2
    return (middle if reference is None else min(max(reference, best[0]), best[-1])), most


def uncrossed(wishes: list[Wish], reference: Optional[int]) -> list[Trade]:
    """What the engine trades when a call over these orders ends."""
    engine = Engine()
    nanos = None if reference is None else reference * TICK
    engine.process(ListInstrument(Instrument("ACME", reference_price_nanos=nanos)), 0)
    engine.process(SetPhase("ACME", Phase.AUCTION), 0)
    for number, (side, price, quantity) in enumerate(wishes):
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        terms = Terms(side, kind, TimeInForce.DAY, None if price is None else price * TICK, quantity)
        engine.process(NewOrder(f"user{number}", "1", "ACME", terms), 0)
    events: list[Event] = engine.process(ResumeInstrument("ACME"), 0)
    return [event for event in events if isinstance(event, Trade)]


@pytest.mark.parametrize("seed", range(4))
def test_the_auction_price_is_the_one_that_brute_force_finds(seed: int) -> None:
    random = Random(seed)
    auctions = 0
    for _ in range(BOOKS // 4):
        wishes, reference = random_wishes(random), random.choice((None, 90, 101, 103, 106, 120))
        trades, expected = uncrossed(wishes, reference), brute_force(wishes, reference)
        if expected is None:
            assert trades == [], (wishes, reference)
            continue
        price, volume = expected
        auctions += 1
        assert {trade.price for trade in trades} == {price}, (wishes, reference)
        assert sum(trade.quantity for trade in trades) == volume, (wishes, reference)
    assert auctions > BOOKS // 20
