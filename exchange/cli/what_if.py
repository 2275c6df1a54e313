"""`exchange what-if`: a recorded day played again without one order, or with it changed."""

from __future__ import annotations

import argparse
import json
from decimal import Decimal

from exchange.cli.command_parser import CommandFailed, CommandParser, OptionError
from exchange.cli.recorded_day import DayProgress, add_day_options, check_order, opened_day, order_id_of
from exchange.engine.instrument import NANOS_PER_UNIT
from exchange.laboratory.recorded.altered_day import OrderChange
from exchange.laboratory.telling.what_if_report import told, told_json
from exchange.laboratory.what_if import UnknownOrderError, what_if
from exchange.utils.command_line import say, whole_number

DESCRIPTION = (
    "Play a recorded day again without one order, or with another price or quantity of it, and tell what would "
    "have differed: trades, everybody's P&L, prices and volume. Everybody else does what they did, although they "
    "would hardly have: it shows what the order did to others. Changes nothing on disk."
)
EPILOG = "exit code: 0 told, 2 there is no such order, or the day can't be read"

_QUANTITY_MAX = 10**15
# In currency, as for every order.
_PRICE_MAX = 10**9


def add_options(parser: CommandParser) -> None:
    """Which order of which day, and what is different."""
    add_day_options(parser)
    parser.add_argument("--without", action="store_true", help="the order does not come (the default)")
    parser.add_argument("--price", type=price_nanos, metavar="P", help="its limit price is P")
    parser.add_argument("--quantity", type=whole_number(1, _QUANTITY_MAX), metavar="Q", help="its quantity is Q")


def price_nanos(text: str) -> int:
    """A price in currency as 10⁻⁹ of it."""
    try:
        nanos = Decimal(text) * NANOS_PER_UNIT
    except ArithmeticError:
        nanos = Decimal(0)
    if not nanos.is_finite() or not 0 < nanos <= _PRICE_MAX * NANOS_PER_UNIT or nanos != int(nanos):
        raise argparse.ArgumentTypeError(
            f"{text!r}: must be above 0 and at most {_PRICE_MAX}, with at most 9 decimals, such as 101.25"
        )
    return int(nanos)


def run(options: argparse.Namespace) -> int:
    """Play and tell; the exit code.  Raises OptionError, CommandFailed."""
    check_order(options)
    if options.without and (options.price is not None or options.quantity is not None):
        raise OptionError("--without: an order that does not come has neither --price nor --quantity")
    with opened_day(options) as day:
        try:
            change = _change(options, order_id_of(options, day))
            found = what_if(day, change, DayProgress("playing again"))
        except UnknownOrderError as error:
            raise CommandFailed(error) from error
        instruments = {each.symbol: each for each in day.moment.engine.instruments()}
        if options.json:
            say(json.dumps(told_json(found, instruments.__getitem__)))
            return 0
        for line in told(found, instruments.__getitem__):
            say(line)
    return 0


def _change(options: argparse.Namespace, order_id: int) -> OrderChange:
    is_changed = options.price is not None or options.quantity is not None
    return OrderChange(order_id, not is_changed, options.price, options.quantity)
