#!/usr/bin/env python3
"""Frequent batch auctions beside continuous trading on the same seeded flow: spread, volume, who trades with whom.

The engine runs in this process on a virtual clock, so a seed gives the same table everywhere.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("compare_auctions.py")
if __name__ == "__main__":
    end_at_once(ENDING)

from exchange.utils.command_line import OneLineParser, say, whole_number
from tests.campaigns.batch_auctions import study, table

SECONDS_MAX = 86_400
MS_MAX = 60_000
SEED_MAX = 1_000_000_000


def main(arguments: list[str]) -> int:
    """Print the table."""
    parser = OneLineParser(prog="compare_auctions.py", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--call-every-ms", type=whole_number(1, MS_MAX), default=100, help="a call's length (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds", type=whole_number(1, SECONDS_MAX), default=600, help="of trading (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=whole_number(0, SEED_MAX), default=1, help="of the flow (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    for line in table(study(options.seed, options.seconds, options.call_every_ms)):
        say(line)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
