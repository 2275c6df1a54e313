"""My fills and the tape: newest on top.  In the compact form they share a panel, my fills first."""

from __future__ import annotations

from itertools import islice
from typing import Optional

from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.layout import Panel, Rect
from tui.screen.list_sorting import BY_TIME
from tui.screen.market_data import Market, TapeTrade
from tui.screen.model import Model
from tui.screen.my_fills import Fill
from tui.screen.panels.frame import bar_right, clock_text, frame, put_empty, side_color
from tui.screen.panels.table import Table, Wanted, table_width
from tui.screen.price_scale import short_quantity

# From this width on large quantities are shown to the last unit.
ROOMY_WIDTH_MIN = 27
SYMBOL_WIDTH_MIN, SYMBOL_WIDTH_MAX = 4, 8
# To the minute and second.
SHORT_TIME_WIDTH = 5
# In the shared panel, behind each of my fills where there is only one symbol.
ME = "ME"
MARK_WIDTH_MAX = 5
# In place of the side: of a trade in an auction nobody took the price.
AUCTION = "A"
_BAR_COLORS = {True: Color.BID_BAR, False: Color.ASK_BAR, None: Color.VOLUME_BAR}
SYMBOL = "SYM"
# Whether a fill made the price or took it.
ROLE = "ROLE"
# The head of the column of B and S.
SIDE = " "
QUANTITY_WIDTH, SHORT_QUANTITY_WIDTH = 7, 4
# What a column is sorted by whose head says something else.
_COLUMNS = {SIDE: "SIDE", SYMBOL: "SYMBOL"}
# Fills at the top of the shared panel: at most this part of its rows.
SHARED_FILLS_PART = 3


def _table(width: int, price_width: int) -> Table:
    """The columns of trades in one symbol."""
    return Table(_wanted(price_width, is_roomy=width >= ROOMY_WIDTH_MIN), min(width, price_width + 31))


def _fills_table(width: int, model: Model, fills: list[Fill]) -> Table:
    """The columns of my fills, which are in all symbols; symbols that find no room lose their end."""
    price_width = max(len(model.markets[fill.symbol].scale.text(fill.price)) for fill in fills)
    role = Wanted(ROLE, len("maker"), 3, is_right_aligned=False)
    if len(model.symbols) < 2:
        wanted = _wanted(price_width, is_roomy=width >= ROOMY_WIDTH_MIN)
        return Table([*wanted, role], min(width, price_width + 37))
    symbol_width = min(SYMBOL_WIDTH_MAX, max(len(fill.symbol) for fill in fills))
    if width >= ROOMY_WIDTH_MIN + symbol_width + 2:
        wanted = _wanted(price_width, is_roomy=True)
    else:
        wanted = _short(price_width, fills)
        symbol_width = min(symbol_width, max(SYMBOL_WIDTH_MIN, width - 2 - table_width(wanted)))
    wanted.insert(2, Wanted(SYMBOL, symbol_width, 1, is_right_aligned=False))
    return Table([*wanted, role], min(width, price_width + symbol_width + 37), may_touch=True)


def _short(price_width: int, fills: list[Fill]) -> list[Wanted]:
    """Times without the hour, quantities no wider than they are and without their last digits."""
    texts = [short_quantity(fill.quantity, SHORT_QUANTITY_WIDTH) for fill in fills]
    time, side, price, _ = _wanted(price_width, is_roomy=False)
    return [time._replace(width=SHORT_TIME_WIDTH), side, price, Wanted("QTY", max(3, *map(len, texts)), 0)]


def _wanted(price_width: int, *, is_roomy: bool) -> list[Wanted]:
    return [
        Wanted("TIME", 8, 2, is_right_aligned=False),
        Wanted(SIDE, 1, 0),
        Wanted("PRICE", max(6, price_width), 0),
        Wanted("QTY", QUANTITY_WIDTH if is_roomy else SHORT_QUANTITY_WIDTH, 0),
    ]


def _price_width(market: Market) -> int:
    return len(market.scale.text(market.last.price)) if market.last is not None else 0


def _mark_width(model: Model) -> int:
    """How wide my fills' mark is in the panel that they share: the symbol, or `ME` if there is only one."""
    return min(MARK_WIDTH_MAX, max(map(len, model.symbols))) if len(model.symbols) > 1 else len(ME)


def _shared_table(width: int, model: Model, market: Market) -> Table:
    """The columns of the panel that my fills share with the tape."""
    return _table(width - _mark_width(model) - 1, _price_width(market))


def draw_fills(area: Area, model: Model) -> None:
    """Draw the panel of my fills."""
    inside = frame(area, f"MY FILLS {len(model.fills)}", is_focused=model.focus is Panel.FILLS)
    scrolled = model.scrolled.get(Panel.FILLS, 0)
    fills = list(model.fills.shown(scrolled, max(0, inside.height - 1)))
    if not fills:
        put_empty(inside, "no fills yet")
        return
    table = _fills_table(inside.width, model, fills)
    _draw_fill_heads(inside, model, table)
    for y, fill in enumerate(fills, start=1):
        _draw_fill(inside, y, model, fill, table)


def _draw_fill_heads(inside: Area, model: Model, table: Table) -> None:
    column, sorting = model.fills.sorting.column, model.fills.sorting
    head = next((head for head, name in _COLUMNS.items() if name == column), column)
    table.draw_heads(inside, head, sorting.mark if sorting != BY_TIME else "")


