"""My fills and the tape: newest on top.  In the compact form they share a panel, my fills first."""

from __future__ import annotations

from itertools import islice

from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.layout import Panel
from tui.screen.market_data import Market, TapeTrade
from tui.screen.model import Fill, Model
from tui.screen.panels.frame import bar_right, clock_text, frame, put_empty, side_color
from tui.screen.panels.table import Table, Wanted
from tui.screen.price_scale import short_quantity

# From this width of the inside on there is room for the hours, and to the right for more.
ROOMY_WIDTH_MIN = 30
# The head of the column of B and S.
SIDE = " "
QUANTITY_WIDTH = 7
# Fills at the top of the shared panel: at most this part of its rows.
SHARED_FILLS_PART = 3


def _table(inside: Area, market: Market, *, kept: int = 0) -> Table:
    """The columns, in the width but for `kept` cells at the right."""
    width = inside.width - kept
    price_width = len(market.scale.text(market.last.price)) if market.last is not None else 0
    is_roomy = width >= ROOMY_WIDTH_MIN - 3
    wanted = [
        Wanted("TIME", 8 if is_roomy else 5, 2, is_right_aligned=False),
        Wanted(SIDE, 1, 0),
        Wanted("PRICE", max(6, price_width), 0),
        Wanted("QTY", QUANTITY_WIDTH if is_roomy else 4, 1),
    ]
    return Table(wanted, min(width, price_width + 30))


def draw_fills(area: Area, model: Model) -> None:
    """Draw the panel of my fills."""
    inside = frame(area, f"MY FILLS {len(model.fills)}", is_focused=model.focus is Panel.FILLS)
    market = model.market
    if market is None or not model.fills:
        put_empty(inside, "no fills yet")
        return
    table = _table(inside, market)
    table.draw_heads(inside)
    scrolled = model.scrolled.get(Panel.FILLS, 0)
    for y, fill in enumerate(list(reversed(model.fills))[scrolled : scrolled + inside.height - 1], start=1):
        _draw_fill(inside, y, model, fill, table)


def draw_tape(area: Area, model: Model) -> None:
    """Draw the panel of all trades."""
    inside = frame(area, "TAPE", is_focused=model.focus is Panel.TAPE)
    market = model.market
    if market is None or not market.tape:
        put_empty(inside, "no trades yet")
        return
    table = _table(inside, market)
    table.draw_heads(inside)
    _draw_tape_rows(inside, 1, model, market, table, model.scrolled.get(Panel.TAPE, 0))


def draw_fills_and_tape(area: Area, model: Model) -> None:
    """Draw both into one panel."""
    inside = frame(area, "FILLS & TAPE", is_focused=model.focus in (Panel.FILLS, Panel.TAPE))
    market = model.market
    if market is None or not (market.tape or model.fills):
        put_empty(inside, "no trades yet")
        return
    table = _table(inside, market, kept=3)
    table.draw_heads(inside)
    scrolled = model.scrolled.get(Panel.FILLS, 0)
    count = max(1, (inside.height - 1) // SHARED_FILLS_PART)
    fills = list(reversed(model.fills))[scrolled : scrolled + count]
    for y, fill in enumerate(fills, start=1):
        _draw_fill(inside, y, model, fill, table)
        inside.put(table.end + 1, y, "ME", Color.AVERAGE, None, Attribute.BOLD)
    _draw_tape_rows(inside, len(fills) + 1, model, market, table, 0)


def _draw_fill(inside: Area, y: int, model: Model, fill: Fill, table: Table) -> None:
    time = clock_text(model, fill.timestamp_ns)
    trade = TapeTrade(fill.timestamp_ns, fill.price, fill.quantity, fill.is_buy)
    _draw_trade(inside, y, time, model.markets[fill.symbol], trade, table, is_mine=True)
    x = table.end + 2
    if len(model.symbols) > 1 and inside.width - x > 8:
        x = inside.put(x, y, fit(fill.symbol, 8), Color.DIM) + 1
    if inside.width - x >= 6:
        inside.put(x, y, "maker" if fill.is_maker else "taker", Color.FAINT)


def _draw_tape_rows(inside: Area, y: int, model: Model, market: Market, table: Table, scrolled: int) -> None:
    trades = list(islice(reversed(market.tape), scrolled, scrolled + inside.height - y))
    largest = max((trade.quantity for trade in trades), default=1)
    bar_x = table.end + 2
    bar_width = inside.width - bar_x - 1
    before = ""
    for row, trade in enumerate(trades, start=y):
        time = clock_text(model, trade.timestamp_ns)
        _draw_trade(inside, row, time if time != before else "", market, trade, table, is_mine=False)
        before = time
        if bar_width >= 3:
            color = Color.BID_BAR if trade.is_buy else Color.ASK_BAR
            inside.put(bar_x, row, bar_right(trade.quantity / largest, bar_width), color)


def _draw_trade(
    inside: Area, y: int, time: str, market: Market, trade: TapeTrade, table: Table, *, is_mine: bool
) -> None:
    color = side_color(trade.is_buy)
    attribute = Attribute.BOLD if is_mine else Attribute.NONE
    table.put(inside, y, "TIME", time if inside.width >= ROOMY_WIDTH_MIN else time[3:], Color.FAINT)
    table.put(inside, y, SIDE, "B" if trade.is_buy else "S", color, attribute)
    table.put(inside, y, "PRICE", market.scale.text(trade.price), color, attribute)
    quantity = short_quantity(trade.quantity, QUANTITY_WIDTH if inside.width >= ROOMY_WIDTH_MIN else 4)
    table.put(inside, y, "QTY", quantity, Color.BRIGHT if is_mine else Color.TEXT, attribute)
