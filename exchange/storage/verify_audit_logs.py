"""The audit logs, checked line by line against what the replayed journal says.  Changes nothing."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

from exchange.engine.engine import Engine
from exchange.engine.events import Event
from exchange.storage.audit_lines import AuditFormat, file_stem, seq_of
from exchange.storage.audit_log import log_files, unwritten
from exchange.storage.lines_beyond_journal import LinesBeyondJournal
from exchange.storage.numbered_line_reader import SoundLines
from exchange.storage.verify_findings import Findings
from exchange.utils.disk import Disk


class LogsCheck:
    """Compares the logs of all users with the events of a replay, which begins at the state of `engine`.

    Of each line that must be there only a checksum is kept, four bytes: there may be very many.
    """

    def __init__(self, directory: Path, engine: Engine, disk: Disk) -> None:
        self._files = log_files(directory, disk)
        self._disk = disk
        self._format = AuditFormat(lambda symbol: engine.book(symbol).instrument)
        self._first_seqs = {user: engine.last_seq(user) + 1 for user in engine.users()}
        # By the stem of the file, one for each line after the first seq.
        self._checksums: dict[str, array[int]] = {}
        self._compared_count = 0

    def expect(self, events: Sequence[Event]) -> None:
        """The next events of the journal."""
        for stem, lines in self._format([unwritten(events, {})]).items():
            checksums = self._checksums.setdefault(stem, array("L"))
            checksums.extend([crc32(line.encode("ascii")) for line in lines])

    def finish(
        self,
        durable_seqs: Mapping[str, int],
        last_seqs: Mapping[str, int],
        ahead: LinesBeyondJournal,
        tell: Findings,
    ) -> None:
        """Tell how it stands.  `durable_seqs` are the newest snapshot's last seqs, `last_seqs` the journal's; what
        is beyond the journal goes into `ahead`."""
        behind = 0
        for user, path in self._files.items():
            log = SoundLines(path, seq_of, self._disk)
            last_seq, durable_seq = last_seqs.get(user, 0), durable_seqs.get(user, 0)
            ahead.add_events(path, self._compare(user, log, last_seq, tell))
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
        tell.fact(
            "logs",
            f"{len(self._files)} users, {self._compared_count:,} lines compared with the journal"
            + (f"; the next start completes {behind} of them" if behind else ""),
        )

    def _compare(self, user: str, log: SoundLines, last_seq: int, tell: Findings) -> list[bytes]:
        """Read a log to its end; the lines beyond the journal, those after `last_seq`.

        The first line that is not what the journal says is a problem.
        """
        checksums, first_seq = self._checksums.get(file_stem(user), array("L")), self._first_seqs.get(user, 1)
        beyond: list[bytes] = []
        is_as_it_must_be = True
        for line in log.lines():
            seq = seq_of(line[:-1]) or 0
            if seq > last_seq:
                beyond.append(line)
            elif seq >= first_seq and is_as_it_must_be:
                self._compared_count += 1
                is_as_it_must_be = crc32(line[:-1]) == checksums[seq - first_seq]
                if not is_as_it_must_be:
                    tell.problem(
                        "logs",
                        f"{log.path}: the line of seq {seq} is not what the journal says: {line.decode().strip()}",
                        "restore it from a backup, or move it away while the engine is stopped, for a new one",
                    )
        return beyond
