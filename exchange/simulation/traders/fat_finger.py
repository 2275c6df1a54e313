"""Mistypes: now and then an order of ten or fifty times the size that was meant, at any price."""

from __future__ import annotations

from exchange.simulation.traders.chance import one_of
from exchange.simulation.traders.order_sizes import ROUND_LOT
from exchange.simulation.traders.simulated_trader import SIDES, SimulatedTrader


class FatFinger(SimulatedTrader):
    """Sends one such order every twenty minutes or so; what is not met within `THROUGH_PPM` is not traded."""

    RATE_PER_S = 1 / 1_200
    FACTORS = (10, 50)
    THROUGH_PPM = 3_000.0

    def act(self) -> None:
        """Far too much, and never mind the price."""
        quantity = self.whole_lots(ROUND_LOT * one_of(self.draw, self.FACTORS))
        self.take(one_of(self.draw, SIDES), quantity, round(self.reference * self.THROUGH_PPM / 1e6))
