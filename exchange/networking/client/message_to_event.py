"""Makes the values of `typed_events` of the messages that came.  Pure.

What a later engine says is an OtherEvent, and a field that this side doesn't know is passed over, so that old bots
live on.  A value costs less than reading the JSON of its line.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Union

from exchange.networking.client.errors import ProtocolError
from exchange.networking.client.message_json import Message
from exchange.networking.client.typed_answers import (
    Fills,
    ListedInstrument,
    LiveOrder,
    LoggedIn,
    LoggedOut,
    Orders,
    PastFill,
    PositionRow,
    Positions,
    Subscribed,
    TradingHours,
    Unsubscribed,
)
from exchange.networking.client.typed_events import (
    AuctionIndication,
    BookChange,
    BookLevel,
    BookSnapshot,
    BookUpdate,
    CancelAllDone,
    CancelRejected,
    ErrorEvent,
    Gap,
    Heartbeat,
    InstrumentStatus,
    News,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderTriggered,
    OtherEvent,
    Pong,
    ReplaceRejected,
    Trade,
    TradesSnapshot,
)

TypedEvent = Union[
    OrderAccepted,
    OrderExecuted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    OrderTriggered,
    OrderRejected,
    CancelRejected,
    ReplaceRejected,
    CancelAllDone,
    ErrorEvent,
    Pong,
    Heartbeat,
    Gap,
    BookSnapshot,
    BookUpdate,
    Trade,
    TradesSnapshot,
    InstrumentStatus,
    AuctionIndication,
    News,
    LoggedIn,
    LoggedOut,
    Orders,
    Positions,
    Fills,
    Subscribed,
    Unsubscribed,
    OtherEvent,
]


def typed_event(message: Message) -> TypedEvent:
    """The message as a value of its type.  Raises ProtocolError if it lacks a field."""
    make = _MAKERS.get(message["type"])
    if make is None:
        return OtherEvent(message["type"], message)
    try:
        return make(message)
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"the engine sent a message that lacks its fields: {message}") from error


def _maker(event_class: Any) -> Callable[[Message], Any]:
    """Makes an `event_class` of a message that has a field for each of its own that has no default."""
    defaults = tuple(event_class._field_defaults.items())
    required = [name for name in event_class._fields if name not in event_class._field_defaults]
    make, get_required = event_class._make, itemgetter(*required, required[0]) if required else None

    def made(message: Message) -> Any:
        # The first field is got twice, since of one name alone an itemgetter makes no tuple.
        values = () if get_required is None else get_required(message)[:-1]
        return make(values + tuple([message.get(name, default) for name, default in defaults]))

    return made


def _book_snapshot(message: Message) -> BookSnapshot:
    sides = [tuple([BookLevel(*row) for row in message[side]]) for side in ("bids", "asks")]
    return BookSnapshot(message["symbol"], message["sequence"], *sides)


def _book_update(message: Message) -> BookUpdate:
    changes = tuple([BookChange(*row) for row in message["changes"]])
    return BookUpdate(message["symbol"], message["sequence"], changes)


_trade = _maker(Trade)
_trades_snapshot_without_rows = _maker(TradesSnapshot)


def _trades_snapshot(message: Message) -> TradesSnapshot:
    symbol = {"symbol": message["symbol"]}
    trades = tuple([_trade({**symbol, **row}) for row in message["trades"]])
    snapshot: TradesSnapshot = _trades_snapshot_without_rows({**message, "trades": trades})
    return snapshot


_instrument, _order = _maker(ListedInstrument), _maker(LiveOrder)
_position, _fill = _maker(PositionRow), _maker(PastFill)
_logged_in_without_rows, _positions_without_rows = _maker(LoggedIn), _maker(Positions)


def listed_instrument(row: Message) -> ListedInstrument:
    """An instrument as `logged_in` tells it.  Raises KeyError and TypeError if it lacks a field."""
    hours = row.get("schedule")
    made: ListedInstrument = _instrument(row if hours is None else {**row, "schedule": TradingHours(**hours)})
    return made


def past_fill(row: Message) -> PastFill:
    """A fill as `fills` tells it.  Raises KeyError if it lacks a field."""
    made: PastFill = _fill(row)
    return made


def _logged_in(message: Message) -> LoggedIn:
    instruments = tuple([listed_instrument(row) for row in message.get("instruments", ())])
    logged_in: LoggedIn = _logged_in_without_rows({**message, "instruments": instruments})
    return logged_in


def _positions(message: Message) -> Positions:
    rows = tuple([_position(row) for row in message["positions"]])
    positions: Positions = _positions_without_rows({**message, "positions": rows})
    return positions


def _fills(message: Message) -> Fills:
    return Fills(tuple([past_fill(row) for row in message["fills"]]), message.get("more", False))


_MAKERS: dict[str, Callable[[Message], TypedEvent]] = {
    "order_accepted": _maker(OrderAccepted),
    "order_executed": _maker(OrderExecuted),
    "order_canceled": _maker(OrderCanceled),
    "order_expired": _maker(OrderExpired),
    "order_replaced": _maker(OrderReplaced),
    "order_triggered": _maker(OrderTriggered),
    "order_rejected": _maker(OrderRejected),
    "cancel_rejected": _maker(CancelRejected),
    "replace_rejected": _maker(ReplaceRejected),
    "cancel_all_done": _maker(CancelAllDone),
    "error": _maker(ErrorEvent),
    "pong": _maker(Pong),
    "heartbeat": _maker(Heartbeat),
    "gap": lambda message: Gap(message["from"], message["to"]),
    "book_snapshot": _book_snapshot,
    "book_update": _book_update,
    "trade": _trade,
    "trades_snapshot": _trades_snapshot,
    "instrument_status": _maker(InstrumentStatus),
    "auction_indication": _maker(AuctionIndication),
    "news": _maker(News),
    "logged_in": _logged_in,
    "logged_out": _maker(LoggedOut),
    "orders": lambda message: Orders(tuple([_order(row) for row in message["orders"]])),
    "positions": _positions,
    "fills": _fills,
    "subscribed": _maker(Subscribed),
    "unsubscribed": _maker(Unsubscribed),
}
