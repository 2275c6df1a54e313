"""The audit log of one user, `logs/logs_<user>.txt`: what happened to the user's orders, for people to read.

    2026-01-02T03:04:05.123456789Z seq=17 EXECUTED order 42 (my-1) BUY ACME 40 @ 101.25 remaining 60 …

One line per private event, its time first, then its `seq`, the user's own count 1, 2, 3 …; refused wishes have no
number and show `seq=-`.  The lines of events are completed after a crash from the replay of the journal, each
exactly once: the last `seq` in a file says which are there.  Refusals are not in the journal; those that a crash
cuts off are lost.

`AuditFormat` is what `utils.logger.LineLogger` calls on its thread to make lines of what the engine answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Optional, Union

from exchange.engine.events import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderRejected,
    OrderReplaced,
    PrivateEvent,
    Rejection,
    ReplaceRejected,
)
from exchange.engine.instrument import Instrument
from exchange.engine.order import SelfTradePrevention
from exchange.storage.price_texts import PriceTexts
from exchange.utils.helpers import repair_numbered_lines, utc_text

_LINE = re.compile(rb"[0-9T:.-]{29}Z seq=(-|[1-9][0-9]*) [A-Z_]+ [ -~]+")
_FILE_PREFIX = "logs_"


class AuditedRejection(NamedTuple):
    """A refused wish of `user` at `timestamp` (ns since the Unix epoch): rejections themselves name neither."""

    user: str
    timestamp: int
    rejection: Rejection


AuditEntry = Union[PrivateEvent, AuditedRejection]


def file_stem(user: str) -> str:
    """The name, without `.txt`, of the user's log."""
    return f"{_FILE_PREFIX}{user}"


def seq_of(line: bytes) -> Optional[int]:
    """The `seq` of one line without its newline, 0 for a refusal, None if the line is damaged."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    return 0 if match[1] == b"-" else int(match[1])


def repair_logs(
    directory: Path, durable_seqs: Mapping[str, int], seqs_max: Optional[Mapping[str, int]] = None
) -> dict[str, int]:
    """Cut what a crash tore off the logs; returns the last `seq` in each user's log (no log: not in it).

    `durable_seqs` are the last seqs known to be on stable storage, the snapshot's, by user; only lines after them
    are checked.  With `seqs_max`, the last seqs the journal knows, lines beyond them are cut too (see
    `TradeWriter.complete`).  Raises DamagedFileError if a line up to the durable one is damaged.
    To be called while nobody writes.
    """
    last_seqs: dict[str, int] = {}
    for path in sorted(directory.glob(f"{_FILE_PREFIX}*.txt")):
        user = path.stem[len(_FILE_PREFIX) :]
        seq_max = None if seqs_max is None else seqs_max.get(user, 0)
        last_seqs[user] = repair_numbered_lines(path, seq_of, durable_seqs.get(user, 0), seq_max).last_number
    return last_seqs


class AuditFormat:
    """Called with a batch of entries it gives (file stem, line) for each that the logs do not hold yet.

    One thread calls it.  `written_seqs` are the last seqs found in the logs (`repair_logs`), by user.
    """

    def __init__(self, instrument_of: Callable[[str], Instrument], written_seqs: Mapping[str, int]) -> None:
        """`instrument_of`: see PriceTexts."""
        self._price_texts = PriceTexts(instrument_of)
        self._written_seqs = dict(written_seqs)

    def __call__(self, entries: Sequence[AuditEntry]) -> Iterator[tuple[str, str]]:
        """Lines for the logs, in order, without newlines."""
        written_seq = self._written_seqs.get
        for entry in entries:
            if isinstance(entry, AuditedRejection):
                yield file_stem(entry.user), self.refusal_line(entry)
            elif entry.seq > written_seq(entry.user, 0):
                yield file_stem(entry.user), self.event_line(entry)

    def event_line(self, event: PrivateEvent) -> str:
        """One private event as one line."""
        if isinstance(event, OrderExecuted):
            name, what = "EXECUTED", self._executed(event)
        elif isinstance(event, OrderAccepted):
            name, what = "ACCEPTED", self._accepted(event)
        elif isinstance(event, OrderCanceled):
            name, what = "CANCELED", f"{event.symbol} canceled {event.remaining_quantity} {event.reason.value}"
        else:
            name, what = "REPLACED", self._replaced(event)
        return _one_line(
            f"{utc_text(event.timestamp)} seq={event.seq} {name} "
            f"order {event.order_id} ({event.client_order_id}) {what}"
        )

    def refusal_line(self, refusal: AuditedRejection) -> str:
        """One refused wish as one line, naming the order as the user named it."""
        _, timestamp, rejection = refusal
        name, order = _refused_order(rejection)
        return _one_line(f"{utc_text(timestamp)} seq=- {name} {order}{rejection.code.value}: {rejection.text}")

    def _executed(self, event: OrderExecuted) -> str:
        return (
            f"{event.side.value} {event.symbol} {event.quantity} @ {self._price_texts(event.symbol, event.price)} "
            f"remaining {event.remaining_quantity} {event.status.value} "
            f"trade {event.trade_id} {event.liquidity.value}"
        )

    def _accepted(self, event: OrderAccepted) -> str:
        post_only = " POST_ONLY" if event.post_only else ""
        prevention = event.self_trade_prevention
        prevention_text = "" if prevention is SelfTradePrevention.NONE else f" {prevention.value}"
        return (
            f"{event.side.value} {event.symbol} {event.quantity}{self._at_price(event.symbol, event.price)} "
            f"remaining {event.quantity} NEW {event.order_type.value} {event.time_in_force.value}"
            f"{post_only}{prevention_text}"
        )

    def _replaced(self, event: OrderReplaced) -> str:
        return (
            f"{event.symbol} {event.quantity}{self._at_price(event.symbol, event.price)} "
            f"remaining {event.remaining_quantity} {event.status.value} "
            f"priority {'kept' if event.priority_kept else 'lost'}"
        )

    def _at_price(self, symbol: str, price: Optional[int]) -> str:
        return "" if price is None else f" @ {self._price_texts(symbol, price)}"


def _refused_order(rejection: Rejection) -> tuple[str, str]:
    """The name of the refusal, and the order it is about with a space after it, or nothing."""
    if isinstance(rejection, OrderRejected):
        return "REJECTED", f"order ({rejection.client_order_id}) "
    if isinstance(rejection, (CancelRejected, ReplaceRejected)):
        name = "CANCEL_REJECTED" if isinstance(rejection, CancelRejected) else "REPLACE_REJECTED"
        order_id = "" if rejection.order_id is None else f"{rejection.order_id} "
        client_order_id = "" if rejection.client_order_id is None else f"({rejection.client_order_id}) "
        return name, f"order {order_id}{client_order_id}"
    return "REQUEST_REJECTED", ""


def _one_line(line: str) -> str:
    """The line, with everything escaped that is not printable ASCII: a refusal quotes what users send."""
    if line.isascii() and line.isprintable():
        return line
    return line.encode("unicode_escape").decode("ascii")
