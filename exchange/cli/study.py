"""`exchange study`: how much a simulated market looks like a recorded one, figure by figure."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from exchange.cli.command_parser import CommandFailed, CommandParser
from exchange.cli.simulated_run import EXIT_DONE
from exchange.laboratory.flow.lobster_file import FlowFileError, read_flow
from exchange.networking.tcp_client import BotFailed
from exchange.simulation.study import calibration, report
from exchange.simulation.study.comparison import RealDay
from exchange.simulation.study.costs import trading_costs
from exchange.simulation.study.lobster_export import export
from exchange.simulation.study.recording import Recording, record
from exchange.simulation.study.simulated_day import DayPlan, SimulatedDay
from exchange.simulation.study.statistics import RESPONSES
from exchange.simulation.traders.mix import DEFAULT_MIX, MixPart, Settings, parse_mix
from exchange.simulation.traders.scenario_file import SEED_MAX
from exchange.simulation.traders.settings import CALIBRATED, GUESSED
from exchange.utils.command_line import number, say, whole_number

DESCRIPTION = (
    "Let a mix of simulated traders trade on a virtual clock, measure what real markets are known by, and show it "
    "beside the same figures of a recorded day, with intervals."
)
EPILOG = "exit code: 0 done, 2 the recording can't be read"
SEEDS_MAX = 1_000
MINUTES_MAX = 1_440
ROUNDS_MAX = 100_000
SETTINGS = {"calibrated": CALIBRATED, "guessed": GUESSED}


def add_options(parser: CommandParser) -> None:
    """What is compared, and how long it takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="recorded order flow, in LOBSTER's format")
    parser.add_argument(
        "--mix", type=mix, default=DEFAULT_MIX, metavar="KIND:N,…", help="who trades (default: %(default)s)"
    )
    parser.add_argument(
        "--seeds", type=whole_number(1, SEEDS_MAX), default=10, metavar="N",
        help="how many days, each with the next seed (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--first-seed", type=whole_number(0, SEED_MAX), default=1, metavar="S",
        help="of the first day (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--minutes", type=number(5, MINUTES_MAX), default=30, metavar="M",
        help="how long each is (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--settings", choices=sorted(SETTINGS), default="calibrated",
        help="of the traders: as they were calibrated, or as first guessed (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--calibrate", type=whole_number(1, ROUNDS_MAX), metavar="ROUNDS",
        help="search for better settings, so many rounds from these, and print them",
    )  # fmt: skip
    parser.add_argument(
        "--search-seed", type=whole_number(0, ROUNDS_MAX), default=1, metavar="S",
        help="of the search (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--export", nargs=2, metavar=("lobster", "DIR"),
        help="also write each simulated day into DIR, as LOBSTER's message and book files",
    )  # fmt: skip


def mix(text: str) -> list[MixPart]:
    """A mix as it is written; for argparse."""
    try:
        return parse_mix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(options: argparse.Namespace) -> int:
    """Measure and print; the exit code.  Raises CommandFailed."""
    if options.export is not None and options.export[0] != "lobster":
        raise CommandFailed(f"--export {options.export[0]}: lobster is the only format there is")
    try:
        recorded = record(read_flow(options.file))
        real = RealDay(recorded)
        simulate = _simulation(options)
        if options.calibrate is not None:
            return _calibrate(options, real, simulate)
        days = simulate(SETTINGS[options.settings])
    except (FlowFileError, BotFailed, OSError) as error:
        raise CommandFailed(error) from error
    for line in report.table_lines(real.compare(days)):
        say(line)
    say("")
    for line in report.response_lines(RealDay(recorded, RESPONSES).compare(days)):
        say(line)
    say("")
    for line in report.cost_lines(trading_costs(recorded), [trading_costs(day) for day in days]):
        say(line)
    return EXIT_DONE


def _simulation(options: argparse.Namespace) -> Callable[[Settings], list[Recording]]:
    """Gives the days of all seeds; each is told in a line where it is not one of many rounds."""

    def simulate(settings: Settings) -> list[Recording]:
        plan = DayPlan(options.mix, options.minutes * 60, settings)
        days = []
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            day = SimulatedDay(plan, seed)
            day.run()
            days.append(day.recording())
            if options.calibrate is None:
                say(report.day_line(seed, days[-1]))
            if options.export is not None:
                export(Path(options.export[1]) / f"seed-{seed}", plan.instrument.symbol, day.begin_ns, day.rows)
        return days

    return simulate


def _calibrate(options: argparse.Namespace, real: RealDay, simulate: Callable[[Settings], list[Recording]]) -> int:
    begin = SETTINGS[options.settings]
    for each in calibration.search(real, simulate, begin, options.search_seed, options.calibrate):
        verdict = "better" if each.is_better else "no better"
        say(f"round {each.number}: {each.fitting_count} fit, {each.miss:.3f} off, {verdict}")
        if each.is_better:
            say(f"  {each.settings}")
    return EXIT_DONE
