#!/usr/bin/env python3
"""The market of the demo: an engine and simulated traders in a temporary directory, until standard input ends.

Whoever started it holds the other end of its input and may die in any way, killed outright too: the input ends
then, and this process stops both in their own orderly way and removes the directory.  The first line on stdout
says where they are: `market on port PORT with data in DIRECTORY`.
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
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from exchange.utils.command_line import EXIT_REFUSED, OneLineParser, complain, say

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "demo_market.py"
MARKET_OPTIONS = ("--users", "12", "--rate", "8")
STOP_MAX_S = 10.0


class MarketError(Exception):
    """The engine did not start."""


def start(script: str, *options: str) -> subprocess.Popen[str]:
    """A script of this directory, of which only the engine is listened to."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / script), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if script == "start_engine.py" else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def stop(process: subprocess.Popen[str]) -> None:
    """End it in its own orderly way; if it doesn't, end it."""
    process.terminate()
    try:
        process.wait(STOP_MAX_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextlib.contextmanager
def running_market(directory: str) -> Iterator[int]:
    """An engine on a free port with simulated traders on it; gives the port.  Raises MarketError."""
    with contextlib.ExitStack() as running:
        engine = start("start_engine.py", "--port", "0", "--data-dir", directory)
        running.callback(stop, engine)
        assert engine.stdout is not None
        port = engine.stdout.readline().strip().rpartition(":")[2]
        if not port.isdigit():
            raise MarketError("the engine did not start; try make run-engine")
        tokens = ("--data-dir", str(Path(directory) / "market"))
        running.callback(stop, start("start_simulation.py", "--port", port, *tokens, *MARKET_OPTIONS))
        yield int(port)


def wait_for_end_of_input() -> None:
    """Return when nobody holds the other end of standard input any more."""
    while os.read(0, 1_000):
        continue


def main(arguments: list[str]) -> int:
    """Run until the input ends; the exit status."""
    OneLineParser(prog=PROGRAM, description=__doc__.partition("\n")[0]).parse_args(arguments)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="exchange-demo-") as directory,
            running_market(directory) as port,
        ):
            say(f"market on port {port} with data in {directory}")
            wait_for_end_of_input()
    except MarketError as error:
        complain(f"{PROGRAM}: {error}")
        return EXIT_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
