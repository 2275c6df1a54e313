"""What trading leaves a user with: net position, average cost, gains realised and not (RULES 25)."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.commands import GetPositions
from exchange.engine.events import PositionsListed, PositionState
from exchange.engine.order import Side
from tests.support.desk import BUY, SELL, Desk, order


@pytest.fixture
def desk() -> Desk:
    return Desk()


class Fill(NamedTuple):
    """What alice trades, and the position it leaves: net, cost, realised in ticks × units."""

    side: Side
    quantity: int
    price: int
    net_quantity: int
    cost: int
    realised_pnl: int


POSITIONS = {
    "long, more, half out, out": [
        Fill(BUY, 10, 100, 10, 1_000, 0),
        Fill(BUY, 10, 110, 20, 2_100, 0),
        Fill(SELL, 10, 120, 10, 1_050, 150),
        Fill(SELL, 10, 90, 0, 0, 0),
    ],
    "short, half back, out": [
        Fill(SELL, 20, 100, -20, -2_000, 0),
        Fill(BUY, 10, 90, -10, -1_000, 100),
        Fill(BUY, 10, 130, 0, 0, -200),
    ],
    "long through zero to short": [
        Fill(BUY, 10, 100, 10, 1_000, 0),
        Fill(SELL, 30, 110, -20, -2_200, 100),
        Fill(BUY, 25, 100, 5, 500, 300),
    ],
    "short through zero to long": [
        Fill(SELL, 10, 100, -10, -1_000, 0),
        Fill(BUY, 15, 104, 5, 520, -40),
    ],
    "an average that is no whole tick": [
        Fill(BUY, 10, 100, 10, 1_000, 0),
        Fill(BUY, 20, 101, 30, 3_020, 0),
        Fill(SELL, 10, 101, 20, 2_014, 4),
        Fill(SELL, 10, 101, 10, 1_007, 7),
        Fill(SELL, 10, 101, 0, 0, 10),
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
            fill.net_quantity * fill.price - fill.cost,
            volume,
        )


@given(st.lists(st.tuples(st.booleans(), st.integers(2, 8), st.integers(1, 300)), min_size=1, max_size=30))
def test_what_one_gains_the_other_loses(trades: list[tuple[bool, int, int]]) -> None:
    """Realised and unrealised together; to the unit, because rounding is only ever put off."""
    desk = Desk()
    for alice_buys, lots, price in trades:
        buyer, seller = ("alice", "bob") if alice_buys else ("bob", "alice")
        desk.trade(buyer, seller, 5 * lots, price)
    alice, bob = desk.position("alice"), desk.position("bob")
    assert alice.net_quantity == -bob.net_quantity
    assert alice.realised_pnl + alice.unrealised_pnl == -(bob.realised_pnl + bob.unrealised_pnl)
    assert alice.volume == bob.volume


def test_trading_with_oneself_moves_no_position_but_counts_twice(desk: Desk) -> None:
    desk.trade("alice", "alice", 10, 100)
    assert desk.position("alice") == PositionState("ACME", 0, 0, 0, 0, 20)


def test_unrealised_gain_follows_the_last_trade_of_others(desk: Desk) -> None:
    desk.trade("alice", "bob", 10, 100)
    desk.trade("carol", "bob", 10, 107)
    assert desk.position("alice").unrealised_pnl == 70


def test_who_never_traded_has_no_position(desk: Desk) -> None:
    desk.ask(order("1"))
    for user in ("alice", "stranger"):
        assert desk.ask(GetPositions(user)) == [PositionsListed(())]
