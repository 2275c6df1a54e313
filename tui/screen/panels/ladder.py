"""The price ladder: one row per tick or group of ticks, bids to the left of the price and offers to the right.

    MINE  CUM    bar BID  PRICE  ASK bar    CUM  MINE  VOL bar

Each number stands between its bar and the price.  Every fifth row is shaded, the rows between the best prices are
tinted, ◆ marks the average entry price, the price of the last trade is inverted.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from tui.screen.banners import banners, phase_banners
from tui.screen.cells import Area, Attribute, Color
from tui.screen.ladder_rows import LadderRows, work_out
from tui.screen.layout import Column, LadderColumns, Layout, Panel
from tui.screen.level_flashes import LadderSide
from tui.screen.market_data import Market
from tui.screen.model import LinkState, Model, ladder_columns_of
from tui.screen.my_order import MyOrder, ShownState
from tui.screen.panels.banner import draw_banner
from tui.screen.panels.frame import bar_left, bar_right, frame, put_empty, put_spans, side_color
from tui.screen.panels.header import DAY_IN_HEADER_WIDTH_MIN, HeaderPart, day_parts, fitting, parts_width
from tui.screen.price_scale import short_quantity

SHADED_EVERY_ROWS = 5
TOTAL_WIDTH = 7
# A place in the queue is shown with its mark in so many cells.
PLACE_WIDTH_MIN = 5


def draw_ladder(area: Area, model: Model, shown: Layout, now: float, *, is_second: bool = False) -> None:
    """Draw the panel; what the banner of the first ladder says of the connection `is_second` need not repeat."""
    market = model.market
    title = f"LADDER {market.symbol}" if market is not None else "LADDER"
    is_focused = model.focus is Panel.LADDER
    whole = area
    area = draw_banner(whole, phase_banners(model, now) if is_second else banners(model, now))
    if market is None or model.centre is None:
        put_empty(frame(area, title, is_focused=is_focused), _nothing_text(model, market))
        return
    # The prices that the banner takes the room of are those at the top: no other one moves.
    hidden = whole.height - area.height
    top = (model.centre // model.group + shown.ladder_rows // 2 - hidden) * model.group
    rows = work_out(model, market, top, shown.ladder_rows - hidden, now)
    if rows.group > 1:
        title += f" ×{rows.group}"
    beyond = _beyond_text(market, rows)
    inside = frame(area, title, is_focused=is_focused, note=beyond, note_color=Color.WARN)
    day = day_parts(market) if shown.width < DAY_IN_HEADER_WIDTH_MIN else []
    if not beyond:
        day = _draw_day(area, day, len(title) + 5)
    columns = ladder_columns_of(model, shown)
    _draw_heads(inside, columns)
    for y, price in enumerate(rows.shown(), start=1):
        _draw_row(inside, y, price, model, market, columns, rows)
    _draw_balance(area, rows, day)
    if model.is_stale(now) or model.link.state is not LinkState.LIVE:
        inside.dim()
        # What is one's own stays bright: it may be working all the same.
        for price, orders in rows.mine.items():
            if rows.bottom <= price <= rows.top:
                _draw_mine(inside, rows.y(price) + 1, model, orders, columns)


def _draw_day(area: Area, day: list[HeaderPart], x: int) -> list[HeaderPart]:
    """The day's figures on the upper border, as many as fit behind the title; returns the others."""
    parts = fitting(day, area.width - x - 3)
    _put_parts(area, area.width - parts_width(parts) - 3, 0, parts)
    return [part for part in day if part not in parts]


def _put_parts(area: Area, x: int, y: int, parts: list[HeaderPart]) -> None:
    for part in parts:
        area.put(x - 1, y, " ", Color.TEXT)
        x = put_spans(area, x, y, part.spans)
        x = area.put(x, y, " " * part.gap, Color.TEXT)


def _nothing_text(model: Model, market: Optional[Market]) -> str:
    if market is None or market.sequence is None:
        return "waiting for the book"
    if model.rewind is not None:
        return "no orders yet"
    return f"no orders yet: type  :buy {model.ticket.quantity} PRICE"


def _beyond_text(market: Market, rows: LadderRows) -> str:
    """Which best prices are outside of what is shown."""
    texts = []
    for name, price in (("ask", rows.best_ask), ("bid", rows.best_bid)):
        if price is not None and price > rows.top:
            texts.append(f"▲ {name} {market.scale.text(price)}")
        elif price is not None and price < rows.bottom:
            texts.append(f"▼ {name} {market.scale.text(price)}")
    return "  ".join(texts)


def _draw_heads(inside: Area, columns: LadderColumns) -> None:
    heads = (
        (columns.mine_bid, "MINE"),
        (columns.cumulated_bid, "CUM"),
        (columns.bid, "BID"),
        (columns.ask, "ASK"),
        (columns.cumulated_ask, "CUM"),
        (columns.volume, "VOL"),
    )
    for column, text in heads:
        if column.width:
            inside.put_right(column.end - 1, 0, text, Color.FAINT)
    inside.put(columns.mine_ask.x + 1, 0, "MINE", Color.FAINT)
    bar = columns.volume_bar
    if bar.width and not columns.volume.width:
        # Without their numbers the bars need a head of their own, or they seem to be those of MINE.
        inside.put(bar.x, 0, "VOL" if bar.width >= len("VOL") else "V", Color.FAINT)
    inside.put_right(columns.price.end - 2, 0, "PRICE", Color.FAINT)


