"""What is kept of a market on a virtual clock: nothing, or a day like any other's on the disk.

A kept day has journal, ledger and audit logs, written by the same code and without a thread, so whatever opens a
journal opens it: `exchange verify`, an engine that goes on with it, a look into its past.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Generic, Optional, TypeVar

from exchange.batch import JournalEntry
from exchange.engine.commands import Command
from exchange.engine.events import PrivateEvent
from exchange.engine.trade import Trade
from exchange.matching_thread import CommandStore, EventStore, TradeStore
from exchange.storage.data_directory import DataDirectory, StorageOptions
from exchange.storage.journal_format import Durability
from exchange.storage.places import ledger_path, lock_path, refuse_what_is_not_ours
from exchange.storage.recovery import RecoveryProgress
from exchange.utils.directory_lock import DirectoryLock
from exchange.utils.disk import REAL_DISK
from exchange.utils.helpers import FileError

T = TypeVar("T")

# So many are written at a time: nobody waits for the disk here, and one write for each would be most of the work.
COMMANDS_AT_ONCE = 1_000
ITEMS_AT_ONCE = 500


class NothingKept:
    """Journal, ledger and audit log of a market that is forgotten with its process."""

    def __init__(self) -> None:
        self.journal: CommandStore = self
        self.ledger: TradeStore = self
        self.audit_log: EventStore = self

    def commit(self, entries: Sequence[JournalEntry]) -> None:
        """Nothing."""

    def write(self, trades: list[Trade]) -> None:
        """Nothing."""

    def append(self, events: list[PrivateEvent]) -> None:
        """Nothing."""


class _WorkerByHand(Generic[T]):
    """Does at once, or when enough has come together, what a `BatchThread` does in a thread."""

    def __init__(
        self,
        name: str,  # noqa: ARG002
        handle: Callable[[list[T]], None],
        on_failure: Callable[[Exception], None],  # noqa: ARG002
        queue_items_max: int,  # noqa: ARG002
        look_every_s: Optional[float] = None,  # noqa: ARG002
    ) -> None:
        self._handle = handle
        self._items: list[T] = []

    def put(self, item: T) -> None:
        """Have it handled with those that come after it."""
        self._items.append(item)
        if len(self._items) >= ITEMS_AT_ONCE:
            self._handle_all()

    def post(self, action: Callable[[], None]) -> None:
        """Now."""
        self._handle_all()
        action()

    call = post
    close = post

    def _handle_all(self) -> None:
        items, self._items = self._items, []
        if items:
            self._handle(items)


class _GatheredJournal:
    """Commits many commands at once; whoever closes it commits the last."""

    def __init__(self, journal: CommandStore) -> None:
        self._journal = journal
        self._entries: list[tuple[int, int, Command]] = []

    def commit(self, entries: Sequence[JournalEntry]) -> None:
        """Take them in; a killed process loses those that were not written."""
        self._entries += entries
        if len(self._entries) >= COMMANDS_AT_ONCE:
            self.write()

    def write(self) -> None:
        """Write all that was taken in."""
        entries, self._entries = self._entries, []
        if entries:
            self._journal.commit([JournalEntry(*entry) for entry in entries])


class KeptDay:
    """A data directory that a market writes its day to.  Use it in a `with`, or call `close`.

    Raises FileError if the directory is in use, holds what is not the exchange's, or holds a day already; OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with ExitStack() as closing:
            REAL_DISK.make_directory(path)
            refuse_what_is_not_ours(path)
            lock = DirectoryLock(path, lock_path(path))
            closing.callback(lock.release)
            # No snapshot: with one the journal before it would go, and the day could not be gone through.
            options = StorageOptions(Durability.OS, snapshot_every=0)
            progress = RecoveryProgress(lambda _line: None, lambda: 0.0)
            self._data = DataDirectory(
                path, options, lambda _sequence: None, progress, _fail, make_worker=_WorkerByHand
            )
            closing.callback(self._data.close)
            if self._data.engine.sequence:
                raise FileError(f"{path}: holds a market's day already: name a new directory")
            self._journal = _GatheredJournal(self._data.journal)
            self._closing = closing.pop_all()
        self.engine = self._data.engine
        self.journal: CommandStore = self._journal
        self.ledger: TradeStore = self._data.ledger
        self.audit_log: EventStore = self._data.audit_log

    @property
    def ledger_path(self) -> Path:
        """Where every trade of the day stands."""
        return ledger_path(self.path)

    def close(self) -> None:
        """Write all that is left, and let go of the directory.  A second call does nothing."""
        self._journal.write()
        self._closing.close()

    def __enter__(self) -> KeptDay:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()


def _fail(failure: BaseException) -> None:
    """No thread runs here: what goes wrong is raised where it does."""
    raise failure
