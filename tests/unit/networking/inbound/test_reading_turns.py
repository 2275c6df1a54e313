"""Turns at decoding: what is charged, who waits for whom; on a hand-driven clock."""

from __future__ import annotations

import threading

from exchange.networking.inbound.reading_turns import BYTE_S, CONNECTION_S, LONG_BYTES, ReadingTurns
from exchange.utils.time_shares import BURST_S, TimeShares

WAIT_S = 20.0
STAYS = threading.Event()


def turns() -> ReadingTurns:
    """With the clock standing still, and somebody else who wants time."""
    shares = TimeShares(lambda: 0.0)
    shares.charge("other", 0.0)
    return ReadingTurns(shares)


def decode(
    reading: ReadingTurns, share: str, may_end: threading.Event
) -> tuple[threading.Thread, threading.Event]:
    """Somebody who decodes something long; the event is set when they have their turn."""
    began = threading.Event()

    def work() -> None:
        with reading.long_turn(share, STAYS):
            began.set()
            may_end.wait(WAIT_S)

    thread = threading.Thread(target=work, name=f"decoding-{share}")
    thread.start()
    return thread, began


def test_short_pieces_and_connections_are_charged_until_the_share_is_overdrawn() -> None:
    reading = turns()
    for _ in range(int(BURST_S / (LONG_BYTES * BYTE_S)) + 1):
        assert reading.shares.may_take("flood")
        reading.short_turn("flood", LONG_BYTES, STAYS)
    assert not reading.shares.may_take("flood")
    for _ in range(int(BURST_S / CONNECTION_S) + 1):
        reading.connected("192.0.2.7")
    assert not reading.shares.may_take("192.0.2.7")


def test_of_one_share_one_long_piece_is_decoded_at_a_time_and_nobody_else_waits_for_it() -> None:
    reading = turns()
    may_end = threading.Event()
    first, first_began = decode(reading, "flood", may_end)
    assert first_began.wait(WAIT_S)
    second, second_began = decode(reading, "flood", may_end)
    other, other_began = decode(reading, "alice", may_end)
    assert other_began.wait(WAIT_S)
    assert not second_began.is_set()
    may_end.set()
    assert second_began.wait(WAIT_S)
    for thread in (first, second, other):
        thread.join(WAIT_S)


def test_who_is_leaving_does_not_wait_for_a_share_that_is_overdrawn() -> None:
    reading = turns()
    reading.shares.charge("flood", 1.0)
    leaves = threading.Event()
    leaves.set()
    reading.wait("flood", leaves)
    with reading.long_turn("flood", leaves):
        assert not reading.shares.may_take("flood")
