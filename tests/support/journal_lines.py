"""Lines of a journal by hand: each record names the hash of the one before, so they are made in a chain."""

from __future__ import annotations

from exchange.engine.commands import Command
from exchange.storage.journal_format import Durability, body_of, hash_of, header_line, marker_line, record_line


class JournalLines:
    """A segment as it grows: `lines`, the header first."""

    def __init__(self, first_sequence: int = 1, durability: Durability = Durability.FSYNC) -> None:
        self.lines = [header_line(first_sequence, durability)]
        self._last_hash = hash_of(body_of(self.lines[0]))

    def record(self, *entries: tuple[int, int, Command]) -> bytes:
        """One more record, of these (sequence, timestamp, command)."""
        line = record_line(entries, self._last_hash)
        self._last_hash = hash_of(body_of(line))
        self.lines.append(line)
        return line

    def marker(self, sequence: int) -> None:
        """One more marker."""
        self.lines.append(marker_line(sequence))
