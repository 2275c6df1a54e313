"""The exchange's storage, engine and matching loop on a simulated disk, in one thread, from a seed.

One `SimulatedMarket` is one life of the engine's process: opened on what an earlier one left, fed with batches,
ended gracefully or by ProcessDied.  `Record` outlives them all: it is the oracle, which knows what was sent and
what was told, and holds everything that is recovered against an engine that never died.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Optional

from exchange.batch import JournalEntry, Outcome
from exchange.core import Core
from exchange.engine.commands import Command, ListInstrument
from exchange.engine.engine import Engine
from exchange.engine.events import PRIVATE_EVENT_TYPES, Event, PrivateEvent
from exchange.engine.instrument import Instrument, PriceTextsBySymbol
from exchange.engine.trade import Trade
from exchange.matching_thread import CommandStore, EventStore, TradeStore
from exchange.storage.audit_lines import AuditFormat
from exchange.storage.audit_log import log_files
from exchange.storage.data_directory import DataDirectory, StorageOptions
from exchange.storage.places import ledger_path, log_directory, snapshot_directory
from exchange.storage.recovery import RecoveryProgress, build_snapshot
from exchange.storage.snapshot_files import OrderStore
from exchange.storage.trade_writer import trade_line
from exchange.storage.verify import verify
from tests.faults.seeded_workers import Workers
from tests.faults.simulated_disk import SimulatedDisk
from tests.support.kept_market import Unheard

DATA = Path("data")
ACME = ListInstrument(Instrument("ACME"))


class Record:
    """What was sent and what was told, over all lives.

    `sent` are the commands that changed the engine's state, in order: all that are known to have survived, then
    those of this life.  `told_sequence` is the last of them that anybody outside may know of.  `private_events` is
    what the users were or should be told of, up to the last recovery.
    """

    def __init__(self) -> None:
        self.sent: list[JournalEntry] = []
        self.told_sequence = 0
        # What was last handed to the journal, which may have refused it.
        self.last_commit: Sequence[JournalEntry] = ()
        # The private events that were told in this life.
        self._told: list[PrivateEvent] = []
        # An engine that never died, and everything that happened in it.
        self._model = Engine()
        self._trades: list[Trade] = []
        self.private_events: list[PrivateEvent] = []

    def send(self, entries: Sequence[JournalEntry]) -> None:
        """These are about to be journaled."""
        self.sent += entries
        self.last_commit = entries

    def check_last_commit_untold(self) -> None:
        """Of the last commit, which failed or had a failure after it, nobody has heard anything."""
        assert self.told_sequence < self.last_commit[0].sequence, self.told_sequence

    def tell(self, outcomes: Sequence[Outcome[Any, Any]], sequence: int) -> None:
        """The clients hear this, when the engine has carried out command `sequence`."""
        self.told_sequence = sequence
        for _, _, events in outcomes:
            self._told += private(events)

    def check_recovered(self, engine: Engine, disk: SimulatedDisk) -> None:
        """Told ⊆ recovered ⊆ sent; state, ledger and logs are those of an engine that never died.

        From then on whatever was recovered counts as told: anybody may have asked for it.
        """
        recovered = engine.sequence
        assert self.told_sequence <= recovered, f"{self.told_sequence} commands were told, {recovered} are left"
        assert recovered <= len(self.sent), f"{len(self.sent)} commands were sent, there are {recovered}"
        del self.sent[recovered:]
        heard_before = len(self.private_events)
        for entry in self.sent[self._model.sequence :]:
            self._carry_out(entry)
        assert self.private_events[heard_before:][: len(self._told)] == self._told
        self.told_sequence, self._told = recovered, []
        assert engine.state_hash() == self._model.state_hash()
        engine.check_invariants()
        self._check_files(disk)

    def _carry_out(self, entry: JournalEntry) -> None:
        events: list[Event] = self._model.process(entry.command, entry.timestamp)
        self._trades += [event for event in events if isinstance(event, Trade)]
        self.private_events += private(events)

    def _check_files(self, disk: SimulatedDisk) -> None:
        def instrument_of(symbol: str) -> Instrument:
            return self._model.book(symbol).instrument

        price_texts = PriceTextsBySymbol(instrument_of)
        assert read(disk, ledger_path(DATA)) == "".join(trade_line(trade, price_texts) for trade in self._trades)
        lines_of = AuditFormat(instrument_of)([self.private_events])
        logs = {stem: "\n".join(lines) + "\n" for stem, lines in lines_of.items()}
        files = log_files(log_directory(DATA), disk).values()
        found = {path.stem: read(disk, path) for path in files}
        assert {stem: text for stem, text in found.items() if text} == logs


def read(disk: SimulatedDisk, path: Path) -> str:
    """The text of a file."""
    with disk.open_read(path) as file:
        return file.read().decode("ascii")


def private(events: Sequence[Event]) -> list[PrivateEvent]:
    """The private ones."""
    return [event for event in events if isinstance(event, PRIVATE_EVENT_TYPES)]


class SimulatedMarket(Unheard):
    """One life.  `failures` is what a thread of it told of; the process would then end."""

    def __init__(
        self,
        disk: SimulatedDisk,
        record: Record,
        workers: Workers,
        options: StorageOptions,
        clock_ns: Callable[[], int],
        listed: Sequence[ListInstrument] = (ACME,),
    ) -> None:
        """Recover, check that against the record, cancel what an earlier life's connections have left, and list
        the instruments if there are none.

        Raises ProcessDied, and whatever the exchange raises that doesn't want to start.
        """
        self.failures: list[BaseException] = []
        self._record = record
        store = OrderStore(snapshot_directory(DATA), disk)

        def make_snapshot(sequence: int) -> Optional[str]:
            return build_snapshot(store, DATA, sequence, disk)

        progress = RecoveryProgress(lambda _line: None, lambda: 0.0)
        self.data = DataDirectory(
            DATA, options, make_snapshot, progress, self.failures.append, disk, make_worker=workers.make
        )
        record.check_recovered(self.data.engine, disk)
        self._core = Core(self.data.engine, self, self, clock_ns, self.failures.append)
        self._core.cancel_orders_of_lost_connections()
        assert self.data.engine.orders_ending_with_connections() == {}
        if not self.data.engine.books:
            self.run(listed)

    def run(self, commands: Sequence[Command]) -> None:
        """One batch.  Raises ProcessDied, JournalError, BatchThreadError."""
        self._core.carry_out(commands)

    def end(self) -> None:
        """A graceful stop."""
        self.data.stop()
        self.data.close()

    # --- what the core is handed: the real journal, overheard, and a publisher who writes down what is told ---

    @property
    def journal(self) -> CommandStore:
        """Itself: see `commit`."""
        return self

    @property
    def ledger(self) -> TradeStore:
        """The real one."""
        return self.data.ledger

    @property
    def audit_log(self) -> EventStore:
        """The real one."""
        return self.data.audit_log

    def commit(self, entries: Sequence[JournalEntry]) -> None:
        """See `matching_thread.CommandStore`."""
        self._record.send(entries)
        self.data.journal.commit(entries)

    def publish(self, outcomes: Sequence[Outcome[Any, Any]]) -> None:
        """See `matching_thread.Announcer`."""
        self._record.tell(outcomes, self.data.engine.sequence)


def check_at_rest(disk: SimulatedDisk) -> None:
    """`make verify` must find an exchange sound that has stopped or died, and no file ahead of the journal."""
    findings: list[str] = []
    is_sound = verify(DATA, disk, findings.append)
    assert is_sound and not any(line.startswith("ahead") for line in findings), "\n".join(findings)
