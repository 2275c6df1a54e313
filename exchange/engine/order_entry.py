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
from exchange.engine.checks import Refusal
from exchange.engine.commands import CancelAll, CancelOrder, CancelOrders, NewOrder
from exchange.engine.desk import Desk
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
_GTC: Final = TimeInForce.GTC
_FOK: Final = TimeInForce.FOK
_IOC: Final = TimeInForce.IOC
_BUY: Final = Side.BUY
_CONTINUOUS: Final = Phase.CONTINUOUS
_NEW: Final = OrderStatus.NEW
_CANCELED: Final = OrderStatus.CANCELED
_USER_REQUESTED: Final = CancelReason.USER_REQUESTED
_NO_PREVENTION: Final = SelfTradePrevention.NONE


def new_order(state: State, command: NewOrder, timestamp: int) -> list[Event]:
    """RULES 1–6, 14–16, 19, 22, 23: take the order in and match it, or refuse it.

    Most are everyday orders: LIMIT without options, of a user who had one in the instrument before, in a market
    without rules of its own.  Everything else, every refusal too, is `_unusual_order`'s.
    """
    user, client_order_id, symbol, terms, ends_with_connection = command
    account = state.accounts.get(user)
    if account is None or account.is_blocked or client_order_id in account.orders:
        return _unusual_order(state, command, timestamp)
    desk = account.desks.get(symbol)
    if desk is None:
        return _unusual_order(state, command, timestamp)
    book = desk.book
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
        or time_in_force is _FOK
        or (price_nanos is None or price_nanos <= 0 or price_nanos % book.tick_size_nanos)
        or (quantity < book.min_quantity or quantity > book.max_quantity or quantity % book.lot_size)
        or post_only
        or prevention is not None
        or stop_price_nanos is not None
        or display_quantity is not None
        or not book.is_plain
        or book.phase is not _CONTINUOUS
        # The first number is at hand, and has the done ones that are remembered in it.
        or (len(account.orders) >= state.open_orders_max and account.live_order_count >= state.open_orders_max)
        or (state.has_quantity_limits and checks.limits_refusal(desk, side, quantity, state.limits) is not None)
    ):
        return _unusual_order(state, command, timestamp)
    price = price_nanos // book.tick_size_nanos
    conditions = book.gtc if time_in_force is _GTC else book.conditions.everyday[time_in_force._value_]
    return _everyday_order(
        state, desk, client_order_id, terms, conditions, side, price, quantity, timestamp, ends_with_connection
    )


def _everyday_order(
    state: State,
    desk: Desk,
    client_order_id: str,
    terms: Terms,
    conditions: Terms,
    side: Side,
    price: int,
    quantity: int,
    timestamp: int,
    ends_with_connection: bool,
) -> list[Event]:
    """An order that nothing refuses and that needs nothing but matching; `price` in ticks."""
    account, book = desk.account, desk.book
    state.sequence += 1
    order = Order()
    order.order_id = order_id = state.last_order_id = state.last_order_id + 1
    order.desk = desk
    order.client_order_id = client_order_id
    order.conditions = conditions
    order.side = side
    order.price = price
    order.quantity = order.remaining_quantity = quantity
    order.executed_quantity = 0
    order.status = _NEW
    order.timestamp = timestamp
    order.ends_with_connection = ends_with_connection
    order.level = None
    account.enter(order)
    account.seq = seq = account.seq + 1
    events: list[Event] = [
        _make(OrderAccepted, (desk.user, seq, timestamp, order_id, client_order_id, desk.symbol, terms))
    ]
    # Most rest at once: they don't cross even the best price, of a level that may have emptied.
    if side is _BUY:
        own_side, top = book.bids, book.asks.top
        crosses = top is not None and top.price <= price
    else:
        own_side, top = book.asks, book.bids.top
        crosses = top is not None and top.price >= price
    if crosses or conditions is not book.gtc:
        state.matcher.match(order, book, timestamp, events)
    else:
        own_side.add(order)
    return events


def _unusual_order(state: State, command: NewOrder, timestamp: int) -> list[Event]:
    """Any order, with everything that there is to check, in the order in which faults are told."""
    user, client_order_id, symbol, terms, ends_with_connection = command
    account = state.accounts.get(user)
    # First of all, so that a resent order always hears that it is a duplicate (RULES 14).
    if account is not None and client_order_id in account.orders:
        known = account.orders[client_order_id]
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
    # Of a user who has none it is enrolled when the order is accepted: a refusal changes nothing.
    desk = (account or state.new_account(user)).desk(book)
    order = made_order(
        state.last_order_id + 1,
        desk,
        client_order_id,
        _with_prevention(terms, instrument),
        timestamp,
        ends_with_connection,
    )
    refusal = checks.limits_refusal(desk, terms.side, terms.quantity, state.limits)
    refusal = refusal or _market_refusal(order, book)
    if refusal is not None:
        return _order_rejected(client_order_id, refusal)
    return _accept(state, order, timestamp)


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


def _accept(state: State, order: Order, timestamp: int) -> list[Event]:
    """The order is in: give it its id, tell its user, match it."""
    account, book = order.desk.account, order.desk.book
    if account.user not in state.accounts:
        state.enroll(account)
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
    if account is None:
        return _unusual_cancel(state, command, None, timestamp)
    if order_id is None:
        assert client_order_id is not None
        order = account.orders.get(client_order_id)
    else:
        order = account.find(order_id, None)
    if order is None or type(order) is not Order:
        return _unusual_cancel(state, command, order, timestamp)
    level = order.level
    if level is None:
        return _unusual_cancel(state, command, order, timestamp)
    state.sequence += 1
    desk, canceled_quantity = order.desk, order.remaining_quantity
    level.side.remove(order, canceled_quantity)
    if desk.is_limited:
        desk.count(order.side, -canceled_quantity)
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
                desk.symbol,
                canceled_quantity,
                _USER_REQUESTED,
            ),
        )
    ]


def _unusual_cancel(state: State, command: CancelOrder, order: Optional[Order], timestamp: int) -> list[Event]:
    """An order that is in no queue, or in one as an iceberg; None, or one that is done, is refused."""
    if order is not None and order.is_live:
        state.sequence += 1
        return cancel_each(state, [order], _USER_REQUESTED, timestamp)
    refusal = checks.not_live(order, command.order_id, command.client_order_id)
    return [CancelRejected(command.order_id, command.client_order_id, refusal.code, refusal.text)]


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
    named = [account.find(order_id, None) for order_id in sorted(set(order_ids))] if account is not None else []
    chosen = [order for order in named if order is not None and order.is_live]
    state.sequence += bool(chosen)
    return cancel_each(state, chosen, reason, timestamp)


def cancel_each(state: State, orders: Iterable[Order], reason: CancelReason, timestamp: int) -> list[Event]:
    """Take live orders out of their books and end them; the caller counts the command."""
    events: list[Event] = []
    for order in orders:
        _take_out(state, order, reason, timestamp, events)
    return events


def _take_out(state: State, order: Order, reason: CancelReason, timestamp: int, events: list[Event]) -> None:
    order.desk.book.withdraw(order)
    state.matcher.cancel(order, reason, timestamp, events)


def _order_rejected(client_order_id: str, refusal: Refusal) -> list[Event]:
    return [OrderRejected(client_order_id, refusal.code, refusal.text)]
