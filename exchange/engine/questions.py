"""What users ask about themselves.  Changes nothing."""

from __future__ import annotations

from exchange.engine.commands import GetOrders, GetPositions
from exchange.engine.events import Event, OrdersListed, OrderState, PositionsListed, PositionState
from exchange.engine.order import Order
from exchange.engine.state import State


def get_orders(state: State, command: GetOrders, _timestamp: int) -> list[Event]:
    """The user's live orders, in arrival order."""
    account = state.accounts.get(command.user)
    live = account.live_orders() if account is not None else []
    return [OrdersListed(tuple(_order_state(order) for order in live))]


def _order_state(order: Order) -> OrderState:
    return OrderState(
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.terms,
        order.remaining_quantity,
        order.status,
        order.timestamp,
    )


def get_positions(state: State, command: GetPositions, _timestamp: int) -> list[Event]:
    """The user's positions, by symbol."""
    account = state.accounts.get(command.user)
    symbols = sorted(account.positions) if account is not None else []
    return [PositionsListed(tuple(_position_state(state, command.user, symbol) for symbol in symbols))]


def _position_state(state: State, user: str, symbol: str) -> PositionState:
    position = state.accounts[user].positions[symbol]
    book = state.books[symbol]
    worth = position.net_quantity * (book.last_trade_price or 0) * book.instrument.tick_size_nanos
    return PositionState(
        symbol,
        position.net_quantity,
        position.cost,
        position.realised_pnl,
        worth - position.cost,
        position.volume,
    )
