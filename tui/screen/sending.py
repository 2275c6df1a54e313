"""From proposals to requests: what asks first, what is refused here, and what is sent.  Pure but for the model.

The rule of the screen: an order or a move leaves only if the screen is ARMED or Enter was pressed on the confirm
row, and then exactly as shown.  Canceling never asks.  Nothing is sent to an engine that is silent or gone, but
cancels, which can do no harm there.
"""

from __future__ import annotations

from dataclasses import replace

from exchange.engine.words import TimeInForce
from tui.screen.canceling import selected_orders
from tui.screen.crossing import is_far
from tui.screen.layout import Panel
from tui.screen.messages import Effect, Outgoing, ToEngine
from tui.screen.model import LinkState, Model, NoticeKind, refuse
from tui.screen.my_orders import MOVING, MyOrder, ShownState
from tui.screen.proposals import MoveProposal, OrderProposal, Proposal, QuitProposal
from tui.screen.scrolling import is_in_view, keep_cursor_in_view
from tui.screen.ticket import TicketType


def propose_at_cursor(model: Model, is_buy: bool) -> list[Outgoing]:
    """Buy or sell as the ticket and the cursor say, if the person can see both."""
    market, ticket = model.market, model.ticket
    if market is None:
        return refuse(model, "there is no instrument yet")
    if model.focus is not Panel.LADDER or Panel.LADDER not in model.layout.panels:
        return refuse(model, "b and s act on the ladder: go there with Tab")
    price = None if ticket.type is TicketType.MARKET else model.cursor
    if price is None and ticket.type is not TicketType.MARKET:
        return refuse(model, "no price is known yet: type :buy 10 100.25")
    if price is not None and not is_in_view(model, price):
        return refuse(model, f"the cursor at {market.scale.text(price)} is out of view: Space brings it back")
    terms = (ticket.type, ticket.time_in_force)
    return ask_or_send(model, OrderProposal(market.symbol, market.scale, is_buy, ticket.quantity, price, *terms))


def flatten(model: Model) -> list[Outgoing]:
    """Ask whether to close what no order under way closes yet, at the market; asks in every mode."""
    market, net = model.market, net_under_way(model)
    if market is None or net == 0:
        return refuse(model, "there is no position left to flatten")
    terms = (TicketType.MARKET, TimeInForce.IOC)
    proposal = OrderProposal(market.symbol, market.scale, net < 0, abs(net), None, *terms, is_flatten=True)
    return ask_or_send(model, proposal)


def net_under_way(model: Model) -> int:
    """The position in the current symbol when all that must trade or end at once has traded.

    The engine's figure is as old as its last answer; the fills since and what is still on its way count too.
    """
    on_its_way = sum(
        order.remaining if order.is_buy else -order.remaining
        for order in model.orders.open(model.symbol)
        if order.is_immediate
    )
    return model.position.net + model.filled_since.get(model.symbol, 0) + on_its_way


def move_selected(model: Model, ticks: int) -> list[Outgoing]:
    """Move the order at the cursor, or the selected row's, by `ticks`; a move that is being asked: further."""
    if model.focus not in (Panel.LADDER, Panel.ORDERS):
        return refuse(model, "orders are moved on the ladder or in their list: go there with Tab")
    if model.focus is Panel.LADDER and (model.cursor is None or not is_in_view(model, model.cursor)):
        return refuse(model, "the cursor is out of view: Space brings it back")
    if isinstance(model.confirm, MoveProposal):
        before = model.confirm
        order = next((order for order in model.orders.open() if order.order_id == before.order_id), None)
        price = before.price + ticks
    else:
        order = next(iter(selected_orders(model)), None)
        price = 0 if order is None or order.price is None else order.price + ticks
    if order is None or order.order_id is None or order.price is None:
        return refuse(model, "there is no working order to move here")
    if order.asked:
        return refuse(model, f"order {order.order_id} is being changed already")
    if price <= 0:
        return refuse(model, "a price must be above 0")
    scale = model.markets[order.symbol].scale
    proposal = MoveProposal(order.symbol, scale, order.order_id, order.is_buy, order.remaining, order.price, price)
    if model.focus is Panel.LADDER and order.symbol == model.symbol and model.cursor is not None:
        model.cursor += ticks
        keep_cursor_in_view(model)
    return ask_or_send(model, proposal)


