"""Snapshots while the market runs, so that neither the journal nor a restart grows without end.

    matching thread   commit ── due? ──► the segment ends at S ──► commit goes on in a new one
                                              │ S
    thread `running_snapshots`                      ▼
                          ledger and audit logs are drained (they were handed everything up to S before)
                          a child process: older snapshot + ended segments → the state at S → snapshot S
                          older snapshots and the segments before them are removed

The market waits for one fdatasync, not for the snapshot.  The child reads what is on the disk and nothing else, so
each snapshot proves on the side that the journal can be replayed.  If it fails, everything older is still there:
the next one is tried when it is due.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Optional

import exchange
from exchange.engine.commands import Command
from exchange.storage.journal import Journal
from exchange.utils.batch_thread import BatchThread, MakeWorker, Worker
from exchange.utils.helpers import FileError

_PACKAGE_ROOT = Path(exchange.__file__).resolve().parent.parent


class SnapshotError(FileError):
    """The snapshot was not made; nothing else has changed."""


class SnapshottingJournal:
    """The journal as the matching thread knows it, with a snapshot asked for every `every` commands (0: never)."""

    def __init__(
        self,
        journal: Journal,
        every: int,
        last_snapshot: int,
        take: Callable[[int], None],
        on_failure: Callable[[Exception], None],
        make_worker: MakeWorker = BatchThread,
    ) -> None:
        """`last_snapshot` is the command of the newest snapshot there is.

        `take`, on the thread, makes the snapshot of a command; an exception of it is a bug and goes to
        `on_failure`.
        """
        self._journal = journal
        self._every = every
        self._last_snapshot = last_snapshot
        self._take = take
        # Set by the matching thread when it asks for a snapshot, cleared by the snapshotter when it is done.
        self._is_busy = False
        self._thread: Worker[int] = make_worker("snapshotter", self._run, on_failure, queue_items_max=1)

    def commit(self, entries: Sequence[tuple[int, int, Command]]) -> None:
        """See Journal.  A snapshot is of the commands before `entries`: all else about them has been told."""
        sequence = self._journal.last_sequence
        if self._every and sequence - self._last_snapshot >= self._every and not self._is_busy:
            self._journal.rotate()
            self._last_snapshot = sequence
            self._is_busy = True
            self._thread.put(sequence)
        self._journal.commit(entries)

    def settle(self) -> None:
        """Wait until a snapshot that is being taken is there."""
        self._thread.call(lambda: None)

    def close(self) -> None:
        """End the thread; one that is taking a snapshot finishes it first."""
        self._thread.close(lambda: None)

    def _run(self, sequences: list[int]) -> None:
        for sequence in sequences:
            self._take(sequence)
        self._is_busy = False


class SnapshotProcess:
    """Called with a command's sequence, makes the snapshot in a child process and waits for it.

    The child hears of its parent's end by the end of its input, and ends too.
    """

    def __init__(self, data_directory: Path) -> None:
        self._data_directory = data_directory
        self._child: Optional[subprocess.Popen[bytes]] = None
        self._is_stopped = False
        # Guards the two above: `stop` comes from another thread.
        self._guard = threading.Lock()

    def __call__(self, sequence: int) -> Optional[str]:
        """The state's hash, None if `stop` came first.  Raises SnapshotError, OSError."""
        with self._guard:
            if self._is_stopped:
                return None
            child = self._child = self._start(sequence)
        with child:  # Its input stays open until it has ended.
            assert child.stdout is not None and child.stderr is not None
            output, errors = child.stdout.read(), child.stderr.read()
        if self._is_stopped:
            return None
        if child.returncode != 0:
            lines = errors.decode("utf-8", "replace").strip().splitlines() or [f"exit code {child.returncode}"]
            raise SnapshotError(lines[-1])
        return output.decode("ascii").strip()

    def stop(self) -> None:
        """End the child, if there is one, and start none any more."""
        with self._guard:
            self._is_stopped = True
            if self._child is not None:
                self._child.kill()

    def _start(self, sequence: int) -> subprocess.Popen[bytes]:
        paths = [str(_PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.Popen(
            [sys.executable, "-m", "exchange.storage.snapshot_process", str(self._data_directory), str(sequence)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # A Ctrl-C at the terminal is for the engine; it will end the child.
        )
