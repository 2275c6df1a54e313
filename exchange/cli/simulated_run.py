"""What `simulate` and `replay` share: how they are let in, how they are told to stop, and how they end."""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Optional

from exchange.cli.client_options import address
from exchange.cli.command_parser import CommandFailed
from exchange.cli.subcommands import STOP_SIGNALS
from exchange.laboratory.flow.lobster_file import FlowFileError
from exchange.networking.tcp_client import TokenStore
from exchange.simulation.entrance import Entrance
from exchange.simulation.errors import EngineGoneError, SimulationError
from exchange.simulation.progress_line import ProgressLine
from exchange.utils.command_line import EXIT_REFUSED, complain

EXIT_CODES = (
    "exit code: 0 done, or stopped with Ctrl-C, and the summary is on stdout; 1 the engine went away in the "
    "middle, and the summary says how far it came; 2 there was nothing to start: an unreadable file, no engine"
)
EXIT_DONE = 0
EXIT_LOST = 1
NAME = re.compile(r"[A-Za-z0-9_-]{1,27}")


class Interruption:
    """Remembers that the process was asked to stop.  A flag, because a signal handler must not wait for a lock."""

    def __init__(self) -> None:
        self.is_requested = False

    def __call__(self, signal_number: int, _frame: Optional[FrameType]) -> None:
        """Handle the signal; a second one of its kind ends the process at once."""
        self.is_requested = True
        signal.signal(signal_number, signal.SIG_DFL)


class SimulatedRun:
    """One run: where a person sees how far it is (`progress`), whether they want it to stop (`interruption`)."""

    def __init__(self, program: str) -> None:
        self.interruption = Interruption()
        self.progress = ProgressLine(sys.stderr, shutil.get_terminal_size().columns, time.monotonic_ns)
        self._program = program

    def tell(self, lines: Iterable[str]) -> None:
        """What a person should know, each on a line of its own."""
        for line in lines:
            self.progress.end()
            complain(f"{self._program}: {line}")


def user_name(text: str) -> str:
    """What users' names begin with: with a hyphen and a number behind it, it must be a name."""
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: must be 1 to 27 characters of A-Z a-z 0-9 _ -")
    return text


def entrance(options: argparse.Namespace) -> Entrance:
    """Where the engine is, and the tokens are."""
    engine = address(options)
    return Entrance(TokenStore(options.data_dir / "tokens"), engine.host, engine.port, engine.tls)


def run_until_stopped(program: str, act: Callable[[SimulatedRun], None]) -> int:
    """Let `act` run until it is done or told to stop; the exit code.

    A SimulationError or FlowFileError of its becomes CommandFailed.
    """
    run = SimulatedRun(program)
    for signal_number in STOP_SIGNALS:
        signal.signal(signal_number, run.interruption)
    try:
        act(run)
    except (SimulationError, FlowFileError) as error:
        raise CommandFailed(error, EXIT_LOST if isinstance(error, EngineGoneError) else EXIT_REFUSED) from error
    return EXIT_DONE
