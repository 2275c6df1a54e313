"""My orders: the open ones first, oldest on top, then those that are over."""

from __future__ import annotations

from tui.screen.cells import Area, Attribute, Color, fit_end
from tui.screen.layout import Panel, Rect
from tui.screen.list_sorting import BY_TIME, TIME
from tui.screen.model import LinkState, Model
from tui.screen.my_order import MyOrder, ShownState
from tui.screen.panels.frame import frame, put_empty, side_color
from tui.screen.panels.table import Table, Wanted, table_width
from tui.screen.price_scale import short_quantity

# Where there is room, a bar shows how much of an order is done.
BAR_WIDTH_MIN = 66
BAR_CELLS = 10
QUANTITY_WIDTH = 5
# Below this width of the inside the side is one letter, whose column has this head.
SIDE_WORDS_WIDTH_MIN = 40
LETTER = " "
# Likewise what is ahead of it in its level.
QUEUE = "AHD"
QUEUE_WIDTH = 3
# What a column is sorted by whose head says something else: ids are given in the order of time.
_COLUMNS = {"ID": TIME, LETTER: "SIDE", QUEUE: "AHEAD", "": "DONE"}
# Of an id that finds too little room the last digits are shown, in no fewer cells than these.
ID_WIDTH_MIN = 3


def draw_orders(area: Area, model: Model) -> None:
    """Draw the panel."""
    orders = model.orders.shown()
    open_count = len(model.orders.open())
    is_focused = model.focus is Panel.ORDERS
    rows = max(0, area.height - 3)
    first = first_shown(model, orders, rows)
    below = len(orders) - first - rows
    note = f"{below} more ▼" if below > 0 else ""
    inside = frame(area, f"MY ORDERS {open_count}", is_focused=is_focused, note=note)
    if not orders:
        put_empty(inside, "no orders")
        return
    shown = orders[first : first + rows]
    table = Table(_wanted(model, shown, inside.width), inside.width, may_touch=True)
    sorting = model.orders.sorting
    table.draw_heads(inside, _head_of(table, sorting.column), sorting.mark if sorting != BY_TIME else "")
    for y, order in enumerate(shown, start=1):
        _draw_order(inside, y, model, order, table)
        if is_focused and order is model.orders.selected:
            inside.pick_out(y, Color.CURSOR)


def first_shown(model: Model, shown: list[MyOrder], rows: int) -> int:
    """Which of my orders stands in the first of so many rows: the selected one is always in view."""
    if model.focus is not Panel.ORDERS:
        return 0
    selected = model.orders.selected
    row = next((row for row, order in enumerate(shown) if order is selected), 0)
    return max(0, min(row - rows + 1, len(shown) - rows))


def order_column_at(model: Model, rect: Rect, x: int) -> str:
    """What a click on the heads of the panel at `rect`, `x` cells within it, sorts by; "": by nothing."""
    shown, rows = model.orders.shown(), max(0, rect.height - 3)
    first = first_shown(model, shown, rows)
    if not shown[first : first + rows]:
        return ""
    wanted = _wanted(model, shown[first : first + rows], rect.width - 2)
    head = Table(wanted, rect.width - 2, may_touch=True).head_at(x - 1)
    return _COLUMNS.get(head, head)


def _head_of(table: Table, column: str) -> str:
    """The head of what the list is sorted by."""
    return next((head for head, name in _COLUMNS.items() if name == column and head in table), column)


def _wanted(model: Model, orders: list[MyOrder], width: int) -> list[Wanted]:
    id_width = max(len(str(order.order_id or "")) for order in orders)
    price_width = max(len(_price_text(model, order, width)) for order in orders)
    done_width = max(len(_done_text(order)) for order in orders)
    state_width = max(len(_state_text(order)) for order in orders)
    wanted = [
        Wanted("ID", max(4 if width >= SIDE_WORDS_WIDTH_MIN else 2, id_width), 6),
        Wanted(*(("SIDE", 4) if width >= SIDE_WORDS_WIDTH_MIN else (LETTER, 1)), 0, is_right_aligned=False),
        Wanted("SYMBOL", 7, 7, is_right_aligned=False),
        Wanted("PRICE", max(6, price_width), 0),
        Wanted("DONE", max(6, done_width), 1),
        Wanted("", BAR_CELLS, 9, is_right_aligned=False),
        Wanted("AHEAD", 5, 8) if width >= SIDE_WORDS_WIDTH_MIN else Wanted(QUEUE, QUEUE_WIDTH, 4),
        Wanted("STATE", max(5 if width >= SIDE_WORDS_WIDTH_MIN else 4, state_width), 3, is_right_aligned=False),
    ]
    left_out = set() if len(model.symbols) > 1 else {"SYMBOL"}
    left_out |= set() if width >= BAR_WIDTH_MIN else {""}
    return _with_short_id([column for column in wanted if column.head not in left_out], width)


