"""The keys of the open `:` line, and carrying out what was typed there.  Changes the model and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Optional, Union

from tui.screen.canceling import cancel, cancel_all, orders_of_side
from tui.screen.command_editor import HISTORY_LENGTH_MAX, CommandEditor
from tui.screen.command_parser import (
    BadCommand,
    CancelCommand,
    CancelSideCommand,
    GroupCommand,
    NotionalGuardCommand,
    OrderCommand,
    PanelCommand,
    PresetsCommand,
    QuantityCommand,
    QuantityGuardCommand,
    SecondCommand,
    SettingCommand,
    SymbolCommand,
    TypedCommand,
    WordCommand,
    parse_command,
)
from tui.screen.guards import guards_text
from tui.screen.help_search import open_help
from tui.screen.key_decoder import Key
from tui.screen.market_data import Market
from tui.screen.messages import Effect, Outgoing
from tui.screen.model import Model, NoticeKind, refuse
from tui.screen.palette import complete
from tui.screen.panel_choice import choose_panel
from tui.screen.price_rows import STEPS
from tui.screen.proposals import OrderProposal, QuitProposal
from tui.screen.proposals_from_keys import flatten, reverse
from tui.screen.scrolling import choose_group
from tui.screen.second_ladder import choose_second
from tui.screen.sending import ask_or_send
from tui.screen.settings import change_setting, presets_of
from tui.screen.subscriptions import switch_symbol
from tui.screen.ticket import TIMES_OF_TYPE, TicketType
from tui.typed_price import BadLine, MarketPrices, TypedPrice, resolve
from tui.typed_terms import TypedTerms


def open_command_line(model: Model) -> None:
    """Show an empty command line on the ticket's row."""
    model.command = CommandEditor(model.command_history)


def type_command(model: Model, key: Key) -> list[Outgoing]:
    """One key for the open command line."""
    line = model.command
    assert line is not None
    if key.name in ("escape", "ctrl_c") or (key.name == "backspace" and not line.text):
        model.command = None
    elif key.name == "tab":
        line.complete(complete(model, line.text[: line.cursor]))
    elif key.name == "enter":
        model.command = None
        return _run(model, line.text.strip())
    elif key.name == "space":
        line.insert(" ")
    elif len(key.name) == 1:
        line.insert(key.name)
    else:
        line.edit(key.name)
    return []


def _run(model: Model, text: str) -> list[Outgoing]:
    if not text:
        return []
    history = model.command_history
    if not history or history[-1] != text:
        history.append(text)
        del history[:-HISTORY_LENGTH_MAX]
    command = parse_command(text)
    return _carry_out(model, command)


def _carry_out(model: Model, command: TypedCommand) -> list[Outgoing]:
    if isinstance(command, BadCommand):
        return refuse(model, command.text)
    if isinstance(command, OrderCommand):
        return _order(model, command)
    if isinstance(command, CancelCommand):
        return _cancel(model, command)
    if isinstance(command, CancelSideCommand):
        return cancel(model, orders_of_side(model, is_buy=command.is_buy))
    if isinstance(command, SymbolCommand):
        if command.symbol not in model.markets:
            return refuse(model, f"symbol {command.symbol} is not listed; there are {' '.join(model.symbols)}")
        return switch_symbol(model, command.symbol)
    if isinstance(command, SecondCommand):
        if command.symbol not in model.markets or command.symbol == model.symbol:
            return refuse(model, f"symbol {command.symbol} is not another one that is listed")
        return choose_second(model, command.symbol)
    if isinstance(command, SettingCommand):
        wrong = change_setting(model, command.name, command.value)
        return refuse(model, wrong) if wrong else []
    if isinstance(command, PresetsCommand):
        return _presets(model, command)
    if isinstance(command, PanelCommand):
        return choose_panel(model, command.name)
    if isinstance(command, WordCommand):
        return _word(model, command)
    return _set(model, command)


def _set(
    model: Model, command: QuantityCommand | GroupCommand | QuantityGuardCommand | NotionalGuardCommand
) -> list[Outgoing]:
    """Choose something; nothing is sent."""
    if isinstance(command, QuantityCommand):
        model.ticket.quantity = command.quantity
    elif isinstance(command, GroupCommand):
        if command.ticks is not None and command.ticks not in STEPS:
            return refuse(model, f"a row is 1, 2, 5, 10 … ticks, not {command.ticks}")
        choose_group(model, command.ticks)
    elif isinstance(command, QuantityGuardCommand):
        model.guards = model.guards._replace(quantity_max=command.quantity)
        model.say(NoticeKind.INFO, guards_text(model.guards))
    else:
        notional = None if command.notional is None else Decimal(command.notional)
        model.guards = model.guards._replace(notional_max=notional)
        model.say(NoticeKind.INFO, guards_text(model.guards))
    return []


