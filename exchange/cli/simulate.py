"""`exchange simulate`: simulated users trade on an exchange that runs; with --replay, recorded order flow.

With `--mix` or `--scenario` each acts as often as its kind does, without them as often as `--rate` says.
"""

from __future__ import annotations

import argparse
import functools
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from exchange.cli.client_options import add_address
from exchange.cli.command_parser import CommandParser, OptionError
from exchange.cli.operator_line import NoAnswerError, ask, reach
from exchange.cli.replay import COUNT_MAX, add_stretch, play, speed
from exchange.cli.simulated_run import EXIT_CODES, SimulatedRun, entrance, run_until_stopped, user_name
from exchange.cli.study import mix
from exchange.laboratory.participants import NewsItem
from exchange.simulation.errors import CannotStartError
from exchange.simulation.summary_lines import aligned, tally_lines
from exchange.simulation.traders.crowd import LIVELY, LIVELY_VALUE, USER_COUNT_MAX, user_places
from exchange.simulation.traders.fundamental_value import ValueNews
from exchange.simulation.traders.mix import DEFAULT_MIX, merged, parse_mix, places_of
from exchange.simulation.traders.mix_run import MixRun, MixRunOptions
from exchange.simulation.traders.scenario import USUAL_VALUE
from exchange.simulation.traders.scenario_file import ScenarioFile, ScenarioFileError, read_scenario
from exchange.simulation.traders.settings import CALIBRATED
from exchange.utils.command_line import number, say, whole_number, write

DESCRIPTION = "Let simulated users trade on a running exchange until Ctrl-C, or play recorded order flow."
EPILOG = EXIT_CODES

