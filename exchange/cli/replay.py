"""`exchange replay`: recorded order flow, played on an exchange that runs."""

from __future__ import annotations

import argparse
import functools
import sys
import time
from pathlib import Path
from typing import Optional

from exchange.cli.client_options import add_address
from exchange.cli.command_parser import CommandParser
from exchange.cli.simulated_run import EXIT_CODES, SimulatedRun, entrance, run_until_stopped, user_name
from exchange.laboratory.flow.lobster_file import read_flow
from exchange.networking.tcp_client import ExchangeError
from exchange.simulation.errors import CannotStartError
from exchange.simulation.replay import replay
from exchange.simulation.summary_lines import aligned
from exchange.simulation.traded_instrument import choose_instrument
from exchange.utils.command_line import say, whole_number, write

DESCRIPTION = "Play a file of recorded order flow (in LOBSTER's format) on a running exchange, as one user."
EPILOG = EXIT_CODES

COUNT_MAX = 1_000_000_000
SPEED_MAX = 1_000_000.0


def add_options(parser: CommandParser) -> None:
    """What is played, where, and how fast."""
    parser.add_argument("replay", type=Path, metavar="FILE", help="the recorded order flow")
    add_address(parser)
    parser.add_data_dir("where the token of the replay's user is kept")
    parser.add_argument(
        "--symbol", metavar="S", help="play it as this one (default: AAPL, or the only one listed)"
    )
    parser.add_argument(
        "--orders", type=whole_number(1, COUNT_MAX), metavar="N", help="stop after N rows (default: at the end)"
    )
    parser.add_argument("--name", type=user_name, default=replay.USER, help="of the user (default: %(default)s)")
    parser.add_argument(
        "--speed",
        type=speed,
        metavar="max|N",
        default=None,
        help="N times as fast as it was recorded, or as fast as can be (default: max)",
    )


def speed(text: str) -> Optional[float]:
    """How many times as fast as recorded, None for `max`."""
    if text == "max":
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= SPEED_MAX:
        raise argparse.ArgumentTypeError(f"{text!r}: must be max or a number above 0, such as 1 or 10")
    return number


def run(options: argparse.Namespace) -> int:
    """Play until the end or until told to stop; the exit code.  Raises CommandFailed."""
    return run_until_stopped(options.program, functools.partial(play, options))


def play(options: argparse.Namespace, run: SimulatedRun) -> None:
    """Play recorded order flow and print how it went.  Raises SimulationError and FlowFileError."""
    rows = read_flow(options.replay, options.orders)
    client, _, notice = entrance(options).admit(options.name or replay.USER)
    with client:
        run.tell([] if notice is None else [notice])
        instrument = choose_instrument(client.instrument_rows, options.symbol, replay.SYMBOL)
        say(f"playing {len(rows):,} rows as {instrument.symbol} on {options.host}:{options.port}")
        try:
            if replay.book_holds_orders(client, instrument.symbol):
                say(f"the book of {instrument.symbol} is not empty: executions may hit orders not in the file")
        except ExchangeError as error:
            raise CannotStartError(f"can't look at the book of {instrument.symbol}: {error}") from error
        player = replay.Replay(client, instrument, rows, f"{time.time_ns():x}-", options.speed)
        try:
            player.run(lambda: run.progress.show(player.progress_text), lambda: run.interruption.is_requested)
        finally:
            run.progress.end()
            write(aligned(player.summary_lines()), sys.stdout)
