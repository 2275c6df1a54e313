"""The audit logs, checked line by line against what the replayed journal says.  Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from exchange.storage.audit_lines import seq_of
from exchange.storage.audit_log import log_files
from exchange.storage.findings import Findings
from exchange.storage.lines_beyond_journal import LinesBeyondJournal
from exchange.storage.sound_lines import SoundLines
from exchange.utils.disk import Disk


def check_logs(
    directory: Path,
    durable_seqs: Mapping[str, int],
    last_seqs: Mapping[str, int],
    ahead: LinesBeyondJournal,
    disk: Disk,
    tell: Findings,
) -> None:
    """The logs of all users; `durable_seqs` are the newest snapshot's last seqs, `last_seqs` the journal's.

    What is beyond the journal goes into `ahead`.
    """
    behind = 0
    files = log_files(directory, disk)
    for user, path in files.items():
        log = SoundLines(path, seq_of, disk)
        last_seq, durable_seq = last_seqs.get(user, 0), durable_seqs.get(user, 0)
        ahead.add_events(path, [line for line in log.lines() if (seq_of(line[:-1]) or 0) > last_seq])
        behind += log.last_number < last_seq
        if log.size_bytes and log.last_number < durable_seq:
            tell.problem(
                "logs",
                f"{path}: ends at byte {log.sound_bytes}, after seq {log.last_number}, but {durable_seq} were "
                "safely stored" + (f": {log.damage}" if log.damage else ""),
                f"restore it from a backup, or move it away: a new one then begins after seq {durable_seq}",
            )
        elif log.damage is not None:
            tell.note("logs", f"{path}: byte {log.sound_bytes}: {log.damage}; the next start cuts it off")
    tell.fact("logs", f"{len(files)} users" + (f"; the next start completes {behind} of them" if behind else ""))
