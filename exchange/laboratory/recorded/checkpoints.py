"""States of a day at intervals, so that any of its states is a restore and a short replay away.

A checkpoint is the engine's own snapshot without its done orders, packed, in a temporary file that ends with the
process: memory holds two numbers for each.

**How far apart.**  To restore an order costs about half of what it costs to read and carry out a command, some
3 µs.  A jump restores all live orders and replays half an interval on average, so intervals are chosen for the two
together: 5,000 commands where little rests, fewer the more does, never fewer than 2,000, since a checkpoint has to
be made as well.  So a jump stays below 100 ms up to some 8,000 live orders, and grows with them beyond.
"""

from __future__ import annotations

import gc
import marshal
import zlib
from bisect import bisect_right
from tempfile import TemporaryFile
from typing import NamedTuple

from exchange.engine.engine import Engine

# What a jump may cost, in restored orders; a command counts for two.
_JUMP_COST_MAX = 14_000
_INTERVAL_MIN, _INTERVAL_MAX = 2_000, 5_000


class _Kept(NamedTuple):
    offset_bytes: int
    size_bytes: int


class Checkpoints:
    """Kept in rising sequence; owned by one thread."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  closed by `close`
        self._sequences: list[int] = []
        self._places: list[_Kept] = []

    def __len__(self) -> int:
        return len(self._sequences)

    @property
    def size_bytes(self) -> int:
        """What they take of the disk."""
        return sum(place.size_bytes for place in self._places)

    def is_due(self, engine: Engine) -> bool:
        """Whether the engine has come so far since the last one that a jump would take too long.  O(users)."""
        since = engine.sequence - self._sequences[-1]
        if since < _INTERVAL_MIN:
            return False
        to_restore = sum(account.live_order_count + 1 for account in engine.accounts.values())
        return since >= min(_INTERVAL_MAX, (_JUMP_COST_MAX - to_restore) // 2)

    def keep(self, engine: Engine) -> None:
        """Keep the state as it is.  About 2 µs for each live order."""
        packed = packed_state(engine)
        offset_bytes = self._file.seek(0, 2)
        self._file.write(packed)
        self._sequences.append(engine.sequence)
        self._places.append(_Kept(offset_bytes, len(packed)))

    def newest_until(self, sequence: int) -> int:
        """The sequence of the newest one that is not after `sequence`; there must be one."""
        return self._sequences[bisect_right(self._sequences, sequence) - 1]

    def restore(self, sequence: int) -> Engine:
        """The engine of the checkpoint of exactly `sequence`."""
        place = self._places[bisect_right(self._sequences, sequence) - 1]
        self._file.seek(place.offset_bytes)
        return restored_state(self._file.read(place.size_bytes))

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()


def packed_state(engine: Engine) -> bytes:
    """The engine's live state in a few bytes, for this process only."""
    return zlib.compress(marshal.dumps(list(engine.live_snapshot())), 1)


def restored_state(packed: bytes) -> Engine:
    """The engine that was packed; of its done orders it knows nothing."""
    # The collector would walk over what stays again and again: a third of the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return Engine.restore(marshal.loads(zlib.decompress(packed)))
    finally:
        if was_enabled:
            gc.enable()
