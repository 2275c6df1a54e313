"""`exchange record`: write a live market down as order flow, to be played again by a backtest or a replay."""

from __future__ import annotations

import argparse
import signal
import time
from pathlib import Path

from exchange.cli.client_options import add_address, address
from exchange.cli.command_parser import CommandFailed, CommandParser
from exchange.cli.simulated_run import EXIT_DONE, EXIT_LOST, Interruption
from exchange.cli.subcommands import STOP_SIGNALS
from exchange.laboratory.flow.lobster_file import FlowFileError
from exchange.laboratory.record import FlowWriter, record
from exchange.networking.tcp_client import ExchangeError
from exchange.utils.command_line import number, say

DESCRIPTION = (
    "Listen to the book and the trades of an instrument of a running exchange and write them to a file, in the "
    "format of LOBSTER's message files, until Ctrl-C. A backtest and a replay play it again."
)
EPILOG = "exit code: 0 stopped, 1 the exchange went away (what was heard is kept), 2 it could not start"
DURATION_S_MAX = 1_000_000_000


def add_options(parser: CommandParser) -> None:
    """Where to listen, and where to write."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file; .csv.gz has it packed")
    parser.add_argument("--symbol", help="the instrument (default: the only one)")
    parser.add_argument(
        "--duration",
        type=number(0.001, DURATION_S_MAX),
        metavar="SECONDS",
        help="end after so long (default: at Ctrl-C)",
    )
    add_address(parser)


def run(options: argparse.Namespace) -> int:
    """Record; the exit code.  Raises CommandFailed."""
    interruption = Interruption()
    for signal_number in STOP_SIGNALS:
        signal.signal(signal_number, interruption)
    end_s = None if options.duration is None else time.monotonic() + options.duration

    def is_stopping() -> bool:
        return interruption.is_requested or (end_s is not None and time.monotonic() >= end_s)

    try:
        with address(options).connect() as client, FlowWriter(options.file) as writer:
            record(client, options.symbol, writer, time.time_ns, is_stopping, lambda: tell_start(options))
            has_ended = not client.is_open
    except (ExchangeError, FlowFileError) as error:
        raise CommandFailed(error) from error
    say(f"{writer.row_count:,} rows written to {options.file}")
    return EXIT_LOST if has_ended else EXIT_DONE


def tell_start(options: argparse.Namespace) -> None:
    """Say that it listens."""
    of_which = "" if options.symbol is None else f"{options.symbol} of "
    say(f"recording {of_which}{options.host}:{options.port} to {options.file}; Ctrl-C ends it")
