"""What may be asked of the engine: imperative, already checked for type by whoever made it.

Prices come in as `price_nanos`, an integer count of 10⁻⁹ currency units (the PRICE9 of FIX's Simple Binary
Encoding): exact, the same for every instrument, and without knowledge of a tick size, which is the engine's to
check.  Quantities are integers in units of the instrument.  NamedTuples, because they are made by the million and
a handler unpacks one in a single step.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from exchange.engine.events import CancelReason
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.engine.order import OrderType, SelfTradePrevention, Side, TimeInForce


class NewOrder(NamedTuple):
    """Enter an order.

    `symbol` None means the only instrument listed.  `price_nanos` is None exactly for MARKET, whose
    `time_in_force` is IOC or FOK.  `post_only` goes only with a LIMIT order that may rest.
    `self_trade_prevention` None means the instrument's default.  `ends_with_connection` asks that the order be
    canceled when the connection it came on ends; the engine knows no connections, it only remembers the wish.
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
    ends_with_connection: bool = False


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


class CancelOrders(NamedTuple):
    """Cancel those of `order_ids` that are still live and the user's, for `reason`; the others are passed over.

    Asked by the exchange itself, for orders whose connection was lost.
    """

    user: str
    order_ids: tuple[int, ...]
    reason: CancelReason


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


class HaltInstrument(NamedTuple):
    """Take no order in `symbol` until it is resumed; what rests stays, and may be canceled.

    `symbol` None means every instrument that is listed now; one that is listed later trades.
    """

    symbol: Optional[str]


class ResumeInstrument(NamedTuple):
    """Trade `symbol` again, or (None) every instrument that is listed."""

    symbol: Optional[str]


class ClaimUser(NamedTuple):
    """Make the name `user` belong to whoever can prove `credential`.

    To the engine `credential` is an opaque text: what it proves, and how, is known to whoever made it.
    """

    user: str
    credential: str


class BlockUser(NamedTuple):
    """Cancel all the user's live orders and take no new ones."""

    user: str


class UnblockUser(NamedTuple):
    """Take the user's orders again."""

    user: str


class ResetUser(NamedTuple):
    """Forget the user's credential, so that the name can be claimed anew; orders and positions stay."""

    user: str


class SetLimits(NamedTuple):
    """Hold every user to `limits` from now on; what is live already stays.

    A command, because the same orders under other limits would lead to another state.
    """

    limits: Limits


Command = Union[
    NewOrder,
    CancelOrder,
    ReplaceOrder,
    CancelAll,
    CancelOrders,
    GetOrders,
    GetPositions,
    ListInstrument,
    HaltInstrument,
    ResumeInstrument,
    ClaimUser,
    BlockUser,
    UnblockUser,
    ResetUser,
    SetLimits,
]
