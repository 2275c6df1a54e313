"""The table: a day beside itself fits everywhere, and one that was made other does not where it was made other."""

from __future__ import annotations

import pytest

from exchange.laboratory.flow.lobster_file import read_flow
from exchange.simulation.study.comparison import Comparison, RealDay, fitting
from exchange.simulation.study.recording import record
from exchange.simulation.study.statistics import STATISTICS
from tests.support.project import SHARED_DATA
from tests.unit.simulation.study.random_flow import random_rows

FLOW = SHARED_DATA / "order_flow" / "aapl_2012-06-21.csv"


def by_name(comparisons: list[Comparison]) -> dict[str, Comparison]:
    return {each.statistic.name: each for each in comparisons}


@pytest.fixture(scope="module")
def real() -> RealDay:
    return RealDay(record(random_rows(1, cancel_after_s=20.0)))


def test_a_day_of_the_same_kind_cancels_after_the_same_time(real: RealDay) -> None:
    found = by_name(real.compare([record(random_rows(seed, cancel_after_s=20.0)) for seed in (2, 3)]))
    row = found["time to cancel, log10 s"]
    assert row.simulated == pytest.approx(row.real)
    assert row.l1 is not None and row.l1.value == pytest.approx(0)


def test_a_day_that_cancels_ten_times_as_fast_is_found_out_there(real: RealDay) -> None:
    found = by_name(real.compare([record(random_rows(2, cancel_after_s=2.0))]))
    row = found["time to cancel, log10 s"]
    assert row.simulated == pytest.approx(row.real - 1)
    assert not row.fits and row not in fitting(list(found.values()))
    assert row.l1 is not None and not row.l1.fits


def test_names_of_statistics_are_their_own() -> None:
    assert len({each.name for each in STATISTICS}) == len(STATISTICS)


def test_the_recorded_hour_fits_itself_and_has_what_real_markets_have() -> None:
    if not FLOW.exists():
        pytest.skip(f"no recorded order flow at {FLOW}")
    hour = record(read_flow(FLOW))
    found = by_name(RealDay(hour).compare([hour]))
    assert all(each.fits for each in found.values())
    assert abs(found["return autocorrelation, lags 1-10"].real) < 0.05
    assert found["excess kurtosis, 1 s"].real > 3
    assert 2 < found["tail index"].real < 5
    assert found["trade sign autocorrelation, lags 1-10"].real > 0.1
    assert found["spread skewness"].real > 0
