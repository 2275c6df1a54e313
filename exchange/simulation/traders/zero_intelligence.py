"""Trades without a thought (Gode and Sunder; Farmer, Patelli and Zovko): any side, any price, for a while.

Its turns come in bursts: each of its own orders, and every trade in the market, lets it come sooner.  Where an
order goes is chance as well, but with the chances that are seen in real markets: rather within a wide spread than
a narrow one, and what is near the touch is taken back sooner.
"""

from __future__ import annotations

import math

from exchange.networking.tcp_client import Trade
from exchange.simulation.traders.arrivals import Arrivals, Hawkes
from exchange.simulation.traders.chance import happens, lognormal, one_of, power_law
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.simulated_trader import SIDES, SideName, SimulatedTrader


class ZeroIntelligence(SimulatedTrader):
    """Takes now and then; else rests at the touch, within it or behind it."""

    JITTER_NS = 20_000
    # How often it comes by itself; so many more turns follow upon each, and of that a part upon a trade.
    RATE_PER_S = 0.2
    BRANCHING = 0.4
    TRADE_WEIGHT = 0.1
    # How soon: most within the inverse of this.  It differs among them, so that together they forget slowly.
    DECAY_PER_S, DECAY_SPREAD = 30.0, 2.0
    TAKE_CHANCE = 0.03
    # An order that rests improves the touch with a chance that grows with the spread (for each part in a million
    # of the price), mostly by a tick, with a tail of this power.
    IMPROVE_CHANCE_PER_PPM, IMPROVE_TAIL = 0.000_5, 1.0
    # Or it joins the touch, or it stands behind: so far in the median, with this spread of the logarithm.
    JOIN_CHANCE = 0.1
    BEHIND_PPM, BEHIND_SPREAD = 150.0, 1.3
    # How long an order at the touch lives: the median, and the spread of the logarithm; twice as long so far away.
    LIFE_S, LIFE_SPREAD = 0.2, 2.5
    LIFE_PPM = 50.0

    def make_arrivals(self) -> Arrivals:
        """In bursts."""
        decay_per_s = lognormal(self.draw, self.DECAY_PER_S, self.DECAY_SPREAD)
        return Hawkes(self.RATE_PER_S * self.scenario.pace, self.BRANCHING, decay_per_s, self.draw)

    def on_trade(self, trade: Trade) -> None:  # noqa: ARG002
        """Comes sooner."""
        self.excite(self.TRADE_WEIGHT)

    def act(self) -> None:
        """By chance."""
        self.excite()
        side = one_of(self.draw, SIDES)
        quantity = self.whole_lots(order_size(self.draw))
        if happens(self.draw, self.TAKE_CHANCE):
            self.take(side, quantity)
        else:
            ticks = self._price(side)
            self.rest(side, quantity, ticks, self._life_s(side, ticks))

    def _life_s(self, side: SideName, ticks: int) -> float:
        """The longer, the further it is behind the touch: what is near has to be looked after."""
        own = self.best(side)
        behind_ppm = 0.0 if own is None else max(0, own - ticks if side == "BUY" else ticks - own) / own * 1e6
        return lognormal(self.draw, self.LIFE_S * (1 + behind_ppm / self.LIFE_PPM), self.LIFE_SPREAD)

    def _price(self, side: SideName) -> int:
        """In ticks, never through the touch."""
        bid, ask = self.bid, self.ask
        sign = 1 if side == "BUY" else -1
        own = bid if side == "BUY" else ask
        if bid is None or ask is None or own is None:
            return round(self.reference) - sign * (1 + int(10 * self.draw()))
        kind = self.draw()
        improve_chance = self.IMPROVE_CHANCE_PER_PPM * (ask - bid) / own * 1e6
        if kind < improve_chance:
            return own + sign * min((ask - bid) // 2, int(power_law(self.draw, 1.0, self.IMPROVE_TAIL)))
        if kind < improve_chance + self.JOIN_CHANCE:
            return own
        return own - sign * math.ceil(own * lognormal(self.draw, self.BEHIND_PPM, self.BEHIND_SPREAD) / 1e6)
