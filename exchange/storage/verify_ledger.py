"""The ledger, checked line by line against what the replayed journal says.  Changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

from exchange.engine.engine import Engine
from exchange.engine.instrument import PriceTextsBySymbol
from exchange.engine.trade import Trade
from exchange.storage.lines_beyond_journal import LinesBeyondJournal
from exchange.storage.numbered_line_reader import SoundLines
from exchange.storage.trade_writer import trade_id_of, trade_line
from exchange.storage.verify_findings import Findings
from exchange.utils.disk import Disk


class LedgerCheck:
    """Compares the ledger with the trades of a replay, which begins at the state of `engine`."""

    def __init__(self, path: Path, engine: Engine, disk: Disk) -> None:
        self._exists = path.name in disk.names(path.parent)
        self._first_compared = engine.matcher.last_trade_id + 1
        self._journal_last = engine.matcher.last_trade_id
        self._difference: Optional[str] = None
        self._price_texts = PriceTextsBySymbol(lambda symbol: engine.book(symbol).instrument)
        self._path = path
        self._lines = SoundLines(path, trade_id_of, disk) if self._exists else None
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

    def finish(self, durable_trade_id: int, ahead: LinesBeyondJournal, tell: Findings) -> None:
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
        if durable_trade_id <= found < self._journal_last:
            # Where more is missing, a start refuses: it would hide that somebody has shortened the ledger.
            tell.note("ledger", f"the next start adds trades {found + 1} to {self._journal_last} from the journal")


def _difference(line: bytes, wanted: bytes) -> str:
    found, right = json.loads(line), json.loads(wanted)
    fields = [name for name in right if found.get(name) != right[name]]
    shown = ", ".join(f"{name} is {found.get(name)} and must be {right[name]}" for name in fields)
    return f"trade {right['trade_id']}: {shown or 'its numbers are written in another way'}"
