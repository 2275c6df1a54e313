"""Clicks, drags and the wheel, by what lies under them.

Changes the model and nothing else.

A click on a BID or ASK cell is the cursor moved there and the key b or s: it asks while SAFE, like the key.  What
is drawn as a button does what its key does.
"""

from __future__ import annotations

from typing import Optional

from tui.screen.banners import banner_rows
from tui.screen.canceling import cancel, orders_at
from tui.screen.dragging import hold_over, let_go, take_up
from tui.screen.help_search import Act
from tui.screen.key_decoder import Mouse, MouseButton
from tui.screen.key_table import Action
from tui.screen.layout import Column, Panel
from tui.screen.messages import Outgoing
from tui.screen.model import Model, ladder_columns_of
from tui.screen.my_order import MyOrder
from tui.screen.panel_keys import sort_list
from tui.screen.panels.bottom import button_at
from tui.screen.panels.orders import first_shown, order_column_at
from tui.screen.panels.trades import fill_column_at, trade_price_at
from tui.screen.proposals_from_keys import propose_at_cursor
from tui.screen.scrolling import first_watched, keep_cursor_in_view, scroll, scroll_list
from tui.screen.second_ladder import trade_second
from tui.screen.sending import drop
from tui.screen.subscriptions import switch_symbol

WHEEL_ROWS = 3
# A panel's border and the heads of its columns.
ROWS_ABOVE_LIST = 2


def clicked(model: Model, mouse: Mouse, act: Act) -> list[Outgoing]:
    """Take one event of the mouse; `act` does what the key of a button does."""
    if mouse.button is MouseButton.DRAG:
        hold_over(model, _ladder_price(model, mouse))
        return []
    if mouse.button is MouseButton.RELEASE:
        return let_go(model)
    model.drag = None
    if model.command is not None:
        return []
    if model.is_help_shown or model.is_log_shown:
        model.is_help_shown = model.is_log_shown = False
        return []
    panel = model.layout.panel_at(mouse.x, mouse.y)
    if mouse.button in (MouseButton.WHEEL_UP, MouseButton.WHEEL_DOWN):
        _wheel(model, panel, WHEEL_ROWS if mouse.button is MouseButton.WHEEL_UP else -WHEEL_ROWS)
        return []
    if mouse.button is MouseButton.RIGHT:
        drop(model)
        return _cancel_under(model, mouse, panel)
    if panel is None:
        action = button_at(model, mouse.x, mouse.y)
        return [] if action is None else act(model, action)
    drop(model)
    row = _order_row(model, mouse) if panel is Panel.ORDERS else None
    column = _column_at(model, mouse, panel)
    model.focus = panel
    if column:
        return sort_list(lambda sorting, known: sorting.by(column) if column in known else sorting)(model)
    if panel is Panel.LADDER:
        return _click_ladder(model, mouse, act)
    if panel is Panel.LADDER_2:
        return trade_second(model)
    if panel is Panel.WATCH:
        return _click_watch(model, mouse)
    if row is not None:
        model.orders.select(row)
    elif panel in (Panel.TAPE, Panel.FILLS):
        _look_at(model, trade_price_at(model, panel, mouse.y - model.layout.panels[panel].y - ROWS_ABOVE_LIST))
    return []


def _look_at(model: Model, price: Optional[int]) -> None:
    """The ladder's cursor goes to a price (ticks) of a trade; None: there is no trade."""
    if price is not None:
        model.cursor, model.focus = price, Panel.LADDER
        keep_cursor_in_view(model)


def _click_watch(model: Model, mouse: Mouse) -> list[Outgoing]:
    """The symbol that was clicked is traded from now on; the click itself orders nothing."""
    rect = model.layout.panels[Panel.WATCH]
    row, rows = mouse.y - rect.y - ROWS_ABOVE_LIST, rect.height - ROWS_ABOVE_LIST - 1
    index = first_watched(model, rows) + row
    if not 0 <= row < rows or index >= len(model.symbols) or model.symbols[index] == model.symbol:
        return []
    return switch_symbol(model, model.symbols[index])


def _wheel(model: Model, panel: Optional[Panel], rows: int) -> None:
    if panel is Panel.LADDER:
        scroll(model, rows)
    elif panel is Panel.ORDERS:
        model.orders.select_further(-rows)
    elif panel is Panel.FILLS:
        scroll_list(model, panel, -rows, len(model.fills))
    elif panel is Panel.TAPE and model.market is not None:
        scroll_list(model, panel, -rows, len(model.market.tape))


