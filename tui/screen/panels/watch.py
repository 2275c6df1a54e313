"""The watchlist: each symbol with last price, change of the day, best prices, what is held and what is earned."""

from __future__ import annotations

from decimal import Decimal
from typing import Optional

from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.layout import Panel
from tui.screen.market_data import Market
from tui.screen.model import FLAT, Model, profit
from tui.screen.panels.frame import frame, put_empty
from tui.screen.panels.table import Table, Wanted
from tui.screen.scrolling import first_watched

SYMBOL_WIDTH_MAX = 8
COLUMNS = (
    Wanted("SYMBOL", SYMBOL_WIDTH_MAX, 0, is_right_aligned=False),
    Wanted("LAST", 8, 0),
    Wanted("CHG", 7, 1),
    Wanted("CHG%", 6, 5),
    Wanted("BID", 9, 6),
    Wanted("ASK", 9, 6),
    Wanted("SPR", 4, 4),
    Wanted("POS", 6, 3),
    Wanted("P&L", 9, 2),
)


def draw_watch(area: Area, model: Model) -> None:
    """Draw the panel; the symbol that is traded is picked out."""
    is_focused = model.focus is Panel.WATCH
    rows = max(0, area.height - 3)
    first = first_watched(model, rows)
    below = len(model.symbols) - first - rows
    note = f"{below} more ▼" if below > 0 else ""
    inside = frame(area, f"{Panel.WATCH.value} {len(model.symbols)}", is_focused=is_focused, note=note)
    if not model.symbols:
        put_empty(inside, "no symbols")
        return
    table = Table(list(COLUMNS), inside.width)
    table.draw_heads(inside)
    for y, symbol in enumerate(model.symbols[first : first + rows], start=1):
        _draw_symbol(inside, y, model, model.markets[symbol], table)
        if symbol == model.symbol:
            inside.pick_out(y, Color.CURSOR)


def _draw_symbol(inside: Area, y: int, model: Model, market: Market, table: Table) -> None:
    scale, last = market.scale, market.last
    name_color = Color.ACCENT if market.symbol == model.symbol else Color.TEXT
    table.put(inside, y, "SYMBOL", fit(market.symbol, SYMBOL_WIDTH_MAX), name_color, Attribute.BOLD)
    if last is not None:
        table.put(inside, y, "LAST", scale.text(last.price), Color.BRIGHT, Attribute.BOLD)
    change = _change(market)
    if change is not None and last is not None:
        color = Color.GOOD if change > 0 else Color.BAD if change < 0 else Color.DIM
        table.put(inside, y, "CHG", f"{scale.price(change):+.{scale.decimals}f}", color)
        table.put(inside, y, "CHG%", f"{100 * change / max(1, last.price - change):+.1f}", color)
    bid, ask = market.best_bid, market.best_ask
    table.put(inside, y, "BID", "–" if bid is None else scale.text(bid), Color.BID)
    table.put(inside, y, "ASK", "–" if ask is None else scale.text(ask), Color.ASK)
    if not market.phase.is_continuous:
        table.put(inside, y, "SPR", market.phase.name[:5], Color.WARN)
    elif bid is not None and ask is not None:
        table.put(inside, y, "SPR", f"{ask - bid}t", Color.DIM)
    _draw_held(inside, y, model, market, table)


def _change(market: Market) -> Optional[int]:
    """In ticks, since the price that the day began from; None: nothing has traded, or that is not known."""
    start = market.reference_price if market.reference_price is not None else market.day.first
    return None if market.last is None or start is None else market.last.price - start


def _draw_held(inside: Area, y: int, model: Model, market: Market, table: Table) -> None:
    position = model.positions.get(market.symbol, FLAT)
    table.put(inside, y, "POS", f"{position.net:+,d}" if position.net else "0", Color.TEXT)
    earned = sum(profit(model, market.symbol), Decimal(0))
    color = Color.GOOD if earned > 0 else Color.BAD if earned < 0 else Color.FAINT
    table.put(inside, y, "P&L", market.scale.amount_text(earned, is_signed=True) if earned else "0", color)
