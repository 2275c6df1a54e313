"""Phases of the trading day, as the oracle sees them: what a change of phase makes happen, in its order."""

from __future__ import annotations

from typing import Optional

from exchange.engine.commands import ChangePhase
from exchange.engine.events import InstrumentStatusChanged
from exchange.engine.words import Phase, PhaseReason, TimeInForce
from tests.support.oracle.auction import Auction
from tests.support.oracle.matching import NANOS_PER_SECOND
from tests.support.oracle.memory import Market

CALLS = (Phase.PRE_OPEN, Phase.AUCTION, Phase.CLOSING_AUCTION)


class Phases(Auction):
    """RULES 5, 18–20, 28."""

    def _change_phase(self, market: Market, phase: Phase, reason: PhaseReason, until: Optional[int]) -> None:
        """Trades, cancels of what was in for this call, expiries, the new status, then stops."""
        symbol, before, was_repeated = market.instrument.symbol, market.phase, market.is_repeated
        ends_call = before in CALLS and phase in (Phase.CONTINUOUS, Phase.CLOSED)
        if ends_call or (before is Phase.HALTED and phase is Phase.CONTINUOUS):
            self._uncross(symbol)
        if phase is Phase.CLOSED and before is not Phase.CLOSED:
            self._expire_day_orders(symbol)
        if before is Phase.CLOSED and phase is not Phase.CLOSED:
            market.first_price_of_day = None
        market.is_repeated = phase is Phase.CONTINUOUS and market.instrument.call_every_ms is not None
        if market.is_repeated:
            phase = Phase.AUCTION
            self._begin_next_call(market, was_repeated)
        market.phase, market.reason, market.until, market.is_extended = phase, reason, until, False
        if not (market.is_repeated and was_repeated):
            self._tell_status(market)
        self._release_stops(symbol)

    def _begin_next_call(self, market: Market, was_repeated: bool) -> None:
        """On the beat of the one before, if there was one, and later than now."""
        every_ns = (market.instrument.call_every_ms or 0) * 1_000_000
        end = market.call_end if was_repeated else self._now
        market.call_end = end + every_ns
        while market.call_end <= self._now:
            market.call_end += every_ns

    def _is_idle(self, market: Market) -> bool:
        """Whether a row of calls has nobody in it."""
        symbol = market.instrument.symbol
        return market.is_repeated and not any(o.symbol == symbol and not o.is_waiting for o in self.live)

    def _end_idle(self, market: Market) -> None:
        """An order comes: the call ends at the first moment of the beat that is later than now."""
        every_ns = (market.instrument.call_every_ms or 0) * 1_000_000
        while self._is_idle(market) and market.call_end > self._now:
            market.call_end -= every_ns
        while self._is_idle(market) and market.call_end <= self._now:
            market.call_end += every_ns

    def _expire_day_orders(self, symbol: str) -> None:
        """First what was in for one call only, without the day to live, then the orders of the day, by ids."""
        live = sorted((o for o in self.live if o.symbol == symbol), key=lambda order: order.order_id)
        for order in live:
            if not order.is_waiting and order.is_for_one_call and order.time_in_force is not TimeInForce.DAY:
                self._end_after_call(order)
        for order in live:
            if order.time_in_force is TimeInForce.DAY:
                self._expire(order)

    def _time_brings(self, command: ChangePhase) -> None:
        """RULES 18, 28: a timed halt ends in a call, a call in trading; nothing if something else came between."""
        market = self.markets[command.symbol]
        end = market.call_end if market.is_repeated else market.until
        wanted = Phase.AUCTION if market.phase is Phase.HALTED else Phase.CONTINUOUS
        is_due = (command.due, command.phase, command.reason) == (end, wanted, market.reason)
        if not is_due or self._is_idle(market):
            return
        later = command.due + market.instrument.call_s * NANOS_PER_SECOND
        if market.phase is Phase.HALTED:
            self._change_phase(market, Phase.AUCTION, command.reason, later)
        elif self._is_to_be_extended(market):
            market.until, market.is_extended = later, True
            symbol = market.instrument.symbol
            self._tell(InstrumentStatusChanged(symbol, market.phase, PhaseReason.EXTENDED, later))
        else:
            self._change_phase(market, Phase.CONTINUOUS, command.reason, None)

    def _is_to_be_extended(self, market: Market) -> bool:
        if market.reason is not PhaseReason.CIRCUIT_BREAKER or market.is_extended or market.is_repeated:
            return False
        price = self._indicated(market.instrument.symbol).price
        return price is not None and self._is_halting(price, market)
