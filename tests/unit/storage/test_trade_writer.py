"""The ledger: exact lines, ids without gap or repeat, completed exactly once after whatever a crash left of it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.engine.instrument import Instrument
from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.storage.trade_writer import TradeWriter, trade_id_of
from exchange.utils.batch_thread import BatchThreadError
from exchange.utils.disk import REAL_DISK, Disk
from exchange.utils.helpers import DamagedFileError
from tests.support.recording_disk import RecordingDisk

WAIT_S = 10
INSTRUMENTS = {"ACME": Instrument("ACME"), "B.2": Instrument("B.2", tick_size_nanos=1_000_000_000)}


def trade(trade_id: int, symbol: str = "ACME") -> Trade:
    return Trade(
        trade_id, symbol, 10_125, 40, trade_id + 7, trade_id + 8, "alice", "b-_2", Side.SELL, 10**18 + trade_id
    )


class Ledger:
    """A ledger in a directory of its own, and the failures that its writers told of."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "trades" / "trades.jsonl"
        self.failures: list[Exception] = []
        self.failed = threading.Event()

    def open(
        self, durable_trade_id: int = 0, queue_batches_max: int = 1_024, disk: Disk = REAL_DISK
    ) -> TradeWriter:
        return TradeWriter(
            self.path, INSTRUMENTS.__getitem__, self._on_failure, durable_trade_id, queue_batches_max, disk
        )

    def _on_failure(self, failure: Exception) -> None:
        self.failures.append(failure)
        self.failed.set()

    def write(self, first: int, last: int) -> None:
        writer = self.open()
        writer.write([trade(number) for number in range(first, last + 1)])
        writer.close()
        assert self.failures == []

    def ids(self) -> list[int]:
        return [json.loads(line)["trade_id"] for line in self.path.read_bytes().splitlines()]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def test_a_line_has_the_ledgers_fields_in_their_order_and_the_price_in_currency(ledger: Ledger) -> None:
    writer = ledger.open()
    writer.write([trade(1), trade(2, "B.2")])
    writer.close()
    assert ledger.path.read_text() == (
        '{"trade_id":1,"symbol":"ACME","price":101.25,"quantity":40,"buy_order_id":8,"sell_order_id":9,'
        '"buyer":"alice","seller":"b-_2","aggressor_side":"SELL","timestamp":1000000000000000001}\n'
        '{"trade_id":2,"symbol":"B.2","price":10125,"quantity":40,"buy_order_id":9,"sell_order_id":10,'
        '"buyer":"alice","seller":"b-_2","aggressor_side":"SELL","timestamp":1000000000000000002}\n'
    )


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 3))
@settings(max_examples=30)
def test_batches_of_any_size_become_lines_in_order_through_a_queue_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], queue_batches_max: int
) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger"))
    writer = ledger.open(queue_batches_max=queue_batches_max)
    next_id = 1
    for size in sizes:
        writer.write([trade(number) for number in range(next_id, next_id + size)])
        next_id += size
    writer.drain()
    assert ledger.ids() == list(range(1, next_id))
    assert writer.last_trade_id == next_id - 1
    writer.close()


def test_the_thread_is_named_and_ends_with_close(ledger: Ledger) -> None:
    writer = ledger.open()
    assert "trade-writer" in {thread.name for thread in threading.enumerate()}
    writer.close()
    writer.close()
    assert "trade-writer" not in {thread.name for thread in threading.enumerate()}


# ------------------------------------------------------------------------------------------ ids that do not follow


@pytest.mark.parametrize("trade_id", [1, 3, 5, 9])
def test_a_live_trade_that_is_not_the_next_one_stops_the_writer(ledger: Ledger, trade_id: int) -> None:
    writer = ledger.open()
    writer.write([trade(1), trade(2), trade(3)])
    writer.complete(3)
    writer.write([trade(trade_id)])
    assert ledger.failed.wait(WAIT_S)
    assert f"trade {trade_id} does not follow trade 3" in str(ledger.failures[0])
    with pytest.raises(BatchThreadError):
        writer.write([trade(4)])
    writer.close()
    assert ledger.ids() == [1, 2, 3]


