"""What trading leaves a user with: net position, average cost, gains realised and not (RULES 25)."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.commands import GetPositions
from exchange.engine.events import PositionsListed, PositionState
from exchange.engine.instrument import Instrument
from exchange.engine.words import Side
from tests.support.desk import BUY, SELL, Desk, order


@pytest.fixture
def desk() -> Desk:
    return Desk()


# ACME's tick, 0.01, in 10⁻⁹ currency units.
TICK = 10_000_000


class Fill(NamedTuple):
    """What alice trades at a price in ticks, and the position it leaves: net, cost, realised in 10⁻⁹ units."""

    side: Side
    quantity: int
    price: int
    net_quantity: int
    cost: int
    realised_pnl: int


POSITIONS = {
    "long, more, half out, out": [
        Fill(BUY, 10, 100, 10, 1_000 * TICK, 0),
        Fill(BUY, 10, 110, 20, 2_100 * TICK, 0),
        Fill(SELL, 10, 120, 10, 1_050 * TICK, 150 * TICK),
        Fill(SELL, 10, 90, 0, 0, 0),
    ],
    "short, half back, out": [
        Fill(SELL, 20, 100, -20, -2_000 * TICK, 0),
        Fill(BUY, 10, 90, -10, -1_000 * TICK, 100 * TICK),
        Fill(BUY, 10, 130, 0, 0, -200 * TICK),
    ],
    "long through zero to short": [
        Fill(BUY, 10, 100, 10, 1_000 * TICK, 0),
        Fill(SELL, 30, 110, -20, -2_200 * TICK, 100 * TICK),
        Fill(BUY, 25, 100, 5, 500 * TICK, 300 * TICK),
    ],
    "short through zero to long": [
        Fill(SELL, 10, 100, -10, -1_000 * TICK, 0),
        Fill(BUY, 15, 104, 5, 520 * TICK, -40 * TICK),
    ],
    "an average that is no whole tick": [
        Fill(BUY, 10, 100, 10, 1_000 * TICK, 0),
        Fill(BUY, 20, 101, 30, 3_020 * TICK, 0),
        Fill(SELL, 10, 101, 20, 20_133_333_334, 33_333_334),
        Fill(SELL, 10, 101, 10, 10_066_666_667, 66_666_667),
        Fill(SELL, 10, 101, 0, 0, 100_000_000),
    ],
}


@pytest.mark.parametrize("fills", POSITIONS.values(), ids=POSITIONS.keys())
def test_positions_are_kept_at_average_cost(desk: Desk, fills: list[Fill]) -> None:
    volume = 0
    for fill in fills:
        buyer, seller = ("alice", "bob") if fill.side is BUY else ("bob", "alice")
        desk.trade(buyer, seller, fill.quantity, fill.price)
        volume += fill.quantity
        assert desk.position("alice") == PositionState(
            "ACME",
            fill.net_quantity,
            fill.cost,
            fill.realised_pnl,
            fill.net_quantity * fill.price * TICK - fill.cost,
            volume,
        )


def test_a_reduction_leaves_the_average_where_it_was() -> None:
    """99 at 1.01 and 1 at 1.00 cost 1.0099 on average; selling one at 1.01 gains 0.0001 and moves nothing else."""
    desk = Desk(Instrument("UNIT"))
    for number, (side, quantity, price) in enumerate([(BUY, 99, 101), (BUY, 1, 100), (SELL, 1, 101)]):
        for user, order_side in (("bob", side.opposite), ("alice", side)):
            desk.ask(order(f"{number}", order_side, quantity, price, user=user, symbol="UNIT"))
    position = desk.position("alice")
    assert (position.net_quantity, position.cost_nanos) == (99, 99 * 1_009_900_000)
    assert (position.realised_pnl_nanos, position.unrealised_pnl_nanos) == (100_000, 9_900_000)


@given(st.lists(st.tuples(st.booleans(), st.integers(2, 8), st.integers(1, 300)), min_size=1, max_size=30))
def test_what_one_gains_the_other_loses(trades: list[tuple[bool, int, int]]) -> None:
    """Realised and unrealised together; to the unit, because rounding is only ever put off."""
    desk = Desk()
    for alice_buys, lots, price in trades:
        buyer, seller = ("alice", "bob") if alice_buys else ("bob", "alice")
        desk.trade(buyer, seller, 5 * lots, price)
    alice, bob = desk.position("alice"), desk.position("bob")
    assert alice.net_quantity == -bob.net_quantity
    assert alice.realised_pnl_nanos + alice.unrealised_pnl_nanos == -(
        bob.realised_pnl_nanos + bob.unrealised_pnl_nanos
    )
    assert alice.volume == bob.volume


def test_trading_with_oneself_moves_no_position_but_counts_twice(desk: Desk) -> None:
    desk.trade("alice", "alice", 10, 100)
    assert desk.position("alice") == PositionState("ACME", 0, 0, 0, 0, 20)


def test_unrealised_gain_follows_the_last_trade_of_others(desk: Desk) -> None:
    desk.trade("alice", "bob", 10, 100)
    desk.trade("carol", "bob", 10, 107)
    assert desk.position("alice").unrealised_pnl_nanos == 70 * TICK


def test_who_never_traded_has_no_position(desk: Desk) -> None:
    desk.ask(order("1"))
    for user in ("alice", "stranger"):
        assert desk.ask(GetPositions(user)) == [PositionsListed(())]
