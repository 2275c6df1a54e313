"""Writes a live market's public feed to a file of order flow, for a backtest or a replay to play again.

    book and trades over TCP ──► feed_to_rows ──► rows, whole lines at a time ──► FILE.csv or FILE.csv.gz

However it ends, by a signal, with the exchange or killed, the file holds whole lines: each piece is appended in
one write, in a `.gz` as a member of its own.  A client of the wire like any other; it needs no login.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Optional

from exchange.laboratory.flow.feed_to_rows import FeedToRows
from exchange.laboratory.flow.lobster_file import FlowFileError, row_line
from exchange.networking.tcp_client import MessageClient, typed_event
from exchange.utils.disk import REAL_DISK, write_all
from exchange.utils.helpers import NS_PER_S

NS_PER_DAY = 86_400 * NS_PER_S
# How often what has come is written, at the latest.
WRITE_EVERY_NS = NS_PER_S
WAIT_S = 0.2


class FlowWriter:
    """A new file of order flow.  Raises FlowFileError if there is one of this name, or it can't be written."""

    def __init__(self, path: Path) -> None:
        self.row_count = 0
        self._path = path
        self._lines: list[str] = []
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise FlowFileError(f"{path}: can't be made: {error.strerror}") from error

    def add(self, line: str) -> None:
        """One more line, to be written with those around it."""
        self._lines.append(line)

    def write(self) -> None:
        """Append what was added, in one piece.  Raises FlowFileError; what was written before is whole."""
        if not self._lines:
            return
        data = "".join(self._lines).encode("ascii")
        end = os.fstat(self._fd).st_size
        try:
            write_all(REAL_DISK, self._fd, gzip.compress(data, mtime=0) if self._path.suffix == ".gz" else data)
        except OSError as error:
            os.ftruncate(self._fd, end)
            raise FlowFileError(f"{self._path}: can't be written: {error.strerror}") from error
        self.row_count += len(self._lines)
        self._lines.clear()

    def __enter__(self) -> FlowWriter:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        """Write what is left, and close."""
        try:
            self.write()
        finally:
            os.close(self._fd)


def record(
    client: MessageClient,
    symbol: Optional[str],
    writer: FlowWriter,
    clock_ns: Callable[[], int],
    is_stopping: Callable[[], bool],
    on_started: Callable[[], None] = lambda: None,
) -> None:
    """Write what happens in `symbol` (None: the only one) until `is_stopping`, or until the exchange ends.

    `on_started` is called when it listens: what happens from now on will be written.

    `clock_ns` is the time of this machine in ns since the epoch: the book has none of its own, so each row's time
    is when it was heard.  Raises ExchangeError and FlowFileError.
    """
    rows, start_ns = FeedToRows(), clock_ns()
    midnight_ns, written_ns, last_ns = start_ns // NS_PER_DAY * NS_PER_DAY, start_ns, start_ns
    client.subscribe("trades", symbol)
    client.subscribe("book", symbol, depth=0)
    on_started()
    while client.is_open and not is_stopping():
        for message in client.messages(WAIT_S):
            last_ns = max(last_ns, clock_ns())
            for row in rows.take(typed_event(message), last_ns - midnight_ns):
                writer.add(row_line(row))
            if last_ns - written_ns >= WRITE_EVERY_NS or is_stopping():
                break
        writer.write()
        written_ns = clock_ns()
