"""The watchlist: each symbol with last price, change of the day, best prices, what is held and what is earned."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Optional

from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.layout import Panel
from tui.screen.market_data import Market
from tui.screen.model import FLAT, Model, profit
from tui.screen.panels.frame import frame, put_empty
from tui.screen.panels.table import Table, Wanted
from tui.screen.scrolling import first_watched

SYMBOL_WIDTH_MAX = 8
# The heads in their order, how narrow a column may be, and which goes first where there is no room.
HEADS = (("SYMBOL", 6, 0), ("LAST", 6, 0), ("CHG", 5, 1), ("CHG%", 5, 5), ("BID / ASK", 9, 6), ("SPR", 3, 4),
         ("POS", 4, 3), ("P&L", 6, 2))  # fmt: skip


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
    shown = model.symbols[first : first + rows]
    cells = [_cells(model, model.markets[symbol]) for symbol in shown]
    table = Table(_wanted(cells), inside.width)
    table.draw_heads(inside)
    for y, (symbol, row) in enumerate(zip(shown, cells, strict=True), start=1):
        for cell in row:
            table.put(inside, y, cell.head, cell.text, cell.color, cell.attribute)
        if symbol == model.symbol:
            inside.pick_out(y, Color.CURSOR)


class WatchCell(NamedTuple):
    """What stands in one column of a symbol's row."""

    head: str
    text: str
    color: int
    attribute: int = Attribute.NONE


def _wanted(rows: list[list[WatchCell]]) -> list[Wanted]:
    """Each column as wide as what stands in it, so that as many as can be have room."""
    longest = {head: least for head, least, _ in HEADS}
    for cell in (cell for row in rows for cell in row):
        longest[cell.head] = max(longest[cell.head], len(cell.text))
    return [Wanted(head, longest[head], rank, is_right_aligned=head != HEADS[0][0]) for head, _, rank in HEADS]


def _cells(model: Model, market: Market) -> list[WatchCell]:
    scale, last = market.scale, market.last
    name_color = Color.ACCENT if market.symbol == model.symbol else Color.TEXT
    cells = [WatchCell("SYMBOL", fit(market.symbol, SYMBOL_WIDTH_MAX), name_color, Attribute.BOLD)]
    if last is not None:
        cells.append(WatchCell("LAST", scale.text(last.price), Color.BRIGHT, Attribute.BOLD))
    change = _change(market)
    if change is not None and last is not None:
        color = Color.GOOD if change > 0 else Color.BAD if change < 0 else Color.DIM
        percent = f"{100 * change / max(1, last.price - change):+.1f}"
        cells.append(WatchCell("CHG", f"{scale.price(change):+.{scale.decimals}f}" if change else "0", color))
        cells.append(WatchCell("CHG%", "0.0" if percent[1:] == "0.0" else percent, color))
    return [*cells, *_quote_cells(market), *_held_cells(model, market)]


def _quote_cells(market: Market) -> list[WatchCell]:
    bid, ask = market.best_bid, market.best_ask
    texts = ["–" if price is None else market.scale.text(price) for price in (bid, ask)]
    cells = [WatchCell("BID / ASK", " / ".join(texts), Color.DIM)]
    if not market.phase.is_continuous:
        cells.append(WatchCell("SPR", market.phase.name[:4], Color.WARN))
    elif bid is not None and ask is not None:
        cells.append(WatchCell("SPR", f"{ask - bid}t", Color.DIM))
    return cells


def _change(market: Market) -> Optional[int]:
    """In ticks, since the price that the day began from; None: nothing has traded, or that is not known."""
    start = market.reference_price if market.reference_price is not None else market.day.first
    return None if market.last is None or start is None else market.last.price - start


def _held_cells(model: Model, market: Market) -> list[WatchCell]:
    position = model.positions.get(market.symbol, FLAT)
    earned = sum(profit(model, market.symbol), Decimal(0))
    color = Color.GOOD if earned > 0 else Color.BAD if earned < 0 else Color.FAINT
    return [
        WatchCell("POS", f"{position.net:+,d}" if position.net else "0", Color.TEXT),
        WatchCell("P&L", market.scale.amount_text(earned, is_signed=True) if earned else "0", color),
    ]
