"""What all simulated traders have in common: a name, numbers of their own, and when they act next.

    class Buyer(SimulatedTrader):
        def act(self) -> None:
            if self.bid is not None:
                self.rest("BUY", 100, self.bid, life_s=2.0)

A trader is a `Bot` like anybody's, over TCP or on the laboratory's virtual clock.  All it draws comes from `draw`,
which hangs on the scenario's seed and the trader's own name: one trader more changes nobody else's numbers.

Prices are in ticks here, so that a strategy is arithmetic with whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Literal, Optional

from exchange.laboratory.venue.latency import Latency, random_stream
from exchange.networking.tcp_client import Bot, BotTimer, InstrumentStatus, OwnOrder, RefusedRequest
from exchange.simulation.traders.arrivals import Arrivals, Poisson
from exchange.simulation.traders.chance import lognormal, one_of
from exchange.simulation.traders.order_sizes import order_size
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.turns import LEAST_WAIT_S, Turns

SideName = Literal["BUY", "SELL"]
SIDES: tuple[SideName, SideName] = ("BUY", "SELL")
# How long an order of a trader with nothing to do waits, and how far behind the touch.
IDLE_LIFE_S = 2.0
IDLE_TICKS_MAX = 6


def opposite(side: SideName) -> SideName:
    """The side that this one trades against."""
    return "SELL" if side == "BUY" else "BUY"


class SimulatedTrader(Bot):
    """Override `act`, which is called `RATE_PER_S` times a second on average, and what else of `Bot` is of use."""

    depth = 1
    RATE_PER_S = 1.0
    # How far it is from the exchange on a virtual clock: ns each way, in the median of its kind, with this spread
    # of the logarithm; and up to how much longer.
    LATENCY_NS, LATENCY_SPREAD = 500_000, 0.0
    JITTER_NS = 500_000

    def __init__(self, name: str, scenario: Scenario) -> None:
        self.name = name
        self.scenario = scenario
        self.draw = random_stream(scenario.seed, name)
        self.turns: Turns = OwnTurns(self)
        self._tick = Decimal(0)

    def act(self) -> None:
        """It is time to do something; only while there is continuous trading."""
        raise NotImplementedError

    def idle(self) -> None:
        """A request is due and it wants nothing; only where requests are rationed.  Waits off the market."""
        side = one_of(self.draw, SIDES)
        touch = self.best(side)
        away = int(self.draw() * IDLE_TICKS_MAX) + (touch is None)
        near = round(self.reference) if touch is None else touch
        ticks = near - away if side == "BUY" else near + away
        self.rest(side, self.whole_lots(order_size(self.draw)), ticks, IDLE_LIFE_S)

    def make_arrivals(self) -> Arrivals:
        """How its turns follow each other; evenly by chance unless overridden."""
        return Poisson(self.RATE_PER_S * self.scenario.pace, self.draw)

    def latency(self) -> Latency:
        """How far it is from the exchange on a virtual clock; the same whenever it is asked."""
        factor = lognormal(random_stream(self.scenario.seed, f"{self.name} latency"), 1.0, self.LATENCY_SPREAD)
        one_way_ns = round(self.LATENCY_NS * factor)
        return Latency(one_way_ns, one_way_ns, self.JITTER_NS)

    def adjust(self, settings: Mapping[str, float]) -> None:
        """Set numbers of its class (`RATE_PER_S` …) for this trader alone, before it starts.

        Raises ValueError.
        """
        for name, value in settings.items():
            usual = getattr(type(self), name, None) if name.isupper() else None
            if not isinstance(usual, (int, float)):
                raise ValueError(f"{name}: {type(self).__name__} has no number of this name")
            setattr(self, name, type(usual)(value))

    # --- what it knows, in ticks -----------------------------------------------------------------------------

    @property
    def bid(self) -> Optional[int]:
        """The best bid; None where nobody bids."""
        level = self.market().best_bid
        return None if level is None else int(level.price / self._tick)

    @property
    def ask(self) -> Optional[int]:
        """The best offer; None where nobody offers."""
        level = self.market().best_ask
        return None if level is None else int(level.price / self._tick)

    def best(self, side: SideName) -> Optional[int]:
        """The best price of this side."""
        return self.bid if side == "BUY" else self.ask

    @property
    def reference(self) -> float:
        """The middle of the market: of the touch, of what there is of it, the last trade, or the start."""
        bid, ask = self.bid, self.ask
        if bid is not None and ask is not None:
            return (bid + ask) / 2
        one_side = bid if bid is not None else ask
        if one_side is not None:
            return float(one_side)
        last = self.market().last_price
        return self.in_ticks(self.scenario.start_price) if last is None else float(last / self._tick)

    def in_ticks(self, price: float) -> float:
        """A price in currency as (not whole) ticks."""
        return price / float(self._tick)

    def price(self, ticks: int) -> Decimal:
        """So many ticks, at least one, in currency."""
        return max(1, ticks) * self._tick

    def whole_lots(self, quantity: float) -> int:
        """The quantity nearest to this that may be ordered."""
        instrument = self.market().instrument
        lots = max(1, round(quantity / instrument.lot_size)) * instrument.lot_size
        return max(instrument.min_quantity, min(instrument.max_quantity, lots))

    # --- what it can do --------------------------------------------------------------------------------------

    def rest(self, side: SideName, quantity: int, ticks: int, life_s: Optional[float] = None) -> OwnOrder:
        """A limit order at this price (at least a tick), canceled after `life_s` if it still is there then."""
        order = self._place(side, quantity, self.price(ticks))
        if life_s is not None:
            self.turns.end_later(order, life_s)
        return order

    def take(self, side: SideName, quantity: int, through_ticks: int = 0) -> Optional[OwnOrder]:
        """Trade with what is offered now, up to so many ticks beyond the touch; None if nothing is offered."""
        price = self.best(opposite(side))
        if price is None:
            return None
        limit = price + through_ticks if side == "BUY" else price - through_ticks
        return self._place(side, quantity, self.price(limit), time_in_force="IOC")

    def _place(
        self, side: SideName, quantity: int, price: Decimal, time_in_force: Optional[str] = None
    ) -> OwnOrder:
        send = self.buy if side == "BUY" else self.sell
        return send(quantity, price, time_in_force=time_in_force)

    # --- when it acts ----------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """See `Bot`; a trader that overrides this calls it."""
        self._tick = self.market().tick_size
        self.turns.begin()

    def on_rejected(self, refusal: RefusedRequest) -> None:
        """See `Bot`: an order that traded before its cancel came is nothing that a person must hear of."""

    def on_phase(self, status: InstrumentStatus) -> None:
        """See `Bot`; turns begin again when trading does."""
        if status.phase == "CONTINUOUS":
            self.turns.resume()

    def excite(self, weight: float = 1.0) -> None:
        """Something has happened that lets turns come sooner for a while."""
        self.turns.excite(weight)


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
