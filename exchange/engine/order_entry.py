"""What users do with orders: enter and cancel; how they replace them is told in `order_replace`.

One function per command.  Each asks `checks` first and changes nothing if one of them refuses; then it changes the
engine's books and accounts, lets `Matcher` trade and end orders, and returns the events that tell of it.

    command ──► checks ──► account, book ──► arrival ──► events

Faults are told in this order: duplicate id, blocked user, symbol, phase, terms that don't go together, tick, lot
and range, band, limits, stop, book.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from exchange.engine import checks, phases, terms_checks
from exchange.engine.account import Account
from exchange.engine.checks import Refusal
from exchange.engine.commands import CancelAll, CancelOrder, CancelOrders, NewOrder
from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    Event,
    OrderAccepted,
    OrderRejected,
    RequestRejected,
)
from exchange.engine.instrument import Instrument
from exchange.engine.order import Iceberg, Order
from exchange.engine.order_arrival import arrive
from exchange.engine.orderbook import OrderBook
from exchange.engine.state import State
from exchange.engine.terms import Terms
from exchange.engine.words import (
    CancelReason,
    OrderStatus,
    OrderType,
    Phase,
    SelfTradePrevention,
    Side,
    TimeInForce,
)

# A NamedTuple's own constructor is a Python function; this makes the same object at 60 % of the cost.
_make = tuple.__new__
_LIMIT = OrderType.LIMIT
_FOK = TimeInForce.FOK
_BUY = Side.BUY
_CONTINUOUS = Phase.CONTINUOUS
_NEW = OrderStatus.NEW
_PARTIALLY_FILLED = OrderStatus.PARTIALLY_FILLED
_USER_REQUESTED = CancelReason.USER_REQUESTED
_NO_PREVENTION = SelfTradePrevention.NONE


def new_order(state: State, command: NewOrder, timestamp: int) -> list[Event]:
    """RULES 1–6, 14–16, 19, 22, 23: take the order in and match it, or refuse it."""
    user, client_order_id, symbol, terms, ends_with_connection = command
    account = state.accounts.get(user)
    if account is not None:
        # First of all checks, so that a resent order always hears that it is a duplicate (RULES 14).
        if client_order_id in account.orders_by_client_id:
            known = account.orders_by_client_id[client_order_id]
            return _order_rejected(client_order_id, checks.duplicate_client_order_id(client_order_id, known))
        if account.is_blocked:
            return _order_rejected(client_order_id, checks.user_blocked(user))
    book = state.books.get(symbol) if symbol is not None else None
    if book is None:
        found = state.find_book(symbol)
        if isinstance(found, Refusal):
            return _order_rejected(client_order_id, found)
        book = found
    instrument = book.instrument
    (_side, order_type, time_in_force, price_nanos, quantity, post_only, prevention, stop_price_nanos,
     display_quantity) = terms[:9]  # fmt: skip
    # Nothing but its price and quantity could be wrong with a plain order, and these are looked at here.
    is_plain = order_type is _LIMIT and not post_only and stop_price_nanos is display_quantity is None
    is_in_order = (
        is_plain
        and price_nanos is not None
        and price_nanos > 0
        and not price_nanos % instrument.tick_size_nanos
        and instrument.min_quantity <= quantity <= instrument.max_quantity
        and not quantity % instrument.lot_size
        and book.phase is _CONTINUOUS
        and not book.is_guarded
    )
    if not is_in_order:
        refusal = _terms_refusal(terms, book)
        if refusal is not None:
            return _order_rejected(client_order_id, refusal)
    if prevention is not None or instrument.self_trade_prevention is not _NO_PREVENTION:
        terms = _with_prevention(terms, instrument)
    order = (Order if display_quantity is None else Iceberg)(
        state.last_order_id + 1,
        user,
        client_order_id,
        instrument.symbol,
        terms,
        None if price_nanos is None else price_nanos // instrument.tick_size_nanos,
        timestamp,
        ends_with_connection,
    )
    limits = state.limits
    if (
        (account is not None and account.live_order_count >= limits.open_orders_max)
        or limits.quantity_max is not None
        or limits.position_max is not None
    ):
        refusal = checks.limits_refusal(order, account, limits)
        if refusal is not None:
            return _order_rejected(client_order_id, refusal)
    if not is_plain or time_in_force is _FOK:
        refusal = _market_refusal(order, book)
        if refusal is not None:
            return _order_rejected(client_order_id, refusal)
    if account is None:
        account = state.open_account(user)
    return _accept(state, order, account, book, timestamp)


def _terms_refusal(terms: Terms, book: OrderBook) -> Optional[Refusal]:
    """What is wrong with the order itself, here and now: phase, terms, tick, lot and range, band."""
    instrument, phase, price_nanos = book.instrument, book.phase, terms.price_nanos
    if phase is not _CONTINUOUS:
        code = phases.refused(book, phases.kind_of(terms))
        if code is not None:
            return checks.not_in_phase(code, instrument.symbol, phase, terms)
    refusal = (
        terms_checks.terms_refusal(terms, instrument)
        or checks.price_refusal(instrument, price_nanos)
        or checks.price_refusal(instrument, terms.stop_price_nanos, "stop_price")
        or checks.quantity_refusal(instrument, terms.quantity)
    )
    if refusal is not None or terms.order_type is not _LIMIT or phase is not _CONTINUOUS:
        return refusal
    assert price_nanos is not None
    return checks.band_refusal(price_nanos // instrument.tick_size_nanos, book)


def _market_refusal(order: Order, book: OrderBook) -> Optional[Refusal]:
    """What the last trade or the other side of the book refuses."""
    stop_price_nanos = order.terms.stop_price_nanos
    if stop_price_nanos is not None:
        return checks.stop_refusal(order.side, stop_price_nanos, book)
    return checks.book_refusal(order, book) if book.phase is _CONTINUOUS else None


def _with_prevention(terms: Terms, instrument: Instrument) -> Terms:
    """The terms with the prevention that holds, the instrument's where none is named; None where that is NONE."""
    prevention = terms.self_trade_prevention or instrument.self_trade_prevention
    return terms._replace(self_trade_prevention=None if prevention is _NO_PREVENTION else prevention)


