"""Shares of time, on a clock that moves only when it is told to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exchange.utils.time_shares import ALONE_AFTER_S, BURST_S, DEBT_S_MAX, PART, SHARES_MAX, TimeShares


class Clock:
    """Moves only when it is told to."""

    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_whoever_is_alone_may_take_everything() -> None:
    clock = Clock()
    shares = TimeShares(clock)
    for _ in range(1_000):
        assert shares.may_take("alice")
        shares.charge("alice", 1.0)
        clock.now_s += 1.0
    assert not shares.is_contended()


def test_who_has_taken_more_than_their_part_waits_until_it_is_paid_back_while_another_wants_some() -> None:
    clock = Clock()
    shares = TimeShares(clock)
    shares.charge("bob", 0.001)
    shares.charge("alice", BURST_S + 0.01)
    assert shares.is_contended()
    assert (shares.may_take("alice"), shares.may_take("bob")) == (False, True)
    wait_s = shares.wait_s("alice")
    assert 0.0 < wait_s <= 0.01 / PART + 1e-5
    clock.now_s += wait_s
    assert shares.may_take("alice")


def test_who_is_overdrawn_waits_no_longer_when_the_others_have_gone_quiet() -> None:
    clock = Clock()
    shares = TimeShares(clock)
    shares.charge("bob", 0.001)
    shares.charge("alice", 1.0)
    assert shares.wait_s("alice") <= ALONE_AFTER_S
    clock.now_s += ALONE_AFTER_S
    assert shares.may_take("alice")
    assert not shares.is_contended()


def test_however_dear_one_request_was_its_end_is_in_sight() -> None:
    clock = Clock()
    shares = TimeShares(clock)
    shares.charge("alice", 3_600.0)
    waited_s = 0.0
    while not shares.may_take("alice"):
        shares.charge("bob", 0.0001)
        clock.now_s += 0.01
        waited_s += 0.01
    assert waited_s <= DEBT_S_MAX / PART + 0.1


def test_of_very_many_shares_the_one_unused_for_longest_is_forgotten() -> None:
    shares = TimeShares(Clock())
    shares.charge("first", 1.0)
    for number in range(SHARES_MAX):
        shares.charge(f"{number}", 1.0)
    assert shares.may_take("first")
    assert not shares.may_take("0")


@given(st.lists(st.tuples(st.floats(0.0001, 0.01), st.floats(0.0, 0.005)), min_size=50, max_size=200))
def test_while_another_wants_some_nobody_gets_much_more_than_their_part(steps: list[tuple[float, float]]) -> None:
    """Alice takes whatever she is let, of these sizes; bob takes next to nothing, but often."""
    clock = Clock()
    shares = TimeShares(clock)
    shares.charge("bob", 0.0)
    start_s, taken_s, longest_s = clock.now_s, 0.0, 0.0
    for seconds, pause_s in steps:
        if shares.may_take("alice"):
            clock.now_s += seconds
            taken_s += seconds
            longest_s = max(longest_s, seconds)
            shares.charge("alice", seconds)
        clock.now_s += pause_s
        shares.charge("bob", 0.0)
    assert taken_s <= BURST_S + longest_s + (clock.now_s - start_s) * PART + 1e-9
