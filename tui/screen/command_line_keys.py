"""The command line's keys, and carrying out what was typed.  Pure but for the model."""

from __future__ import annotations

from tui.screen.command_line import (
    HISTORY_LENGTH_MAX,
    BadCommand,
    CancelCommand,
    CommandLine,
    OrderCommand,
    QuantityCommand,
    SymbolCommand,
    WordCommand,
    parse_command,
)
from tui.screen.key_decoder import Key
from tui.screen.messages import Effect, Request
from tui.screen.model import Model, NoticeKind
from tui.screen.subscriptions import switch_symbol
from tui.screen.trading import cancel, cancel_all, flatten, make_wish
from tui.screen.wishes import TIMES_OF_KIND, OrderKind, OrderWish, QuitWish, TimeInForce


def open_command_line(model: Model) -> None:
    """Show an empty command line on the ticket's row."""
    model.command = CommandLine(model.command_history)


def type_command(model: Model, key: Key) -> list[Request]:
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


def _run(model: Model, text: str) -> list[Request]:
    if not text:
        return []
    history = model.command_history
    if not history or history[-1] != text:
        history.append(text)
        del history[:-HISTORY_LENGTH_MAX]
    command = parse_command(text)
    if isinstance(command, BadCommand):
        return _refuse(model, command.text)
    if isinstance(command, OrderCommand):
        return _order(model, command)
    if isinstance(command, CancelCommand):
        return _cancel(model, command)
    if isinstance(command, SymbolCommand):
        if command.symbol not in model.markets:
            return _refuse(model, f"symbol {command.symbol} is not listed; there are {' '.join(model.symbols)}")
        return switch_symbol(model, command.symbol)
    if isinstance(command, QuantityCommand):
        model.ticket.quantity = command.quantity
        return []
    return _word(model, command)


def _order(model: Model, command: OrderCommand) -> list[Request]:
    market = model.market
    if market is None:
        return _refuse(model, "there is no instrument yet")
    kind = OrderKind.MARKET if command.price is None else OrderKind.LIMIT
    words = list(command.words)
    if "POST" in words and command.price is not None:
        words.remove("POST")
        kind = OrderKind.POST
    times = {time.value: time for time in TIMES_OF_KIND[kind]}
    if len(words) > 1 or any(word not in times for word in words):
        return _refuse(model, f"{' '.join(words)}: a {kind.value} order takes one of {' '.join(times)}")
    if command.price is not None and not market.scale.is_on_tick(command.price):
        return _refuse(model, f"price {command.price} is not a multiple of the tick {market.scale.tick_size}")
    price = None if command.price is None else market.scale.ticks(command.price)
    time_in_force: TimeInForce = times[words[0]] if words else TIMES_OF_KIND[kind][0]
    wish = OrderWish(market.symbol, market.scale, command.is_buy, command.quantity, price, kind, time_in_force)
    return make_wish(model, wish)


def _cancel(model: Model, command: CancelCommand) -> list[Request]:
    if command.order_id is None:
        return cancel_all(model)
    orders = [order for order in model.orders.open() if order.order_id == command.order_id]
    return cancel(model, orders) if orders else _refuse(model, f"order {command.order_id} is not open")


def _word(model: Model, command: WordCommand) -> list[Request]:
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
    model.confirm = QuitWish(len(working))
    return []


def _refuse(model: Model, text: str) -> list[Request]:
    model.say(NoticeKind.REJECT, text)
    return []
