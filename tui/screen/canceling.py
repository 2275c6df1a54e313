"""Canceling never asks, and works while the engine is silent: it can do no harm.

Changes the model and nothing else.
"""

from __future__ import annotations

from tui.screen.layout import Panel
from tui.screen.messages import Outgoing, ToEngine
from tui.screen.model import LinkState, Model, NoticeKind, refuse
from tui.screen.my_order import CANCELING, MyOrder
from tui.screen.price_rows import row_price


def selected_orders(model: Model) -> list[MyOrder]:
    """The selected row's order if the orders panel has the focus, else my orders at the cursor."""
    if model.focus is Panel.ORDERS:
        selected = model.orders.selected
        return [selected] if selected is not None and selected.is_open else []
    return orders_at(model, model.cursor)


def orders_at(model: Model, price: int | None) -> list[MyOrder]:
    """My open orders of the current symbol in the ladder's row of this price (ticks; None: nowhere)."""
    if price is None:
        return []
    group = model.group
    row = row_price(price, group, is_buy=True)
    return [
        order
        for order in model.orders.open(model.symbol)
        if order.ladder_price is not None and row_price(order.ladder_price, group, is_buy=order.is_buy) == row
    ]


def why_not_cancel(model: Model, orders: list[MyOrder]) -> str:
    """Why these can't be canceled; "" if they can."""
    if not orders:
        return "there is no order of yours here to cancel"
    return "" if model.link.state is LinkState.LIVE else "not connected: nothing was canceled"


def cancel(model: Model, orders: list[MyOrder]) -> list[Outgoing]:
    """Cancel these."""
    why_not = why_not_cancel(model, orders)
    if why_not:
        return refuse(model, why_not)
    requests: list[Outgoing] = []
    for order in orders:
        order.asked, order.asked_at = CANCELING, model.last_input_at
        name = "client_order_id" if order.order_id is None else "order_id"
        requests.append(ToEngine({"type": "cancel_order", name: getattr(order, name)}))
    model.is_changed = True
    return requests


def orders_of_side(model: Model, *, is_buy: bool) -> list[MyOrder]:
    """My open orders of the current symbol that buy, or that sell."""
    return [order for order in model.orders.open(model.symbol) if order.is_buy == is_buy]


def cancel_all(model: Model) -> list[Outgoing]:
    """Cancel every order of every symbol, in every mode, whatever is open on the screen."""
    if model.link.state is not LinkState.LIVE:
        return refuse(model, "not connected: NOTHING was canceled")
    for order in model.orders.open():
        order.asked, order.asked_at = CANCELING, model.last_input_at
    model.confirm = None
    model.say(NoticeKind.WARN, "CANCEL ALL sent")
    return [ToEngine({"type": "cancel_all"})]