def _accept(state: State, order: Order, account: Account, book: OrderBook, timestamp: int) -> list[Event]:
    """The order is in: give it its id, tell its user, match it."""
    state.sequence += 1
    state.last_order_id += 1
    account.enter(order)
    account.seq += 1
    events: list[Event] = [
        _make(
            OrderAccepted,
            (order.user, account.seq, timestamp, order.order_id, order.client_order_id, order.symbol, order.terms),
        )
    ]
    if order.terms.stop_price_nanos is not None:
        book.wait(order)
    elif book.phase is _CONTINUOUS and book.stops is None and not book.is_guarded:
        # All that `arrive` would do where no rule asks for more.
        state.matcher.match(order, book, timestamp, events)
    else:
        phases.end_idle(book, timestamp)
        arrive(state.matcher, book, order, timestamp, events)
    return events


# --- cancel and replace ------------------------------------------------------------------------------


def cancel_order(state: State, command: CancelOrder, timestamp: int) -> list[Event]:
    """RULES 13: take one order out of its book, in whatever phase."""
    user, order_id, client_order_id = command
    account = state.accounts.get(user)
    order = account.find(order_id, client_order_id) if account is not None else None
    # `is_live` written out: it is asked for every cancel.
    if order is None or (order.status is not _NEW and order.status is not _PARTIALLY_FILLED):
        refusal = checks.not_live(order, order_id, client_order_id)
        return [CancelRejected(order_id, client_order_id, refusal.code, refusal.text)]
    state.sequence += 1
    events: list[Event] = []
    _take_out(state, order, _USER_REQUESTED, timestamp, events)
    return events


def cancel_all(state: State, command: CancelAll, timestamp: int) -> list[Event]:
    """RULES 21: one event per order, in arrival order.  O(1) where there is none."""
    user, symbol = command
    if symbol is not None and symbol not in state.books:
        return [RequestRejected(*checks.unknown_symbol(symbol))]
    account = state.accounts.get(user)
    chosen = account.live_orders(symbol) if account is not None else []
    state.sequence += bool(chosen)
    return [*cancel_each(state, chosen, _USER_REQUESTED, timestamp), AllCanceled(len(chosen))]


def cancel_orders(state: State, command: CancelOrders, timestamp: int) -> list[Event]:
    """Like `cancel_all` for the orders named; where none of them is live, nothing is told and nothing changed."""
    user, order_ids, reason = command
    account = state.accounts.get(user)
    own = account.orders if account is not None else {}
    named = [own[order_id] for order_id in sorted(set(order_ids)) if order_id in own]
    chosen = [order for order in named if order.is_live]
    state.sequence += bool(chosen)
    return cancel_each(state, chosen, reason, timestamp)


def cancel_each(state: State, orders: Iterable[Order], reason: CancelReason, timestamp: int) -> list[Event]:
    """Take live orders out of their books and end them; the caller counts the command."""
    events: list[Event] = []
    for order in orders:
        _take_out(state, order, reason, timestamp, events)
    return events


def _take_out(state: State, order: Order, reason: CancelReason, timestamp: int, events: list[Event]) -> None:
    book = state.books[order.symbol]
    if order.level is None or order.hidden_quantity:
        book.withdraw(order)
    else:
        (book.bids if order.side is _BUY else book.asks).remove(order, order.remaining_quantity)
    state.matcher.cancel(order, reason, timestamp, events)


def _order_rejected(client_order_id: str, refusal: Refusal) -> list[Event]:
    return [OrderRejected(client_order_id, refusal.code, refusal.text)]
