"""What may be asked of the engine: imperative, already checked for type by whoever made it.

Prices come in as `price_nanos`, an integer count of 10⁻⁹ currency units (the PRICE9 of FIX's Simple Binary
Encoding): exact, the same for every instrument, and without knowledge of a tick size, which is the engine's to
check.  Quantities are integers in units of the instrument.  NamedTuples, because they are made by the million and
a handler unpacks one in a single step.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from exchange.engine.instrument import Instrument
from exchange.engine.order import OrderType, SelfTradePrevention, Side, TimeInForce


class NewOrder(NamedTuple):
    """Enter an order.

    `symbol` None means the only instrument listed.  `price_nanos` is None exactly for MARKET, whose
    `time_in_force` is IOC or FOK.  `post_only` goes only with a LIMIT order that may rest.
    `self_trade_prevention` None means the instrument's default.
    """

    user: str
    client_order_id: str
    symbol: Optional[str]
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price_nanos: Optional[int]
    quantity: int
    post_only: bool = False
    self_trade_prevention: Optional[SelfTradePrevention] = None


class CancelOrder(NamedTuple):
    """Cancel one live order, named by exactly one of the two ids; the other is None."""

    user: str
    order_id: Optional[int]
    client_order_id: Optional[str]


class ReplaceOrder(NamedTuple):
    """Change a live order, named by exactly one of the two ids.

    `quantity` is the new total, executed part included (RULES 11).  None leaves price, quantity or client order
    id as they are; at least one of the three is given.
    """

    user: str
    order_id: Optional[int]
    client_order_id: Optional[str]
    price_nanos: Optional[int]
    quantity: Optional[int]
    new_client_order_id: Optional[str]


class CancelAll(NamedTuple):
    """Cancel the user's live orders, of one symbol or (None) of all."""

    user: str
    symbol: Optional[str]


class GetOrders(NamedTuple):
    """Ask for the user's live orders.  Changes nothing."""

    user: str


class GetPositions(NamedTuple):
    """Ask for the user's positions.  Changes nothing."""

    user: str


class ListInstrument(NamedTuple):
    """List a new instrument, or change the limits of one that is listed.

    Its tick size never changes and it never leaves the list, since orders and positions are counted in its ticks.
    """

    instrument: Instrument


Command = Union[NewOrder, CancelOrder, ReplaceOrder, CancelAll, GetOrders, GetPositions, ListInstrument]
