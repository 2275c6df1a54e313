"""Knows more than others: sees what the instrument is worth, with an error, and takes what is mispriced."""

from __future__ import annotations

from exchange.simulation.traders.chance import normal
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.simulated_trader import SimulatedTrader


class Informed(SimulatedTrader):
    """Takes when the touch is better than the value it sees by more than `EDGE_PPM`."""

    RATE_PER_S = 0.5
    ERROR_PPM = 200.0
    EDGE_PPM = 50.0
    POSITION_MAX = 20_000

    def __init__(self, name: str, scenario: Scenario) -> None:
        super().__init__(name, scenario)
        self._value = scenario.value()

    def act(self) -> None:
        """Look at the value, and take if that pays."""
        seen = self._value.at(self.now_ns) * (1 + self.ERROR_PPM * normal(self.draw) / 1e6)
        worth = self.in_ticks(seen)
        bid, ask = self.bid, self.ask
        edge = worth * self.EDGE_PPM / 1e6
        quantity = self.whole_lots(order_size(self.draw))
        if ask is not None and worth - ask > edge and self.position < self.POSITION_MAX:
            self.take("BUY", quantity)
        elif bid is not None and bid - worth > edge and self.position > -self.POSITION_MAX:
            self.take("SELL", quantity)
