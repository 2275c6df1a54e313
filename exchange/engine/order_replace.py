"""How users replace orders (RULES 7–12): everything is checked first, so that a refused replace changes nothing.

A smaller quantity or another client order id keeps an order's place in its queue; another price or a larger
quantity loses it, and the order arrives anew.  A waiting stop is in no queue: its prices and quantity just change
(RULES 8).
"""

from __future__ import annotations

from typing import Optional

from exchange.engine import checks, phases, terms_checks
from exchange.engine.account import Account
from exchange.engine.checks import Refusal
from exchange.engine.commands import ReplaceOrder
from exchange.engine.events import Event, ReplaceRejected
from exchange.engine.order import Iceberg, Order
from exchange.engine.order_arrival import arrive
from exchange.engine.orderbook import OrderBook
from exchange.engine.state import State
from exchange.engine.words import CancelReason, Phase


def replace_order(state: State, command: ReplaceOrder, timestamp: int) -> list[Event]:
    """RULES 9–12: change a live order, or refuse and leave it as it is."""
    account = state.accounts.get(command.user)
    order = account.find(command.order_id, command.client_order_id) if account is not None else None
    refusal = _cannot_be_named(command, order, account)
    if refusal is None:
        assert order is not None and account is not None
        refusal = _refuse(state, command, order)
    if refusal is not None:
        return [ReplaceRejected(command.order_id, command.client_order_id, refusal.code, refusal.text)]
    assert order is not None and account is not None
    state.sequence += 1
    return _replace(state, command, order, account, timestamp)


def _cannot_be_named(
    command: ReplaceOrder, order: Optional[Order], account: Optional[Account]
) -> Optional[Refusal]:
    """What is wrong with the user or the ids."""
    if account is not None and account.is_blocked:
        return checks.user_blocked(command.user)
    if account is None or order is None or not order.is_live:
        return checks.not_live(order, command.order_id, command.client_order_id)
    new_id = command.new_client_order_id
    if new_id is None or new_id == order.client_order_id or new_id not in account.orders:
        return None
    return checks.duplicate_client_order_id(new_id, account.orders[new_id])


def _refuse(state: State, command: ReplaceOrder, order: Order) -> Optional[Refusal]:
    """RULES 12, in the order in which faults are told."""
    book = order.desk.book
    instrument, quantity = book.instrument, command.quantity
    refusal = (
        _refuse_in_phase(command, order, book)
        or _refuse_prices(command, order)
        or (None if quantity is None else terms_checks.parts_refusal(order.terms, quantity))
        or checks.price_refusal(instrument, command.price_nanos)
        or checks.price_refusal(instrument, command.stop_price_nanos, "stop_price")
    )
    if refusal is not None:
        return refusal
    if quantity is not None and (quantity < 0 or quantity > order.executed_quantity):
        refusal = checks.quantity_refusal(instrument, quantity)
        if refusal is not None:
            return refusal
    return (
        _refuse_by_band(command, order, book)
        or (None if quantity is None else checks.increase_refusal(order, quantity, state.limits))
        or _refuse_by_market(command, order, book)
    )


def _refuse_in_phase(command: ReplaceOrder, order: Order, book: OrderBook) -> Optional[Refusal]:
    """RULES 19: as on entry; a resting post-only order may only shrink in a call."""
    if book.phase is Phase.CONTINUOUS:
        return None
    code = phases.refused(book, _kind(order))
    shrinks = _keeps_place(order, _new_price(command, order, book), _new_quantity(command, order))
    if code is None or (phases.is_call(book.phase) and order.conditions.post_only and shrinks):
        return None
    return checks.not_in_phase(code, order.symbol, book.phase, order.terms)


def _kind(order: Order) -> phases.Kind:
    """A stop that has entered is a LIMIT order."""
    kind = phases.kind_of(order.terms)
    return phases.Kind.LIMIT if kind is phases.Kind.STOP and order.level is not None else kind


