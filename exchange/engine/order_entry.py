"""What users do with orders: enter, cancel, replace.

One function per command.  Each asks `checks` first and changes nothing if one of them refuses; then it changes the
engine's books and accounts, lets `Matcher` trade and end orders, and returns the events that tell of it.

    command ──► checks (user, symbol, phase, price, quantity, limits, book) ──► account, book ──► match ──► events

Where a new rule has its place: what a phase allows is asked where `halted` is; stops waiting for a trade are
released after `Matcher.match` returns; an auction is one more command.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Optional

from exchange.engine import checks
from exchange.engine.account import Account
from exchange.engine.checks import Refusal
from exchange.engine.commands import CancelAll, CancelOrder, CancelOrders, NewOrder, ReplaceOrder
from exchange.engine.events import (
    AllCanceled,
    CancelReason,
    CancelRejected,
    Event,
    OrderAccepted,
    OrderRejected,
    ReplaceRejected,
    RequestRejected,
)
from exchange.engine.instrument import Phase
from exchange.engine.order import Order, OrderType, TimeInForce
from exchange.engine.orderbook import OrderBook

if TYPE_CHECKING:
    from exchange.engine.engine import Engine

# A NamedTuple's own constructor is a Python function; this makes the same object at 60 % of the cost.
_make = tuple.__new__
_MARKET = OrderType.MARKET
_FOK = TimeInForce.FOK
_CONTINUOUS = Phase.CONTINUOUS
_USER_REQUESTED = CancelReason.USER_REQUESTED


def new_order(engine: Engine, command: NewOrder, timestamp: int) -> list[Event]:
    """RULES 1–6, 14–16, 19, 22, 23: take the order in and match it, or refuse it."""
    (user, client_order_id, symbol, side, order_type, time_in_force, price_nanos, quantity, post_only,
     prevention, ends_with_connection) = command  # fmt: skip
    account = engine.accounts.get(user)
    if account is not None:
        # First of all checks, so that a resent order always hears that it is a duplicate (RULES 14).
        if client_order_id in account.orders_by_client_id:
            known = account.orders_by_client_id[client_order_id]
            return _order_rejected(client_order_id, checks.duplicate_client_order_id(client_order_id, known))
        if account.is_blocked:
            return _order_rejected(client_order_id, checks.user_blocked(user))
    book = engine.books.get(symbol) if symbol is not None else None
    if book is None:
        found = engine.find_book(symbol)
        if isinstance(found, Refusal):
            return _order_rejected(client_order_id, found)
        book = found
    instrument = book.instrument
    if book.phase is not _CONTINUOUS:
        return _order_rejected(client_order_id, checks.halted(instrument.symbol))
    refusal = checks.price_refusal(instrument, price_nanos) or checks.quantity_refusal(instrument, quantity)
    if refusal is not None:
        return _order_rejected(client_order_id, refusal)
    price = price_nanos // instrument.tick_size_nanos if price_nanos is not None else None
    if prevention is None:
        prevention = instrument.self_trade_prevention
    order = Order(
        engine.last_order_id + 1,
        user,
        client_order_id,
        instrument.symbol,
        side,
        order_type,
        time_in_force,
        price,
        quantity,
        post_only,
        prevention,
        timestamp,
        ends_with_connection,
    )
    limits = engine.limits
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
        account = engine.open_account(user)
    return _accept(engine, order, account, book, timestamp)


def _accept(engine: Engine, order: Order, account: Account, book: OrderBook, timestamp: int) -> list[Event]:
    """The order is in: give it its id, tell its user, match it."""
    engine.sequence += 1
    engine.last_order_id += 1
    account.enter(order)
    account.seq += 1
    events: list[Event] = [
        _make(
            OrderAccepted,
            (
                order.user,
                account.seq,
                timestamp,
                order.order_id,
                order.client_order_id,
                order.symbol,
                order.side,
                order.order_type,
                order.time_in_force,
                order.price,
                order.quantity,
                order.post_only,
                order.self_trade_prevention,
            ),
        )
    ]
    engine.matcher.match(order, book, timestamp, events)
    return events


# --- cancel and replace ------------------------------------------------------------------------------


def cancel_order(engine: Engine, command: CancelOrder, timestamp: int) -> list[Event]:
    """RULES 13: take one order out of its book, in whatever phase."""
    user, order_id, client_order_id = command
    account = engine.accounts.get(user)
    order = account.find(order_id, client_order_id) if account is not None else None
    refusal = checks.cannot_be_changed(order, order_id, client_order_id)
    if refusal is not None:
        return [CancelRejected(order_id, client_order_id, refusal.code, refusal.text)]
    assert order is not None
    engine.sequence += 1
    events: list[Event] = []
    _take_out(engine, order, _USER_REQUESTED, timestamp, events)
    return events


def cancel_all(engine: Engine, command: CancelAll, timestamp: int) -> list[Event]:
    """RULES 21: one event per order, in arrival order.  O(1) where there is none."""
    user, symbol = command
    if symbol is not None and symbol not in engine.books:
        return [RequestRejected(*checks.unknown_symbol(symbol))]
    account = engine.accounts.get(user)
    chosen = account.live_orders(symbol) if account is not None else []
    engine.sequence += bool(chosen)
    return [*cancel_each(engine, chosen, _USER_REQUESTED, timestamp), AllCanceled(len(chosen))]


def cancel_orders(engine: Engine, command: CancelOrders, timestamp: int) -> list[Event]:
    """Like `cancel_all` for the orders named; where none of them is live, nothing is told and nothing changed."""
    user, order_ids, reason = command
    account = engine.accounts.get(user)
    own = account.orders if account is not None else {}
    named = [own[order_id] for order_id in sorted(set(order_ids)) if order_id in own]
    chosen = [order for order in named if order.is_live]
    engine.sequence += bool(chosen)
    return cancel_each(engine, chosen, reason, timestamp)


def cancel_each(engine: Engine, orders: Iterable[Order], reason: CancelReason, timestamp: int) -> list[Event]:
    """Take live orders out of their books and end them; the caller counts the command."""
    events: list[Event] = []
    for order in orders:
        _take_out(engine, order, reason, timestamp, events)
    return events


def _take_out(engine: Engine, order: Order, reason: CancelReason, timestamp: int, events: list[Event]) -> None:
    assert order.level is not None, order
    order.level.side.remove(order, order.remaining_quantity)
    engine.matcher.cancel(order, reason, timestamp, events)


def replace_order(engine: Engine, command: ReplaceOrder, timestamp: int) -> list[Event]:
    """RULES 9–12: change a live order, or refuse and leave it as it is."""
    account = engine.accounts.get(command.user)
    order = account.find(command.order_id, command.client_order_id) if account is not None else None
    if account is not None and account.is_blocked:
        refusal: Optional[Refusal] = checks.user_blocked(command.user)
    else:
        refusal = checks.cannot_be_changed(order, command.order_id, command.client_order_id)
    if refusal is None:
        assert order is not None and account is not None
        refusal = _refuse_replace(engine, command, order, account)
    if refusal is not None:
        return [ReplaceRejected(command.order_id, command.client_order_id, refusal.code, refusal.text)]
    assert order is not None and account is not None
    engine.sequence += 1
    return _replace(engine, command, order, account, timestamp)


def _refuse_replace(engine: Engine, command: ReplaceOrder, order: Order, account: Account) -> Optional[Refusal]:
    """RULES 12: everything is checked before anything changes."""
    book = engine.books[order.symbol]
    if book.phase is not _CONTINUOUS:
        return checks.halted(order.symbol)
    price_nanos, quantity, new_id = command.price_nanos, command.quantity, command.new_client_order_id
    if price_nanos is not None:
        refusal = checks.price_refusal(book.instrument, price_nanos)
        if refusal is not None:
            return refusal
    if quantity is not None and (quantity < 0 or quantity > order.executed_quantity):
        refusal = checks.quantity_refusal(book.instrument, quantity) or checks.increase_refusal(
            order, quantity, account, engine.limits
        )
        if refusal is not None:
            return refusal
    if new_id is not None and new_id != order.client_order_id and new_id in account.orders_by_client_id:
        return checks.duplicate_client_order_id(new_id, account.orders_by_client_id[new_id])
    price = _replaced_price(engine, command, order)
    ends = quantity is not None and quantity <= order.executed_quantity
    if order.post_only and not ends and price != order.price and checks.would_trade(order.side, price, book):
        return checks.would_take(order)
    return None


def _replaced_price(engine: Engine, command: ReplaceOrder, order: Order) -> int:
    """The price in ticks that the order will have."""
    assert order.price is not None
    if command.price_nanos is None:
        return order.price
    return command.price_nanos // engine.books[order.symbol].instrument.tick_size_nanos


def _replace(engine: Engine, command: ReplaceOrder, order: Order, account: Account, timestamp: int) -> list[Event]:
    """RULES 9–11: a smaller quantity keeps its place in the queue, a new price or a larger one loses it."""
    events: list[Event] = []
    side = engine.books[order.symbol].side(order.side)
    price = _replaced_price(engine, command, order)
    quantity = order.quantity if command.quantity is None else command.quantity
    remaining_before = order.remaining_quantity
    if quantity <= order.executed_quantity:
        side.remove(order, remaining_before)
        order.cut_to_executed()
        engine.matcher.cancel(order, _USER_REQUESTED, timestamp, events)
        return events
    new_id = command.new_client_order_id
    if new_id is not None and new_id != order.client_order_id:
        account.rename(order, new_id)
    if price == order.price and quantity <= order.quantity:
        side.reduce(order, order.quantity - quantity)
        order.resize(quantity)
        engine.matcher.tell_replaced(order, True, timestamp, events)
        return events
    side.remove(order, remaining_before)
    order.price = price
    order.resize(quantity)
    engine.matcher.tell_replaced(order, False, timestamp, events)
    engine.matcher.match(order, engine.books[order.symbol], timestamp, events)
    return events


def _order_rejected(client_order_id: str, refusal: Refusal) -> list[Event]:
    return [OrderRejected(client_order_id, refusal.code, refusal.text)]
