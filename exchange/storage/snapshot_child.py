"""The child process that makes a snapshot beside a running engine: `main` with DATA_DIRECTORY SEQUENCE.

Prints the state's hash and exits 0, or prints one line on stderr and exits 1.  It holds no lock: it reads segments
that have ended and snapshots, which nobody changes, and adds one file, by renaming.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from exchange.storage.places import snapshot_directory
from exchange.storage.recovery import build_snapshot, garbage_collection_paused
from exchange.storage.snapshot_files import OrderStore
from exchange.utils.disk import REAL_DISK
from exchange.utils.helpers import FileError

# The engine goes first where there is not enough of the processor for both.
_NICENESS = 10
_EXIT_ORPHANED = 3


def _end_with_parent() -> None:
    """Nothing is ever written to this process: its input ends when its parent does."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(_EXIT_ORPHANED)


def main(arguments: list[str]) -> int:
    """The exit code."""
    data_directory, sequence = Path(arguments[0]), int(arguments[1])
    os.nice(_NICENESS)
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    try:
        with garbage_collection_paused():
            store = OrderStore(snapshot_directory(data_directory))
            state_hash = build_snapshot(store, data_directory, sequence, REAL_DISK)
    except (OSError, FileError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{state_hash}\n")
    return 0
