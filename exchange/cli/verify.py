"""`exchange verify`: check a data directory, with its engine stopped.  Changes nothing."""

from __future__ import annotations

import argparse

from exchange.cli.command_parser import CommandFailed, CommandParser
from exchange.storage.places import lock_path
from exchange.storage.recovery import garbage_collection_paused
from exchange.storage.verify import verify
from exchange.utils.command_line import say
from exchange.utils.directory_lock import FileLockedError, held_against_writers
from exchange.utils.disk import REAL_DISK

DESCRIPTION = (
    "Check journal, snapshots, ledger and audit logs of a stopped exchange against each other, without changing "
    "anything, and say what to do about what is wrong."
)
EPILOG = "exit code: 0 all is sound, 1 there are problems, 2 it can't be checked (the engine runs, say)"


def add_options(parser: CommandParser) -> None:
    """Where to look."""
    parser.add_data_dir("what to check")


def run(options: argparse.Namespace) -> int:
    """Check and tell; the exit code.  Raises CommandFailed."""
    data_dir = options.data_dir
    try:
        if not data_dir.is_dir():
            raise NotADirectoryError(f"{data_dir} is not a directory")
        with held_against_writers(data_dir, lock_path(data_dir)), garbage_collection_paused():
            is_sound = verify(data_dir, REAL_DISK, say)
    except FileLockedError as error:
        raise CommandFailed(f"stop the engine first: {error}") from error
    except OSError as error:
        raise CommandFailed(error) from error
    say("sound" if is_sound else "NOT SOUND: see the problems above")
    return 0 if is_sound else 1
