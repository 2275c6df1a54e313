"""What recorded flow asks of an exchange so that it happens again.  Values only.

    flow translator ──► Intent ──► over TCP an order desk and the client library, in the laboratory a command

Prices are integer ticks, quantities units; nobody on the way meets a float price.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from exchange.engine.words import SelfTradePrevention, Side, TimeInForce


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
