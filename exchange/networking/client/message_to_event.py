"""Makes the values of `typed_events` of the messages that came.  Pure.

What a later engine says is an OtherEvent, and a field that this side doesn't know is passed over, so that old bots
live on.  A value costs less than reading the JSON of its line.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from exchange.networking.client.book_follower import BookLevel
from exchange.networking.client.errors import ProtocolError
from exchange.networking.client.message_json import Message
from exchange.networking.client.typed_events import (
    AuctionIndicationEvent,
    BookChange,
    BookSnapshotEvent,
    BookUpdateEvent,
    CancelAllDoneEvent,
    CancelRejectedEvent,
    ErrorEvent,
    GapEvent,
    HeartbeatEvent,
    InstrumentStatusEvent,
    NewsEvent,
    OrderAcceptedEvent,
    OrderCanceledEvent,
    OrderExecutedEvent,
    OrderExpiredEvent,
    OrderRejectedEvent,
    OrderReplacedEvent,
    OrderTriggeredEvent,
    OtherEvent,
    PongEvent,
    ReplaceRejectedEvent,
    TradeEvent,
    TradesSnapshotEvent,
    TypedEvent,
)


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


def _book_snapshot(message: Message) -> BookSnapshotEvent:
    sides = [tuple([BookLevel(*row) for row in message[side]]) for side in ("bids", "asks")]
    return BookSnapshotEvent(message["symbol"], message["sequence"], *sides)


def _book_update(message: Message) -> BookUpdateEvent:
    changes = tuple([BookChange(*row) for row in message["changes"]])
    return BookUpdateEvent(message["symbol"], message["sequence"], changes)


_trade = _maker(TradeEvent)
_trades_snapshot_without_rows = _maker(TradesSnapshotEvent)


def _trades_snapshot(message: Message) -> TradesSnapshotEvent:
    symbol = {"symbol": message["symbol"]}
    trades = tuple([_trade({**symbol, **row}) for row in message["trades"]])
    snapshot: TradesSnapshotEvent = _trades_snapshot_without_rows({**message, "trades": trades})
    return snapshot


_MAKERS: dict[str, Callable[[Message], TypedEvent]] = {
    "order_accepted": _maker(OrderAcceptedEvent),
    "order_executed": _maker(OrderExecutedEvent),
    "order_canceled": _maker(OrderCanceledEvent),
    "order_expired": _maker(OrderExpiredEvent),
    "order_replaced": _maker(OrderReplacedEvent),
    "order_triggered": _maker(OrderTriggeredEvent),
    "order_rejected": _maker(OrderRejectedEvent),
    "cancel_rejected": _maker(CancelRejectedEvent),
    "replace_rejected": _maker(ReplaceRejectedEvent),
    "cancel_all_done": _maker(CancelAllDoneEvent),
    "error": _maker(ErrorEvent),
    "pong": _maker(PongEvent),
    "heartbeat": _maker(HeartbeatEvent),
    "gap": lambda message: GapEvent(message["from"], message["to"]),
    "book_snapshot": _book_snapshot,
    "book_update": _book_update,
    "trade": _trade,
    "trades_snapshot": _trades_snapshot,
    "instrument_status": _maker(InstrumentStatusEvent),
    "auction_indication": _maker(AuctionIndicationEvent),
    "news": _maker(NewsEvent),
}
