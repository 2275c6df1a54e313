"""Power lost at any moment: what was told is there, nothing happened twice, and the exchange starts.

More seeds, or one again: `python scripts/faults.py --power-loss 1000 --seed 1`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from exchange.engine.engine import Engine
from exchange.engine.events import PrivateEvent
from exchange.storage.audit_lines import AuditFormat, seq_of
from exchange.storage.data_directory import StorageOptions
from tests.faults.power_loss import Death, Figures, JumpingClock, run_seed
from tests.faults.random_orders import Mix, RandomOrders
from tests.faults.seeded_workers import Workers
from tests.faults.simulated_disk import ProcessDied, SimulatedDisk
from tests.faults.simulated_market import ACME, Record, SimulatedMarket, check_at_rest, private

SEEDS = range(100)
# Snapshots and segments so small that a short run sees several of each.
SMALL = StorageOptions(snapshot_every=8, segment_bytes_max=600)
Loss = Callable[[SimulatedDisk, Death], SimulatedDisk]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What is cut off after each of a thousand deaths interests nobody."""
    caplog.set_level(logging.CRITICAL, "exchange")


@contextmanager
def named(what: str) -> Iterator[None]:
    """Say of whatever goes wrong in the block where it was."""
    try:
        yield
    except Exception as error:
        raise AssertionError(f"{what}: {error!r}") from error


@pytest.mark.parametrize("mix", Mix)
def test_nothing_told_is_lost_and_nothing_happens_twice_in_a_hundred_seeds(mix: Mix) -> None:
    figures = Figures()
    for seed in SEEDS:
        with named(f"seed {seed}"):
            figures = figures.plus(run_seed(seed, mix))
    assert (figures.phase_changes > len(SEEDS)) is (mix is Mix.EVERY_RULE), figures
    assert figures.deaths > 3 * len(SEEDS), figures
    assert figures.deaths_in_recovery > len(SEEDS), figures


def test_the_same_seed_is_the_same_run() -> None:
    first, second = ([run_seed(seed, Mix.EVERY_RULE) for seed in range(5)] for _ in range(2))
    assert first == second


# ------------------------------------------------------------------------------ dying before each single operation


class ShortRun:
    """A small exchange from its first operation to its graceful end, with one death, before operation `dies_at`
    (0: none); `operations` counts those of the disk."""

    def __init__(self, dies_at: int, lose: Loss) -> None:
        self.operations = 0
        self._workers = Workers(Random(1))
        self._death = Death(self._workers)
        self._disk = SimulatedDisk(Random(dies_at), self._count)
        self._record = Record()
        self._death.operations_left = dies_at
        try:
            self._live()
        except ProcessDied:
            self._workers.forget()
            self._disk = lose(self._disk, self._death)
            self._live()
        check_at_rest(self._disk)

    def _count(self, operation: str, path: Path) -> None:
        self.operations += 1
        self._death(operation, path)

    def _live(self) -> None:
        """Twice the same orders: what the first life left is recovered by the second."""
        orders = RandomOrders(Random(3))
        for _life in range(2):
            market = SimulatedMarket(self._disk, self._record, self._workers, SMALL, JumpingClock(Random(4)))
            for _batch in range(6):
                market.run([orders.next() for _ in range(4)])
            market.end()


LOSSES: dict[str, Loss] = {
    "killed": SimulatedDisk.after_kill,
    "power lost": SimulatedDisk.after_power_loss,
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES.keys())
def test_dying_before_every_single_write_sync_rename_and_removal_of_a_run(lose: Loss) -> None:
    operations = ShortRun(0, lose).operations
    assert operations > 150
    for dies_at in range(1, operations + 1):
        with named(f"dying before operation {dies_at}"):
            ShortRun(dies_at, lose)


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES.keys())
def test_dying_before_every_single_operation_of_a_recovery_and_again_in_the_next(lose: Loss) -> None:
    """The first death leaves everything to be done: a torn segment, a ledger and logs that are behind."""
    for first_death in (40, 90, 140):
        dies_at, has_recovered = 0, False
        while not has_recovered:
            dies_at += 1
            has_recovered = _recovers_after(first_death, dies_at, lose)
        assert dies_at > 5


