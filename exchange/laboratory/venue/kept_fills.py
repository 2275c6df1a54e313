"""What each user has traded since the market began, for whoever asks for their fills or comes back.

    fill ──keep──► the user's newest, in memory ──a hundred──► a block in a temporary file
    get_fills ◄── the blocks from that trade on, found by bisection, and then the newest

A running exchange looks fills up in the audit log on its disk.  A market on a virtual clock mostly keeps none and
lets days pass in minutes, so it has a file without a name for this alone: in memory stay at most a hundred fills
of each user, and where each block is.  A market in which nobody trades as much has no file.
"""

from __future__ import annotations

import pickle
import weakref
from bisect import bisect_right
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple, Optional, cast

from exchange.engine.events import OrderExecuted

_BLOCK_FILLS = 100


class _Block(NamedTuple):
    """So many bytes of the file are fills of one user, of which the last has this trade and `seq`."""

    last_trade_id: int
    last_seq: int
    offset_bytes: int
    size_bytes: int


class _UserFills:
    """The fills of one user, oldest first: those in the file, then the newest; trade ids and seqs rise."""

    def __init__(self) -> None:
        self.blocks: list[_Block] = []
        self.newest: list[OrderExecuted] = []


class KeptFills:
    """Every fill of everybody, exactly as it was told.  Owned by one thread.

    Raises OSError where the system's temporary directory can't be written to, once that is needed.  The file goes
    with this object, or with the process however it ends.
    """

    def __init__(self) -> None:
        self._by_user: dict[str, _UserFills] = {}
        self._file: Optional[BinaryIO] = None
        self._end_bytes = 0

    def keep(self, fill: OrderExecuted) -> None:
        """The next fill of its user.  O(1); a write of some kilobytes for each hundred of a user."""
        fills = self._by_user.get(fill.user)
        if fills is None:
            fills = self._by_user[fill.user] = _UserFills()
        fills.newest.append(fill)
        if len(fills.newest) == _BLOCK_FILLS:
            fills.blocks.append(self._written(fills.newest))
            fills.newest = []

    def after_trade(self, user: str, trade_id: int) -> Iterator[OrderExecuted]:
        """The user's fills in trades after this one, oldest first, to be taken at once.

        Costs what is taken, and a block for the first.
        """
        return self._after(user, trade_id, lambda block: block.last_trade_id, lambda fill: fill.trade_id)

    def after_seq(self, user: str, seq: int) -> Iterator[OrderExecuted]:
        """Those the user was told after their event `seq`, as above."""
        return self._after(user, seq, lambda block: block.last_seq, lambda fill: fill.seq)

    def _after(
        self,
        user: str,
        number: int,
        last_number: Callable[[_Block], int],
        number_of: Callable[[OrderExecuted], int],
    ) -> Iterator[OrderExecuted]:
        fills = self._by_user.get(user)
        if fills is None:
            return
        for index in range(bisect_right(fills.blocks, number, key=last_number), len(fills.blocks)):
            for fill in self._read(fills.blocks[index]):
                if number_of(fill) > number:
                    yield fill
        for fill in fills.newest:
            if number_of(fill) > number:
                yield fill

    def _written(self, fills: list[OrderExecuted]) -> _Block:
        if self._file is None:
            self._file = cast(BinaryIO, TemporaryFile())  # noqa: SIM115  closed as said in the next line
            weakref.finalize(self, self._file.close)
        # Pickled, since nobody but this object ever reads it.
        pickled = pickle.dumps(fills, pickle.HIGHEST_PROTOCOL)
        block = _Block(fills[-1].trade_id, fills[-1].seq, self._end_bytes, len(pickled))
        self._file.seek(self._end_bytes)
        self._file.write(pickled)
        self._end_bytes += len(pickled)
        return block

    def _read(self, block: _Block) -> list[OrderExecuted]:
        assert self._file is not None
        self._file.seek(block.offset_bytes)
        fills: list[OrderExecuted] = pickle.loads(self._file.read(block.size_bytes))
        return fills