def _refuse_prices(command: ReplaceOrder, order: Order) -> Optional[Refusal]:
    """RULES 8, 19: a price or a stop price only for an order that has one."""
    if command.price_nanos is not None and order.price is None:
        return terms_checks.does_not_go("price", command.price_nanos, order.conditions.order_type)
    if command.stop_price_nanos is not None and order.level is not None:
        return terms_checks.does_not_go("stop_price", command.stop_price_nanos, order.conditions.order_type)
    return None


def _refuse_by_band(command: ReplaceOrder, order: Order, book: OrderBook) -> Optional[Refusal]:
    """RULES 17: only a new price is checked, that of a waiting stop when it is triggered."""
    if not book.is_guarded or book.phase is not Phase.CONTINUOUS or order.level is None:
        return None
    price = _new_price(command, order, book)
    return None if price == order.price else checks.band_refusal(price, book)


def _refuse_by_market(command: ReplaceOrder, order: Order, book: OrderBook) -> Optional[Refusal]:
    """RULES 8, 10: a stop that would trigger at once, a post-only order that would trade."""
    quantity, price = command.quantity, _new_price(command, order, book)
    if quantity is not None and quantity <= order.executed_quantity:
        return None
    if command.stop_price_nanos is not None:
        return checks.stop_refusal(order.side, command.stop_price_nanos, book)
    if not order.conditions.post_only or price == order.price or book.phase is not Phase.CONTINUOUS:
        return None
    assert price is not None
    return checks.would_take(order) if checks.would_trade(order.side, price, book) else None


def _new_price(command: ReplaceOrder, order: Order, book: OrderBook) -> Optional[int]:
    """The price in ticks that the order will have."""
    if command.price_nanos is None:
        return order.price
    return command.price_nanos // book.tick_size_nanos


def _new_quantity(command: ReplaceOrder, order: Order) -> int:
    return order.quantity if command.quantity is None else command.quantity


def _keeps_place(order: Order, price: Optional[int], quantity: int) -> bool:
    """RULES 9, 10."""
    return price == order.price and quantity <= order.quantity


def _replace(state: State, command: ReplaceOrder, order: Order, account: Account, timestamp: int) -> list[Event]:
    """Carry it out; total ≤ executed ends the order (RULES 11)."""
    book, matcher, events = order.desk.book, state.matcher, list[Event]()
    price, quantity = _new_price(command, order, book), _new_quantity(command, order)
    if quantity <= order.executed_quantity:
        book.withdraw(order)
        order.desk.count(order.side, -order.remaining_quantity)
        order.cut_to_executed()
        matcher.cancel(order, CancelReason.USER_REQUESTED, timestamp, events)
        return events
    new_id = command.new_client_order_id
    if new_id is not None and new_id != order.client_order_id:
        account.rename(order, new_id)
    if order.level is None:
        _replace_stop(state, command, order, quantity, timestamp, events)
        return events
    side = book.side(order.side)
    if _keeps_place(order, price, quantity):
        matcher.shrink(order, side, quantity)
        matcher.tell_replaced(order, True, timestamp, events)
        return events
    book.withdraw(order)
    if command.price_nanos is not None and price is not None:
        order.price = price
    matcher.resize(order, quantity)
    if isinstance(order, Iceberg):
        order.executed_on_arrival = order.executed_quantity
    matcher.tell_replaced(order, False, timestamp, events)
    arrive(matcher, book, order, timestamp, events)
    return events


def _replace_stop(
    state: State, command: ReplaceOrder, order: Order, quantity: int, timestamp: int, events: list[Event]
) -> None:
    """A new stop price untriggers a triggered stop; anything else leaves it where it is in the queue (RULES 8)."""
    book, tick_size_nanos = order.desk.book, order.desk.book.instrument.tick_size_nanos
    if command.price_nanos is not None:
        order.price = command.price_nanos // tick_size_nanos
    if quantity != order.quantity:
        state.matcher.resize(order, quantity)
    if command.stop_price_nanos is not None:
        book.withdraw(order)
        order.set_stop_price(command.stop_price_nanos)
        book.wait(order)
    assert order.conditions.stop_price_nanos is not None
    stop_price = order.conditions.stop_price_nanos // tick_size_nanos
    state.matcher.tell_replaced(order, True, timestamp, events, stop_price)
