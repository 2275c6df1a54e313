"""Whatever the system's clock says, no time comes out that can't be written, and no two in a row are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.utils.helpers import NS_PER_S, utc_text
from exchange.utils.sound_clock import TIMESTAMP_NS_MAX, ClockError, SoundClock


class Clock:
    """Says what it is told to."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns


@pytest.mark.parametrize("now_ns", [-1, -(10**18), TIMESTAMP_NS_MAX, 10**30])
def test_a_clock_before_1970_or_after_2262_is_refused_at_the_start(now_ns: int) -> None:
    with pytest.raises(ClockError, match="must be between 1970 and 2262-04-11"):
        SoundClock(Clock(now_ns))


def test_a_frozen_clock_goes_on_by_nanoseconds() -> None:
    clock = SoundClock(Clock(10**18))
    assert [clock() - 10**18 for _ in range(4)] == [0, 1, 2, 3]


def test_a_clock_that_is_set_back_is_taken_at_its_word() -> None:
    system = Clock(10**18)
    clock = SoundClock(system)
    clock()
    system.now_ns -= 3_600 * NS_PER_S
    assert clock() == system.now_ns


@given(st.lists(st.one_of(st.integers(-(2**70), 2**70), st.integers(10**18, 10**18 + 3)), max_size=30))
def test_every_time_can_be_written_and_differs_from_the_one_before(times: list[int]) -> None:
    system = Clock(10**18)
    clock = SoundClock(system)
    last_ns = clock()
    for system.now_ns in times:
        now_ns = clock()
        assert 0 <= now_ns <= TIMESTAMP_NS_MAX + len(times)
        assert now_ns != last_ns
        assert len(utc_text(now_ns)) == 30
        last_ns = now_ns
