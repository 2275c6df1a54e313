"""Cuts its losses where everybody does: holds a little, with a stop below, and goes when that is reached.

Where the stops of a herd lie close together, one that is triggered moves the price to the next (Osler).
"""

from __future__ import annotations

from typing import Optional

from exchange.networking.tcp_client import OrderExecuted, OwnOrder
from exchange.simulation.traders.chance import happens, one_of
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.simulated_trader import SIDES, SideName, SimulatedTrader, opposite


class StopLossHerd(SimulatedTrader):
    """Enters now and then, one position at a time; its stop lies on a round price, as everybody's does."""

    RATE_PER_S = 0.05
    ENTER_CHANCE = 0.5
    STOP_PPM = 800.0
    # Stops lie on multiples of so many ticks.
    ROUND_TICKS = 10

    def on_start(self) -> None:
        """Without a stop."""
        self._stop: Optional[OwnOrder] = None
        super().on_start()

    def act(self) -> None:
        """Take a position, or leave the one it has."""
        if self.position and happens(self.draw, 1 - self.ENTER_CHANCE):
            if self._stop is not None:
                self.cancel(self._stop)
            self.take("SELL" if self.position > 0 else "BUY", self.whole_lots(abs(self.position)))
        elif not self.position:
            self.take(one_of(self.draw, SIDES), self.whole_lots(order_size(self.draw)))

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        """What it has just bought or sold gets a stop; what it has left needs none."""
        if order is self._stop:
            return
        if self._stop is not None:
            self.cancel(self._stop)
            self._stop = None
        if self.position:
            self._stop = self._set_stop(fill.side)

    def _set_stop(self, entered: SideName) -> OwnOrder:
        sign = -1 if entered == "BUY" else 1
        level = self.reference * (1 + sign * self.STOP_PPM / 1e6)
        ticks = max(1, round(level / self.ROUND_TICKS) * self.ROUND_TICKS)
        send = self.sell if opposite(entered) == "SELL" else self.buy
        price = ticks * self.market().tick_size
        return send(self.whole_lots(abs(self.position)), stop_price=price)
