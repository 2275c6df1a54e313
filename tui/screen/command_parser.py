"""What a text of the `:` line asks for.  Pure: text in, one value out; nothing is carried out here."""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from tui.typed_price import BadLine
from tui.typed_terms import TypedTerms, parse_quantity, parse_terms


class OrderCommand(NamedTuple):
    """`buy 10 100.25`, `sell 5` (at the market), `sell 9 stop 99`, `buy 50 bid+1t show 10 day`."""

    is_buy: bool
    quantity: int
    terms: TypedTerms


class CancelCommand(NamedTuple):
    """`cancel 9127`; None: `cancel all`."""

    order_id: Optional[int]


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


class WordCommand(NamedTuple):
    """A command that is one word: flatten, help, theme, quit."""

    word: str


class BadCommand(NamedTuple):
    """Not understood, and why."""

    text: str


_ScreenCommand = Union[
    SymbolCommand, SecondCommand, PanelCommand, SettingCommand, PresetsCommand, WordCommand
]
TypedCommand = Union[OrderCommand, CancelCommand, QuantityCommand, _ScreenCommand, BadCommand]
_WORD_COMMANDS = ("flatten", "help", "theme", "quit")
KNOWN_COMMANDS = "buy sell cancel symbol second panel set presets qty flatten theme help quit"


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
    if name == "qty" and len(arguments) == 1 and _count(arguments[0]) is not None:
        return QuantityCommand(_count(arguments[0]) or 0)
    if name == "second" and len(arguments) == 1:
        return SecondCommand(arguments[0].upper())
    if name in ("panel", "panels") and len(arguments) <= 1:
        return PanelCommand("".join(arguments).lower())
    if name == "set" and len(arguments) in (0, 2):
        return SettingCommand(*(arguments or ["", ""]))
    if name == "presets" and arguments and None not in (counts := [_count(argument) for argument in arguments]):
        return PresetsCommand(tuple(count for count in counts if count is not None))
    if name in _WORD_COMMANDS and not arguments:
        return WordCommand(name)
    return BadCommand(f"{text.strip()!r} is no command; there are {KNOWN_COMMANDS}")


def _order(is_buy: bool, arguments: list[str]) -> TypedCommand:
    if not arguments:
        return BadCommand("say it as: buy QUANTITY [PRICE] [stop PRICE] [show QUANTITY] [post] [gtc|day|ioc|fok]")
    quantity = parse_quantity(arguments[0])
    if isinstance(quantity, BadLine):
        return BadCommand(quantity.text)
    terms = parse_terms(" ".join(arguments[1:]))
    return BadCommand(terms.text) if isinstance(terms, BadLine) else OrderCommand(is_buy, quantity, terms)


def _cancel(arguments: list[str]) -> TypedCommand:
    if arguments in (["all"], ["ALL"]):
        return CancelCommand(None)
    order_id = _count(arguments[0]) if len(arguments) == 1 else None
    return BadCommand("say it as: cancel ORDER_ID, or cancel all") if order_id is None else CancelCommand(order_id)


def _count(text: str) -> Optional[int]:
    """A whole number above 0 of at most 18 digits, else None."""
    is_number = text.isascii() and text.isdigit() and len(text) <= 18
    return int(text) if is_number and int(text) > 0 else None