def ask_or_send(model: Model, proposal: Proposal) -> list[Outgoing]:
    """Send it if the screen is armed, else show it on the confirm row; what is out of the common asks always."""
    model.is_changed = True
    must_ask = isinstance(proposal, OrderProposal) and proposal.is_flatten
    if model.is_armed and not must_ask and _is_far_out(model, proposal):
        model.say(NoticeKind.WARN, "more than 5 % from the market: this asks, though the screen is ARMED")
        must_ask = True
    if model.is_armed and not must_ask:
        return carry_out(model, proposal)
    model.confirm = proposal
    return []


def _is_far_out(model: Model, proposal: Proposal) -> bool:
    if isinstance(proposal, QuitProposal) or proposal.price is None:
        return False
    return is_far(model.markets[proposal.symbol], proposal.price)


def confirm(model: Model) -> list[Outgoing]:
    """Enter on the confirm row."""
    if not model.layout.panels:
        return refuse(model, "the terminal is too small to show what would be sent")
    proposal, model.confirm = model.confirm, None
    model.is_changed = True
    return [] if proposal is None else carry_out(model, proposal)


def carry_out(model: Model, proposal: Proposal) -> list[Outgoing]:
    """Send what the proposal says; refuse if the engine can't be trusted to hear it."""
    if isinstance(proposal, QuitProposal):
        return [Effect.QUIT]
    now = model.last_input_at
    if model.link.state is not LinkState.LIVE:
        return refuse(model, f"not connected: {proposal.text()} was NOT sent")
    if model.is_stale(now):
        return refuse(model, f"the engine is silent: {proposal.text()} was NOT sent")
    if isinstance(proposal, MoveProposal):
        return _send_move(model, proposal)
    model.order_number += 1
    client_order_id = f"{model.id_prefix}{model.order_number}"
    order = MyOrder(
        client_order_id, proposal.symbol, proposal.is_buy, proposal.price, proposal.quantity,
        proposal.quantity, ShownState.SENT, is_immediate=proposal.is_immediate, sent_at=now,
        barrier=model.link.ping_number + 1,
    )  # fmt: skip
    model.orders.add_sent(order)
    return [ToEngine(proposal.request(client_order_id))]


def _send_move(model: Model, proposal: MoveProposal) -> list[Outgoing]:
    order = next((order for order in model.orders.open() if order.order_id == proposal.order_id), None)
    if order is None:
        return refuse(model, f"order {proposal.order_id} is over: nothing was sent")
    order.asked, order.asked_at = MOVING, model.last_input_at
    return [ToEngine(proposal.request())]


# --- what waits for Enter ----------------------------------------------------------------------------------------


def drop(model: Model, reason: str = "") -> None:
    """Nothing waits for Enter any more; `reason` tells why, if the person didn't ask for it."""
    if model.confirm is not None:
        kind = NoticeKind.WARN if reason else NoticeKind.INFO
        model.say(kind, f"dropped: {model.confirm.text()}{': ' if reason else ''}{reason}")
        model.confirm = None


def drop_outlived(model: Model) -> None:
    """Drop what waits for Enter if what it was about is over or is another by now."""
    waiting = model.confirm
    if isinstance(waiting, MoveProposal):
        order = next((order for order in model.orders.open() if order.order_id == waiting.order_id), None)
        if order is None:
            drop(model, "the order is over")
        elif order.price != waiting.price_before:
            drop(model, "the order was moved meanwhile")
        elif order.remaining != waiting.remaining:
            model.confirm = replace(waiting, remaining=order.remaining)
            model.is_changed = True
    elif isinstance(waiting, OrderProposal) and waiting.is_flatten:
        if net_under_way(model) != (-waiting.quantity if waiting.is_buy else waiting.quantity):
            drop(model, "the position has changed")
    elif isinstance(waiting, QuitProposal) and waiting.working_count != len(model.orders.open()):
        model.confirm = QuitProposal(len(model.orders.open()))
        model.is_changed = True


def disarm(model: Model, reason: str) -> None:
    """From now on the screen asks before it sends."""
    if model.is_armed:
        model.is_armed = False
        model.say(NoticeKind.WARN, f"SAFE again: {reason}")
