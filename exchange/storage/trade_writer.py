"""The ledger `trades/trades.jsonl`: every trade there ever was, one per line, ids 1, 2, 3 … without a gap.

The journal decides which trades happened; the ledger is completed from it, exactly once:

    open       a torn or damaged tail is cut, down to the trades that were known to be on stable storage
    recovery   every trade that the replay gives is written, unless the ledger has it already
    complete   the ledger now ends where the replay did, or the engine must not go on
    live       each trade is the next one; anything else is a bug, and stops the writer

Writing goes through the system's cache.  That survives a killed process, and after a loss of power the journal
gives the rest again; only `drain` makes the ledger durable.  A snapshot lets go of the journal before it, so the
ledger is drained first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from exchange.engine.instrument import Instrument, PriceTextsBySymbol, nanos_text
from exchange.engine.trade import Trade
from exchange.utils.batch_thread import LOOK_EVERY_S, BatchThread, MakeWorker, Worker
from exchange.utils.disk import REAL_DISK, Disk, naming, write_all
from exchange.utils.helpers import DamagedFileError, check_still_there
from exchange.utils.numbered_lines import LineNumber, repair_numbered_lines

# What `trade_line` writes; a line that a power loss has torn or blanked in any place does not match.
trade_id_of = LineNumber(
    rb'\{"trade_id":([1-9][0-9]*),"symbol":"[A-Z0-9._-]+","price":[0-9]+(?:\.[0-9]+)?,"quantity":[0-9]+,'
    rb'"buy_order_id":[0-9]+,"sell_order_id":[0-9]+,"buyer":"[A-Za-z0-9_-]+","seller":"[A-Za-z0-9_-]+",'
    rb'"aggressor_side":(?:"BUY"|"SELL"|null),"timestamp":[0-9]+(?:,"auction":true)?'
    rb'(?:,"(?:buy|sell)_fee":-?[0-9]+(?:\.[0-9]+)?)*\}',
    begins_like=b'{"trade_id":0',
)


def trade_line(trade: Trade, price_texts: PriceTextsBySymbol) -> str:
    """One trade as its line of the ledger, with its newline."""
    # No value needs escaping: the alphabets of symbols and users have neither quote nor backslash.
    (trade_id, symbol, price, quantity, buy_order_id, sell_order_id, buyer, seller, side, timestamp,
     is_auction, buy_fee, sell_fee) = trade  # fmt: skip
    aggressor = "null" if side is None else f'"{side._value_}"'
    more = ',"auction":true' if is_auction else ""
    if buy_fee is not None:
        more += f',"buy_fee":{nanos_text(buy_fee)}'
    if sell_fee is not None:
        more += f',"sell_fee":{nanos_text(sell_fee)}'
    return (
        f'{{"trade_id":{trade_id},"symbol":"{symbol}","price":{price_texts[symbol][price]},'
        f'"quantity":{quantity},"buy_order_id":{buy_order_id},"sell_order_id":{sell_order_id},'
        f'"buyer":"{buyer}","seller":"{seller}","aggressor_side":{aggressor},"timestamp":{timestamp}{more}}}\n'
    )


class TradeWriter:
    """The only writer of the ledger, with a thread `trade-writer` of its own.

    `write` is called by the matching thread (and before it starts, by recovery), the rest by whoever builds and
    stops the exchange.
    """

    def __init__(
        self,
        path: Path,
        instrument_of: Callable[[str], Instrument],
        on_failure: Callable[[Exception], None],
        durable_trade_id: int,
        queue_batches_max: int = 1_024,
        disk: Disk = REAL_DISK,
        make_worker: MakeWorker = BatchThread,
    ) -> None:
        """Open the ledger `path`, made with its directory if it is not there.

        `durable_trade_id` is the last trade known to have been drained: the snapshot's, 0 without one.  Only what
        follows it is read and checked.  `on_failure` hears, once and on the thread, what ended the writing; it
        must not call `close`.

        Raises DamagedFileError if the ledger does not hold every trade up to `durable_trade_id`.
        """
        disk.make_directory(path.parent)
        tail = repair_numbered_lines(path, trade_id_of, durable_trade_id, disk=disk)
        if tail.last_number < durable_trade_id:
            raise DamagedFileError(
                f"{path}: ends at trade {tail.last_number}, {durable_trade_id} were safely stored"
            )
        self.cut_bytes = len(tail.cut)
        self._path = path
        self._price_texts = PriceTextsBySymbol(instrument_of)
        self._disk = disk
        self._fd = disk.open_append(path)
        disk.fsync_directory(path.parent)
        # How long it must be: this object is the only one that writes to it.
        self._size_bytes = disk.size_bytes(path)
        # All owned by the thread from here on.
        self._last_trade_id = tail.last_number
        # What a killed engine left may be in the system's cache only.
        self._has_unsynced = tail.last_number > 0
        self._is_recovering = True
        # Held by who drains: who comes second must not go on before all is safe.
        self._draining = threading.Lock()
        self._closed = False
        self._thread: Worker[Sequence[Trade]] = make_worker(
            "trade-writer", self._write, on_failure, queue_batches_max, LOOK_EVERY_S
        )

    @property
    def last_trade_id(self) -> int:
        """The last trade written, 0 if none; exact when nothing is queued."""
        return self._last_trade_id

    def write(self, trades: Sequence[Trade]) -> None:
        """Queue trades in `trade_id` order; waits while `queue_batches_max` batches wait already.

        Until `complete`, trades that the ledger holds are left out.  Raises BatchThreadError once writing failed.
        """
        self._thread.put(trades)

    def complete(self, last_trade_id: int) -> None:
        """End recovery: the journal's last trade is `last_trade_id`, and so is the ledger's when this returns.

        Trades beyond it are cut: the journal decides, and whether it may is for the caller to judge before.
        Raises DamagedFileError if trades are missing; BatchThreadError if the disk fails.
        """
        self.drain()
        if self._last_trade_id < last_trade_id:
            raise DamagedFileError(
                f"{self._path}: ends at trade {self._last_trade_id}, the journal at trade {last_trade_id}"
            )
        self._thread.call(lambda: self._end_recovery(last_trade_id))

    def drain(self) -> None:
        """Wait until everything written before is on stable storage.  Raises BatchThreadError if it is not.

        It is the caller who waits for the disk: the thread goes on writing meanwhile.
        """
        with self._draining:
            self._thread.call(lambda: None)
            try:
                self._fsync()
            except OSError as error:
                self._thread.call(partial(_fail, error))

    def close(self) -> None:
        """Write and fsync all that waits, end the thread, close the file.  A second call does nothing."""
        if not self._closed:
            self._closed = True
            self._thread.close(self._fsync)
            self._disk.close(self._fd)

    def _write(self, batches: list[Sequence[Trade]]) -> None:
        lines: list[str] = []
        last_trade_id = self._last_trade_id
        for trades in batches:
            for trade in trades:
                if trade.trade_id == last_trade_id + 1:
                    lines.append(trade_line(trade, self._price_texts))
                    last_trade_id += 1
                else:
                    self._check_is_known(trade, last_trade_id)
        if lines:
            self._has_unsynced = True
            data = "".join(lines).encode("ascii")
            check_still_there(self._path, self._fd, self._size_bytes, self._disk)
            with naming(self._path):
                write_all(self._disk, self._fd, data)
            self._size_bytes += len(data)
            self._last_trade_id = last_trade_id

    def _check_is_known(self, trade: Trade, last_trade_id: int) -> None:
        known = self._is_recovering and trade.trade_id <= last_trade_id
        assert known, f"trade {trade.trade_id} does not follow trade {last_trade_id} in {self._path}"

    def _end_recovery(self, last_trade_id: int) -> None:
        if self._last_trade_id > last_trade_id:
            tail = repair_numbered_lines(
                self._path, trade_id_of, last_trade_id, last_number_max=last_trade_id, disk=self._disk
            )
            self._last_trade_id = tail.last_number
            self._size_bytes = self._disk.size_bytes(self._path)
            self.cut_bytes += len(tail.cut)
        self._is_recovering = False

    def _fsync(self) -> None:
        if self._has_unsynced:
            self._has_unsynced = False  # Before: what is written meanwhile may or may not be in it.
            with naming(self._path):
                self._disk.fdatasync(self._fd)


def _fail(error: OSError) -> None:
    """For the thread: what failed elsewhere is its failure."""
    raise error
