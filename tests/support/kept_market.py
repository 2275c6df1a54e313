"""A market in a data directory, driven as the matching thread drives it but without threads of clients.

    market = KeptMarket(path)           open, recover
    market.run(commands)                process → commit → ledger and audit log, a batch at a time
    market.kill()                       leave everything as it is, as a killed process does
    market.stop()                       a graceful end
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Optional

from exchange.engine.events import PRIVATE_EVENT_TYPES
from exchange.engine.trade import Trade
from exchange.storage.data_directory import DataDirectory, StorageOptions
from exchange.storage.places import journal_directory, snapshot_directory
from exchange.storage.recovery import Progress, build_snapshot
from exchange.storage.snapshot_files import OrderStore
from exchange.utils.disk import REAL_DISK, Disk
from tests.property.strategies import Stamped

ONLY_AT_THE_END = StorageOptions(snapshot_every=0)

MakeSnapshot = Callable[[int], Optional[str]]


class KeptMarket:
    """One opening of a data directory; `failures` is what its threads told of."""

    def __init__(
        self,
        path: Path,
        options: StorageOptions = ONLY_AT_THE_END,
        make_snapshot: Optional[MakeSnapshot] = None,
        tell: Callable[[str], None] = print,
        disk: Disk = REAL_DISK,
    ) -> None:
        self.failures: list[BaseException] = []
        store = OrderStore(snapshot_directory(path), disk)

        def in_this_process(sequence: int) -> Optional[str]:
            return build_snapshot(store, journal_directory(path), sequence, disk)

        self.data = DataDirectory(
            path,
            options,
            make_snapshot or in_this_process,
            Progress(tell, lambda: 0.0),
            self.failures.append,
            disk=disk,
        )
        self.engine = self.data.engine

    def run(self, commands: Sequence[Stamped], batch: int = 10) -> None:
        """Carry them out, `batch` at a time."""
        for start in range(0, len(commands), batch):
            entries, events = [], []
            for command, timestamp in commands[start : start + batch]:
                before = self.engine.sequence
                events += self.engine.process(command, timestamp)
                if self.engine.sequence != before:
                    entries.append((self.engine.sequence, timestamp, command))
            if entries:
                self.data.journal.commit(entries)
            self.data.ledger.write([event for event in events if isinstance(event, Trade)])
            self.data.audit_log.append(
                [event for event in events if type(event) in PRIVATE_EVENT_TYPES]  # type: ignore[misc]
            )

    def kill(self) -> None:
        """End without a snapshot; what was handed over is written."""
        self.data.close()

    def stop(self) -> None:
        """A graceful end."""
        self.data.stop()
        self.data.close()
