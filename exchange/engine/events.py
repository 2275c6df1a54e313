"""What happened: past tense, immutable, complete enough to be told to its owner without asking the engine again.

Four families, told apart by who hears of them:

* **private events** (`OrderAccepted` … `OrderReplaced`) carry `seq`, the user's own count 1, 2, 3 …, and go to
  every connection of `user`;
* **answers** (`OrderRejected` …, `OrdersListed` …) go only to the connection that asked, and change nothing;
* **administration** (`InstrumentListed` … `LimitsSet`) answers an operator or a login;
* **public** are `Trade` (in `trade`) and `InstrumentStatusChanged`: they go to whoever follows the instrument.

Prices are in ticks, quantities in units, timestamps in ns since the Unix epoch.  NamedTuples: see `commands`.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Optional, Union

from exchange.engine.instrument import Phase
from exchange.engine.order import (
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from exchange.engine.trade import Trade


class RejectCode(Enum):
    """Why a wish was refused; each refusal also carries a text that names the value and the rule."""

    MALFORMED = "MALFORMED"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    MISSING_FIELD = "MISSING_FIELD"
    BAD_VALUE = "BAD_VALUE"
    NOT_LOGGED_IN = "NOT_LOGGED_IN"
    BAD_TOKEN = "BAD_TOKEN"
    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    PRICE_NOT_ON_TICK = "PRICE_NOT_ON_TICK"
    QUANTITY_NOT_ON_LOT = "QUANTITY_NOT_ON_LOT"
    QUANTITY_OUT_OF_RANGE = "QUANTITY_OUT_OF_RANGE"
    DUPLICATE_CLIENT_ORDER_ID = "DUPLICATE_CLIENT_ORDER_ID"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    TOO_LATE = "TOO_LATE"
    WOULD_TAKE = "WOULD_TAKE"
    CANNOT_FILL = "CANNOT_FILL"
    NO_LIQUIDITY = "NO_LIQUIDITY"
    HALTED = "HALTED"
    RATE_LIMITED = "RATE_LIMITED"
    OPEN_ORDER_LIMIT = "OPEN_ORDER_LIMIT"
    POSITION_LIMIT = "POSITION_LIMIT"
    SLOW_CONSUMER = "SLOW_CONSUMER"
    ENGINE_STOPPING = "ENGINE_STOPPING"


class Liquidity(Enum):
    """MAKER: the order rested; TAKER: it arrived."""

    MAKER = "MAKER"
    TAKER = "TAKER"


class CancelReason(Enum):
    """Why an order was canceled."""

    USER_REQUESTED = "USER_REQUESTED"
    IOC_REMAINDER = "IOC_REMAINDER"
    MARKET_REMAINDER = "MARKET_REMAINDER"
    SELF_TRADE = "SELF_TRADE"
    DISCONNECTED = "DISCONNECTED"
    ADMIN = "ADMIN"


class OrderAccepted(NamedTuple):
    """The order is in: status NEW, all of its quantity remaining.  `price` is None for a MARKET order."""

    user: str
    seq: int
    timestamp: int
    order_id: int
    client_order_id: str
    symbol: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price: Optional[int]
    quantity: int
    post_only: bool
    self_trade_prevention: SelfTradePrevention


class OrderExecuted(NamedTuple):
    """One fill of `quantity` at `price`; `status` and `remaining_quantity` are the order's after it."""

    user: str
    seq: int
    timestamp: int
    order_id: int
    client_order_id: str
    symbol: str
    side: Side
    trade_id: int
    price: int
    quantity: int
    remaining_quantity: int
    status: OrderStatus
    liquidity: Liquidity


class OrderCanceled(NamedTuple):
    """The order is over; `remaining_quantity` is what was canceled."""

    user: str
    seq: int
    timestamp: int
    order_id: int
    client_order_id: str
    symbol: str
    remaining_quantity: int
    reason: CancelReason


