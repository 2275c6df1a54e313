"""What a book looks like at one moment: levels with their queues, as values that stay when the engine goes on.

Prices are in ticks, quantities in units.  A level's orders stand in the sequence in which they would trade.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import NamedTuple, Optional

from exchange.engine.book_side import BookSide
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order, PriceLevel
from exchange.engine.orderbook import OrderBook
from exchange.engine.words import Phase

_HEADING = ("BUY", "SELL")


class QueuedOrder(NamedTuple):
    """An order in its queue: what it shows, and what an iceberg hides behind that."""

    order_id: int
    user: str
    shown_quantity: int
    hidden_quantity: int


class LevelPicture(NamedTuple):
    """One price of one side; None is the price of MARKET orders that wait in a call."""

    price: Optional[int]
    shown_quantity: int
    hidden_quantity: int
    orders: tuple[QueuedOrder, ...]


class BookPicture(NamedTuple):
    """One instrument's book, best level first."""

    instrument: Instrument
    phase: Phase
    last_trade_price: Optional[int]
    bids: tuple[LevelPicture, ...]
    asks: tuple[LevelPicture, ...]


class Standing(NamedTuple):
    """Where a resting order stands: the orders before it at its price, and what better prices show before it."""

    ahead: tuple[QueuedOrder, ...]
    better_quantity: int

    @property
    def ahead_quantity(self) -> int:
        """What is shown before it at its price."""
        return sum(order.shown_quantity for order in self.ahead)


def book_picture(book: OrderBook, level_count: Optional[int] = None) -> BookPicture:
    """The best `level_count` levels of both sides (None: all), every order of them.  O(orders seen)."""
    bids, asks = (tuple(islice(_levels(side), level_count)) for side in (book.bids, book.asks))
    return BookPicture(book.instrument, book.phase, book.last_trade_price, bids, asks)


def standing_of(book: OrderBook, order: Order) -> Optional[Standing]:
    """Where the order stands, None if it does not rest.  O(orders before it + better levels)."""
    if order.level is None:
        return None
    ahead = []
    before = order.previous
    while before is not None:
        ahead.append(_queued(before))
        before = before.previous
    side = book.side(order.side)
    better = 0
    for level in side.levels():
        if order.price is None or level is order.level:
            break
        better += level.quantity
    return Standing(tuple(reversed(ahead)), better)


def drawn_levels(view: BookPicture, marked_order_id: Optional[int] = None) -> list[str]:
    """A small table, a row per level: quantity, number of orders and price, `*` where the marked order stands."""
    bids = [_cell(level, view.instrument, marked_order_id) for level in view.bids]
    asks = [_cell(level, view.instrument, marked_order_id) for level in view.asks]
    rows = [_HEADING, *zip_longest(bids, asks, fillvalue="")]
    return [f"{bid:>30} | {ask}".rstrip() for bid, ask in rows]


def _cell(level: LevelPicture, instrument: Instrument, marked_order_id: Optional[int]) -> str:
    count = len(level.orders)
    mark = " *" if any(order.order_id == marked_order_id for order in level.orders) else ""
    price = "MARKET" if level.price is None else instrument.price_text(level.price)
    hidden = f" +{level.hidden_quantity:,} hidden" if level.hidden_quantity else ""
    return f"{level.shown_quantity:,}{hidden} ({count}) @ {price}{mark}"


def _levels(side: BookSide) -> Iterator[LevelPicture]:
    if side.market.first is not None:
        yield _level(side.market, None)
    for level in side.levels():
        yield _level(level, level.price)


def _level(level: PriceLevel, price: Optional[int]) -> LevelPicture:
    orders = tuple(map(_queued, level.orders()))
    return LevelPicture(price, level.quantity, level.hidden_quantity, orders)


def _queued(order: Order) -> QueuedOrder:
    shown_quantity = order.remaining_quantity - order.hidden_quantity
    return QueuedOrder(order.order_id, order.user, shown_quantity, order.hidden_quantity)
