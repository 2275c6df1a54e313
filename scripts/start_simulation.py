#!/usr/bin/env python3
"""Let simulated users trade, or play recorded order flow, on an exchange that runs: options in, parts wired.

exit 0   done, or stopped with Ctrl-C; the summary is on stdout
exit 1   the engine went away in the middle; the summary says how far it came
exit 2   there was nothing to start: a wrong option, an unreadable file, no engine
"""

from __future__ import annotations

import signal
import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, in_order

ENDING = in_order(signal.SIGINT, signal.SIGTERM)
if __name__ == "__main__":
    end_at_once(ENDING)

import argparse
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Optional

from exchange.networking.tcp_client import DEFAULT_HOST, DEFAULT_PORT, ExchangeError, TokenStore
from exchange.simulation.entrance import Entrance
from exchange.simulation.errors import CannotStartError, EngineGoneError, SimulationError
from exchange.simulation.progress_line import ProgressLine
from exchange.simulation.replay import replay
from exchange.simulation.replay.lobster_file import read_flow
from exchange.simulation.summary_lines import aligned, tally_lines
from exchange.simulation.traded_instrument import choose_instrument
from exchange.simulation.traders.simulator import USER_COUNT_MAX, Simulation, SimulationOptions
from exchange.utils.command_line import (
    EXIT_REFUSED,
    OneLineParser,
    complain,
    number,
    port_number,
    say,
    trusting,
    whole_number,
    write,
)

PROGRAM = "start_simulation.py"
EXIT_DONE = 0
EXIT_LOST = 1
RATE_MAX = 1_000_000
COUNT_MAX = 1_000_000_000
POLL_S = 0.1
# The options that a replay has no use for, and what they are where they are not given.
SIMULATION_DEFAULTS = {"users": 4, "rate": 10.0, "duration": None, "seed": None, "patience": 60.0}
NAME = re.compile(r"[A-Za-z0-9_-]{1,27}")
SPEED_MAX = 1_000_000.0


class Interruption:
    """Remembers that the process was asked to stop.  A flag, because a signal handler must not wait for a lock."""

    def __init__(self) -> None:
        self.is_requested = False

    def __call__(self, signal_number: int, _frame: Optional[FrameType]) -> None:
        """Handle the signal; a second one of its kind ends the process at once."""
        self.is_requested = True
        signal.signal(signal_number, signal.SIG_DFL)


