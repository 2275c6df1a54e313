"""What ledger and logs tell of commands that the journal doesn't hold: the check behind "the journal decides".

Under durability `fsync` a command is in the journal, durably, before the ledger or a log hears of it.  So when
they are ahead, the journal has lost something that was acknowledged.  That may be its last record, torn off: it is
told, and what is left of it is cut off.  More than that may be a whole segment, and the exchange doesn't start.
All that one command makes happen carries one time, and no two commands in a row carry the same: so lines of one
time, or of the times that what is left of the torn record still tells, are explained by it.

Under durability `os` a loss of power may take any number of commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from exchange.storage.places import verify_command
from exchange.utils.helpers import DamagedFileError, utc_text

_TRADE_TIME = re.compile(rb'"timestamp":([0-9]+)[,}]')
_LOG_TIME_BYTES = 30


class LinesBeyondJournal:
    """Collects the lines beyond the journal."""

    def __init__(self) -> None:
        self.line_count = 0
        self._times: set[str] = set()
        self._torn_times: set[str] = set()
        self._files: list[Path] = []

    def add_trades(self, path: Path, lines: list[bytes]) -> None:
        """Lines of the ledger."""
        self._add(path, {utc_text(int(time)) for line in lines for time in _TRADE_TIME.findall(line)}, len(lines))

    def add_events(self, path: Path, lines: list[bytes]) -> None:
        """Lines of a log."""
        self._add(path, {line[:_LOG_TIME_BYTES].decode("ascii") for line in lines}, len(lines))

    def _add(self, path: Path, times: set[str], line_count: int) -> None:
        if line_count:
            self.line_count += line_count
            self._times |= times
            self._files.append(path)

    def explain(self, stamps: Iterable[int]) -> None:
        """These are the times of the commands in the record that was torn off."""
        self._torn_times = {utc_text(stamp) for stamp in stamps}

    @property
    def is_one_record(self) -> bool:
        """Whether a single lost record explains them all."""
        return len(self._times) <= 1 or self._times <= self._torn_times

    def __str__(self) -> str:
        return (
            f"{self.line_count} lines in {', '.join(map(str, self._files))} tell of {len(self._times)} command"
            f"{'' if len(self._times) == 1 else 's'} from {min(self._times)} on that the journal does not hold"
        )

    def check(self, data_directory: Path, journal_may_lose: bool) -> None:
        """Raise DamagedFileError if the lines can't just be cut off.

        `journal_may_lose` says whether the journal was written under durability `os`.
        """
        if not journal_may_lose and not self.is_one_record:
            raise DamagedFileError(
                f"{self}: part of it is missing, so the exchange doesn't start: "
                f"run `{verify_command(data_directory)}`"
            )
