"""The trader that quotes several prices on both sides and moves them with the market and its inventory."""

from __future__ import annotations

from exchange.engine.words import Side, TimeInForce
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place, Replace
from exchange.simulation.traders.agent import SIDES, Agent, away
from exchange.simulation.traders.market_view import MarketView, WorkingOrder


class MarketMaker(Agent):
    """Keeps an order at each of `LEVELS` prices per side; what it holds too much of, it quotes more cheaply."""

    LEVELS = 3
    HALF_SPREAD = 2
    STEP = 2
    LOTS = 20
    LOTS_PER_SKEW_TICK = 50
    SKEW_MAX = 4
    CANCEL_CHANCE = 0.3

    def next_intent(self, view: MarketView) -> Intent:
        """Mend one thing that is not as it should be, on a side chosen by chance; else resize a quote."""
        side = self._random.choice(SIDES)
        quotes = [order for order in view.own_orders if order.side is side]
        wanted = self._prices(side, view)
        missing = [price for price in wanted if all(quote.price != price for quote in quotes)]
        stray = [quote for quote in quotes if quote.price not in wanted]
        if stray and missing and self._random.random() >= self.CANCEL_CHANCE:
            return self._requote(stray[0], missing[0])
        if stray:
            return Cancel(stray[0].client_order_id)
        if missing:
            return Place(side, self._instrument.quantity(self.LOTS), missing[0], TimeInForce.GTC)
        if len(quotes) > self.LEVELS:
            return Cancel(quotes[-1].client_order_id)
        quote = self._random.choice(quotes)
        return self._requote(quote, quote.price)

    def _prices(self, side: Side, view: MarketView) -> list[int]:
        """Where this side's quotes belong, best first; fewer than `LEVELS` only where prices end, at 1 tick."""
        lots_held = view.net_position // self._instrument.lot_size
        skew = max(-self.SKEW_MAX, min(self.SKEW_MAX, int(lots_held / self.LOTS_PER_SKEW_TICK)))
        fair = max(1, view.reference - skew)
        prices = [away(fair, side, self.HALF_SPREAD + level * self.STEP) for level in range(self.LEVELS)]
        return list(dict.fromkeys(prices))

    def _requote(self, quote: WorkingOrder, price: int) -> Replace:
        return Replace(quote.client_order_id, quote.executed_quantity + self._quantity(self.LOTS), price)
