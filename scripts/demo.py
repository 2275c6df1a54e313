#!/usr/bin/env python3
"""Everything at once: an engine, a simulated market, and the trading screen on it; all gone when you quit.

Where standard output is no terminal, one line a second tells what the market does, for DEMO_SECONDS (default 10).
"""

from __future__ import annotations

import signal
import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, in_order, run

ENDING = in_order(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
if __name__ == "__main__":
    end_at_once(ENDING)

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from exchange.networking.tcp_client import BookFollower, BookLevel, ExchangeClient, ExchangeError, Message
from exchange.utils.command_line import EXIT_REFUSED, OneLineParser, complain, say
from tui.client import main as run_client

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "demo.py"
SYMBOL = "ACME"
USER = "you"
PLACE = re.compile(r"market on port (\d+) with data in (.+)\n")
SECONDS_DEFAULT = "10"
EXIT_BROKEN = 1


class DemoError(Exception):
    """A part of the demo did not start, or went away; the text says which, in one line."""


class Market(NamedTuple):
    """Where the market is: its port, and the directory that goes when it goes."""

    port: int
    directory: Path


@contextlib.contextmanager
def running_market() -> Iterator[Market]:
    """A market in a process of its own, which ends when this one does, in whatever way.  Raises DemoError.

    It has a session of its own as well: Ctrl-C and Ctrl-Z are for the screen.
    """
    keeper = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "demo_market.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdin is not None and keeper.stdout is not None
    try:
        place = PLACE.fullmatch(keeper.stdout.readline())
        if place is None:
            raise DemoError("there is no market to show")
        yield Market(int(place[1]), Path(place[2]))
    finally:
        keeper.stdin.close()
        keeper.wait()
        keeper.stdout.close()


def show_screen(market: Market) -> int:
    """The trading screen, until the person quits; returns its exit status."""
    where = ["--port", str(market.port), "--data-dir", str(market.directory / "client")]
    return run_client(["--user", USER, *where])


def tell_summaries(port: int, seconds: float) -> None:
    """One line a second.  Raises DemoError if the engine goes away."""
    try:
        with ExchangeClient.connect(port=port) as client:
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
        raise DemoError(str(error)) from error


def messages_until(client: ExchangeClient, due: float) -> Iterator[Message]:
    """The messages that come until then."""
    while (left := due - time.monotonic()) > 0:
        message = client.poll(left)
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
    """DEMO_SECONDS of the environment.  Raises DemoError."""
    text = os.environ.get("DEMO_SECONDS", SECONDS_DEFAULT)
    if not (text.isascii() and text.isdigit()):
        raise DemoError(f"DEMO_SECONDS {text!r} is not a whole number of seconds")
    return float(text)


def main(arguments: list[str]) -> int:
    """Run the demo; the exit status."""
    parser = OneLineParser(prog=PROGRAM, description=__doc__)
    parser.parse_args(arguments)
    try:
        seconds = seconds_wanted()
        with running_market() as market:
            if sys.stdin.isatty() and sys.stdout.isatty():
                return show_screen(market)
            tell_summaries(market.port, seconds)
    except DemoError as error:
        complain(f"{PROGRAM}: {error}")
        return EXIT_REFUSED if "DEMO_SECONDS" in str(error) else EXIT_BROKEN
    return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
