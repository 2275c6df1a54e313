"""What the engine answers when it is asked, as small typed values: a login, lists of orders, positions, fills.

As in `typed_events`: the field names of PROTOCOL.md, prices and money `Decimal`, times ns since the Unix epoch.
`message_to_event` makes them.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple, Optional, Union

from exchange.networking.client.typed_events import (
    LiquidityWord,
    OrderTypeWord,
    SideWord,
    StatusWord,
    TimeInForceWord,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def utc_datetime(timestamp_ns: int) -> datetime:
    """A time of the protocol as a datetime in UTC, cut to the microseconds that one can hold."""
    return _EPOCH + timedelta(microseconds=timestamp_ns // 1_000)


class TradingHours(NamedTuple):
    """When an instrument trades, UTC, as `HH:MM:SS`; the calls and the random end of each in seconds."""

    open: str
    close: str
    opening_call_s: int = 0
    closing_call_s: int = 0
    random_end_s: int = 0


class ListedInstrument(NamedTuple):
    """What an order in `symbol` must keep to.  What is None is not set for it."""

    symbol: str
    tick_size: Decimal
    lot_size: int
    min_quantity: int
    max_quantity: int
    phase: str
    price_band_percent: Optional[Decimal] = None
    halt_percent: Optional[Decimal] = None
    maker_fee_bps: Optional[Decimal] = None
    taker_fee_bps: Optional[Decimal] = None
    reference_price: Optional[Decimal] = None
    schedule: Optional[TradingHours] = None
    call_every_ms: Optional[int] = None


class LoggedIn(NamedTuple):
    """`token` is told to the first login of a name and never again; `next_seq` is the next private event's."""

    user: str
    next_seq: int = 1
    instruments: tuple[ListedInstrument, ...] = ()
    version: Optional[str] = None
    engine_id: Optional[str] = None
    token: Optional[str] = None


class LiveOrder(NamedTuple):
    """A live order of the user.  `quantity_ahead` is shown before it at its price; None for a stop that waits."""

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
    quantity_ahead: Optional[int] = None
    waiting: bool = False
    stop_price: Optional[Decimal] = None
    post_only: bool = False
    display_quantity: Optional[int] = None
    displayed_quantity: Optional[int] = None
    self_trade_prevention: Optional[str] = None


class Orders(NamedTuple):
    """The user's live orders, oldest first."""

    orders: tuple[LiveOrder, ...]


class PositionRow(NamedTuple):
    """What the user has in one symbol; negative is short, `average_price` None where it is flat."""

    symbol: str
    net_position: int
    average_price: Optional[Decimal]
    realised_pnl: Decimal
    unrealised_pnl: Optional[Decimal]
    volume: int
    fees: Decimal = Decimal(0)


class Positions(NamedTuple):
    """The user's position in each symbol traded; `cash` is None for whom the operator never endowed."""

    positions: tuple[PositionRow, ...]
    cash: Optional[Decimal] = None


class PastFill(NamedTuple):
    """One fill of the user, of any age."""

    trade_id: int
    order_id: int
    client_order_id: str
    symbol: str
    side: SideWord
    price: Decimal
    quantity: int
    liquidity: LiquidityWord
    timestamp: int
    fee: Decimal = Decimal(0)


class Fills(NamedTuple):
    """Fills after the trade that was asked for, oldest first; `more` says that there are later ones."""

    fills: tuple[PastFill, ...]
    more: bool = False


class Subscribed(NamedTuple):
    """A public feed has begun; `symbol` is None for the news."""

    channel: str
    symbol: Optional[str] = None


class Unsubscribed(NamedTuple):
    """A public feed has ended."""

    channel: str
    symbol: Optional[str] = None


class LoggedOut(NamedTuple):
    """The connection is closed behind this."""


TypedAnswer = Union[LoggedIn, Orders, Positions, Fills, Subscribed, Unsubscribed, LoggedOut]
