"""What users do with orders: enter and cancel; how they replace them is told in `order_replace`.

One function per command.  Each asks `checks` first and changes nothing if one of them refuses; then it changes the
engine's books and accounts, lets `Matcher` trade and end orders, and returns the events that tell of it.

    command ──► checks ──► account, book ──► arrival ──► events

Faults are told in this order: duplicate id, blocked user, symbol, phase, terms that don't go together, tick, lot
and range, band, limits, stop, book.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Optional

from exchange.engine import checks, phases, terms_checks
from exchange.engine.account import Account
from exchange.engine.checks import Refusal
from exchange.engine.commands import CancelAll, CancelOrder, CancelOrders, NewOrder
from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    RequestRejected,
)
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order, made_order
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
_make: Final = tuple.__new__
_LIMIT: Final = OrderType.LIMIT
_FOK: Final = TimeInForce.FOK
_IOC: Final = TimeInForce.IOC
_BUY: Final = Side.BUY
_CONTINUOUS: Final = Phase.CONTINUOUS
_NEW: Final = OrderStatus.NEW
_PARTIALLY_FILLED: Final = OrderStatus.PARTIALLY_FILLED
_CANCELED: Final = OrderStatus.CANCELED
_USER_REQUESTED: Final = CancelReason.USER_REQUESTED
_NO_PREVENTION: Final = SelfTradePrevention.NONE


def new_order(state: State, command: NewOrder, timestamp: int) -> list[Event]:
    """RULES 1–6, 14–16, 19, 22, 23: take the order in and match it, or refuse it.

    The everyday order is done here from end to end: a LIMIT order without options, by a user who has an account,
    in a market without rules of its own.  Everything else, every refusal too, is `_unusual_order`'s.
    """
    user, client_order_id, symbol, terms, ends_with_connection = command
    account = state.accounts.get(user)
    book = state.books.get(symbol) if symbol is not None else None
    if account is None or book is None or account.is_blocked or client_order_id in account.orders_by_client_id:
        return _unusual_order(state, command, timestamp)
    (
        side,
        order_type,
        time_in_force,
        price_nanos,
        quantity,
        post_only,
        prevention,
        stop_price_nanos,
        display_quantity,
    ) = terms
    if (
        order_type is not _LIMIT
        or price_nanos is None
        or price_nanos <= 0
        or price_nanos % book.tick_size_nanos
        or not book.min_quantity <= quantity <= book.max_quantity
        or quantity % book.lot_size
        or time_in_force is _FOK
        or post_only
        or prevention is not None
        or stop_price_nanos is not None
        or display_quantity is not None
        or not book.is_plain
        or book.phase is not _CONTINUOUS
        or account.live_order_count >= state.open_orders_max
        or (
            state.has_quantity_limits
            and checks.limits_refusal(account, book.symbol, side, quantity, state.limits) is not None
        )
    ):
        return _unusual_order(state, command, timestamp)
    state.sequence += 1
    state.last_order_id += 1
    order = Order()
    order.order_id = order_id = state.last_order_id
    # Shared with the user's other orders, whatever object the wire brought: 55 bytes less of an order.
    order.user = account.user
    order.client_order_id = client_order_id
    order.symbol = symbol = book.symbol
    order.conditions = book.conditions.everyday[time_in_force._value_]
    order.side = side
    order.price = price = price_nanos // book.tick_size_nanos
    order.quantity = order.remaining_quantity = quantity
    order.executed_quantity = 0
    order.status = _NEW
    order.timestamp = timestamp
    order.ends_with_connection = ends_with_connection
    order.level = None
    account.enter(order)
    account.seq += 1
    events: list[Event] = [
        _make(OrderAccepted, (user, account.seq, timestamp, order_id, client_order_id, symbol, terms))
    ]
    own_side, opposite = (book.bids, book.asks) if side is _BUY else (book.asks, book.bids)
    # Most orders don't cross even the best price, of a level that may have emptied: `match` need not be asked.
    if time_in_force is not _IOC and (not opposite.keys or opposite.keys[0] > price * opposite.sign):
        own_side.add(order)
    else:
        state.matcher.match(order, book, timestamp, events)
    return events


def _unusual_order(state: State, command: NewOrder, timestamp: int) -> list[Event]:
    """Any order, with everything that there is to check, in the order in which faults are told."""
    user, client_order_id, symbol, terms, ends_with_connection = command
    account = state.accounts.get(user)
    # First of all, so that a resent order always hears that it is a duplicate (RULES 14).
    if account is not None and client_order_id in account.orders_by_client_id:
        known = account.orders_by_client_id[client_order_id]
        return _order_rejected(client_order_id, checks.duplicate_client_order_id(client_order_id, known))
    if account is not None and account.is_blocked:
        return _order_rejected(client_order_id, checks.user_blocked(user))
    book = state.find_book(symbol)
    if isinstance(book, Refusal):
        return _order_rejected(client_order_id, book)
    instrument = book.instrument
    refusal = _terms_refusal(terms, book)
    if refusal is not None:
        return _order_rejected(client_order_id, refusal)
    order = made_order(
        state.last_order_id + 1,
        user if account is None else account.user,
        client_order_id,
        instrument.symbol,
        _with_prevention(terms, instrument),
        book.conditions,
        timestamp,
        ends_with_connection,
    )
    refusal = checks.limits_refusal(
        account, book.symbol, terms.side, terms.quantity, state.limits
    ) or _market_refusal(order, book)
    if refusal is not None:
        return _order_rejected(client_order_id, refusal)
    return _accept(state, order, account or state.open_account(user), book, timestamp)


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
    stop_price_nanos = order.conditions.stop_price_nanos
    if stop_price_nanos is not None:
        return checks.stop_refusal(order.side, stop_price_nanos, book)
    return checks.book_refusal(order, book) if book.phase is _CONTINUOUS else None


def _with_prevention(terms: Terms, instrument: Instrument) -> Terms:
    """The terms with the prevention that holds, the instrument's where none is named; None where that is NONE."""
    prevention: Optional[SelfTradePrevention] = terms.self_trade_prevention or instrument.self_trade_prevention
    if prevention is _NO_PREVENTION:
        prevention = None
    return terms if prevention is terms.self_trade_prevention else terms._replace(self_trade_prevention=prevention)


