"""Builds the parts of the exchange, starts and stops them in order: the one place that knows them all.

    start   lock the data directory → recover what it holds → list the instruments
            → cancel what ended with connections that a crash has lost → matching thread → accept connections
    stop    accept and read nothing more → answer what was read, for at most 4 s → end the matching thread
            → drain ledger and audit logs → snapshot → unlock
    fail    tell every client why → close what can be closed; the next start recovers from the journal
"""

from __future__ import annotations

import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple, Optional, Union

from exchange.core import Core
from exchange.engine.checks import unknown_symbol
from exchange.engine.commands import Command, ListInstrument, SetLimits
from exchange.engine.engine import Engine
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.fair_queue import FairQueue
from exchange.listing import ListingError, listings
from exchange.networking.inbound.login_check import LoginCheck
from exchange.networking.inbound.look_up_turns import LookUpTurns
from exchange.networking.inbound.rate_limit import Throttle
from exchange.networking.inbound.reading_turns import ReadingTurns
from exchange.networking.operator.channel import OperatorChannel
from exchange.networking.operator.conversation import PutWish
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.outbound.long_answers import LongAnswers
from exchange.networking.publishing.missed_events import RecentEvents
from exchange.networking.publishing.publisher import Publisher
from exchange.networking.publishing.session_answers import Asker
from exchange.networking.tcp_server import ExchangeServer, ServerOptions
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.limits import TRADES_LAST_MAX
from exchange.networking.wire.requests import BadRequest, FillsFound, GetFills, PastEvents, Request
from exchange.networking.wire.session_lines import Identity
from exchange.storage.audit_log_reader import AuditLogReader
from exchange.storage.data_directory import DataDirectory, StorageOptions
from exchange.storage.engine_id import engine_id
from exchange.storage.ledger_reader import last_trades
from exchange.storage.places import (
    engine_id_path,
    ledger_path,
    lock_path,
    log_directory,
    operator_socket_path,
    refuse_what_is_not_ours,
)
from exchange.storage.recovery import RecoveryProgress
from exchange.storage.snapshot_process import SnapshotProcess
from exchange.utils.batch_thread import BatchThreadError
from exchange.utils.directory_lock import DirectoryLock
from exchange.utils.disk import REAL_DISK
from exchange.utils.doorbell import Doorbell
from exchange.utils.helpers import FileError
from exchange.utils.prepared_thread import PreparedThread
from exchange.utils.sound_clock import ClockError, SoundClock
from exchange.utils.time_shares import TimeShares

VERSION = "0.1.0"
# How long files may take to be closed after a failure; what hangs longer ends with the process.
CLOSE_TIMEOUT_S = 5.0
# How long a graceful stop goes on with what is queued, and how long then clients have to take their last answers.
FINISH_S = 4.0
LAST_WORDS_S = 0.5
# How soon a signal is heeded that did not wake the main thread.
LOOK_EVERY_S = 0.5

log = logging.getLogger("exchange")


class StartupError(Exception):
    """The exchange can't start; the text is one clear line for the person who started it."""


class Options(NamedTuple):
    """What a person chooses.

    `instruments` None means: those the data directory holds, or ACME if it is new.  `messages_per_s` is what one
    user may send, `users_max` how many there may be, None without a limit; `new_users_per_s` is how many names one
    address may claim, None for the default of `LoginCheck`.
    """

    server: ServerOptions
    data_dir: Path
    instruments: Optional[list[Instrument]]
    storage: StorageOptions = StorageOptions()
    limits: Limits = Limits()
    messages_per_s: Optional[int] = None
    new_users_per_s: Optional[int] = None
    users_max: Optional[int] = None


