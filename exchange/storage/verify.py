"""Checks everything in a data directory against everything else, changes nothing, and says what to do.

    journal     every segment line by line, no gap between them
    snapshots   whole; the journal leads from each to exactly the next (state hashes)
    ledger      trade by trade, field by field what the replayed journal gives; before its reach, the ids alone
    audit logs  line by line what the replayed journal gives; before its reach, sound and numbered without a gap
    both        as far as the newest snapshot goes, byte for byte what they were when it was taken

Two kinds of findings.  A *note* is what a killed engine leaves behind and the next start puts in order by itself.
A *problem* is what the next start refuses, or what has lost something that was safely stored; it comes with what
to do about it.  To be called while no engine uses the directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Optional

from exchange.engine.engine import Engine
from exchange.engine.trade import Trade
from exchange.storage.command_record import Record
from exchange.storage.journal_format import Durability
from exchange.storage.journal_reader import JournalReader, SegmentReader
from exchange.storage.lines_beyond_journal import LinesBeyondJournal
from exchange.storage.places import journal_directory, ledger_path, log_directory, snapshot_directory
from exchange.storage.recovery import ReplayError, carried_out
from exchange.storage.snapshot_files import OrderStore, StoredSnapshot
from exchange.storage.snapshot_marks import differences
from exchange.storage.verify_audit_logs import LogsCheck
from exchange.storage.verify_findings import Findings
from exchange.storage.verify_journal import NO_BACKUP, ReplayableCommands, check_segments, commands_text
from exchange.storage.verify_ledger import LedgerCheck
from exchange.utils.disk import Disk


def verify(data_directory: Path, disk: Disk, tell: Callable[[str], None]) -> bool:
    """Check all and tell of it; whether there is no problem.  Raises OSError if something can't be read."""
    findings = Findings(tell)
    store = OrderStore(snapshot_directory(data_directory), disk)
    snapshots = _check_snapshots(store, findings)
    start_after = snapshots[-1].sequence if snapshots else 0
    _check_marks(data_directory, store, snapshots, disk, findings)
    journal = check_segments(journal_directory(data_directory), start_after, disk, findings)
    base = _base(store, snapshots, journal)
    if base is None:
        findings.problem(
            "replay",
            f"neither the journal, which begins with command {journal.first}, nor a whole snapshot tells the "
            "state to begin with",
            NO_BACKUP,
        )
    else:
        _check_by_replay(data_directory, base, journal, snapshots, disk, findings)
    return findings.problem_count == 0


def _check_snapshots(store: OrderStore, findings: Findings) -> list[StoredSnapshot]:
    """The whole ones, oldest first."""
    whole: list[StoredSnapshot] = []
    for stored in store.stored():
        damage = store.damage(stored)
        if damage is None:
            whole.append(stored)
        else:
            findings.problem(
                "snapshots",
                f"{stored.path}: {damage}",
                f"remove it, the next start goes on from the one before and the journal: rm {stored.path}",
            )
    sequences = ", ".join(f"{stored.sequence:,}" for stored in whole)
    findings.fact("snapshots", f"whole: of command {sequences}" if whole else "none")
    return whole


def _check_marks(
    data_directory: Path, store: OrderStore, snapshots: list[StoredSnapshot], disk: Disk, findings: Findings
) -> None:
    """Ledger and logs against how they stood when the newest snapshot was taken."""
    for stored in snapshots[-1:]:
        marks = store.marks(stored)
        found = differences(data_directory, marks, disk)
        for path, difference in found.items():
            is_log = path != ledger_path(data_directory)
            to_do = "restore it from a backup"
            if is_log:
                to_do += ", or move it away while the engine is stopped: a new one then begins"
            findings.problem("logs" if is_log else "ledger", f"{path}: {difference}", to_do)
        if not found:
            findings.fact("files", f"{len(marks)} are, so far, as they were at snapshot {stored.sequence:,}")


def _base(store: OrderStore, snapshots: list[StoredSnapshot], journal: ReplayableCommands) -> Optional[Engine]:
    """The oldest state from which the journal leads on to its end; None if there is none."""
    start_after = snapshots[-1].sequence if snapshots else 0
    if journal.first == 1 and journal.last >= start_after:
        return Engine()
    oldest = journal.first - 1 if journal.last >= start_after else start_after
    for stored in snapshots:
        if stored.sequence >= oldest:
            return Engine.restore(store.read(stored).records)
    return None


