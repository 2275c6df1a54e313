"""An exchange without its disk, in this process: real sockets, the real matching thread, nothing kept."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Optional, TypeVar

from exchange.batch import JournalEntry
from exchange.core import Core
from exchange.engine.commands import ListInstrument
from exchange.engine.engine import Engine
from exchange.engine.events import PrivateEvent
from exchange.engine.instrument import Instrument
from exchange.engine.trade import Trade
from exchange.fair_queue import FairQueue
from exchange.networking.inbound.login_check import LoginCheck
from exchange.networking.inbound.rate_limit import Throttle
from exchange.networking.inbound.reading_turns import ReadingTurns
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.outbound.long_answers import LongAnswers
from exchange.networking.publishing.indications import Indications
from exchange.networking.publishing.missed_events import RecentEvents
from exchange.networking.publishing.publisher import Publisher
from exchange.networking.tcp_server import ExchangeServer, ServerOptions
from exchange.networking.wire.requests import FillsFound, GetFills, PastEvents
from exchange.networking.wire.session_lines import Identity
from exchange.utils.doorbell import Doorbell
from exchange.utils.time_shares import TimeShares

WAIT_S = 20.0


class NoDisk:
    """Journal, ledger and audit log that keep nothing; the journal can be made to wait, or to fail.

    `on_commit` is called, in the matching thread, when a batch was processed and nobody was told of it yet.
    """

    def __init__(self) -> None:
        self.on_commit: Callable[[], None] = lambda: None
        self.may_commit = threading.Event()
        self.may_commit.set()
        self.failure: Optional[Exception] = None
        self.journal = self.ledger = self.audit_log = self

    def commit(self, entries: Sequence[JournalEntry]) -> None:
        assert self.may_commit.wait(WAIT_S)
        if self.failure is not None:
            raise self.failure
        self.on_commit()

    def write(self, trades: list[Trade]) -> None:
        pass

    def append(self, events: list[PrivateEvent]) -> None:
        pass


class InProcessExchange:
    """Listing ACME, on a free port; `failures` holds what ended a thread that should not have ended.

    `throttle` None means that nobody is limited; `tls` None means plain TCP; unless it `is_fair`, everybody is
    served in the order of arrival.
    """

    def __init__(
        self,
        connections_max: Optional[int] = None,
        throttle: Optional[Throttle] = None,
        tls: Optional[ssl.SSLContext] = None,
        is_fair: bool = True,
    ) -> None:
        self.engine = Engine()
        self.engine.process(ListInstrument(Instrument("ACME")), 0)
        self.disk = NoDisk()
        self.failures: list[BaseException] = []
        self.has_failed = threading.Event()
        self.heartbeats = Heartbeats(self._fail)
        shares = TimeShares(time.monotonic) if is_fair else None
        long_answers = LongAnswers(shares.may_take, shares.charge) if shares is not None else None
        self.publisher = Publisher(
            self.engine,
            Identity("test", "0"),
            self.heartbeats,
            RecentEvents(),
            (),
            long_answers,
            Indications(lambda: 0.0),
        )
        self.core = Core[Any, Any](
            self.engine,
            self.disk,
            self.publisher,
            lambda: 1,
            self._fail,
            FairQueue(shares, Doorbell()) if shares is not None else None,
            lambda asker: asker.share,
        )
        login_check = LoginCheck(self.engine, self.publisher.first_held_seq, no_past, os.urandom, time.monotonic)
        options = ServerOptions("127.0.0.1", 0, connections_max, tls)
        turns = ReadingTurns(shares) if shares is not None else None
        self.server = ExchangeServer(
            options,
            self.put,
            self.core.put_first,
            login_check,
            no_older_fills,
            throttle,
            self._fail,
            turns,
        )
        self.port = self.server.address[1]

    def put(self, origin: Any, requests: Sequence[Any], processed: Callable[[], None]) -> None:
        """What everything that asks puts its requests into the queue with; tests listen in here."""
        self.core.put(origin, requests, processed)

    def _fail(self, failure: BaseException) -> None:
        self.failures.append(failure)
        self.has_failed.set()

    def start(self) -> None:
        """Process and accept."""
        self.core.start()
        self.heartbeats.start()
        self.server.start()

    def stop(self) -> None:
        """As the assembly does it."""
        self.server.stop_reading()
        self.core.stop()
        self.heartbeats.stop()
        self.server.stop_sending()


def no_older_fills(_user: str, _asked: GetFills) -> FillsFound:
    """What it finds of the past when it is asked for fills."""
    return FillsFound((), False)


def no_past(_user: str, _seq: int) -> PastEvents:
    """What an exchange without a disk knows of the past beyond what it holds in memory."""
    return PastEvents((), 0)


AnyExchange = TypeVar("AnyExchange", bound=InProcessExchange)


@contextmanager
def running_exchange(
    connections_max: Optional[int] = None,
    throttle: Optional[Throttle] = None,
    tls: Optional[ssl.SSLContext] = None,
) -> Iterator[InProcessExchange]:
    """A new one, `started`."""
    with started(InProcessExchange(connections_max, throttle=throttle, tls=tls)) as exchange:
        yield exchange


@contextmanager
def started(exchange: AnyExchange) -> Iterator[AnyExchange]:
    """Started, and stopped at the end; no thread may have failed, no reader may be left."""
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
