"""The power-loss campaign: one seed is one exchange that dies again and again, on a disk that forgets.

In each life it recovers, is checked, and takes batches of orders until it dies: before some operation of the disk,
which may as well be one of the recovery or of a snapshot.  Mostly it is the power that is lost, sometimes the
process alone.  In the end it stops gracefully, `verify` finds it sound, and it starts once more.

Everything is drawn from the seed, so a seed that failed fails again.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import NamedTuple

from exchange.engine.commands import Command, ListInstrument
from exchange.storage.data_directory import StorageOptions
from exchange.storage.journal_format import Durability
from tests.faults.mixed_market import CHANGES_MAX, INSTRUMENTS, SYMBOLS, change_due, operators_wish
from tests.faults.random_orders import Mix, RandomOrders
from tests.faults.seeded_workers import Workers
from tests.faults.simulated_disk import ProcessDied, SimulatedDisk
from tests.faults.simulated_market import ACME, Record, SimulatedMarket, check_at_rest

LIVES = 6
BATCHES_MAX = 20
BATCH_COMMANDS_MAX = 8
HOUR_NS = 3_600 * 10**9
# How many of the commands are the operator's, where there are any.
OPERATORS_SHARE = 0.04


class Figures(NamedTuple):
    """What one seed, or several together, did."""

    deaths: int = 0
    deaths_in_recovery: int = 0
    commands: int = 0
    phase_changes: int = 0

    def plus(self, other: Figures) -> Figures:
        """Both."""
        return Figures(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class JumpingClock:
    """ns since the epoch; every now and then it jumps an hour back or forth."""

    def __init__(self, random: Random) -> None:
        self._random = random
        # What it showed last.
        self.last_ns = 10**18

    def __call__(self) -> int:
        self.last_ns += self._random.randint(1, 1_000_000)
        if self._random.random() < 0.02:
            self.last_ns += self._random.choice((-HOUR_NS, HOUR_NS))
        return self.last_ns


class Death:
    """Ends the process before one of the next operations of the disk; `operations_left` says which."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.operations_left = 0

    def __call__(self, operation: str, path: Path) -> None:
        """See `simulated_disk.Before`."""
        self._workers.take_turns()
        self.operations_left -= 1
        if self.operations_left == 0:
            raise ProcessDied


class PowerLossRun:
    """One seed, with the orders and instruments of a mix."""

    def __init__(self, seed: int, mix: Mix) -> None:
        self._mix = mix
        self._random = random = Random(seed)
        self._workers = workers = Workers(Random(seed))
        self._death = Death(workers)
        self._disk = SimulatedDisk(random, self._death)
        self._record = Record()
        symbols = ("ACME",) if mix is Mix.PLAIN else SYMBOLS
        self._orders = RandomOrders(random, symbols=symbols, mix=mix)
        self._clock = JumpingClock(random)
        self._durability = random.choice((Durability.FSYNC, Durability.FSYNC, Durability.FSYNC, Durability.OS))
        self.figures = Figures()

    def run(self) -> None:
        """Raises whatever is wrong."""
        for _life in range(LIVES):
            self._live_and_die()
        market = self._open()
        self._trade(market)
        market.end()
        check_at_rest(self._disk)
        self._open().end()

    def _live_and_die(self) -> None:
        # Anything from the first operation to far beyond those of a recovery, the small numbers often.
        self._death.operations_left = int(2 ** self._random.uniform(0, 9))
        has_recovered = False
        try:
            market = self._open()
            has_recovered = True
            self._trade(market)
            if self._random.random() < 0.5:
                market.end()
        except ProcessDied:
            self.figures = self.figures.plus(Figures(1, not has_recovered))
        # Under `os` only a killed process loses nothing, and nothing else is promised.
        is_power_lost = self._durability is Durability.FSYNC and self._random.random() < 0.8
        lose = self._disk.after_power_loss if is_power_lost else self._disk.after_kill
        self._disk = lose(self._death)
        self._workers.forget()
        self._death.operations_left = 0
        # What lies there now is what the next start puts in order, and no more than that.
        check_at_rest(self._disk)

    def _open(self) -> SimulatedMarket:
        options = StorageOptions(
            self._durability, self._random.choice((0, 5, 40)), self._random.choice((400, 4_000, 1 << 26))
        )
        listed = [ACME] if self._mix is Mix.PLAIN else [ListInstrument(each) for each in INSTRUMENTS]
        return SimulatedMarket(self._disk, self._record, self._workers, options, self._clock, listed)

    def _trade(self, market: SimulatedMarket) -> None:
        for _batch in range(self._random.randint(0, BATCHES_MAX)):
            commands = [self._next() for _ in range(self._random.randint(1, BATCH_COMMANDS_MAX))]
            self._let_time_change_phases(market)
            market.run(commands)
            assert market.failures == []
            self.figures = self.figures.plus(Figures(commands=len(commands)))

    def _next(self) -> Command:
        if self._mix is Mix.EVERY_RULE and self._random.random() < OPERATORS_SHARE:
            return operators_wish(self._random)
        return self._orders.next()

    def _let_time_change_phases(self, market: SimulatedMarket) -> None:
        """As the timer of a running exchange does."""
        books = market.data.engine.books
        for _change in range(CHANGES_MAX):
            change = change_due(books.values(), self._clock.last_ns, self._random)
            if change is None:
                return
            market.run([change])
            self.figures = self.figures.plus(Figures(phase_changes=1))
        raise AssertionError(f"still {change} is due")


def run_seed(seed: int, mix: Mix = Mix.PLAIN) -> Figures:
    """Run one seed.  Raises whatever is wrong with the exchange."""
    run = PowerLossRun(seed, mix)
    run.run()
    return run.figures
