"""The search for settings: what it counts as off, that it finds the way to less, and the same way each time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Optional

import pytest

from exchange.simulation.study.bootstrap import NO_INTERVAL, Interval
from exchange.simulation.study.calibration import EDGE, KNOBS, MISS_MAX, Round, miss, search
from exchange.simulation.study.comparison import Comparison, MeasuredDistance, RealDay
from exchange.simulation.study.recording import Recording, record
from exchange.simulation.study.statistics import STATISTICS, Statistic
from exchange.simulation.traders.mix import TRADER_KINDS, Settings
from tests.unit.simulation.study.random_flow import random_rows

[TIME_TO_CANCEL] = [each for each in STATISTICS if each.name.startswith("time to cancel")]
JUDGED = TIME_TO_CANCEL._replace(is_judged=True)
OWN = Interval(0, 10)
# Real orders live about so long, as simulated ones do where LIFE_S is 1.
REAL_S = 20.0
# Where the search begins.
BEGIN = 0.65


def compared(
    value: float, distance: Optional[float] = None, statistic: Statistic = JUDGED, own: Interval = OWN
) -> Comparison:
    """A figure beside a recording whose own lie within `own`, and whose own distances stay below 1."""
    measured = None if distance is None else MeasuredDistance(distance, 1.0)
    return Comparison(statistic, 5.0, own, value, NO_INTERVAL, measured, None)


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (compared(5.0), 0.0),
        (compared(9.0), EDGE - 0.1),
        (compared(12.0), 0.5 + EDGE + 0.2),
        (compared(-2.0), 0.5 + EDGE + 0.2),
        (compared(1e6), MISS_MAX),
        (compared(math.nan), MISS_MAX),
        (compared(5.0, own=NO_INTERVAL), MISS_MAX),
        (compared(5.0, distance=0.5), 0.0),
        (compared(5.0, distance=2.0), 0.5 * (1 + EDGE)),
        (compared(1e6, statistic=JUDGED._replace(is_judged=False)), 0.0),
    ],
)
def test_what_is_outside_counts_and_what_is_near_the_edge_a_little(
    comparison: Comparison, expected: float
) -> None:
    assert miss([comparison]) == pytest.approx(expected)
    assert miss([comparison, comparison]) == pytest.approx(2 * expected)


def test_each_knob_is_a_number_of_its_kind_and_begins_within_its_bounds() -> None:
    assert len({(knob.kind, knob.name) for knob in KNOBS}) == len(KNOBS)
    for knob in KNOBS:
        assert knob.low <= getattr(TRADER_KINDS[knob.kind], knob.name) <= knob.high, knob


def simulate(settings: Settings) -> Sequence[Recording]:
    """Days in which orders live for as long as one setting says; no other matters."""
    return [record(random_rows(2, REAL_S * settings["zi"]["LIFE_S"]))]


def rounds(seed: int) -> list[Round]:
    slow, fast = random_rows(1, REAL_S * 1.2), random_rows(2, REAL_S / 1.2)
    later_ns, later_id = slow[-1].time_ns, len(slow)
    moved = [row._replace(time_ns=row.time_ns + later_ns, order_id=row.order_id + later_id) for row in fast]
    real = RealDay(record([*slow, *moved]), [JUDGED])
    return list(search(real, simulate, {"zi": {"LIFE_S": BEGIN}}, seed, rounds=60))


def test_a_search_comes_nearer_and_a_seed_finds_the_same() -> None:
    found = rounds(seed=1)
    better = [each for each in found if each.is_better]
    assert better[0].number == 0 and len(better) > 1
    assert [each.miss for each in better] == sorted((each.miss for each in better), reverse=True)
    assert better[-1].miss < better[0].miss / 2
    assert abs(math.log(better[-1].settings["zi"]["LIFE_S"])) < abs(math.log(BEGIN)) / 2
    assert rounds(seed=1) == found
    assert rounds(seed=3) != found
