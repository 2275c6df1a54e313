"""The thread that handles all that waits as one batch, and what it does for others once it has failed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Optional

import pytest

from exchange.utils.batch_thread import BatchThread, BatchThreadError

WAIT_S = 10


def nothing() -> None:
    """An action that does nothing."""


class Recorder:
    """What a BatchThread did; it may be held at the gate, and fails at the item `bad`."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.failures: list[Exception] = []
        self.failed = threading.Event()
        self.started = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.thread_names: set[str] = set()

    def handle(self, items: list[str]) -> None:
        self.started.set()
        assert self.gate.wait(WAIT_S)
        self.thread_names.add(threading.current_thread().name)
        if "bad" in items:
            raise OSError("no room")
        self.batches.append(items)

    def on_failure(self, failure: Exception) -> None:
        self.failures.append(failure)
        self.failed.set()

    def start(self, queue_items_max: int = 10, look_every_s: Optional[float] = None) -> BatchThread[str]:
        return BatchThread("recorder", self.handle, self.on_failure, queue_items_max, look_every_s)


def test_everything_that_waits_becomes_one_batch() -> None:
    recorder = Recorder()
    recorder.gate.clear()
    thread = recorder.start()
    thread.put("first")
    assert recorder.started.wait(WAIT_S)
    for item in "abc":
        thread.put(item)
    recorder.gate.set()
    thread.close(nothing)
    assert recorder.batches == [["first"], ["a", "b", "c"]]
    assert recorder.thread_names == {"recorder"}


def test_a_call_runs_after_what_was_put_before_it_and_before_what_comes_later() -> None:
    recorder = Recorder()
    thread = recorder.start()
    thread.put("before")
    thread.call(lambda: recorder.batches.append(["call"]))
    thread.put("after")
    thread.close(lambda: recorder.batches.append(["end"]))
    assert recorder.batches == [["before"], ["call"], ["after"], ["end"]]


def test_a_full_queue_holds_its_caller_back_until_there_is_room() -> None:
    recorder = Recorder()
    recorder.gate.clear()
    thread = recorder.start(queue_items_max=2)
    thread.put("first")
    assert recorder.started.wait(WAIT_S)
    thread.put("second")
    thread.put("third")
    caller = threading.Thread(target=thread.put, args=("fourth",), name="caller")
    caller.start()
    assert sum(map(len, recorder.batches)) == 0 and caller.is_alive()
    recorder.gate.set()
    caller.join(WAIT_S)
    thread.close(nothing)
    assert [item for batch in recorder.batches for item in batch] == ["first", "second", "third", "fourth"]


def test_a_failure_is_told_once_and_then_every_caller_is_refused_and_none_kept_waiting() -> None:
    recorder = Recorder()
    thread = recorder.start(queue_items_max=2)
    thread.put("bad")
    assert recorder.failed.wait(WAIT_S)
    with pytest.raises(BatchThreadError, match="recorder has failed: no room"):
        thread.put("good")
    with pytest.raises(BatchThreadError):
        thread.call(nothing)
    thread.close(nothing)
    assert [str(failure) for failure in recorder.failures] == ["no room"]
    assert recorder.batches == []


def test_those_who_wait_while_the_thread_fails_are_released() -> None:
    recorder = Recorder()
    recorder.gate.clear()
    thread = recorder.start(queue_items_max=1)
    thread.put("bad")
    assert recorder.started.wait(WAIT_S)
    released: list[str] = []

    def wait_for_call() -> None:
        with pytest.raises(BatchThreadError):
            thread.call(nothing)
        released.append("call")

    callers = [threading.Thread(target=wait_for_call, name=f"caller-{number}") for number in range(5)]
    for caller in callers:
        caller.start()
    recorder.gate.set()
    for caller in callers:
        caller.join(WAIT_S)
    thread.close(nothing)
    assert released == ["call"] * 5


