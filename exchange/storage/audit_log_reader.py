"""A user's fills of any age, read back from their audit log: for whoever asks for them, and for a client that was
away for so long that the exchange no longer holds in memory what it missed.

The ledger has every trade, but not the `seq` under which a user was told of it; the audit log has both.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from time import strptime
from typing import BinaryIO, Optional

from exchange.engine.events import OrderExecuted
from exchange.engine.instrument import NANOS_DIGITS, Instrument
from exchange.engine.words import Liquidity, OrderStatus, Side
from exchange.storage.audit_log import file_stem, seq_of

_EXECUTED = re.compile(
    r"(?P<second>[0-9T:-]{19})\.(?P<nanos>[0-9]{9})Z seq=(?P<seq>[0-9]+) EXECUTED order (?P<order_id>[0-9]+) "
    r"\((?P<client_order_id>.*)\) (?P<side>BUY|SELL) (?P<symbol>[A-Z0-9._-]+) (?P<quantity>[0-9]+) "
    r"@ (?P<price>[0-9.]+) remaining (?P<remaining>[0-9]+) (?P<status>[A-Z_]+) trade (?P<trade_id>[0-9]+) "
    r"(?P<liquidity>MAKER|TAKER)"
)
_BLOCK_BYTES = 65_536


class FillHistory:
    """Reads the logs in `directory`.  Any thread.

    `write_out` returns when everything handed to the log so far is in its file.
    """

    def __init__(
        self, directory: Path, write_out: Callable[[], None], instrument_of: Callable[[str], Instrument]
    ) -> None:
        self._directory = directory
        self._write_out = write_out
        self._instrument_of = instrument_of

    def fills_since(self, user: str, seq: int) -> tuple[tuple[OrderExecuted, ...], int]:
        """The user's fills from event `seq` on, in order, and the `seq` up to which the log tells.

        Costs one pass over the part of the log that is asked for, from its end.
        """
        self._write_out()
        try:
            with (self._directory / f"{file_stem(user)}.txt").open("rb") as file:
                return self._read(user, file, seq)
        except FileNotFoundError:
            return (), 0

    def fills_after(
        self, user: str, trade_id: int, symbol: Optional[str], limit: int
    ) -> tuple[tuple[OrderExecuted, ...], bool]:
        """The user's oldest fills after a trade, in one symbol or (None) in all, and whether there are more.

        Of a trade with oneself the BUY comes first.  The two are never split: then there is one fill fewer than
        `limit`, or one more if it is 1.  Costs a bisection of the log and a pass over the part that is asked for.
        """
        self._write_out()
        try:
            with (self._directory / f"{file_stem(user)}.txt").open("rb") as file:
                fills = self._fills_from(user, file, trade_id, symbol)
                return _first_trades(fills, limit)
        except FileNotFoundError:
            return (), False

    def _fills_from(
        self, user: str, file: BinaryIO, trade_id: int, symbol: Optional[str]
    ) -> Iterator[OrderExecuted]:
        """The fills after a trade, in order."""
        file.seek(_position_after(file, trade_id))
        for line in file:
            match = _EXECUTED.fullmatch(line.decode("ascii")[:-1]) if line.endswith(b"\n") else None
            if match is None or int(match["trade_id"]) <= trade_id:
                continue
            if symbol is None or match["symbol"] == symbol:
                yield self._event(user, match)

    def _read(self, user: str, file: BinaryIO, seq: int) -> tuple[tuple[OrderExecuted, ...], int]:
        fills: list[OrderExecuted] = []
        last_seq = 0
        for line in lines_from_the_end(file):
            line_seq = seq_of(line)
            if line_seq is None:
                continue  # Being written this moment: the event is still held in memory.
            last_seq = max(last_seq, line_seq)
            if line_seq < seq:
                break
            fill = self._fill(user, line.decode("ascii"))
            if fill is not None:
                fills.append(fill)
        return tuple(reversed(fills)), last_seq

    def _fill(self, user: str, line: str) -> Optional[OrderExecuted]:
        """The event that a line tells, None if it tells of something else than a fill."""
        match = _EXECUTED.fullmatch(line)
        return None if match is None else self._event(user, match)

    def _event(self, user: str, match: re.Match[str]) -> OrderExecuted:
        second_ns = timegm(strptime(match["second"], "%Y-%m-%dT%H:%M:%S")) * 10**9
        return OrderExecuted(
            user,
            int(match["seq"]),
            second_ns + int(match["nanos"]),
            int(match["order_id"]),
            match["client_order_id"],
            match["symbol"],
            Side(match["side"]),
            int(match["trade_id"]),
            ticks_of(match["price"], self._instrument_of(match["symbol"])),
            int(match["quantity"]),
            int(match["remaining"]),
            OrderStatus(match["status"]),
            Liquidity(match["liquidity"]),
        )


def _position_after(file: BinaryIO, trade_id: int) -> int:
    """Where a line begins before which there is no fill after the trade.

    Trade ids rise in a log as seqs do, so it is bisected: all fills before `low` are too old, none from `high`
    on is.
    """
    low, high = 0, file.seek(0, 2)
    while high - low > _BLOCK_BYTES:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()  # The line that the middle is in.
        begin = file.tell()
        found = _next_fill(file, high)
        if found is None or found > trade_id:
            high = middle
        else:
            low = begin
    return low


def _next_fill(file: BinaryIO, end: int) -> Optional[int]:
    """The trade of the first fill that begins from where the file is read to `end`; None if there is none."""
    while file.tell() < end and (line := file.readline()):
        match = _EXECUTED.fullmatch(line.decode("ascii").rstrip("\n"))
        if match is not None:
            return int(match["trade_id"])
    return None


def _first_trades(fills: Iterator[OrderExecuted], limit: int) -> tuple[tuple[OrderExecuted, ...], bool]:
    """The fills of the first trades, at most `limit` unless one trade has more, and whether there are more."""
    taken: list[OrderExecuted] = []
    for _, of_trade in groupby(fills, key=lambda fill: fill.trade_id):
        both = sorted(of_trade, key=lambda fill: fill.side is not Side.BUY)
        if taken and len(taken) + len(both) > limit:
            return tuple(taken), True
        taken += both
    return tuple(taken), False


def ticks_of(price_text: str, instrument: Instrument) -> int:
    """A price as the files have it, in ticks."""
    whole, _, fraction = price_text.partition(".")
    return int(whole + fraction.ljust(NANOS_DIGITS, "0")) // instrument.tick_size_nanos


def lines_from_the_end(file: BinaryIO) -> Iterator[bytes]:
    """The complete lines of a file, last one first, without their newlines."""
    position = file.seek(0, 2)
    rest = b""
    is_end = True
    while position:
        size = min(_BLOCK_BYTES, position)
        position -= size
        file.seek(position)
        rest, *lines = (file.read(size) + rest).split(b"\n")
        if is_end and lines:
            lines.pop()  # What follows the last newline is nothing, or half a line.
            is_end = False
        yield from reversed(lines)
    if not is_end:
        yield rest
