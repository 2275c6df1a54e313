"""What users ask about themselves.  Changes nothing."""

from __future__ import annotations

from typing import Optional

from exchange.engine.commands import GetOrders, GetPositions
from exchange.engine.desk import Position
from exchange.engine.events import Event, OrdersListed, OrderState, PositionsListed, PositionState
from exchange.engine.order import Order
from exchange.engine.orderbook import OrderBook
from exchange.engine.state import State


def get_orders(state: State, command: GetOrders, _timestamp: int) -> list[Event]:
    """The user's live orders, in arrival order.  O(orders at the prices of the user's orders)."""
    account = state.accounts.get(command.user)
    live = account.live_orders() if account is not None else []
    ahead = _quantities_ahead(live)
    return [OrdersListed(tuple(_order_state(order, ahead.get(order.order_id)) for order in live))]


def _quantities_ahead(orders: list[Order]) -> dict[int, int]:
    """By order id, what is shown before each at its price; each level is walked once."""
    levels = {id(order.level): order.level for order in orders if order.level is not None}
    ahead: dict[int, int] = {}
    for level in levels.values():
        before = 0
        for order in level.orders():
            ahead[order.order_id] = before
            before += order.remaining_quantity - order.hidden_quantity
    return ahead


def _order_state(order: Order, quantity_ahead: Optional[int]) -> OrderState:
    return OrderState(
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.terms,
        order.remaining_quantity,
        order.status,
        order.timestamp,
        quantity_ahead,
        order.displayed_quantity,
        order.level is None,
    )


def get_positions(state: State, command: GetPositions, _timestamp: int) -> list[Event]:
    """The user's positions, by symbol."""
    account = state.accounts.get(command.user)
    if account is None:
        return [PositionsListed(())]
    positions = sorted(account.positions.items())
    states = tuple(_position_state(state.books[symbol], position) for symbol, position in positions)
    return [PositionsListed(states, account.cash)]


def _position_state(book: OrderBook, position: Position) -> PositionState:
    # Before the first trade a position, which was endowed, is worth what it cost.
    price = book.last_trade_price
    worth = position.cost
    if price is not None:
        worth = position.net_quantity * price * book.instrument.tick_size_nanos
    return PositionState(
        book.instrument.symbol,
        position.net_quantity,
        position.cost,
        position.realised_pnl,
        worth - position.cost,
        position.volume,
        position.fees if book.has_fees or position.fees else None,
    )
