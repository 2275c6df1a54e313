"""Snapshots while the market runs, so that neither the journal nor a restart grows without end.

    matching thread   commit ── due? ──► the segment ends at S ──► commit goes on in a new one
                                              │ S
    thread `snapshotter`                            ▼
                          ledger and audit logs are drained (they were handed everything up to S before)
                          a child process: older snapshot + ended segments → the state at S → snapshot S
                          older snapshots and the segments before them are removed

The market waits for one fdatasync, not for the snapshot.  The child reads what is on the disk and nothing else, so
each snapshot proves on the side that the journal can be replayed.  If it fails, everything older is still there:
the next one is tried when it is due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from exchange.engine.commands import Command
from exchange.storage.journal_writer import JournalWriter
from exchange.utils.batch_thread import BatchThread, MakeWorker, Worker


class SnapshottingJournal:
    """The journal as the matching thread knows it, with a snapshot asked for every `every` commands (0: never)."""

    def __init__(
        self,
        journal: JournalWriter,
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
        """See JournalWriter.  A snapshot is of the commands before `entries`: all about them has been told."""
        sequence = entries[0][0] - 1
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