def trade_for_ever(market: SimulatedMarket, orders: RandomOrders) -> None:
    """Until it dies."""
    while True:
        market.run([orders.next() for _ in range(4)])


def _recovers_after(first_death: int, dies_at: int, lose: Loss) -> bool:
    """Die while trading, then twice `dies_at` operations into a recovery; whether it ended before."""
    workers = Workers(Random(1))
    death = Death(workers)
    disk, record, orders = SimulatedDisk(Random(dies_at), death), Record(), RandomOrders(Random(5))

    def opened() -> SimulatedMarket:
        workers.forget()
        return SimulatedMarket(disk, record, workers, SMALL, JumpingClock(Random(4)))

    death.operations_left = first_death
    with pytest.raises(ProcessDied):
        trade_for_ever(opened(), orders)
    has_recovered = True
    for _time in range(2):
        disk = lose(disk, death)
        death.operations_left = dies_at
        try:
            opened()
        except ProcessDied:
            has_recovered = False
    disk = lose(disk, death)
    death.operations_left = 0
    opened().end()
    check_at_rest(disk)
    return has_recovered


# ----------------------------------------------------------------------------------------- what the campaign found


def test_what_a_killed_engine_left_unsynced_in_the_logs_is_safe_before_a_snapshot_counts_on_it() -> None:
    for seed in range(20):
        workers = Workers(Random(seed))
        record, clock, orders = Record(), JumpingClock(Random(seed)), RandomOrders(Random(seed))
        disk = SimulatedDisk(Random(seed), lambda _operation, _path: workers.take_turns())  # noqa: B023
        trade(SimulatedMarket(disk, record, workers, StorageOptions(), clock), orders)
        workers.forget()
        disk = disk.after_kill(nothing)
        SimulatedMarket(disk, record, workers, StorageOptions(), clock).end()
        SimulatedMarket(disk.after_power_loss(nothing), record, workers, StorageOptions(), clock)


def test_power_lost_while_old_segments_are_removed_leaves_no_gap_between_those_that_are_left() -> None:
    for seed in range(20):
        removals = iter(range(5))

        def die_at_the_fifth_removal(operation: str, path: Path, removals: Iterator[int] = removals) -> None:
            if operation == "unlink" and path.parent.name == "journal" and next(removals) == 4:
                raise ProcessDied

        workers = Workers(Random(seed))
        record, clock, orders = Record(), JumpingClock(Random(seed)), RandomOrders(Random(seed))
        disk = SimulatedDisk(Random(seed), die_at_the_fifth_removal)
        for _snapshot in range(2):
            market = SimulatedMarket(disk, record, workers, SMALL, clock)
            trade(market, orders)
            market.data.journal.settle()
        with pytest.raises(ProcessDied):
            market.end()
        check_at_rest(disk.after_power_loss(nothing))


def test_a_log_line_cut_anywhere_with_a_newline_in_the_rubbish_after_it_is_not_taken_for_whole() -> None:
    events = [event for seed in range(5) for event in events_of(seed)]
    to_lines = AuditFormat(lambda _symbol: ACME.instrument)
    lines = [line.encode("ascii") for event in events for lines in to_lines([[event]]).values() for line in lines]
    assert {line.split()[2] for line in lines} == {b"ACCEPTED", b"EXECUTED", b"CANCELED", b"REPLACED"}
    for number, line in enumerate(lines):
        assert seq_of(line) == events[number].seq
        assert not any(seq_of(line[:end] + b"\\") for end in range(len(line)))


def events_of(seed: int) -> list[PrivateEvent]:
    """What a hundred commands lead to."""
    engine, orders = Engine(), RandomOrders(Random(seed))
    engine.process(ACME, 0)
    return [event for time in range(100) for event in private(engine.process(orders.next(), time))]


def nothing(_operation: str, _path: Path) -> None:
    """Before every operation of the disk: all is well."""


def trade(market: SimulatedMarket, orders: RandomOrders) -> None:
    """Enough for a dozen small segments."""
    for _batch in range(12):
        market.run([orders.new_order() for _ in range(7)])
