"""A whole trading day on a virtual clock, killed in the middle of anything, and what must come of it all the same.

    closed ─ pre-open ─ opening auction ─ trading ─ breaker: halt, call, reopening ─ trading ─ closing auction
    ─ day end ─ next day's pre-open and opening

The day is a list of moments, each with what a user asks then.  Between them the exchange's own changes of phase
are made when they are due, like its timer makes them.  A process that dies at some operation of its disk is
started again at once, and the user whose request was not answered sends it again, as clients do.  The ledger must
then be that of a day without any death, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple, Optional

from exchange.engine.commands import CancelOrder, Command, ListInstrument, NewOrder
from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.phases import next_due
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, Side, TimeInForce
from exchange.storage.data_directory import StorageOptions
from exchange.storage.journal_format import Durability
from exchange.storage.places import ledger_path
from exchange.utils.helpers import NS_PER_S
from tests.faults.power_loss import Death
from tests.faults.random_orders import Mix, RandomOrders
from tests.faults.seeded_workers import Workers
from tests.faults.simulated_disk import ProcessDied, SimulatedDisk
from tests.faults.simulated_market import DATA, Record, SimulatedMarket, check_at_rest, read

TICK_NANOS = 10_000_000
HOUR_S = 3_600
DAY_S = 24 * HOUR_S
OPEN_S, CLOSE_S = 9 * HOUR_S, 17 * HOUR_S
SCHEDULE = Schedule(OPEN_S, CLOSE_S, opening_call_s=600, closing_call_s=300, random_end_s=30)
# So near that the sweep at noon meets the breaker, and so far that the random flow doesn't.
INSTRUMENT = Instrument(
    "ACME",
    price_band_ppm=100_000,
    halt_ppm=10_000,
    halt_s=60,
    call_s=60,
    reference_price_nanos=10_000 * TICK_NANOS,
    maker_fee_per_1e8=-5_000,
    taker_fee_per_1e8=15_000,
    schedule=SCHEDULE,
)
# The first day of the run, counted from the epoch; its exchange is listed in the night before.
FIRST_DAY_S = 20_000 * DAY_S
NOON_S = 12 * HOUR_S


class Moment(NamedTuple):
    """At `at` (ns since the epoch) somebody asks for something."""

    at: int
    command: Command


def day_of_moments(seed: int) -> list[Moment]:
    """The script of the day and of the morning after it."""
    random = Random(seed)
    flow = RandomOrders(random, mix=Mix.EVERY_RULE)
    times_s = [
        *_spread(random, 25, OPEN_S - 500, OPEN_S - 10),  # pre-open
        *_spread(random, 40, OPEN_S + 60, NOON_S - 10),
        *_spread(random, 8, NOON_S + 1, NOON_S + 50),  # halted
        *_spread(random, 12, NOON_S + 61, NOON_S + 115),  # the call after it
        *_spread(random, 40, NOON_S + 200, CLOSE_S - 10),
        *_spread(random, 20, CLOSE_S + 1, CLOSE_S + 290),  # closing call
        *_spread(random, 3, CLOSE_S + 400, DAY_S),  # closed
        *_spread(random, 20, DAY_S + OPEN_S - 500, DAY_S + OPEN_S - 10),
        *_spread(random, 20, DAY_S + OPEN_S + 60, DAY_S + NOON_S),
    ]
    moments = [Moment(_ns(time_s), _without_connection(flow.next())) for time_s in times_s]
    moments += _into_the_breaker()
    # Past the end of the last call that any of them has begun.
    moments.append(Moment(_ns(DAY_S + NOON_S + HOUR_S), CancelOrder("alice", None, "nobody's")))
    return sorted(moments, key=lambda moment: moment.at)


def _into_the_breaker() -> list[Moment]:
    """At noon one order is offered far away, and somebody buys everything up to it."""
    offer = Terms(Side.SELL, OrderType.LIMIT, TimeInForce.GTC, 10_300 * TICK_NANOS, 50)
    sweep = Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 10_300 * TICK_NANOS, 5_000)
    return [
        Moment(_ns(NOON_S - 1), NewOrder("erin", "far", "ACME", offer)),
        Moment(_ns(NOON_S), NewOrder("dave", "sweep", "ACME", sweep)),
        Moment(_ns(NOON_S + 110), CancelOrder("dave", None, "sweep")),
    ]


def _spread(random: Random, count: int, start_s: float, end_s: float) -> list[float]:
    return sorted(random.uniform(start_s, end_s) for _ in range(count))


def _ns(time_s: float) -> int:
    return FIRST_DAY_S * NS_PER_S + int(time_s * NS_PER_S)


def _draw_for(due_at: int) -> Callable[[int], int]:
    """The random end of the call that is due then: the same in every run, also when it is drawn again."""
    return lambda most: Random(due_at).randint(0, most)


def _without_connection(command: Command) -> Command:
    # The users of this day stay connected, whatever the exchange does.
    return command._replace(ends_with_connection=False) if isinstance(command, NewOrder) else command


class DayRun:
    """One run of the day; `deaths_at` are the operations of the disk before which the process dies, in order.

    Counting begins anew after each death.  `operation_count` is how many there were after the last one.
    """

    def __init__(self, moments: list[Moment], seed: int, deaths_at: list[int]) -> None:
        self.phases: list[Phase] = []
        self.operation_count = 0
        self.death_count = 0
        self._moments = moments
        self._deaths_at = list(deaths_at)
        self._random = Random(seed)
        self._workers = Workers(Random(seed))
        self._death = Death(self._workers)
        self._disk = SimulatedDisk(self._random, self._count)
        self._record = Record()
        self._now = _ns(0) - HOUR_S * NS_PER_S

    def run(self) -> str:
        """The ledger.  Raises whatever is wrong with the exchange."""
        self._arm()
        market: Optional[SimulatedMarket] = None
        for moment in self._moments:
            is_done = False
            while not is_done:
                try:
                    market = market or self._open()
                    self._ask(market, moment)
                    is_done = True
                except ProcessDied:
                    market = None
                    self._die()
        self._death.operations_left = 0
        market = market or self._open()
        market.end()
        check_at_rest(self._disk)
        return read(self._disk, ledger_path(DATA))

    def _count(self, operation: str, path: Path) -> None:
        self.operation_count += 1
        self._death(operation, path)

    def _arm(self) -> None:
        self._death.operations_left = self._deaths_at.pop(0) if self._deaths_at else 0
        self.operation_count = 0

    def _open(self) -> SimulatedMarket:
        options = StorageOptions(Durability.FSYNC, snapshot_every=40, segment_bytes_max=4_000)
        listed = [ListInstrument(INSTRUMENT)]
        return SimulatedMarket(self._disk, self._record, self._workers, options, lambda: self._now, listed)

    def _ask(self, market: SimulatedMarket, moment: Moment) -> None:
        """Let time go on to the moment, and ask for what is asked for then."""
        books = market.data.engine.books
        self.phases += [book.phase for book in books.values()]
        while (due := next_due(books.values(), max(self._now, moment.at))) is not None and due.at <= moment.at:
            self._now = max(self._now, due.at)
            market.run([due.drawn(_draw_for(due.at))])
            self.phases += [book.phase for book in books.values()]
        self._now = moment.at
        market.run([moment.command])
        self.phases += [book.phase for book in books.values()]
        assert market.failures == []

    def _die(self) -> None:
        self.death_count += 1
        lose = self._disk.after_power_loss if self._random.random() < 0.5 else self._disk.after_kill
        self._disk = lose(self._count)
        self._workers.forget()
        self._death.operations_left = 0
        check_at_rest(self._disk)
        self._arm()


class DayFigures(NamedTuple):
    """What one day, or several together, did."""

    deaths: int = 0
    trades: int = 0

    def plus(self, other: DayFigures) -> DayFigures:
        """Both."""
        return DayFigures(self.deaths + other.deaths, self.trades + other.trades)


def kill_a_day(seed: int) -> DayFigures:
    """A day undisturbed and the same day killed; raises AssertionError if their ledgers differ."""
    moments = day_of_moments(seed)
    undisturbed = DayRun(moments, seed, [])
    ledger = undisturbed.run()
    random = Random(seed)
    # Another seed of the disk's workers may need fewer operations.
    deaths_at = [random.randint(1, int(0.8 * undisturbed.operation_count)), random.randint(1, 60)]
    disturbed = DayRun(moments, seed + 1, deaths_at)
    found = disturbed.run()
    assert found == ledger, f"dead before operations {deaths_at}: another ledger"
    return DayFigures(disturbed.death_count, ledger.count("\n"))
