#!/usr/bin/env python3
"""Measure the trading screen as it runs: bytes and frames, processor time, key to paint, bytes while idle.

An engine, the screen on a pseudo-terminal of 120 × 40 (with --full of 200 × 60, every panel shown), and a trader
who changes the book so many times a second,
all on this machine.  A key is painted when the frame with the moved cursor has been read from the terminal.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("measure_screen.py")
if __name__ == "__main__":
    end_at_once(ENDING)

import tempfile
import time
from contextlib import closing
from pathlib import Path

from exchange.utils.command_line import OneLineParser, number
from tests.benchmarks.screen_figures import (
    HEIGHT,
    WIDTH,
    Market,
    Screen,
    measure_idle,
    measure_load,
    show_every_panel,
)
from tests.support.watched_engine import WatchedEngine

START_MAX_S = 20.0
IDLE_S = 5.0
RATE_MAX = 1_000_000
FULL_SYMBOLS = ("ACME", "BRICK", "CORN")
FULL_SIZE = (200, 60)
SECONDS_MAX = 86_400


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = OneLineParser(prog="measure_screen.py", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--rate", type=number(1, RATE_MAX), default=1000.0, help="book changes per second (default: 1000)"
    )
    parser.add_argument(
        "--seconds", type=number(0.1, SECONDS_MAX), default=15.0, help="how long to measure (default: 15)"
    )
    parser.add_argument(
        "--full", action="store_true", help="200 × 60 with every panel: two ladders, watchlist, heat map"
    )
    options = parser.parse_args(arguments)
    symbols, size = (FULL_SYMBOLS, FULL_SIZE) if options.full else (FULL_SYMBOLS[:1], (WIDTH, HEIGHT))
    with tempfile.TemporaryDirectory() as directory:
        if options.full:
            show_every_panel(Path(directory))
        return _measure(Path(directory), symbols, size, options.rate, options.seconds)


def _measure(
    directory: Path, symbols: tuple[str, ...], size: tuple[int, int], rate: float, seconds: float
) -> int:
    with (
        WatchedEngine(directory, "--symbols", ",".join(symbols)) as engine,
        closing(Market(engine.port, rate, symbols)) as market,
        closing(Screen(engine.port, str(directory), size)) as screen,
    ):
        if not screen.read_until(time.monotonic() + START_MAX_S, b"LIVE"):
            print("measure_screen.py: the screen did not start", file=sys.stderr)
            return 1
        idle = measure_idle(screen, IDLE_S)
        market.start()
        figures = measure_load(screen, market, seconds)
    print("\n".join([*figures, *idle]))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
