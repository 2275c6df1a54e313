"""How an accepted order comes into its book, and what follows from that.

    in continuous trading:  matches ──► the breaker may halt ──► stops that were triggered enter, one by one
    in a call:              rests, whatever its price

A stop that enters is an order that arrives; it may trigger more, or trip the breaker, and then the rest of the
queue waits (RULES 8, 18).
"""

from __future__ import annotations

from typing import Final

from exchange.engine.bands import band, reference_price
from exchange.engine.events import Event, InstrumentStatusChanged
from exchange.engine.matching import Matcher
from exchange.engine.order import Order
from exchange.engine.orderbook import OrderBook
from exchange.engine.schedule import NS_PER_S, earliest_end
from exchange.engine.stops import Triggered
from exchange.engine.words import CancelReason, Phase, PhaseReason, TimeInForce

_CONTINUOUS: Final = Phase.CONTINUOUS


def arrive(matcher: Matcher, book: OrderBook, order: Order, timestamp: int, events: list[Event]) -> None:
    """An order that is not a waiting stop comes into its book."""
    if book.phase is not _CONTINUOUS:
        rest_in_call(matcher, book, order)
        return
    worst_price = None
    if book.is_guarded and order.price is None:
        allowed = band(book, reference_price(book))
        worst_price = None if allowed is None else allowed.edge(order.side)
    if matcher.match(order, book, timestamp, events, worst_price):
        trip(book, timestamp, events)
    enter_triggered(matcher, book, timestamp, events)


def rest_in_call(matcher: Matcher, book: OrderBook, order: Order) -> None:
    """Nothing matches in a call.  A MARKET or an IOC order is in for this call only."""
    matcher.rest(order, book.side(order.side))
    if order.conditions.time_in_force is TimeInForce.IOC:
        book.one_call_orders[order.order_id] = order


def trip(book: OrderBook, timestamp: int, events: list[Event]) -> None:
    """RULES 18: the circuit breaker halts the instrument for a while."""
    hours = book.hours
    book.phase = Phase.HALTED
    hours.begin(PhaseReason.CIRCUIT_BREAKER, timestamp + book.instrument.halt_s * NS_PER_S)
    until = earliest_end(book.phase, hours, book.instrument.schedule)
    events.append(InstrumentStatusChanged(book.instrument.symbol, book.phase, PhaseReason.CIRCUIT_BREAKER, until))


def enter_triggered(matcher: Matcher, book: OrderBook, timestamp: int, events: list[Event]) -> None:
    """Let the triggered stops enter, and those that they trigger, until none is left or trading is halted."""
    stops = book.stops
    while stops is not None and stops.queue and (book.phase is _CONTINUOUS or book.hours.is_repeated):
        _enter(matcher, book, stops.take_next(), timestamp, events)


def _enter(matcher: Matcher, book: OrderBook, triggered: Triggered, timestamp: int, events: list[Event]) -> None:
    """One stop becomes what its type says: a MARKET or a LIMIT order."""
    order = triggered.order
    matcher.tell_triggered(order, triggered.stop_price, timestamp, events)
    if book.phase is not _CONTINUOUS:
        rest_in_call(matcher, book, order)
        return
    worst_price = None
    # RULES 17: the band is that of the moment in which the stop was triggered.
    allowed = band(book, triggered.trade_price)
    if allowed is not None and order.price is None:
        worst_price = allowed.edge(order.side)
    elif allowed is not None and not allowed.low <= (order.price or 0) <= allowed.high:
        matcher.cancel(order, CancelReason.PRICE_OUT_OF_BAND, timestamp, events)
        return
    if matcher.match(order, book, timestamp, events, worst_price):
        trip(book, timestamp, events)
