"""A market in a data directory, driven as the matching thread drives it but without threads of clients.

market = KeptMarket(path)           open, recover
market.run(commands)                process → commit → ledger and audit log, a batch at a time
market.kill()                       leave everything as it is, as a killed process does
market.stop()                       a graceful end
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional

from exchange.batch import Outcome
from exchange.core import Core
from exchange.engine.commands import Command
from exchange.storage.data_directory import DataDirectory, StorageOptions
from exchange.storage.places import snapshot_directory
from exchange.storage.recovery import RecoveryProgress, build_snapshot
from exchange.storage.snapshot_files import OrderStore
from exchange.utils.disk import REAL_DISK, Disk
from tests.property.strategies import Stamped

ONLY_AT_THE_END = StorageOptions(snapshot_every=0)

MakeSnapshot = Callable[[int], Optional[str]]


class Unheard:
    """A publisher for a market that nobody listens to; see `matching_thread.Announcer`."""

    def publish(self, outcomes: Sequence[Outcome[Any, Any]]) -> None:
        """Tell nobody."""

    def take_follow_ups(self) -> Sequence[Command]:
        """Nothing follows."""
        return ()

    def admits(self, origin: Any) -> bool:
        """Whoever it is."""
        return True

    def shows_state(self, request: Any) -> bool:
        """Nothing but commands is asked here."""
        raise AssertionError(request)

    def turned_away(self, request: Any) -> Any:
        """Nobody is told."""
        raise AssertionError(request)

    def wait_s(self) -> Optional[float]:
        """No answer is long."""
        return None


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
            return build_snapshot(store, path, sequence, disk)

        self.data = DataDirectory(
            path,
            options,
            make_snapshot or in_this_process,
            RecoveryProgress(tell, lambda: 0.0),
            self.failures.append,
            disk=disk,
        )
        self.engine = self.data.engine

        # The times of the commands of the batch at hand.
        self._times: deque[int] = deque()
        self._core = Core(self.engine, self.data, Unheard(), self._times.popleft, self.failures.append)

    def run(self, commands: Sequence[Stamped], batch: int = 10) -> None:
        """Carry them out, `batch` at a time."""
        for start in range(0, len(commands), batch):
            stamped = commands[start : start + batch]
            self._times.extend(timestamp for _, timestamp in stamped)
            self._core.carry_out([command for command, _ in stamped])

    def kill(self) -> None:
        """End without a snapshot; what was handed over is written."""
        self.data.close()

    def stop(self) -> None:
        """A graceful end."""
        self.data.stop()
        self.data.close()
