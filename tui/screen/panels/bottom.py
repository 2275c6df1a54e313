"""The last three rows: the ticket (or what is being confirmed or typed), the messages, the keys."""

from __future__ import annotations

from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.crossing import crossing
from tui.screen.key_table import hints
from tui.screen.layout import COMPACT_WIDTH_MIN
from tui.screen.market_data import Market
from tui.screen.model import Model, Notice, NoticeKind
from tui.screen.panels.frame import Span, clock_text, put_spans, spans_width
from tui.screen.proposals import MoveProposal, OrderProposal, Proposal, QuitProposal
from tui.screen.ticket import TicketType

_NOTICE_COLORS = {
    NoticeKind.INFO: Color.TEXT,
    NoticeKind.ACK: Color.ACCENT,
    NoticeKind.FILL: Color.GOOD,
    NoticeKind.REJECT: Color.BAD,
    NoticeKind.WARN: Color.WARN,
}


def draw_ticket_row(area: Area, model: Model) -> None:
    """Draw the row that the person acts on, into an area of one row."""
    if model.confirm is not None:
        _draw_confirm(area, model)
    elif model.command is not None:
        _draw_command(area, model)
    else:
        _draw_ticket(area, model)


def _draw_confirm(area: Area, model: Model) -> None:
    """As much as fits: what is asked, what it would trade at once, the keys, the notional, in this order."""
    proposal = model.confirm
    assert proposal is not None
    area.shade(0, 0, area.width, Color.CONFIRM)
    if isinstance(proposal, QuitProposal):
        question, keys = "QUIT?", ("Enter quit   Esc stay", "Enter Esc")
    else:
        is_flatten = isinstance(proposal, OrderProposal) and proposal.is_flatten
        question, keys = "FLATTEN?" if is_flatten else "SEND?", ("Enter send   Esc drop", "Enter Esc")
    asked = f" {question} {proposal.text()}"
    notional = proposal.notional_text() if isinstance(proposal, OrderProposal) else ""
    crosses = _crossing_text(model, proposal)
    for text, shown_keys in (
        (f"{asked} = {notional}" if notional else asked, keys[0]),
        (asked, keys[0]),
        (asked, keys[1]),
    ):
        x = area.width - len(shown_keys) - 1
        if len(text) + len(crosses) + 4 < x:
            break
    end_x = area.put(0, 0, fit(text, x - 2), Color.INK, None, Attribute.BOLD)
    area.put(end_x + 2, 0, fit(crosses, x - end_x - 3), Color.INK, None, Attribute.BOLD | Attribute.UNDERLINE)
    area.put(x, 0, shown_keys, Color.INK)


def _crossing_text(model: Model, proposal: Proposal) -> str:
    if isinstance(proposal, QuitProposal) or proposal.symbol != model.symbol or proposal.stop_price is not None:
        return ""
    market = model.markets[proposal.symbol]
    if not market.phase.is_continuous:
        return ""  # A call collects orders, whatever they cross: nothing trades at once.
    quantity = proposal.remaining if isinstance(proposal, MoveProposal) else proposal.quantity
    found = crossing(market, is_buy=proposal.is_buy, quantity=quantity, price=proposal.price)
    return "" if found is None else found.text(market, is_buy=proposal.is_buy)


def _draw_command(area: Area, model: Model) -> None:
    line = model.command
    assert line is not None
    area.shade(0, 0, area.width, Color.KEY)
    area.put(1, 0, ":", Color.ACCENT, None, Attribute.BOLD)
    room = max(1, area.width - 4)
    first = max(0, line.cursor - room + 1)
    area.put(2, 0, line.text[first : first + room], Color.BRIGHT)
    under = line.text[line.cursor : line.cursor + 1] or " "
    area.put(2 + line.cursor - first, 0, under, Color.BRIGHT, None, Attribute.REVERSE)
    if not line.text:
        area.put(4, 0, "buy 10 100.25   sell 9 stop 99   cancel 9127   symbol ACME   qty 7", Color.FAINT)


