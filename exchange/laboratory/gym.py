"""A market as an environment of gymnasium: one agent quotes in it, and learns.  Needs the extra `[gym]`.

    env = ExchangeEnv()
    observation, info = env.reset(seed=7)
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())

**Action** (MultiDiscrete [D + 1, D + 1, 3], D = `distance_max`), for the next `step_s` seconds: where to bid (0:
not at all, k: k ticks below the mid), where to offer (likewise above it), and what to do at once (0: nothing, 1:
buy, 2: sell `quantity` at the market).  A quote that stands where it is wanted is left alone and keeps its place.
What could bring the position beyond `position_max` is left out.

**Observation** (Box of 6 + 4 × LEVELS numbers from -1 to 1, each clipped):

    0         the mid's change since the step before, in ticks ÷ 10
    1         the spread, in ticks ÷ 100; 1 where a side is empty
    2         the position ÷ `position_max`
    3, 4      own bid, own offer: what rests of it ÷ `quantity`
    5         how much of the episode is over, 0 to 1
    then      LEVELS best bids: (distance from the mid in ticks ÷ 100, quantity ÷ (quantity + 100)); and the asks;
              (0, 0) where there is no level

**Reward**: what the step has changed of cash plus position at mid, in currency, less `inventory_cost`
× |position|.  The agent's own quotes are part of the book: in an empty market they alone make the mid.

**End**: truncated after `steps_max` steps; never terminated.  The same seed gives the same episode.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Optional

import gymnasium
import numpy as np
from gymnasium import spaces

from exchange.engine.instrument import NANOS_PER_UNIT, Instrument
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.latency import NO_LATENCY, Latency
from exchange.laboratory.venue.request_check import plain_order
from exchange.laboratory.venue.session import MarketSession
from exchange.listing import DEFAULT_INSTRUMENT
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.client.request_messages import cancel_order
from exchange.networking.client.typed_events import (
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
)

LEVELS = 5
AGENT = "agent"
SEED_MAX = 2**31
HOLDS = (6 + 4 * LEVELS,)

# Lets others trade in the market of an episode: called once, before the agent joins.
Populate = Callable[[VirtualMarket], None]


def nobody(_market: VirtualMarket) -> None:
    """An empty market."""


class _Quote:
    """What the agent has resting on one side: `remaining` 0 when nothing is."""

    def __init__(self) -> None:
        self.client_order_id = ""
        self.ticks: Optional[int] = None
        self.remaining = 0


class ExchangeEnv(gymnasium.Env):
    """One agent in a `VirtualMarket` of one instrument; see the module for what it sees, does and earns.

    `populate` brings the others in; `start_ticks` is the mid of a market that has neither book nor trade.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  as gymnasium asks

    def __init__(
        self,
        populate: Populate = nobody,
        *,
        instrument: Instrument = DEFAULT_INSTRUMENT,
        latency: Latency = NO_LATENCY,
        start_ticks: int = 10_000,
        step_s: float = 1.0,
        steps_max: int = 1_000,
        distance_max: int = 10,
        quantity: int = 10,
        position_max: int = 100,
        inventory_cost: float = 0.0,
    ) -> None:
        self.action_space = spaces.MultiDiscrete([distance_max + 1, distance_max + 1, 3])
        self.observation_space = spaces.Box(-1.0, 1.0, HOLDS, np.float32)
        self._distance_max = distance_max
        self._is_begun = False
        self._populate = populate
        self._instrument = instrument
        self._latency = latency
        self._start_ticks = start_ticks
        self._step_s = step_s
        self._steps_max = steps_max
        self._quantity = quantity
        self._position_max = position_max
        self._inventory_cost = inventory_cost
        self._tick = Decimal(instrument.tick_size_nanos) / NANOS_PER_UNIT

    # --- gymnasium's ------------------------------------------------------------------------------------

    def reset(
        self, *, seed: Optional[int] = None, options: Optional[dict[str, Any]] = None
    ) -> tuple[Any, dict[str, Any]]:
        """A new market, and the first observation.  Without a seed the episode follows from the one before."""
        super().reset(seed=seed, options=options)
        market = self._market = VirtualMarket([self._instrument], int(self.np_random.integers(SEED_MAX)))
        self._populate(market)
        self._session: MarketSession = market.join(AGENT, self._latency)
        self._session.hear = self._hear
        self._book = market.engine.book(self._instrument.symbol)
        self._bid, self._ask = _Quote(), _Quote()
        self._is_begun = True
        self._order_count = self._step_count = self._position = 0
        self._cash = Decimal(0)
        self._mid = self._mid_before = self._current_mid()
        self._worth = 0.0
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Do what the action says, let `step_s` pass, and see.

        Raises ValueError for an action outside of `action_space`, RuntimeError before the first `reset`.
        """
        if not self._is_begun:
            raise RuntimeError("step before the first reset: there is no market yet")
        bid_distance, ask_distance, at_once = self._checked(action)
        self._quote("BUY", self._bid, bid_distance)
        self._quote("SELL", self._ask, ask_distance)
        if at_once:
            self._send("BUY" if at_once == 1 else "SELL", None)
        self._market.advance(self._step_s)
        self._step_count += 1
        self._mid_before, self._mid = self._mid, self._current_mid()
        worth_before, self._worth = self._worth, float(self._cash + self._position * self._mid * self._tick)
        reward = self._worth - worth_before - self._inventory_cost * abs(self._position)
        return self._observation(), reward, False, self._step_count >= self._steps_max, self._info()

    def _checked(self, action: Any) -> tuple[int, int, int]:
        """The three numbers of an action.  Raises ValueError."""
        farthest = self._distance_max
        try:
            numbers = tuple(int(part) for part in action)
        except (TypeError, ValueError):
            numbers = ()
        if len(numbers) == 3:
            bid_distance, ask_distance, at_once = numbers
            if 0 <= bid_distance <= farthest and 0 <= ask_distance <= farthest and 0 <= at_once <= 2:
                return bid_distance, ask_distance, at_once
        wanted = f"(0 to {farthest}, 0 to {farthest}, 0 to 2)"
        raise ValueError(f"action {action!r}: must be three whole numbers {wanted}")

    # --- what the agent does ----------------------------------------------------------------------------

    def _quote(self, side: str, quote: _Quote, distance: int) -> None:
        """Have the quote `distance` ticks from the mid, or (0) nowhere."""
        wanted = None
        if distance:
            half = self._mid - distance if side == "BUY" else self._mid + distance
            wanted = max(1, int(half) if side == "BUY" else -int(-half // 1))
        if quote.remaining and quote.ticks == wanted:
            return
        if quote.remaining:
            self._session.send(cancel_order(None, quote.client_order_id))
        quote.client_order_id, quote.ticks, quote.remaining = "", wanted, 0
        if wanted is not None and (name := self._send(side, wanted)):
            quote.client_order_id, quote.remaining = name, self._quantity

    def _send(self, side: str, ticks: Optional[int]) -> str:
        """Send an order and return its name; "" where all that is live on its side leaves no room for it."""
        held, quote = (self._position, self._bid) if side == "BUY" else (-self._position, self._ask)
        if held + quote.remaining + self._quantity > self._position_max:
            return ""
        self._order_count += 1
        name = f"a{self._order_count}"
        price = None if ticks is None else ticks * self._tick
        self._session.send(plain_order(name, side, self._quantity, price))
        return name

    # --- what it sees -----------------------------------------------------------------------------------

    def _hear(self, event: TypedEvent) -> None:
        if isinstance(event, OrderExecuted):
            signed = event.quantity if event.side == "BUY" else -event.quantity
            self._position += signed
            self._cash -= signed * event.price + (event.fee or 0)
            self._note(event.client_order_id, event.remaining_quantity)
        elif isinstance(event, (OrderAccepted, OrderReplaced)):
            self._note(event.client_order_id, event.remaining_quantity)
        elif isinstance(event, (OrderCanceled, OrderExpired, OrderRejected)):
            self._note(event.client_order_id, 0)

    def _note(self, client_order_id: str, remaining: int) -> None:
        for quote in (self._bid, self._ask):
            if quote.client_order_id == client_order_id:
                quote.remaining = remaining

    def _current_mid(self) -> Decimal:
        """In ticks, perhaps a half one; where a side is empty the last trade, or where the market started."""
        bid, ask = self._book.bids.best(), self._book.asks.best()
        if bid is not None and ask is not None:
            return Decimal(bid.price + ask.price) / 2
        return Decimal(self._book.last_trade_price or self._start_ticks)

    def _observation(self) -> Any:
        bids, asks = self._book.bids.depth(LEVELS), self._book.asks.depth(LEVELS)
        mid = float(self._mid)
        seen = [
            float(self._mid - self._mid_before) / 10,
            (asks[0][0] - bids[0][0]) / 100 if bids and asks else 1.0,
            self._position / self._position_max,
            self._bid.remaining / self._quantity,
            self._ask.remaining / self._quantity,
            self._step_count / self._steps_max,
        ]
        for levels in (bids, asks):
            for price, quantity, _orders in levels:
                seen += ((price - mid) / 100, quantity / (quantity + 100))
            seen += [0.0] * (2 * (LEVELS - len(levels)))
        return np.clip(np.array(seen, np.float32), -1.0, 1.0)

    def _info(self) -> dict[str, Any]:
        return {
            "position": self._position,
            "cash": float(self._cash),
            "mid": float(self._mid * self._tick),
            "worth": self._worth,
            "time_ns": self._market.clock.now_ns,
        }
