"""`exchange replay`: recorded order flow, played on an exchange that runs, with traders of a mix in it or without.

On a terminal Enter has the recorded flow stand still, and go on; traders of a mix trade meanwhile.
"""

from __future__ import annotations

import argparse
import functools
import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Optional

from exchange.cli.client_options import add_address
from exchange.cli.command_parser import CommandParser, OptionError
from exchange.cli.pause_key import PauseKey
from exchange.cli.simulated_run import EXIT_CODES, SimulatedRun, entrance, run_until_stopped, user_name
from exchange.cli.study import mix
from exchange.laboratory.flow.lobster_file import Row, read_flow
from exchange.networking.tcp_client import ExchangeError
from exchange.simulation.errors import CannotStartError
from exchange.simulation.replay import replay
from exchange.simulation.summary_lines import aligned, tally_lines
from exchange.simulation.traded_instrument import choose_instrument
from exchange.simulation.traders.mix import places_of
from exchange.simulation.traders.mix_run import MixRun, MixRunOptions
from exchange.utils.command_line import say, whole_number, write
from exchange.utils.helpers import NS_PER_S

DESCRIPTION = "Play a file of recorded order flow (in LOBSTER's format) on a running exchange, as one user."
EPILOG = EXIT_CODES

COUNT_MAX = 1_000_000_000
SPEED_MAX = 1_000_000.0
ENDING_POLL_S = 0.1
TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)


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
        help="N times as fast as it was recorded, or as fast as can be (default: max); Enter pauses it",
    )
    add_stretch(parser)
    parser.add_argument(
        "--mix", type=mix, metavar="KIND:N,…", help="have these traders trade in it, such as zi:5,momentum:3"
    )


def add_stretch(parser: CommandParser) -> None:
    """Which part of a recording is played at its speed."""
    parser.add_argument(
        "--from", dest="from_ns", type=time_of_day, metavar="HH:MM",
        help="play what was recorded before at once, and from there on at --speed",
    )  # fmt: skip
    parser.add_argument(
        "--to", dest="to_ns", type=time_of_day, metavar="HH:MM", help="stop there (default: at the end)"
    )


def time_of_day(text: str) -> int:
    """`09:45` or `09:45:30` as ns after midnight."""
    match = TIME_OF_DAY.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}: must be a time of day such as 09:45 or 09:45:30")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (hours * 3_600 + minutes * 60 + seconds) * NS_PER_S


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
    """Play recorded order flow and print how it went.  Raises SimulationError, FlowFileError and OptionError."""
    rows = stretch(options)
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
        player = replay.Replay(
            client,
            instrument,
            rows,
            f"{time.time_ns():x}-",
            options.speed,
            from_ns=options.from_ns or 0,
            has_others=options.mix is not None,
        )
        _play_among_others(options, run, player, instrument.symbol)


def stretch(options: argparse.Namespace) -> list[Row]:
    """The rows to be played.  Raises FlowFileError, and OptionError where there is none."""
    rows = read_flow(options.replay, options.orders)
    if options.to_ns is not None:
        if options.to_ns <= (options.from_ns or 0):
            raise OptionError(f"{_stretch_words(options)}: --to must be later than --from")
        rows = [row for row in rows if row.time_ns < options.to_ns]
    if not rows or rows[-1].time_ns < (options.from_ns or 0):
        raise OptionError(f"{_stretch_words(options)}: nothing was recorded then in {options.replay}")
    return rows


def _stretch_words(options: argparse.Namespace) -> str:
    """The stretch as it was asked for."""
    ends = (("--from", options.from_ns), ("--to", options.to_ns))
    return " ".join(f"{name} {_clock_text(time_ns)}" for name, time_ns in ends if time_ns is not None)


def _clock_text(time_of_day_ns: int) -> str:
    """What `time_of_day` reads; seconds only where there are any."""
    minutes, seconds = divmod(time_of_day_ns // NS_PER_S, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def _play_among_others(
    options: argparse.Namespace, run: SimulatedRun, player: replay.Replay, symbol: str
) -> None:
    """Play, with the mix from the beginning of the stretch on, and tell how it went."""
    pause_key = PauseKey(sys.stdin)
    with ExitStack() as others:
        is_joined = options.mix is None

        def report() -> None:
            nonlocal is_joined
            if not is_joined and player.is_in_stretch:
                is_joined = True
                others.enter_context(_trading(options, run, symbol))
            if pause_key.was_pressed():
                player.toggle_pause()
            run.progress.show(player.progress_text)

        try:
            player.run(report, lambda: run.interruption.is_requested)
        finally:
            run.progress.end()
            write(aligned(player.summary_lines()), sys.stdout)


@contextmanager
def _trading(options: argparse.Namespace, run: SimulatedRun, symbol: str) -> Iterator[None]:
    """The mix trades while this lasts; then it tells what it did, also of traders that failed."""
    seed = secrets.randbelow(1_000_000)
    traders = MixRun(MixRunOptions(entrance(options), places_of(options.mix), seed, symbol=symbol))
    traders.start()
    try:
        yield
    finally:
        traders.request_stop()
        while not traders.wait(ENDING_POLL_S):
            run.tell(traders.notices())
        run.tell(traders.notices())
        write(aligned([("traders of the mix", ""), *tally_lines(traders.tally(), traders.elapsed_ns)]), sys.stdout)
    if traders.failure is not None:
        raise traders.failure
