"""What a simulated trader sees and what it may want.  Values only, prices in integer ticks, quantities in units.

    View ──► agent ──► Intent ──► order desk ──► the client library

Ticks become exact Decimals in `order_desk`, on the way out; no agent ever meets a float price.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional, Union

from exchange.engine.order import SelfTradePrevention, Side, TimeInForce


class Place(NamedTuple):
    """Enter an order; `price` None means at the market.

    None in the other fields leaves it to the engine (time in force, self-trade prevention) or to the client
    library (client order id, which it then generates).
    """

    side: Side
    quantity: int
    price: Optional[int]
    time_in_force: Optional[TimeInForce] = None
    client_order_id: Optional[str] = None
    self_trade_prevention: Optional[SelfTradePrevention] = None


class Cancel(NamedTuple):
    """Take a resting order out of the book."""

    client_order_id: str


class Replace(NamedTuple):
    """Change a resting order; `quantity` is the new total, executed part included; None leaves the price."""

    client_order_id: str
    quantity: int
    price: Optional[int] = None


Intent = Union[Place, Cancel, Replace]


class OwnOrder(NamedTuple):
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


class View(NamedTuple):
    """The market as one trader sees it when it decides.

    `best_bid` and `best_ask` are None where nobody bids or offers.  `reference` is always a price: the middle of
    the market, the last one known, or where trading starts.  `own_orders` is oldest first, `net_position` bought
    minus sold since this run began.
    """

    best_bid: Optional[int]
    best_ask: Optional[int]
    reference: int
    own_orders: Sequence[OwnOrder] = ()
    net_position: int = 0

    def best(self, side: Side) -> Optional[int]:
        """The best price of those who want to trade on `side`."""
        return self.best_bid if side is Side.BUY else self.best_ask