class OrderReplaced(NamedTuple):
    """The order now has this price, total quantity and client order id.

    Also told when self-trade prevention DECREMENT reduced an order (`priority_kept` is then True).
    """

    user: str
    seq: int
    timestamp: int
    order_id: int
    client_order_id: str
    symbol: str
    price: Optional[int]
    quantity: int
    remaining_quantity: int
    status: OrderStatus
    priority_kept: bool


class OrderRejected(NamedTuple):
    """A new order was refused; nothing changed and no id was used."""

    client_order_id: str
    code: RejectCode
    text: str


class CancelRejected(NamedTuple):
    """A cancel was refused; the order is named as the request named it."""

    order_id: Optional[int]
    client_order_id: Optional[str]
    code: RejectCode
    text: str


class ReplaceRejected(NamedTuple):
    """A replace was refused and the order, if there is one, left as it was."""

    order_id: Optional[int]
    client_order_id: Optional[str]
    code: RejectCode
    text: str


class RequestRejected(NamedTuple):
    """A request without an order of its own (cancel all, claim a name, halt …) was refused."""

    code: RejectCode
    text: str


class AllCanceled(NamedTuple):
    """Every order that a CancelAll named has been canceled: `order_count` of them."""

    order_count: int


class OrderState(NamedTuple):
    """A live order as it stands."""

    order_id: int
    client_order_id: str
    symbol: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price: Optional[int]
    quantity: int
    remaining_quantity: int
    status: OrderStatus
    timestamp: int
    post_only: bool
    self_trade_prevention: SelfTradePrevention


class PositionState(NamedTuple):
    """A user's position in one symbol.

    `net_quantity` is bought minus sold.  `cost`, `realised_pnl` and `unrealised_pnl` are in ticks × units;
    `cost` is what the net position cost (negative for a short one), so average price = cost / net_quantity.
    `unrealised_pnl` is against the last trade of the symbol.  `volume` counts all units bought and sold.
    """

    symbol: str
    net_quantity: int
    cost: int
    realised_pnl: int
    unrealised_pnl: int
    volume: int


class OrdersListed(NamedTuple):
    """The user's live orders, in arrival order."""

    orders: tuple[OrderState, ...]


class PositionsListed(NamedTuple):
    """The user's positions, by symbol."""

    positions: tuple[PositionState, ...]


class InstrumentListed(NamedTuple):
    """The instrument may be traded from now on, with these limits."""

    symbol: str


class PhaseSet(NamedTuple):
    """Each instrument asked for is in `phase`: some have changed to it, the others were in it already."""

    phase: Phase
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


class UserClaimed(NamedTuple):
    """The name is the user's from now on."""

    user: str


class UserBlocked(NamedTuple):
    """No order of the user is taken until they are unblocked; `canceled_count` were live and are canceled.

    `changed` False: they were blocked already.
    """

    user: str
    canceled_count: int
    changed: bool


class UserUnblocked(NamedTuple):
    """The user's orders are taken; `changed` False: they were before."""

    user: str
    changed: bool


class UserReset(NamedTuple):
    """The user's credential is forgotten: the name is free to be claimed again, with all that belongs to it.

    `changed` False: there was none to forget.
    """

    user: str
    changed: bool


class LimitsSet(NamedTuple):
    """New orders and replaces are held to the limits given."""


class InstrumentStatusChanged(NamedTuple):
    """The instrument has come into this phase from another."""

    symbol: str
    phase: Phase


PrivateEvent = Union[OrderAccepted, OrderExecuted, OrderCanceled, OrderReplaced]
PRIVATE_EVENT_TYPES = frozenset({OrderAccepted, OrderExecuted, OrderCanceled, OrderReplaced})
Rejection = Union[OrderRejected, CancelRejected, ReplaceRejected, RequestRejected]
Answer = Union[Rejection, AllCanceled, OrdersListed, PositionsListed]
Administration = Union[InstrumentListed, PhaseSet, UserClaimed, UserBlocked, UserUnblocked, UserReset, LimitsSet]
Event = Union[PrivateEvent, Answer, Administration, InstrumentStatusChanged, Trade]
