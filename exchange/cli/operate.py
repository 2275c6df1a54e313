"""`exchange operate`: talk to the engine that runs on a data directory, from the same machine, as its operator."""

from __future__ import annotations

import argparse
import re
from decimal import Decimal
from typing import Any

from exchange.cli.command_parser import CommandFailed, CommandParser, OptionError
from exchange.cli.operator_line import NoAnswerError, ask
from exchange.engine.instrument import NANOS_DIGITS
from exchange.networking.operator.answers_for_people import as_json, hint, told
from exchange.networking.operator.operator_wish import ALL_SYMBOLS
from exchange.networking.wire.fields import shown
from exchange.networking.wire.limits import PRICE_MAX
from exchange.utils.command_line import say

DESCRIPTION = "Watch over a running exchange: who is there, who may trade, and what."
EPILOG = f"""\
examples:
  %(prog)s list
  %(prog)s block alice
  %(prog)s halt ACME
  %(prog)s halt {ALL_SYMBOLS}
  %(prog)s halt ACME 60
  %(prog)s phase ACME AUCTION
  %(prog)s say "the contest ends at noon"
  %(prog)s endow alice 10000 ACME 50 101.25
  %(prog)s settle ACME 99.80

What is done survives a restart of the engine.  Only the owner of the data directory
may do it.

exit code: 0 it is done (also where there was nothing to change), 1 the engine refused
it, 2 no engine answered or the command was not understood
"""

EXIT_NOT_DONE = 1

# What one word asks for, by what it concerns.
_USER_WISHES = {
    "block": "cancel all live orders of a user and refuse new ones",
    "unblock": "take the user's orders again; what was canceled stays so",
    "reset": "forget the user's token, and hang up on who is logged in with it: the next login claims the name "
    "anew, with its orders and positions",
}
_SYMBOL_WISHES = {
    "halt": "take no orders in an instrument, or in all; what rests stays and may be canceled",
    "resume": "trade an instrument, or all, again",
}
_SYMBOL_HELP = "an instrument that `list` shows"
_DIGITS_MAX = 18
_PHASES = ("PRE_OPEN", "AUCTION", "CLOSING_AUCTION", "CONTINUOUS", "HALTED", "CLOSED")


# --- the command's own side ------------------------------------------------------------------------------------


def add_options(parser: CommandParser) -> None:
    """What to do, and where."""
    parser.add_data_dir("the engine's data directory")
    parser.add_argument("--json", action="store_true", help="print the engine's answer as it is, one JSON object")
    wishes = parser.add_subparsers(dest="do", required=True, metavar="COMMAND")
    text = "every instrument and its phase; every user, their orders, connections, state, positions and P&L"
    wishes.add_parser("list", help=text, description=text)
    for name, text in _USER_WISHES.items():
        wish = wishes.add_parser(name, help=text, description=text)
        wish.add_argument("user", metavar="USER", help="the name, in exactly the letters that `list` shows")
    for name, text in _SYMBOL_WISHES.items():
        wish = wishes.add_parser(name, help=text, description=text)
        wish.add_argument("symbol", metavar=f"SYMBOL|{ALL_SYMBOLS}", help="what `list` shows, or every instrument")
        if name == "halt":
            wish.add_argument(
                "seconds", metavar="SECONDS", nargs="?", type=_integer, help="then it reopens by an auction"
            )
    _add_market_wishes(wishes)


def _add_market_wishes(wishes: argparse._SubParsersAction[Any]) -> None:
    text = "bring an instrument into a phase; a call ends in an auction when the next phase comes"
    phase = wishes.add_parser("phase", help=text, description=text)
    phase.add_argument("symbol", metavar="SYMBOL", help=_SYMBOL_HELP)
    phase.add_argument("phase", metavar="PHASE", choices=_PHASES, help="one of " + ", ".join(_PHASES))
    text = "tell something to all who follow the news, or to one user"
    news = wishes.add_parser("say", help=text, description=text)
    news.add_argument("text", metavar="TEXT", nargs="+", help="what they shall read; its words may go unquoted")
    news.add_argument("--user", metavar="USER", help="tell it to them alone")
    text = "give a user cash, and perhaps a position at an average price"
    endow = wishes.add_parser("endow", help=text, description=text)
    endow.add_argument("user", metavar="USER", help="who gets it")
    endow.add_argument("cash", metavar="CASH", type=_number, help="an amount, negative to take it away")
    endow.add_argument("symbol", metavar="SYMBOL", nargs="?", help=_SYMBOL_HELP)
    endow.add_argument("quantity", metavar="QUANTITY", nargs="?", type=_integer, help="negative for a short one")
    endow.add_argument(
        "average", metavar="AVERAGE", nargs="?", type=_number, help="what one was bought or sold at"
    )
    text = "close every position in an instrument at a price, without a trade, and the instrument"
    settle = wishes.add_parser("settle", help=text, description=text)
    settle.add_argument("symbol", metavar="SYMBOL", help=_SYMBOL_HELP)
    settle.add_argument("price", metavar="PRICE", type=_number, help="what every position is closed at")


def _number(text: str) -> Decimal:
    """An amount of currency, exactly as it was typed."""
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError(f"{shown(text)} is not a plain decimal number, like 1000 or 101.25")
    if len(text.partition(".")[2]) > NANOS_DIGITS:
        raise argparse.ArgumentTypeError(f"{shown(text)} has more than {NANOS_DIGITS} decimals")
    if len(text.partition(".")[0]) > _DIGITS_MAX or abs(Decimal(text)) > PRICE_MAX:
        raise argparse.ArgumentTypeError(f"{shown(text)} is beyond the limit of {PRICE_MAX} in magnitude")
    return Decimal(text)


def _integer(text: str) -> int:
    if re.fullmatch(r"-?[0-9]{1,18}", text) is None:
        raise argparse.ArgumentTypeError(f"{shown(text)} is not a whole number of at most 18 digits")
    return int(text)


# --- the whole -------------------------------------------------------------------------------------------------


def run(options: argparse.Namespace) -> int:
    """Ask, tell; the exit code, which says what was done and not whether anybody took the output.

    Raises OptionError and CommandFailed.
    """
    if options.do == "endow" and options.symbol is not None and options.average is None:
        raise OptionError("endow: SYMBOL, QUANTITY and AVERAGE go together")
    own = ("data_dir", "json", "program")
    wish = {name: value for name, value in vars(options).items() if name not in own and value is not None}
    if options.do == "say":
        wish["text"] = " ".join(options.text)
    try:
        answer = ask(options.data_dir, wish)
    except NoAnswerError as error:
        raise CommandFailed(error) from error
    is_refused = answer["type"] == "error"
    if options.json:
        say(as_json(answer))
    elif is_refused:
        word_for_all = ALL_SYMBOLS if options.do in _SYMBOL_WISHES else None
        help_text = hint(answer["code"], answer["text"], word_for_all)
        raise CommandFailed(f"{answer['code']}: {answer['text']}{help_text}", EXIT_NOT_DONE)
    else:
        for line in told(answer):
            say(line)
    return EXIT_NOT_DONE if is_refused else 0
