"""Checks everything in a data directory against everything else, changes nothing, and says what to do.

    journal     every segment line by line, no gap between them
    snapshots   whole; the journal leads from each to exactly the next (state hashes)
    ledger      trade by trade, field by field what the replayed journal gives; before its reach, the ids alone
    audit logs  every line sound, numbers without a gap, none beyond the journal

Two kinds of findings.  A *note* is what a killed engine leaves behind and the next start puts in order by itself.
A *problem* is what the next start refuses, or what has lost something that was safely stored; it comes with what
to do about it.  To be called while no engine uses the directory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from exchange.engine.engine import Engine
from exchange.engine.trade import Trade
from exchange.storage.command_record import Record
from exchange.storage.journal_format import Durability
from exchange.storage.journal_reader import JournalReader, SegmentReader, judge
from exchange.storage.lines_beyond_journal import Ahead
from exchange.storage.places import journal_directory, ledger_path, log_directory, snapshot_directory
from exchange.storage.recovery import ReplayError, carried_out
from exchange.storage.snapshot_files import OrderStore, StoredSnapshot
from exchange.storage.verify_ledger_and_logs import LedgerCheck, check_logs, tell_of_lines_ahead
from exchange.utils.disk import Disk
from exchange.utils.helpers import DamagedFileError

_NO_BACKUP = "restore it from a backup; without one nothing can bring it back"


class Findings:
    """What was found, told line by line as it is found; `problem_count` says how bad it is."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.problem_count = 0
        self._tell = tell

    def fact(self, part: str, text: str) -> None:
        """How it stands with one part."""
        self._tell(f"{part:10}{text}")

    def note(self, part: str, text: str) -> None:
        """Something that the next start puts in order."""
        self._tell(f"{part:10}note: {text}")

    def problem(self, part: str, text: str, to_do: str) -> None:
        """Something wrong, and what to do about it."""
        self.problem_count += 1
        self._tell(f"{part:10}PROBLEM: {text}")
        self._tell(f"{'':10}what to do: {to_do}")


class Journal(NamedTuple):
    """The part of the journal that can be replayed: commands `first` to `last` (`last` < `first`: nothing)."""

    first: int
    last: int
    durability: Optional[Durability]


def verify(data_directory: Path, disk: Disk, tell: Callable[[str], None]) -> bool:
    """Check all and tell of it; whether there is no problem.  Raises OSError if something can't be read."""
    findings = Findings(tell)
    store = OrderStore(snapshot_directory(data_directory), disk)
    snapshots = _check_snapshots(store, findings)
    start_after = snapshots[-1].sequence if snapshots else 0
    journal = _check_segments(journal_directory(data_directory), start_after, disk, findings)
    base = _base(store, snapshots, journal)
    if base is None:
        findings.problem(
            "replay",
            f"neither the journal, which begins with command {journal.first}, nor a whole snapshot tells the "
            "state to begin with",
            _NO_BACKUP,
        )
    else:
        _check_by_replay(data_directory, base, journal, snapshots, disk, findings)
    return findings.problem_count == 0


# ------------------------------------------------------------------------------------------------- files by
# themselves


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


def _check_segments(directory: Path, start_after: int, disk: Disk, findings: Findings) -> Journal:
    """Check every segment; returns what of the journal can be replayed in one go, up to its end if possible.

    `start_after` is the command of the newest whole snapshot: what comes before it isn't needed for a start, so
    behind damage there it goes on.
    """
    segments = JournalReader(directory, disk).segments
    first = segments[0].first_sequence if segments else 1
    last, durability = first - 1, None
    for segment in segments:
        if segment.first_sequence != last + 1:
            _tell_of_gap(directory, last + 1, segment.first_sequence - 1, start_after, findings)
            if segment.first_sequence > start_after + 1:
                break
            first = segment.first_sequence
        reader = SegmentReader(segment, disk)
        for _chunk in reader.chunks():
            pass
        last, durability = reader.last_sequence, reader.durability or durability
        try:
            cut = judge(reader, segment == segments[-1], disk)
        except DamagedFileError as error:
            later = [other for other in segments if other > segment]
            is_spared = any(other.first_sequence <= start_after + 1 for other in later)
            paths = [str(other.path) for other in later]
            _tell_of_damage(str(error), reader, paths, start_after if is_spared else None, findings)
            if not is_spared:
                return Journal(first, last, durability)
            if last >= start_after:
                break
            first = later[0].first_sequence
            last = first - 1
        else:
            if cut is not None:
                findings.note("journal", f"{cut}: the next start cuts them off")
    count = f"{len(segments)} segment{'' if len(segments) == 1 else 's'}"
    findings.fact("journal", f"{count}, commands {first:,} to {last:,} can be read" if segments else "none")
    if last == start_after - 1:
        findings.note("journal", f"its last command, {start_after}, is missing; snapshot {start_after} tells it")
    elif last < start_after:
        _tell_of_gap(directory, last + 1, start_after, start_after, findings)
    return Journal(first, last, durability)