def _draw_row(
    inside: Area,
    y: int,
    price: int,
    model: Model,
    market: Market,
    columns: LadderColumns,
    rows: LadderRows,
) -> None:
    background = _row_background(price, rows)
    if background is not Color.BASE and price != rows.cursor:
        inside.shade(0, y, inside.width, background)
    _draw_price(inside, y, price, market, columns.price, rows)
    for side, levels in ((LadderSide.BID, rows.bids), (LadderSide.ASK, rows.asks)):
        quantity = levels.get(price, 0)
        if quantity:
            is_flashing = (side, price) in rows.flashing
            _draw_level(inside, y, price, side, quantity, columns, rows, is_flashing=is_flashing)
    if price in rows.mine:
        _draw_mine(inside, y, model, rows.mine[price], columns)
    _draw_volume(inside, y, rows.volumes.get(price, 0), columns, rows)
    if price == rows.cursor:
        inside.pick_out(y, Color.CURSOR)
        inside.put(0, y, "►", Color.ACCENT, None, Attribute.BOLD)


def _row_background(price: int, rows: LadderRows) -> Color:
    bid, ask = rows.best_bid, rows.best_ask
    if bid is not None and ask is not None and bid < price < ask <= bid + rows.row_count // 2 * rows.group:
        return Color.INSIDE
    return Color.SHADE if _is_shaded(price, rows) else Color.BASE


def _is_shaded(price: int, rows: LadderRows) -> bool:
    return price // rows.group % SHADED_EVERY_ROWS == 0


def _draw_price(inside: Area, y: int, price: int, market: Market, column: Column, rows: LadderRows) -> None:
    text = market.scale.text(_shown_price(price, rows))
    x = column.end - 2 - len(text)
    if price == rows.average:
        inside.put(x - 2, y, "◆", Color.AVERAGE)
    if price in rows.large:
        is_buy = rows.large[price]
        inside.put(column.end - 1, y, "●", Color.TEXT if is_buy is None else side_color(is_buy))
    if price == rows.indicated:
        inside.put(x - 1, y, f"◇{text} ", Color.INK, Color.CONFIRM, Attribute.BOLD)
        return
    if price == rows.last:
        inside.put(x - 1, y, f" {text} ", Color.INK, Color.LAST_TAG, Attribute.BOLD)
        return
    color = Color.BRIGHT if _is_shaded(price, rows) else Color.DIM
    if price == rows.best_bid:
        color = Color.BID
    elif price == rows.best_ask:
        color = Color.ASK
    elif price == rows.average:
        color = Color.AVERAGE
    is_best = price in (rows.best_bid, rows.best_ask)
    inside.put(x, y, text, color, None, Attribute.BOLD if is_best else Attribute.NONE)


def _shown_price(row: int, rows: LadderRows) -> int:
    """The row's price; of the cursor's row that of the cursor, for that is what an order would get."""
    return rows.exact_cursor if row == rows.cursor and rows.exact_cursor is not None else row


def _draw_level(
    inside: Area,
    y: int,
    price: int,
    side: LadderSide,
    quantity: int,
    columns: LadderColumns,
    rows: LadderRows,
    *,
    is_flashing: bool,
) -> None:
    is_bid = side is LadderSide.BID
    number, bar = (columns.bid, columns.bid_bar) if is_bid else (columns.ask, columns.ask_bar)
    if is_flashing:
        flash = Color.BID_FLASH if is_bid else Color.ASK_FLASH
        inside.shade(number.x, y, number.width, flash)
    is_best = price == (rows.best_bid if is_bid else rows.best_ask)
    calm, lit = (Color.BID, Color.ON_BID) if is_bid else (Color.ASK, Color.ON_ASK)
    color = lit if is_flashing else calm
    attribute = Attribute.BOLD if is_best or is_flashing else Attribute.NONE
    text = short_quantity(quantity, number.width - 1)
    inside.put_right(number.end - 1, y, text, color, None, attribute)
    fraction = quantity / rows.quantity_max
    if is_bid:
        inside.put_right(bar.end, y, bar_left(fraction, bar.width), Color.BID_BAR)
    else:
        inside.put(bar.x, y, bar_right(fraction, bar.width), Color.ASK_BAR)
    cumulated = columns.cumulated_bid if is_bid else columns.cumulated_ask
    if cumulated.width:
        total = (rows.bids_cumulated if is_bid else rows.asks_cumulated)[price]
        inside.put_right(cumulated.end - 1, y, short_quantity(total, cumulated.width - 1), Color.FAINT)


