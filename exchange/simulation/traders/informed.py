"""Knows more than others: sees what the instrument is worth, with an error, and takes what is mispriced."""

from __future__ import annotations

from typing import Optional

from exchange.simulation.traders.chance import happens, lognormal, normal
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.simulated_trader import SideName, SimulatedTrader
from exchange.simulation.traders.turns import LEAST_WAIT_S


class Informed(SimulatedTrader):
    """Takes when the touch is better than the value it sees by more than `EDGE_PPM`, and often again at once."""

    RATE_PER_S = 0.2
    LATENCY_NS, LATENCY_SPREAD = 200_000, 0.8
    JITTER_NS = 20_000
    ERROR_PPM = 200.0
    EDGE_PPM = 50.0
    # How often it goes on after an order, and how soon it looks whether there is more to take.
    AGAIN_CHANCE = 0.6
    AGAIN_S, AGAIN_SPREAD = 0.002, 2.5
    POSITION_MAX = 20_000

    def __init__(self, name: str, scenario: Scenario) -> None:
        super().__init__(name, scenario)
        self._value = scenario.value()
        self._error = 0.0
        self._is_taking = False

    def act(self) -> None:
        """Make up its mind what it is worth, and take if that pays."""
        self._error = self.ERROR_PPM * normal(self.draw) / 1e6
        if not self._is_taking:
            self._take_while_mispriced()

    def _take_while_mispriced(self) -> None:
        side = self._cheap_side() if self.market().phase == "CONTINUOUS" else None
        goes_on = side is not None and happens(self.draw, self.AGAIN_CHANCE)
        self._is_taking = goes_on and not self.turns.is_rationed
        if side is not None:
            self.take(side, self.whole_lots(order_size(self.draw)))
        if self._is_taking:
            again_s = lognormal(self.draw, self.AGAIN_S, self.AGAIN_SPREAD)
            self.after(max(LEAST_WAIT_S, again_s), self._take_while_mispriced)

    def _cheap_side(self) -> Optional[SideName]:
        """On which side taking pays, if on any."""
        worth = self.in_ticks(self._value.at(self.now_ns) * (1 + self._error))
        bid, ask = self.bid, self.ask
        edge = worth * self.EDGE_PPM / 1e6
        if ask is not None and worth - ask > edge and self.position < self.POSITION_MAX:
            return "BUY"
        if bid is not None and bid - worth > edge and self.position > -self.POSITION_MAX:
            return "SELL"
        return None
