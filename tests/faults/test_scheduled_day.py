"""A whole scheduled day, killed at any moment, gives the ledger of an undisturbed one.

More moments: `python scripts/faults.py --days 1000 --seed 1`.
"""

from __future__ import annotations

import json
import logging
from random import Random

import pytest

from exchange.engine.words import Phase
from tests.faults.scheduled_day import DayRun, day_of_moments

SEED = 1
KILLS = 50


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What is cut off after each death interests nobody."""
    caplog.set_level(logging.CRITICAL, "exchange")


def undisturbed() -> tuple[DayRun, str]:
    run = DayRun(day_of_moments(SEED), SEED, [])
    return run, run.run()


def test_the_day_goes_through_every_phase_and_trades_in_calls_and_between_them() -> None:
    run, ledger = undisturbed()
    phases = [phase for phase, before in zip(run.phases, [None, *run.phases], strict=False) if phase is not before]
    assert phases == [
        Phase.CLOSED,
        Phase.PRE_OPEN,
        Phase.CONTINUOUS,
        Phase.HALTED,
        Phase.AUCTION,
        Phase.CONTINUOUS,
        Phase.CLOSING_AUCTION,
        Phase.CLOSED,
        Phase.PRE_OPEN,
        Phase.CONTINUOUS,
    ]
    trades = [json.loads(line) for line in ledger.splitlines()]
    assert [trade["trade_id"] for trade in trades] == list(range(1, len(trades) + 1))
    auction_times = {trade["timestamp"] for trade in trades if trade.get("auction")}
    assert len(auction_times) == 4, "opening, reopening, closing and the next opening"
    assert len([trade for trade in trades if not trade.get("auction")]) > 20


def test_killed_at_fifty_random_moments_it_has_the_same_ledger() -> None:
    moments = day_of_moments(SEED)
    run, ledger = undisturbed()
    random = Random(SEED)
    # Other seeds of the disk's workers need somewhat fewer operations for the same day.
    last = int(0.8 * run.operation_count)
    for number in range(KILLS):
        # Some days die twice, the second time soon: perhaps while they recover.
        deaths_at = [random.randint(1, last), *[random.randint(1, 60)] * (number % 3 == 0)]
        disturbed = DayRun(moments, number, deaths_at)
        assert disturbed.run() == ledger, f"seed {number}, dead before operations {deaths_at}"
        assert disturbed.death_count == len(deaths_at)