def _draw_mine(inside: Area, y: int, model: Model, orders: list[MyOrder], columns: LadderColumns) -> None:
    """What of mine is at a price; bright on a tag only what is sure to be in the book."""
    for is_buy, column in ((True, columns.mine_bid), (False, columns.mine_ask)):
        mine = [order for order in orders if order.is_buy == is_buy]
        if not mine:
            continue
        is_sent = any(order.state is ShownState.SENT or order.asked for order in mine)
        mark = "?" if model.link.state is not LinkState.LIVE else "…" if is_sent else ""
        text = _mine_text(mine, column.width - 1, mark)
        place = _place_text(mine, column.width - 1 - len(text))
        if place and not mark:
            x = column.end - 1 - len(text) - len(place) if is_buy else column.x + 1 + len(text)
            inside.put(x, y, place, Color.DIM)
        x = column.end - 1 - len(text) if is_buy else column.x + 1
        if all(order.is_waiting for order in mine):
            inside.put(x, y, text, Color.WARN)
        elif mark:
            inside.put(x, y, text, Color.BID if is_buy else Color.ASK)
        else:
            tag = Color.BID_TAG if is_buy else Color.ASK_TAG
            inside.put(x, y, text, Color.ON_BID if is_buy else Color.ON_ASK, tag, Attribute.BOLD)


def _place_text(mine: list[MyOrder], width: int) -> str:
    """What is ahead of the first of these in its level, where there is room: `31›` of a bid, `‹94` of an offer."""
    places = [order.ahead for order in mine if order.is_working and order.ahead is not None]
    if not places or width < PLACE_WIDTH_MIN:
        return ""
    text = short_quantity(min(places), width - 1)
    return f"{text}›" if mine[0].is_buy else f"‹{text}"


def _mine_text(mine: list[MyOrder], width: int, mark: str) -> str:
    """`B25`; with `+90` what an iceberg hides, with `○` a stop that waits; `mark` goes to the end."""
    letter = "B" if mine[0].is_buy else "S"
    in_book, hidden = (
        sum(quantities)
        for quantities in (
            [order.in_book for order in mine],
            [order.remaining - order.in_book for order in mine if not order.is_waiting],
        )
    )
    stops = sum(order.remaining for order in mine if order.is_waiting)
    end = ("○" if stops else "") + mark
    if hidden and len(text := f"{letter}{in_book}+{hidden}{end}") <= width:
        return text
    end = ("+" if hidden else "") + end
    return f"{letter}{short_quantity(in_book or stops, max(4, width - 1 - len(end)))}{end}"


def _draw_volume(inside: Area, y: int, volume: int, columns: LadderColumns, rows: LadderRows) -> None:
    if not volume:
        return
    if columns.volume.width:
        inside.put_right(columns.volume.end - 1, y, short_quantity(volume, columns.volume.width - 1), Color.DIM)
    bar = columns.volume_bar
    inside.put(bar.x, y, bar_right(volume / rows.volume_max, bar.width), Color.VOLUME_BAR)


class Balance(NamedTuple):
    """What is said of the bids and of the offers, at length and in short, and the bids' part of both."""

    long: tuple[str, str]
    short: tuple[str, str]
    bid_part: float


NO_BALANCE = Balance(("", ""), ("", ""), 0.0)


def _balance(rows: LadderRows) -> Balance:
    """Nothing is said of a book of one side."""
    if rows.best_bid is None or rows.best_ask is None:
        return NO_BALANCE
    reach = rows.row_count * rows.group
    lowest, highest = rows.best_ask - reach, rows.best_bid + reach
    bid = max((total for price, total in rows.bids_cumulated.items() if price >= lowest), default=0)
    ask = max((total for price, total in rows.asks_cumulated.items() if price <= highest), default=0)
    if not bid + ask:
        return NO_BALANCE
    percent = round(100 * bid / (bid + ask))
    short = (f" {percent}% ", f" {100 - percent}% ")
    long = (
        f" bid {short_quantity(bid, TOTAL_WIDTH)} {short[0]}",
        f"{short[1]} {short_quantity(ask, TOTAL_WIDTH)} ask ",
    )
    return Balance(long, short, bid / (bid + ask))


def _draw_balance(area: Area, rows: LadderRows, day: list[HeaderPart]) -> None:
    """On the lower border: how much is bid and how much offered, each within as many ticks as there are rows.

    Between them the figures of the day that have no room above, before which the totals go.
    """
    balance = _balance(rows)
    has_room = area.width - 8 - len("".join(balance.long)) >= parts_width(day)
    left, right = balance.long if has_room else balance.short
    y = area.height - 1
    x = area.put(2, y, left, Color.BID)
    width = area.put_right(area.width - 2, y, right, Color.ASK) - x
    if width > 3 and left:
        middle = round(width * balance.bid_part)
        area.put(x, y, "━" * middle, Color.BID_BAR)
        area.put(x + middle, y, "━" * (width - middle), Color.ASK_BAR)
    parts = fitting(day, width - 2)
    _put_parts(area, x + (width - parts_width(parts)) // 2, y, parts)
