"""A disk that refuses: nothing of the batch is told, nothing is tried again, and with room all is as before."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
from random import Random

import pytest

from exchange.storage.data_directory import StorageOptions
from exchange.storage.journal_writer import JournalError
from exchange.utils.batch_thread import BatchThreadError
from tests.faults.power_loss import JumpingClock
from tests.faults.random_orders import RandomOrders
from tests.faults.seeded_workers import Workers
from tests.faults.simulated_disk import SimulatedDisk
from tests.faults.simulated_market import Record, SimulatedMarket, check_at_rest

OPTIONS = StorageOptions(snapshot_every=20, segment_bytes_max=2_000)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """A snapshot that can't be taken is told; here it is expected."""
    caplog.set_level(logging.CRITICAL, "exchange")


class RefusingDisk:
    """Before the operations of a disk: from the one numbered `fails_at` of its kind in `directory` on, or only
    this one, it refuses."""

    def __init__(self, operation: str, directory: str, fails_at: int, only_once: bool) -> None:
        self._what = operation, directory
        self._left = fails_at
        self._only_once = only_once
        self.asked_after_failure = 0

    def __call__(self, operation: str, path: Path) -> None:
        """See `simulated_disk.Before`."""
        if (operation, path.parent.name) != self._what:
            return
        self._left -= 1
        self.asked_after_failure += self._left < 0
        if self._left == 0 or (self._left < 0 and not self._only_once):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))


def trade_until_it_stops(market: SimulatedMarket, record: Record, seed: int) -> BaseException:
    """Run batches until the exchange has failed; returns how.  Nothing of its last commit may have been told."""
    orders = RandomOrders(Random(seed), client_order_id_prefix=f"{len(record.sent)}-")
    for _batch in range(10_000):
        try:
            market.run([orders.next() for _ in range(5)])
        except (JournalError, BatchThreadError) as error:
            record.check_last_commit_untold()
            return error
        if market.failures:
            return market.failures[0]
    raise AssertionError("the disk never failed")


@pytest.mark.parametrize("fails_at", range(1, 12))
@pytest.mark.parametrize("only_once", [False, True], ids=["for ever", "once"])
def test_after_the_first_failed_sync_of_the_journal_nothing_is_tried_again_and_nothing_told(
    fails_at: int, only_once: bool
) -> None:
    workers = Workers(Random(fails_at))
    refusing, record, clock = RefusingDisk("fdatasync", "journal", fails_at, only_once), Record(), JumpingClock
    disk = SimulatedDisk(Random(fails_at), refusing)
    try:
        market = SimulatedMarket(disk, record, workers, OPTIONS, clock(Random(1)))
    except JournalError:  # The very first command is refused.
        assert record.told_sequence == 0
    else:
        failure = trade_until_it_stops(market, record, fails_at)
        assert isinstance(failure, JournalError) and "Input/output error" in str(failure)
        with pytest.raises(JournalError, match="nothing can be written to the journal: Input/output error"):
            market.data.journal.commit(record.last_commit)
        market.data.close()
    assert refusing.asked_after_failure == 0
    workers.forget()
    disk = disk.after_power_loss(lambda _operation, _path: None)
    SimulatedMarket(disk, record, workers, OPTIONS, clock(Random(2))).end()
    check_at_rest(disk)


@pytest.mark.parametrize("room_bytes", range(1_000, 60_000, 4_999))
@pytest.mark.parametrize("limit", ["room_bytes", "file_bytes_max"])
def test_a_disk_that_fills_up_anywhere_stops_the_exchange_and_with_room_it_goes_on(
    limit: str, room_bytes: int
) -> None:
    workers = Workers(Random(room_bytes))
    disk = SimulatedDisk(Random(room_bytes), lambda _operation, _path: workers.take_turns())
    record = Record()
    setattr(disk, limit, room_bytes)
    disk.write_bytes_max = 700
    clock = JumpingClock(Random(1))
    market = SimulatedMarket(disk, record, workers, OPTIONS, clock)
    failure = trade_until_it_stops(market, record, room_bytes)
    assert "No space left" in str(failure) or "File too large" in str(failure)
    market.data.close()
    workers.forget()
    disk = disk.after_kill(lambda _operation, _path: None)
    market = SimulatedMarket(disk, record, workers, OPTIONS, clock)
    market.run([RandomOrders(Random(2), client_order_id_prefix="later-").next()])
    market.end()
    check_at_rest(disk)
