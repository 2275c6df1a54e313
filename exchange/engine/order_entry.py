"""What users do with orders: enter, cancel, replace.

One function per command.  Each asks `checks` first and changes nothing if one of them refuses; then it changes the
engine's books and accounts, lets `Matcher` trade and end orders, and returns the events that tell of it.

    command ──► checks (user, symbol, phase, price, quantity, limits, book) ──► account, book ──► match ──► events

Where a new rule has its place: what a phase allows is asked where `halted` is; stops waiting for a trade are
released after `Matcher.match` returns; an auction is one more command.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from exchange.engine import checks
from exchange.engine.account import Account
from exchange.engine.checks import Refusal
from exchange.engine.commands import CancelAll, CancelOrder, CancelOrders, NewOrder, ReplaceOrder
from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    Event,
    OrderAccepted,
    OrderRejected,
    ReplaceRejected,
    RequestRejected,
)
from exchange.engine.instrument import Instrument
from exchange.engine.order import Order
from exchange.engine.orderbook import OrderBook
from exchange.engine.state import State
from exchange.engine.terms import Terms
from exchange.engine.words import CancelReason, OrderType, Phase, SelfTradePrevention, TimeInForce

# A NamedTuple's own constructor is a Python function; this makes the same object at 60 % of the cost.
_make = tuple.__new__
_MARKET = OrderType.MARKET
_FOK = TimeInForce.FOK
_CONTINUOUS = Phase.CONTINUOUS
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
    if book.phase is not _CONTINUOUS:
        return _order_rejected(client_order_id, checks.halted(instrument.symbol))
    (_side, order_type, time_in_force, price_nanos, quantity, post_only, prevention, _stop_price_nanos,
     _display_quantity) = terms  # fmt: skip
    refusal = checks.price_refusal(instrument, price_nanos) or checks.quantity_refusal(instrument, quantity)
    if refusal is not None:
        return _order_rejected(client_order_id, refusal)
    if prevention is not None or instrument.self_trade_prevention is not _NO_PREVENTION:
        terms = _with_prevention(terms, instrument)
    order = Order(
        state.last_order_id + 1,
        user,
        client_order_id,
        instrument.symbol,
        terms,
        price_nanos // instrument.tick_size_nanos if price_nanos is not None else None,
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
    if post_only or order_type is _MARKET or time_in_force is _FOK:
        refusal = checks.book_refusal(order, book)
        if refusal is not None:
            return _order_rejected(client_order_id, refusal)
    if account is None:
        account = state.open_account(user)
    return _accept(state, order, account, book, timestamp)


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
    state.matcher.match(order, book, timestamp, events)
    return events


# --- cancel and replace ------------------------------------------------------------------------------


def cancel_order(state: State, command: CancelOrder, timestamp: int) -> list[Event]:
    """RULES 13: take one order out of its book, in whatever phase."""
    user, order_id, client_order_id = command
    account = state.accounts.get(user)
    order = account.find(order_id, client_order_id) if account is not None else None
    refusal = checks.cannot_be_changed(order, order_id, client_order_id)
    if refusal is not None:
        return [CancelRejected(order_id, client_order_id, refusal.code, refusal.text)]
    assert order is not None
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
    state.books[order.symbol].side(order.side).remove(order, order.remaining_quantity)
    state.matcher.cancel(order, reason, timestamp, events)


def replace_order(state: State, command: ReplaceOrder, timestamp: int) -> list[Event]:
    """RULES 9–12: change a live order, or refuse and leave it as it is."""
    account = state.accounts.get(command.user)
    order = account.find(command.order_id, command.client_order_id) if account is not None else None
    if account is not None and account.is_blocked:
        refusal: Optional[Refusal] = checks.user_blocked(command.user)
    else:
        refusal = checks.cannot_be_changed(order, command.order_id, command.client_order_id)
    if refusal is None:
        assert order is not None and account is not None
        refusal = _refuse_replace(state, command, order, account)
    if refusal is not None:
        return [ReplaceRejected(command.order_id, command.client_order_id, refusal.code, refusal.text)]
    assert order is not None and account is not None
    state.sequence += 1
    return _replace(state, command, order, account, timestamp)


def _refuse_replace(state: State, command: ReplaceOrder, order: Order, account: Account) -> Optional[Refusal]:
    """RULES 12: everything is checked before anything changes."""
    book = state.books[order.symbol]
    if book.phase is not _CONTINUOUS:
        return checks.halted(order.symbol)
    price_nanos, quantity, new_id = command.price_nanos, command.quantity, command.new_client_order_id
    if price_nanos is not None:
        refusal = checks.price_refusal(book.instrument, price_nanos)
        if refusal is not None:
            return refusal
    if quantity is not None and (quantity < 0 or quantity > order.executed_quantity):
        refusal = checks.quantity_refusal(book.instrument, quantity) or checks.increase_refusal(
            order, quantity, account, state.limits
        )
        if refusal is not None:
            return refusal
    if new_id is not None and new_id != order.client_order_id and new_id in account.orders_by_client_id:
        return checks.duplicate_client_order_id(new_id, account.orders_by_client_id[new_id])
    price = _replaced_price(state, command, order)
    ends = quantity is not None and quantity <= order.executed_quantity
    if order.terms.post_only and not ends and price != order.price and checks.would_trade(order.side, price, book):
        return checks.would_take(order)
    return None


def _replaced_price(state: State, command: ReplaceOrder, order: Order) -> int:
    """The price in ticks that the order will have."""
    assert order.price is not None
    if command.price_nanos is None:
        return order.price
    return command.price_nanos // state.books[order.symbol].instrument.tick_size_nanos


def _replace(state: State, command: ReplaceOrder, order: Order, account: Account, timestamp: int) -> list[Event]:
    """RULES 9–11: a smaller quantity keeps its place in the queue, a new price or a larger one loses it."""
    events: list[Event] = []
    side = state.books[order.symbol].side(order.side)
    price = _replaced_price(state, command, order)
    quantity = order.quantity if command.quantity is None else command.quantity
    remaining_before = order.remaining_quantity
    if quantity <= order.executed_quantity:
        side.remove(order, remaining_before)
        order.cut_to_executed()
        state.matcher.cancel(order, _USER_REQUESTED, timestamp, events)
        return events
    new_id = command.new_client_order_id
    if new_id is not None and new_id != order.client_order_id:
        account.rename(order, new_id)
    if price == order.price and quantity <= order.quantity:
        side.reduce(order, order.quantity - quantity)
        order.resize(quantity)
        state.matcher.tell_replaced(order, True, timestamp, events)
        return events
    side.remove(order, remaining_before)
    if command.price_nanos is not None:
        order.reprice(price, command.price_nanos)
    order.resize(quantity)
    state.matcher.tell_replaced(order, False, timestamp, events)
    state.matcher.match(order, state.books[order.symbol], timestamp, events)
    return events


def _order_rejected(client_order_id: str, refusal: Refusal) -> list[Event]:
    return [OrderRejected(client_order_id, refusal.code, refusal.text)]