def test_a_gap_stops_the_writer_in_recovery_too(ledger: Ledger) -> None:
    ledger.write(1, 3)
    writer = ledger.open()
    writer.write([trade(5)])
    with pytest.raises(BatchThreadError, match="trade 5 does not follow trade 3"):
        writer.drain()
    writer.close()


# ------------------------------------------------------------------------------------------------------- recovery


def test_every_way_to_cut_the_last_lines_is_completed_by_the_replay_exactly_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(1, 3)
    whole = ledger.path.read_bytes()
    line_bytes = len(whole) // 3
    for kept_bytes in [0, 1, line_bytes, *range(2 * line_bytes - 1, len(whole) + 1)]:
        ledger.path.write_bytes(whole[:kept_bytes])
        writer = ledger.open()
        assert writer.last_trade_id == whole[:kept_bytes].count(b"\n")
        assert writer.cut_bytes == len(whole[:kept_bytes].rpartition(b"\n")[2])
        writer.write([trade(1), trade(2), trade(3)])
        writer.complete(3)
        writer.close()
        assert ledger.path.read_bytes() == whole
    assert ledger.failures == []


@given(st.data())
def test_blocks_blanked_by_a_power_loss_after_the_last_drain_are_made_good(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger"))
    ledger.write(1, 20)
    whole = ledger.path.read_bytes()
    durable = data.draw(st.integers(0, 19), label="durable")
    durable_bytes = sum(len(line) for line in whole.splitlines(keepends=True)[:durable])
    start = data.draw(st.integers(durable_bytes, len(whole) - 1), label="start")
    end = data.draw(st.integers(start + 1, len(whole)), label="end")
    ledger.path.write_bytes(whole[:start] + b"\0" * (end - start) + whole[end:])
    writer = ledger.open(durable)
    assert durable <= writer.last_trade_id < 20
    writer.write([trade(number) for number in range(durable + 1, 21)])
    writer.complete(20)
    writer.close()
    assert ledger.path.read_bytes() == whole
    assert ledger.failures == []


def test_the_ledger_is_cut_to_the_journal_when_the_journal_lost_more(ledger: Ledger) -> None:
    ledger.write(1, 9)
    writer = ledger.open(durable_trade_id=2)
    writer.write([trade(3), trade(4)])
    writer.complete(4)
    writer.write([trade(5)])
    writer.close()
    assert ledger.ids() == [1, 2, 3, 4, 5]
    assert ledger.failures == []


def test_recovery_is_not_complete_while_trades_are_missing(ledger: Ledger) -> None:
    ledger.write(1, 3)
    writer = ledger.open()
    with pytest.raises(DamagedFileError, match="ends at trade 3, the journal at trade 4"):
        writer.complete(4)
    writer.close()


def test_a_ledger_that_lost_trades_it_had_safely_is_refused(ledger: Ledger) -> None:
    ledger.write(1, 3)
    with pytest.raises(DamagedFileError, match="trades.jsonl: ends at trade 3, 5 were safely stored"):
        ledger.open(durable_trade_id=5)
    ledger.path.unlink()
    with pytest.raises(DamagedFileError, match="ends at trade 0"):
        ledger.open(durable_trade_id=1)


def test_damage_among_the_safely_stored_trades_is_refused_and_nothing_cut(ledger: Ledger) -> None:
    ledger.write(1, 3)
    damaged = ledger.path.read_bytes().replace(b'"trade_id":2', b'"trade_id":x')
    ledger.path.write_bytes(damaged)
    with pytest.raises(DamagedFileError, match="after number 1, where all up to 3 was safely stored"):
        ledger.open(durable_trade_id=3)
    assert ledger.path.read_bytes() == damaged


def test_opening_reads_only_the_end_of_a_long_ledger(ledger: Ledger) -> None:
    ledger.write(1, 3_000)
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(b"#" + whole[1:])
    writer = ledger.open(durable_trade_id=2_999)
    assert writer.last_trade_id == 3_000
    writer.close()


def test_a_line_with_any_byte_blanked_or_its_end_torn_off_is_damaged(ledger: Ledger) -> None:
    ledger.write(1, 1)
    line = ledger.path.read_bytes().rstrip(b"\n")
    for index in range(len(line)):
        damaged = line[:index] + b"\0" + line[index + 1 :]
        assert trade_id_of(damaged) is None, damaged
        assert trade_id_of(line[:index]) is None


# ------------------------------------------------------------------------------------------------- a disk at fault


def test_a_ledger_on_a_full_disk_is_told_and_keeps_nobody_waiting(ledger: Ledger) -> None:
    writer = ledger.open(queue_batches_max=1, disk=RecordingDisk(failing="write"))
    writer.write([trade(1)])
    assert ledger.failed.wait(WAIT_S)
    with pytest.raises(BatchThreadError, match="No space left on device"):
        writer.write([trade(2)])
    with pytest.raises(BatchThreadError):
        writer.drain()
    writer.close()
    assert len(ledger.failures) == 1


def test_a_ledger_that_cannot_be_made_durable_is_a_failure_of_drain(ledger: Ledger) -> None:
    writer = ledger.open(disk=RecordingDisk(failing="fdatasync"))
    writer.write([trade(1)])
    with pytest.raises(BatchThreadError, match="No space left on device: 'trades.jsonl'"):
        writer.drain()
    writer.close()
    assert len(ledger.failures) == 1


# ------------------------------------------------------------------------------------------------- hands of others


def remove(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.rename(path)


def cut(path: Path) -> None:
    os.truncate(path, 20)


def add(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"hello\n")


def link_elsewhere(path: Path) -> None:
    path.rename(path.with_name("copy"))
    path.symlink_to("copy")


@pytest.mark.parametrize("meddle", [remove, replace, cut, add, link_elsewhere])
def test_a_ledger_that_others_meddle_with_stops_the_writer_before_the_next_trade(
    ledger: Ledger, meddle: Callable[[Path], None]
) -> None:
    writer = ledger.open()
    writer.write([trade(1)])
    writer.drain()
    meddle(ledger.path)
    writer.write([trade(2)])
    with pytest.raises(BatchThreadError, match=r"trades\.jsonl: was (removed|changed)"):
        writer.drain()
    writer.close()
    assert len(ledger.failures) == 1


FOREIGN = ["hello\n", "some notes of mine", '{"not":"ours"}\n', "naïve\n", "id,price\n1,2\n"]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_file_of_somebody_else_in_the_ledgers_place_is_refused_and_left_alone(
    ledger: Ledger, content: str
) -> None:
    ledger.path.parent.mkdir()
    ledger.path.write_text(content)
    with pytest.raises(DamagedFileError, match="not the exchange's own"):
        ledger.open()
    assert ledger.path.read_text() == content


def test_a_link_in_the_ledgers_place_is_refused_and_what_it_leads_to_left_alone(
    ledger: Ledger, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    ledger.path.parent.mkdir()
    ledger.path.symlink_to(precious)
    with pytest.raises(OSError, match="symbolic link"):
        ledger.open()
    assert precious.read_text() == "precious"


def test_trades_of_an_auction_and_with_fees_say_so(ledger: Ledger) -> None:
    writer = ledger.open()
    auction = trade(1)._replace(aggressor_side=None, is_auction=True)
    writer.write([auction, trade(2)._replace(buy_fee_nanos=1_500_000, sell_fee_nanos=-20)])
    writer.close()
    first, second = (json.loads(line) for line in ledger.path.read_text().splitlines())
    assert (first["aggressor_side"], first["auction"]) == (None, True)
    assert (second["buy_fee"], second["sell_fee"]) == (0.0015, -0.00000002)
    assert "auction" not in second and "buy_fee" not in first
    again = ledger.open()
    assert again.last_trade_id == 2
    again.close()
