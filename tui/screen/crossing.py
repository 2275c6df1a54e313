"""What an order would trade at once, by the book that is shown.  Pure; the engine's may be another by then."""

from __future__ import annotations

from typing import NamedTuple, Optional

from tui.screen.market_data import Market

# An order further from the market than this part of its price is likely a slip of the hand.
FAR_PARTS = 20


class Crossing(NamedTuple):
    """How much would trade, from the best price to the worst, in ticks."""

    quantity: int
    best: int
    worst: int

    def text(self, market: Market, *, is_buy: bool) -> str:
        """`CROSSES: buys 10 @ 99.88`, or `… @ 99.88–99.91` over several prices."""
        prices = market.scale.text(self.best)
        if self.worst != self.best:
            prices += f"–{market.scale.text(self.worst)}"
        return f"CROSSES: {'buys' if is_buy else 'sells'} {self.quantity} @ {prices}"


def crossing(
    market: Market, *, is_buy: bool, quantity: int, price: Optional[int], stop_price: Optional[int] = None
) -> Optional[Crossing]:
    """What `quantity` at `price` (ticks; None: at any) takes from the other side; None: nothing.  O(levels).

    Of what waits for `stop_price` (ticks) it is what it would take then, if the book beyond it stayed as it is.
    """
    levels = market.asks if is_buy else market.bids
    taken, best, worst = 0, None, 0
    for level in sorted(levels, reverse=not is_buy):
        if stop_price is not None and (level < stop_price if is_buy else level > stop_price):
            continue
        is_beyond = price is not None and (level > price if is_buy else level < price)
        if is_beyond or taken == quantity:
            break
        best = level if best is None else best
        worst = level
        taken = min(quantity, taken + levels[level])
    return None if best is None else Crossing(taken, best, worst)


def is_far(market: Market, price: int) -> bool:
    """Whether a price is more than 5 % from the market, or there is no market to compare it with."""
    bid, ask = market.best_bid, market.best_ask
    if bid is not None and ask is not None:
        twice_middle = bid + ask
    elif market.middle is not None:
        twice_middle = 2 * market.middle
    else:
        return True
    return abs(2 * price - twice_middle) * FAR_PARTS > twice_middle


def sweeps_far(market: Market, *, is_buy: bool, quantity: int, stop_price: Optional[int]) -> bool:
    """Whether an order without a limit may trade more than 5 % from the market, by the book that is shown.

    It may if the book shows too little for it.  Not so a stop: the book that it will meet is another anyway.
    """
    found = crossing(market, is_buy=is_buy, quantity=quantity, price=None, stop_price=stop_price)
    if found is None or found.quantity < quantity:
        return stop_price is None or (found is not None and is_far(market, found.worst))
    return is_far(market, found.worst)
