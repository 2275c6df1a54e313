"""One event or answer → one line.  The only place that spells what the exchange writes.

Every line is ASCII, ends in a newline and is one JSON object; strings that came from outside are escaped, symbols
and enum members are of a charset that needs none.  Prices leave as decimal numbers of currency, made from ticks by
integer arithmetic.  The lines are f-strings because order_accepted and order_executed are written hundreds of
thousands of times a second (about 1 µs each); the rest looks the same so that there is one way to read.

The `Encoder` knows what needs an instrument; messages without a price are functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from json.encoder import encode_basestring_ascii as _string
from typing import Any, Optional, Union

from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    InstrumentStatusChanged,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderRejected,
    OrderReplaced,
    OrdersListed,
    OrderState,
    PhaseSet,
    PositionsListed,
    PositionState,
    PrivateEvent,
    ReplaceRejected,
    RequestRejected,
    UserBlocked,
    UserReset,
    UserUnblocked,
)
from exchange.engine.instrument import Instrument, PriceTexts, nanos_text
from exchange.engine.trade import Trade
from exchange.engine.words import Code, SelfTradePrevention, Side
from exchange.networking.wire.requests import BadRequest, FillsFound

# Members looked up once: on CPython 3.11 `Side.BUY` costs 75 ns, a module global 5 ns.
_BUY = Side.BUY
_NO_PREVENTION = SelfTradePrevention.NONE

Encodable = Union[
    PrivateEvent,
    OrderRejected,
    CancelRejected,
    ReplaceRejected,
    RequestRejected,
    BadRequest,
    FillsFound,
    AllCanceled,
    OrdersListed,
    PositionsListed,
    InstrumentStatusChanged,
    PhaseSet,
    UserBlocked,
    UserUnblocked,
    UserReset,
]
Level = tuple[int, int, int]  # price in ticks, quantity in units, number of orders
LevelChange = tuple[Side, int, int, int]  # side, then as in Level; quantity 0 means the level is gone


class Encoder:
    """Writes the messages that hold prices, in the ticks of the instruments it knows.

    An instrument must be added before the first event that names it; a KeyError is a bug of the caller.  Owned by
    the thread that publishes.
    """

    def __init__(self, instruments: Iterable[Instrument] = ()) -> None:
        self._price_texts: dict[str, PriceTexts] = {}
        self._encode_by_type: dict[type, Callable[[Any], str]] = {
            OrderAccepted: self._order_accepted,
            OrderExecuted: self._order_executed,
            OrderCanceled: _order_canceled,
            OrderReplaced: self._order_replaced,
            OrderRejected: _order_rejected,
            CancelRejected: _cancel_rejected,
            ReplaceRejected: _replace_rejected,
            RequestRejected: _error,
            BadRequest: _error,
            FillsFound: self._fills,
            AllCanceled: _cancel_all_done,
            OrdersListed: self._orders,
            PositionsListed: self._positions,
            InstrumentStatusChanged: _instrument_status,
            PhaseSet: _phase_set,
            UserBlocked: _user_blocked,
            UserUnblocked: _user_unblocked,
            UserReset: _user_reset,
        }
        for instrument in instruments:
            self.add_instrument(instrument)

    def add_instrument(self, instrument: Instrument) -> None:
        """Know `instrument` from now on, or its new definition."""
        self._price_texts[instrument.symbol] = PriceTexts(instrument)

    def encode(self, event: Encodable) -> bytes:
        """The line of a private event, of an answer of the engine, or of a request that was refused.

        Not of a Trade, which needs the sequence of its feed: see `trade`.
        """
        return self._encode_by_type[type(event)](event).encode()

    def book_snapshot(self, symbol: str, sequence: int, bids: Iterable[Level], asks: Iterable[Level]) -> bytes:
        """The book as it stands after `sequence`, each side best first."""
        text = self._price_texts[symbol]
        bid_levels = ",".join([f"[{text[price]},{quantity},{orders}]" for price, quantity, orders in bids])
        ask_levels = ",".join([f"[{text[price]},{quantity},{orders}]" for price, quantity, orders in asks])
        return (
            f'{{"type":"book_snapshot","symbol":"{symbol}","sequence":{sequence},'
            f'"bids":[{bid_levels}],"asks":[{ask_levels}]}}\n'
        ).encode()

    def book_update(self, symbol: str, sequence: int, changes: Iterable[LevelChange]) -> bytes:
        """The new totals of the levels that changed."""
        text = self._price_texts[symbol]
        levels = ",".join(
            [
                f'["{"BID" if side is _BUY else "ASK"}",{text[price]},{quantity},{orders}]'
                for side, price, quantity, orders in changes
            ]
        )
        return (
            f'{{"type":"book_update","symbol":"{symbol}","sequence":{sequence},"changes":[{levels}]}}\n'
        ).encode()

    def trade(self, sequence: int, trade: Trade) -> bytes:
        """The public message of one execution; it names no user and no order."""
        return (
            f'{{"type":"trade","symbol":"{trade.symbol}","sequence":{sequence},"trade_id":{trade.trade_id},'
            f'"price":{self._price_texts[trade.symbol][trade.price]},"quantity":{trade.quantity},'
            f'"aggressor_side":{_side(trade.aggressor_side)},"timestamp":{trade.timestamp}}}\n'
        ).encode()

    def _order_accepted(self, event: OrderAccepted) -> str:
        _, seq, timestamp, order_id, client_order_id, symbol, terms = event
        side, order_type, time_in_force, price_nanos, quantity, post_only, prevention, _, _ = terms
        options = _options(post_only, prevention) if post_only or prevention is not None else ""
        return (
            f'{{"type":"order_accepted","seq":{seq},"order_id":{order_id},'
            f'"client_order_id":{_string(client_order_id)},"symbol":"{symbol}","timestamp":{timestamp},'
            f'"status":"NEW","side":"{side._value_}","order_type":"{order_type._value_}",'
            f'"time_in_force":"{time_in_force._value_}","price":{self._price_texts[symbol].of_nanos(price_nanos)},'
            f'"quantity":{quantity},"remaining_quantity":{quantity}{options}}}\n'
        )

    def _order_executed(self, event: OrderExecuted) -> str:
        (_, seq, timestamp, order_id, client_order_id, symbol, side) = event[:7]
        trade_id, price, quantity, remaining_quantity, status, liquidity = event[7:13]
        return (
            f'{{"type":"order_executed","seq":{seq},"order_id":{order_id},'
            f'"client_order_id":{_string(client_order_id)},"symbol":"{symbol}","timestamp":{timestamp},'
            f'"status":"{status._value_}","trade_id":{trade_id},"side":"{side._value_}",'
            f'"price":{self._price_texts[symbol][price]},"quantity":{quantity},'
            f'"remaining_quantity":{remaining_quantity},"liquidity":"{liquidity._value_}"}}\n'
        )

    def _order_replaced(self, event: OrderReplaced) -> str:
        return (
            f'{{"type":"order_replaced","seq":{event.seq},"order_id":{event.order_id},'
            f'"client_order_id":{_string(event.client_order_id)},"symbol":"{event.symbol}",'
            f'"timestamp":{event.timestamp},"status":"{event.status._value_}",'
            f'"price":{self._price_texts[event.symbol][event.price]},"quantity":{event.quantity},'
            f'"remaining_quantity":{event.remaining_quantity},"priority_kept":{_boolean(event.priority_kept)}}}\n'
        )

    def _fills(self, found: FillsFound) -> str:
        rows = ",".join([self._fill(fill) for fill in found.fills])
        return f'{{"type":"fills","fills":[{rows}],"more":{_boolean(found.more)}}}\n'

    def _fill(self, fill: OrderExecuted) -> str:
        return (
            f'{{"trade_id":{fill.trade_id},"order_id":{fill.order_id},'
            f'"client_order_id":{_string(fill.client_order_id)},"symbol":"{fill.symbol}",'
            f'"side":"{fill.side._value_}","price":{self._price_texts[fill.symbol][fill.price]},'
            f'"quantity":{fill.quantity},"liquidity":"{fill.liquidity._value_}","fee":{nanos_text(0)},'
            f'"timestamp":{fill.timestamp}}}'
        )

    def _orders(self, answer: OrdersListed) -> str:
        return f'{{"type":"orders","orders":[{",".join([self._order(order) for order in answer.orders])}]}}\n'

    def _order(self, order: OrderState) -> str:
        terms = order.terms
        return (
            f'{{"order_id":{order.order_id},"client_order_id":{_string(order.client_order_id)},'
            f'"symbol":"{order.symbol}","timestamp":{order.timestamp},"status":"{order.status._value_}",'
            f'"side":"{terms.side._value_}","order_type":"{terms.order_type._value_}",'
            f'"time_in_force":"{terms.time_in_force._value_}",'
            f'"price":{self._price_texts[order.symbol].of_nanos(terms.price_nanos)},"quantity":{terms.quantity},'
            f'"remaining_quantity":{order.remaining_quantity}'
            f"{_options(terms.post_only, terms.self_trade_prevention)}}}"
        )

    def _positions(self, answer: PositionsListed) -> str:
        entries = ",".join([self._position(position) for position in answer.positions])
        return f'{{"type":"positions","positions":[{entries}]}}\n'

    def _position(self, position: PositionState) -> str:
        instrument = self._price_texts[position.symbol].instrument
        return (
            f'{{"symbol":"{position.symbol}","net_position":{position.net_quantity},'
            f'"average_price":{_average_price(position)},'
            f'"realised_pnl":{instrument.amount_text(position.realised_pnl_nanos)},'
            f'"unrealised_pnl":{instrument.amount_text(position.unrealised_pnl_nanos)},"volume":{position.volume}}}'
        )


def _average_price(position: PositionState) -> str:
    """Cost per unit, rounded half-even to 10⁻⁹ currency units; null for a flat position."""
    if position.net_quantity == 0:
        return "null"
    # Cost and quantity of a short position are both negative.  With a positive divisor 0 <= rest < divisor.
    divisor = abs(position.net_quantity)
    cost_nanos = position.cost_nanos * (1 if position.net_quantity > 0 else -1)
    nanos, rest = divmod(cost_nanos, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and nanos % 2 == 1):
        nanos += 1
    return nanos_text(nanos)


def _options(post_only: bool, prevention: Optional[SelfTradePrevention]) -> str:
    """The options that were set, each with the comma before it."""
    text = ',"post_only":true' if post_only else ""
    if prevention is not None and prevention is not _NO_PREVENTION:
        text += f',"self_trade_prevention":"{prevention._value_}"'
    return text


def _side(side: Optional[Side]) -> str:
    return "null" if side is None else f'"{side._value_}"'


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _order_canceled(event: OrderCanceled) -> str:
    return (
        f'{{"type":"order_canceled","seq":{event.seq},"order_id":{event.order_id},'
        f'"client_order_id":{_string(event.client_order_id)},"symbol":"{event.symbol}",'
        f'"timestamp":{event.timestamp},"status":"CANCELED",'
        f'"remaining_quantity":{event.remaining_quantity},"reason":"{event.reason._value_}"}}\n'
    )


def _order_rejected(event: OrderRejected) -> str:
    named = f'"client_order_id":{_string(event.client_order_id)}'
    return f'{{"type":"order_rejected",{named},{code_and_text(event.code, event.text)}}}\n'


def _cancel_rejected(event: CancelRejected) -> str:
    return f'{{"type":"cancel_rejected",{_ids(event)}{code_and_text(event.code, event.text)}}}\n'


def _replace_rejected(event: ReplaceRejected) -> str:
    return f'{{"type":"replace_rejected",{_ids(event)}{code_and_text(event.code, event.text)}}}\n'


def _ids(event: Union[CancelRejected, ReplaceRejected]) -> str:
    """Whichever ids the request named, each with the comma after it."""
    text = "" if event.order_id is None else f'"order_id":{event.order_id},'
    return text if event.client_order_id is None else f'{text}"client_order_id":{_string(event.client_order_id)},'


def _error(event: Union[RequestRejected, BadRequest]) -> str:
    return f'{{"type":"error",{code_and_text(event.code, event.text)}}}\n'


def code_and_text(code: Code, text: str) -> str:
    """The two fields that every refusal ends with."""
    return f'"code":"{code._value_}","text":{_string(text)}'


def _cancel_all_done(event: AllCanceled) -> str:
    return f'{{"type":"cancel_all_done","count":{event.order_count}}}\n'


def _instrument_status(event: InstrumentStatusChanged) -> str:
    return f'{{"type":"instrument_status","symbol":"{event.symbol}","phase":"{event.phase.value}"}}\n'


def _phase_set(event: PhaseSet) -> str:
    return (
        f'{{"type":"phase_set","phase":"{event.phase.value}","changed":{_symbols(event.changed)},'
        f'"unchanged":{_symbols(event.unchanged)}}}\n'
    )


def _symbols(symbols: Iterable[str]) -> str:
    return f"[{','.join([_string(symbol) for symbol in symbols])}]"


def _user_blocked(event: UserBlocked) -> str:
    return (
        f'{{"type":"user_blocked","user":{_string(event.user)},"canceled":{event.canceled_count},'
        f'"changed":{_boolean(event.changed)}}}\n'
    )


def _user_unblocked(event: UserUnblocked) -> str:
    return f'{{"type":"user_unblocked","user":{_string(event.user)},"changed":{_boolean(event.changed)}}}\n'


def _user_reset(event: UserReset) -> str:
    return f'{{"type":"user_reset","user":{_string(event.user)},"changed":{_boolean(event.changed)}}}\n'
