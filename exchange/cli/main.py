"""The entry of `exchange`, of `python -m exchange`, and of the scripts of a clone.

    main     exchange SUBCOMMAND …      the subcommand's own file is loaded, and no other
    script   scripts/start_engine.py …  the same subcommand under the script's name, with the clone's data

A signal is taken care of before anything else is imported (`interruption`), so the rest is imported within.
"""

from __future__ import annotations

import os
import sys

from exchange.cli.subcommands import SUBCOMMANDS
from exchange.utils.interruption import end_at_once, ignore, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

PROGRAM = "exchange"


def main(words: Optional[list[str]] = None) -> int:
    """Run what the words (None: those of the process) ask for; the exit code.  Main thread.

    Raises SystemExit for `--help` and `--version` (0) and a wrong option (2).
    """
    words = sys.argv[1:] if words is None else words
    if words and words[0] in SUBCOMMANDS:
        return run_subcommand(words[0], f"{PROGRAM} {words[0]}", words[1:])
    from exchange.cli.overview import overview

    return overview(PROGRAM, words)


def script(name: str, path: str) -> int:
    """Run the subcommand `name` as the script at `path`, which is one folder below the clone; the exit code."""
    folder, program = os.path.split(os.path.realpath(path))
    clone = os.path.dirname(folder)
    data_dir = "data" if os.getcwd() == clone else os.path.join(clone, "data")
    return run_subcommand(name, program, sys.argv[1:], data_dir)


def run_subcommand(name: str, program: str, words: list[str], data_dir: Optional[str] = None) -> int:
    """Load it and run it under the name `program`; the exit code.

    Its data is in `data_dir` unless an option says otherwise (None: see `data_home`).
    """
    subcommand = SUBCOMMANDS[name]
    ending = subcommand.ending(program)
    end_at_once(ending)
    from exchange.cli.loading import prepared

    command = prepared(name, program, data_dir, words)
    if not subcommand.handles_signals:
        return run(command, ending, words)
    exit_code = command(words)
    ignore(ending.numbers)
    return exit_code
