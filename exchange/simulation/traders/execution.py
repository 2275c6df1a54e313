"""Works large parent orders off in slices, so that the market hardly notices: TWAP, VWAP, POV.

    parent ──► slices, when they are due ──► a few child orders each, in quick succession, for what is shown

    TWAP   slices evenly in time
    VWAP   as a day's volume usually runs: more at its beginning and its end
    POV    for a fixed part of what the others trade

A parent order comes now and then, for either side, and most are small and some very large.  Its children go on in
one direction for as long as it lasts, which is where the long memory of trade signs comes from (Lillo, Mike and
Farmer).
"""

from __future__ import annotations

import math

from exchange.networking.tcp_client import Trade
from exchange.simulation.traders.chance import exponential, happens, lognormal, one_of, power_law
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.simulated_trader import SIDES, SideName, SimulatedTrader
from exchange.simulation.traders.turns import LEAST_WAIT_S


class Execution(SimulatedTrader):
    """One parent order at a time; what differs is when the next slice is due."""

    LATENCY_NS, LATENCY_SPREAD = 200_000, 0.8
    JITTER_NS = 20_000
    # How often parents come while there is none; so many slices they have at least, with a tail of this power.
    RATE_PER_S = 0.02
    SLICES_MIN, SLICES_TAIL, SLICES_MAX = 2.0, 1.5, 500
    SLICE_EVERY_S = 1.0
    # The children of a slice: one at least, with a tail of this power; and how they follow each other.
    CHILDREN_TAIL, CHILDREN_MAX = 1.2, 20
    CHILD_EVERY_S, CHILD_SPREAD = 0.003, 2.0
    # Children that take, if the spread is at most so wide; the others wait at the touch for as long as a slice.
    TAKE_CHANCE = 0.8
    TAKE_SPREAD_PPM = 500.0

    def __init__(self, name: str, scenario: Scenario) -> None:
        super().__init__(name, scenario)
        self.side: SideName = "BUY"
        self.slices_left = self.slices = 0
        self._children_left = 0

    def act(self) -> None:
        """A parent order arrives, unless one is at work; where requests are rationed that goes on now."""
        if not self.is_working:
            self.side = one_of(self.draw, SIDES)
            drawn = int(power_law(self.draw, self.SLICES_MIN, self.SLICES_TAIL))
            self.slices = self.slices_left = min(self.SLICES_MAX, drawn)
            self.begin()
        elif self.turns.is_rationed and self._children_left:
            self._work_child()
        elif self.turns.is_rationed:
            self.work_slice()

    @property
    def is_working(self) -> bool:
        """Whether anything is left of a parent."""
        return self.slices_left > 0 or self._children_left > 0

    def begin(self) -> None:
        """The first slice of a parent is due; the next ones as `next_slice_s` says."""
        self.work_slice()

    def next_slice_s(self) -> float:
        """How long until the next slice."""
        raise NotImplementedError

    def work_slice(self) -> None:
        """Send the children of a slice, one after the other; not while those of the last one go on."""
        if self.slices_left and not self._children_left:
            self.slices_left -= 1
            self._children_left = min(self.CHILDREN_MAX, int(power_law(self.draw, 1.0, self.CHILDREN_TAIL)))
            self._work_child()

    def slice_done(self) -> None:
        """All children of a slice are sent: the next one is due later."""
        if self.slices_left and not self.turns.is_rationed:
            self.after(max(LEAST_WAIT_S, self.next_slice_s()), self.work_slice)

    def _work_child(self) -> None:
        if self.market().phase == "CONTINUOUS":
            self._send()
        self._children_left -= 1
        if self._children_left and not self.turns.is_rationed:
            gap_s = lognormal(self.draw, self.CHILD_EVERY_S, self.CHILD_SPREAD)
            self.after(max(LEAST_WAIT_S, gap_s), self._work_child)
        elif not self._children_left:
            self.slice_done()

    def _send(self) -> None:
        bid, ask, quantity = self.bid, self.ask, self.whole_lots(order_size(self.draw))
        takes = happens(self.draw, self.TAKE_CHANCE)
        if bid is None or ask is None or (takes and (ask - bid) * 1e6 <= self.TAKE_SPREAD_PPM * bid):
            self.take(self.side, quantity)
        else:
            self.rest(self.side, quantity, bid if self.side == "BUY" else ask, self.SLICE_EVERY_S)


class TwapTrader(Execution):
    """Evenly in time, but for a little chance, so that nobody can tell when the next slice comes."""

    def next_slice_s(self) -> float:
        """See `Execution`."""
        return lognormal(self.draw, self.SLICE_EVERY_S, 0.5)


class VwapTrader(Execution):
    """By a volume profile that is high at both ends and low in the middle."""

    def next_slice_s(self) -> float:
        """See `Execution`; 1 + cos² of the part that is done, of the usual pace."""
        done = 1 - self.slices_left / self.slices
        profile = (1 + 2 * math.cos(math.pi * done) ** 2) / 2
        return exponential(self.draw, self.SLICE_EVERY_S / profile)


class PovTrader(Execution):
    """A slice whenever the others have traded `SLICE_PER_UNITS` more."""

    SLICE_PER_UNITS = 1_000.0

    def __init__(self, name: str, scenario: Scenario) -> None:
        super().__init__(name, scenario)
        self._traded = 0

    def begin(self) -> None:
        """Nothing before the others have traded."""
        self._traded = 0

    def on_trade(self, trade: Trade) -> None:
        """Follows the volume."""
        if self.slices_left and self.market().phase == "CONTINUOUS":
            self._traded += trade.quantity
            if self._traded >= self.SLICE_PER_UNITS:
                self._traded = 0
                self.work_slice()

    def slice_done(self) -> None:
        """Volume decides when the next one is due."""
