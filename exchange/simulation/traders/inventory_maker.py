"""Makes a market (after Avellaneda and Stoikov): quotes on both sides, and leans against what it holds.

It quotes around what it thinks fair, lower when it is long and higher when it is short, so that the market takes
its inventory off it.  When that has moved it takes a quote out, waits until that is confirmed, and puts it back
at its new price; it does so one quote at a time, after a reaction time of its own.
"""

from __future__ import annotations

from typing import Optional

from exchange.networking.tcp_client import BookFollower, OwnOrder, Trade
from exchange.simulation.traders.chance import lognormal, one_of
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.simulated_trader import SIDES, SideName, SimulatedTrader
from exchange.simulation.traders.turns import LEAST_WAIT_S

# A place in its ladder: side, and how many prices from the best of its own.
Slot = tuple[SideName, int]


class QuotingTrader(SimulatedTrader):
    """`LEVELS` quotes a side, the first half a `SPREAD_PPM` from the middle, each next `STEP_PPM` further."""

    RATE_PER_S = 2.0
    # Makers sit next to the exchange.
    LATENCY_NS = 80_000
    JITTER_NS = 60_000
    LEVELS = 4
    SPREAD_PPM = 300.0
    STEP_PPM = 60.0
    # A quote moves when it is this far from where it should be.
    TOLERANCE_PPM = 40.0
    REACTION_S, REACTION_SPREAD = 0.003, 1.5
    # What it thinks fair goes so far with each trade, by its aggressor, and such a part of the way to the middle
    # with each look at the book.
    IMPACT_PPM = 20.0
    FOLLOW = 0.1
    # How far all quotes are moved for a hundred units held, and what it wants to hold at most.
    LEAN_PPM = 5.0
    POSITION_MAX = 5_000

    def on_start(self) -> None:
        """Quotes from its first turn on."""
        self._quotes: dict[Slot, OwnOrder] = {}
        self._is_reacting = False
        super().on_start()
        self._fair = self.reference

    def on_book(self, book: BookFollower) -> None:  # noqa: ARG002
        """Reacts, a little later."""
        if not self._is_reacting and not self.turns.is_rationed:
            self._is_reacting = True
            delay_s = lognormal(self.draw, self.REACTION_S, self.REACTION_SPREAD)
            self.after(max(LEAST_WAIT_S, delay_s), self._react)

    def on_trade(self, trade: Trade) -> None:
        """Who takes may know something: what is fair has moved."""
        if trade.aggressor_side is not None:
            sign = 1 if trade.aggressor_side == "BUY" else -1
            self._fair *= 1 + sign * self.IMPACT_PPM / 1e6

    def on_canceled(self, order: OwnOrder) -> None:
        """What it took out itself goes back at its new price."""
        slot = next((slot for slot, own in self._quotes.items() if own is order), None)
        if slot is not None:
            del self._quotes[slot]
            if order.reason == "USER_REQUESTED":
                self._quote(slot)

    def act(self) -> None:
        """Fill one empty place of the ladder, or correct what is furthest off."""
        empty = [slot for slot in self._slots() if slot not in self._quotes or self._quotes[slot].is_done]
        if empty:
            self._quote(empty[int(self.draw() * len(empty))])
        else:
            self._correct()

    def idle(self) -> None:
        """See `SimulatedTrader`: gives one quote another size, where it belongs now."""
        quotes = [each for each in self._quotes.items() if each[1].is_live and not each[1].is_unanswered]
        if not quotes:
            super().idle()
            return
        slot, order = one_of(self.draw, quotes)
        quantity = order.filled_quantity + self.whole_lots(order_size(self.draw))
        self.replace(order, price=self.price(self._free_place_of(slot)), quantity=quantity)

    def _react(self) -> None:
        self._is_reacting = False
        if self.market().phase == "CONTINUOUS":
            self._correct()

    def _correct(self) -> None:
        """Take out the quote that is furthest from its place, if it is too far."""
        tick = float(self.market().tick_size)
        self._fair += self.FOLLOW * (self.reference - self._fair)
        tolerance = max(1.0, self.TOLERANCE_PPM * self._fair / 1e6)
        worst: Optional[OwnOrder] = None
        for slot, order in self._quotes.items():
            if order.is_live and not order.is_canceling and order.price is not None:
                off = abs(float(order.price) / tick - self._place_of(slot))
                if off >= tolerance:
                    worst, tolerance = order, off
        if worst is not None:
            self.cancel(worst)

    def _quote(self, slot: Slot) -> None:
        side, _ = slot
        held = self.position if side == "BUY" else -self.position
        if held >= self.POSITION_MAX or self.market().phase != "CONTINUOUS":
            return
        self._quotes[slot] = self.rest(side, self.whole_lots(order_size(self.draw)), self._free_place_of(slot))

    def _free_place_of(self, slot: Slot) -> int:
        """Where this quote should stand, in ticks, but not beyond the best price of the other side."""
        side, _ = slot
        ticks = self._place_of(slot)
        opposite = self.ask if side == "BUY" else self.bid
        if opposite is None:
            return ticks
        return min(ticks, opposite - 1) if side == "BUY" else max(ticks, opposite + 1)

    def _place_of(self, slot: Slot) -> int:
        """Where this quote should stand, in ticks."""
        side, level = slot
        lean_ppm = -self.LEAN_PPM * self.position / 100
        # Where a tick is much, at least one from the next price of its own.
        away_ppm = max(self.SPREAD_PPM / 2 + level * self.STEP_PPM, (0.5 + level) * 1e6 / self._fair)
        sign = -1 if side == "BUY" else 1
        return round(self._fair * (1 + (lean_ppm + sign * away_ppm) / 1e6))

    def _slots(self) -> list[Slot]:
        return [(side, level) for side in SIDES for level in range(self.LEVELS)]
