"""Goes against the move: bids when the price is below its own long average, and offers when it is above."""

from __future__ import annotations

from typing import Optional

from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.simulated_trader import SimulatedTrader


class MeanReversion(SimulatedTrader):
    """Rests at the touch, on the side that earns if the price comes back, for `LIFE_S`."""

    RATE_PER_S = 0.5
    # How much of the way to the middle the average goes in a turn.
    SPEED = 0.02
    THRESHOLD_PPM = 200.0
    LIFE_S = 2.0
    POSITION_MAX = 2_000

    def on_start(self) -> None:
        """The average begins at the first middle it sees."""
        self._average: Optional[float] = None
        super().on_start()

    def act(self) -> None:
        """Join the side that is too cheap or too dear, or nothing."""
        middle = self.reference
        self._average = middle if self._average is None else self._average + self.SPEED * (middle - self._average)
        off_ppm = (middle - self._average) / self._average * 1e6
        quantity = self.whole_lots(order_size(self.draw))
        bid, ask = self.bid, self.ask
        if off_ppm < -self.THRESHOLD_PPM and bid is not None and self.position < self.POSITION_MAX:
            self.rest("BUY", quantity, bid, self.LIFE_S)
        elif off_ppm > self.THRESHOLD_PPM and ask is not None and self.position > -self.POSITION_MAX:
            self.rest("SELL", quantity, ask, self.LIFE_S)
