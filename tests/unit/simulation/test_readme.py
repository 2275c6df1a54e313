"""The recipe of the wing's README, played: the trader it adds behaves as every trader must."""

from __future__ import annotations

import random
import re
from typing import Any

from hypothesis import given

from exchange.engine.words import Side, TimeInForce
from exchange.laboratory.flow.order_intents import Intent, Place
from exchange.simulation.traders.agent import Agent
from exchange.simulation.traders.market_view import MarketView
from tests.support.project import ROOT
from tests.unit.simulation.test_agents import INSTRUMENT, VIEWS, check

WING = ROOT / "exchange" / "simulation"
TYPES = (Side, TimeInForce, Place, Agent, MarketView)
NAMES: dict[str, Any] = {each.__name__: each for each in TYPES} | {"Intent": Intent}


def recipe() -> type[Agent]:
    """The class that the README shows."""
    [code] = re.findall(r"```python\n(.*?)```", (WING / "README.md").read_text(), re.DOTALL)
    names = dict(NAMES)
    exec(re.sub(r"^   ", "", code, flags=re.MULTILINE), names)
    made = names["Buyer"]
    assert isinstance(made, type) and issubclass(made, Agent)
    return made


@given(seen=VIEWS)
def test_the_trader_of_the_recipe_asks_for_something_that_makes_sense(seen: MarketView) -> None:
    intent = recipe()(INSTRUMENT, random.Random(1)).next_intent(seen)
    check(intent, seen)
    expected = seen.reference if seen.best_bid is None else seen.best_bid
    assert isinstance(intent, Place) and intent.price == expected


def test_every_file_of_the_wing_has_its_place_in_a_reading_order() -> None:
    for folder in (WING, WING / "traders", WING / "replay"):
        order = (folder / "__init__.py").read_text()
        for path in folder.glob("*.py"):
            assert path.name == "__init__.py" or f"`{path.stem}`" in order, f"{path} is in no reading order"
