"""`exchange simulate`: simulated users trade on an exchange that runs; with --replay, recorded order flow."""

from __future__ import annotations

import argparse
import functools
import secrets
import sys
from pathlib import Path

from exchange.cli.client_options import add_address
from exchange.cli.command_parser import CommandParser, OptionError
from exchange.cli.replay import COUNT_MAX, play, speed
from exchange.cli.simulated_run import EXIT_CODES, SimulatedRun, entrance, run_until_stopped, user_name
from exchange.simulation.summary_lines import aligned, tally_lines
from exchange.simulation.traders.simulator import USER_COUNT_MAX, Simulation, SimulationOptions
from exchange.utils.command_line import number, say, whole_number, write

DESCRIPTION = "Let simulated users trade on a running exchange until Ctrl-C, or play recorded order flow."
EPILOG = EXIT_CODES

RATE_MAX = 1_000_000
POLL_S = 0.1
# The options that a replay has no use for, and what they are where they are not given.
SIMULATION_DEFAULTS = {"users": 4, "rate": 10.0, "duration": None, "seed": None, "patience": 60.0}


def add_options(parser: CommandParser) -> None:
    """Who trades, where, and for how long."""
    add_address(parser)
    parser.add_data_dir("where the tokens of the simulated users are kept")
    parser.add_argument(
        "--symbol", metavar="S",
        help="the instrument to trade (default: the first one listed; for a replay AAPL, or the only one)",
    )  # fmt: skip
    parser.add_argument(
        "--orders", type=whole_number(1, COUNT_MAX), metavar="N",
        help="stop after N requests (orders, cancels, replaces) of all users together, or N rows of a replay",
    )  # fmt: skip
    parser.add_argument(
        "--name", type=user_name, metavar="PREFIX",
        help="call the users PREFIX-1, PREFIX-2 … (default: sim); for a replay its one user (default: replay)",
    )  # fmt: skip
    parser.add_argument(
        "--replay", type=Path, metavar="FILE",
        help="play this file of recorded order flow (in LOBSTER's format)",
    )  # fmt: skip
    parser.add_argument(
        "--speed", type=speed, metavar="max|N",
        help="of a replay: N times as fast as it was recorded, or as fast as can be (default: max)",
    )  # fmt: skip
    _add_users(parser)


def _add_users(parser: CommandParser) -> None:
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


def run(options: argparse.Namespace) -> int:
    """Run until done or told to stop; the exit code.  Raises OptionError and CommandFailed."""
    given = [name for name in SIMULATION_DEFAULTS if getattr(options, name) is not None]
    if options.replay is not None and given:
        raise OptionError(f"--{given[0]}: has no meaning together with --replay")
    if options.replay is None and options.speed is not None:
        raise OptionError("--speed: has a meaning only together with --replay")
    filled = argparse.Namespace(**vars(options))
    for name, default in SIMULATION_DEFAULTS.items():
        setattr(filled, name, default if getattr(options, name) is None else getattr(options, name))
    act = simulate if options.replay is None else play
    return run_until_stopped(options.program, functools.partial(act, filled))


def simulate(options: argparse.Namespace, run: SimulatedRun) -> None:
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
        if run.interruption.is_requested:
            simulation.request_stop()
        run.tell(simulation.notices())
        run.progress.show(simulation.progress_text)
    run.progress.end()
    run.tell(simulation.notices())
    write(aligned(tally_lines(simulation.tally(), simulation.elapsed_ns)), sys.stdout)
    if simulation.failure is not None:
        raise simulation.failure
