"""The recipe of the wing's README, played: the trader it adds trades among others without a mistake."""

from __future__ import annotations

import re
from typing import Any

from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.participants import admit
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.clock import START_NS
from exchange.networking.tcp_client import OrderAccepted, OrderRejected
from exchange.simulation.traders.mix import parse_mix, participants_of
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.simulated_trader import SimulatedTrader
from tests.support.project import ROOT

WING = ROOT / "exchange" / "simulation"
SCENARIO = Scenario(seed=3, start_price=100.0, begin_ns=START_NS)


def recipe() -> type[SimulatedTrader]:
    """The class that the README shows."""
    [code] = re.findall(r"```python\n(.*?)```", (WING / "README.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {"SimulatedTrader": SimulatedTrader}
    exec(re.sub(r"^   ", "", code, flags=re.MULTILINE), names)
    made = names["Buyer"]
    assert isinstance(made, type) and issubclass(made, SimulatedTrader)
    return made


def test_the_trader_of_the_recipe_bids_at_the_best_bid_among_others() -> None:
    market = VirtualMarket(None, SCENARIO.seed)
    admit(market, participants_of(parse_mix("zi:3,mm:2"), SCENARIO, {}))
    buyer = DrivenBot(market, recipe()("buyer-1", SCENARIO), "buyer-1")
    market.advance(30.0)
    assert buyer.failure is None and buyer.counts[OrderRejected] == 0
    assert buyer.counts[OrderAccepted] > 50
    # Five a second, each there for two seconds, however they are filled meanwhile.
    assert all(order.side == "BUY" and order.quantity == 100 for order in buyer.bot.orders)
    assert len(buyer.bot.orders) < 40


def test_every_file_of_the_wing_has_its_place_in_a_reading_order() -> None:
    for folder in (WING, WING / "traders", WING / "replay"):
        order = (folder / "__init__.py").read_text()
        for path in folder.glob("*.py"):
            assert path.name == "__init__.py" or f"`{path.stem}`" in order, f"{path} is in no reading order"
