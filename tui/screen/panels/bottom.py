"""The last three rows: the ticket (or what is being confirmed or typed), the messages, the keys."""

from __future__ import annotations

from typing import Optional

from exchange.utils.visible_text import visible_text
from tui.screen.canceling import orders_at
from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.crossing import crossing
from tui.screen.dragging import dragged_order
from tui.screen.key_table import Action, hints
from tui.screen.layout import COMPACT_WIDTH_MIN
from tui.screen.market_data import Market
from tui.screen.model import Model, Notice, NoticeKind
from tui.screen.modes import Drag
from tui.screen.panels.frame import Span, action_at, clock_text, put_spans, spans_width
from tui.screen.panels.header import symbol_width
from tui.screen.proposals import MoveProposal, OrderProposal, Proposal, QuitProposal
from tui.screen.ticket import TicketType

DROP = "Esc drop"
# Behind a message that has no room: the key that shows all of it.
READ_ON = " m: all"
PRESET_ACTIONS = (Action.PRESET_1, Action.PRESET_2, Action.PRESET_3, Action.PRESET_4, Action.PRESET_5)
NOTICE_COLORS = {
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
    elif model.drag is not None:
        _draw_drag(area, model, model.drag)
    elif model.command is not None:
        _draw_command(area, model)
    else:
        put_spans(area, 0, 0, ticket_spans(model, area.width))


def _draw_confirm(area: Area, model: Model) -> None:
    """As much as fits: what is asked, what it would trade at once, the keys, the notional, in this order."""
    proposal = model.confirm
    assert proposal is not None
    area.shade(0, 0, area.width, Color.CONFIRM)
    if isinstance(proposal, QuitProposal):
        question, keys = "QUIT?", ("Enter quit   Esc stay", "Enter Esc")
    else:
        question, keys = _question(proposal), (f"Enter send   {DROP}", "Enter Esc")
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


def _question(proposal: OrderProposal | MoveProposal) -> str:
    if isinstance(proposal, OrderProposal) and proposal.closes:
        return "REVERSE?" if proposal.is_reverse else "FLATTEN?"
    return "SEND?"


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
    # In cells: what does not take exactly one is shown escaped.
    before, under = (
        visible_text(line.text[: line.cursor]),
        visible_text(line.text[line.cursor : line.cursor + 1] or " "),
    )
    behind = visible_text(line.text[line.cursor + 1 :])
    first = max(0, len(before) + len(under) - room)
    area.put(2, 0, f"{before}{under}{behind}"[first : first + room], Color.BRIGHT)
    area.put(2 + len(before) - first, 0, under, Color.BRIGHT, None, Attribute.REVERSE)
    if not line.text:
        area.put(4, 0, "buy 10 100.25   sell 9 stop 99   cancel 9127   symbol ACME   qty 7", Color.FAINT)


def ticket_spans(model: Model, width: int) -> list[Span]:
    """The ticket: what the next order will be like.  Each piece is a button for the key that changes it."""
    ticket, market = model.ticket, model.market
    underlined = Attribute.BOLD | Attribute.UNDERLINE
    spans = [
        _badge(model),
        Span("  "),
        Span("b", Color.BID, underlined, action=Action.BUY),
        Span("uy", Color.BID, action=Action.BUY),
        Span(" "),
        Span("s", Color.ASK, underlined, action=Action.SELL),
        Span("ell", Color.ASK, action=Action.SELL),
        Span("  "),
        Span(ticket.type.value, Color.BRIGHT, Attribute.BOLD, action=Action.ORDER_TYPE),
        Span(" "),
        Span(ticket.time_in_force.value, Color.TEXT, action=Action.TIME_IN_FORCE),
        Span("  "),
        Span("qty ", Color.FAINT),
        *_preset_spans(model),
    ]
    if market is None:
        return spans
    spans += _priced(model, market)
    places = [
        order.ahead for order in orders_at(model, model.cursor) if order.is_working and order.ahead is not None
    ]
    if places:
        spans = _with_place(spans, min(places), width)
    if ticket.type.has_limit and model.cursor is not None:
        notional = market.scale.amount_text(market.scale.price(model.cursor) * ticket.quantity)
        if spans_width(spans) + len(notional) + 12 < width:
            spans += [Span("   notional ", Color.FAINT), Span(notional, Color.TEXT)]
    return spans


def _with_place(spans: list[Span], ahead: int, width: int) -> list[Span]:
    """With one's place in the queue at the cursor, in as many words as fit; it is worth more than a preset."""
    text = str(ahead)
    for words in ("   ahead of mine ", "  ahead ", " › "):
        if spans_width(spans) + len(words) + len(text) <= width:
            break
    while spans_width(spans) + len(words) + len(text) > width and (preset := _last_preset(spans)) is not None:
        spans = spans[:preset] + spans[preset + 3 :]
    return [*spans, Span(words, Color.FAINT), Span(text, Color.TEXT)]


def _last_preset(spans: list[Span]) -> Optional[int]:
    """Where the last preset begins that is not chosen: its number, its size and a blank."""
    found = [
        index for index, span in enumerate(spans) if span.action in PRESET_ACTIONS and span.text.endswith(":")
    ]
    return found[-1] if found else None


def _badge(model: Model) -> Span:
    text, background = (" ARMED ", Color.ARMED_BADGE) if model.is_armed else (" SAFE ", Color.SAFE_BADGE)
    return Span(text, Color.INK, Attribute.BOLD, background, Action.ARM)


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
        spans.append(Span(f"±{ticket.limit_ticks}t", Color.BRIGHT, action=Action.DETAIL))
    if ticket.type is TicketType.ICEBERG:
        shown = ticket.display_quantity(market.lot_size)
        spans.append(Span(" shows ", Color.FAINT, action=Action.DETAIL))
        text = "all" if shown is None else str(shown)
        spans.append(Span(text, Color.BRIGHT, Attribute.BOLD, action=Action.DETAIL))
    return spans


def _preset_spans(model: Model) -> list[Span]:
    quantity, lot = model.ticket.quantity, model.lot_size
    sizes = [preset * lot for preset in model.ticket.presets] if model.width >= COMPACT_WIDTH_MIN else []
    spans = []
    if quantity not in sizes:
        spans += [Span(f" {quantity} ", Color.BRIGHT, Attribute.BOLD, Color.KEY), Span(" ")]
    for number, (size, action) in enumerate(zip(sizes, PRESET_ACTIONS[: len(sizes)], strict=True), start=1):
        if size == quantity:
            spans.append(Span(f" {size} ", Color.BRIGHT, Attribute.BOLD, Color.KEY, action))
        else:
            spans.append(Span(f"{number}:", Color.FAINT, action=action))
            spans.append(Span(str(size), Color.DIM, action=action))
        spans.append(Span(" "))
    return spans


def _draw_drag(area: Area, model: Model, drag: Drag) -> None:
    """What letting the order go would ask or send."""
    order = dragged_order(model, drag)
    area.shade(0, 0, area.width, Color.KEY)
    if order is None:
        return
    scale = model.markets[order.symbol].scale
    side = "BUY" if order.is_buy else "SELL"
    text = f" {order.order_id} {side} {order.remaining} {order.symbol} {scale.text(order.ladder_price or 0)}"
    if drag.over != drag.start:
        text += f" to {scale.text(drag.over)}"
    x = area.put(0, 0, text, Color.BRIGHT, None, Attribute.BOLD)
    end = "moves it at once, for ARMED" if model.is_armed else "asks whether to move it there"
    area.put(x + 2, 0, f"letting go {end}   Esc keeps it", Color.DIM)


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
        color = NOTICE_COLORS[notice.kind] if not index else Color.FAINT
        is_loud = not index and notice.kind in (NoticeKind.REJECT, NoticeKind.FILL)
        text = fit(notice.text, area.width - x - 1)
        is_cut = not index and text != visible_text(notice.text)
        if is_cut:
            text = fit(notice.text, area.width - x - 1 - len(READ_ON))
        x = area.put(x, 0, text, color, None, Attribute.BOLD if is_loud else Attribute.NONE)
        if is_cut:
            x = area.put(x, 0, READ_ON, Color.ACCENT)


def hint_spans(width: int) -> list[Span]:
    """The keys, as many as fit into `width` cells; each is a button for itself."""
    spans = [Span(" ")]
    for hint in hints():
        if spans_width(spans) + len(hint.keys) + len(hint.text) + 2 > width:
            break
        for text, color, attribute in ((hint.keys, Color.ACCENT, Attribute.BOLD), (hint.text, Color.DIM, 0)):
            # `b/s buy/sell` is a button for each.
            words = text.split("/") if len(hint.actions) > 1 else [text]
            for number, word in enumerate(words):
                action = hint.actions[min(number, len(hint.actions) - 1)]
                spans += [Span("/", color, attribute)] * (number > 0)
                spans.append(Span(word, color, attribute, action=action))
            spans.append(Span(" "))
        spans.append(Span(" "))
    return spans


def draw_hints(area: Area) -> None:
    """Draw the keys, as many as fit, into an area of one row."""
    put_spans(area, 0, 0, hint_spans(area.width))


def button_at(model: Model, x: int, y: int) -> Optional[Action]:
    """What a click does at a cell outside of the panels; None: nothing."""
    shown = model.layout
    if y == 0:
        return Action.SYMBOL_NEXT if 1 <= x < 1 + symbol_width(model) else None
    if y == shown.messages_y:
        return Action.MESSAGES
    if y == shown.hints_y:
        return action_at(hint_spans(model.width), x)
    if y != shown.ticket_y:
        return None
    if model.confirm is not None:
        # Enter alone sends; dropping it may be clicked.
        return Action.ESCAPE if x >= model.width - len(DROP) - 1 else None
    return action_at(ticket_spans(model, model.width), x)
