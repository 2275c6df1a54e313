"""Which recorded day `explain`, `what-if` and `rewind` look into, and how it is opened: a directory or a file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Optional

from exchange.cli.command_parser import CommandFailed, CommandParser, OptionError
from exchange.engine.instrument import Instrument
from exchange.laboratory.flow.lobster_file import read_flow, symbol_of
from exchange.laboratory.history import History
from exchange.laboratory.recorded.flow_day import flow_commands
from exchange.laboratory.telling.order_search import find_order_id
from exchange.listing import DEFAULT_INSTRUMENT
from exchange.networking.wire.fields import RefusedError, symbol
from exchange.utils.command_line import complain, whole_number
from exchange.utils.helpers import FileError

_ROWS_MAX = 1_000_000_000
# As many as an id of the engine's can have.
ORDER_ID_DIGITS_MAX = 19


def add_day_options(parser: CommandParser) -> None:
    """Which order of which day."""
    parser.add_argument("order", metavar="ORDER", help="the order's id; with --user, the name that user gave it")
    parser.add_argument("--user", metavar="NAME", help="ORDER is this user's client order id")
    add_source_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document, for programs")


def add_source_options(parser: CommandParser) -> None:
    """Which day."""
    parser.add_data_dir("what an exchange has recorded; it may be running")
    parser.add_argument("--file", type=Path, metavar="FILE", help="recorded order flow (LOBSTER) in place of that")
    parser.add_argument(
        "--orders", type=whole_number(1, _ROWS_MAX), metavar="N", help="of --file, the first N rows (default: all)"
    )
    add_flow_symbol(parser, "what --file is to be called")


def add_flow_symbol(parser: CommandParser, meaning: str) -> None:
    """Add `--symbol`, whose help is `meaning` and the rule of `flow_symbol`."""
    rule = f"what the file's name begins with, as in AAPL_2012-06-21.csv, else {DEFAULT_INSTRUMENT.symbol}"
    parser.add_argument("--symbol", type=symbol_name, metavar="S", help=f"{meaning} (default: {rule})")


def symbol_name(text: str) -> str:
    """A name that the engine takes for an instrument.  Raises ArgumentTypeError."""
    try:
        return symbol("symbol", text)
    except RefusedError as refused:
        raise argparse.ArgumentTypeError(refused.text) from None


def flow_symbol(chosen: Optional[str], file: Optional[Path]) -> str:
    """The symbol of recorded order flow: the chosen one, else by the name of `file` (None: there is none)."""
    return chosen or (None if file is None else symbol_of(file)) or DEFAULT_INSTRUMENT.symbol


def opened_day(options: argparse.Namespace) -> History:
    """The day, to be closed by the caller.  Raises OptionError, CommandFailed."""
    progress = DayProgress("reading the day")
    if options.orders is not None and options.file is None:
        raise OptionError("--orders: goes with --file")
    try:
        if options.file is None:
            return History.open(options.data_dir, progress)
        rows = read_flow(options.file, options.orders)
        return History.of(flow_commands(rows, Instrument(flow_symbol(options.symbol, options.file))), progress)
    except (OSError, FileError, ValueError) as error:
        raise CommandFailed(error) from error


def check_order(options: argparse.Namespace) -> None:
    """Whether ORDER can be one at all, before a day is read for it.  Raises OptionError."""
    order: str = options.order
    is_id = order.isascii() and order.isdigit() and len(order) <= ORDER_ID_DIGITS_MAX
    if options.user is None and not is_id:
        raise OptionError(f"ORDER {order}: must be an order id, or a client order id together with --user")


def order_id_of(options: argparse.Namespace, day: History) -> int:
    """The order that is meant.  Raises UnknownOrderError."""
    if options.user is not None:
        return find_order_id(day, options.user, options.order)
    return int(options.order)


class DayProgress:
    """Says on stderr how far something long is: after a second, then every five."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._next_s = time.monotonic() + 1

    def __call__(self, done: int, total: int) -> None:
        """`done` of about `total` commands (0: nobody knows)."""
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + 5
            of_total = f" of about {max(done, total):,}" if total else ""
            complain(f"{self._what}: {done:,}{of_total} commands")