def fill_column_at(model: Model, rect: Rect, x: int) -> str:
    """What a click on the heads of the panel at `rect`, `x` cells within it, sorts by; "": by nothing."""
    width, market = rect.width - 2, model.market
    fills = list(model.fills.shown(model.scrolled.get(Panel.FILLS, 0), max(0, rect.height - 3)))
    if not fills or market is None:
        return ""
    table = _shared_table(width, model, market) if _is_shared(model) else _fills_table(width, model, fills)
    head = table.head_at(x - 1)
    return _COLUMNS.get(head, head)


def _is_shared(model: Model) -> bool:
    """Whether my fills share their panel with the tape."""
    return not model.layout.is_wide and len(model.layout.panels) > 1


def trade_price_at(model: Model, panel: Panel, row: int) -> Optional[int]:
    """The price (ticks) of the trade in this row of a list, from 0; None: there is none, or of another symbol."""
    market, skipped = model.market, model.scrolled.get(panel, 0)
    if market is None or row < 0:
        return None
    fills = list(model.fills.shown(skipped, row + 1)) if panel is Panel.FILLS else []
    if panel is Panel.FILLS and _is_shared(model):
        rows = model.layout.panels[panel].height - 3
        fills = fills[: max(1, rows // SHARED_FILLS_PART)]
        if row >= len(fills):
            tape = list(islice(reversed(market.tape), row - len(fills), row - len(fills) + 1))
            return tape[0].price if tape else None
    if panel is Panel.FILLS:
        return fills[row].price if row < len(fills) and fills[row].symbol == market.symbol else None
    tape = list(islice(reversed(market.tape), skipped + row, skipped + row + 1))
    return tape[0].price if tape else None


def draw_tape(area: Area, model: Model) -> None:
    """Draw the panel of all trades."""
    inside = frame(area, "TAPE", is_focused=model.focus is Panel.TAPE)
    market = model.market
    if market is None or not market.tape:
        put_empty(inside, "no trades yet")
        return
    table = _table(inside.width, _price_width(market))
    table.draw_heads(inside)
    _draw_tape_rows(inside, 1, model, market, table, model.scrolled.get(Panel.TAPE, 0))


def draw_fills_and_tape(area: Area, model: Model) -> None:
    """Draw both into one panel."""
    inside = frame(area, "FILLS & TAPE", is_focused=model.focus in (Panel.FILLS, Panel.TAPE))
    market = model.market
    if market is None or not (market.tape or model.fills):
        put_empty(inside, "no trades yet")
        return
    table = _shared_table(inside.width, model, market)
    _draw_fill_heads(inside, model, table)
    scrolled = model.scrolled.get(Panel.FILLS, 0)
    count = max(1, (inside.height - 1) // SHARED_FILLS_PART)
    fills = list(model.fills.shown(scrolled, count))
    for y, fill in enumerate(fills, start=1):
        _draw_fill(inside, y, model, fill, table)
        mark = fit(fill.symbol, _mark_width(model)) if len(model.symbols) > 1 else ME
        inside.put(table.end + 1, y, mark, Color.AVERAGE, None, Attribute.BOLD)
    _draw_tape_rows(inside, len(fills) + 1, model, market, table, 0)


def _draw_fill(inside: Area, y: int, model: Model, fill: Fill, table: Table) -> None:
    time = clock_text(model, fill.timestamp_ns)
    time = time[-table.width("TIME") :] if "TIME" in table else ""
    trade = TapeTrade(fill.timestamp_ns, fill.price, fill.quantity, fill.is_buy)
    _draw_trade(inside, y, time, model.markets[fill.symbol], trade, table, is_mine=True)
    table.put(inside, y, ROLE, "maker" if fill.is_maker else "taker", Color.FAINT)
    table.put(inside, y, SYMBOL, fit(fill.symbol, table.width(SYMBOL) if SYMBOL in table else 0), Color.DIM)


def _draw_tape_rows(inside: Area, y: int, model: Model, market: Market, table: Table, scrolled: int) -> None:
    trades = list(islice(reversed(market.tape), scrolled, max(scrolled, scrolled + inside.height - y)))
    largest = max((trade.quantity for trade in trades), default=1)
    bar_x = table.end + 2
    bar_width = inside.width - bar_x - 1
    before = ""
    for row, trade in enumerate(trades, start=y):
        time = clock_text(model, trade.timestamp_ns)
        _draw_trade(inside, row, time if time != before else "", market, trade, table, is_mine=False)
        before = time
        if bar_width >= 3:
            color = _BAR_COLORS[trade.is_buy]
            inside.put(bar_x, row, bar_right(trade.quantity / largest, bar_width), color)


def _draw_trade(
    inside: Area, y: int, time: str, market: Market, trade: TapeTrade, table: Table, *, is_mine: bool
) -> None:
    color = Color.TEXT if trade.is_buy is None else side_color(trade.is_buy)
    side = AUCTION if trade.is_buy is None else "B" if trade.is_buy else "S"
    attribute = Attribute.BOLD if is_mine or trade.is_large else Attribute.NONE
    table.put(inside, y, "TIME", time, Color.FAINT)
    table.put(inside, y, SIDE, side, color, attribute)
    table.put(inside, y, "PRICE", market.scale.text(trade.price), color, attribute)
    quantity = short_quantity(trade.quantity, table.width("QTY"))
    table.put(inside, y, "QTY", quantity, Color.BRIGHT if is_mine or trade.is_large else Color.TEXT, attribute)
    if trade.is_large:
        inside.put(table.end, y, "●", color)
