#!/usr/bin/env python3
"""Fuzz the whole wire of a real engine: hostile lines and strangers' bytes, each of which must get what it is due.

    LineMaker ──► windows of lines, a ping behind each line ──► engine ──► answers, cut at the pongs ──► checked

Conversations follow one another.  A trader logs in, sends some windows (the next is on its way before the answers
to the last are read), and ends in one of many ways; strangers come between.  Checked throughout:

* each line has exactly one answer, of the type and code due; each ending tells and closes as PROTOCOL.md says;
* behind every window the same connection trades: a sale and a purchase that must fill each other;
* at times another trader follows the book meanwhile, some so slowly that they are spared its updates: at each of
  their pongs their copy is what somebody is shown who subscribes only then;
* each user's `seq`, and each feed's `sequence`, has no gap and no repeat, over all conversations;
* at the end threads and descriptors are back where they were, memory has not grown, nothing was logged, the engine
  stops cleanly, and its journal, ledger and logs are sound.

A failure names the seed and the line; the same seed sends the same lines again.  Exit code 1 then.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("fuzz_wire.py")
if __name__ == "__main__":
    end_at_once(ENDING)

import argparse
import tempfile
from pathlib import Path

from exchange.utils.command_line import OneLineParser, whole_number
from tests.campaigns.fuzz_campaign import run_campaign
from tests.campaigns.fuzz_conversation import FuzzError

LINES_MAX = 1_000_000_000


def main(arguments: list[str]) -> int:
    """Run and tell; the exit code."""
    parser = OneLineParser(prog="fuzz_wire.py", description="Fuzz the wire of a real engine.")
    parser.add_argument(
        "--lines", type=whole_number(1, LINES_MAX), default=1_000_000, help="lines to send (default: %(default)s)"
    )
    parser.add_argument(
        "--seed",
        type=whole_number(0, LINES_MAX),
        default=1,
        help="makes the same lines again (default: %(default)s)",
    )
    options: argparse.Namespace = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as data_dir:
        try:
            figures = run_campaign(Path(data_dir), options.lines, options.seed)
        except FuzzError as failure:
            print(f"fuzz_wire.py: {failure}", file=sys.stderr)
            return 1
    print("\n".join(figures.lines()))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
