"""Works large parent orders off in small pieces, so that the market hardly notices: TWAP, VWAP, POV.

    TWAP   evenly in time
    VWAP   as a day's volume usually runs: more at its beginning and its end
    POV    a fixed part of what the others trade

A parent order comes now and then, for either side.  Its pieces go on in one direction for as long as it lasts,
which is where the long memory of trade signs comes from (Lillo, Mike and Farmer).
"""

from __future__ import annotations

import math

from exchange.networking.tcp_client import Trade
from exchange.simulation.traders.chance import exponential, happens, lognormal, one_of, power_law
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.simulated_trader import SIDES, SideName, SimulatedTrader
from exchange.simulation.traders.turns import LEAST_WAIT_S

PIECE = 100


class Execution(SimulatedTrader):
    """One parent order at a time; what differs is when the next piece is due."""

    # How often parents come while there is none; their size has a tail of this power, in pieces.
    RATE_PER_S = 0.02
    PIECES_MIN, SIZE_TAIL, PIECES_MAX = 5.0, 1.5, 500
    PIECE_EVERY_S = 1.0
    # Pieces that take; the others wait at the touch until the next piece.
    TAKE_CHANCE = 0.6

    def __init__(self, name: str, scenario: Scenario) -> None:
        super().__init__(name, scenario)
        self.side: SideName = "BUY"
        self.pieces_left = 0
        self.pieces = 0

    def act(self) -> None:
        """A parent order arrives, unless one is at work."""
        if not self.pieces_left:
            self.side = one_of(self.draw, SIDES)
            self.pieces = self.pieces_left = min(
                self.PIECES_MAX, int(power_law(self.draw, self.PIECES_MIN, self.SIZE_TAIL))
            )
            self.begin()

    def begin(self) -> None:
        """The first piece of a parent is due; the next ones as `next_piece_s` says."""
        self._work()

    def next_piece_s(self) -> float:
        """How long until the next piece."""
        raise NotImplementedError

    def work_piece(self) -> None:
        """Send one piece."""
        touch = self.best(self.side)
        self.pieces_left -= 1
        if touch is None or happens(self.draw, self.TAKE_CHANCE):
            self.take(self.side, self.whole_lots(PIECE))
        else:
            self.rest(self.side, self.whole_lots(PIECE), touch, self.PIECE_EVERY_S)

    def _work(self) -> None:
        if self.market().phase == "CONTINUOUS":
            self.work_piece()
        if self.pieces_left:
            self.after(max(LEAST_WAIT_S, self.next_piece_s()), self._work)


class TwapTrader(Execution):
    """Evenly in time, but for a little chance, so that nobody can tell when the next piece comes."""

    def next_piece_s(self) -> float:
        """See `Execution`."""
        return lognormal(self.draw, self.PIECE_EVERY_S, 0.5)


class VwapTrader(Execution):
    """By a volume profile that is high at both ends and low in the middle."""

    def next_piece_s(self) -> float:
        """See `Execution`; 1 + cos² of the part that is done, of the usual pace."""
        done = 1 - self.pieces_left / self.pieces
        profile = (1 + 2 * math.cos(math.pi * done) ** 2) / 2
        return exponential(self.draw, self.PIECE_EVERY_S / profile)


class PovTrader(Execution):
    """A piece for every `1 / PART` pieces' worth that the others trade."""

    PART = 0.1

    def __init__(self, name: str, scenario: Scenario) -> None:
        super().__init__(name, scenario)
        self._due = 0.0

    def begin(self) -> None:
        """Nothing before the others have traded."""
        self._due = 0.0

    def on_trade(self, trade: Trade) -> None:
        """Follows the volume."""
        if not self.pieces_left or self.market().phase != "CONTINUOUS":
            return
        self._due += trade.quantity * self.PART
        if self._due >= PIECE:
            self._due -= PIECE
            self.work_piece()

    def next_piece_s(self) -> float:
        """Not asked for: volume decides."""
        return self.PIECE_EVERY_S
