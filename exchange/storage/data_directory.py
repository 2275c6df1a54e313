"""Everything that one exchange keeps, opened together: the engine as it was, and all that its next step needs.

    open    make the journal's end durable → newest whole snapshot → open ledger and audit logs with what it says
            was safely stored → replay the journal, handing on what happens → ledger and logs end where the journal
            does → cut the journal's torn end → begin a new segment with the first commit
    live    the matching thread commits to `journal`, then hands on to `ledger` and `audit_log`
    stop    drain ledger and audit logs → snapshot → remove what it makes superfluous

The journal decides what happened; ledger, logs and snapshots are made from it, and are durable before anything of
the journal that they rest on is removed.  The lock that keeps a second engine out is the caller's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Optional

from exchange.engine.events import Event
from exchange.engine.instrument import Instrument
from exchange.storage.audit_lines import AuditFormat, seq_of
from exchange.storage.audit_log import AuditLog, log_files, repair_logs
from exchange.storage.completion import Completion
from exchange.storage.journal_format import Durability
from exchange.storage.journal_reader import JournalReader, carry_out, remove_segments_before, sync_newest
from exchange.storage.journal_writer import SEGMENT_BYTES_MAX, JournalError, JournalWriter
from exchange.storage.lines_beyond_journal import LinesBeyondJournal
from exchange.storage.places import (
    journal_directory,
    ledger_path,
    log_directory,
    snapshot_directory,
    verify_command,
)
from exchange.storage.recovery import RecoveryProgress, garbage_collection_paused, newest_marks, replay, restored
from exchange.storage.snapshot_files import OrderStore
from exchange.storage.snapshot_marks import differences, marks_at
from exchange.storage.snapshotting_journal import SnapshottingJournal
from exchange.storage.trade_writer import TradeWriter, trade_id_of
from exchange.utils.batch_thread import BatchThread, BatchThreadError, MakeWorker
from exchange.utils.disk import REAL_DISK, Disk
from exchange.utils.helpers import DamagedFileError, FileError
from exchange.utils.logger import LineLogger
from exchange.utils.numbered_lines import numbered_lines_after

log = logging.getLogger("exchange")


class StorageOptions(NamedTuple):
    """How a data directory is kept.  `snapshot_every` counts commands; 0: a snapshot only at the end."""

    durability: Durability = Durability.FSYNC
    snapshot_every: int = 200_000
    segment_bytes_max: int = SEGMENT_BYTES_MAX


class DataDirectory:
    """A data directory in use.  `engine` belongs to whoever opened it, once this is made."""

    def __init__(
        self,
        path: Path,
        options: StorageOptions,
        make_snapshot: Callable[[int], Optional[str]],
        progress: RecoveryProgress,
        on_failure: Callable[[BaseException], None],
        disk: Disk = REAL_DISK,
        on_replayed: Callable[[list[Event]], None] = lambda _events: None,
        make_worker: MakeWorker = BatchThread,
        check_place: Callable[[], None] = lambda: None,
    ) -> None:
        """Recover what `path` holds; made if it is not there.

        `make_snapshot` makes the snapshot of a command while the market runs and gives the state's hash, None if
        it was told to stop (see `SnapshotProcess`).  `on_failure` hears of whatever ends a thread,
        `on_replayed`, in order, of what happened after the snapshot.  `make_worker` makes what writes ledger and
        audit logs and asks for snapshots: threads, unless a test wants to decide when each has its turn.
        `check_place` raises FileError if the directory is not where it was any more.
        Raises FileError, OSError or BatchThreadError if what is there can't be used; then nothing stays open.
        """
        self._path = path
        self._options = options
        self._make_snapshot = make_snapshot
        self._on_failure = on_failure
        self._on_replayed = on_replayed
        self._disk = disk
        self._make_worker = make_worker
        self._check_place = check_place
        self._store = OrderStore(snapshot_directory(path), disk)
        with ExitStack() as closing, garbage_collection_paused():
            self._store.prepare()
            self._recover(progress, closing)
            self._files = self._open_journal()
            self.journal = SnapshottingJournal(
                self._files,
                options.snapshot_every,
                self._snapshot_sequence,
                self.take_snapshot,
                on_failure,
                make_worker,
            )
            closing.callback(self.journal.close)
            self._closing = closing.pop_all()

    # --- while the market runs ---------------------------------------------------------------------------

    def instrument(self, symbol: str) -> Instrument:
        """The definition of a listed symbol; any thread, since one never leaves the list."""
        return self.engine.book(symbol).instrument

    def take_snapshot(self, sequence: int) -> None:
        """Make the snapshot of command `sequence`, with which a segment ended.  On the snapshotter's thread.

        A snapshot that can't be made is a warning: everything it would have replaced is still there.
        """
        try:
            self.ledger.drain()
            self.audit_log.drain()
            state_hash = self._make_snapshot(sequence)
            if state_hash is not None:
                log.info("snapshot of command %d taken, state %s", sequence, state_hash)
                self._marks = newest_marks(self._store, sequence)
                self._prune()
        except (OSError, FileError, BatchThreadError) as error:
            log.warning("no snapshot of command %d: %s", sequence, error)

    def stop(self) -> None:
        """Make everything durable and take the last snapshot; nobody may use the engine any more.

        To be called when nothing more will be committed.  Raises BatchThreadError, OSError or FileError if
        something can't be stored; journal and snapshots have it all, nevertheless.
        """
        self.journal.close()
        self.ledger.drain()
        self.audit_log.drain()
        self._files.close()
        self._check_place()
        # Somebody may have removed the snapshots, and what they told is nowhere else any more.
        self._store.prepare()
        marks = marks_at(self._path, self.engine, self._marks, self._disk)
        self._store.save(self.engine.snapshot(), self.engine.sequence, marks)
        self._prune()

    def close(self) -> None:
        """Write what is queued, as far as the disk takes it, and end all threads.  Doesn't raise."""
        try:
            self._files.close()
        except JournalError as error:
            log.warning("%s", error)
        self._closing.close()

    def _prune(self) -> None:
        oldest_kept = self._store.prune()
        if oldest_kept is not None:
            remove_segments_before(journal_directory(self._path), oldest_kept, self._disk)

    # --- recovery ----------------------------------------------------------------------------------------

    def _recover(self, progress: RecoveryProgress, closing: ExitStack) -> None:
        self._disk.make_directory(journal_directory(self._path))
        journal = JournalReader(journal_directory(self._path), self._disk)
        sync_newest(journal_directory(self._path), journal.segments, self._disk)
        engine = self.engine = restored(self._store, _tell_of_damaged_snapshot)
        self._snapshot_sequence = engine.sequence
        # How the files stood at the newest snapshot: what comes after is all that the next one must read.
        self._marks = newest_marks(self._store, engine.sequence)
        for path, difference in differences(self._path, self._marks, self._disk).items():
            raise DamagedFileError(
                f"{path}: {difference}, so the exchange doesn't start: run `{verify_command(self._path)}`"
            )
        self.ledger: TradeWriter = self._open_ledger()
        closing.callback(self.ledger.close)
        written_seqs = repair_logs(log_directory(self._path), self._last_seqs(), disk=self._disk)
        self.audit_log: AuditLog = self._open_audit_log()
        closing.callback(self.audit_log.close)

        completion = Completion(self.ledger, self.audit_log, written_seqs)

        def hand_on(events: list[Event]) -> None:
            completion.add(events)
            self._on_replayed(events)

        replay(engine, journal, hand_on, progress=progress)
        completion.write_out()
        self.audit_log.drain()
        self._cut_to_journal(journal, written_seqs)
        if journal.lacks_last:
            log.warning("the journal's last record is missing; snapshot %d has what was in it", engine.sequence)
        if journal.cut is not None:
            log.warning("%s: they are cut off", journal.cut)
            carry_out(journal.cut, self._disk)

    def _cut_to_journal(self, journal: JournalReader, written_seqs: dict[str, int]) -> None:
        """Take off ledger and logs what the journal doesn't hold, if it may have lost it; `written_seqs` is what
        the logs held before the replay."""
        self.ledger.drain()
        last_trade_id, last_seqs = self.engine.matcher.last_trade_id, self._last_seqs()
        logs, ledger = log_directory(self._path), ledger_path(self._path)
        ahead = LinesBeyondJournal()
        ahead.add_trades(ledger, numbered_lines_after(ledger, trade_id_of, last_trade_id, self._disk))
        for user, path in log_files(logs, self._disk).items():
            if written_seqs.get(user, 0) > last_seqs.get(user, 0):
                ahead.add_events(path, numbered_lines_after(path, seq_of, last_seqs.get(user, 0), self._disk))
        if journal.cut is not None:
            ahead.explain(journal.cut.stamps)
        newest = journal.last_segment
        ahead.check(self._path, journal_may_lose=newest is not None and newest.durability is Durability.OS)
        self.ledger.complete(last_trade_id)
        if ahead.line_count:
            log.warning("%s: they are cut off", ahead)
            repair_logs(logs, last_seqs, last_seqs, self._disk)
            self.audit_log.forget_sizes()

    def _last_seqs(self) -> dict[str, int]:
        return {user: self.engine.last_seq(user) for user in self.engine.users()}

    def _open_journal(self) -> JournalWriter:
        return JournalWriter(
            journal_directory(self._path),
            self.engine.sequence,
            self._options.durability,
            self._disk,
            self._options.segment_bytes_max,
            self._check_place,
        )

    def _open_ledger(self) -> TradeWriter:
        return TradeWriter(
            ledger_path(self._path),
            self.instrument,
            self._on_failure,
            self.engine.matcher.last_trade_id,
            disk=self._disk,
            make_worker=self._make_worker,
        )

    def _open_audit_log(self) -> AuditLog:
        audit_format = AuditFormat(self.instrument)
        return LineLogger(
            log_directory(self._path),
            audit_format,
            self._on_failure,
            "audit-log",
            disk=self._disk,
            make_worker=self._make_worker,
        )


def _tell_of_damaged_snapshot(path: Path, damage: str) -> None:
    log.warning("%s is damaged (%s): the one before is used", path, damage)
