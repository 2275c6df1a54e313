"""What a user was told of, of any age, read back from their audit log: for whoever asks for their fills, and for a
client that was away for so long that the exchange no longer holds in memory what it missed.

The ledger has every trade, but not the `seq` under which a user was told of it; the audit log has both, and all
else.  A log may be long and a question small: the place is found by bisection, since seqs and trade ids rise in a
log, and what follows is read in pieces, between which the processor is given away.  Only lines that are written
are read; whether they are on stable storage doesn't matter, because their commands are.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Optional

from exchange.engine.events import OrderExecuted, PrivateEvent
from exchange.engine.instrument import Instrument
from exchange.engine.words import Side
from exchange.storage.audit_lines import AuditParser, file_stem, seq_of

_FILL = re.compile(
    rb"[^ ]{30} seq=[0-9]+ EXECUTED order [0-9]+ \(.*\) (?:BUY|SELL) (?P<symbol>[A-Z0-9._-]+) [0-9]+ @ [^)]* "
    rb"trade (?P<trade_id>[0-9]+) (?:MAKER|TAKER)"
)
_BLOCK_BYTES = 65_536
# So many missed events are told whole: 100,000 take some 50 MB while they are.
EVENTS_WHOLE_MAX = 100_000
# Reading a piece takes about as long: a look-up has half of one processor at most, however much it has to read.
_PAUSE_S = 0.002


class AuditLogReader:
    """Reads the logs in `directory`.  Any thread.

    `write_out` returns when everything handed to the log so far is in its file.
    """

    def __init__(
        self,
        directory: Path,
        write_out: Callable[[], None],
        instrument_of: Callable[[str], Instrument],
        give_way: Callable[[], None] = lambda: time.sleep(_PAUSE_S),
    ) -> None:
        self._directory = directory
        self._write_out = write_out
        self._parser = AuditParser(instrument_of)
        self._give_way = give_way

    def events_since(self, user: str, seq: int) -> Iterator[list[PrivateEvent]]:
        """All that the user was told of from event `seq` on, in order and in pieces of some hundred events.

        It ends where the log did when the first piece was asked for, or later.  Nothing of a log that was taken
        away.  Costs a bisection and about 6 µs an event.
        """
        with self._opened(user) as file:
            if file is not None:
                file.seek(_position(file, seq - 1, seq_of))
                for lines in self._pieces(file):
                    events = [self._event(user, line) for line in lines]
                    yield [event for event in events if event is not None and event.seq >= seq]

    def past_since(
        self, user: str, seq: int, whole_max: int = EVENTS_WHOLE_MAX
    ) -> tuple[tuple[PrivateEvent, ...], int]:
        """What the user was told from event `seq` on, in order, and the `seq` up to which the log tells.

        Of what is older than the last `whole_max` events, or a little more, the fills alone.
        """
        older_fills: list[PrivateEvent] = []
        whole: list[PrivateEvent] = []
        last_seq = self._last_seq(user)
        for events in self.events_since(user, seq):
            whole += events
            last_seq = events[-1].seq if events else last_seq
            if len(whole) >= 2 * whole_max:
                older_fills += [event for event in whole[:-whole_max] if isinstance(event, OrderExecuted)]
                whole = whole[-whole_max:]
        return (*older_fills, *whole), last_seq

    def fills_after(
        self, user: str, trade_id: int, symbol: Optional[str], limit: int
    ) -> tuple[tuple[OrderExecuted, ...], bool]:
        """The user's oldest fills after a trade, in one symbol or (None) in all, and whether there are more.

        Of a trade with oneself the BUY comes first.  The two are never split: then there is one fill fewer than
        `limit`, or one more if it is 1.  Costs a bisection of the log and a pass over the part that is asked for.
        """
        with self._opened(user) as file:
            if file is None:
                return (), False
            return first_trades(self._fills_from(user, file, trade_id, symbol), limit)

    def _event(self, user: str, line: bytes) -> Optional[PrivateEvent]:
        return self._parser.event(user, line.decode("ascii", "replace"))

    def _opened(self, user: str) -> _Log:
        self._write_out()
        return _Log(self._directory / f"{file_stem(user)}.txt")

    def _fills_from(
        self, user: str, file: BinaryIO, trade_id: int, symbol: Optional[str]
    ) -> Iterator[OrderExecuted]:
        """The fills after a trade, in order."""
        wanted_symbol = None if symbol is None else symbol.encode("ascii")
        file.seek(_position(file, trade_id, _trade_id_of))
        for lines in self._pieces(file):
            for line in lines:
                match = _FILL.fullmatch(line)
                if match is None or int(match["trade_id"]) <= trade_id:
                    continue
                if wanted_symbol is None or match["symbol"] == wanted_symbol:
                    event = self._event(user, line)
                    assert isinstance(event, OrderExecuted), line
                    yield event

    def _pieces(self, file: BinaryIO) -> Iterator[list[bytes]]:
        """The lines from where the file is read on, without their newlines; half a line is being written now."""
        is_first = True
        while lines := file.readlines(_BLOCK_BYTES):
            if not is_first:
                self._give_way()
            is_first = False
            yield [line[:-1] for line in lines if line.endswith(b"\n")]

    def _last_seq(self, user: str) -> int:
        """That of the last complete line, 0 if there is none."""
        with self._opened(user) as file:
            if file is None:
                return 0
            size_bytes = file.seek(0, 2)
            file.seek(max(0, size_bytes - _BLOCK_BYTES))
            seqs = [seq_of(line[:-1]) for line in file.readlines() if line.endswith(b"\n")]
            return max((seq for seq in seqs if seq is not None), default=0)


class _Log:
    """A log while it is read: None if there is none."""

    def __init__(self, path: Path) -> None:
        try:
            self._file: Optional[BinaryIO] = path.open("rb")
        except FileNotFoundError:
            self._file = None

    def __enter__(self) -> Optional[BinaryIO]:
        return self._file

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()


def _position(file: BinaryIO, number: int, number_of: Callable[[bytes], Optional[int]]) -> int:
    """Where a line begins before which no line has a number beyond `number`.

    Numbers rise from line to line, though not every line has one, so the file is bisected: all lines before `low`
    are too old, none from `high` on is.
    """
    low, high = 0, file.seek(0, 2)
    while high - low > _BLOCK_BYTES:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()  # The line that the middle is in.
        begin = file.tell()
        found = _next_number(file, high, number_of)
        if found is None or found > number:
            high = middle
        else:
            low = begin
    return low


def _next_number(file: BinaryIO, end: int, number_of: Callable[[bytes], Optional[int]]) -> Optional[int]:
    """The number of the first line that has one and begins from where the file is read to `end`."""
    while file.tell() < end and (line := file.readline()):
        number = number_of(line.rstrip(b"\n"))
        if number is not None:
            return number
    return None


def _trade_id_of(line: bytes) -> Optional[int]:
    match = _FILL.fullmatch(line)
    return None if match is None else int(match["trade_id"])


def first_trades(fills: Iterator[OrderExecuted], limit: int) -> tuple[tuple[OrderExecuted, ...], bool]:
    """The fills of the first trades, at most `limit` unless one trade has more, and whether there are more."""
    taken: list[OrderExecuted] = []
    for _, of_trade in groupby(fills, key=lambda fill: fill.trade_id):
        both = sorted(of_trade, key=lambda fill: fill.side is not Side.BUY)
        if taken and len(taken) + len(both) > limit:
            return tuple(taken), True
        taken += both
    return tuple(taken), False
