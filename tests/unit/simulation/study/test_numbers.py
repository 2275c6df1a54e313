"""The arithmetic of samples, against figures worked out by hand and properties that define them."""

from __future__ import annotations

import math
import statistics
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.simulation.study import numbers

SAMPLES = st.lists(st.integers(-1_000, 1_000).map(float), min_size=4, max_size=60)


def pareto(tail: float, count: int) -> list[float]:
    """A sample whose tail index is known."""
    draw = Random(3)
    return [(1 - draw.random()) ** (-1 / tail) for _ in range(count)]


@given(SAMPLES)
def test_mean_and_variance_are_those_of_the_standard_library(values: list[float]) -> None:
    assert numbers.mean(values) == pytest.approx(statistics.fmean(values))
    assert numbers.central_moment(values, 2) == pytest.approx(statistics.pvariance(values))


@given(SAMPLES)
def test_quantiles_are_those_of_the_standard_library(values: list[float]) -> None:
    quartiles = statistics.quantiles(values, n=4, method="inclusive")
    assert [numbers.quantile(values, share) for share in (0.25, 0.5, 0.75)] == pytest.approx(quartiles)


def test_skewness_is_right_where_the_long_tail_is() -> None:
    assert numbers.skewness([1, 1, 1, 1, 9]) == pytest.approx(1.5)
    assert numbers.skewness([-1, -1, -1, -1, -9]) == pytest.approx(-1.5)


def test_two_points_have_the_least_kurtosis_there_is() -> None:
    assert numbers.excess_kurtosis([-1, 1, -1, 1]) == pytest.approx(-2)


def test_what_alternates_is_the_opposite_of_itself_one_later() -> None:
    values = [1.0, -1.0] * 50
    assert numbers.autocorrelation(values, 1) == pytest.approx(-0.99)
    assert numbers.autocorrelation(values, 2) == pytest.approx(0.98)
    assert numbers.mean_autocorrelation(values, (1, 2)) == pytest.approx(-0.005)


@given(st.lists(st.integers(-100, 100).map(float), min_size=3, max_size=30, unique=True))
def test_a_straight_line_is_fully_correlated_and_has_its_slope(xs: list[float]) -> None:
    ys = [3 - 2 * x for x in xs]
    assert numbers.correlation(xs, ys) == pytest.approx(-1)
    assert numbers.slope(xs, ys) == pytest.approx(-2)


@pytest.mark.parametrize("tail", [2.0, 3.5, 5.0])
def test_the_tail_index_of_a_power_law_is_its_power(tail: float) -> None:
    assert numbers.tail_index(pareto(tail, 20_000)) == pytest.approx(tail, rel=0.1)


@pytest.mark.parametrize(
    "figure",
    [
        numbers.mean([]),
        numbers.quantile([], 0.5),
        numbers.skewness([1, 1, 1]),
        numbers.excess_kurtosis([2, 2]),
        numbers.autocorrelation([1, 2], 1),
        numbers.autocorrelation([4, 4, 4, 4], 1),
        numbers.correlation([1, 2], [1, 2]),
        numbers.slope([1, 1, 1], [1, 2, 3]),
        numbers.tail_index([1.0] * 100),
    ],
)
def test_what_cannot_be_told_of_a_sample_is_not_a_number(figure: float) -> None:
    assert math.isnan(figure)
