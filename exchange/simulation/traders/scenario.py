"""What all traders of one market share: the seed, where prices begin, and how the value moves."""

from __future__ import annotations

from typing import NamedTuple

from exchange.simulation.traders.fundamental_value import FundamentalValue, ValueModel

USUAL_VALUE = ValueModel()


class Scenario(NamedTuple):
    """`start_price` is in currency, `begin_ns` when the market begins; `pace` multiplies how often all act."""

    seed: int
    start_price: float
    begin_ns: int
    pace: float = 1.0
    value_model: ValueModel = USUAL_VALUE

    def value(self) -> FundamentalValue:
        """The path of the fundamental value, for one reader; all readers' paths are the same."""
        return FundamentalValue(self.seed, self.start_price, self.begin_ns, self.value_model)