def _with_short_id(wanted: list[Wanted], width: int) -> list[Wanted]:
    """The columns with the first, of the ids, as narrow as the others ask for; who goes before it asks in vain."""
    number, *others = wanted
    while (room := width - 2 - table_width(others)) < ID_WIDTH_MIN:
        worst = max(others, key=lambda column: column.rank)
        if worst.rank < number.rank:
            break
        others.remove(worst)
    return [number._replace(width=min(number.width, max(ID_WIDTH_MIN, room))), *others]


def _price_text(model: Model, order: MyOrder, width: int) -> str:
    """`100.45`, `MARKET`; of a stop that waits `○99.00`, where there is room with its limit `○99.00→98.90`."""
    scale = model.markets[order.symbol].scale
    limit = None if order.price is None else scale.text(order.price)
    if order.is_waiting and order.stop_price is not None:
        has_room = limit is not None and width >= SIDE_WORDS_WIDTH_MIN
        return f"○{scale.text(order.stop_price)}" + (f"→{limit}" if has_room else "")
    return "MARKET" if limit is None else limit


def _state_text(order: MyOrder) -> str:
    """What the state says; of an iceberg also how much of it is shown."""
    is_iceberg = order.is_working and not order.asked and 0 < order.in_book < order.remaining
    return f"ICE {order.in_book}" if is_iceberg else order.shown_state


def _done_text(order: MyOrder) -> str:
    """`40/100`"""
    return f"{short_quantity(order.done, QUANTITY_WIDTH)}/{short_quantity(order.quantity, QUANTITY_WIDTH)}"


def _draw_order(inside: Area, y: int, model: Model, order: MyOrder, table: Table) -> None:
    is_open = order.is_open
    text = Color.TEXT if is_open else Color.FAINT
    bold = Attribute.BOLD if is_open else Attribute.NONE
    number = "·" if order.order_id is None else str(order.order_id)
    number = fit_end(number, table.width("ID") if "ID" in table else 0)
    side = side_color(order.is_buy) if is_open else text
    table.put(inside, y, "ID", number, Color.DIM if is_open else text)
    table.put(inside, y, "SIDE", "BUY" if order.is_buy else "SELL", side, bold)
    table.put(inside, y, LETTER, "B" if order.is_buy else "S", side, bold)
    table.put(inside, y, "SYMBOL", order.symbol, text)
    table.put(inside, y, "PRICE", _price_text(model, order, inside.width), Color.BRIGHT if is_open else text)
    table.put(inside, y, "DONE", _done_text(order), text)
    if "" in table:
        done = round(BAR_CELLS * order.done / order.quantity)
        inside.put(table.x(""), y, "━" * done, side)
        inside.put(table.x("") + done, y, "─" * (BAR_CELLS - done), Color.BORDER)
    if order.is_working and not order.is_waiting:
        for head, head_width in (("AHEAD", QUANTITY_WIDTH), (QUEUE, QUEUE_WIDTH)):
            ahead = "?" if order.ahead is None else short_quantity(order.ahead, head_width)
            table.put(inside, y, head, ahead, Color.GOOD if order.ahead == 0 else Color.DIM)
    if is_open and model.link.state is not LinkState.LIVE:
        table.put(inside, y, "STATE", "?", Color.WARN)
    else:
        table.put(inside, y, "STATE", _state_text(order), _state_color(order))


def _state_color(order: MyOrder) -> int:
    if order.is_open and (order.asked or order.is_waiting):
        return Color.WARN
    return {
        ShownState.SENT: Color.WARN,
        ShownState.WORKING: Color.TEXT,
        ShownState.PARTIAL: Color.GOOD,
        ShownState.FILLED: Color.DIM,
    }.get(order.state, Color.FAINT)
