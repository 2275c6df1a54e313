"""Durations as counts: any quantile, of any number of them, in the same few kilobytes."""

from __future__ import annotations

from sys import getsizeof

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.utils.duration_counts import DurationCounts

S = 1_000_000_000
SHARES = [0.0, 0.01, 0.5, 0.99, 1.0]
durations = st.lists(st.one_of(st.integers(0, 300), st.integers(0, 10**15)), min_size=1)


def counted(durations_ns: list[int]) -> DurationCounts:
    counts = DurationCounts()
    for duration_ns in durations_ns:
        counts.add(duration_ns)
    return counts


@given(durations_ns=durations, share=st.sampled_from(SHARES))
def test_a_quantile_is_right_to_within_eight_per_mille(durations_ns: list[int], share: float) -> None:
    in_order = sorted(durations_ns)
    exact_ns = next(
        duration_ns
        for place, duration_ns in enumerate(in_order, start=1)
        if place >= share * len(in_order)
    )
    assert counted(durations_ns).quantile_ns(share) == pytest.approx(exact_ns, rel=1 / 128, abs=0)


@given(durations_ns=st.lists(st.integers(0, 127), min_size=1), share=st.sampled_from(SHARES))
def test_short_ones_are_exact_and_of_one_duration_every_quantile_is(durations_ns: list[int], share: float) -> None:
    assert counted(durations_ns).quantile_ns(share) in durations_ns
    assert counted([5 * S + 1] * 3).quantile_ns(share) == 5 * S + 1


@given(first=durations, second=durations)
def test_merged_counts_are_those_of_all(first: list[int], second: list[int]) -> None:
    merged, all_at_once = counted(first), counted(first + second)
    merged.merge(counted(second))
    merged.merge(DurationCounts())
    assert merged.total_count == all_at_once.total_count
    assert [merged.quantile_ns(share) for share in SHARES] == [all_at_once.quantile_ns(share) for share in SHARES]


def test_a_million_take_no_more_memory_than_the_longest_of_them() -> None:
    longest = counted([60 * S])
    many = counted([number * 59_999 for number in range(1_000_000)])
    assert getsizeof(many._counts) <= getsizeof(longest._counts) * 1.2 < 30_000


def test_nothing_has_no_quantile_and_a_clock_that_was_set_back_took_no_time() -> None:
    assert DurationCounts().quantile_ns(0.5) is None
    assert counted([-7]).quantile_ns(1) == 0
    with pytest.raises(ValueError, match="share 1.5: must be from 0 to 1"):
        counted([1]).quantile_ns(1.5)
