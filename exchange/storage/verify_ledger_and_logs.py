"""The ledger and the audit logs, checked line by line against what the replayed journal says.  Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Optional, Protocol

from exchange.engine.engine import Engine
from exchange.engine.price_texts import PriceTextsBySymbol
from exchange.engine.trade import Trade
from exchange.storage.audit_log import log_files, seq_of
from exchange.storage.lines_beyond_journal import Ahead
from exchange.storage.trade_writer import trade_id_of, trade_line
from exchange.utils.disk import Disk
from exchange.utils.numbered_lines import LineNumber

_LINES_BYTES = 65_536


class Tell(Protocol):
    """Who hears of what is found; see `verify.Findings`."""

    def fact(self, part: str, text: str) -> None:
        """How it stands."""

    def note(self, part: str, text: str) -> None:
        """What the next start puts in order."""

    def problem(self, part: str, text: str, to_do: str) -> None:
        """What is wrong."""


class NumberedLines:
    """The sound lines of a file that are numbered without a gap, from the first on.

    `last_number` and `sound_bytes` say how far they were read; `damage` is what came then, None at a clean end.
    """

    def __init__(self, path: Path, number_of: LineNumber, disk: Disk) -> None:
        self.path = path
        self.last_number = 0
        self.sound_bytes = 0
        self.damage: Optional[str] = None
        self.size_bytes = disk.size_bytes(path)
        self._number_of = number_of
        self._disk = disk

    def lines(self) -> Iterator[bytes]:
        """Each line with its newline; it counts as read when the next one is asked for."""
        with self._disk.open_read(self.path) as file:
            while lines := file.readlines(_LINES_BYTES):
                for line in lines:
                    number = self._number_of(line[:-1]) if line.endswith(b"\n") else None
                    if number is None:
                        self.damage = "the line is damaged or incomplete"
                    elif self.last_number and number != self.last_number + 1:
                        self.damage = f"number {number} follows number {self.last_number}"
                    if number is None or self.damage is not None:
                        return
                    yield line
                    self.last_number = number
                    self.sound_bytes += len(line)


class LedgerCheck:
    """Compares the ledger with the trades of a replay, which begins at the state of `engine`."""

    def __init__(self, path: Path, engine: Engine, disk: Disk) -> None:
        self._exists = path.name in disk.names(path.parent)
        self._first_compared = engine.matcher.last_trade_id + 1
        self._journal_last = engine.matcher.last_trade_id
        self._difference: Optional[str] = None
        self._price_texts = PriceTextsBySymbol(lambda symbol: engine.book(symbol).instrument)
        self._path = path
        self._lines = NumberedLines(path, trade_id_of, disk) if self._exists else None
        self._remaining = self._lines.lines() if self._lines is not None else iter(())
        for _id, _line in zip(range(1, self._first_compared), self._remaining, strict=False):
            pass

    def compare(self, trades: list[Trade]) -> None:
        """The next trades of the journal."""
        for trade in trades:
            self._journal_last = trade.trade_id
            line = next(self._remaining, None)
            wanted = trade_line(trade, self._price_texts).encode("ascii")
            if line is not None and line != wanted and self._difference is None:
                self._difference = _difference(line, wanted)

    def finish(self, durable_trade_id: int, ahead: Ahead, tell: Tell) -> None:
        """Tell how it stands.  `durable_trade_id` is the last trade that the newest snapshot takes for stored;
        what is beyond the journal goes into `ahead`."""
        extra = list(self._remaining)
        ahead.add_trades(self._path, extra)
        lines = self._lines
        found = lines.last_number if lines is not None else 0
        if self._difference is not None:
            tell.problem(
                "ledger", f"{self._path}: {self._difference}", "restore it from a backup, or mend the line by hand"
            )
        if lines is not None and lines.damage is not None and found >= durable_trade_id:
            tell.note(
                "ledger",
                f"{self._path}: byte {lines.sound_bytes}, after trade {found}: {lines.damage}; "
                "the next start cuts it off and completes the ledger from the journal",
            )
        elif found < durable_trade_id:
            tell.problem(
                "ledger",
                f"{self._path}: ends at byte {lines.sound_bytes if lines else 0}, after trade {found}, but "
                f"{durable_trade_id} were safely stored",
                "restore it from a backup",
            )
        compared = max(0, min(found, self._journal_last) - self._first_compared + 1)
        tell.fact("ledger", f"{found:,} trades, {compared:,} of them compared with the journal")
        if found < self._journal_last:
            tell.note("ledger", f"the next start adds trades {found + 1} to {self._journal_last} from the journal")


def _difference(line: bytes, wanted: bytes) -> str:
    found, right = json.loads(line), json.loads(wanted)
    fields = [name for name in right if found.get(name) != right[name]]
    shown = ", ".join(f"{name} is {found.get(name)} and must be {right[name]}" for name in fields)
    return f"trade {right['trade_id']}: {shown or 'its numbers are written in another way'}"


def check_logs(
    directory: Path,
    durable_seqs: Mapping[str, int],
    last_seqs: Mapping[str, int],
    ahead: Ahead,
    disk: Disk,
    tell: Tell,
) -> None:
    """The logs of all users; `durable_seqs` are the newest snapshot's last seqs, `last_seqs` the journal's.

    What is beyond the journal goes into `ahead`.
    """
    behind = 0
    files = log_files(directory, disk)
    for user, path in files.items():
        log = NumberedLines(path, seq_of, disk)
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


def tell_of_lines_ahead(ahead: Ahead, journal_may_lose: bool, tell: Tell) -> None:
    """What ledger and logs tell that the journal doesn't."""
    if ahead.line_count and (journal_may_lose or ahead.is_one_command):
        tell.note("ahead", f"{ahead}; the next start cuts them off")
    elif ahead.line_count:
        tell.problem(
            "ahead",
            f"{ahead}",
            "the end of the journal is missing: restore it from a backup; or, to go on without what it held, "
            "remove these lines from the ends of these files",
        )
