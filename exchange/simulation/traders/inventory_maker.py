"""Makes a market (after Avellaneda and Stoikov): quotes on both sides, and leans against what it holds.

It quotes around what it thinks fair, lower when it is long and higher when it is short, so that the market takes
its inventory off it.  When that has changed it moves its quotes one after the other, the one that is furthest off
first, each after a reaction time: by a replace, or it takes the quote out, waits until that is confirmed, and puts
it back at its new price.
"""

from __future__ import annotations

from typing import Optional

from exchange.networking.tcp_client import BookFollower, OwnOrder, Trade
from exchange.simulation.traders.chance import happens, lognormal, one_of
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.simulated_trader import SIDES, SideName, SimulatedTrader
from exchange.simulation.traders.turns import LEAST_WAIT_S

# A place in its ladder: side, and how many prices from the best of its own.
Slot = tuple[SideName, int]


class QuotingTrader(SimulatedTrader):
    """`LEVELS` quotes a side, the first half a `SPREAD_PPM` from the middle, each next `STEP_PPM` further."""

    RATE_PER_S = 2.0
    # Makers sit next to the exchange.
    LATENCY_NS, LATENCY_SPREAD = 30_000, 0.6
    JITTER_NS = 5_000
    LEVELS = 3
    SPREAD_PPM = 300.0
    # How much the spreads of makers differ.
    SPREAD_VARIETY = 0.3
    STEP_PPM = 60.0
    # A quote moves when it is this far from where it should be.
    TOLERANCE_PPM = 40.0
    REACTION_S, REACTION_SPREAD = 0.003, 1.5
    # How often a quote is moved by a replace.
    REPLACE_CHANCE = 0.3
    # How far what it thinks fair goes with an order that takes, as far as that was not expected (Madhavan,
    # Richardson, Roomans): after buyers it expects buyers, by this part of the way more each time.
    IMPACT_PPM = 20.0
    EXPECT = 0.2
    # At each look it also goes such a part of the way to the middle.
    FOLLOW = 0.1
    # How far all quotes are moved for a hundred units held, and what it wants to hold at most.
    LEAN_PPM = 5.0
    POSITION_MAX = 5_000

    def on_start(self) -> None:
        """Quotes from its first turn on."""
        self._quotes: dict[Slot, OwnOrder] = {}
        self._is_reacting = False
        self._last_trade_ns = 0
        # From -1 to 1: what it expects of the next order that takes; 1 is a buyer.
        self._expected = 0.0
        super().on_start()
        self._fair = self.reference
        self._spread_ppm = lognormal(self.draw, self.SPREAD_PPM, self.SPREAD_VARIETY)

    def on_book(self, book: BookFollower) -> None:  # noqa: ARG002
        """Reacts, a little later."""
        self._look_soon()

    def on_trade(self, trade: Trade) -> None:
        """Who takes may know something: what is fair has moved; once for all that an order meets as it arrives."""
        if trade.aggressor_side is not None and trade.timestamp != self._last_trade_ns:
            self._last_trade_ns = trade.timestamp
            surprise = (1 if trade.aggressor_side == "BUY" else -1) - self._expected
            self._fair *= 1 + surprise * self.IMPACT_PPM / 1e6
            self._expected += self.EXPECT * surprise

    def on_canceled(self, order: OwnOrder) -> None:
        """What it took out itself goes back at its new price."""
        slot = next((slot for slot, own in self._quotes.items() if own is order), None)
        if slot is not None:
            del self._quotes[slot]
            if order.reason == "USER_REQUESTED":
                self._quote(slot)

    def act(self) -> None:
        """Fill one empty place of the ladder, at first all of them; or correct what is furthest off."""
        if not self._quotes:
            for slot in self._slots():
                self._quote(slot)
            return
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

    def _look_soon(self) -> None:
        if not self._is_reacting and not self.turns.is_rationed:
            self._is_reacting = True
            delay_s = lognormal(self.draw, self.REACTION_S, self.REACTION_SPREAD)
            self.after(max(LEAST_WAIT_S, delay_s), self._react)

    def _react(self) -> None:
        self._is_reacting = False
        if self.market().phase == "CONTINUOUS":
            self._correct()

    def _correct(self) -> None:
        """Move the quote that is furthest from its place, if it is too far, and look for another one soon."""
        self._fair += self.FOLLOW * (self.reference - self._fair)
        slot = self._furthest()
        if slot is None:
            return
        if happens(self.draw, self.REPLACE_CHANCE):
            self.replace(self._quotes[slot], price=self.price(self._free_place_of(slot)))
        else:
            self.cancel(self._quotes[slot])
        self._look_soon()

    def _furthest(self) -> Optional[Slot]:
        """Of the quotes beyond tolerance that nothing is under way about."""
        tick = float(self.market().tick_size)
        tolerance = max(1.0, self.TOLERANCE_PPM * self._fair / 1e6)
        found: Optional[Slot] = None
        for slot, order in self._quotes.items():
            if order.is_live and not order.is_unanswered and order.price is not None:
                off = abs(float(order.price) / tick - self._free_place_of(slot))
                if off >= tolerance:
                    found, tolerance = slot, off
        return found

    def _quote(self, slot: Slot) -> None:
        side, _ = slot
        held = self.position if side == "BUY" else -self.position
        if held >= self.POSITION_MAX or self.market().phase != "CONTINUOUS":
            return
        self._quotes[slot] = self.rest(side, self.whole_lots(order_size(self.draw)), self._free_place_of(slot))

    def _free_place_of(self, slot: Slot) -> int:
        """Its place in ticks, but never nearer to the other side's best price than half the spread."""
        side, _ = slot
        ticks = self._place_of(slot)
        opposite = self.ask if side == "BUY" else self.bid
        if opposite is None:
            return ticks
        away = max(1, round(self._spread_ppm / 2 * opposite / 1e6))
        return min(ticks, opposite - away) if side == "BUY" else max(ticks, opposite + away)

    def _place_of(self, slot: Slot) -> int:
        """Where this quote should stand, in ticks."""
        side, level = slot
        lean_ppm = -self.LEAN_PPM * self.position / 100
        # Where a tick is much, at least one from the next price of its own.
        away_ppm = max(self._spread_ppm / 2 + level * self.STEP_PPM, (0.5 + level) * 1e6 / self._fair)
        sign = -1 if side == "BUY" else 1
        return round(self._fair * (1 + (lean_ppm + sign * away_ppm) / 1e6))

    def _slots(self) -> list[Slot]:
        return [(side, level) for side in SIDES for level in range(self.LEVELS)]
