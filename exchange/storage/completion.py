"""Ledger and audit logs are completed from what the replay of the journal gives, exactly once.

Only what they lack is handed on, and many thousands at a time, for which the replay waits: two threads would fight
for the interpreter, and each of many logs would be opened, looked at and written to for a few lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exchange.engine.events import Event, PrivateEvent
from exchange.engine.trade import Trade
from exchange.storage.audit_log import AuditLog, unwritten
from exchange.storage.trade_writer import TradeWriter

# About 5 MB; fewer would be written while they are still in the processor's cache, but in more pieces.
EVENTS_AT_ONCE = 10_000


class Completion:
    """What is still to be handed on; used by whoever replays, before anything else writes."""

    def __init__(
        self,
        ledger: TradeWriter,
        audit_log: AuditLog,
        written_seqs: Mapping[str, int],
        events_at_once: int = EVENTS_AT_ONCE,
    ) -> None:
        """The logs end at `written_seqs`, by user; where the ledger ends it knows itself."""
        self._events_at_once = events_at_once
        self._ledger = ledger
        self._audit_log = audit_log
        self._written_seqs = written_seqs
        self._last_trade_id = ledger.last_trade_id
        self._trades: list[Trade] = []
        self._private_events: list[PrivateEvent] = []

    def add(self, events: Iterable[Event]) -> None:
        """What happened next.  Raises BatchThreadError if the disk fails."""
        last_trade_id = self._last_trade_id
        self._trades += [event for event in events if type(event) is Trade and event.trade_id > last_trade_id]
        self._private_events += unwritten(events, self._written_seqs)
        if len(self._private_events) >= self._events_at_once:
            self.write_out()

    def write_out(self) -> None:
        """Return when all of it is in the logs, and with the ledger.  Raises BatchThreadError."""
        trades, self._trades = self._trades, []
        private_events, self._private_events = self._private_events, []
        if trades:
            self._ledger.write(trades)
        if private_events:
            self._audit_log.append(private_events)
            self._audit_log.write_out()
