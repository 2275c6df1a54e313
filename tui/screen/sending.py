"""From proposals to requests: what asks first, what is refused here, and what is sent.

Changes the model and nothing else.

The rule of the screen: an order or a move leaves only if the screen is ARMED or Enter was pressed on the confirm
row, and then exactly as shown.  Canceling never asks.  Nothing is sent to an engine that is silent or gone, but
cancels, which can do no harm there.
"""

from __future__ import annotations

from dataclasses import replace

from tui.screen.crossing import is_far, sweeps_far
from tui.screen.guards import beyond_guards
from tui.screen.market_data import Market
from tui.screen.messages import Effect, Outgoing, ToEngine
from tui.screen.model import LinkState, Model, NoticeKind, refuse
from tui.screen.my_order import MOVING, MyOrder, ShownState
from tui.screen.proposals import MoveProposal, OrderProposal, Proposal, QuitProposal


def ask_or_send(model: Model, proposal: Proposal) -> list[Outgoing]:
    """Send it if the screen is armed, else show it on the confirm row; what is out of the common asks always."""
    model.is_changed = True
    why_not = why_not_now(model, proposal) or beyond_guards(model.guards, model.markets, proposal)
    if why_not:
        return refuse(model, why_not)
    must_ask = isinstance(proposal, OrderProposal) and proposal.closes != 0
    if model.is_armed and not must_ask:
        why = _out_of_the_common(model, proposal)
        if not why:
            return carry_out(model, proposal)
        model.say(NoticeKind.WARN, f"{why}: this asks, though the screen is ARMED")
    model.confirm = proposal
    return []


def why_not_now(model: Model, proposal: Proposal) -> str:
    """Why there is no use in asking whether to send it; "" if there is."""
    return "" if isinstance(proposal, QuitProposal) else why_no_orders(model, model.markets[proposal.symbol])


def why_no_orders(model: Model, market: Market) -> str:
    """Why the exchange takes no order in this symbol now, as far as it has told; "" if it does."""
    if model.link.state is not LinkState.LIVE:
        return "not connected: nothing can be sent"
    if model.is_stale(model.now):
        return "STALE: the engine is silent, nothing is sent but cancels"
    if not market.phase.takes_orders:
        phase = market.phase.text(model.now + model.clock_offset_s)
        return f"{market.symbol} {phase}: no orders are taken; cancels always are"
    return ""


def why_no_keys(model: Model, market: Market) -> str:
    """The same for keys.  Whether a block has ended is not told, so a typed command still tries it."""
    blocked = "BLOCKED by the operator: type :buy or :sell to try whether that has ended"
    return why_no_orders(model, market) or (blocked if model.is_blocked else "")


def _out_of_the_common(model: Model, proposal: Proposal) -> str:
    """Why it asks even if the screen is armed; "" if it need not."""
    if _is_far_out(model, proposal):
        return "more than 5 % from the market"
    if not isinstance(proposal, OrderProposal) or proposal.price is not None:
        return ""
    market, stop_price = model.markets[proposal.symbol], proposal.stop_price
    if sweeps_far(market, is_buy=proposal.is_buy, quantity=proposal.quantity, stop_price=stop_price):
        return "may trade more than 5 % from the market"
    return ""


def _is_far_out(model: Model, proposal: Proposal) -> bool:
    if isinstance(proposal, QuitProposal):
        return False
    prices = [price for price in (proposal.price, proposal.stop_price) if price is not None]
    return any(is_far(model.markets[proposal.symbol], price) for price in prices)


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
    too_much = beyond_guards(model.guards, model.markets, proposal)
    if too_much:
        return refuse(model, f"{too_much}: nothing was sent")
    if isinstance(proposal, MoveProposal):
        return _send_move(model, proposal)
    model.order_number += 1
    client_order_id = f"{model.id_prefix}{model.order_number}"
    order = MyOrder(
        client_order_id, proposal.symbol, proposal.is_buy, proposal.price, proposal.quantity,
        proposal.quantity, ShownState.SENT, is_immediate=proposal.is_immediate, sent_at=now,
        stop_price=proposal.stop_price, is_waiting=proposal.type.is_stop, displayed=proposal.display_quantity,
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


# --- what waits for Enter ----------------------------------------------------------------------------------------


def drop(model: Model, reason: str = "") -> None:
    """Nothing waits for Enter any more; `reason` tells why, if the person didn't ask for it."""
    if model.confirm is not None:
        kind = NoticeKind.WARN if reason else NoticeKind.INFO
        model.say(kind, f"dropped: {model.confirm.text()}{': ' if reason else ''}{reason}")
        model.confirm = None


def drop_outlived(model: Model) -> None:
    """Drop what waits for Enter or is held by the mouse if what it was about is over or is another by now."""
    if model.drag is not None and model.drag.order_id not in [order.order_id for order in model.orders.open()]:
        model.say(NoticeKind.WARN, f"order {model.drag.order_id} is over: nothing is held any more")
        model.drag = None
    waiting = model.confirm
    if isinstance(waiting, MoveProposal):
        order = next((order for order in model.orders.open() if order.order_id == waiting.order_id), None)
        if order is None:
            drop(model, "the order is over")
        elif order.price != waiting.price_before or order.is_waiting == (waiting.stop_price is None):
            drop(model, "the order was moved meanwhile")
        elif order.remaining != waiting.remaining:
            model.confirm = replace(waiting, remaining=order.remaining)
            model.is_changed = True
    elif isinstance(waiting, OrderProposal) and waiting.closes:
        if net_under_way(model) != waiting.closes:
            drop(model, "the position has changed")
    elif isinstance(waiting, QuitProposal) and waiting.working_count != len(model.orders.open()):
        model.confirm = QuitProposal(len(model.orders.open()))
        model.is_changed = True


def disarm(model: Model, reason: str) -> None:
    """From now on the screen asks before it sends."""
    if model.is_armed:
        model.is_armed = False
        model.say(NoticeKind.WARN, f"SAFE again: {reason}")
