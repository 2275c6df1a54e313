"""`exchange backtest`: a bot's day among others, in this process, on a virtual clock."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Optional, Union

from exchange.cli.bot import parameter
from exchange.cli.command_parser import CommandFailed, CommandParser, OptionError, data_directory
from exchange.cli.recorded_day import add_flow_symbol, flow_symbol
from exchange.cli.simulated_run import EXIT_DONE
from exchange.cli.study import mix
from exchange.laboratory.backtest import Backtest, TraderMix
from exchange.laboratory.flow.lobster_file import PRICE_UNIT, FlowFileError, Row, read_flow
from exchange.laboratory.market import MarketError
from exchange.laboratory.participants import Participants
from exchange.laboratory.recorded.recorded_market import first_ns
from exchange.laboratory.venue.clock import START_NS
from exchange.laboratory.venue.latency import Latency
from exchange.laboratory.venue.records import KeptDay
from exchange.listing import DEFAULT_INSTRUMENT
from exchange.networking.client.bot.bot_file import BotFileError, load_bot
from exchange.networking.client.bot.misspelt_callbacks import misspelt_callbacks
from exchange.simulation.progress_line import ProgressLine
from exchange.simulation.study.simulated_day import START_PRICE, WARM_UP_S
from exchange.simulation.summary_lines import aligned
from exchange.simulation.traders.mix import DEFAULT_MIX, MixPart, parse_mix, participants_of
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.settings import CALIBRATED
from exchange.utils.command_line import complain, number, write
from exchange.utils.helpers import FileError

DESCRIPTION = (
    "Let a bot trade among simulated traders, or in recorded order flow, without a network and as fast as can be; "
    "then say how it went. The same seed gives the same day, to the byte."
)
EPILOG = "exit code: 0 done, 1 the bot failed (where is in the report), 2 it could not start"
EXIT_FAILED = 1
# A trading day is as long as Nasdaq's.
HOURS_A_DAY = 6.5
HOURS_MAX, DAYS_MAX, MS_MAX = 10_000, 1_000, 60_000
NS_PER_MS = 1_000_000


def add_options(parser: CommandParser) -> None:
    """Which bot, among whom, for how long."""
    parser.add_argument("file", metavar="BOT.py", help="where the bot is; BOT.py:CLASS if it defines several")
    parser.add_argument(
        "--market", default="1", metavar="FILE|SEED",
        help="recorded order flow in LOBSTER's format, or the seed of simulated traders (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--mix", type=mix, metavar="KIND:N,…",
        help=f"the traders (default: {DEFAULT_MIX}; with a FILE none but history)",
    )  # fmt: skip
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--hours", type=number(0.001, HOURS_MAX), help="how long (default: 1, or as long as the file is)"
    )
    length.add_argument("--days", type=number(0.01, DAYS_MAX), help=f"the same in days of {HOURS_A_DAY:g} hours")
    parser.add_argument("--user", help="who trades (default: the class's name in lower case)")
    add_flow_symbol(parser, "what is traded")
    parser.add_argument(
        "--param", action="append", default=[], type=parameter, metavar="NAME=VALUE",
        help="set a class attribute of the bot; again for another",
    )  # fmt: skip
    parser.add_argument(
        "--latency", type=number(0, MS_MAX), default=1.0, metavar="MS",
        help="the bot's way to the exchange, and back, in ms (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--jitter", type=number(0, MS_MAX), default=0.0, metavar="MS",
        help="up to so much more, each time by chance (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--data-dir", type=data_directory, metavar="DIRECTORY",
        help="keep the day in this new directory, for verify, explain and what-if (default: nothing is kept)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Play the day and tell; the exit code.  Raises OptionError, CommandFailed."""
    try:
        bot = load_bot(options.file, dict(options.param))
    except BotFileError as error:
        raise OptionError(str(error)) from error
    for line in misspelt_callbacks(type(bot)):
        complain(line)
    others, seed = market_of(options)
    symbol = flow_symbol(options.symbol, None if callable(others) else Path(options.market))
    one_way_ns, jitter_ns = round(options.latency * NS_PER_MS), round(options.jitter * NS_PER_MS)
    try:
        with ExitStack() as closing:
            keep = None if options.data_dir is None else closing.enter_context(KeptDay(options.data_dir))
            backtest = Backtest(
                bot,
                others,
                seed=seed,
                user=options.user,
                latency=Latency(one_way_ns, one_way_ns, jitter_ns),
                instrument=replace(DEFAULT_INSTRUMENT, symbol=symbol),
                keep=keep,
                warm_up_s=WARM_UP_S if callable(others) else 0.0,
                mix=None if callable(others) else joining(options, others),
            )
            _play(backtest, seconds_of(options, has_end=not callable(others)))
    except (MarketError, FileError, OSError) as error:
        raise CommandFailed(error) from error
    kept = [] if keep is None else [("ledger", str(keep.ledger_path))]
    write(aligned([*backtest.report_lines(), *kept]), sys.stdout)
    return EXIT_DONE if backtest.driven.failure is None else EXIT_FAILED


def market_of(options: argparse.Namespace) -> tuple[Union[TraderMix, Sequence[Row]], int]:
    """Who else trades, and the seed.  Raises CommandFailed for a file that can't be read."""
    market: str = options.market
    if market.isascii() and market.isdecimal() and not Path(market).exists():
        parts = parse_mix(DEFAULT_MIX) if options.mix is None else options.mix
        return traders_in(parts, START_PRICE, START_NS), int(market)
    try:
        return read_flow(Path(market)), 0
    except FlowFileError as error:
        raise CommandFailed(error) from error


def traders_in(parts: Sequence[MixPart], start_price: float, begin_ns: int) -> TraderMix:
    """This mix, with the numbers that a calibration has found."""

    def traders(seed: int) -> Participants:
        return participants_of(parts, Scenario(seed, start_price, begin_ns), CALIBRATED)

    return traders


def joining(options: argparse.Namespace, rows: Sequence[Row]) -> Optional[TraderMix]:
    """The mix that trades in recorded order flow; None without one."""
    if options.mix is None:
        return None
    return traders_in(options.mix, float(rows[0].price * PRICE_UNIT), first_ns(rows))


def seconds_of(options: argparse.Namespace, *, has_end: bool) -> float:
    """How long the day is at most."""
    if options.days is not None:
        return float(options.days * HOURS_A_DAY * 3_600)
    if options.hours is not None:
        return float(options.hours * 3_600)
    return HOURS_MAX * 3_600.0 if has_end else 3_600.0


def _play(backtest: Backtest, seconds: float) -> None:
    """Play it, and say on stderr how far it is."""
    progress = ProgressLine(sys.stderr, shutil.get_terminal_size().columns, time.monotonic_ns)
    try:
        backtest.run(seconds, lambda done: progress.show(lambda: f"played {done:.0%} of the day"))
    finally:
        progress.end()
