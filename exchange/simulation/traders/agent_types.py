"""Who the users of a simulation are: a new kind of trader is one file beside this one, and its name here."""

from __future__ import annotations

from exchange.simulation.traders.agent import Agent
from exchange.simulation.traders.market_maker import MarketMaker
from exchange.simulation.traders.momentum_trader import MomentumTrader
from exchange.simulation.traders.noise_trader import NoiseTrader

# The first user is of the first kind, the second of the second …, and then from the first again.
AGENT_TYPES: tuple[type[Agent], ...] = (NoiseTrader, MarketMaker, NoiseTrader, MomentumTrader)