def _draw_ticket(area: Area, model: Model) -> None:
    ticket, market = model.ticket, model.market
    if model.is_armed:
        x = area.put(0, 0, " ARMED ", Color.INK, Color.ARMED_BADGE, Attribute.BOLD)
    else:
        x = area.put(0, 0, " SAFE ", Color.INK, Color.SAFE_BADGE, Attribute.BOLD)
    spans = [
        Span("  "),
        Span("b", Color.BID, Attribute.BOLD | Attribute.UNDERLINE),
        Span("uy ", Color.BID),
        Span("s", Color.ASK, Attribute.BOLD | Attribute.UNDERLINE),
        Span("ell  ", Color.ASK),
        Span(ticket.type.value, Color.BRIGHT, Attribute.BOLD),
        Span(f" {ticket.time_in_force.value}  ", Color.TEXT),
        Span("qty ", Color.FAINT),
    ]
    x = put_spans(area, x, 0, spans)
    x = _draw_presets(area, x, model)
    if market is None:
        return
    priced = _priced(model, market)
    notional = ""
    if ticket.type.has_limit and model.cursor is not None:
        notional = market.scale.amount_text(market.scale.price(model.cursor) * ticket.quantity)
    if notional and x + spans_width(priced) + len(notional) + 12 < area.width:
        priced += [Span("   notional ", Color.FAINT), Span(notional, Color.TEXT)]
    put_spans(area, x, 0, priced)


def _priced(model: Model, market: Market) -> list[Span]:
    """At which price, and what only this type of order has: all that would be sent but the side."""
    ticket = model.ticket
    if ticket.type is TicketType.MARKET:
        return [Span("  @ ", Color.FAINT), Span("market", Color.BRIGHT, Attribute.BOLD)]
    if model.cursor is None:
        return []
    spans = [
        Span("  stop " if ticket.type.is_stop else "  @ ", Color.FAINT),
        Span(market.scale.text(model.cursor), Color.BRIGHT, Attribute.BOLD),
    ]
    if ticket.type is TicketType.STOP_LIMIT:
        spans.append(Span(f"±{ticket.limit_ticks}t", Color.BRIGHT))
    if ticket.type is TicketType.ICEBERG:
        shown = ticket.display_quantity(market.lot_size)
        spans.append(Span(" shows ", Color.FAINT))
        spans.append(Span("all" if shown is None else str(shown), Color.BRIGHT, Attribute.BOLD))
    return spans


def _draw_presets(area: Area, x: int, model: Model) -> int:
    quantity = model.ticket.quantity
    lot = model.lot_size
    sizes = [preset * lot for preset in model.ticket.presets] if area.width >= COMPACT_WIDTH_MIN else []
    if quantity not in sizes:
        x = area.put(x, 0, f" {quantity} ", Color.BRIGHT, Color.KEY, Attribute.BOLD) + 1
    for number, size in enumerate(sizes, start=1):
        if size == quantity:
            x = area.put(x, 0, f" {size} ", Color.BRIGHT, Color.KEY, Attribute.BOLD) + 1
        else:
            x = area.put(x, 0, f"{number}:", Color.FAINT)
            x = area.put(x, 0, str(size), Color.DIM) + 1
    return x


def notice_head(model: Model, notice: Notice) -> str:
    """When it was, and of which symbol where there are several: `10:42:07 ACME `."""
    symbol = f"{notice.symbol} " if notice.symbol and len(model.symbols) > 1 else ""
    return f"{clock_text(model, notice.timestamp_ns)} {symbol}"


def draw_messages(area: Area, model: Model) -> None:
    """Draw what just happened, newest first, as much as fits, into an area of one row."""
    x = 1
    for index, notice in enumerate(reversed(model.notices)):
        head = notice_head(model, notice)
        if index and x + len(head) + len(notice.text) + 4 > area.width:
            break
        if index:
            x = area.put(x, 0, " · ", Color.FAINT)
        x = area.put(x, 0, head, Color.FAINT)
        color = _NOTICE_COLORS[notice.kind] if not index else Color.FAINT
        is_loud = not index and notice.kind in (NoticeKind.REJECT, NoticeKind.FILL)
        text = fit(notice.text, area.width - x - 1)
        x = area.put(x, 0, text, color, None, Attribute.BOLD if is_loud else Attribute.NONE)


def draw_hints(area: Area) -> None:
    """Draw the keys, as many as fit, into an area of one row."""
    x = 1
    for key, text in hints():
        if x + len(key) + len(text) + 1 > area.width - 1:
            break
        x = area.put(x, 0, key, Color.ACCENT, None, Attribute.BOLD)
        x = area.put(x + 1, 0, text, Color.DIM) + 2
