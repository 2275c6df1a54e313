"""The uncross as the oracle sees it: every candidate tried, then front buy against front sell."""

from __future__ import annotations

from typing import NamedTuple, Optional

from exchange.engine.words import CancelReason, Liquidity, Side
from tests.support.oracle.matching import Matching
from tests.support.oracle.values import OracleOrder


class Outcome(NamedTuple):
    """What an uncross would give: a price in ticks, or None; surplus positive on the buy side."""

    price: Optional[int]
    volume: int
    surplus: int


def outcome_at(price: int, buys: list[OracleOrder], sells: list[OracleOrder]) -> Outcome:
    """What could be executed at one price, icebergs whole."""
    bought = sum(o.remaining for o in buys if o.price is None or o.price >= price)
    sold = sum(o.remaining for o in sells if o.price is None or o.price <= price)
    return Outcome(price, min(bought, sold), bought - sold)


def best_outcome(buys: list[OracleOrder], sells: list[OracleOrder], reference: Optional[int]) -> Outcome:
    """RULES 20, line by line."""
    limits = {order.limit for order in (*buys, *sells) if order.price is not None}
    if not limits:
        return Outcome(None, 0, 0) if reference is None else _if_any(outcome_at(reference, buys, sells))
    tried = [outcome_at(price, buys, sells) for price in sorted(limits)]
    most = max(outcome.volume for outcome in tried)
    tried = [outcome for outcome in tried if outcome.volume == most]
    least = min(abs(outcome.surplus) for outcome in tried)
    tried = [outcome for outcome in tried if abs(outcome.surplus) == least]
    if most == 0:
        return Outcome(None, 0, 0)
    lowest, highest = tried[0].price or 0, tried[-1].price or 0
    if len(tried) == 1 or all(outcome.surplus < 0 for outcome in tried):
        return tried[0]
    if all(outcome.surplus > 0 for outcome in tried):
        return tried[-1]
    price = (lowest + highest) // 2 if reference is None else min(max(reference, lowest), highest)
    return outcome_at(price, buys, sells)


def _if_any(outcome: Outcome) -> Outcome:
    return outcome if outcome.volume else Outcome(None, 0, 0)


class Auction(Matching):
    """Calls end here."""

    def _indicated(self, symbol: str) -> Outcome:
        buys, sells = self.resting(symbol, Side.BUY), self.resting(symbol, Side.SELL)
        return best_outcome(buys, sells, self.markets[symbol].reference)

    def _uncross(self, symbol: str) -> None:
        """All trades at one price; then no MARKET order is left, even without a price (RULES 19, 20)."""
        market = self.markets[symbol]
        price = self._indicated(symbol).price
        if price is not None:
            market.last_auction_price = price
            self._trade_at(symbol, price)
        leftovers = [o for o in self.live if o.symbol == symbol and not o.is_waiting and o.is_for_one_call]
        for order in sorted(leftovers, key=lambda order: order.order_id):
            self._end_after_call(order)

    def _end_after_call(self, order: OracleOrder) -> None:
        is_market = order.price is None
        self._end(order, CancelReason.MARKET_REMAINDER if is_market else CancelReason.IOC_REMAINDER)

    def _trade_at(self, symbol: str, price: int) -> None:
        while True:
            buys = [o for o in self.resting(symbol, Side.BUY) if o.price is None or o.price >= price]
            sells = [o for o in self.resting(symbol, Side.SELL) if o.price is None or o.price <= price]
            if not buys or not sells:
                return
            buy, sell = buys[0], sells[0]
            quantity = min(buy.remaining, sell.remaining)
            taker = Liquidity.TAKER
            self._trade(buy, sell, price, quantity, (buy, taker), (sell, taker), is_auction=True)
