#!/usr/bin/env python3
"""Tell the engine and a naive oracle random commands of every kind; stop at the first event in which they differ.

The oracle (tests/support/oracle) is RULES.md written as plainly as possible: lists that are filtered and sorted.
A difference names the seed and the command; the same seed draws the same commands again.  Exit code 1 then.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("compare_rules.py")
if __name__ == "__main__":
    end_at_once(ENDING)

import argparse

from exchange.utils.command_line import OneLineParser, complain, say, whole_number
from tests.support.both import every_rule_session

SESSION_COMMANDS = 2_000


def main(arguments: list[str]) -> int:
    """Run and tell; the exit code."""
    parser = OneLineParser(prog="compare_rules.py", description="Hold the engine to the rules' plainest form.")
    parser.add_argument(
        "--commands", type=whole_number(1, 10**9), default=200_000, help="commands to draw (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=whole_number(0, 10**9), default=1, help="of the first session (default: %(default)s)"
    )
    options: argparse.Namespace = parser.parse_args(arguments)
    seed, left = options.seed, options.commands
    while left:
        count = min(left, SESSION_COMMANDS)
        try:
            every_rule_session(seed, count)
        except AssertionError as difference:
            for line in f"compare_rules.py: seed {seed}: {difference}".splitlines():
                complain(line)
            return 1
        seed, left = seed + 1, left - count
    say(f"{options.commands:,} commands of every kind in {seed - options.seed} sessions: engine and oracle agree")
    return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
