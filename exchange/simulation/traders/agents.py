"""The minds of the simulated traders: given what is seen, what is wanted next.

Pure: no clock, thread, socket or global random.  The randomness comes in as a `random.Random`, so a seed and a
sequence of views decide the sequence of intents.  (Over TCP the views depend on who was faster, so two runs with
one seed are alike, not identical.)

    NoiseTrader     no opinion: rests around the middle, takes now and then, changes its mind
    MarketMaker     quotes several prices on both sides and moves them with the market and its inventory
    MomentumTrader  buys what rises and sells what falls, up to a limit
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import deque
from typing import Optional

from exchange.engine.order import Side, TimeInForce
from exchange.simulation.terms import Terms
from exchange.simulation.traders.intents import Cancel, Intent, OwnOrder, Place, Replace, View

SIDES = (Side.BUY, Side.SELL)


def away(price: int, side: Side, ticks: int) -> int:
    """The price `ticks` further from the market than `price` for an order on `side`; at least 1."""
    return max(1, price - ticks if side is Side.BUY else price + ticks)


class Agent(ABC):
    """Decides for one trader.  Belongs to that trader's thread."""

    def __init__(self, terms: Terms, randomness: random.Random) -> None:
        self._terms = terms
        self._random = randomness

    @abstractmethod
    def next_intent(self, view: View) -> Intent:
        """What to ask the exchange for next.  There is always something, so a run of N requests ends."""

    def middle(self, bid: int, ask: int) -> int:
        """The middle of the market in ticks; where it lies between two, either by chance.

        Always the lower would be a bias: traders price by the middle, so the market would sink by itself.
        """
        half, rest = divmod(bid + ask, 2)
        return half + self._random.randint(0, rest)

    def _quantity(self, lots_max: int) -> int:
        return self._terms.quantity(self._random.randint(1, lots_max))


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

    def __init__(self, terms: Terms, randomness: random.Random) -> None:
        super().__init__(terms, randomness)
        self._anchor = 0

    def next_intent(self, view: View) -> Intent:
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

    def _side(self, view: View) -> Side:
        self._anchor = self._anchor or view.reference
        pull = (self._anchor - view.reference) / (self._anchor * self.REACH)
        return Side.BUY if self._random.random() < 0.5 + 0.5 * pull else Side.SELL

    def _take(self, side: Side, view: View) -> Place:
        quantity = self._quantity(self.LOTS_MAX)
        price = view.best(side.opposite)
        if price is None or self._random.random() < 0.5:
            return Place(side, quantity, None)
        return Place(side, quantity, price, TimeInForce.IOC)

    def _move(self, order: OwnOrder, view: View) -> Replace:
        quantity = order.executed_quantity + self._quantity(self.LOTS_MAX)
        return Replace(order.client_order_id, quantity, self._resting_price(order.side, view))

    def _resting_price(self, side: Side, view: View) -> int:
        distance = 1 + int(self._random.expovariate(1 / self.MEAN_DISTANCE))
        return away(view.reference, side, distance)


class MarketMaker(Agent):
    """Keeps an order at each of `LEVELS` prices per side; what it holds too much of, it quotes more cheaply."""

    LEVELS = 3
    HALF_SPREAD = 2
    STEP = 2
    LOTS = 20
    LOTS_PER_SKEW_TICK = 50
    SKEW_MAX = 4
    CANCEL_CHANCE = 0.3

    def next_intent(self, view: View) -> Intent:
        """Mend one thing that is not as it should be, on a side chosen by chance; else resize a quote."""
        side = self._random.choice(SIDES)
        quotes = [order for order in view.own_orders if order.side is side]
        wanted = self._prices(side, view)
        missing = [price for price in wanted if all(quote.price != price for quote in quotes)]
        stray = [quote for quote in quotes if quote.price not in wanted]
        if stray and missing and self._random.random() >= self.CANCEL_CHANCE:
            return self._requote(stray[0], missing[0])
        if stray:
            return Cancel(stray[0].client_order_id)
        if missing:
            return Place(side, self._terms.quantity(self.LOTS), missing[0], TimeInForce.GTC)
        if len(quotes) > self.LEVELS:
            return Cancel(quotes[-1].client_order_id)
        quote = self._random.choice(quotes)
        return self._requote(quote, quote.price)

    def _prices(self, side: Side, view: View) -> list[int]:
        """Where this side's quotes belong, best first; fewer than `LEVELS` only where prices end, at 1 tick."""
        lots_held = view.net_position // self._terms.lot_size
        skew = max(-self.SKEW_MAX, min(self.SKEW_MAX, int(lots_held / self.LOTS_PER_SKEW_TICK)))
        fair = max(1, view.reference - skew)
        prices = [away(fair, side, self.HALF_SPREAD + level * self.STEP) for level in range(self.LEVELS)]
        return list(dict.fromkeys(prices))

    def _requote(self, quote: OwnOrder, price: int) -> Replace:
        return Replace(quote.client_order_id, quote.executed_quantity + self._quantity(self.LOTS), price)


class MomentumTrader(Agent):
    """Follows the trend of the last `MEMORY` middles with IOC orders; without one, waits at the best price."""

    MEMORY = 20
    TREND = 2
    ORDERS_MAX = 5
    LOTS_MAX = 5
    POSITION_LOTS_MAX = 100

    def __init__(self, terms: Terms, randomness: random.Random) -> None:
        super().__init__(terms, randomness)
        self._references: deque[int] = deque(maxlen=self.MEMORY)

    def next_intent(self, view: View) -> Intent:
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

    def _side(self, view: View) -> Optional[Side]:
        """The side to take on, None while the market goes nowhere."""
        lots_held = view.net_position // self._terms.lot_size
        if abs(lots_held) >= self.POSITION_LOTS_MAX:
            return Side.SELL if lots_held > 0 else Side.BUY
        trend = self._references[-1] - self._references[0]
        if abs(trend) < self.TREND:
            return None
        return Side.BUY if trend > 0 else Side.SELL


# Who the users of a simulation are, in turn.
AGENT_TYPES: tuple[type[Agent], ...] = (NoiseTrader, MarketMaker, NoiseTrader, MomentumTrader)
