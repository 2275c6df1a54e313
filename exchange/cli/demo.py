"""`exchange demo`: an engine, a simulated market, and the trading screen on it; all gone when you quit."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from exchange.cli.command_parser import CommandFailed, CommandParser
from exchange.cli.demo_market import keep_market
from exchange.cli.own_process import command_line
from exchange.networking.tcp_client import BookFollower, BookLevel, ExchangeError, Message, MessageClient
from exchange.utils.command_line import say
from tui.client import ClientOptions, run_client

DESCRIPTION = (
    "Everything at once: an engine, a simulated market, and the trading screen on it; all gone when you quit. "
    "Where standard output is no terminal, one line a second tells what the market does, for DEMO_SECONDS "
    "(default 10)."
)
EPILOG = "exit code: 0 you have quit, 1 a part of it went away, 2 DEMO_SECONDS is not a number"

SYMBOL = "ACME"
USER = "you"
PLACE = re.compile(r"market on port (\d+) with data in (.+)\n")
SECONDS_DEFAULT = "10"
EXIT_BROKEN = 1


def add_options(parser: CommandParser) -> None:
    """Whether there is to be a screen at all."""
    parser.add_argument(
        "--market-only",
        action="store_true",
        help="only the market, for clients of your own: say where it is, and keep it until standard input ends "
        "(Ctrl-D)",
    )


class DemoMarket(NamedTuple):
    """Where the market is: its port, and the directory that goes when it goes."""

    port: int
    directory: Path


@contextlib.contextmanager
def running_market() -> Iterator[DemoMarket]:
    """A market in a process of its own, which ends when this one does, in whatever way.  Raises CommandFailed.

    It has a session of its own as well: Ctrl-C and Ctrl-Z are for the screen.
    """
    keeper = subprocess.Popen(
        command_line("demo", "--market-only"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdin is not None and keeper.stdout is not None
    try:
        place = PLACE.fullmatch(keeper.stdout.readline())
        if place is None:
            raise CommandFailed("there is no market to show", EXIT_BROKEN)
        yield DemoMarket(int(place[1]), Path(place[2]))
    finally:
        keeper.stdin.close()
        keeper.wait()
        keeper.stdout.close()


def show_screen(market: DemoMarket, program: str) -> int:
    """The trading screen, until the person quits; returns its exit status."""
    return run_client(ClientOptions(USER, market.directory / "client", program, port=market.port))


def tell_summaries(port: int, seconds: float) -> None:
    """One line a second.  Raises CommandFailed if the engine goes away."""
    try:
        with MessageClient.connect(port=port) as client:
            book = client.follow_book(SYMBOL)
            client.subscribe("trades", SYMBOL)
            now = time.monotonic()
            last, count, volume = "-", 0, 0
            for due in [now + second for second in range(1, int(seconds) + 1)]:
                for message in messages_until(client, due):
                    if message["type"] == "trade":
                        last, count, volume = str(message["price"]), count + 1, volume + message["quantity"]
                say(summary_line(book, last, count, volume))
    except ExchangeError as error:
        raise CommandFailed(error, EXIT_BROKEN) from error


def messages_until(client: MessageClient, due: float) -> Iterator[Message]:
    """The messages that come until then."""
    while (left := due - time.monotonic()) > 0:
        message = client.poll_message(left)
        if message is not None:
            yield message


def summary_line(book: BookFollower, last: str, count: int, volume: int) -> str:
    """`10:42:07  ACME  bid 99.95 x 30   ask 100.05 x 40   last 100.00   trades 57   volume 1234`"""
    clock = time.strftime("%H:%M:%S")
    sides = f"bid {_level(book.best_bid):<14} ask {_level(book.best_ask):<14}"
    return f"{clock}  {SYMBOL}  {sides} last {last:<8} trades {count:<6} volume {volume}"


def _level(level: Optional[BookLevel]) -> str:
    return "-" if level is None else f"{level.price} x {level.quantity}"


def seconds_wanted() -> float:
    """DEMO_SECONDS of the environment.  Raises CommandFailed."""
    text = os.environ.get("DEMO_SECONDS", SECONDS_DEFAULT)
    if not (text.isascii() and text.isdigit()):
        raise CommandFailed(f"DEMO_SECONDS {text!r} is not a whole number of seconds")
    return float(text)


def run(options: argparse.Namespace) -> int:
    """Run the demo; the exit code.  Raises CommandFailed."""
    if options.market_only:
        return keep_market()
    seconds = seconds_wanted()
    with running_market() as market:
        if sys.stdin.isatty() and sys.stdout.isatty():
            return show_screen(market, options.program)
        tell_summaries(market.port, seconds)
    return 0
