"""The first row: market, position and P&L to the left; the connection and the time to the right.

What doesn't fit goes, least important first.  The time is when something last changed: an idle screen is silent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Optional

from exchange.utils.helpers import NS_PER_S
from tui.cancel_on_disconnect import DisconnectWish
from tui.screen.cells import Area, Attribute, Color
from tui.screen.market_data import Market
from tui.screen.model import LinkState, Model, account_profit, profit
from tui.screen.panels.frame import Span, clock_text, put_spans, spans_width
from tui.screen.price_scale import short_quantity

GAP = 3
QUANTITY_WIDTH = 7
# From this width on the day's figures stand here, else on the ladder's upper border.
DAY_IN_HEADER_WIDTH_MIN = 170
DAY_RANK = 5
# Cancel on disconnect, where it was asked for.
_COD = {
    DisconnectWish.DAY: Span("COD", Color.WARN),
    DisconnectWish.ALL: Span("COD ALL", Color.WARN),
}


class HeaderPart(NamedTuple):
    """A group of spans; the one with the highest `rank` is left out first."""

    rank: int
    spans: list[Span]
    gap: int = GAP


def draw_header(area: Area, model: Model, now: float, retry_in_s: Optional[int]) -> None:
    """Draw it into an area of one row."""
    area.shade(0, 0, area.width, Color.STRIP)
    connection = _connection(model, now, retry_in_s)
    clock = Span(f"  {clock_text(model, int((now + model.clock_offset_s) * NS_PER_S))} ", Color.DIM)
    right_width = spans_width(connection) + len(clock.text)
    parts = fitting(_parts(model), area.width - right_width - 3)
    x = 1 - GAP
    for part in parts:
        x = put_spans(area, x + part.gap, 0, part.spans)
    x = max(0, area.width - right_width)
    x = put_spans(area, x, 0, connection)
    area.put(x, 0, clock.text, clock.foreground)
    if model.is_stale(now):
        area.shade(area.width - right_width, 0, spans_width(connection), Color.ALARM)


def _parts(model: Model) -> list[HeaderPart]:
    market = model.market
    if market is None:
        return [HeaderPart(0, [Span(model.user, Color.BRIGHT, Attribute.BOLD)])]
    day = day_parts(market) if model.width >= DAY_IN_HEADER_WIDTH_MIN else []
    day = [part._replace(rank=part.rank + DAY_RANK) for part in day]
    # A recorded day is nobody's in particular.
    account = _account_parts(model, market) if model.rewind is None else []
    return [*_market_parts(model, market), *day, *account]


def fitting(parts: list[HeaderPart], width: int) -> list[HeaderPart]:
    """The parts that fit into `width` cells."""
    while parts and parts_width(parts) > width:
        worst = max(range(len(parts)), key=lambda index: parts[index].rank)
        parts = parts[:worst] + parts[worst + 1 :]
    return parts


def parts_width(parts: list[HeaderPart]) -> int:
    """How many cells they take, the gap before the first left out."""
    return sum(spans_width(part.spans) + part.gap for part in parts) - (parts[0].gap if parts else 0)


def day_parts(market: Market) -> list[HeaderPart]:
    """The trading day's figures: high, low, average, volume, and what was bought less what was sold."""
    day, scale = market.day, market.scale
    if day.high is None or day.low is None:
        return []
    # The average and the difference are of the trades that were seen here, which may not be all.
    about = "" if day.priced_quantity == market.traded_quantity else "~"
    average = "–" if day.average is None else f"{about}{scale.average_text(scale.tick_size * day.average)}"
    difference = f"{about}{day.delta:+,d}" if day.priced_quantity else "–"
    figures = (
        (1, "H", scale.text(day.high)),
        (1, "L", scale.text(day.low)),
        (3, "VWAP", average),
        (2, "VOL", short_quantity(market.traded_quantity, QUANTITY_WIDTH)),
        (4, "Δ", difference),
    )
    return [
        HeaderPart(rank, [Span(f"{name} ", Color.FAINT), Span(text, Color.DIM)], gap=2)
        for rank, name, text in figures
    ]


def _name(model: Model) -> list[Span]:
    """The symbol, and which of how many it is."""
    name = [Span(model.symbol, Color.ACCENT, Attribute.BOLD)]
    if len(model.symbols) > 1 and model.symbol in model.symbols:
        name.append(Span(f" {model.symbols.index(model.symbol) + 1}/{len(model.symbols)}", Color.FAINT))
    return name


def symbol_width(model: Model) -> int:
    """How many cells the symbol takes at the beginning of the row."""
    return spans_width(_name(model))


