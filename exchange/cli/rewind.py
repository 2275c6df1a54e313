"""`exchange rewind`: a recorded day on the trading screen, read-only, to be played, stepped and looked into."""

from __future__ import annotations

import argparse

from exchange.cli.command_parser import CommandFailed, CommandParser
from exchange.cli.recorded_day import add_source_options, opened_day
from tui.alone import check_screen, run_rewind
from tui.client import CannotStart

DESCRIPTION = (
    "Wind back a recorded day: what an exchange has kept, or a file of order flow, on the trading screen, "
    "read-only. Play it, step on and back, jump to a time, a trade or an order, and see who stands in the queue."
)
EPILOG = "exit code: 0 you have left, 2 there is no such day, or no terminal for it"


def add_options(parser: CommandParser) -> None:
    """Which day."""
    add_source_options(parser)


def run(options: argparse.Namespace) -> int:
    """Show it until the person leaves; the exit code.  Raises OptionError, CommandFailed."""
    try:
        check_screen()
        with opened_day(options) as day:
            run_rewind(day)
    except CannotStart as reason:
        raise CommandFailed(reason) from reason
    return 0
