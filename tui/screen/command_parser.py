"""What a text of the `:` line asks for.  Pure: text in, one value out; nothing is carried out here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Optional, Union

from tui.typed_price import BadLine, shown
from tui.typed_terms import TypedTerms, parse_quantity, parse_terms


class OrderCommand(NamedTuple):
    """`buy 10 100.25`, `sell 5` (at the market), `sell 9 stop 99`, `buy 50 bid+1t show 10 day`."""

    is_buy: bool
    quantity: int
    terms: TypedTerms


class CancelCommand(NamedTuple):
    """`cancel 9127`; None: `cancel all`."""

    order_id: Optional[int]


class CancelSideCommand(NamedTuple):
    """`cancel bids`, `cancel asks`"""

    is_buy: bool


class SymbolCommand(NamedTuple):
    """`symbol ACME`"""

    symbol: str


class QuantityCommand(NamedTuple):
    """`qty 25`"""

    quantity: int


class SecondCommand(NamedTuple):
    """`second BRICK`: what the second ladder shows."""

    symbol: str


class SettingCommand(NamedTuple):
    """`set bell on`; no name: say what is set."""

    name: str
    value: str


class PresetsCommand(NamedTuple):
    """`presets 1 5 10 25 100`, in lots."""

    presets: tuple[int, ...]


class PanelCommand(NamedTuple):
    """`panel heat`: show a panel or don't; "": say which there are."""

    name: str


class GroupCommand(NamedTuple):
    """`group 5`; None: `group auto`."""

    ticks: Optional[int]


class QuantityGuardCommand(NamedTuple):
    """`max 500`; None: `max off`."""

    quantity: Optional[int]


class NotionalGuardCommand(NamedTuple):
    """`notional 50000`; None: `notional off`."""

    notional: Optional[int]


class WordCommand(NamedTuple):
    """A command that is one word: flatten, reverse, messages, help, theme, quit."""

    word: str


class BadCommand(NamedTuple):
    """Not understood, and why."""

    text: str


TypedCommand = Union[
    OrderCommand,
    CancelCommand,
    CancelSideCommand,
    SymbolCommand,
    QuantityCommand,
    GroupCommand,
    QuantityGuardCommand,
    NotionalGuardCommand,
    SecondCommand,
    PanelCommand,
    SettingCommand,
    PresetsCommand,
    WordCommand,
    BadCommand,
]


class CommandHelp(NamedTuple):
    """A command as the search and the pages tell it; `choices` are words that may stand behind it."""

    word: str
    usage: str
    text: str
    choices: tuple[str, ...] = ()


_ORDER_USAGE = "QUANTITY [PRICE] [stop PRICE] [show QUANTITY] [post] [gtc|day|ioc|fok]"
COMMANDS: tuple[CommandHelp, ...] = (
    CommandHelp(
        "buy", f"buy {_ORDER_USAGE}", "A PRICE is 100.25, or bid, ask, mid, last, bid+2t, +1t; none: market"
    ),
    CommandHelp("sell", f"sell {_ORDER_USAGE}", "As buy: sell 5 ask+2t, sell 9 stop 99, sell 50 101 show 5"),
    CommandHelp("cancel", "cancel ID|all|bids|asks", "Cancel an order, or all, or those of a side; never asks"),
    CommandHelp("flatten", "flatten", "Close the position at the market (asks)"),
    CommandHelp("reverse", "reverse", "Close it and open one as large on the other side (asks)"),
    CommandHelp("symbol", "symbol NAME", "Show another symbol"),
    CommandHelp("second", "second NAME", "What the second ladder shows, on a wide screen"),
    CommandHelp("panel", "panel [NAME]", "Show a panel or don't; alone: say which there are"),
    CommandHelp(
        "set",
        "set [NAME VALUE]",
        "A setting that is remembered: bell, confirm; alone: say them",
        ("bell", "confirm"),
    ),
    CommandHelp("presets", "presets SIZE SIZE SIZE SIZE SIZE", "The sizes of the keys 1 to 5, in lots"),
    CommandHelp("qty", "qty QUANTITY", "The quantity of the ticket"),
    CommandHelp("group", "group TICKS|auto", "Ticks per row of the ladder", ("auto",)),
    CommandHelp("max", "max QUANTITY|off", "The largest order that is let through", ("off",)),
    CommandHelp("notional", "notional AMOUNT|off", "The most that an order may be worth", ("off",)),
    CommandHelp("messages", "messages", "All messages, newest first"),
    CommandHelp("theme", "theme", "The next theme"),
    CommandHelp("tour", "tour", "Ten lessons on a practice market; nothing is sent to the exchange"),
    CommandHelp("next", "next", "In the tour: the next lesson"),
    CommandHelp("back", "back", "In the tour: the lesson before"),
    CommandHelp("help", "help", "Keys and commands"),
    CommandHelp("quit", "quit", "Leave (asks while orders still work)"),
)
_WORD_COMMANDS = ("tour", "next", "back", "flatten", "reverse", "messages", "help", "theme", "quit")
KNOWN_COMMANDS = " ".join(command.word for command in COMMANDS)


