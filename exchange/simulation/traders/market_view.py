"""What a simulated trader sees when it decides.  Values only, prices in integer ticks, quantities in units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from exchange.engine.words import Side


class WorkingOrder(NamedTuple):
    """A limit order of the trader that rests in the book, as far as the trader knows."""

    client_order_id: str
    side: Side
    price: int
    quantity: int
    remaining_quantity: int

    @property
    def executed_quantity(self) -> int:
        """What has been filled of it."""
        return self.quantity - self.remaining_quantity


class MarketView(NamedTuple):
    """The market as one trader sees it when it decides.

    `best_bid` and `best_ask` are None where nobody bids or offers.  `reference` is always a price: the middle of
    the market, the last one known, or where trading starts.  `own_orders` is oldest first, `net_position` bought
    minus sold since this run began.
    """

    best_bid: Optional[int]
    best_ask: Optional[int]
    reference: int
    own_orders: Sequence[WorkingOrder] = ()
    net_position: int = 0

    def best(self, side: Side) -> Optional[int]:
        """The best price of those who want to trade on `side`."""
        return self.best_bid if side is Side.BUY else self.best_ask