RATE_MAX = 1_000_000
DURATION_LEAST_S = 0.001
POLL_S = 0.1
# The options that a replay has no use for, and what they are where they are not given.
SIMULATION_DEFAULTS = {
    "users": 4,
    "rate": 10.0,
    "duration": None,
    "seed": None,
    "patience": 60.0,
    "mix": None,
    "scenario": None,
    "pace": None,
    "news": None,
}
# Stands for the directory that --data-dir names.
DATA_DIRECTORY = object()
# Those that only a replay has a use for, and where each is kept.
ONLY_WITH_REPLAY = {"speed": "speed", "from": "from_ns", "to": "to_ns"}
# Those that a mix has no use for: it says itself who they are and how often they act.
NOT_WITH_MIX = ("users", "rate")
PACE_LEAST, PACE_MOST = 0.01, 1_000


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
    add_stretch(parser)
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
        "--duration", type=number(DURATION_LEAST_S, RATE_MAX), metavar="S",
        help="stop after S seconds (default: at Ctrl-C)",
    )  # fmt: skip
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
    market.add_argument(
        "--news", type=Path, nargs="?", const=DATA_DIRECTORY, metavar="DIRECTORY",
        help="say as the operator how what is traded jumps in worth: the data directory of the engine, which must "
        "run on this machine (DIRECTORY left out: --data-dir)",
    )  # fmt: skip
    mixed = parser.add_argument_group("a mix of traders (not with --users, --rate)")
    mixed.add_argument(
        "--mix", type=mix, metavar="KIND:N,…",
        help=f"who trades, each in their own way, such as zi:40,mm:4,momentum:6 (usual: {DEFAULT_MIX})",
    )  # fmt: skip
    mixed.add_argument(
        "--scenario", type=Path, metavar="FILE.json",
        help='the same in a file: {"seed": 7, "mix": "zi:40", "start_price": 100, "pace": 2, '
        '"settings": {"zi": {"RATE_PER_S": 0.5}}}; what is given here too is taken from here',
    )  # fmt: skip
    mixed.add_argument(
        "--pace", type=number(PACE_LEAST, PACE_MOST), metavar="P",
        help="how many times as often as usual each of a mix acts (default: 1, as seldom as in a recorded market)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Run until done or told to stop; the exit code.  Raises OptionError and CommandFailed."""
    given = [name for name in SIMULATION_DEFAULTS if getattr(options, name) is not None]
    if options.replay is not None and "mix" in given:
        given.remove("mix")  # It trades in the recorded flow.
    if options.replay is not None and given:
        raise OptionError(f"--{given[0]}: has no meaning together with --replay")
    for name, destination in ONLY_WITH_REPLAY.items():
        if options.replay is None and getattr(options, destination) is not None:
            raise OptionError(f"--{name}: has a meaning only together with --replay")
    is_mix = options.mix is not None or options.scenario is not None
    for name in NOT_WITH_MIX if is_mix else ():
        if name in given:
            raise OptionError(f"--{name}: has no meaning together with --mix or --scenario")
    if options.pace is not None and not is_mix:
        raise OptionError("--pace: has a meaning only together with --mix or --scenario; else it is --rate")
    filled = argparse.Namespace(**vars(options))
    for name, default in SIMULATION_DEFAULTS.items():
        setattr(filled, name, default if getattr(options, name) is None else getattr(options, name))
    act = simulate if options.replay is None else play
    return run_until_stopped(options.program, functools.partial(act, filled))


def simulate(options: argparse.Namespace, run: SimulatedRun) -> None:
    """Run simulated users and print what they did.  Raises SimulationError."""
    wish = _wish(options, secrets.randbelow(1_000_000))
    news = None if options.news is None else _news_directory(options)
    simulation = MixRun(wish)
    simulation.start()
    run.progress.restart()  # Letting them all in took its time.
    becomes_known = ValueNews(simulation.scenario.value())
    where = f"{simulation.symbol} on {options.host}:{options.port}"
    say(f"{len(wish.places)} users trade {where}, seed {wish.seed}")
    while not simulation.wait(POLL_S):
        if run.interruption.is_requested:
            simulation.request_stop()
        run.tell(simulation.notices())
        if news is not None:
            run.tell(say_all(news, becomes_known(time.time_ns())))
        run.progress.show(simulation.progress_text)
    run.progress.end()
    run.tell(simulation.notices())
    failure = simulation.failure
    if not isinstance(failure, CannotStartError):
        write(aligned(tally_lines(simulation.tally(), simulation.elapsed_ns)), sys.stdout)
    if failure is not None:
        raise failure


def _news_directory(options: argparse.Namespace) -> Path:
    """Where the engine is whose operator says the news.  Raises OptionError if nobody is there."""
    directory: Path = options.data_dir if options.news is DATA_DIRECTORY else options.news
    try:
        reach(directory, "--news")
    except NoAnswerError as error:
        raise OptionError(str(error)) from error
    return directory


def say_all(directory: Path, items: Sequence[NewsItem]) -> list[str]:
    """Say each as the operator of the engine there; returns what went wrong, for a person."""
    complaints = []
    for item in items:
        try:
            answer = ask(directory, {"do": "say", "text": item.text}, "--news")
        except NoAnswerError as error:
            complaints.append(f"news could not be told: {error}")
        else:
            if answer["type"] == "error":
                complaints.append(f"news could not be told: {answer['code']}: {answer['text']}")
    return complaints


def _wish(options: argparse.Namespace, chance_seed: int) -> MixRunOptions:
    """Who trades, and how: what the options say, or the scenario's file.  Raises OptionError."""
    if options.mix is None and options.scenario is None:
        wish = MixRunOptions(
            entrance(options),
            user_places(options.users),
            seed=chance_seed if options.seed is None else options.seed,
            settings=LIVELY,
            value_model=LIVELY_VALUE,
            rate_per_s=options.rate,
            cancels_at_end=False,
        )
    else:
        wish = _mix_wish(options, chance_seed)
    return replace(
        wish,
        order_count=options.orders,
        duration_s=options.duration,
        symbol=options.symbol,
        name=options.name or "sim",
        patience_s=options.patience,
    )


def _mix_wish(options: argparse.Namespace, chance_seed: int) -> MixRunOptions:
    """What the scenario's file says, and the options in its place.  Raises OptionError."""
    try:
        scenario = ScenarioFile() if options.scenario is None else read_scenario(options.scenario)
    except ScenarioFileError as error:
        raise OptionError(f"--scenario: {error}") from error
    seeds = [seed for seed in (options.seed, scenario.seed, chance_seed) if seed is not None]
    return MixRunOptions(
        entrance(options),
        places_of(options.mix or scenario.mix or parse_mix(DEFAULT_MIX)),
        seed=seeds[0],
        settings=merged(CALIBRATED, scenario.settings),
        start_price=scenario.start_price,
        pace=options.pace or scenario.pace or 1.0,
        value_model=scenario.value or USUAL_VALUE,
    )
