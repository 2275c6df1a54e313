"""When a simulated trader acts, and when what it rests is over: as often as its kind does, by its own chance."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Optional, Protocol

from exchange.networking.tcp_client import BotTimer, OwnOrder
from exchange.simulation.traders.arrivals import Arrivals, Poisson

if TYPE_CHECKING:
    from exchange.simulation.traders.simulated_trader import SimulatedTrader

# Nothing is waited for less than this, in s.
LEAST_WAIT_S = 1e-9


class Turns(Protocol):
    """What a trader is given its turns by; it calls these, and is called by `act`."""

    # Whether requests are rationed: who has turns of this sort acts in them alone.
    is_rationed: bool

    def begin(self) -> None:
        """The trader has started."""

    def resume(self) -> None:
        """There is continuous trading again."""

    def excite(self, weight: float) -> None:
        """Something has happened that lets turns come sooner for a while."""

    def end_later(self, order: OwnOrder, life_s: float) -> None:
        """Have the order canceled after so many seconds, if it still is there then."""


class OwnTurns:
    """Turns that come as the trader's `make_arrivals` says."""

    is_rationed = False

    def __init__(self, trader: SimulatedTrader) -> None:
        self._trader = trader
        self._arrivals: Arrivals = Poisson(trader.RATE_PER_S, trader.draw)
        self._next: Optional[BotTimer] = None

    def begin(self) -> None:
        """See `Turns`."""
        if self._trader.orders:
            # Of an earlier run that was cut off: nobody waits for their end any more.
            self._trader.cancel_all()
        self._arrivals = self._trader.make_arrivals()
        self.resume()

    def resume(self) -> None:
        """Set the next turn, in place of one that was set."""
        if self._next is not None:
            self._next.cancel()
        gap_s = self._arrivals.next_gap_s(self._trader.now_ns)
        self._next = self._trader.after(max(LEAST_WAIT_S, gap_s), self._take_turn)

    def excite(self, weight: float) -> None:
        """See `Turns`."""
        self._arrivals.excite(self._trader.now_ns, weight)
        self.resume()

    def end_later(self, order: OwnOrder, life_s: float) -> None:
        """See `Turns`."""
        self._trader.after(max(LEAST_WAIT_S, life_s), partial(self._trader.cancel, order))

    def _take_turn(self) -> None:
        if self._trader.market().phase != "CONTINUOUS":
            return  # `resume` begins anew.
        self._trader.act()
        self.resume()
