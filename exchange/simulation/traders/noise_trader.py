"""The trader without an opinion: rests around the middle, takes now and then, changes its mind."""

from __future__ import annotations

import random

from exchange.engine.words import Side, TimeInForce
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place, Replace
from exchange.simulation.traded_instrument import TradedInstrument
from exchange.simulation.traders.agent import Agent, away
from exchange.simulation.traders.market_view import MarketView, WorkingOrder


class NoiseTrader(Agent):
    """Buys and sells at random, more often towards the price it first saw, so that prices don't run away."""

    ORDERS_MAX = 20
    LOTS_MAX = 10
    CANCEL_CHANCE = 0.15
    REPLACE_CHANCE = 0.10
    TAKE_CHANCE = 0.25
    # How far from its anchor (as a part of it) the market has to be for this trader to see only one side.
    REACH = 0.10
    # The mean distance of a resting order from the reference, in ticks.
    MEAN_DISTANCE = 5.0

    def __init__(self, instrument: TradedInstrument, randomness: random.Random) -> None:
        super().__init__(instrument, randomness)
        self._anchor = 0

    def next_intent(self, view: MarketView) -> Intent:
        """Cancel, move, take or rest, by chance."""
        own = view.own_orders
        if own and (len(own) >= self.ORDERS_MAX or self._random.random() < self.CANCEL_CHANCE):
            return Cancel(self._random.choice(own).client_order_id)
        if own and self._random.random() < self.REPLACE_CHANCE:
            return self._move(self._random.choice(own), view)
        side = self._side(view)
        if view.best(side.opposite) is not None and self._random.random() < self.TAKE_CHANCE:
            return self._take(side, view)
        return Place(side, self._quantity(self.LOTS_MAX), self._resting_price(side, view), TimeInForce.GTC)

    def _side(self, view: MarketView) -> Side:
        self._anchor = self._anchor or view.reference
        pull = (self._anchor - view.reference) / (self._anchor * self.REACH)
        return Side.BUY if self._random.random() < 0.5 + 0.5 * pull else Side.SELL

    def _take(self, side: Side, view: MarketView) -> Place:
        quantity = self._quantity(self.LOTS_MAX)
        price = view.best(side.opposite)
        if price is None or self._random.random() < 0.5:
            return Place(side, quantity, None)
        return Place(side, quantity, price, TimeInForce.IOC)

    def _move(self, order: WorkingOrder, view: MarketView) -> Replace:
        quantity = order.executed_quantity + self._quantity(self.LOTS_MAX)
        return Replace(order.client_order_id, quantity, self._resting_price(order.side, view))

    def _resting_price(self, side: Side, view: MarketView) -> int:
        distance = 1 + int(self._random.expovariate(1 / self.MEAN_DISTANCE))
        return away(view.reference, side, distance)
