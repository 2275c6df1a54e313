"""Phases of the trading day, as the oracle sees them: what a change of phase makes happen, in its order."""

from __future__ import annotations

from typing import Optional

from exchange.engine.words import Phase, PhaseReason, TimeInForce
from tests.support.oracle.auction import Auction
from tests.support.oracle.memory import Market

CALLS = (Phase.PRE_OPEN, Phase.AUCTION, Phase.CLOSING_AUCTION)


class Phases(Auction):
    """RULES 5, 18–20."""

    def _change_phase(self, market: Market, phase: Phase, reason: PhaseReason, until: Optional[int]) -> None:
        """Trades, MARKET cancels, expiries, the new status, then stops."""
        symbol, before = market.instrument.symbol, market.phase
        ends_call = before in CALLS and phase in (Phase.CONTINUOUS, Phase.CLOSED)
        if ends_call or (before is Phase.HALTED and phase is Phase.CONTINUOUS):
            self._uncross(symbol)
        if phase is Phase.CLOSED:
            self._expire_day_orders(symbol)
        if before is Phase.CLOSED and phase is not Phase.CLOSED:
            market.first_price_of_day = None
        market.phase, market.reason, market.until = phase, reason, until
        self._tell_status(market)
        self._release_stops(symbol)

    def _expire_day_orders(self, symbol: str) -> None:
        day = [o for o in self.live if o.symbol == symbol and o.time_in_force is TimeInForce.DAY]
        for order in sorted(day, key=lambda order: order.order_id):
            self._expire(order)
