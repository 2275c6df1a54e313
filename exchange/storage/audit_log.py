"""The audit log of one user, `logs/logs_<user>.txt`: what happened to the user's orders, for people to read.

    2026-01-02T03:04:05.123456789Z seq=17 EXECUTED order 42 (my-1) BUY ACME 40 @ 101.25 remaining 60 …

One line per private event, its time first, then its `seq`, the user's own count 1, 2, 3 ….  After a crash the logs
are completed from the replay of the journal, each line exactly once: the last `seq` in a file says which are
there. Wishes that were refused changed nothing, are not in the journal and so not in here.

`AuditFormat` is what `utils.logger.LineLogger` calls on its thread to make lines of what happened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from exchange.engine.events import (
    PRIVATE_EVENT_TYPES,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderReplaced,
    PrivateEvent,
)
from exchange.engine.instrument import Instrument, PriceTextsBySymbol
from exchange.engine.words import CancelReason, Liquidity, SelfTradePrevention, TimeInForce
from exchange.utils.disk import REAL_DISK, Disk
from exchange.utils.helpers import DamagedFileError, utc_text
from exchange.utils.numbered_lines import LineNumber, repair_numbered_lines

# The words with which lines end.  Where a loss of power has left rubbish in a line, there may be a newline in it;
# that the line then ends in one of these as well is next to impossible.
_LAST_WORDS = (
    *(member.value for kind in (TimeInForce, SelfTradePrevention, Liquidity, CancelReason) for member in kind),
    *("POST_ONLY", "kept", "lost"),
)
seq_of = LineNumber(
    rb"[0-9T:.-]{29}Z seq=([1-9][0-9]*) [A-Z_]+ [ -~]+ (?:%b)" % "|".join(_LAST_WORDS).encode("ascii")
)
_NO_PREVENTION = SelfTradePrevention.NONE
_FILE_PREFIX = "logs_"
_FILE_NAME = re.compile(r"logs_([A-Za-z0-9_-]+)\.txt")


def file_stem(user: str) -> str:
    """The name, without `.txt`, of the user's log."""
    return f"{_FILE_PREFIX}{user}"


def log_files(directory: Path, disk: Disk = REAL_DISK) -> dict[str, Path]:
    """The logs there are, by user."""
    found = [(_FILE_NAME.fullmatch(name), name) for name in disk.names(directory)]
    return {match[1]: directory / name for match, name in found if match}


def repair_logs(
    directory: Path,
    durable_seqs: Mapping[str, int],
    seqs_max: Optional[Mapping[str, int]] = None,
    disk: Disk = REAL_DISK,
) -> dict[str, int]:
    """Cut what a crash tore off the logs; returns the last `seq` in each user's log (no log: not in it).

    `durable_seqs` are the last seqs known to be on stable storage, the snapshot's, by user; only lines after them
    are checked.  With `seqs_max`, the last seqs the journal knows, lines beyond them are cut too (see
    `TradeWriter.complete`).  Raises DamagedFileError if a line up to the durable one is damaged or gone; only a
    log that was taken away as a whole, or emptied, is started anew.  To be called while nobody writes.
    """
    last_seqs: dict[str, int] = {}
    for user, path in log_files(directory, disk).items():
        durable_seq = durable_seqs.get(user, 0)
        seq_max = None if seqs_max is None else seqs_max.get(user, 0)
        last_seq = repair_numbered_lines(path, seq_of, durable_seq, seq_max, disk).last_number
        if 0 < last_seq < durable_seq:
            raise DamagedFileError(f"{path}: ends at seq {last_seq}, {durable_seq} were safely stored")
        last_seqs[user] = last_seq
    _sync(directory, [user for user in last_seqs if last_seqs[user] > durable_seqs.get(user, 0)], disk)
    return last_seqs


def _sync(directory: Path, users: Sequence[str], disk: Disk) -> None:
    """Make durable what a killed engine had written: whoever drains the logs takes all that is there for safe."""
    for user in users:
        fd = disk.open_append(directory / f"{file_stem(user)}.txt")
        try:
            disk.fdatasync(fd)
        finally:
            disk.close(fd)
    if users:
        disk.fsync_directory(directory)


