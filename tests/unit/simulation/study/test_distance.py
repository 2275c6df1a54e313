"""Distances of samples and intervals of figures: what defines them, and cases that can be seen through."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.simulation.study.bootstrap import interval_of_mean, interval_of_one
from exchange.simulation.study.distance import l1_distance, wasserstein_distance

SAMPLES = st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=40)
EVEN = [float(value) for value in range(1_000)]


@given(SAMPLES)
def test_a_sample_lies_nowhere_but_at_itself(values: list[float]) -> None:
    assert l1_distance(values, values) == 0
    assert wasserstein_distance(values, values) in (0, pytest.approx(math.nan, nan_ok=True))


@given(SAMPLES, SAMPLES)
def test_l1_is_never_more_than_two(one: list[float], other: list[float]) -> None:
    assert 0 <= l1_distance(one, other) <= 2 + 1e-9


def test_a_sample_that_lies_in_the_last_bin_alone_misses_the_other_nine() -> None:
    assert l1_distance([5_000.0], EVEN) == pytest.approx(0.9 + 0.9)


def test_wasserstein_is_the_way_that_all_were_moved_in_mean_deviations() -> None:
    moved = [value + 100 for value in EVEN]
    assert wasserstein_distance(moved, EVEN) == pytest.approx(100 / 250)


def test_an_empty_sample_has_no_distance() -> None:
    assert math.isnan(l1_distance([], EVEN))
    assert math.isnan(wasserstein_distance(EVEN, []))


def test_the_interval_of_a_mean_narrows_with_the_root_of_the_sample() -> None:
    few, many = (interval_of_mean([0.0, 1.0] * half, seed=1) for half in (10, 1_000))
    assert few.holds(0.5) and many.holds(0.5)
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(10, rel=0.2)


def test_the_interval_of_one_value_holds_nearly_all_of_them() -> None:
    interval = interval_of_one(EVEN, seed=1)
    assert sum(interval.holds(value) for value in EVEN) == pytest.approx(950, abs=15)


def test_a_seed_gives_the_same_interval_and_what_is_not_known_is_left_out() -> None:
    values = [1.0, math.nan, 2.0, 5.0]
    assert interval_of_one(values, seed=4) == interval_of_one([1.0, 2.0, 5.0], seed=4)
    assert not interval_of_mean([math.nan], seed=4).holds(0.0)
