"""The journal by itself: every segment line by line, no gap between them.  Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Optional

from exchange.storage.journal_format import Durability
from exchange.storage.journal_reader import JournalReader, SegmentReader, judge
from exchange.storage.places import verify_command
from exchange.storage.verify_findings import Findings
from exchange.utils.disk import Disk
from exchange.utils.helpers import DamagedFileError

NO_BACKUP = "restore it from a backup; without one nothing can bring it back"


class ReplayableCommands(NamedTuple):
    """The part of the journal that can be replayed: commands `first` to `last` (`last` < `first`: nothing)."""

    first: int
    last: int
    durability: Optional[Durability]
    # The timestamps of a torn record at the end, as far as they can be read.
    torn_stamps: frozenset[int] = frozenset()


def commands_text(first: int, last: int) -> str:
    """A stretch of commands in words; `last` < `first` is none at all."""
    if last < first:
        return f"no commands after {last:,}" if last else "no commands"
    return f"commands {first:,} to {last:,}"


def check_segments(directory: Path, start_after: int, disk: Disk, findings: Findings) -> ReplayableCommands:
    """Check every segment; returns what of the journal can be replayed in one go, up to its end if possible.

    `start_after` is the command of the newest whole snapshot: what comes before it isn't needed for a start, so
    behind damage there it goes on.
    """
    segments = JournalReader(directory, disk).segments
    first = segments[0].first_sequence if segments else 1
    last, durability = first - 1, None
    torn_stamps: frozenset[int] = frozenset()
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
                return ReplayableCommands(first, last, durability)
            if last >= start_after:
                break
            first = later[0].first_sequence
            last = first - 1
        else:
            if cut is not None:
                findings.note("journal", f"{cut}: the next start cuts them off")
                torn_stamps = cut.stamps
    count = f"{len(segments)} segment{'' if len(segments) == 1 else 's'}"
    findings.fact("journal", f"{count}, {commands_text(first, last)} can be read" if segments else "none")
    if last < start_after <= last + max(1, len(torn_stamps)):
        findings.note("journal", f"its last record is missing; snapshot {start_after} tells what was in it")
    elif last < start_after:
        _tell_of_gap(directory, last + 1, start_after, start_after, findings)
    return ReplayableCommands(first, last, durability, torn_stamps)


def _tell_of_gap(directory: Path, first: int, last: int, start_after: int, findings: Findings) -> None:
    spared = f"; a start does not need them, since snapshot {start_after} comes after them" * (last < start_after)
    findings.problem("journal", f"{directory}: commands {first} to {last} are missing{spared}", NO_BACKUP)


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
            f"truncate -s {damage.offset_bytes} {path}{remove}, then `{verify_command(path.parent.parent)}` again"
        )
    findings.problem("journal", text, to_do)
