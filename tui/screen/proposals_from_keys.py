"""From keys to proposals: what b, s, f and Shift+arrows ask for, by the ticket and by what the person can see.

An order goes where the eye is: only the ladder with the focus, and only a cursor that is in view, give a price.
Changes the model and nothing else.
"""

from __future__ import annotations

from typing import Optional

from exchange.engine.words import TimeInForce
from tui.screen.canceling import selected_orders
from tui.screen.layout import Panel
from tui.screen.messages import Outgoing
from tui.screen.model import Model, refuse
from tui.screen.my_orders import MyOrder
from tui.screen.proposals import MoveProposal, OrderProposal
from tui.screen.scrolling import is_in_view, keep_cursor_in_view
from tui.screen.sending import ask_or_send, net_under_way
from tui.screen.ticket import TicketType


def propose_at_cursor(model: Model, is_buy: bool) -> list[Outgoing]:
    """Buy or sell as the ticket and the cursor say, if the person can see both."""
    market, ticket = model.market, model.ticket
    if market is None:
        return refuse(model, "there is no instrument yet")
    if model.focus is not Panel.LADDER or Panel.LADDER not in model.layout.panels:
        return refuse(model, "b and s act on the ladder: go there with Tab")
    terms = (ticket.type, ticket.time_in_force)
    if ticket.type is TicketType.MARKET:
        return ask_or_send(
            model, OrderProposal(market.symbol, market.scale, is_buy, ticket.quantity, None, *terms)
        )
    cursor = model.cursor
    if cursor is None:
        return refuse(model, "no price is known yet: type :buy 10 100.25")
    if not is_in_view(model, cursor):
        return refuse(model, f"the cursor at {market.scale.text(cursor)} is out of view: Space brings it back")
    display_quantity = ticket.display_quantity(market.lot_size) if ticket.type is TicketType.ICEBERG else None
    if ticket.type is TicketType.ICEBERG and display_quantity is None:
        return refuse(model, f"an iceberg of {ticket.quantity} has nothing to hide: take more, or another type")
    behind = ticket.limit_ticks if is_buy else -ticket.limit_ticks
    price = cursor + behind if ticket.type is TicketType.STOP_LIMIT else cursor if ticket.type.has_limit else None
    if price is not None and price <= 0:
        return refuse(model, "a price must be above 0")
    proposal = OrderProposal(
        market.symbol, market.scale, is_buy, ticket.quantity, price, *terms,
        stop_price=cursor if ticket.type.is_stop else None, display_quantity=display_quantity,
    )  # fmt: skip
    return ask_or_send(model, proposal)


def flatten(model: Model) -> list[Outgoing]:
    """Ask whether to close what no order under way closes yet, at the market; asks in every mode."""
    market, net = model.market, net_under_way(model)
    if market is None or net == 0:
        return refuse(model, "there is no position left to flatten")
    # Of market orders only DAY may enter a call.
    time_in_force = TimeInForce.DAY if market.phase.is_call else TimeInForce.IOC
    terms = (TicketType.MARKET, time_in_force)
    return ask_or_send(
        model, OrderProposal(market.symbol, market.scale, net < 0, abs(net), None, *terms, is_flatten=True)
    )


def move_selected(model: Model, rows: int) -> list[Outgoing]:
    """Move the order at the cursor by rows of the ladder, or the selected one by ticks; what is asked: further."""
    ticks = rows * (model.group if model.focus is Panel.LADDER else 1)
    if model.focus not in (Panel.LADDER, Panel.ORDERS):
        return refuse(model, "orders are moved on the ladder or in their list: go there with Tab")
    if model.focus is Panel.LADDER and (model.cursor is None or not is_in_view(model, model.cursor)):
        return refuse(model, "the cursor is out of view: Space brings it back")
    waiting = model.confirm
    if isinstance(waiting, MoveProposal):
        order = next((order for order in model.orders.open() if order.order_id == waiting.order_id), None)
        prices = (waiting.price, waiting.stop_price)
    else:
        order = next(iter(selected_orders(model)), None)
        prices = (None, None) if order is None else (order.price, order.stop_price if order.is_waiting else None)
    if order is None or order.order_id is None or prices == (None, None):
        return refuse(model, "there is no working order to move here")
    if order.asked:
        return refuse(model, f"order {order.order_id} is being changed already")
    price, stop_price = (None if before is None else before + ticks for before in prices)
    if min(value for value in (price, stop_price) if value is not None) <= 0:
        return refuse(model, "a price must be above 0")
    if model.focus is Panel.LADDER and order.symbol == model.symbol and model.cursor is not None:
        model.cursor += ticks
        keep_cursor_in_view(model)
    return ask_or_send(model, _move(model, order, order.order_id, price, stop_price))


def _move(
    model: Model, order: MyOrder, order_id: int, price: Optional[int], stop_price: Optional[int]
) -> MoveProposal:
    scale = model.markets[order.symbol].scale
    stop_before = order.stop_price if order.is_waiting else None
    prices = (order.price, price, stop_before, stop_price)
    return MoveProposal(order.symbol, scale, order_id, order.is_buy, order.remaining, *prices)
