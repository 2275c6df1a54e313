"""From wishes to requests: what asks first, what is refused here, and what is sent.  Pure but for the model.

The rule of the screen: an order or a move leaves only if the screen is ARMED or Enter was pressed on the confirm
row, and then exactly as shown.  Canceling never asks.  Nothing is sent to an engine that is silent or gone, but
cancels, which can do no harm there.
"""

from __future__ import annotations

from tui.screen.layout import Panel
from tui.screen.messages import Effect, Request, Send
from tui.screen.model import LinkState, Model, NoticeKind
from tui.screen.own_orders import OrderState, OwnOrder
from tui.screen.wishes import MoveWish, OrderKind, OrderWish, QuitWish, TimeInForce, Wish

CANCELING = "CXL…"
MOVING = "MOV…"


def wish_at_cursor(model: Model, is_buy: bool) -> list[Request]:
    """Buy or sell as the ticket and the cursor say."""
    market, ticket = model.market, model.ticket
    if market is None:
        return _refuse(model, "there is no instrument yet")
    price = None if ticket.kind is OrderKind.MARKET else model.cursor
    if price is None and ticket.kind is not OrderKind.MARKET:
        return _refuse(model, "no price is known yet: type :buy 10 100.25")
    terms = (ticket.kind, ticket.time_in_force)
    return make_wish(model, OrderWish(market.symbol, market.scale, is_buy, ticket.quantity, price, *terms))


def flatten(model: Model) -> list[Request]:
    """Ask whether to close the position at the market; asks in every mode."""
    market, net = model.market, model.position.net
    if market is None or net == 0:
        return _refuse(model, "there is no position to flatten")
    terms = (OrderKind.MARKET, TimeInForce.IOC)
    wish = OrderWish(market.symbol, market.scale, net < 0, abs(net), None, *terms, is_flatten=True)
    return make_wish(model, wish)


def move_selected(model: Model, ticks: int) -> list[Request]:
    """Move the order at the cursor, or the selected row's, by `ticks`; a move that is being asked: further."""
    if isinstance(model.confirm, MoveWish):
        before = model.confirm
        order = next((order for order in model.orders.open() if order.order_id == before.order_id), None)
        price = before.price + ticks
    else:
        order = next(iter(selected_orders(model)), None)
        price = 0 if order is None or order.price is None else order.price + ticks
    if order is None or order.order_id is None or order.price is None:
        return _refuse(model, "there is no working order to move here")
    if order.asked:
        return _refuse(model, f"order {order.order_id} is being changed already")
    if price <= 0:
        return _refuse(model, "a price must be above 0")
    scale = model.markets[order.symbol].scale
    wish = MoveWish(order.symbol, scale, order.order_id, order.is_buy, order.remaining, order.price, price)
    if model.focus is Panel.LADDER and order.symbol == model.symbol and model.cursor is not None:
        model.cursor += ticks
    return make_wish(model, wish)


def make_wish(model: Model, wish: Wish) -> list[Request]:
    """Send it if the screen is armed, else show it on the confirm row."""
    model.is_changed = True
    must_ask = isinstance(wish, OrderWish) and wish.is_flatten
    if model.is_armed and not must_ask:
        return carry_out(model, wish)
    model.confirm = wish
    return []


def confirm(model: Model) -> list[Request]:
    """Enter on the confirm row."""
    wish, model.confirm = model.confirm, None
    model.is_changed = True
    return [] if wish is None else carry_out(model, wish)


def carry_out(model: Model, wish: Wish) -> list[Request]:
    """Send what the wish says; refuse if the engine can't be trusted to hear it."""
    if isinstance(wish, QuitWish):
        return [Effect.QUIT]
    now = model.last_input_at
    if model.link.state is not LinkState.LIVE:
        return _refuse(model, f"not connected: {wish.text()} was NOT sent")
    if model.is_stale(now):
        return _refuse(model, f"the engine is silent: {wish.text()} was NOT sent")
    if isinstance(wish, MoveWish):
        return _send_move(model, wish)
    model.order_number += 1
    client_order_id = f"{model.id_prefix}{model.order_number}"
    order = OwnOrder(
        client_order_id, wish.symbol, wish.is_buy, wish.price, wish.quantity, wish.quantity, OrderState.SENT,
        sent_at=now, barrier=model.link.ping_number + 1,
    )  # fmt: skip
    model.orders.add_sent(order)
    return [Send(wish.request(client_order_id))]


def _send_move(model: Model, wish: MoveWish) -> list[Request]:
    order = next((order for order in model.orders.open() if order.order_id == wish.order_id), None)
    if order is None:
        return _refuse(model, f"order {wish.order_id} is over: nothing was sent")
    order.asked, order.asked_at = MOVING, model.last_input_at
    return [Send(wish.request())]


# --- canceling: never asks -------------------------------------------------------------------------------------


def selected_orders(model: Model) -> list[OwnOrder]:
    """The selected row's order if the orders panel has the focus, else my orders at the cursor."""
    if model.focus is Panel.ORDERS:
        rows = model.orders.shown()
        return [order for order in rows[model.selected : model.selected + 1] if order.is_open]
    return orders_at(model, model.cursor)


def orders_at(model: Model, price: int | None) -> list[OwnOrder]:
    """My open orders of the current symbol at this price (ticks; None: nowhere)."""
    if price is None:
        return []
    return [order for order in model.orders.open(model.symbol) if order.price == price]


def cancel(model: Model, orders: list[OwnOrder]) -> list[Request]:
    """Cancel these."""
    if not orders:
        return _refuse(model, "there is no order of yours here to cancel")
    if model.link.state is not LinkState.LIVE:
        return _refuse(model, "not connected: nothing was canceled")
    requests: list[Request] = []
    for order in orders:
        order.asked, order.asked_at = CANCELING, model.last_input_at
        name = "client_order_id" if order.order_id is None else "order_id"
        requests.append(Send({"type": "cancel_order", name: getattr(order, name)}))
    model.is_changed = True
    return requests


def cancel_all(model: Model) -> list[Request]:
    """Cancel every order of every symbol, in every mode, whatever is open on the screen."""
    if model.link.state is not LinkState.LIVE:
        return _refuse(model, "not connected: NOTHING was canceled")
    for order in model.orders.open():
        order.asked, order.asked_at = CANCELING, model.last_input_at
    model.confirm = None
    model.say(NoticeKind.WARN, "CANCEL ALL sent")
    return [Send({"type": "cancel_all"})]


def disarm(model: Model, reason: str) -> None:
    """From now on the screen asks before it sends."""
    if model.is_armed:
        model.is_armed = False
        model.say(NoticeKind.WARN, f"SAFE again: {reason}")


def _refuse(model: Model, text: str) -> list[Request]:
    model.say(NoticeKind.REJECT, text)
    return []