def _accept(state: State, order: Order, account: Account, book: OrderBook, timestamp: int) -> list[Event]:
    """The order is in: give it its id, tell its user, match it."""
    state.sequence += 1
    state.last_order_id += 1
    account.enter(order)
    account.seq += 1
    events: list[Event] = [
        OrderAccepted(
            order.user, account.seq, timestamp, order.order_id, order.client_order_id, order.symbol, order.terms
        )
    ]
    if order.conditions.stop_price_nanos is not None:
        book.wait(order)
    else:
        phases.end_idle(book, timestamp)
        arrive(state.matcher, book, order, timestamp, events)
    return events


# --- cancel and replace ------------------------------------------------------------------------------


def cancel_order(state: State, command: CancelOrder, timestamp: int) -> list[Event]:
    """RULES 13: take one order out of its book, in whatever phase.

    Told from end to end, since almost every order ends so: what `_take_out` does, for an order that is no iceberg.
    """
    user, order_id, client_order_id = command
    account = state.accounts.get(user)
    order: Optional[Order] = None
    if account is not None:
        if order_id is not None:
            order = account.orders.get(order_id)
        else:
            assert client_order_id is not None
            order = account.orders_by_client_id.get(client_order_id)
    if account is None or order is None or (order.status is not _NEW and order.status is not _PARTIALLY_FILLED):
        refusal = checks.not_live(order, order_id, client_order_id)
        return [CancelRejected(order_id, client_order_id, refusal.code, refusal.text)]
    state.sequence += 1
    if order.level is None or type(order) is not Order:
        return cancel_each(state, [order], _USER_REQUESTED, timestamp)
    book, canceled_quantity = state.books[order.symbol], order.remaining_quantity
    (book.bids if order.side is _BUY else book.asks).remove(order, canceled_quantity)
    if account.live_quantities is not None:
        account.count(order, -canceled_quantity)
    order.remaining_quantity = 0
    order.status = _CANCELED
    account.end(order)
    account.seq += 1
    return [
        _make(
            OrderCanceled,
            (
                user,
                account.seq,
                timestamp,
                order.order_id,
                order.client_order_id,
                order.symbol,
                canceled_quantity,
                _USER_REQUESTED,
            ),
        )
    ]


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
    state.books[order.symbol].withdraw(order)
    state.matcher.cancel(order, reason, timestamp, events)


def _order_rejected(client_order_id: str, refusal: Refusal) -> list[Event]:
    return [OrderRejected(client_order_id, refusal.code, refusal.text)]
