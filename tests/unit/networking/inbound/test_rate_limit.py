"""Token buckets on a clock that the test moves: what passes, how long to wait, what is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking.inbound.rate_limit import BEYOND_AT_ONCE, BEYOND_PER_S, KEYS_MAX, RateLimit, Throttle


class Clock:
    """Moves only when it is told to."""

    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def taken(limit: RateLimit, key: str, tries: int) -> int:
    """How many of so many tries passed."""
    return sum(limit.take(key) for _ in range(tries))


def test_a_burst_passes_and_then_only_what_time_refills() -> None:
    clock = Clock()
    limit = RateLimit(10.0, 5.0, clock)
    assert taken(limit, "alice", 20) == 5
    clock.now_s += 0.25
    assert taken(limit, "alice", 20) == 2
    clock.now_s += 3_600.0
    assert taken(limit, "alice", 20) == 5


def test_nobody_is_held_to_what_somebody_else_has_taken() -> None:
    limit = RateLimit(1.0, 3.0, Clock())
    assert taken(limit, "alice", 100) == 3
    assert taken(limit, "bob", 2) == 2


def test_after_the_wait_that_it_names_exactly_one_more_passes() -> None:
    clock = Clock()
    limit = RateLimit(4.0, 2.0, clock)
    assert limit.wait_s("alice") == 0.0
    taken(limit, "alice", 2)
    assert limit.wait_s("alice") == 0.25
    clock.now_s += limit.wait_s("alice")
    assert taken(limit, "alice", 5) == 1


@given(
    st.integers(1, 50),
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), max_size=60),
)
def test_never_more_passes_than_the_burst_and_the_rate_allow(
    per_s: int, burst: int, steps: list[tuple[int, int]]
) -> None:
    """Over any stretch of time; each step waits so many eighths of a second and tries so often."""
    clock = Clock()
    limit = RateLimit(float(per_s), float(burst), clock)
    passed: list[float] = []
    for eighths, tries in steps:
        clock.now_s += eighths / 8
        passed += [clock.now_s] * taken(limit, "alice", tries)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            assert last - first + 1 <= burst + per_s * (passed[last] - passed[first])


def test_of_very_many_keys_the_one_unused_for_longest_is_forgotten_first() -> None:
    limit = RateLimit(1.0, 1.0, Clock())
    taken(limit, "first", 1)
    taken(limit, "second", 1)
    for number in range(KEYS_MAX - 1):
        limit.take(str(number))
    assert not limit.take("second")
    assert limit.take("first"), "a forgotten bucket is full again"


# --- holding back ----------------------------------------------------------------------------------------------


def test_a_charge_may_leave_a_debt_that_time_pays() -> None:
    clock = Clock()
    limit = RateLimit(2.0, 1.0, clock)
    for _ in range(4):
        limit.charge("alice")
    assert limit.wait_s("alice") == 2.0
    clock.now_s += 1.5
    assert not limit.take("alice")
    clock.now_s += 0.5
    assert limit.take("alice")


def test_a_burst_beyond_the_limit_is_refused_without_a_rest() -> None:
    throttle = Throttle(10.0, Clock())
    answers = [throttle.take("alice") for _ in range(10 + int(BEYOND_AT_ONCE) - 1)]
    assert answers == [True] * 10 + [False] * (int(BEYOND_AT_ONCE) - 1)
    assert throttle.pause_s("alice") == 0.0
    assert not throttle.take("alice")
    assert throttle.pause_s("alice") > 0.0
    assert throttle.pause_s("bob") == 0.0


def test_who_goes_on_and_rests_when_told_to_gets_all_that_is_allowed_and_few_refusals() -> None:
    clock = Clock()
    throttle = Throttle(1_000.0, clock)
    while throttle.pause_s("alice") == 0.0:
        throttle.take("alice")
    start_s, allowed, refused = clock.now_s, 0, 0
    while clock.now_s < start_s + 10.0:
        if throttle.take("alice"):
            allowed += 1
        else:
            refused += 1
            clock.now_s += throttle.pause_s("alice")
    assert allowed == pytest.approx(10_000, rel=0.05)
    assert refused == pytest.approx(10.0 * BEYOND_PER_S, rel=0.05)


def test_who_comes_by_many_connections_is_held_back_as_much_as_by_one() -> None:
    """Each of them rests, and between them they are read no more often."""
    clock = Clock()
    throttle = Throttle(100.0, clock)
    while throttle.pause_s("alice") == 0.0:
        throttle.take("alice")
    free_from_s = [clock.now_s] * 20
    start_s, refused = clock.now_s, 0
    while clock.now_s < start_s + 10.0:
        for number, free_s in enumerate(free_from_s):
            while free_s <= clock.now_s:
                if not throttle.take("alice"):
                    refused += 1
                    free_s = clock.now_s + throttle.pause_s("alice")
            free_from_s[number] = free_s
        clock.now_s += 0.001
    assert refused <= 10.0 * BEYOND_PER_S + 20
