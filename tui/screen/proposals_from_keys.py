"""From keys and the mouse to proposals: what b, s, B, S, f, r, Shift+arrows and a drag ask for.

An order goes where the eye is: only the ladder with the focus, and only a price that is in view, is ordered at.
What can't be done now has a reason, `why_not_…`, which the keys' own search shows too.  Changes the model and
nothing else.
"""

from __future__ import annotations

from typing import Optional

from exchange.engine.words import TimeInForce
from tui.screen.canceling import selected_orders
from tui.screen.layout import Panel
from tui.screen.market_data import Market
from tui.screen.messages import Outgoing
from tui.screen.model import Model, refuse
from tui.screen.my_order import MyOrder
from tui.screen.proposals import MoveProposal, OrderProposal
from tui.screen.scrolling import is_in_view, keep_cursor_in_view
from tui.screen.sending import ask_or_send, net_under_way, why_no_keys
from tui.screen.ticket import TicketType

NO_INSTRUMENT = "there is no instrument yet"
# What an order at the best price may be; of another type of the ticket a plain LIMIT is meant.
_JOINS = (TicketType.LIMIT, TicketType.POST, TicketType.ICEBERG)


# --- at the cursor ---------------------------------------------------------------------------------------------


def propose_at_cursor(model: Model, is_buy: bool) -> list[Outgoing]:
    """Buy or sell as the ticket and the cursor say, if the person can see both."""
    market, ticket = model.market, model.ticket
    why_not = why_not_at_cursor(model)
    if why_not or market is None:
        return refuse(model, why_not)
    if ticket.type is TicketType.MARKET:
        return ask_or_send(model, _order(model, market, is_buy, None, ticket.type))
    assert model.cursor is not None, "why_not_at_cursor says so"
    return _propose(model, market, is_buy, model.cursor, ticket.type)


def why_not_at_cursor(model: Model) -> str:
    """Why nothing can be ordered at the cursor; "" if it can."""
    why_not = _why_not_on_ladder(model)
    if why_not or model.market is None or model.ticket.type is TicketType.MARKET:
        return why_not
    if model.cursor is None:
        return "no price is known yet: type :buy 10 100.25"
    if not is_in_view(model, model.cursor):
        return f"the cursor at {model.market.scale.text(model.cursor)} is out of view: Space brings it back"
    return ""


def _why_not_on_ladder(model: Model) -> str:
    if model.market is None:
        return NO_INSTRUMENT
    if model.focus is not Panel.LADDER or Panel.LADDER not in model.layout.panels:
        return "b and s act on the ladder: go there with Tab"
    return why_no_keys(model, model.market)


def _propose(model: Model, market: Market, is_buy: bool, price: int, kind: TicketType) -> list[Outgoing]:
    """An order of this kind at a price in ticks, which for a stop is its stop price."""
    ticket = model.ticket
    display_quantity = ticket.display_quantity(market.lot_size) if kind is TicketType.ICEBERG else None
    if kind is TicketType.ICEBERG and display_quantity is None:
        return refuse(model, f"an iceberg of {ticket.quantity} has nothing to hide: take more, or another type")
    behind = ticket.limit_ticks if is_buy else -ticket.limit_ticks
    limit = price + behind if kind is TicketType.STOP_LIMIT else price if kind.has_limit else None
    if limit is not None and limit <= 0:
        return refuse(model, "a price must be above 0")
    stop_price = price if kind.is_stop else None
    return ask_or_send(model, _order(model, market, is_buy, limit, kind, stop_price, display_quantity))


def _order(
    model: Model,
    market: Market,
    is_buy: bool,
    price: Optional[int],
    kind: TicketType,
    stop_price: Optional[int] = None,
    display_quantity: Optional[int] = None,
) -> OrderProposal:
    ticket = model.ticket
    return OrderProposal(
        market.symbol, market.scale, is_buy, ticket.quantity, price, kind, ticket.time_of(kind),
        stop_price=stop_price, display_quantity=display_quantity,
    )  # fmt: skip


# --- at the best price -----------------------------------------------------------------------------------------


def join_best(model: Model, is_buy: bool) -> list[Outgoing]:
    """Buy at the best bid or sell at the best offer, wherever the cursor is."""
    market, price = model.market, _best(model, is_buy)
    why_not = why_not_join(model, is_buy)
    if why_not or market is None or price is None:
        return refuse(model, why_not)
    kind = model.ticket.type if model.ticket.type in _JOINS else TicketType.LIMIT
    return _propose(model, market, is_buy, price, kind)


def why_not_join(model: Model, is_buy: bool) -> str:
    """Why there is no best price to join; "" if there is."""
    why_not, price = _why_not_on_ladder(model), _best(model, is_buy)
    if why_not or model.market is None:
        return why_not
    side = "bid" if is_buy else "offer"
    if price is None:
        return f"there is no {side} to join"
    if not is_in_view(model, price, is_buy=is_buy):
        return f"the best {side}, {model.market.scale.text(price)}, is out of view: Space brings it back"
    return ""


