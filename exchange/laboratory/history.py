"""A recorded day at any of its commands: go to one, step on, step back, look for what happens next.

    day = History.open(Path("data"))             a data directory, its engine stopped or running
    day = History.of(commands)                   commands that are handed in, with their times

    moment = day.at(51_234)                       the state after that command, the command, what it caused
    moment = day.next()      moment = day.back()
    day.index.next_trade(moment.sequence)         where to go next: see `day_index`

Opening carries out the whole day once and keeps a checkpoint every few thousand commands; the commands stay on
disk.  A jump restores the checkpoint before it and carries out the rest; `next` is one command; `back` is a jump
that leaves a checkpoint of its own close behind, so that further steps back are short.

Moments are numbered as the journal numbers commands: by those that changed something.  A refused wish is in no
journal.  Of commands that are handed in the refused ones are passed over and kept in `refusals`.

Cost: opening about 10 µs a command; a jump at most 100 ms while up to 8,000 orders are live, however long the day
(`checkpoints`).  Memory: one engine, the index (about 30 bytes a command) and nothing else that grows with the
day; refusals are kept up to `REFUSALS_MAX`.  An engine that was left behind is freed by the garbage collector.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from exchange.engine.commands import Command
from exchange.engine.engine import Engine
from exchange.engine.events import Event
from exchange.laboratory.recorded.checkpoints import Checkpoints, packed_state, restored_state
from exchange.laboratory.recorded.command_blocks import CommandBlocks, CommandSpool
from exchange.laboratory.recorded.day_index import DayIndex
from exchange.laboratory.recorded.journal_day import JournalDay
from exchange.storage.command_record import Record
from exchange.storage.recovery import carried_out

REFUSALS_MAX = 100_000
# How far before a moment that was gone back to its own checkpoint lies.
_STEPS_BACK = 64
_PROGRESS_EVERY = 10_000
# Told how many commands are done, of about how many; 0: nobody knows.
Progress = Callable[[int, int], None]


class Moment(NamedTuple):
    """The day after command `sequence`: the command, when it came (ns since the epoch), and what it caused.

    `command` is None, `timestamp` 0 and `events` empty at the day's first state.  `engine` is to look at only, and
    only until the next move: then it is another moment's.
    """

    sequence: int
    timestamp: int
    command: Optional[Command]
    events: tuple[Event, ...]
    engine: Engine


class RefusedCommand(NamedTuple):
    """A command of a day that was handed in which changed nothing, behind command `after`."""

    after: int
    timestamp: int
    command: Command
    events: tuple[Event, ...]


class History:
    """One recorded day.  Belongs to one thread; to be closed, or used as a context.

    `first` is the sequence of the state it begins with (0: a new engine), `last` of its last command.
    `knows_refusals` says that the day was handed in, so that `refusals` has what was refused in it.
    """

    def __init__(self, engine: Engine, blocks: CommandBlocks, knows_refusals: bool = False) -> None:
        """For `open` and `of`."""
        self.knows_refusals = knows_refusals
        self.index = DayIndex(engine.sequence)
        self.refusals: deque[RefusedCommand] = deque(maxlen=REFUSALS_MAX)
        self.first = self.last = engine.sequence
        self._blocks = blocks
        self._checkpoints = Checkpoints()
        self._checkpoints.keep(engine)
        # The last stretch that was gone back over: a checkpoint in memory.
        self._near: tuple[int, bytes] = (-1, b"")
        self._moment = Moment(self.first, 0, None, (), engine)
        # What comes behind the moment, while it is read on.
        self._following: Optional[Iterator[Record]] = None

    @classmethod
    def open(cls, data_directory: Path, progress: Progress = lambda _done, _total: None) -> History:
        """What a data directory has recorded up to now; the engine may be running, and notices nothing.

        FileError, naming what is damaged or missing; OSError.
        """
        day, blocks = JournalDay(data_directory), CommandBlocks()
        history, engine = cls(day.engine, blocks), day.engine
        total = day.last_sequence() - history.first
        try:
            for chunk in day.chunks(blocks):
                for record in chunk:
                    history._note(engine, record[1], carried_out(engine, [record], day.path))
                progress(engine.sequence - history.first, total)
        except BaseException:
            history.close()
            raise
        history._begin()
        return history

    @classmethod
    def of(
        cls, commands: Iterable[tuple[Command, int]], progress: Progress = lambda _done, _total: None
    ) -> History:
        """The day that commands, each with its time in ns since the epoch, make of a new engine."""
        engine, blocks = Engine(), CommandBlocks()
        history, spool = cls(engine, blocks, knows_refusals=True), CommandSpool(blocks)
        for command, timestamp in commands:
            sequence = engine.sequence
            events = engine.process(command, timestamp)
            if engine.sequence == sequence:
                history.refusals.append(RefusedCommand(sequence, timestamp, command, tuple(events)))
                continue
            spool.write(engine.sequence, timestamp, command)
            history._note(engine, timestamp, events)
            if engine.sequence % _PROGRESS_EVERY == 0:
                progress(engine.sequence, 0)
        spool.flush()
        history._begin()
        return history

    # --- where to be -------------------------------------------------------------------------------------

    @property
    def moment(self) -> Moment:
        """Where the day is now: after opening, its first state."""
        return self._moment

    def at(self, sequence: int) -> Moment:
        """Go to the state after a command, from `first` to `last`.  ValueError for another."""
        if not self.first <= sequence <= self.last:
            raise ValueError(f"command {sequence}: the recorded day goes from {self.first} to {self.last}")
        here = self._moment.sequence
        if sequence == here:
            return self._moment
        if sequence == self.first:
            self._go_to(sequence)
            return self._moment
        # The state before the command, from which it is carried out once more.
        start = self._nearest(sequence - 1)
        if not start <= here < sequence:
            self._go_to(start)
        if sequence < here and start < sequence - _STEPS_BACK:
            self._step_to(sequence - _STEPS_BACK)
            self._near = (self._moment.sequence, packed_state(self._moment.engine))
        self._step_to(sequence)
        return self._moment

    def next(self) -> Optional[Moment]:
        """The next command; None, and no move, at the day's end.  As long as the command itself takes."""
        return self.at(self._moment.sequence + 1) if self._moment.sequence < self.last else None

    def back(self) -> Optional[Moment]:
        """The command before; None, and no move, at the day's first state."""
        return self.at(self._moment.sequence - 1) if self._moment.sequence > self.first else None

    def engine_at(self, sequence: int) -> Engine:
        """An engine of the caller's own in the state after a command; it knows no done orders.  ValueError."""
        return restored_state(packed_state(self.at(sequence).engine))

    def close(self) -> None:
        """Close all files."""
        self._blocks.close()
        self._checkpoints.close()

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def commands(self, after: int) -> Iterator[Record]:
        """The commands after `after` with their sequences and times, without carrying them out."""
        return self._blocks.after(after)

    # --- moving ------------------------------------------------------------------------------------------

    def _nearest(self, sequence: int) -> int:
        """The newest state kept that is not after `sequence`."""
        kept = self._checkpoints.newest_until(sequence)
        return max(kept, self._near[0]) if self._near[0] <= sequence else kept

    def _go_to(self, kept: int) -> None:
        """Be at a state that is kept; what led to it is not known there."""
        sequence, packed = self._near
        engine = restored_state(packed) if kept == sequence else self._checkpoints.restore(kept)
        self._moment = Moment(kept, 0, None, (), engine)
        self._following = None

    def _step_to(self, sequence: int) -> None:
        engine = self._moment.engine
        if self._following is None:
            self._following = self._blocks.after(engine.sequence)
        while engine.sequence < sequence:
            number, timestamp, command = next(self._following)
            events = engine.process(command, timestamp)
            assert engine.sequence == number, (engine.sequence, number, command)
        self._moment = Moment(number, timestamp, command, tuple(events), engine)

    # --- opening -----------------------------------------------------------------------------------------

    def _note(self, engine: Engine, timestamp: int, events: list[Event]) -> None:
        """The engine has carried out the day's next command."""
        self.last = engine.sequence
        self.index.note(self.last, timestamp, events)
        if self._checkpoints.is_due(engine):
            self._checkpoints.keep(engine)

    def _begin(self) -> None:
        self._go_to(self.first)
