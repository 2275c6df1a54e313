"""The keys of the open `:` line, and carrying out what was typed there.  Pure but for the model."""

from __future__ import annotations

from exchange.engine.words import TimeInForce
from tui.screen.canceling import cancel, cancel_all
from tui.screen.command_editor import HISTORY_LENGTH_MAX, CommandEditor
from tui.screen.command_parser import (
    BadCommand,
    CancelCommand,
    OrderCommand,
    QuantityCommand,
    SymbolCommand,
    WordCommand,
    parse_command,
)
from tui.screen.key_decoder import Key
from tui.screen.messages import Effect, Outgoing
from tui.screen.model import Model, refuse
from tui.screen.proposals import OrderProposal, QuitProposal
from tui.screen.sending import ask_or_send, flatten
from tui.screen.subscriptions import switch_symbol
from tui.screen.ticket import TIMES_OF_TYPE, TicketType


def open_command_line(model: Model) -> None:
    """Show an empty command line on the ticket's row."""
    model.command = CommandEditor(model.command_history)


def type_command(model: Model, key: Key) -> list[Outgoing]:
    """One key for the open command line."""
    line = model.command
    assert line is not None
    if key.name in ("escape", "ctrl_c") or (key.name == "backspace" and not line.text):
        model.command = None
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
    if isinstance(command, BadCommand):
        return refuse(model, command.text)
    if isinstance(command, OrderCommand):
        return _order(model, command)
    if isinstance(command, CancelCommand):
        return _cancel(model, command)
    if isinstance(command, SymbolCommand):
        if command.symbol not in model.markets:
            return refuse(model, f"symbol {command.symbol} is not listed; there are {' '.join(model.symbols)}")
        return switch_symbol(model, command.symbol)
    if isinstance(command, QuantityCommand):
        model.ticket.quantity = command.quantity
        return []
    return _word(model, command)


def _order(model: Model, command: OrderCommand) -> list[Outgoing]:
    market = model.market
    if market is None:
        return refuse(model, "there is no instrument yet")
    kind = TicketType.MARKET if command.price is None else TicketType.LIMIT
    words = list(command.words)
    if "POST" in words and command.price is not None:
        words.remove("POST")
        kind = TicketType.POST
    times = {time.value: time for time in TIMES_OF_TYPE[kind]}
    if len(words) > 1 or any(word not in times for word in words):
        return refuse(model, f"{' '.join(words)}: a {kind.value} order takes one of {' '.join(times)}")
    if command.price is not None and not market.scale.is_on_tick(command.price):
        return refuse(model, f"price {command.price} is not a multiple of the tick {market.scale.tick_size}")
    price = None if command.price is None else market.scale.ticks(command.price)
    time_in_force: TimeInForce = times[words[0]] if words else TIMES_OF_TYPE[kind][0]
    terms = (command.is_buy, command.quantity, price, kind, time_in_force)
    return ask_or_send(model, OrderProposal(market.symbol, market.scale, *terms))


def _cancel(model: Model, command: CancelCommand) -> list[Outgoing]:
    if command.order_id is None:
        return cancel_all(model)
    orders = [order for order in model.orders.open() if order.order_id == command.order_id]
    return cancel(model, orders) if orders else refuse(model, f"order {command.order_id} is not open")


def _word(model: Model, command: WordCommand) -> list[Outgoing]:
    if command.word == "flatten":
        return flatten(model)
    if command.word == "help":
        model.is_help_shown = True
        return []
    if command.word == "theme":
        model.theme = model.theme.next
        return [Effect.REPAINT]
    working = model.orders.open()
    if not working:
        return [Effect.QUIT]
    model.confirm = QuitProposal(len(working))
    return []
