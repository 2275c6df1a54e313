"""One round of the matching thread: what was processed and not yet told, for whom, and how long each took.

    item ──► processed ──► `outcomes`, `entries`       told and emptied by each settling
                  └──────► `taken`                     kept to the end, when the time is shared out by `charges`

Values and counting only: what is processed, kept and told is the matching thread's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, Optional, Union

from exchange.engine.commands import Command
from exchange.engine.events import Event
from exchange.inbound_queue import Asked, Origin

# One request, who asked it, and what came of it: no events of what is not an engine command.  A plain tuple,
# because there is one for every request.
Outcome = tuple[Optional[Origin], Union[Command, Asked], Sequence[Event]]


class JournalEntry(NamedTuple):
    """A command that changed the engine's state, as the journal keeps it; replaying all of them in the order of
    `sequence` (1, 2, 3 …) gives the state again."""

    sequence: int
    timestamp: int
    command: Command


class Batch(Generic[Origin, Asked]):
    """Owned by the matching thread.  Times are that thread's working time, in seconds."""

    __slots__ = ("outcomes", "entries", "request_count", "is_over", "processed", "taken", "_seconds", "_counted_s")

    def __init__(self, counted_s: float) -> None:
        """`counted_s`: up to where others are charged."""
        self.outcomes: list[Outcome[Origin, Asked]] = []
        self.entries: list[JournalEntry] = []
        self.request_count = 0
        # Set when something had to be told at once, or the time is up.
        self.is_over = False
        # To be called when all has been told.
        self.processed: list[Callable[[], None]] = []
        # For each item: its share, and how many requests were processed of it.
        self.taken: list[tuple[str, int]] = []
        # How long each took, where there are several: a single one is charged for all that is done in the batch.
        self._seconds: list[float] = []
        self._counted_s = counted_s

    def count_last(self, worked_s: float) -> None:
        """The last item has taken all the time since the one before it, up to `worked_s`."""
        self._seconds.append(worked_s - self._counted_s)
        self._counted_s = worked_s

    def charges(self, worked_s: float) -> Iterator[tuple[str, float]]:
        """Each item's share of the time and what it is charged, when all was told at `worked_s`.

        What was done for all of them is shared out by the requests of each.
        """
        if len(self.taken) == 1:
            yield self.taken[0][0], worked_s - self._counted_s
        elif self.taken:
            each_s = (worked_s - self._counted_s) / self.request_count
            for (share, count), seconds in zip(self.taken, self._seconds, strict=True):
                yield share, seconds + count * each_s
