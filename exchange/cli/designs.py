"""`exchange designs`: frequent batch auctions beside continuous trading, on the same seeded flow."""

from __future__ import annotations

import argparse

from exchange.cli.command_parser import CommandParser
from exchange.laboratory.auction_designs import study, table
from exchange.utils.command_line import say, whole_number

DESCRIPTION = (
    "Compare two designs of a market, continuous trading and frequent batch auctions, on the same seeded flow of "
    "orders: spread, volume, who trades with whom, who gains. A seed gives the same table everywhere."
)
EPILOG = "exit code: 0 done"
SECONDS_MAX = 86_400
MS_MAX = 60_000
SEED_MAX = 1_000_000_000


def add_options(parser: CommandParser) -> None:
    """How long, and by which calls."""
    parser.add_argument(
        "--call-every-ms", type=whole_number(1, MS_MAX), default=100, help="a call's length (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds", type=whole_number(1, SECONDS_MAX), default=600, help="of trading (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=whole_number(0, SEED_MAX), default=1, help="of the flow (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> int:
    """Print the table; the exit code."""
    for line in table(study(options.seed, options.seconds, options.call_every_ms)):
        say(line)
    return 0
