"""Trades without a thought (Gode and Sunder; Farmer, Patelli and Zovko): any side, any price, for a while.

Its turns come in bursts: every trade in the market lets it come sooner.
"""

from __future__ import annotations

from exchange.networking.tcp_client import Trade
from exchange.simulation.traders.arrivals import Arrivals, Hawkes
from exchange.simulation.traders.chance import happens, lognormal, one_of, power_law
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.simulated_trader import SIDES, SideName, SimulatedTrader


class ZeroIntelligence(SimulatedTrader):
    """Takes now and then; else rests at the touch, within it or behind it."""

    RATE_PER_S = 0.2
    BRANCHING = 0.3
    DECAY_PER_S = 8.0
    TAKE_CHANCE = 0.05
    # Of the orders that rest: so many improve the touch, so many join it; the others stand behind it.
    IMPROVE_CHANCE = 0.08
    JOIN_CHANCE = 0.15
    # How far behind: at least a tick, with a tail of this power.
    BEHIND_TAIL = 0.9
    BEHIND_TICKS_MAX = 300
    LIFE_S, LIFE_SPREAD = 1.0, 2.0

    def make_arrivals(self) -> Arrivals:
        """In bursts."""
        return Hawkes(self.RATE_PER_S * self.scenario.pace, self.BRANCHING, self.DECAY_PER_S, self.draw)

    def on_trade(self, trade: Trade) -> None:  # noqa: ARG002
        """Comes sooner."""
        self.excite()

    def act(self) -> None:
        """By chance."""
        side = one_of(self.draw, SIDES)
        quantity = self.whole_lots(order_size(self.draw))
        if happens(self.draw, self.TAKE_CHANCE):
            self.take(side, quantity)
        else:
            self.rest(side, quantity, self._price(side), lognormal(self.draw, self.LIFE_S, self.LIFE_SPREAD))

    def _price(self, side: SideName) -> int:
        """In ticks, never through the touch."""
        bid, ask = self.bid, self.ask
        sign = 1 if side == "BUY" else -1
        own = bid if side == "BUY" else ask
        if bid is None or ask is None or own is None:
            return round(self.reference) - sign * (1 + int(10 * self.draw()))
        kind = self.draw()
        if kind < self.IMPROVE_CHANCE:
            return own + sign * int(self.draw() * (ask - bid))
        if kind < self.IMPROVE_CHANCE + self.JOIN_CHANCE:
            return own
        return own - sign * min(self.BEHIND_TICKS_MAX, int(power_law(self.draw, 1.0, self.BEHIND_TAIL)))