def _presets(model: Model, command: PresetsCommand) -> list[Outgoing]:
    try:
        model.ticket.presets = presets_of(command.presets)
    except ValueError as error:
        return refuse(model, f"{' '.join(map(str, command.presets))}: {error}")
    return []


def _order(model: Model, command: OrderCommand) -> list[Outgoing]:
    market, terms = model.market, command.terms
    if market is None:
        return refuse(model, "there is no instrument yet")
    prices: list[Optional[int]] = []
    for typed in (terms.price, terms.stop_price):
        price = _ticks(market, typed, is_buy=command.is_buy)
        if isinstance(price, BadLine):
            return refuse(model, price.text)
        prices.append(price)
    price, stop_price = prices
    kind = _type(terms)
    wrong = _why_not_shown(command, kind)
    if wrong:
        return refuse(model, wrong)
    times = {time.value: time for time in TIMES_OF_TYPE[kind]}
    if terms.time_in_force is not None and terms.time_in_force not in times:
        return refuse(model, f"a {kind.value} order takes one of {' '.join(times)}, not {terms.time_in_force}")
    if terms.post_only and kind is not TicketType.POST:
        return refuse(model, f"a {kind.value} order can't be post: it needs a price, and no stop")
    time_in_force = TIMES_OF_TYPE[kind][0] if terms.time_in_force is None else times[terms.time_in_force]
    proposal = OrderProposal(
        market.symbol, market.scale, command.is_buy, command.quantity, price, kind, time_in_force,
        stop_price=stop_price, display_quantity=terms.display_quantity,
    )  # fmt: skip
    return ask_or_send(model, proposal)


def _why_not_shown(command: OrderCommand, kind: TicketType) -> str:
    """Why the order can't show so much of itself at a time; "" if it can, or shows all."""
    displayed = command.terms.display_quantity
    if displayed is None:
        return ""
    if not kind.has_limit:
        return f"show {displayed}: a {kind.value} order shows nothing, as it has no price to rest at"
    is_part = displayed < command.quantity
    return "" if is_part else f"show {displayed} must be less than the quantity, {command.quantity}"


def _type(terms: TypedTerms) -> TicketType:
    if terms.stop_price is not None:
        return TicketType.STOP if terms.price is None else TicketType.STOP_LIMIT
    if terms.price is None:
        return TicketType.MARKET
    if terms.post_only:
        return TicketType.POST
    return TicketType.LIMIT if terms.display_quantity is None else TicketType.ICEBERG


def _ticks(market: Market, typed: Optional[TypedPrice], *, is_buy: bool) -> Union[int, BadLine, None]:
    """The price that is meant now, in ticks."""
    scale = market.scale
    bid, ask, last = (
        None if ticks is None else scale.price(ticks)
        for ticks in (market.best_bid, market.best_ask, market.last.price if market.last is not None else None)
    )
    price = resolve(typed, MarketPrices(scale.tick_size, bid, ask, last, bid if is_buy else ask, is_buy))
    if price is None or isinstance(price, BadLine):
        return price
    if not scale.is_on_tick(price):
        return BadLine(f"price {price} is not a multiple of the tick {scale.tick_size}")
    return scale.ticks(price)


def _cancel(model: Model, command: CancelCommand) -> list[Outgoing]:
    if command.order_id is None:
        return cancel_all(model)
    orders = [order for order in model.orders.open() if order.order_id == command.order_id]
    return cancel(model, orders) if orders else refuse(model, f"order {command.order_id} is not open")


def _word(model: Model, command: WordCommand) -> list[Outgoing]:
    if command.word == "flatten":
        return flatten(model)
    if command.word == "reverse":
        return reverse(model)
    if command.word in ("tour", "next", "back"):
        return _tour(model, command.word)
    if command.word == "help":
        open_help(model)
        return []
    if command.word == "messages":
        model.is_log_shown = True
        return []
    if command.word == "theme":
        model.theme = model.theme.next
        return [Effect.REPAINT]
    working = model.orders.open()
    if not working:
        return [Effect.QUIT]
    model.confirm = QuitProposal(len(working))
    return []


def _tour(model: Model, word: str) -> list[Outgoing]:
    """`:tour` begins it; `:next` and `:back` go from lesson to lesson."""
    if word == "tour" and model.lesson is None:
        model.is_tour_wanted = True
    elif word == "tour":
        return refuse(model, "this is the tour: q leaves it")
    elif model.lesson is None:
        return refuse(model, f"{word} is for the tour, which :tour begins")
    else:
        model.lesson.wanted_step = 1 if word == "next" else -1
    return []