class Exchange:
    """All parts of one running exchange.

    `failure` is None until a part fails for good; from then on nothing is processed, and `wait` returns.
    """

    def __init__(
        self,
        options: Options,
        clock_ns: Callable[[], int] = time.time_ns,
        tell: Callable[[str], None] = log.info,
    ) -> None:
        """Build everything up to the listening socket.  `tell` hears, in lines, how far a long recovery is.

        Raises StartupError, OSError (address, disk), FileError (what the data directory holds), BatchThreadError;
        then nothing stays open.
        """
        self.failure: Optional[BaseException] = None
        self._is_built = False
        # No Event: a signal handler must not wait for a lock, which the thread that it interrupts may hold.
        self._stop_requests: queue.SimpleQueue[None] = queue.SimpleQueue()
        # Set when a graceful stop has come to its end or a part has failed.
        self._ended = threading.Event()
        with ExitStack() as closing:
            clock_ns = _sound(clock_ns)
            lock = _locked(options.data_dir)
            closing.callback(lock.release)
            self._snapshot_process = SnapshotProcess(options.data_dir)
            recent = RecentEvents()
            self._data = DataDirectory(
                options.data_dir,
                options.storage,
                self._snapshot_process,
                RecoveryProgress(tell, time.monotonic),
                self._fail,
                on_replayed=recent.add,
                check_place=lock.check,
            )
            closing.callback(self._data.close)
            closing.callback(self._snapshot_process.stop)
            to_list = _listings(self._data.engine, options.instruments)
            shares = TimeShares(time.monotonic)
            publisher = self._build_core(options, clock_ns, recent, to_list, shares)
            self._build_live_parts(options, publisher, shares)
            # What ends the exchange is there from the start: when it is time, there may be no thread to be had.
            self._stopping = PreparedThread("stopping", self._finish)
            self._closing = PreparedThread("closing", closing.pop_all().close)
        self._is_built = True

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) that clients connect to."""
        return self._server.address

    def start(self) -> None:
        """Process and accept."""
        self._core.start()
        self._heartbeats.start()
        if self._operator_channel is not None:
            self._operator_channel.start()
        self._server.start()

    def request_stop(self) -> None:
        """Make `wait` return.  Any thread, or a signal handler."""
        self._stop_requests.put(None)

    def wait(self) -> None:
        """Wait until a stop is requested or a part has failed."""
        # Not in one go: a signal that the system hands to another thread is handled by Python only when this one,
        # the main one, does something.
        while True:
            with suppress(queue.Empty):
                return self._stop_requests.get(timeout=LOOK_EVERY_S)

    def stop(self) -> None:
        """Finish what was read, flush, snapshot.  After a failure: tell the clients, keep nothing of the batch.

        Never waits for a part that has failed; `failure` says afterwards whether all went well.
        """
        if self.failure is None:
            self._stopping.go()
            self._ended.wait()
        if self.failure is not None:
            self._server.abandon(f"the exchange has failed: {self.failure}")
        # A disk that hangs must not keep the process; the lock then ends with it, after the last write.
        self._closing.go()
        self._closing.join(CLOSE_TIMEOUT_S)

    def _build_core(
        self,
        options: Options,
        clock_ns: Callable[[], int],
        recent: RecentEvents,
        to_list: list[ListInstrument],
        shares: TimeShares,
    ) -> Publisher:
        """The middle, brought up to date; returns what it tells by."""
        engine = self._data.engine
        self._heartbeats = Heartbeats(self._fail)
        identity = Identity(VERSION, engine_id(engine_id_path(options.data_dir), os.urandom))
        past_trades = last_trades(
            ledger_path(options.data_dir), self._data.instrument, list(engine.books), TRADES_LAST_MAX
        )
        long_answers = LongAnswers(shares.may_take, shares.charge)
        publisher = Publisher(engine, identity, self._heartbeats, recent, past_trades, long_answers)
        inbound = FairQueue[Asker, Request](shares, Doorbell())
        self._core = Core[Asker, Request](
            engine,
            self._data,
            publisher,
            clock_ns,
            self._fail,
            inbound,
            lambda asker: asker.share,
            lambda longest_ns: secrets.randbelow(longest_ns + 1),
        )
        self._bring_up_to_date(to_list, options.limits)
        return publisher

    def _build_live_parts(self, options: Options, publisher: Publisher, shares: TimeShares) -> None:
        engine = self._data.engine
        history = AuditLogReader(
            log_directory(options.data_dir), self._data.audit_log.write_out, self._data.instrument
        )

        looking_up = self._look_up_turns = LookUpTurns(shares)

        def events_since(user: str, seq: int) -> PastEvents:
            with looking_up:
                if self._server.is_stopping:
                    raise ConnectionAbortedError("the exchange is stopping")  # A stop waits for no queue of these.
                # A log that was moved away must not keep its user out: what memory lacks counts as looked up.
                looked_up = publisher.first_held_seq(user) - 1
                events, last_seq = history.past_since(user, seq)
                return PastEvents(events, max(last_seq, looked_up))

        def find_fills(user: str, asked: GetFills) -> Union[FillsFound, BadRequest]:
            if asked.symbol is not None and asked.symbol not in engine.books:
                refusal = unknown_symbol(asked.symbol)
                return BadRequest(refusal.code, refusal.text)
            with looking_up:
                if self._server.is_stopping:
                    return BadRequest(WireCode.ENGINE_STOPPING, "the exchange is stopping")
                return FillsFound(*history.fills_after(user, asked.after_trade_id, asked.symbol, asked.limit))

        login_check = LoginCheck(
            engine,
            publisher.first_held_seq,
            events_since,
            os.urandom,
            time.monotonic,
            options.new_users_per_s,
            options.users_max,
        )
        rate = options.messages_per_s
        throttle = Throttle(rate, time.monotonic) if rate is not None else None
        self._server = ExchangeServer(
            options.server,
            self._core.put,
            self._core.put_first,
            login_check,
            find_fills,
            throttle,
            self._fail,
            ReadingTurns(shares),
        )
        self._operator_channel = _operator_channel(
            operator_socket_path(options.data_dir), self._core.put, self._fail
        )

    def _bring_up_to_date(self, to_list: list[ListInstrument], limits: Limits) -> None:
        """What the start itself asks of the market, journaled, kept and told as all that happens is.

        An instrument that trades in another way from now on may end a call, with trades.
        """
        commands: list[Command] = [*to_list]
        if limits != self._data.engine.limits:
            commands.append(SetLimits(limits))
        if commands:
            self._core.carry_out(commands)
        canceled_count = self._core.cancel_orders_of_lost_connections()
        if canceled_count:
            log.info("%d orders canceled whose connections ended in a crash", canceled_count)
        self._core.bring_what_is_due()
        # Whoever reads the logs of an exchange that listens finds in them all that happened before.
        self._data.audit_log.drain()

    def _finish(self) -> None:
        """A graceful stop, in a thread of its own, because a part that fails meanwhile may leave it waiting."""
        try:
            self._core.turn_away_after(FINISH_S)
            self._look_up_turns.stop()
            self._server.stop_reading(FINISH_S + LAST_WORDS_S)
            if self._operator_channel is not None:
                self._operator_channel.stop()
            self._core.stop()
            self._heartbeats.stop()
            self._server.stop_sending()
            self._snapshot_process.stop()
            if self.failure is None:
                self._data.stop()
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._fail(failure)
        self._ended.set()

    def _fail(self, failure: BaseException) -> None:
        """The last resort of every thread: the first failure is kept and ends the exchange."""
        is_first = self.failure is None
        if is_first:
            self.failure = failure
        # Before a word is said: whatever may go wrong with that, nothing waits for it.
        self._stop_requests.put(None)
        self._ended.set()
        if is_first and self._is_built:  # Before it is built, whoever builds it is told by an exception.
            is_outside_world = isinstance(failure, (OSError, FileError, BatchThreadError))
            log.critical("the exchange stops: %s", failure, exc_info=None if is_outside_world else failure)


def _sound(clock_ns: Callable[[], int]) -> Callable[[], int]:
    try:
        return SoundClock(clock_ns)
    except ClockError as error:
        raise StartupError(str(error)) from error


def _operator_channel(
    path: Path, put: PutWish, on_failure: Callable[[BaseException], None]
) -> Optional[OperatorChannel]:
    """Where an operator reaches the exchange; None, said, where the file system has no room for such a thing."""
    try:
        return OperatorChannel(path, put, on_failure)
    except OSError as error:
        log.warning("%s: no operator can reach the exchange here: %s", path, error.strerror)
        return None


def _locked(data_dir: Path) -> DirectoryLock:
    REAL_DISK.make_directory(data_dir)
    refuse_what_is_not_ours(data_dir)
    return DirectoryLock(data_dir, lock_path(data_dir))


def _listings(engine: Engine, wanted: Optional[list[Instrument]]) -> list[ListInstrument]:
    try:
        return listings(engine, wanted)
    except ListingError as error:
        raise StartupError(str(error)) from error
