"""A thread that waits is woken by each ring, by none twice, and by nothing else."""

from __future__ import annotations

import gc
import os
import threading

import pytest

from exchange.utils.doorbell import Doorbell

WAIT_S = 20.0


def test_a_ring_that_nobody_waits_for_yet_is_kept_and_heard_once() -> None:
    bell = Doorbell()
    bell.ring()
    assert bell.rings_within(WAIT_S)
    assert not bell.rings_within(0.0)


def test_who_waits_is_woken_by_another_thread() -> None:
    bell, back = Doorbell(), Doorbell()
    heard: list[int] = []

    def answer_each() -> None:
        for number in range(100):
            bell.wait()
            heard.append(number)
            back.ring()

    answering = threading.Thread(target=answer_each, daemon=True)
    answering.start()
    for number in range(100):
        bell.ring()
        assert back.rings_within(WAIT_S)
        assert heard[-1] == number
    answering.join(WAIT_S)
    assert len(heard) == 100


def test_nobody_rings_and_the_wait_ends() -> None:
    assert not Doorbell().rings_within(0.001)


def test_a_wait_longer_than_the_system_can_count_is_taken() -> None:
    bell = Doorbell()
    bell.ring()
    assert bell.rings_within(1e12)


@pytest.mark.parametrize("is_closed", [True, False])
def test_its_descriptors_are_closed_with_it_at_the_latest(is_closed: bool) -> None:
    gc.collect()
    before = os.listdir("/proc/self/fd")
    bell = Doorbell()
    assert len(os.listdir("/proc/self/fd")) == len(before) + 2
    if is_closed:
        bell.close()
        bell.close()
    else:
        del bell
        gc.collect()
    assert os.listdir("/proc/self/fd") == before