def _tell_of_gap(directory: Path, first: int, last: int, start_after: int, findings: Findings) -> None:
    spared = f"; a start does not need them, since snapshot {start_after} comes after them" * (last < start_after)
    findings.problem("journal", f"{directory}: commands {first} to {last} are missing{spared}", _NO_BACKUP)


def _tell_of_damage(
    text: str, reader: SegmentReader, later: list[str], spared_by: Optional[int], findings: Findings
) -> None:
    """`spared_by` is the snapshot after which a start needs only later segments; None if it needs this one."""
    path, damage = reader.segment.path, reader.damage
    assert damage is not None, path
    if spared_by is not None:
        to_do = (
            f"restore it from a backup; a start does not need it, since snapshot {spared_by} comes after it, "
            "but what comes before that snapshot can't be checked"
        )
    else:
        remove = f" && rm {' '.join(later)}" if later else ""
        to_do = (
            f"restore it from a backup; or lose command {damage.sequence} and all after it, which were "
            f"acknowledged: remove every snapshot whose number is {damage.sequence} or higher, "
            f"truncate -s {damage.offset_bytes} {path}{remove}, then make verify again"
        )
    findings.problem("journal", text, to_do)


# ------------------------------------------------------------------------------------------------- against each
# other


def _base(store: OrderStore, snapshots: list[StoredSnapshot], journal: Journal) -> Optional[Engine]:
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
    journal: Journal,
    snapshots: list[StoredSnapshot],
    disk: Disk,
    findings: Findings,
) -> None:
    store = OrderStore(snapshot_directory(data_directory), disk)
    ledger = LedgerCheck(ledger_path(data_directory), engine, disk)
    expected = {stored.sequence: stored for stored in snapshots}
    durable_trade_id, durable_seqs = engine.matcher.last_trade_id, _last_seqs(engine)
    same: list[int] = []
    base_sequence = engine.sequence
    try:
        for records in _until_each(_records(data_directory, engine, journal, disk), set(expected)):
            events = carried_out(engine, records, journal_directory(data_directory))
            ledger.compare([event for event in events if type(event) is Trade])
            stored = expected.get(engine.sequence)
            if stored is not None:
                durable_trade_id, durable_seqs = engine.matcher.last_trade_id, _last_seqs(engine)
                _compare_state(store, stored, engine, same, findings)
    except ReplayError as error:
        findings.problem("replay", str(error), "restore the directory from a backup, and report this as a bug")
        return
    findings.fact("replay", f"commands {base_sequence + 1:,} to {engine.sequence:,}, state {engine.state_hash()}")
    if same:
        findings.fact("snapshots", f"equal to the replayed journal: {', '.join(f'{number:,}' for number in same)}")
    ahead = Ahead()
    ledger.finish(durable_trade_id, ahead, findings)
    check_logs(log_directory(data_directory), durable_seqs, _last_seqs(engine), ahead, disk, findings)
    tell_of_lines_ahead(ahead, journal.durability is Durability.OS, findings)


def _records(data_directory: Path, engine: Engine, journal: Journal, disk: Disk) -> Iterator[Record]:
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
    if Engine.restore(store.read(stored).records).state_hash() == engine.state_hash():
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
