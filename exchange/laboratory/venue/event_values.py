"""What the engine says → the client library's typed values, with no line in between.

What is said often is translated here, field by field; all else is written as the line of the wire and read as a
client reads it.  Either way a participant gets the value that it would get over TCP: a test holds them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Optional

from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from exchange.engine.instrument import Instrument
from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.networking.client import typed_events as told
from exchange.networking.client.message_json import decode_message
from exchange.networking.client.message_to_event import TypedEvent, typed_event
from exchange.networking.client.typed_events import BookLevel
from exchange.networking.wire.encode import Encodable, Encoder
from exchange.networking.wire.encode_feeds import Level, LevelChange

_BUY = Side.BUY
# Past so many prices of an instrument all are forgotten, as the wire does it.
PRICES_MAX = 10_000


def event_of_line(line: bytes) -> TypedEvent:
    """What a client makes of a line of the wire."""
    return typed_event(decode_message(line))


class _Prices(dict[int, Decimal]):
    """One instrument's prices by ticks, each made once."""

    def __init__(self, instrument: Instrument) -> None:
        super().__init__()
        self.instrument = instrument

    def __missing__(self, ticks: int) -> Decimal:
        if len(self) >= PRICES_MAX:
            self.clear()
        price = self[ticks] = Decimal(self.instrument.price_text(ticks))
        return price

    def of(self, ticks: Optional[int]) -> Optional[Decimal]:
        return None if ticks is None else self[ticks]

    def of_nanos(self, nanos: Optional[int]) -> Optional[Decimal]:
        return None if nanos is None else self[nanos // self.instrument.tick_size_nanos]


class EventValues:
    """Knows the instruments that were added; a KeyError is a bug of the caller.  1 to 2 µs a value."""

    def __init__(self, instruments: Iterable[Instrument] = ()) -> None:
        self.encoder = Encoder()
        self._prices: dict[str, _Prices] = {}
        for instrument in instruments:
            self.add_instrument(instrument)
        self._makers: dict[type, Callable[[Any], TypedEvent]] = {
            OrderAccepted: self._accepted,
            OrderExecuted: self._executed,
            OrderCanceled: _canceled,
            OrderExpired: _expired,
            OrderReplaced: self._replaced,
            OrderRejected: lambda event: told.OrderRejected(event[0], event[1].value, event[2]),
            CancelRejected: lambda event: told.CancelRejected(event[2].value, event[3], event[0], event[1]),
            ReplaceRejected: lambda event: told.ReplaceRejected(event[2].value, event[3], event[0], event[1]),
            AllCanceled: lambda event: told.CancelAllDone(event.order_count),
        }

    def add_instrument(self, instrument: Instrument) -> None:
        """Know `instrument` from now on, or its new definition."""
        self.encoder.add_instrument(instrument)
        self._prices[instrument.symbol] = _Prices(instrument)

    def of(self, event: Encodable) -> TypedEvent:
        """The value of a private event, or of an answer."""
        make = self._makers.get(type(event))
        return event_of_line(self.encoder.encode(event)) if make is None else make(event)

    def trade(self, sequence: int, trade: Trade) -> told.Trade:
        """One execution, as everybody hears of it; the `sequence`-th of its instrument."""
        side = trade.aggressor_side
        return told.Trade(
            trade.symbol,
            trade.trade_id,
            self._prices[trade.symbol][trade.price],
            trade.quantity,
            None if side is None else side._value_,
            trade.timestamp,
            sequence,
            trade.is_auction,
        )

    def book_snapshot(
        self, symbol: str, sequence: int, bids: Iterable[Level], asks: Iterable[Level]
    ) -> told.BookSnapshot:
        """The levels, best first, as they stand after `sequence` updates."""
        prices = self._prices[symbol]
        sides = [tuple([BookLevel(prices[price], *totals) for price, *totals in side]) for side in (bids, asks)]
        return told.BookSnapshot(symbol, sequence, *sides)

    def book_update(self, symbol: str, sequence: int, changes: Iterable[LevelChange]) -> told.BookUpdate:
        """The levels that have changed."""
        prices = self._prices[symbol]
        changed = [
            told.BookChange("BID" if side is _BUY else "ASK", prices[price], quantity, orders)
            for side, price, quantity, orders in changes
        ]
        return told.BookUpdate(symbol, sequence, tuple(changed))

    def _accepted(self, event: OrderAccepted) -> told.OrderAccepted:
        _, seq, timestamp, order_id, client_order_id, symbol, terms = event
        prices, prevention = self._prices[symbol], terms.self_trade_prevention
        return told.OrderAccepted(
            seq,
            order_id,
            client_order_id,
            symbol,
            timestamp,
            "NEW",
            terms.side._value_,
            terms.order_type._value_,
            terms.time_in_force._value_,
            prices.of_nanos(terms.price_nanos),
            terms.quantity,
            terms.quantity,
            prices.of_nanos(terms.stop_price_nanos),
            terms.post_only,
            terms.display_quantity,
            terms.display_quantity,
            None if prevention is None else prevention._value_,
        )

    def _executed(self, event: OrderExecuted) -> told.OrderExecuted:
        (_, seq, timestamp, order_id, client_order_id, symbol, side, trade_id, price, quantity, remaining_quantity,
         status, liquidity, displayed, fee_nanos) = event  # fmt: skip
        prices = self._prices[symbol]
        return told.OrderExecuted(
            seq,
            order_id,
            client_order_id,
            symbol,
            timestamp,
            status._value_,
            trade_id,
            side._value_,
            prices[price],
            quantity,
            remaining_quantity,
            liquidity._value_,
            None if fee_nanos is None else Decimal(prices.instrument.amount_text(fee_nanos)),
            displayed,
        )

    def _replaced(self, event: OrderReplaced) -> told.OrderReplaced:
        (_, seq, timestamp, order_id, client_order_id, symbol, price, quantity, remaining_quantity, status,
         priority_kept, stop_price, displayed) = event  # fmt: skip
        prices = self._prices[symbol]
        return told.OrderReplaced(
            seq,
            order_id,
            client_order_id,
            symbol,
            timestamp,
            status._value_,
            prices.of(price),
            quantity,
            remaining_quantity,
            priority_kept,
            prices.of(stop_price),
            displayed,
        )


def _canceled(event: OrderCanceled) -> told.OrderCanceled:
    _, seq, timestamp, order_id, client_order_id, symbol, remaining_quantity, reason = event
    return told.OrderCanceled(
        seq, order_id, client_order_id, symbol, timestamp, "CANCELED", remaining_quantity, reason._value_
    )


def _expired(event: OrderExpired) -> told.OrderExpired:
    _, seq, timestamp, order_id, client_order_id, symbol, remaining_quantity = event
    return told.OrderExpired(seq, order_id, client_order_id, symbol, timestamp, "EXPIRED", remaining_quantity)
