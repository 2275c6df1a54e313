#!/usr/bin/env python3
"""Check a data directory, with its engine stopped: options in, parts wired, nothing else.  Changes nothing.

Exit code 0: all is sound.  1: there are problems, each told with what to do.  2: it can't be checked.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("verify.py")
if __name__ == "__main__":
    end_at_once(ENDING)

import argparse
from pathlib import Path

from exchange.storage.places import lock_path
from exchange.storage.recovery import garbage_collection_paused
from exchange.storage.verify import verify
from exchange.utils.command_line import EXIT_REFUSED, OneLineParser, complain, say
from exchange.utils.directory_lock import FileLockedError, held_against_writers
from exchange.utils.disk import REAL_DISK


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options."""
    parser = OneLineParser(
        prog="verify.py",
        description="Check journal, snapshots, ledger and audit logs of a stopped exchange against each other, "
        "without changing anything, and say what to do about what is wrong.",
        epilog="exit code: 0 all is sound, 1 there are problems, 2 it can't be checked (the engine runs, say)",
    )
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="what to check (default: %(default)s)")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """The exit code."""
    data_dir = parse(arguments).data_dir
    try:
        if not data_dir.is_dir():
            raise NotADirectoryError(f"{data_dir} is not a directory")
        with held_against_writers(data_dir, lock_path(data_dir)), garbage_collection_paused():
            is_sound = verify(data_dir, REAL_DISK, say)
    except FileLockedError as error:
        complain(f"verify.py: stop the engine first: {error}")
        return EXIT_REFUSED
    except OSError as error:
        complain(f"verify.py: {error}")
        return EXIT_REFUSED
    say("sound" if is_sound else "NOT SOUND: see the problems above")
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
