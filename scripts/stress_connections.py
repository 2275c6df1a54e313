#!/usr/bin/env python3
"""Measure what many, slow, silent and greedy clients cost the others, and what a connection costs the engine.

    never reads   a subscriber that reads nothing, beside one that reads: the others' p99; dropped when; resumes
    drip          500 connections that send a byte a second: the others' p99
    flood         one user at their message limit, and one at ten times it against that: the others' p99
    fan-out       pipelined orders per second with 0 and with 200 subscribers of the book they move
    many          2,000 connections at once, 10,000 one after another: refused, threads, descriptors, memory

and dear requests, each asked for again and again, with what they cost the others and how long a stop then takes:

    foks          20 FOK orders at a time over a book of 100,000 prices
    lists         get_orders of a user with 50,000 orders
    whole-books   an order, then subscribe with depth 0 to the book of 100,000 prices
    deep-call     orders in a followed call, 50,000 prices a side, all of which would trade with each other
    cancel-all    5,000 orders and one cancel_all
    the-past      60 logins at a time with an old last_seq
    many-of-one   100 connections of one user
    long-lines    strangers with lines of 64 KiB
    wrong-tokens  strangers who try to log in as somebody else

p50, p99 and max are those of a client that waits for each answer, one order every 2 ms.  Machines are shared and
noisy, so measuring with and without takes turns, and medians over the rounds are quoted, with the lowest and the
highest ratio of a round.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("stress_connections.py")
if __name__ == "__main__":
    end_at_once(ENDING)

import argparse
import resource
import tempfile
from pathlib import Path

from exchange.utils.command_line import OneLineParser, whole_number
from tests.campaigns.stress_measures import MEASURES, QUIET
from tests.campaigns.stress_probe import HEADING
from tests.support.watched_engine import EngineError, WatchedEngine

COUNT_MAX = 1_000_000


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options."""
    parser = OneLineParser(prog="stress_connections.py", description="Measure what clients cost one another.")
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)} (default: all)")
    for option, default, meaning in (
        ("--rounds", 15, "turns without and with each load"),
        ("--seconds", 60, "what all turns of one p99 take together"),
        ("--drip-connections", 500, "that send a byte a second"),
        ("--messages-per-s", 1_000, "the rate limit of a user, for the flood"),
        ("--subscribers", 200, "of the busy book"),
        ("--connections", 2_000, "at once"),
        ("--churn", 10_000, "opened and closed"),
        ("--levels", 100_000, "prices of the deep book, for foks, whole-books, deep-call"),
        ("--live-orders", 50_000, "of the user of lists and the-past"),
    ):
        parser.add_argument(
            option,
            type=whole_number(1, COUNT_MAX),
            default=default,
            metavar="N",
            help=f"{meaning} (default: {default})",
        )
    parser.add_argument("--durability", choices=["fsync", "os"], default="fsync", help="of the engine")
    options = parser.parse_args(arguments)
    if not set(options.measures) <= set(MEASURES):
        parser.error(f"{' '.join(options.measures)}: each must be one of {', '.join(MEASURES)}")
    return options


def main(arguments: list[str]) -> int:
    """Measure and print the table; the exit code is 1 if the engine failed at anything."""
    options = parse(arguments)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(HEADING, flush=True)
    for name, measure in MEASURES.items():
        if options.measures and name not in options.measures:
            continue
        more = ["--messages-per-s", str(options.messages_per_s)] if name == "flood" else []
        try:
            with (
                tempfile.TemporaryDirectory() as data_dir,
                WatchedEngine(
                    Path(data_dir), "--symbols", f"ACME,{QUIET}", "--durability", options.durability, *more
                ) as engine,
            ):
                for line in measure(options, engine):
                    print(line, flush=True)
                engine.stop()
        except EngineError as failure:
            print(f"stress_connections.py: {name}: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
