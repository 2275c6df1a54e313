"""Clicks and the wheel, by what lies under them.

Changes the model and nothing else.

A click on a BID or ASK cell is the cursor moved there and the key b or s: it asks while SAFE, like the key.
"""

from __future__ import annotations

from tui.screen.canceling import cancel, orders_at
from tui.screen.key_decoder import Mouse, MouseButton
from tui.screen.layout import Panel
from tui.screen.messages import Outgoing
from tui.screen.model import Model, ladder_columns_of
from tui.screen.proposals_from_keys import propose_at_cursor
from tui.screen.scrolling import first_watched, scroll, scroll_list
from tui.screen.second_ladder import trade_second
from tui.screen.sending import drop
from tui.screen.subscriptions import switch_symbol

WHEEL_ROWS = 3
# A panel's border and the heads of its columns.
ROWS_ABOVE_LIST = 2


def clicked(model: Model, mouse: Mouse) -> list[Outgoing]:
    """Take one click or one turn of the wheel."""
    if model.command is not None:
        return []
    if model.is_help_shown:
        model.is_help_shown = False
        return []
    panel = model.layout.panel_at(mouse.x, mouse.y)
    if panel is None:
        return []
    if mouse.button is not MouseButton.LEFT:
        _wheel(model, panel, WHEEL_ROWS if mouse.button is MouseButton.WHEEL_UP else -WHEEL_ROWS)
        return []
    drop(model)
    model.focus = panel
    rect = model.layout.panels[panel]
    x, row = mouse.x - rect.x - 1, mouse.y - rect.y - ROWS_ABOVE_LIST
    if panel is Panel.LADDER:
        return _click_ladder(model, x, row)
    if panel is Panel.LADDER_2:
        return trade_second(model)
    if panel is Panel.WATCH:
        return _click_watch(model, row, rect.height - 3)
    if panel is Panel.ORDERS and 0 <= row < len(model.orders.shown()):
        model.selected = row
    return []


def _click_watch(model: Model, row: int, rows: int) -> list[Outgoing]:
    """The symbol that was clicked is traded from now on; the click itself orders nothing."""
    index = first_watched(model, rows) + row
    if not 0 <= row < rows or index >= len(model.symbols) or model.symbols[index] == model.symbol:
        return []
    return switch_symbol(model, model.symbols[index])


def _wheel(model: Model, panel: Panel, rows: int) -> None:
    if panel is Panel.LADDER:
        scroll(model, rows)
    elif panel is Panel.ORDERS:
        model.selected = max(0, min(model.selected - rows, len(model.orders.shown()) - 1))
    elif panel is Panel.FILLS:
        scroll_list(model, panel, -rows, len(model.fills))
    elif panel is Panel.TAPE and model.market is not None:
        scroll_list(model, panel, -rows, len(model.market.tape))


def _click_ladder(model: Model, x: int, row: int) -> list[Outgoing]:
    top = model.top
    price = 0 if top is None else top - row * model.group
    if price <= 0 or not 0 <= row < model.layout.ladder_rows:
        return []
    columns = ladder_columns_of(model, model.layout)
    model.cursor = price
    is_bid_half = x < columns.price.x
    is_ask_half = x >= columns.price.end
    if columns.mine_bid.x <= x < columns.mine_bid.end or columns.mine_ask.x <= x < columns.mine_ask.end:
        mine = [order for order in orders_at(model, price) if order.is_buy == is_bid_half]
        return cancel(model, mine) if mine else []
    if is_bid_half and x >= columns.bid_bar.x:
        return propose_at_cursor(model, is_buy=True)
    if is_ask_half and x < columns.ask_bar.end:
        return propose_at_cursor(model, is_buy=False)
    return []
