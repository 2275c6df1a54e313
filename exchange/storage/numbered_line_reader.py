"""Reads a file of numbered lines from its first to the first that is not sound.  Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from exchange.utils.disk import Disk
from exchange.utils.numbered_lines import LineNumber

_LINES_BYTES = 65_536


class SoundLines:
    """The sound lines of a file that are numbered without a gap, from the first on.

    `last_number` and `sound_bytes` say how far they were read; `damage` is what came then, None at a clean end.
    """

    def __init__(self, path: Path, number_of: LineNumber, disk: Disk) -> None:
        self.path = path
        self.last_number = 0
        self.sound_bytes = 0
        self.damage: Optional[str] = None
        self.size_bytes = disk.size_bytes(path)
        self._number_of = number_of
        self._disk = disk

    def lines(self) -> Iterator[bytes]:
        """Each line with its newline; it counts as read when the next one is asked for."""
        with self._disk.open_read(self.path) as file:
            while lines := file.readlines(_LINES_BYTES):
                for line in lines:
                    number = self._number_of(line[:-1]) if line.endswith(b"\n") else None
                    if number is None:
                        self.damage = "the line is damaged or incomplete"
                    elif self.last_number and number != self.last_number + 1:
                        self.damage = f"number {number} follows number {self.last_number}"
                    if number is None or self.damage is not None:
                        return
                    yield line
                    self.last_number = number
                    self.sound_bytes += len(line)