def test_an_action_that_fails_is_a_failure_of_the_thread() -> None:
    recorder = Recorder()
    thread = recorder.start()
    with pytest.raises(BatchThreadError, match="division"):
        thread.call(lambda: print(1 // 0))
    thread.close(nothing)
    assert len(recorder.failures) == 1


def test_a_failing_last_action_still_ends_the_thread() -> None:
    recorder = Recorder()
    thread = recorder.start()
    thread.close(lambda: print(1 // 0))
    assert len(recorder.failures) == 1
    assert "recorder" not in {running.name for running in threading.enumerate()}


def test_closing_twice_does_nothing_more() -> None:
    recorder = Recorder()
    thread = recorder.start()
    thread.close(lambda: recorder.batches.append(["end"]))
    thread.close(lambda: recorder.batches.append(["end"]))
    assert recorder.batches == [["end"]]


def test_putting_after_close_is_a_bug() -> None:
    recorder = Recorder()
    thread = recorder.start()
    thread.close(nothing)
    with pytest.raises(AssertionError, match="closed"):
        thread.put("late")


def test_with_a_time_to_look_an_item_wakes_nobody_and_a_call_gets_all_handled_at_once() -> None:
    recorder = Recorder()
    thread = recorder.start(look_every_s=3_600)
    for item in "abc":
        thread.put(item)
    assert recorder.batches == []
    thread.call(nothing)
    assert recorder.batches == [["a", "b", "c"]]
    thread.close(nothing)


def test_with_a_time_to_look_a_nearly_full_deque_wakes_the_thread_and_nobody_waits_for_ever() -> None:
    recorder = Recorder()
    thread = recorder.start(queue_items_max=4, look_every_s=3_600)
    for number in range(100):
        thread.put(str(number))
    thread.close(nothing)
    assert [item for batch in recorder.batches for item in batch] == [str(number) for number in range(100)]
    assert len(recorder.batches) > 10


def test_the_time_to_look_comes_by_itself() -> None:
    recorder = Recorder()
    thread = recorder.start(look_every_s=0.001)
    thread.put("alone")
    assert recorder.started.wait(WAIT_S)
    thread.close(nothing)
    assert recorder.batches == [["alone"]]


def wakings(name: str) -> int:
    """How often a thread has gone to sleep, be it for a moment."""
    [thread_id] = [thread.native_id for thread in threading.enumerate() if thread.name == name]
    status = Path(f"/proc/self/task/{thread_id}/status").read_text()
    return int(status.partition("nonvoluntary")[0].rpartition("voluntary_ctxt_switches:")[2])


def wakings_in_a_while(name: str) -> int:
    """How many of them in a tenth of a second."""
    before = wakings(name)
    threading.Event().wait(0.1)
    return wakings(name) - before


def test_a_thread_that_finds_nothing_looks_more_seldom_and_finds_what_comes_then() -> None:
    recorder = Recorder()
    thread = recorder.start(look_every_s=0.002)
    assert any(wakings_in_a_while("recorder") <= 5 for _ in range(100))
    thread.put("item")
    assert recorder.started.wait(WAIT_S)
    thread.close(nothing)
    assert recorder.batches == [["item"]]


def test_what_is_posted_runs_between_what_was_put_before_it_and_after_it() -> None:
    recorder = Recorder()
    thread = recorder.start(look_every_s=3_600)
    thread.put("before")
    thread.post(lambda: recorder.batches.append(["posted"]))
    thread.put("after")
    thread.close(nothing)
    assert recorder.batches == [["before"], ["posted"], ["after"]]


def test_posting_to_a_thread_that_has_failed_does_nothing() -> None:
    recorder = Recorder()
    thread = recorder.start()
    thread.put("bad")
    assert recorder.failed.wait(WAIT_S)
    thread.post(lambda: recorder.batches.append(["posted"]))
    thread.close(nothing)
    assert recorder.batches == []
