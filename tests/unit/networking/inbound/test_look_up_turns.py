"""Look-ups of the past: one at a time, and all together within one share of the time."""

from __future__ import annotations

import threading

from exchange.networking.inbound.look_up_turns import SHARE, LookUpTurns
from exchange.utils.time_shares import TimeShares

WAIT_S = 20.0


def in_turn(turns: LookUpTurns, began: threading.Event, may_end: threading.Event) -> threading.Thread:
    """Somebody who looks something up until they may end."""

    def look_up() -> None:
        with turns:
            began.set()
            may_end.wait(WAIT_S)

    thread = threading.Thread(target=look_up, name="look-up")
    thread.start()
    return thread


def test_the_next_look_up_begins_when_the_one_before_has_ended() -> None:
    turns = LookUpTurns(TimeShares(lambda: 0.0))
    began = [threading.Event(), threading.Event()]
    may_end = threading.Event()
    threads = [in_turn(turns, began[0], may_end)]
    assert began[0].wait(WAIT_S)
    threads.append(in_turn(turns, began[1], may_end))
    assert not began[1].is_set()
    may_end.set()
    assert began[1].wait(WAIT_S)
    for thread in threads:
        thread.join(WAIT_S)


def test_look_ups_that_have_taken_their_share_wait_for_others_but_not_in_an_exchange_that_stops() -> None:
    shares = TimeShares(lambda: 0.0)
    shares.charge("alice", 0.001)
    shares.charge(SHARE, 1.0)
    turns = LookUpTurns(shares)
    began, may_end = threading.Event(), threading.Event()
    may_end.set()
    thread = in_turn(turns, began, may_end)
    assert not began.is_set()
    turns.stop()
    assert began.wait(WAIT_S)
    thread.join(WAIT_S)
