"""From what is on disk to the engine as it was: the newest whole snapshot, then the journal after it.

The engine is deterministic, so replaying the commands with their timestamps gives the same ids, the same priority,
the same positions and the same events again; whoever missed some of these (the ledger, the audit logs) is
completed from them.  Nothing here decides what happened: a command that the journal holds and the engine doesn't
carry out is an error that names the command, never something to step over.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

from exchange.engine.engine import Engine
from exchange.engine.events import Event
from exchange.storage.command_record import Record
from exchange.storage.journal_reader import JournalReader
from exchange.storage.places import journal_directory
from exchange.storage.snapshot_files import OrderStore
from exchange.storage.snapshot_marks import FileMark, marks_at
from exchange.utils.disk import Disk
from exchange.utils.helpers import FileError

OnDamagedSnapshot = Callable[[Path, str], None]
OnEvents = Callable[[list[Event]], None]


class ReplayError(FileError):
    """The engine can't carry out a command that the journal holds."""


class RecoveryProgress:
    """Tells, once a second, how far a replay is; a short one says nothing.

    `monotonic_s` is a clock in seconds; `tell` takes one line.
    """

    def __init__(self, tell: Callable[[str], None], monotonic_s: Callable[[], float]) -> None:
        self._tell = tell
        self._monotonic_s = monotonic_s
        self._next_s = monotonic_s() + 1

    def report(self, done: int, total: int) -> None:
        """`done` of about `total` commands are replayed."""
        now_s = self._monotonic_s()
        if now_s >= self._next_s:
            self._next_s = now_s + 1
            self._tell(f"recovering: {done:,} of about {max(done, total):,} commands")


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """For making millions of objects that stay: the collector would walk over all of them again and again.

    What there is when the block ends is set aside from later collections as well.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def newest_marks(store: OrderStore, sequence: int) -> list[FileMark]:
    """How the files stood at the snapshot of command `sequence`; nothing if there is none."""
    return [mark for stored in store.stored() if stored.sequence == sequence for mark in store.marks(stored)]


def restored(store: OrderStore, on_damaged: OnDamagedSnapshot, sequence_max: Optional[int] = None) -> Engine:
    """The engine of the newest whole snapshot, of command `sequence_max` at most; a new one if there is none.

    `on_damaged` is told of each snapshot that was passed over, and why.
    """
    snapshot = store.newest_valid(on_damaged, sequence_max)
    return Engine() if snapshot is None else Engine.restore(snapshot.records)


def replay(
    engine: Engine,
    journal: JournalReader,
    on_events: OnEvents,
    until: Optional[int] = None,
    progress: Optional[RecoveryProgress] = None,
) -> None:
    """Bring the engine from where it is to the journal's end, or to command `until`.

    `on_events` gets everything that happens, in order, some hundred commands at a time.  Raises ReplayError,
    DamagedFileError.
    """
    first_sequence = engine.sequence
    total = journal.last_sequence() - first_sequence
    for chunk in journal.chunks(first_sequence, until):
        assert journal.last_segment is not None
        on_events(carried_out(engine, chunk, journal.last_segment.segment.path))
        if progress is not None:
            progress.report(engine.sequence - first_sequence, total)


def carried_out(engine: Engine, records: list[Record], path: Path) -> list[Event]:
    """What happens when the engine carries out `records`, which were read in `path`.  Raises ReplayError."""
    process = engine.process
    events: list[Event] = []
    for sequence, timestamp, command in records:
        try:
            happened = process(command, timestamp)
        except Exception as error:  # noqa: BLE001  whatever it is, it is told with the name of the command
            raise _cannot_replay(path, sequence, f"it ends the engine: {error!r}") from error
        if engine.sequence != sequence:
            raise _cannot_replay(path, sequence, f"the engine answers {happened} and changes nothing")
        events += happened
    return events


def _cannot_replay(path: Path, sequence: int, reason: str) -> ReplayError:
    return ReplayError(f"{path}: command {sequence} can't be replayed, so the exchange doesn't start: {reason}")


def build_snapshot(store: OrderStore, data_directory: Path, sequence: int, disk: Disk) -> str:
    """Make the snapshot of command `sequence` out of an older one and the segments up to it, which have ended.

    Ledger and logs, which are marked in it, have all that it leads to by now, safely stored.  Returns the hash of
    its state.  Reads the files only, so another process may do it beside a running engine.
    Raises FileError if the journal doesn't lead there, OSError.
    """
    engine = restored(store, lambda _path, _damage: None, sequence)
    marks = newest_marks(store, engine.sequence)
    if engine.sequence < sequence:
        journal = JournalReader(journal_directory(data_directory), disk)
        replay(engine, journal, lambda _events: None, sequence)
    assert engine.sequence == sequence, (engine.sequence, sequence)
    store.save(engine.snapshot(), sequence, marks_at(data_directory, engine, marks, disk))
    return engine.state_hash()