def _order_row(model: Model, mouse: Mouse) -> Optional[int]:
    """Which of my orders the mouse is over in their list, counted as they are shown; None: over none."""
    rect = model.layout.panels[Panel.ORDERS]
    y, rows = mouse.y - rect.y - ROWS_ABOVE_LIST, rect.height - ROWS_ABOVE_LIST - 1
    shown = model.orders.shown()
    row = first_shown(model, shown, rows) + y
    return row if 0 <= y < rows and row < len(shown) else None


def _column_at(model: Model, mouse: Mouse, panel: Panel) -> str:
    """The column of a list of mine whose head was clicked; "": none."""
    rect = model.layout.panels[panel]
    if mouse.y != rect.y + 1 or panel not in (Panel.ORDERS, Panel.FILLS) or model.rewind is not None:
        return ""
    find = order_column_at if panel is Panel.ORDERS else fill_column_at
    return find(model, rect, mouse.x - rect.x)


# --- the ladder ------------------------------------------------------------------------------------------------


def _ladder_price(model: Model, mouse: Mouse) -> Optional[int]:
    """The price (ticks) of the ladder's row under the mouse; None: there is none."""
    rect, top = model.layout.panels.get(Panel.LADDER), model.top
    if rect is None or top is None or not rect.holds(mouse.x, mouse.y):
        return None
    row = mouse.y - rect.y - ROWS_ABOVE_LIST
    price = top - row * model.group
    return price if price > 0 and banner_rows(model, model.now) <= row < model.layout.ladder_rows else None


def _orders_in_half(model: Model, mouse: Mouse, price: int) -> list[MyOrder]:
    """My orders in this row: those that buy left of the price, those that sell right of it, on it both."""
    columns, x = ladder_columns_of(model, model.layout), _ladder_x(model, mouse)
    is_buy = x < columns.price.x
    is_on_price = _holds(columns.price, x)
    return [order for order in orders_at(model, price) if is_on_price or order.is_buy == is_buy]


def _ladder_x(model: Model, mouse: Mouse) -> int:
    return mouse.x - model.layout.panels[Panel.LADDER].x - 1


def _holds(column: Column, x: int) -> bool:
    return column.x <= x < column.end


def _head_at(model: Model, mouse: Mouse) -> Optional[Action]:
    """What the head of a column does: BID and ASK join the best price, PRICE centres."""
    is_head = mouse.y == model.layout.panels[Panel.LADDER].y + banner_rows(model, model.now) + 1
    if not is_head or model.centre is None:
        return None
    columns, x = ladder_columns_of(model, model.layout), _ladder_x(model, mouse)
    heads = ((columns.bid, Action.JOIN_BID), (columns.price, Action.CENTRE), (columns.ask, Action.JOIN_ASK))
    return next((action for column, action in heads if _holds(column, x)), None)


def _click_ladder(model: Model, mouse: Mouse, act: Act) -> list[Outgoing]:
    price = _ladder_price(model, mouse)
    if price is None:
        action = _head_at(model, mouse)
        return [] if action is None else act(model, action)
    columns, x = ladder_columns_of(model, model.layout), _ladder_x(model, mouse)
    model.cursor = price
    if _holds(columns.mine_bid, x) or _holds(columns.mine_ask, x):
        mine = _orders_in_half(model, mouse, price)
        if mine:
            take_up(model, mine, price)
        return []
    if columns.bid_bar.x <= x < columns.price.x:
        return propose_at_cursor(model, is_buy=True)
    if columns.price.end <= x < columns.ask_bar.end:
        return propose_at_cursor(model, is_buy=False)
    return []


def _cancel_under(model: Model, mouse: Mouse, panel: Optional[Panel]) -> list[Outgoing]:
    """The right button: cancel my orders under it, on the ladder or in their list."""
    price = _ladder_price(model, mouse)
    if price is not None:
        return cancel(model, _orders_in_half(model, mouse, price))
    if panel is Panel.ORDERS:
        row, shown = _order_row(model, mouse), model.orders.shown()
        return cancel(model, [shown[row]] if row is not None and shown[row].is_open else [])
    return []