def unwritten(events: Iterable[Event], written_seqs: Mapping[str, int]) -> list[PrivateEvent]:
    """Of what a replay gives, the private events that the logs, which end at `written_seqs`, don't hold yet."""
    written_seq = written_seqs.get
    private: list[PrivateEvent] = [
        event  # type: ignore[misc]
        for event in events
        if type(event) in PRIVATE_EVENT_TYPES
    ]
    return [event for event in private if event.seq > written_seq(event.user, 0)]


class AuditFormat:
    """Called with a batch of events it gives (file stem, line) for each.  One thread calls it.

    About 1 µs a line: it shares the interpreter with the matching thread, so what it costs orders have to wait.
    """

    def __init__(self, instrument_of: Callable[[str], Instrument]) -> None:
        """`instrument_of`: see PriceTextsBySymbol."""
        self._price_texts = PriceTextsBySymbol(instrument_of)
        self._line_by_type: dict[type, Callable[[Any], str]] = {
            OrderExecuted: self._executed,
            OrderAccepted: self._accepted,
            OrderCanceled: self._canceled,
            OrderReplaced: self._replaced,
        }
        # All events of one order carry one timestamp: its text is made once.
        self._timestamp = -1
        self._time_text = ""

    def __call__(self, events: Sequence[PrivateEvent]) -> Iterator[tuple[str, str]]:
        """Lines for the logs, in order, without newlines."""
        for event in events:
            yield file_stem(event.user), self.event_line(event)

    def event_line(self, event: PrivateEvent) -> str:
        """One private event as one line."""
        if event.timestamp != self._timestamp:
            self._timestamp = event.timestamp
            self._time_text = utc_text(event.timestamp)
        return self._line_by_type[type(event)](event)

    def _executed(self, event: OrderExecuted) -> str:
        (_, seq, _, order_id, client_order_id, symbol, side) = event[:7]
        trade_id, price, quantity, remaining_quantity, status, liquidity = event[7:13]
        return (
            f"{self._time_text} seq={seq} EXECUTED order {order_id} ({client_order_id}) "
            f"{side._value_} {symbol} {quantity} @ {self._price_texts[symbol][price]} "
            f"remaining {remaining_quantity} {status._value_} trade {trade_id} {liquidity._value_}"
        )

    def _accepted(self, event: OrderAccepted) -> str:
        _, seq, _, order_id, client_order_id, symbol, terms = event
        side, order_type, time_in_force, price_nanos, quantity, post_only, prevention, _, _ = terms
        post_only_text = " POST_ONLY" if post_only else ""
        prevention_text = "" if prevention is None or prevention is _NO_PREVENTION else f" {prevention._value_}"
        price_text = "" if price_nanos is None else f" @ {self._price_texts[symbol].of_nanos(price_nanos)}"
        return (
            f"{self._time_text} seq={seq} ACCEPTED order {order_id} ({client_order_id}) "
            f"{side._value_} {symbol} {quantity}{price_text} "
            f"remaining {quantity} NEW {order_type._value_} {time_in_force._value_}"
            f"{post_only_text}{prevention_text}"
        )

    def _canceled(self, event: OrderCanceled) -> str:
        return (
            f"{self._time_text} seq={event.seq} CANCELED order {event.order_id} ({event.client_order_id}) "
            f"{event.symbol} canceled {event.remaining_quantity} {event.reason.value}"
        )

    def _replaced(self, event: OrderReplaced) -> str:
        return (
            f"{self._time_text} seq={event.seq} REPLACED order {event.order_id} ({event.client_order_id}) "
            f"{event.symbol} {event.quantity}{self._at_price(event.symbol, event.price)} "
            f"remaining {event.remaining_quantity} {event.status.value} "
            f"priority {'kept' if event.priority_kept else 'lost'}"
        )

    def _at_price(self, symbol: str, price: Optional[int]) -> str:
        return "" if price is None else f" @ {self._price_texts[symbol][price]}"
