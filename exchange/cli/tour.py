"""`exchange tour`: ten small lessons in trading, on a practice market inside the trading screen."""

from __future__ import annotations

import argparse

from exchange.cli.command_parser import CommandFailed, CommandParser
from tui.alone import run_tour
from tui.client import CannotStart

DESCRIPTION = (
    "Learn to trade in ten small lessons, on a practice market inside the trading screen: what rests, what "
    "crosses, the queue, partial fills, cancel, replace, icebergs, stops, an auction, trading with yourself. It "
    "needs no engine."
)
EPILOG = "exit code: 0 you have left, 2 there is no terminal for it"


def add_options(parser: CommandParser) -> None:
    """There is nothing to choose."""


def run(_options: argparse.Namespace) -> int:
    """Show it until the learner leaves; the exit code.  Raises CommandFailed."""
    try:
        run_tour()
    except CannotStart as reason:
        raise CommandFailed(reason) from reason
    return 0
