"""The example bots on a virtual clock: they know no difference, and the same seed gives the same trades."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from exchange.engine.instrument import Instrument
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.latency import Latency, random_below, random_stream
from exchange.networking.client.bot.bot_file import load_bot
from exchange.networking.client.request_messages import new_order
from tests.support.project import ROOT

EXAMPLES = ROOT / "exchange" / "examples"
BOTS = sorted(path.stem for path in EXAMPLES.glob("[a-z]*.py") if path.stem != "ledger")
STEPS = 300
LATENCY = Latency(to_exchange_ns=200_000, to_participant_ns=200_000)


class Played(NamedTuple):
    """What became of a bot among random orders."""

    position: int
    pnl: Decimal
    trades: int
    failure: object
    is_done: bool


def play(name: str, seed: int) -> Played:
    """A minute with one bot, and somebody who sends random orders in both symbols."""
    market = VirtualMarket([Instrument("ACME"), Instrument("BCME")], seed)
    draw = random_stream(seed, "crowd")
    crowd = market.join("crowd")
    symbols = () if name == "arbitrage" else ("ACME",)
    bot = load_bot(str(Path(EXAMPLES / f"{name}.py")), {}, symbols)
    driven = DrivenBot(market, bot, "bot", LATENCY)
    for count in range(STEPS):
        symbol = "ACME" if random_below(draw, 2) else "BCME"
        side = "BUY" if random_below(draw, 2) else "SELL"
        price = Decimal(10_000 - 10 + random_below(draw, 21)) / 100
        shown = 2 if random_below(draw, 5) == 0 else None
        order = new_order(f"c{count}", side, 1 + random_below(draw, 9), price, symbol=symbol)
        crowd.send(order if shown is None else {**order, "quantity": 20, "display_quantity": shown})
        market.advance(0.03)
    driven.stop()
    market.advance(1)
    held = sum(each.position for each in bot.markets)
    return Played(held, bot.pnl, market.engine.matcher.last_trade_id, driven.failure, driven.is_done)


@pytest.mark.parametrize("name", BOTS)
def test_it_trades_there_ends_in_order_and_does_the_same_again(name: str) -> None:
    played = play(name, 7)
    assert (played.failure, played.is_done) == (None, True)
    assert played.trades > 100
    assert play(name, 7) == played


def test_the_market_maker_and_the_trend_follower_really_take_part() -> None:
    without = play("hello", 3)
    assert without.position == 1
    for name in ("market_maker", "momentum", "twap"):
        assert play(name, 3).trades != without.trades