def _market_parts(model: Model, market: Market) -> list[HeaderPart]:
    parts = [HeaderPart(0, _name(model))]
    if market.last is not None:
        arrow = {1: "▲", 0: "·", -1: "▼"}[market.direction]
        color = {1: Color.GOOD, 0: Color.TEXT, -1: Color.BAD}[market.direction]
        parts.append(
            HeaderPart(2, [Span(f"{arrow}{market.scale.text(market.last.price)}", color, Attribute.BOLD)])
        )
        if market.last.quantity:
            quantity = short_quantity(market.last.quantity, QUANTITY_WIDTH)
            parts.append(HeaderPart(4, [Span(f"×{quantity}", Color.DIM)], gap=1))
    phase = [HeaderPart(1, [Span(market.phase.name, Color.WARN, Attribute.BOLD)])]
    bid, ask = market.best_bid, market.best_ask
    if market.is_crossed:
        return parts + phase  # Nobody trades at these: what a call would trade at is in its banner.
    bid_text = "–" if bid is None else market.scale.text(bid)
    ask_text = "–" if ask is None else market.scale.text(ask)
    parts.append(HeaderPart(5, [Span(bid_text, Color.BID), Span(" / ", Color.FAINT), Span(ask_text, Color.ASK)]))
    if bid is not None and ask is not None:
        parts.append(HeaderPart(6, [Span("spr ", Color.FAINT), Span(f"{ask - bid}t", Color.DIM)]))
    return parts if market.phase.is_continuous else parts + phase


def _account_parts(model: Model, market: Market) -> list[HeaderPart]:
    position = model.position
    held = [Span("POS ", Color.FAINT), Span(f"{position.net:+,d}" if position.net else "0", Color.BRIGHT)]
    average: Optional[Span] = None
    if position.average_price is not None:
        average = Span(f"@ {market.scale.average_text(position.average_price)}", Color.AVERAGE)
    realised, unrealised = profit(model, market.symbol)
    total = realised + unrealised
    earned = [Span("P&L ", Color.FAINT), Span(_signed(market, total), _profit_color(total), Attribute.BOLD)]
    details = [
        Span("open ", Color.FAINT),
        Span(_signed(market, unrealised), Color.DIM),
        Span("  done ", Color.FAINT),
        Span(_signed(market, realised), Color.DIM),
    ]
    return [
        HeaderPart(1, held),
        *([HeaderPart(3, [average], gap=1)] if average else []),
        HeaderPart(3, earned),
        *([HeaderPart(3, _account(model, market))] if len(model.positions) > 1 else []),
        *([HeaderPart(4, _cash(market, model.cash))] if model.cash is not None else []),
        HeaderPart(8, details),
        *([HeaderPart(5, [_COD[model.cancel_on_disconnect]])] if model.cancel_on_disconnect in _COD else []),
        *([HeaderPart(7, _sequence(model.link.last_seq))] if model.link.last_seq else []),
    ]


def _account(model: Model, market: Market) -> list[Span]:
    total = account_profit(model)
    return [Span("ALL ", Color.FAINT), Span(_signed(market, total), _profit_color(total))]


def _cash(market: Market, amount: Decimal) -> list[Span]:
    return [Span("CASH ", Color.FAINT), Span(market.scale.amount_text(amount), Color.TEXT)]


def _sequence(last_seq: int) -> list[Span]:
    return [Span("seq ", Color.FAINT), Span(str(last_seq), Color.DIM)]


def _profit_color(amount: Decimal) -> int:
    return Color.GOOD if amount > 0 else Color.BAD if amount < 0 else Color.TEXT


def _signed(market: Market, amount: Decimal) -> str:
    return market.scale.amount_text(amount, is_signed=True) if amount else "0.00"


def _connection(model: Model, now: float, retry_in_s: Optional[int]) -> list[Span]:
    link = model.link
    if model.rewind is not None:
        place = model.rewind.place
        is_playing = place is not None and place.is_playing
        speed = "" if place is None else f" {place.speed:g}×"
        return [Span(f"{'▶' if is_playing else '❚❚'} RECORDED{speed}", Color.WARN, Attribute.BOLD)]
    if link.state is LinkState.CONNECTING:
        return [Span("○ CONNECTING", Color.WARN, Attribute.BOLD)]
    if link.state is LinkState.DOWN:
        wait = "" if retry_in_s is None else f" retry {retry_in_s}s"
        return [Span(f"○ DOWN{wait}", Color.BAD, Attribute.BOLD)]
    if model.is_stale(now):
        return [Span(f" ● STALE {now - link.heard_at:.1f}s ", Color.INK, Attribute.BOLD)]
    latency = "" if link.round_trip_s is None else f" {1000 * link.round_trip_s:.1f}ms"
    return [Span("● LIVE", Color.GOOD, Attribute.BOLD), Span(latency, Color.DIM)]
