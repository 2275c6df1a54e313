"""Goes with the trend: buys what has risen, sells what has fallen, as long as it holds little enough."""

from __future__ import annotations

from typing import Optional

from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.simulated_trader import SimulatedTrader


class TrendFollower(SimulatedTrader):
    """Compares a fast average of the middle with a slow one, and takes when they are far enough apart."""

    RATE_PER_S = 0.5
    # How much of the way to the middle each average goes in a turn.
    FAST, SLOW = 0.3, 0.05
    THRESHOLD_PPM = 150.0
    POSITION_MAX = 2_000

    def on_start(self) -> None:
        """Both averages begin at the first middle it sees."""
        self._fast: Optional[float] = None
        self._slow: Optional[float] = None
        super().on_start()

    def act(self) -> None:
        """Take in the direction of the trend, or nothing."""
        middle = self.reference
        self._fast = middle if self._fast is None else self._fast + self.FAST * (middle - self._fast)
        self._slow = middle if self._slow is None else self._slow + self.SLOW * (middle - self._slow)
        trend_ppm = (self._fast - self._slow) / self._slow * 1e6
        quantity = self.whole_lots(order_size(self.draw))
        if trend_ppm > self.THRESHOLD_PPM and self.position < self.POSITION_MAX:
            self.take("BUY", quantity)
        elif trend_ppm < -self.THRESHOLD_PPM and self.position > -self.POSITION_MAX:
            self.take("SELL", quantity)