def _best(model: Model, is_buy: bool) -> Optional[int]:
    market = model.market
    return None if market is None else market.best_bid if is_buy else market.best_ask


# --- the position ----------------------------------------------------------------------------------------------


def flatten(model: Model) -> list[Outgoing]:
    """Ask whether to close what no order under way closes yet, at the market; asks in every mode."""
    return _close(model, times=1)


def reverse(model: Model) -> list[Outgoing]:
    """Ask whether to turn the position round: close it and open one as large on the other side, at the market."""
    return _close(model, times=2)


def why_not_close(model: Model) -> str:
    """Why there is nothing to flatten or reverse; "" if there is."""
    if model.market is None or net_under_way(model) == 0:
        return "there is no position left to flatten"
    return why_no_keys(model, model.market)


def _close(model: Model, times: int) -> list[Outgoing]:
    market, why_not = model.market, why_not_close(model)
    if why_not or market is None:
        return refuse(model, why_not)
    net = net_under_way(model)
    # Of market orders only DAY may enter a call.
    time_in_force = TimeInForce.DAY if market.phase.is_call else TimeInForce.IOC
    terms = (times * abs(net), None, TicketType.MARKET, time_in_force)
    return ask_or_send(model, OrderProposal(market.symbol, market.scale, net < 0, *terms, closes=net))


# --- moves -----------------------------------------------------------------------------------------------------


def move_selected(model: Model, rows: int) -> list[Outgoing]:
    """Move the order at the cursor by rows of the ladder, or the selected one by ticks; what is asked: further."""
    ticks = rows * (model.group if model.focus is Panel.LADDER else 1)
    why_not, order = why_not_move(model), _movable(model)
    if why_not or order is None:
        return refuse(model, why_not)
    waiting = model.confirm
    prices = (waiting.price, waiting.stop_price) if isinstance(waiting, MoveProposal) else _prices(order)
    requests = _propose_move(model, order, prices, ticks)
    is_asked_or_sent = requests or isinstance(model.confirm, MoveProposal)
    if (
        is_asked_or_sent
        and model.focus is Panel.LADDER
        and order.symbol == model.symbol
        and model.cursor is not None
    ):
        model.cursor = max(1, model.cursor + ticks)
        keep_cursor_in_view(model)
    return requests


def why_not_move(model: Model) -> str:
    """Why no order can be moved here; "" if one can."""
    if model.focus not in (Panel.LADDER, Panel.ORDERS):
        return "orders are moved on the ladder or in their list: go there with Tab"
    if model.focus is Panel.LADDER and (model.cursor is None or not is_in_view(model, model.cursor)):
        return "the cursor is out of view: Space brings it back"
    order = _movable(model)
    if order is None:
        return "there is no working order to move here"
    return why_not_move_order(model, order)


def why_not_move_order(model: Model, order: Optional[MyOrder]) -> str:
    """Why this order can't be moved; "" if it can."""
    if order is None or not order.is_open or order.order_id is None or _prices(order) == (None, None):
        return "there is no working order to move here"
    if order.asked:
        return f"order {order.order_id} is being changed already"
    return why_no_keys(model, model.markets[order.symbol])


def move_to(model: Model, order: MyOrder, price: int) -> list[Outgoing]:
    """Move this order to a price in ticks; of a stop that waits its stop price, and its limit along."""
    before = order.ladder_price
    why_not = why_not_move_order(model, order)
    if why_not or before is None:
        return refuse(model, why_not)
    return _propose_move(model, order, _prices(order), price - before)


def _movable(model: Model) -> Optional[MyOrder]:
    """The order that is being asked about, or else the one at the cursor or in the selected row."""
    waiting = model.confirm
    if isinstance(waiting, MoveProposal):
        return next((order for order in model.orders.open() if order.order_id == waiting.order_id), None)
    return next(iter(selected_orders(model)), None)


def _prices(order: MyOrder) -> tuple[Optional[int], Optional[int]]:
    """(limit, stop price) in ticks, of what may still be moved."""
    return order.price, order.stop_price if order.is_waiting else None


def _propose_move(
    model: Model, order: MyOrder, prices: tuple[Optional[int], Optional[int]], ticks: int
) -> list[Outgoing]:
    price, stop_price = (None if before is None else before + ticks for before in prices)
    if min(value for value in (price, stop_price) if value is not None) <= 0:
        return refuse(model, "a price must be above 0")
    assert order.order_id is not None, order
    scale = model.markets[order.symbol].scale
    price_before, stop_before = _prices(order)
    moved = (price_before, price, stop_before, stop_price)
    return ask_or_send(
        model, MoveProposal(order.symbol, scale, order.order_id, order.is_buy, order.remaining, *moved)
    )
