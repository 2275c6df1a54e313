"""What a screen shows of one moment of a recorded day: its books, the queue at a price, and itself in words.

Values only, which stay when the day goes on.  Prices are in ticks, quantities in units.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Optional

from exchange.engine.book_side import BookSide
from exchange.engine.events import (
    PRIVATE_EVENT_TYPES,
    Event,
    InstrumentStatusChanged,
    NewsSaid,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    OrderTriggered,
)
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order
from exchange.engine.orderbook import OrderBook
from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.laboratory.history import Moment
from exchange.laboratory.telling.order_words import asked_text, cancel_text


class StandingOrder(NamedTuple):
    """An order in a queue, from the front: whose, how much others see of it, since when, and at which price."""

    order_id: int
    user: str
    is_buy: bool
    shown_quantity: int
    hidden_quantity: int
    timestamp: int
    price: int


def levels(side: BookSide) -> dict[int, int]:
    """Price → what is shown there.  O(levels log levels)."""
    return {price: quantity for price, quantity, _ in side.depth()}


def queue_at(book: OrderBook, price: int, ticks: int = 1) -> list[StandingOrder]:
    """All that rests at a price, in the sequence in which it would trade; in a call both sides may be there.

    `ticks` above 1: in the row of so many ticks that a ladder shows at `price`, where bids are rounded down to a
    row and offers up, and the lowest row has what is below it, too.
    """
    bids = range(price if price > ticks else 1, price + ticks)
    asks = range(price - ticks + 1, price + 1)
    found: list[StandingOrder] = []
    for side, prices in ((book.bids, bids), (book.asks, asks)):
        for level in side.levels():
            if level.price in prices:
                found += [_standing(order, level.price) for order in level.orders()]
    return found


def _standing(order: Order, price: int) -> StandingOrder:
    shown = order.remaining_quantity - order.hidden_quantity
    is_buy = order.side is Side.BUY
    return StandingOrder(order.order_id, order.user, is_buy, shown, order.hidden_quantity, order.timestamp, price)


def trades_of(moment: Moment, symbol: str) -> list[Trade]:
    """What the command traded in one symbol."""
    return [event for event in moment.events if isinstance(event, Trade) and event.symbol == symbol]


def concerned(moment: Moment) -> tuple[Optional[str], Optional[int], Optional[str]]:
    """(user, order id, symbol) that the command was about; None: of no order, or of none in particular."""
    for event in moment.events:
        if isinstance(event, PRIVATE_EVENT_TYPES):
            return event.user, event.order_id, event.symbol
    return getattr(moment.command, "user", None), None, getattr(moment.command, "symbol", None)


def moment_text(moment: Moment) -> str:
    """What the command was and what it led to, in a sentence or some."""
    if moment.command is None:
        return "The day's first state: nothing has happened yet."
    texts = list(_event_texts(moment))
    if not texts:
        return f"{_command_text(moment)}."
    return "; ".join(texts) + "."


def _event_texts(moment: Moment) -> Iterator[str]:
    for event in moment.events:
        text = _event_text(event, moment)
        if text:
            yield text


def _event_text(event: Event, moment: Moment) -> str:
    """One event; "" for what another one tells as well."""
    if isinstance(event, Trade):
        return _trade_text(event, _instrument(moment, event.symbol))
    if isinstance(event, InstrumentStatusChanged):
        return f"{event.symbol} comes into {event.phase.value} ({event.reason.value.lower().replace('_', ' ')})"
    if isinstance(event, NewsSaid):
        return f"the operator says: {event.text}"
    if isinstance(event, OrderExecuted) or not isinstance(event, PRIVATE_EVENT_TYPES):
        return ""
    named = f"order {event.order_id} of {event.user}"
    if isinstance(event, OrderAccepted):
        return f"{event.user} enters order {event.order_id}: {_asked(event, _instrument(moment, event.symbol))}"
    if isinstance(event, OrderCanceled):
        return f"{named}: {cancel_text(event.reason, event.remaining_quantity)}"
    if isinstance(event, OrderExpired):
        return f"{named}: its time was over, the {event.remaining_quantity:,} left expired"
    return _change_text(event, named, _instrument(moment, event.symbol))


def _asked(event: OrderAccepted, instrument: Instrument) -> str:
    return asked_text(event.terms, instrument).removesuffix(",")


def _change_text(event: OrderReplaced | OrderTriggered, named: str, instrument: Instrument) -> str:
    if isinstance(event, OrderTriggered):
        return f"{named}: a trade at or through {instrument.price_text(event.stop_price)} triggers it"
    price = "any price" if event.price is None else instrument.price_text(event.price)
    place = "keeps its place" if event.priority_kept else "goes to the back of the queue"
    left = f"{event.quantity:,} in all at {price}, {event.remaining_quantity:,} left"
    return f"{named} is changed to {left}: {place}"


def _trade_text(trade: Trade, instrument: Instrument) -> str:
    price = instrument.price_text(trade.price)
    if trade.aggressor_side is None:
        return f"in the auction {trade.buyer} buys {trade.quantity:,} at {price} from {trade.seller}"
    is_buy = trade.aggressor_side is Side.BUY
    taker, verb = (trade.buyer, "buys") if is_buy else (trade.seller, "sells")
    other, order_id = (trade.seller, trade.sell_order_id) if is_buy else (trade.buyer, trade.buy_order_id)
    link = "from" if is_buy else "to"
    return f"{taker} {verb} {trade.quantity:,} at {price} {link} {other}, whose order {order_id} stood first"


def _instrument(moment: Moment, symbol: str) -> Instrument:
    return moment.engine.books[symbol].instrument


def _command_text(moment: Moment) -> str:
    """The command by its name and whom it is about: `Claim user alice`."""
    words = re.sub(r"(?<!^)([A-Z])", r" \1", type(moment.command).__name__).capitalize()
    whom = getattr(moment.command, "user", None) or getattr(moment.command, "symbol", None)
    instrument = getattr(moment.command, "instrument", None)
    return f"{words} {whom or (instrument.symbol if instrument is not None else '')}".rstrip()
