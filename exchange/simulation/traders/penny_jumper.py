"""Jumps the queue by a penny: bids a tick more than the best bid, again and again, while the spread leaves room.

Two of them on one side outbid each other tick by tick within milliseconds, until one lets go: that is where a good
part of the orders at the touch come from that live for less than a blink.
"""

from __future__ import annotations

from typing import Optional

from exchange.networking.tcp_client import BookFollower, OwnOrder, Trade
from exchange.simulation.traders.chance import happens, lognormal, one_of
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.simulated_trader import SIDES, SideName, SimulatedTrader
from exchange.simulation.traders.turns import LEAST_WAIT_S
from exchange.utils.helpers import NS_PER_S


class PennyJumper(SimulatedTrader):
    """Goes in front on one side for a while, as long as the spread is about `SPREAD_MIN_PPM` or more."""

    RATE_PER_S = 0.5
    LATENCY_NS, LATENCY_SPREAD = 35_000, 0.6
    JITTER_NS = 5_000
    # How wide a spread it wants to find: the median, and the spread of the logarithm.
    SPREAD_MIN_PPM, SPREAD_MIN_SPREAD = 200.0, 0.4
    # How often it goes the way of the last trade; else either way.
    WITH_TRADES_CHANCE = 0.5
    POSITION_MAX = 500
    # How long it takes to see that it was overtaken, and how long it goes on with that.
    REACTION_S, REACTION_SPREAD = 0.0005, 1.0
    PATIENCE_S, PATIENCE_SPREAD = 0.2, 2.0

    def on_start(self) -> None:
        """With no order of its own."""
        self._own: Optional[OwnOrder] = None
        self._side: SideName = "BUY"
        self._until_ns = 0
        self._spread_min_ppm = self.SPREAD_MIN_PPM
        self._is_reacting = False
        super().on_start()

    def act(self) -> None:
        """Begin on the side that others have just taken on, or on that which takes off it what it holds."""
        if self._own is not None and not self._own.is_done:
            return
        if abs(self.position) > self.POSITION_MAX:
            self._side = "SELL" if self.position > 0 else "BUY"
        elif not happens(self.draw, self.WITH_TRADES_CHANCE):
            self._side = one_of(self.draw, SIDES)
        self._spread_min_ppm = lognormal(self.draw, self.SPREAD_MIN_PPM, self.SPREAD_MIN_SPREAD)
        patience_s = lognormal(self.draw, self.PATIENCE_S, self.PATIENCE_SPREAD)
        self._until_ns = self.now_ns + round(patience_s * NS_PER_S)
        self._jump()
        if self._own is not None:
            self.after(max(LEAST_WAIT_S, patience_s), self._let_go)

    def on_book(self, book: BookFollower) -> None:  # noqa: ARG002
        """Reacts to having been overtaken, a little later."""
        if not self._is_reacting and not self.turns.is_rationed and self._is_overtaken():
            self._is_reacting = True
            delay_s = lognormal(self.draw, self.REACTION_S, self.REACTION_SPREAD)
            self.after(max(LEAST_WAIT_S, delay_s), self._react)

    def on_trade(self, trade: Trade) -> None:
        """Where others take, the next one to come will want to be ahead."""
        if trade.aggressor_side is not None and (self._own is None or self._own.is_done):
            self._side = "BUY" if trade.aggressor_side == "BUY" else "SELL"

    def on_canceled(self, order: OwnOrder) -> None:
        """What was overtaken goes in front again, while it has patience."""
        if order is self._own and self.now_ns < self._until_ns and self.market().phase == "CONTINUOUS":
            self._jump()

    def _is_overtaken(self) -> bool:
        own, best = self._own, self.best(self._side)
        if own is None or own.price is None or not own.is_live or own.is_unanswered or best is None:
            return False
        ticks = int(own.price / self.market().tick_size)
        return best > ticks if self._side == "BUY" else best < ticks

    def _react(self) -> None:
        self._is_reacting = False
        if self._own is not None and self._is_overtaken():
            self.cancel(self._own)

    def _let_go(self) -> None:
        if self._own is not None and self.now_ns >= self._until_ns:
            self.cancel(self._own)

    def _jump(self) -> None:
        """A tick in front of the touch, if there is room."""
        self._own = None
        bid, ask = self.bid, self.ask
        if bid is None or ask is None or (ask - bid) * 1e6 < self._spread_min_ppm * bid:
            return
        ticks = bid + 1 if self._side == "BUY" else ask - 1
        self._own = self.rest(self._side, self.whole_lots(order_size(self.draw)), ticks)
