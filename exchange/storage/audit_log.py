"""The audit logs as files, `logs/logs_<user>.txt`: what happened to the orders of each user, for people to read.

One line per private event (`audit_lines` says what is in it) with the user's own count 1, 2, 3 …, its `seq`.
After a crash the logs are completed from the replay of the journal, each line exactly once: the last `seq` in a
file says which are there.  Wishes that were refused changed nothing, are not in the journal and so not in here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Optional

from exchange.engine.events import PRIVATE_EVENT_TYPES, Event, PrivateEvent
from exchange.storage.audit_lines import file_stem, seq_of
from exchange.utils.disk import REAL_DISK, Disk
from exchange.utils.helpers import DamagedFileError
from exchange.utils.logger import LineLogger, sync_files
from exchange.utils.numbered_lines import repair_numbered_lines

AuditLog = LineLogger[list[PrivateEvent]]

_FILE_NAME = re.compile(r"logs_([A-Za-z0-9_-]+)\.txt")


def log_files(directory: Path, disk: Disk = REAL_DISK) -> dict[str, Path]:
    """The logs there are, by user."""
    found = [(_FILE_NAME.fullmatch(name), name) for name in disk.names(directory)]
    return {match[1]: directory / name for match, name in found if match}


def repair_logs(
    directory: Path,
    durable_seqs: Mapping[str, int],
    seqs_max: Optional[Mapping[str, int]] = None,
    disk: Disk = REAL_DISK,
) -> dict[str, int]:
    """Cut what a crash tore off the logs; returns the last `seq` in each user's log (no log: not in it).

    `durable_seqs` are the last seqs known to be on stable storage, the snapshot's, by user; only lines after them
    are checked.  With `seqs_max`, the last seqs the journal knows, lines beyond them are cut too (see
    `TradeWriter.complete`).  Raises DamagedFileError if a line up to the durable one is damaged or gone; only a
    log that was taken away as a whole, or emptied, is started anew.  To be called while nobody writes.
    """
    last_seqs: dict[str, int] = {}
    for user, path in log_files(directory, disk).items():
        durable_seq = durable_seqs.get(user, 0)
        seq_max = None if seqs_max is None else seqs_max.get(user, 0)
        last_seq = repair_numbered_lines(path, seq_of, durable_seq, seq_max, disk).last_number
        if 0 < last_seq < durable_seq:
            raise DamagedFileError(f"{path}: ends at seq {last_seq}, {durable_seq} were safely stored")
        last_seqs[user] = last_seq
    # What a killed engine had written must be safe: whoever drains the logs takes all that is there for safe.
    unsafe = [user for user in last_seqs if last_seqs[user] > durable_seqs.get(user, 0)]
    sync_files([directory / f"{file_stem(user)}.txt" for user in unsafe], disk)
    return last_seqs


def unwritten(events: Iterable[Event], written_seqs: Mapping[str, int]) -> list[PrivateEvent]:
    """Of what a replay gives, the private events that the logs, which end at `written_seqs`, don't hold yet."""
    written_seq = written_seqs.get
    return [
        event
        for event in events
        if isinstance(event, PRIVATE_EVENT_TYPES) and event.seq > written_seq(event.user, 0)
    ]
