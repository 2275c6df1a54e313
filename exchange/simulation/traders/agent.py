"""What every simulated trader's mind has: given what is seen, it says what is wanted next.

No clock, thread, socket or global random.  The randomness comes in as a `random.Random`, so a seed and a
sequence of views decide the sequence of intents.  (Over TCP the views depend on who was faster, so two runs with
one seed are alike, not identical.)
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod

from exchange.engine.words import Side
from exchange.laboratory.flow.order_intents import Intent
from exchange.simulation.traded_instrument import TradedInstrument
from exchange.simulation.traders.market_view import MarketView

SIDES = (Side.BUY, Side.SELL)


def away(price: int, side: Side, ticks: int) -> int:
    """The price `ticks` further from the market than `price` for an order on `side`; at least 1."""
    return max(1, price - ticks if side is Side.BUY else price + ticks)


class Agent(ABC):
    """Decides for one trader.  Belongs to that trader's thread."""

    def __init__(self, instrument: TradedInstrument, randomness: random.Random) -> None:
        self._instrument = instrument
        self._random = randomness

    @abstractmethod
    def next_intent(self, view: MarketView) -> Intent:
        """What to ask the exchange for next.  There is always something, so a run of N requests ends."""

    def middle(self, bid: int, ask: int) -> int:
        """The middle of the market in ticks; where it lies between two, either by chance.

        Always the lower would be a bias: traders price by the middle, so the market would sink by itself.
        """
        half, remainder = divmod(bid + ask, 2)
        return half + self._random.randint(0, remainder)

    def _quantity(self, lots_max: int) -> int:
        return self._instrument.quantity(self._random.randint(1, lots_max))
