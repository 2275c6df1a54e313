"""Builds the parts of the exchange, starts and stops them in order: the one place that knows them all.

    start   lock the data directory → newest snapshot → list the instruments → open ledger and audit logs
            → matching thread → accept connections
    stop    accept and read nothing more → answer what was read → end the matching thread
            → drain ledger and audit logs → snapshot → unlock
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from exchange.engine.commands import ListInstrument
from exchange.engine.engine import Engine
from exchange.engine.events import PrivateEvent, RequestRejected
from exchange.engine.instrument import Instrument
from exchange.matching_thread import Inbound, JournalEntry, MatchingThread
from exchange.networking.connection import Connection
from exchange.networking.publisher import Publisher
from exchange.networking.tcp_server import ExchangeServer
from exchange.storage.audit_log import AuditFormat, repair_logs
from exchange.storage.order_store import OrderStore
from exchange.storage.trade_writer import TradeWriter
from exchange.utils.helpers import FileLock
from exchange.utils.logger import LineLogger

VERSION = "0.1.0"
DEFAULT_INSTRUMENT = Instrument("ACME")
# Items of the inbound queue: each is what one connection sent in one piece, at most 64 KiB of lines.
INBOUND_ITEMS_MAX = 1_024

log = logging.getLogger("exchange")


class StartupError(Exception):
    """The exchange can't start; the text is one clear line for the person who started it."""


class Options(NamedTuple):
    """What a person chooses.  `instruments` None means: those the data directory holds, or ACME if it is new."""

    host: str
    port: int
    data_dir: Path
    instruments: Optional[list[Instrument]]


class NoJournal:
    """Stands where the journal will: commands are lost when the process is killed."""

    def commit(self, entries: Sequence[JournalEntry]) -> None:
        """Keep nothing."""


class Exchange:
    """All parts of one running exchange.

    `failure` is None until a part fails for good; from then on nothing is processed, and `wait` returns.
    """

    def __init__(self, options: Options, clock_ns: Callable[[], int] = time.time_ns) -> None:
        """Build everything up to the listening socket.

        Raises StartupError, OSError (address), FileError (data directory).
        """
        self.failure: Optional[BaseException] = None
        self._stop_requested = threading.Event()
        self._lock = _locked(options.data_dir)
        self._store = OrderStore(options.data_dir / "orders")
        self._engine = self._recover()
        _list_instruments(self._engine, options.instruments, clock_ns())
        self._ledger = self._open_ledger(options.data_dir / "trades" / "trades.jsonl")
        self._audit_log = self._open_audit_log(options.data_dir / "logs")
        inbound: queue.Queue[Optional[Inbound]] = queue.Queue(INBOUND_ITEMS_MAX)
        self._matching = MatchingThread(
            self._engine,
            inbound,
            NoJournal(),
            self._ledger,
            self._audit_log,
            Publisher(self._engine, VERSION),
            clock_ns,
            self._fail,
        )

        def put(connection: Connection, requests: list[Any]) -> None:
            inbound.put(Inbound(connection, requests))

        self._server = ExchangeServer(options.host, options.port, put, self._fail)

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) that clients connect to."""
        return self._server.address

    def start(self) -> None:
        """Process and accept."""
        self._matching.start()
        self._server.start()

    def request_stop(self) -> None:
        """Make `wait` return.  Any thread, or a signal handler."""
        self._stop_requested.set()

    def wait(self) -> None:
        """Wait until a stop is requested or a part has failed."""
        self._stop_requested.wait()

    def stop(self) -> None:
        """Finish what was read, flush, snapshot.  After a failure: tell the clients, keep nothing of the batch."""
        if self.failure is not None:
            self._server.abandon(f"the exchange has failed: {self.failure}")
            return
        self._server.stop_reading()
        self._matching.stop()
        self._server.stop_sending()
        self._ledger.close()
        self._audit_log.close()
        self._store.save(self._engine.snapshot(), self._engine.sequence)
        self._store.prune()
        self._lock.release()

    def _recover(self) -> Engine:
        snapshot = self._store.newest_valid(
            lambda path, damage: log.warning("%s is damaged (%s): the one before is used", path, damage)
        )
        return Engine() if snapshot is None else Engine.restore(snapshot.records)

    def _open_ledger(self, path: Path) -> TradeWriter:
        last_trade_id = self._engine.matcher.last_trade_id
        ledger = TradeWriter(path, self._instrument, self._fail, last_trade_id)
        ledger.complete(last_trade_id)
        return ledger

    def _open_audit_log(self, directory: Path) -> LineLogger[list[PrivateEvent]]:
        last_seqs = {user: self._engine.last_seq(user) for user in self._engine.users()}
        written_seqs = repair_logs(directory, last_seqs, last_seqs)
        return LineLogger(directory, AuditFormat(self._instrument, written_seqs), self._fail, "audit-log")

    def _instrument(self, symbol: str) -> Instrument:
        """The definition of a listed symbol; any thread, since one never leaves the list."""
        return self._engine.book(symbol).instrument

    def _fail(self, failure: BaseException) -> None:
        """The last resort of every thread: the first failure is kept and ends the exchange."""
        if self.failure is None:
            self.failure = failure
            log.critical("the exchange stops: %s", failure, exc_info=failure)
        self._stop_requested.set()


def _locked(data_dir: Path) -> FileLock:
    data_dir.mkdir(parents=True, exist_ok=True)
    return FileLock(data_dir / "engine.lock")


def _list_instruments(engine: Engine, wanted: Optional[list[Instrument]], timestamp: int) -> None:
    """Bring the engine's list up to what is wanted; raises StartupError where the two can't be reconciled."""
    listed = {instrument.symbol: instrument for instrument in engine.instruments()}
    if wanted is None:
        wanted = [] if listed else [DEFAULT_INSTRUMENT]
    else:
        missing = sorted(set(listed) - {instrument.symbol for instrument in wanted})
        if missing:
            raise StartupError(
                f"the data directory holds the market of {', '.join(missing)}: list it too, "
                "or use another data directory"
            )
    for instrument in wanted:
        if listed.get(instrument.symbol) != instrument:
            [event] = engine.process(ListInstrument(instrument), timestamp)
            if isinstance(event, RequestRejected):
                raise StartupError(event.text)