def _check_by_replay(
    data_directory: Path,
    engine: Engine,
    journal: ReplayableCommands,
    snapshots: list[StoredSnapshot],
    disk: Disk,
    findings: Findings,
) -> None:
    store = OrderStore(snapshot_directory(data_directory), disk)
    ledger = LedgerCheck(ledger_path(data_directory), engine, disk)
    logs = LogsCheck(log_directory(data_directory), engine, disk)
    expected = {stored.sequence: stored for stored in snapshots}
    durable_trade_id, durable_seqs = engine.matcher.last_trade_id, _last_seqs(engine)
    same: list[int] = []
    base_sequence = engine.sequence
    try:
        for records in _until_each(_records(data_directory, engine, journal, disk), set(expected)):
            events = carried_out(engine, records, journal_directory(data_directory))
            ledger.compare([event for event in events if type(event) is Trade])
            logs.expect(events)
            stored = expected.get(engine.sequence)
            if stored is not None:
                durable_trade_id, durable_seqs = engine.matcher.last_trade_id, _last_seqs(engine)
                _compare_state(store, stored, engine, same, findings)
    except ReplayError as error:
        findings.problem("replay", str(error), "restore the directory from a backup, and report this as a bug")
        return
    replayed = commands_text(base_sequence + 1, engine.sequence)
    findings.fact("replay", f"{replayed}, state {engine.state_hash()}")
    if same:
        findings.fact("snapshots", f"equal to the replayed journal: {', '.join(f'{number:,}' for number in same)}")
    ahead = LinesBeyondJournal()
    ahead.explain(journal.torn_stamps)
    ledger.finish(durable_trade_id, ahead, findings)
    logs.finish(durable_seqs, _last_seqs(engine), ahead, findings)
    _tell_of_lines_ahead(ahead, journal.durability is Durability.OS, findings)


def _records(data_directory: Path, engine: Engine, journal: ReplayableCommands, disk: Disk) -> Iterator[Record]:
    """What can be replayed after the state of `engine`."""
    for segment in JournalReader(journal_directory(data_directory), disk).segments:
        if journal.first <= segment.first_sequence <= journal.last:
            for chunk in SegmentReader(segment, disk).chunks():
                for record in chunk:
                    if engine.sequence < record[0] <= journal.last:
                        yield record


def _until_each(records: Iterator[Record], ends: set[int]) -> Iterator[list[Record]]:
    """The records in pieces, so that a piece ends with each of the sequences `ends`."""
    piece: list[Record] = []
    for record in records:
        piece.append(record)
        if record[0] in ends or len(piece) == 1_000:
            yield piece
            piece = []
    if piece:
        yield piece


def _compare_state(
    store: OrderStore, stored: StoredSnapshot, engine: Engine, same: list[int], findings: Findings
) -> None:
    if store.is_of_earlier_version(stored):
        findings.note(
            "snapshots", f"{stored.path}: an earlier version made it, which kept less of the state: not compared"
        )
    elif Engine.restore(store.read(stored).records).state_hash() == engine.state_hash():
        same.append(stored.sequence)
    else:
        findings.problem(
            "snapshots",
            f"{stored.path}: its state is not the one to which the journal leads",
            f"remove it, so that the next start goes on from the one before and the journal: rm {stored.path}; "
            "and report this as a bug",
        )


def _last_seqs(engine: Engine) -> dict[str, int]:
    return {user: engine.last_seq(user) for user in engine.users()}


def _tell_of_lines_ahead(ahead: LinesBeyondJournal, journal_may_lose: bool, findings: Findings) -> None:
    """What ledger and logs tell that the journal doesn't."""
    if ahead.line_count and (journal_may_lose or ahead.is_one_record):
        findings.note("ahead", f"{ahead}; the next start cuts them off")
    elif ahead.line_count:
        findings.problem(
            "ahead",
            f"{ahead}",
            "the end of the journal is missing: restore it from a backup; or, to go on without what it held, "
            "remove these lines from the ends of these files",
        )
