"""The trader that buys what rises and sells what falls, up to a limit."""

from __future__ import annotations

import random
from collections import deque
from typing import Optional

from exchange.engine.words import Side, TimeInForce
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place
from exchange.simulation.traded_instrument import TradedInstrument
from exchange.simulation.traders.agent import SIDES, Agent, away
from exchange.simulation.traders.market_view import MarketView


class MomentumTrader(Agent):
    """Follows the trend of the last `MEMORY` middles with IOC orders; without one, waits at the best price."""

    MEMORY = 20
    TREND = 2
    ORDERS_MAX = 5
    LOTS_MAX = 5
    POSITION_LOTS_MAX = 100

    def __init__(self, instrument: TradedInstrument, randomness: random.Random) -> None:
        super().__init__(instrument, randomness)
        self._references: deque[int] = deque(maxlen=self.MEMORY)

    def next_intent(self, view: MarketView) -> Intent:
        """Take in the direction of the trend, give back when too much is held, else rest or tidy up."""
        self._references.append(view.reference)
        side = self._side(view)
        if side is not None:
            price = view.best(side.opposite)
            if price is not None:
                return Place(side, self._quantity(self.LOTS_MAX), price, TimeInForce.IOC)
        if len(view.own_orders) >= self.ORDERS_MAX:
            return Cancel(view.own_orders[0].client_order_id)
        side = side or self._random.choice(SIDES)
        best = view.best(side)
        price = away(view.reference, side, 1) if best is None else best
        return Place(side, self._quantity(self.LOTS_MAX), price, TimeInForce.GTC)

    def _side(self, view: MarketView) -> Optional[Side]:
        """The side to take on, None while the market goes nowhere."""
        lots_held = view.net_position // self._instrument.lot_size
        if abs(lots_held) >= self.POSITION_LOTS_MAX:
            return Side.SELL if lots_held > 0 else Side.BUY
        trend = self._references[-1] - self._references[0]
        if abs(trend) < self.TREND:
            return None
        return Side.BUY if trend > 0 else Side.SELL
