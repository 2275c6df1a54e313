"""An exchange without its disk, in this process: real sockets, the real matching thread, nothing kept."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Optional

from exchange.engine.commands import ListInstrument
from exchange.engine.engine import Engine
from exchange.engine.events import PrivateEvent
from exchange.engine.instrument import Instrument
from exchange.engine.trade import Trade
from exchange.matching_thread import Inbound, JournalEntry, MatchingThread
from exchange.networking.connection import Connection
from exchange.networking.publisher import Publisher
from exchange.networking.tcp_server import ExchangeServer

WAIT_S = 20.0


class NoDisk:
    """Journal, ledger and audit log that keep nothing; the journal can be made to wait, or to fail."""

    def __init__(self) -> None:
        self.may_commit = threading.Event()
        self.may_commit.set()
        self.failure: Optional[Exception] = None

    def commit(self, entries: Sequence[JournalEntry]) -> None:
        assert self.may_commit.wait(WAIT_S)
        if self.failure is not None:
            raise self.failure

    def write(self, trades: list[Trade]) -> None:
        pass

    def append(self, events: list[PrivateEvent]) -> None:
        pass


class InProcessExchange:
    """Listing ACME, on a free port; `failures` holds what ended a thread that should not have ended."""

    def __init__(self, connections_max: Optional[int] = None, queue_items_max: int = 100) -> None:
        self.engine = Engine()
        self.engine.process(ListInstrument(Instrument("ACME")), 0)
        self.disk = NoDisk()
        self.failures: list[BaseException] = []
        self.has_failed = threading.Event()
        self.inbound: queue.Queue[Optional[Inbound]] = queue.Queue(queue_items_max)
        self.matching = MatchingThread(
            self.engine,
            self.inbound,
            self.disk,
            self.disk,
            self.disk,
            Publisher(self.engine, "test"),
            lambda: 1,
            self._fail,
        )
        self.server = ExchangeServer("127.0.0.1", 0, self._put, self._fail, connections_max)
        self.port = self.server.address[1]

    def _put(self, connection: Connection, requests: list[Any]) -> None:
        self.inbound.put(Inbound(connection, requests))

    def _fail(self, failure: BaseException) -> None:
        self.failures.append(failure)
        self.has_failed.set()

    def start(self) -> None:
        """Process and accept."""
        self.matching.start()
        self.server.start()

    def stop(self) -> None:
        """As the assembly does it."""
        self.server.stop_reading()
        self.matching.stop()
        self.server.stop_sending()


@contextmanager
def running_exchange(connections_max: Optional[int] = None) -> Iterator[InProcessExchange]:
    """Started, and stopped at the end; no thread may have failed, no reader may be left."""
    exchange = InProcessExchange(connections_max)
    exchange.start()
    try:
        yield exchange
    finally:
        exchange.disk.may_commit.set()
        exchange.stop()
        join_readers()
        assert exchange.failures == []


def join_readers() -> None:
    """Wait until every reader thread has ended, as they do when their clients are gone."""
    for thread in reader_threads():
        thread.join(WAIT_S)
    assert reader_threads() == []


def reader_threads() -> list[threading.Thread]:
    """Those that are alive."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("reader-")]
