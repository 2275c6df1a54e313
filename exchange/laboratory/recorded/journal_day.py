"""The day in a data directory: from which state on its journal is whole, and its commands from there.

    the journal begins with command 1       a new engine
    it begins later (the start of it was    the oldest whole snapshot that it follows: what was before is told by
    given up for a snapshot)                nobody any more

What is there at the moment of opening is the day.  A running engine goes on undisturbed, and what it writes later
is not in it; nothing is written, locked or removed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from exchange.engine.engine import Engine
from exchange.laboratory.recorded.command_blocks import Block, CommandBlocks
from exchange.laboratory.recorded.frozen_files import FrozenFiles
from exchange.storage.command_record import Record
from exchange.storage.journal_reader import JournalReader
from exchange.storage.places import journal_directory, snapshot_directory, verify_command
from exchange.storage.snapshot_files import OrderStore
from exchange.utils.helpers import DamagedFileError, FileError


class JournalDay:
    """A data directory's recorded commands.  `engine` is the state before the first of them."""

    def __init__(self, data_directory: Path) -> None:
        """FileError if nothing was recorded there, or no state is left that the journal follows; OSError."""
        self.path = journal_directory(data_directory)
        self._disk = FrozenFiles(self.path)
        try:
            self._journal = JournalReader(self.path, self._disk)
            self.engine = self._first_state(OrderStore(snapshot_directory(data_directory)), data_directory)
        except BaseException:
            self._disk.release()
            raise

    def last_sequence(self) -> int:
        """About the last command there is, to tell how long reading will be."""
        return self._journal.last_sequence()

    def chunks(self, blocks: CommandBlocks) -> Iterator[list[Record]]:
        """The commands after the first state, some hundred at a time; `blocks` hears where each chunk stands.

        `blocks` owns the files from now on.  Raises DamagedFileError, naming what is damaged or missing.
        """
        numbers = {path: blocks.own(file) for path, file in self._disk.files.items()}
        path, end = None, 0
        for chunk in self._journal.chunks(self.engine.sequence):
            reader = self._journal.last_segment
            assert reader is not None
            start = end if path == reader.segment.path else 0
            path, end = reader.segment.path, reader.sound_bytes
            if chunk:
                blocks.add(Block(chunk[0][0], numbers[path], start, end - start))
                yield chunk

    def _first_state(self, store: OrderStore, data_directory: Path) -> Engine:
        segments = self._journal.segments
        stored = store.stored()
        if not segments and not stored:
            raise FileError(f"{data_directory}: nothing was recorded here: it holds no journal and no snapshot")
        if segments and segments[0].first_sequence == 1:
            return Engine()
        needed = segments[0].first_sequence - 1 if segments else 0
        for snapshot in stored:
            if snapshot.sequence >= needed and store.damage(snapshot) is None:
                return Engine.restore(store.read(snapshot).records)
        raise DamagedFileError(
            f"{data_directory}: the journal begins with command {needed + 1}, and no whole snapshot is left that "
            f"it follows: run `{verify_command(data_directory)}`"
        )
