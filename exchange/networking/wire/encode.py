"""One event or answer → one line.  This file, `encode_feeds`, `session_lines` and `operator_lines` are the only
places that spell what the exchange writes.

Every line is ASCII, ends in a newline and is one JSON object; strings that came from outside are escaped, symbols
and enum members are of a charset that needs none.  Prices leave as decimal numbers of currency, made from ticks by
integer arithmetic.  The lines are f-strings because order_accepted and order_executed are written hundreds of
thousands of times a second (about 1 µs each); all else looks the same so that there is one way to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from json.encoder import encode_basestring_ascii as _string
from typing import Any, Union

from exchange.engine.account import UserState
from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    Endowed,
    NewsSaid,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrdersListed,
    OrderState,
    OrderTriggered,
    PhaseSet,
    PositionsListed,
    PositionState,
    PrivateEvent,
    ReplaceRejected,
    RequestRejected,
    Settled,
    UserBlocked,
    UserReset,
    UserUnblocked,
)
from exchange.engine.instrument import Instrument, PriceTexts, nanos_text
from exchange.engine.terms import Terms
from exchange.engine.words import Code, Phase
from exchange.networking.wire import operator_lines
from exchange.networking.wire.encode_feeds import FeedEncoder
from exchange.networking.wire.requests import BadRequest, FillsFound

# What most orders ask for beyond side, type, time, price and quantity: nothing.
_NO_OPTIONS = tuple(Terms._field_defaults.values())
# So many rows of a long answer are written at a time.
ROWS_IN_A_PIECE = 200

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
    PhaseSet,
    UserBlocked,
    UserUnblocked,
    UserReset,
    Endowed,
    Settled,
    NewsSaid,
]


class Encoder(FeedEncoder):
    """Writes everything that concerns orders, their users and the operator, and (FeedEncoder) the market data."""

    def __init__(self, instruments: Iterable[Instrument] = ()) -> None:
        super().__init__(instruments)
        self._encode_by_type: dict[type, Callable[[Any], str]] = {
            OrderAccepted: self._order_accepted,
            OrderExecuted: self._order_executed,
            OrderCanceled: _order_canceled,
            OrderReplaced: self._order_replaced,
            OrderTriggered: self._order_triggered,
            OrderExpired: _order_expired,
            OrderRejected: _order_rejected,
            CancelRejected: _cancel_rejected,
            ReplaceRejected: _replace_rejected,
            RequestRejected: _error,
            BadRequest: _error,
            FillsFound: self._fills,
            AllCanceled: _cancel_all_done,
            OrdersListed: lambda answer: "".join(self._orders(answer)),
            PositionsListed: self._positions,
            PhaseSet: operator_lines.phase_set,
            UserBlocked: operator_lines.user_blocked,
            UserUnblocked: operator_lines.user_unblocked,
            UserReset: operator_lines.user_reset,
            Endowed: operator_lines.user_endowed,
            Settled: self._settled,
            NewsSaid: operator_lines.news_said,
        }

    def encode(self, event: Encodable) -> bytes:
        """The line of a private event, of an answer of the engine, or of a request that was refused."""
        return self._encode_by_type[type(event)](event).encode()

    def orders_in_pieces(self, answer: OrdersListed) -> Iterator[bytes]:
        """The line of a long list of orders, some hundred rows at a time."""
        for piece in self._orders(answer):
            yield piece.encode()

    # --- private events ----------------------------------------------------------------------------------

    def _order_accepted(self, event: OrderAccepted) -> str:
        _, seq, timestamp, order_id, client_order_id, symbol, terms = event
        # Two slices cost half of what a starred name does.
        side, order_type, time_in_force, price_nanos, quantity = terms[:5]
        options = "" if terms[5:] == _NO_OPTIONS else self._accepted_options(symbol, terms)
        return (
            f'{{"type":"order_accepted","seq":{seq},"order_id":{order_id},'
            f'"client_order_id":{_string(client_order_id)},"symbol":"{symbol}","timestamp":{timestamp},'
            f'"status":"NEW","side":"{side._value_}","order_type":"{order_type._value_}",'
            f'"time_in_force":"{time_in_force._value_}","price":{self._price_texts[symbol].by_nanos[price_nanos]},'
            f'"quantity":{quantity},"remaining_quantity":{quantity}{options}}}\n'
        )

    def _accepted_options(self, symbol: str, terms: Terms) -> str:
        text = _options(terms, self._price_texts[symbol])
        if terms.display_quantity is not None:
            text += f',"displayed_quantity":{terms.display_quantity}'
        return text

    def _order_executed(self, event: OrderExecuted) -> str:
        # Taken apart in one step: it is the line that is written most often.
        (_, seq, timestamp, order_id, client_order_id, symbol, side, trade_id, price, quantity, remaining_quantity,
         status, liquidity, displayed, fee_nanos) = event  # fmt: skip
        price_texts = self._price_texts[symbol]
        more = "" if displayed is None else f',"displayed_quantity":{displayed}'
        if fee_nanos is not None:
            more += f',"fee":{price_texts.instrument.amount_text(fee_nanos)}'
        return (
            f'{{"type":"order_executed","seq":{seq},"order_id":{order_id},'
            f'"client_order_id":{_string(client_order_id)},"symbol":"{symbol}","timestamp":{timestamp},'
            f'"status":"{status._value_}","trade_id":{trade_id},"side":"{side._value_}",'
            f'"price":{price_texts[price]},"quantity":{quantity},'
            f'"remaining_quantity":{remaining_quantity},"liquidity":"{liquidity._value_}"{more}}}\n'
        )

    def _order_replaced(self, event: OrderReplaced) -> str:
        price_texts = self._price_texts[event.symbol]
        more = "" if event.stop_price is None else f',"stop_price":{price_texts[event.stop_price]}'
        if event.displayed_quantity is not None:
            more += f',"displayed_quantity":{event.displayed_quantity}'
        return (
            f'{{"type":"order_replaced",{_event_head(event)},"status":"{event.status._value_}",'
            f'"price":{price_texts[event.price]},"quantity":{event.quantity},'
            f'"remaining_quantity":{event.remaining_quantity},'
            f'"priority_kept":{_boolean(event.priority_kept)}{more}}}\n'
        )

    def _order_triggered(self, event: OrderTriggered) -> str:
        stop_price = self._price_texts[event.symbol][event.stop_price]
        return f'{{"type":"order_triggered",{_event_head(event)},"status":"NEW","stop_price":{stop_price}}}\n'

    # --- answers -----------------------------------------------------------------------------------------

    def _fills(self, found: FillsFound) -> str:
        rows = ",".join([self._fill(fill) for fill in found.fills])
        return f'{{"type":"fills","fills":[{rows}],"more":{_boolean(found.more)}}}\n'

    def _fill(self, fill: OrderExecuted) -> str:
        price_texts = self._price_texts[fill.symbol]
        return (
            f'{{"trade_id":{fill.trade_id},"order_id":{fill.order_id},'
            f'"client_order_id":{_string(fill.client_order_id)},"symbol":"{fill.symbol}",'
            f'"side":"{fill.side._value_}","price":{price_texts[fill.price]},'
            f'"quantity":{fill.quantity},"liquidity":"{fill.liquidity._value_}",'
            f'"fee":{price_texts.instrument.amount_text(fill.fee_nanos or 0)},"timestamp":{fill.timestamp}}}'
        )

    def _orders(self, answer: OrdersListed) -> Iterator[str]:
        orders = answer.orders
        yield '{"type":"orders","orders":['
        for start in range(0, len(orders), ROWS_IN_A_PIECE):
            rows = ",".join([self._order(order) for order in orders[start : start + ROWS_IN_A_PIECE]])
            yield f",{rows}" if start else rows
        yield "]}\n"

    def _order(self, order: OrderState) -> str:
        terms, price_texts = order.terms, self._price_texts[order.symbol]
        options = _options(terms, price_texts)
        if order.displayed_quantity is not None:
            options += f',"displayed_quantity":{order.displayed_quantity}'
        if order.is_waiting:
            options += ',"waiting":true'
        ahead = "null" if order.quantity_ahead is None else order.quantity_ahead
        return (
            f'{{"order_id":{order.order_id},"client_order_id":{_string(order.client_order_id)},'
            f'"symbol":"{order.symbol}","timestamp":{order.timestamp},"status":"{order.status._value_}",'
            f'"side":"{terms.side._value_}","order_type":"{terms.order_type._value_}",'
            f'"time_in_force":"{terms.time_in_force._value_}",'
            f'"price":{price_texts.of_nanos(terms.price_nanos)},"quantity":{terms.quantity},'
            f'"remaining_quantity":{order.remaining_quantity},"quantity_ahead":{ahead}{options}}}'
        )

    def everything(
        self, users: Iterable[tuple[UserState, int, PositionsListed]], phases: Iterable[tuple[str, Phase]]
    ) -> bytes:
        """For the operator: every user, how many connections they have and what they hold; every phase."""
        rows = [
            operator_lines.user_row(state, connections, self._holdings(holdings))
            for state, connections, holdings in users
        ]
        return operator_lines.everything(rows, phases).encode()

    def _positions(self, answer: PositionsListed) -> str:
        return f'{{"type":"positions",{self._holdings(answer)}}}\n'

    def _holdings(self, answer: PositionsListed) -> str:
        entries = ",".join([self._position(position) for position in answer.positions])
        cash = "" if answer.cash_nanos is None else f',"cash":{nanos_text(answer.cash_nanos, 2)}'
        return f'"positions":[{entries}]{cash}'

    def _position(self, position: PositionState) -> str:
        amount_text = self._price_texts[position.symbol].instrument.amount_text
        return (
            f'{{"symbol":"{position.symbol}","net_position":{position.net_quantity},'
            f'"average_price":{_average_price(position)},'
            f'"realised_pnl":{amount_text(position.realised_pnl_nanos)},'
            f'"unrealised_pnl":{amount_text(position.unrealised_pnl_nanos)},"volume":{position.volume},'
            f'"fees":{amount_text(position.fees_nanos or 0)}}}'
        )

    def _settled(self, event: Settled) -> str:
        instrument = self._price_texts[event.symbol].instrument
        return operator_lines.instrument_settled(event, instrument.amount_text(event.price_nanos))


def _average_price(position: PositionState) -> str:
    """Cost per unit, rounded half-even to 10⁻⁹ currency units; null for a flat position."""
    if position.net_quantity == 0:
        return "null"
    # Cost and quantity of a short position are both negative.  With a positive divisor 0 <= remainder < divisor.
    divisor = abs(position.net_quantity)
    cost_nanos = position.cost_nanos * (1 if position.net_quantity > 0 else -1)
    nanos, remainder = divmod(cost_nanos, divisor)
    if 2 * remainder > divisor or (2 * remainder == divisor and nanos % 2 == 1):
        nanos += 1
    return nanos_text(nanos)


def _options(terms: Terms, price_texts: PriceTexts) -> str:
    """The options that were set, each with the comma before it."""
    text = ',"post_only":true' if terms.post_only else ""
    if terms.self_trade_prevention is not None:
        text += f',"self_trade_prevention":"{terms.self_trade_prevention._value_}"'
    if terms.stop_price_nanos is not None:
        text += f',"stop_price":{price_texts.of_nanos(terms.stop_price_nanos)}'
    if terms.display_quantity is not None:
        text += f',"display_quantity":{terms.display_quantity}'
    return text


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _event_head(event: Union[OrderCanceled, OrderReplaced, OrderTriggered, OrderExpired]) -> str:
    """What every private event begins with."""
    return (
        f'"seq":{event.seq},"order_id":{event.order_id},"client_order_id":{_string(event.client_order_id)},'
        f'"symbol":"{event.symbol}","timestamp":{event.timestamp}'
    )


def _order_canceled(event: OrderCanceled) -> str:
    return (
        f'{{"type":"order_canceled",{_event_head(event)},"status":"CANCELED",'
        f'"remaining_quantity":{event.remaining_quantity},"reason":"{event.reason._value_}"}}\n'
    )


def _order_expired(event: OrderExpired) -> str:
    return (
        f'{{"type":"order_expired",{_event_head(event)},"status":"EXPIRED",'
        f'"remaining_quantity":{event.remaining_quantity}}}\n'
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