def name(text: str) -> str:
    """What users' names begin with: with a hyphen and a number behind it, it must be a name."""
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: must be 1 to 27 characters of A-Z a-z 0-9 _ -")
    return text


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


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options; `--help` tells them all.  Raises SystemExit for `--help` (0) and a wrong option (2)."""
    parser = OneLineParser(
        prog=PROGRAM,
        description="Let simulated users trade on a running exchange until Ctrl-C, or play recorded order flow.",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--host", default=DEFAULT_HOST, help="where the engine runs (default: %(default)s)")
    parser.add_argument(
        "--port", type=port_number, default=DEFAULT_PORT, help="the port it listens on (default: %(default)s)"
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path("data"),
        help="where the tokens of the simulated users are kept (default: %(default)s)",
    )
    parser.add_argument(
        "--tls-ca", type=trusting, default=None, metavar="FILE.pem",
        help="talk TLS, and only to an engine that this certificate vouches for (default: plain TCP)",
    )  # fmt: skip
    parser.add_argument(
        "--symbol", default=None, metavar="S",
        help="the instrument to trade (default: the first one listed; for a replay AAPL, or the only one)",
    )  # fmt: skip
    parser.add_argument(
        "--orders", type=whole_number(1, COUNT_MAX), default=None, metavar="N",
        help="stop after N requests (orders, cancels, replaces) of all users together, or N rows of a replay",
    )  # fmt: skip
    parser.add_argument(
        "--name", type=name, default=None, metavar="PREFIX",
        help="call the users PREFIX-1, PREFIX-2 … (default: sim); for a replay its one user (default: replay)",
    )  # fmt: skip
    parser.add_argument(
        "--replay", type=Path, default=None, metavar="FILE",
        help="play this file of recorded order flow (in LOBSTER's format)",
    )  # fmt: skip
    parser.add_argument(
        "--speed", type=speed, metavar="max|N",
        help="of a replay: N times as fast as it was recorded, or as fast as can be (default: max)",
    )  # fmt: skip
    market = parser.add_argument_group("simulated users (not with --replay)")
    market.add_argument(
        "--users", type=whole_number(1, USER_COUNT_MAX), metavar="N", help="how many there are (default: 4)"
    )
    market.add_argument(
        "--rate", type=number(0, RATE_MAX), metavar="R",
        help="requests per second of each, 0: as fast as possible (default: 10)",
    )  # fmt: skip
    market.add_argument(
        "--duration", type=number(0, RATE_MAX), metavar="S", help="stop after S seconds (default: at Ctrl-C)"
    )
    market.add_argument(
        "--patience", type=number(0, RATE_MAX), metavar="S",
        help="when the engine goes away, try for S seconds to come back, 0: give up (default: 60)",
    )  # fmt: skip
    market.add_argument(
        "--seed",
        type=whole_number(0, COUNT_MAX),
        metavar="S",
        help="make the same decisions again (default: by chance)",
    )
    options = parser.parse_args(arguments)
    given = [name for name in SIMULATION_DEFAULTS if hasattr(options, name)]
    if options.replay is not None and given:
        parser.error(f"--{given[0]}: has no meaning together with --replay")
    if options.replay is None and hasattr(options, "speed"):
        parser.error("--speed: has a meaning only together with --replay")
    return argparse.Namespace(**{**SIMULATION_DEFAULTS, "speed": None, **vars(options)})


def entrance(options: argparse.Namespace) -> Entrance:
    """Where the engine is, and the tokens are."""
    return Entrance(TokenStore(options.data_dir / "tokens"), options.host, options.port, options.tls_ca)


def tell(lines: Iterable[str], progress: ProgressLine) -> None:
    """What a person should know, each on a line of its own."""
    for line in lines:
        progress.end()
        complain(f"{PROGRAM}: {line}")


def simulate(options: argparse.Namespace, progress: ProgressLine, interruption: Interruption) -> None:
    """Run simulated users and print what they did.  Raises SimulationError."""
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    simulation = Simulation(
        SimulationOptions(
            entrance(options),
            user_count=options.users,
            rate_per_s=options.rate,
            order_count=options.orders,
            duration_s=options.duration,
            seed=seed,
            symbol=options.symbol,
            name=options.name or "sim",
            patience_s=options.patience,
        )
    )
    simulation.start()
    where = f"{simulation.symbol} on {options.host}:{options.port}"
    say(f"{options.users} users trade {where}, seed {seed}")
    while not simulation.wait(POLL_S):
        if interruption.is_requested:
            simulation.request_stop()
        tell(simulation.notices(), progress)
        progress.show(simulation.progress_text)
    progress.end()
    tell(simulation.notices(), progress)
    write(aligned(tally_lines(simulation.tally(), simulation.elapsed_ns)), sys.stdout)
    if simulation.failure is not None:
        raise simulation.failure


def play(options: argparse.Namespace, progress: ProgressLine, interruption: Interruption) -> None:
    """Play recorded order flow and print how it went.  Raises SimulationError."""
    rows = read_flow(options.replay, options.orders)
    client, _, notice = entrance(options).admit(options.name or replay.USER)
    with client:
        tell([] if notice is None else [notice], progress)
        instrument = choose_instrument(client.instruments, options.symbol, replay.SYMBOL)
        say(f"playing {len(rows):,} rows as {instrument.symbol} on {options.host}:{options.port}")
        try:
            if replay.book_holds_orders(client, instrument.symbol):
                say(f"the book of {instrument.symbol} is not empty: executions may hit orders not in the file")
        except ExchangeError as error:
            raise CannotStartError(f"can't look at the book of {instrument.symbol}: {error}") from error
        run = replay.Replay(client, instrument, rows, f"{time.time_ns():x}-", options.speed)
        try:
            run.run(lambda: progress.show(run.progress_text), lambda: interruption.is_requested)
        finally:
            progress.end()
            write(aligned(run.summary_lines()), sys.stdout)


def main(arguments: list[str]) -> int:
    """Run until done or stopped; the exit code."""
    options = parse(arguments)
    interruption = Interruption()
    for signal_number in ENDING.numbers:
        signal.signal(signal_number, interruption)
    progress = ProgressLine(sys.stderr, shutil.get_terminal_size().columns, time.monotonic_ns)
    try:
        run = simulate if options.replay is None else play
        run(options, progress, interruption)
    except SimulationError as error:
        complain(f"{PROGRAM}: {error}")
        return EXIT_LOST if isinstance(error, EngineGoneError) else EXIT_REFUSED
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
