"""What happened: past tense, immutable, complete enough to be told to its owner without asking the engine again.

Four families, told apart by who hears of them:

* **private events** (`OrderAccepted` … `OrderExpired`) carry `seq`, the user's own count 1, 2, 3 …, and go to
  every connection of `user`;
* **answers** (`OrderRejected` …, `OrdersListed` …) go only to the connection that asked, and change nothing;
* **administration** (`InstrumentListed` … `Settled`) answers an operator or a login;
* **public** are `Trade` (in `trade`), `InstrumentStatusChanged` and `AuctionIndication`, which go to whoever
  follows the instrument, and `NewsSaid`.

Prices are in ticks, those in `Terms` and what is named `_nanos` in 10⁻⁹ currency units, quantities in units,
timestamps in ns since the Unix epoch.  NamedTuples: see `commands`.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import CancelReason, Code, Liquidity, OrderStatus, Phase, PhaseReason, Side


class OrderAccepted(NamedTuple):
    """The order is in: status NEW, all of its quantity remaining."""

    user: str
    seq: int
    timestamp: int
    order_id: int
    client_order_id: str
    symbol: str
    terms: Terms


class OrderExecuted(NamedTuple):
    """One fill of `quantity` at `price`; `status` and `remaining_quantity` are the order's after it.

    `displayed_quantity` is what an iceberg shows after it, replenished (RULES 7); None for any other order.
    `fee_nanos` is None where the instrument has no fees (RULES 26).
    """

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
    displayed_quantity: Optional[int] = None
    fee_nanos: Optional[int] = None


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

    `stop_price` is that of a stop, None for any other order; `displayed_quantity` is as in `OrderExecuted`.  Also
    told when self-trade prevention DECREMENT reduced an order (`priority_kept` is then True).
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
    stop_price: Optional[int] = None
    displayed_quantity: Optional[int] = None


class OrderTriggered(NamedTuple):
    """A stop has been triggered: from now on it is a MARKET or a LIMIT order (RULES 8)."""

    user: str
    seq: int
    timestamp: int
    order_id: int
    client_order_id: str
    symbol: str
    stop_price: int


class OrderExpired(NamedTuple):
    """The order's time is over (RULES 5); `remaining_quantity` is what expired."""

    user: str
    seq: int
    timestamp: int
    order_id: int
    client_order_id: str
    symbol: str
    remaining_quantity: int


class OrderRejected(NamedTuple):
    """A new order was refused; nothing changed and no id was used."""

    client_order_id: str
    code: Code
    text: str


class CancelRejected(NamedTuple):
    """A cancel was refused; the order is named as the request named it."""

    order_id: Optional[int]
    client_order_id: Optional[str]
    code: Code
    text: str


class ReplaceRejected(NamedTuple):
    """A replace was refused and the order, if there is one, left as it was."""

    order_id: Optional[int]
    client_order_id: Optional[str]
    code: Code
    text: str


class RequestRejected(NamedTuple):
    """A request without an order of its own (cancel all, claim a name, halt …) was refused."""

    code: Code
    text: str


class AllCanceled(NamedTuple):
    """Every order that a CancelAll named has been canceled: `order_count` of them."""

    order_count: int


class OrderState(NamedTuple):
    """A live order as it stands; its `terms` are those of now.

    `is_waiting` says that it is a stop outside the book, triggered or not.  `displayed_quantity` is as in
    `OrderExecuted`.  `quantity_ahead` is what is shown before it at its price, None for a stop that waits.
    """

    order_id: int
    client_order_id: str
    symbol: str
    terms: Terms
    remaining_quantity: int
    status: OrderStatus
    timestamp: int
    quantity_ahead: Optional[int] = None
    displayed_quantity: Optional[int] = None
    is_waiting: bool = False


class PositionState(NamedTuple):
    """A user's position in one symbol.

    `net_quantity` is bought minus sold.  `cost_nanos` is what the net position cost (negative for a short one), so
    average price = cost / net_quantity.  `unrealised_pnl_nanos` is against the last trade of the symbol.  `volume`
    counts all units bought and sold; `fees_nanos` is all that was paid, in no P&L, None where there are no fees.
    """

    symbol: str
    net_quantity: int
    cost_nanos: int
    realised_pnl_nanos: int
    unrealised_pnl_nanos: int
    volume: int
    fees_nanos: Optional[int] = None


class OrdersListed(NamedTuple):
    """The user's live orders, in arrival order."""

    orders: tuple[OrderState, ...]


class PositionsListed(NamedTuple):
    """The user's positions, by symbol; `cash_nanos` is None for a user who was never endowed (RULES 27)."""

    positions: tuple[PositionState, ...]
    cash_nanos: Optional[int] = None


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


class Endowed(NamedTuple):
    """The user has what the operator gave (RULES 27)."""

    user: str


class Settled(NamedTuple):
    """All positions in `symbol`, so many, were closed at that price, and it is CLOSED (RULES 27)."""

    symbol: str
    price_nanos: int
    position_count: int


class NewsSaid(NamedTuple):
    """The operator says something to everybody who follows the news, or (not None) to one user."""

    text: str
    timestamp: int
    user: Optional[str]


class InstrumentStatusChanged(NamedTuple):
    """The instrument has come into this phase, or (EXTENDED) stays in it for longer.

    `until` is the earliest time at which it ends, None where that is open.
    """

    symbol: str
    phase: Phase
    reason: PhaseReason = PhaseReason.OPERATOR
    until: Optional[int] = None


class AuctionIndication(NamedTuple):
    """What an uncross would give now (RULES 19, 20): price None, volume 0 and surplus 0 where it would not trade.

    `surplus_side` is None at surplus 0.
    """

    symbol: str
    price: Optional[int]
    volume: int
    surplus: int
    surplus_side: Optional[Side]


PrivateEvent = Union[OrderAccepted, OrderExecuted, OrderCanceled, OrderReplaced, OrderTriggered, OrderExpired]
# For isinstance, which tries them in this order: the frequent ones first.
PRIVATE_EVENT_TYPES = (OrderAccepted, OrderExecuted, OrderCanceled, OrderReplaced, OrderTriggered, OrderExpired)
Rejection = Union[OrderRejected, CancelRejected, ReplaceRejected, RequestRejected]
Answer = Union[Rejection, AllCanceled, OrdersListed, PositionsListed]
Administration = Union[
    InstrumentListed, PhaseSet, UserClaimed, UserBlocked, UserUnblocked, UserReset, LimitsSet, Endowed, Settled
]
Public = Union[InstrumentStatusChanged, AuctionIndication, Trade, NewsSaid]
Event = Union[PrivateEvent, Answer, Administration, Public]
