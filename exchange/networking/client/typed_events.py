"""What the engine says, as small typed values: a misspelt field is an error in the editor, not at run time.

    for event in client.events():
        if isinstance(event, OrderExecuted):
            print(event.quantity, "at", event.price)

One NamedTuple for each message of PROTOCOL.md that comes as an event, with its field names.  Prices and money are
`Decimal`, times ns since the Unix epoch, words as they stand on the wire; what may be missing has a default.
`message_to_event` makes them.  What answers a question is in `typed_answers`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple, Optional, Union

from exchange.networking.client.message_json import Message

SideWord = Literal["BUY", "SELL"]
StatusWord = Literal["NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED"]
LiquidityWord = Literal["MAKER", "TAKER"]
OrderTypeWord = Literal["LIMIT", "MARKET", "STOP", "STOP_LIMIT"]
TimeInForceWord = Literal["GTC", "DAY", "IOC", "FOK"]


# --- private: of one's own orders, each with the order's `status` after it --------------------------------------


class OrderAccepted(NamedTuple):
    """`price` is None at the market; `displayed_quantity` what an iceberg shows now."""

    seq: int
    order_id: int
    client_order_id: str
    symbol: str
    timestamp: int
    status: StatusWord
    side: SideWord
    order_type: OrderTypeWord
    time_in_force: TimeInForceWord
    price: Optional[Decimal]
    quantity: int
    remaining_quantity: int
    stop_price: Optional[Decimal] = None
    post_only: bool = False
    display_quantity: Optional[int] = None
    displayed_quantity: Optional[int] = None
    self_trade_prevention: Optional[str] = None


class OrderExecuted(NamedTuple):
    """One fill, of `quantity`; `fee` is None where the instrument has none."""

    seq: int
    order_id: int
    client_order_id: str
    symbol: str
    timestamp: int
    status: StatusWord
    trade_id: int
    side: SideWord
    price: Decimal
    quantity: int
    remaining_quantity: int
    liquidity: LiquidityWord
    fee: Optional[Decimal] = None
    displayed_quantity: Optional[int] = None


class OrderCanceled(NamedTuple):
    """`remaining_quantity` is what was canceled."""

    seq: int
    order_id: int
    client_order_id: str
    symbol: str
    timestamp: int
    status: StatusWord
    remaining_quantity: int
    reason: str


class OrderExpired(NamedTuple):
    """`remaining_quantity` is what expired."""

    seq: int
    order_id: int
    client_order_id: str
    symbol: str
    timestamp: int
    status: StatusWord
    remaining_quantity: int


class OrderReplaced(NamedTuple):
    """`quantity` is the new total; the ids are those from now on."""

    seq: int
    order_id: int
    client_order_id: str
    symbol: str
    timestamp: int
    status: StatusWord
    price: Optional[Decimal]
    quantity: int
    remaining_quantity: int
    priority_kept: bool
    stop_price: Optional[Decimal] = None
    displayed_quantity: Optional[int] = None


class OrderTriggered(NamedTuple):
    """A stop has become live."""

    seq: int
    order_id: int
    client_order_id: str
    symbol: str
    timestamp: int
    status: StatusWord
    stop_price: Decimal


# --- answers to this connection alone ---------------------------------------------------------------------------


class OrderRejected(NamedTuple):
    """No order was made."""

    client_order_id: str
    code: str
    text: str


class CancelRejected(NamedTuple):
    """Nothing was canceled; the ids are those that the request named."""

    code: str
    text: str
    order_id: Optional[int] = None
    client_order_id: Optional[str] = None


class ReplaceRejected(NamedTuple):
    """The order is as it was; the ids are those that the request named."""

    code: str
    text: str
    order_id: Optional[int] = None
    client_order_id: Optional[str] = None


class CancelAllDone(NamedTuple):
    """All is canceled that a `cancel_all` found."""

    count: int  # type: ignore[assignment]  # as on the wire; tuple's own method of that name is of no use here


class ErrorEvent(NamedTuple):
    """A request that named no order was refused, or the connection is about to be closed."""

    code: str
    text: str


class Pong(NamedTuple):
    """Everything before the ping with this `id` is done with."""

    id: Union[str, int, None] = None


class Heartbeat(NamedTuple):
    """Nothing else was to be said."""


class Gap(NamedTuple):
    """The events `first_seq` to `last_seq` (`from` and `to` on the wire) are too old; their fills follow."""

    first_seq: int
    last_seq: int


# --- market data ------------------------------------------------------------------------------------------------


class BookLevel(NamedTuple):
    """All that rests at one price: total shown quantity and number of orders."""

    price: Decimal
    quantity: int
    orders: int


class BookChange(NamedTuple):
    """The new totals of one price level, quantity 0 if it is gone."""

    side: Literal["BID", "ASK"]
    price: Decimal
    quantity: int
    orders: int


class BookSnapshot(NamedTuple):
    """All levels, best first."""

    symbol: str
    sequence: int
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]


class BookUpdate(NamedTuple):
    """What has changed since the message before."""

    symbol: str
    sequence: int
    changes: tuple[BookChange, ...]


class Trade(NamedTuple):
    """One execution; an auction has no aggressor."""

    symbol: str
    trade_id: int
    price: Decimal
    quantity: int
    aggressor_side: Optional[SideWord]
    timestamp: int
    sequence: Optional[int] = None
    auction: bool = False


class TradesSnapshot(NamedTuple):
    """The trades before the subscription, oldest first, and the trading day's figures, None before its first."""

    symbol: str
    sequence: int
    trades: tuple[Trade, ...]
    volume: int = 0
    open: Optional[Decimal] = None
    high: Optional[Decimal] = None
    low: Optional[Decimal] = None
    last: Optional[Decimal] = None


class InstrumentStatus(NamedTuple):
    """A change of phase; `until` is when the next is due at the earliest, in ns since the epoch."""

    symbol: str
    phase: str
    reason: Optional[str] = None
    until: Optional[int] = None


class AuctionIndication(NamedTuple):
    """How the auction would end now; `price` is None if nothing would trade."""

    symbol: str
    price: Optional[Decimal]
    volume: int
    surplus: int
    surplus_side: Optional[str] = None


class News(NamedTuple):
    """What the operator has to say."""

    text: str
    timestamp: int


class OtherEvent(NamedTuple):
    """Any other message, as the dict it came as."""

    type: str
    message: Message
