"""When frames are painted: twenty a second, and a key at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.screen.frame_pacer import FRAMES_PER_S, FramePacer


def test_the_market_waits_its_turn_and_a_key_does_not() -> None:
    pacer = FramePacer(0.0)
    assert pacer.wait_s(0.0, is_urgent=False) == 0.0
    pacer.paint(0.0)
    assert pacer.wait_s(0.0, is_urgent=False) == 1 / FRAMES_PER_S
    assert pacer.wait_s(0.01, is_urgent=True) == 0.0
    pacer.paint(0.01)
    assert pacer.wait_s(0.01, is_urgent=True) > 0.0


@given(st.lists(st.tuples(st.floats(0.0, 0.2), st.booleans()), max_size=300))
def test_no_second_has_more_than_twenty_frames_and_one_for_a_key(steps: list[tuple[float, bool]]) -> None:
    pacer, now, painted = FramePacer(0.0), 0.0, []
    for wait_s, is_urgent in steps:
        now += wait_s
        if pacer.wait_s(now, is_urgent=is_urgent) == 0.0:
            pacer.paint(now)
            painted.append(now)
    for start in painted:
        assert sum(start <= time < start + 1.0 for time in painted) <= FRAMES_PER_S + 2