def commands_table() -> str:
    """The table of commands in `tui/README.md`."""
    rows = [(command.usage.replace("|", "\\|"), command.text) for command in COMMANDS]
    return (
        "\n".join(["| command | does |", "|---|---|", *(f"| :{usage} | {text} |" for usage, text in rows)]) + "\n"
    )


def parse_command(text: str) -> TypedCommand:
    """What the text asks for.  Never raises."""
    words = text.strip().removeprefix(":").split()
    if not words:
        return BadCommand("nothing was typed")
    name, arguments = words[0].lower(), words[1:]
    if name in ("buy", "sell"):
        return _order(name == "buy", arguments)
    if name == "cancel":
        return _cancel(arguments)
    if name == "symbol" and len(arguments) == 1:
        return SymbolCommand(arguments[0].upper())
    if name == "qty" and len(arguments) == 1:
        quantity = parse_quantity(arguments[0])
        return BadCommand(quantity.text) if isinstance(quantity, BadLine) else QuantityCommand(quantity)
    if name == "second" and len(arguments) == 1:
        return SecondCommand(arguments[0].upper())
    if name in ("panel", "panels") and len(arguments) <= 1:
        return PanelCommand("".join(arguments).lower())
    if name == "set" and len(arguments) in (0, 2):
        return SettingCommand(*(arguments or ["", ""]))
    if name == "presets" and arguments:
        return _presets(arguments)
    if name in _LIMITED and len(arguments) == 1:
        return _limited(name, arguments[0].lower())
    if name in _WORD_COMMANDS and not arguments:
        return WordCommand(name)
    usage = next((command.usage for command in COMMANDS if command.word == name), None)
    if usage is not None:
        return BadCommand(f"say it as: {usage}")
    return BadCommand(f"{text.strip()!r} is no command; there are {KNOWN_COMMANDS}")


# What takes a number or a word for none.
_LIMITED: dict[str, tuple[str, Callable[[Optional[int]], TypedCommand]]] = {
    "group": ("auto", GroupCommand),
    "max": ("off", QuantityGuardCommand),
    "notional": ("off", NotionalGuardCommand),
}


def _limited(name: str, argument: str) -> TypedCommand:
    none, command = _LIMITED[name]
    if argument == none:
        return command(None)
    number = _count(argument)
    if number is None:
        return BadCommand(f"{name} {shown(argument)} must be a whole number of at least 1, or {none}")
    return command(number)


def _presets(arguments: list[str]) -> TypedCommand:
    counts = [_count(argument) for argument in arguments]
    wrong = next((text for text, count in zip(arguments, counts, strict=True) if count is None), None)
    if wrong is not None:
        return BadCommand(f"preset {shown(wrong)} must be a whole number of lots of at least 1")
    return PresetsCommand(tuple(count for count in counts if count is not None))


def _order(is_buy: bool, arguments: list[str]) -> TypedCommand:
    if not arguments:
        return BadCommand(f"say it as: {'buy' if is_buy else 'sell'} {_ORDER_USAGE}")
    quantity = parse_quantity(arguments[0])
    if isinstance(quantity, BadLine):
        return BadCommand(quantity.text)
    terms = parse_terms(" ".join(arguments[1:]))
    return BadCommand(terms.text) if isinstance(terms, BadLine) else OrderCommand(is_buy, quantity, terms)


def _cancel(arguments: list[str]) -> TypedCommand:
    if arguments in (["all"], ["ALL"]):
        return CancelCommand(None)
    if len(arguments) == 1 and arguments[0].lower() in ("bids", "asks"):
        return CancelSideCommand(arguments[0].lower() == "bids")
    if not arguments:
        return BadCommand("say it as: cancel ORDER_ID, or cancel all, bids or asks")
    order_id = _count(arguments[0]) if len(arguments) == 1 else None
    return (
        BadCommand(f"cancel {shown(' '.join(arguments))}: it must be an order's id, or all, bids or asks")
        if order_id is None
        else CancelCommand(order_id)
    )


def _count(text: str) -> Optional[int]:
    """A whole number above 0 of at most 18 digits, else None."""
    is_number = text.isascii() and text.isdigit() and len(text) <= 18
    return int(text) if is_number and int(text) > 0 else None
