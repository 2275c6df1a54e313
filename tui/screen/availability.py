"""Why a key does nothing now.  Pure: asks the model, changes nothing.

The same reasons are what its handler refuses with, so the keys' search and the key itself never tell two stories.
"""

from __future__ import annotations

from collections.abc import Callable

from tui.screen.canceling import orders_of_side, selected_orders, why_not_cancel
from tui.screen.key_table import Action
from tui.screen.layout import Panel, is_small
from tui.screen.model import LinkState, Model
from tui.screen.proposals_from_keys import why_not_at_cursor, why_not_close, why_not_join, why_not_move
from tui.screen.ticket import TicketType


def why_not(model: Model, action: Action) -> str:
    """Why this does nothing now, "" if it does something."""
    reason = _REASONS.get(action)
    return "" if reason is None else reason(model)


def why_not_arm(model: Model) -> str:
    """Why the screen can't be armed; "" if it can, or is."""
    if model.asks_always:
        return "cannot arm: your settings ask before each order (:set confirm unless-armed)"
    is_deaf = model.is_stale(model.now) or model.link.round_trip_s is None
    return "cannot arm: the engine doesn't answer" if is_deaf and not model.is_armed else ""


def why_not_detail(model: Model) -> str:
    """Why the type of order has nothing more to choose; "" if it has."""
    kind = model.ticket.type
    has_more = kind in (TicketType.ICEBERG, TicketType.STOP_LIMIT)
    return "" if has_more else f"{kind.value} has no more to choose: d is for ICEBERG and STOP LIMIT"


def why_not_sort(model: Model) -> str:
    """Why no list is sorted; "" if one is."""
    has_list = model.focus in (Panel.ORDERS, Panel.FILLS)
    return "" if has_list else "c sorts my orders or my fills: go there with Tab"


def why_not_zoom(model: Model) -> str:
    """Why no panel can have more room; "" if one can."""
    return "there is room for one panel only: Tab shows the next one" if is_small(model.width) else ""


def why_not_heat_time(model: Model) -> str:
    """Why there is no heat map whose time could be stretched; "" if there is one."""
    return "" if Panel.HEAT in model.layout.panels else "no heat map is shown: h shows it"


def why_not_switch(model: Model) -> str:
    """Why there is no other symbol; "" if there is."""
    return "the engine lists one symbol only" if len(model.symbols) < 2 else ""


def _why_not_cancel_all(model: Model) -> str:
    return "" if model.link.state is LinkState.LIVE else "not connected: NOTHING was canceled"


def _why_not_enter(model: Model) -> str:
    does_something = model.confirm is not None or model.focus is Panel.LADDER_2
    return "" if does_something else "nothing waits to be sent"


_REASONS: dict[Action, Callable[[Model], str]] = {
    Action.BUY: why_not_at_cursor,
    Action.SELL: why_not_at_cursor,
    Action.JOIN_BID: lambda model: why_not_join(model, is_buy=True),
    Action.JOIN_ASK: lambda model: why_not_join(model, is_buy=False),
    Action.ENTER: _why_not_enter,
    Action.MOVE_UP: why_not_move,
    Action.MOVE_DOWN: why_not_move,
    Action.CANCEL: lambda model: why_not_cancel(model, selected_orders(model)),
    Action.CANCEL_BIDS: lambda model: why_not_cancel(model, orders_of_side(model, is_buy=True)),
    Action.CANCEL_ASKS: lambda model: why_not_cancel(model, orders_of_side(model, is_buy=False)),
    Action.CANCEL_ALL: _why_not_cancel_all,
    Action.FLATTEN: why_not_close,
    Action.REVERSE: why_not_close,
    Action.ARM: why_not_arm,
    Action.DETAIL: why_not_detail,
    Action.ZOOM: why_not_zoom,
    Action.HEAT_SLOWER: why_not_heat_time,
    Action.HEAT_FASTER: why_not_heat_time,
    Action.SORT: why_not_sort,
    Action.SORT_TURNED: why_not_sort,
    Action.SYMBOL_NEXT: why_not_switch,
    Action.SYMBOL_PREVIOUS: why_not_switch,
}
