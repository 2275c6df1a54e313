"""A recorded day: the event at hand in words, where in the day it is, and who stands at a price, one by one."""

from __future__ import annotations

import textwrap

from exchange.laboratory.telling.moment_view import StandingOrder
from exchange.utils.helpers import NS_PER_S
from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.key_table import rewind_hints
from tui.screen.layout import Panel
from tui.screen.model import Model
from tui.screen.modes import Rewind
from tui.screen.panels.frame import frame, put_empty, side_color
from tui.screen.panels.table import Table, Wanted
from tui.screen.price_scale import short_quantity

NOT_PLACED = "reading the day"
QUANTITY_WIDTH = 8
USER_WIDTH_MAX = 12


def draw_moment(area: Area, rewind: Rewind) -> None:
    """Draw what the command was and what it led to, above the panels."""
    place = rewind.place
    if place is None:
        put_empty(frame(area, "RECORDED DAY", is_focused=True), NOT_PLACED)
        return
    title = f"COMMAND {place.sequence:,}"
    inside = frame(area, title, is_focused=True, note=time_text(place.timestamp_ns), note_color=Color.BRIGHT)
    lines = textwrap.wrap(place.text, max(10, inside.width - 2))
    if len(lines) > inside.height:
        lines[inside.height - 1] = fit(lines[inside.height - 1] + " …", inside.width - 2)
    for y, line in enumerate(lines[: inside.height]):
        inside.put(1, y, line, Color.BRIGHT if y == 0 else Color.TEXT)


def time_text(timestamp_ns: int) -> str:
    """`10:42:07.123456`, UTC."""
    seconds, nanos = divmod(timestamp_ns, NS_PER_S)
    seconds %= 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{nanos // 1000:06}"


def draw_progress(area: Area, rewind: Rewind) -> None:
    """Draw how far the day is, into an area of one row."""
    place = rewind.place
    if place is None:
        area.put(1, 0, NOT_PLACED, Color.FAINT)
        return
    badge = f" {'PLAY' if place.is_playing else 'PAUSE'} {place.speed:g}× "
    x = area.put(0, 0, badge, Color.INK, Color.CONFIRM if place.is_playing else Color.SAFE_BADGE, Attribute.BOLD)
    count = f"{place.sequence:,} of {place.last:,}"
    end_x = area.put_right(area.width - 1, 0, count, Color.DIM)
    width = end_x - x - 4
    if width > 3:
        part = (place.sequence - place.first) / max(1, place.last - place.first)
        area.put(x + 2, 0, "─" * width, Color.BORDER)
        done = round(part * width)
        area.put(x + 2, 0, "━" * done, Color.ACCENT)
        area.put(x + 2 + min(done, width - 1), 0, "●", Color.ACCENT, None, Attribute.BOLD)


def draw_rewind_hints(area: Area) -> None:
    """Draw the keys, as many as fit, into an area of one row."""
    x = 1
    for key, text in (*rewind_hints(), ("h", "heat map"), ("?", "help"), ("q", "quit")):
        if x + len(key) + len(text) + 1 > area.width - 1:
            break
        x = area.put(x, 0, key, Color.ACCENT, None, Attribute.BOLD)
        x = area.put(x + 1, 0, text, Color.DIM) + 2


def draw_queue(area: Area, model: Model, rewind: Rewind) -> None:
    """Draw who stands at the price that was asked for, first who trades first; hidden parts are marked."""
    market, price = model.market, rewind.queue_price
    is_focused = model.focus is Panel.ORDERS
    if market is None or price is None:
        put_empty(frame(area, "QUEUE", is_focused=is_focused), "Enter: who stands at the cursor")
        return
    queue = rewind.queue
    rows = max(0, area.height - 3)
    below = len(queue) - rows
    total = sum(order.shown_quantity for order in queue)
    note = f"{below} ▼" if below > 0 else f"shown {short_quantity(total, QUANTITY_WIDTH)}"
    grouped = f" ×{rewind.queue_ticks}" if rewind.queue_ticks > 1 else ""
    title = f"QUEUE {market.scale.text(price)}{grouped}  {len(queue)}"
    inside = frame(area, title, is_focused=is_focused, note=note)
    if not queue:
        put_empty(inside, "nobody stands there")
        return
    price_width = max(len(market.scale.text(order.price)) for order in queue) if grouped else 0
    table = _queue_table(queue, inside.width, price_width)
    table.draw_heads(inside)
    for y, order in enumerate(queue[:rows], start=1):
        _draw_standing(inside, y, order, y, table)
        if grouped:
            table.put(inside, y, "PRICE", market.scale.text(order.price), side_color(order.is_buy))
        if rewind.place is not None and order.order_id == rewind.place.order_id:
            inside.pick_out(y, Color.CURSOR)


def _queue_table(queue: tuple[StandingOrder, ...], width: int, price_width: int) -> Table:
    """`price_width` 0: all stand at one price."""
    id_width = max(len(str(order.order_id)) for order in queue)
    user_width = min(USER_WIDTH_MAX, max(len(order.user) for order in queue))
    prices = [Wanted("PRICE", max(5, price_width), 0)] if price_width else []
    return Table(
        [
            Wanted("#", 3, 3),
            *prices,
            Wanted("ORDER", max(5, id_width), 1),
            Wanted("USER", max(4, user_width), 0, is_right_aligned=False),
            Wanted("SHOWN", 6, 0),
            Wanted("HIDDEN", 7, 2),
            Wanted("SINCE", 15, 4, is_right_aligned=False),
        ],
        width,
    )


def _draw_standing(inside: Area, y: int, order: StandingOrder, number: int, table: Table) -> None:
    color = side_color(order.is_buy)
    table.put(inside, y, "#", str(number), Color.FAINT)
    table.put(inside, y, "ORDER", str(order.order_id), Color.DIM)
    table.put(inside, y, "USER", fit(order.user, USER_WIDTH_MAX), Color.TEXT)
    table.put(inside, y, "SHOWN", short_quantity(order.shown_quantity, 6), color, Attribute.BOLD)
    if order.hidden_quantity:
        table.put(inside, y, "HIDDEN", f"+{short_quantity(order.hidden_quantity, 6)}", Color.WARN)
    table.put(inside, y, "SINCE", time_text(order.timestamp), Color.FAINT)
