"""What users ask about themselves.  Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.engine.commands import GetOrders, GetPositions
from exchange.engine.events import Event, OrdersListed, OrderState, PositionsListed, PositionState
from exchange.engine.order import Order

if TYPE_CHECKING:
    from exchange.engine.engine import Engine


def get_orders(engine: Engine, command: GetOrders, _timestamp: int) -> list[Event]:
    """The user's live orders, in arrival order."""
    account = engine.accounts.get(command.user)
    live = account.live_orders() if account is not None else []
    return [OrdersListed(tuple(_order_state(order) for order in live))]


def _order_state(order: Order) -> OrderState:
    return OrderState(
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.side,
        order.order_type,
        order.time_in_force,
        order.price,
        order.quantity,
        order.remaining_quantity,
        order.status,
        order.timestamp,
        order.post_only,
        order.self_trade_prevention,
    )


def get_positions(engine: Engine, command: GetPositions, _timestamp: int) -> list[Event]:
    """The user's positions, by symbol."""
    account = engine.accounts.get(command.user)
    symbols = sorted(account.positions) if account is not None else []
    return [PositionsListed(tuple(_position_state(engine, command.user, symbol) for symbol in symbols))]


def _position_state(engine: Engine, user: str, symbol: str) -> PositionState:
    position = engine.accounts[user].positions[symbol]
    last_trade_price = engine.books[symbol].last_trade_price
    assert last_trade_price is not None, symbol
    worth = position.net_quantity * last_trade_price
    return PositionState(
        symbol,
        position.net_quantity,
        position.cost,
        position.realised_pnl,
        worth - position.cost,
        position.volume,
    )
