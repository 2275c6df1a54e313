"""The market of the demo: an engine and simulated traders in a temporary directory, until standard input ends.

Whoever started it holds the other end of its input and may die in any way, killed outright too: the input ends
then, and this process stops both in their own orderly way and removes the directory.  The first line on stdout
says where they are: `market on port PORT with data in DIRECTORY`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from exchange.cli.command_parser import CommandFailed
from exchange.cli.own_process import command_line
from exchange.utils.command_line import say

MARKET_OPTIONS = ("--users", "12", "--rate", "8")
STOP_MAX_S = 10.0


def start(subcommand: str, *options: str) -> subprocess.Popen[str]:
    """A subcommand, of which only the engine is listened to."""
    return subprocess.Popen(
        command_line(subcommand, *options),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if subcommand == "engine" else subprocess.DEVNULL,
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
    """An engine on a free port with simulated traders on it; gives the port.  Raises CommandFailed."""
    with contextlib.ExitStack() as running:
        engine = start("engine", "--port", "0", "--data-dir", directory)
        running.callback(stop, engine)
        assert engine.stdout is not None
        port = engine.stdout.readline().strip().rpartition(":")[2]
        if not port.isdigit():
            raise CommandFailed("the engine did not start; `exchange engine` would say why")
        tokens = ("--data-dir", str(Path(directory) / "market"))
        running.callback(stop, start("simulate", "--port", port, *tokens, "--news", directory, *MARKET_OPTIONS))
        yield int(port)


def wait_for_end_of_input() -> None:
    """Return when nobody holds the other end of standard input any more."""
    while os.read(0, 1_000):
        continue


def keep_market() -> int:
    """Run until the input ends; the exit code.  Raises CommandFailed."""
    with (
        tempfile.TemporaryDirectory(prefix="exchange-demo-") as directory,
        running_market(directory) as port,
    ):
        say(f"market on port {port} with data in {directory}")
        wait_for_end_of_input()
    return 0
