"""A thread that owns one slow thing (a file, say) and handles all that waits for it as one batch.

    any thread ──put──► bounded deque ──► this thread: handle([item, item, …])
                                            │ an exception
                                            ▼
                          on_failure(exception), once; from then on `put` and `call` raise

Handling everything that waits makes the cost of a batch (a write, a wake-up) shared by hundreds of items.  With
`look_every_s` an item wakes nobody: the thread looks by itself every so often, earlier only when its deque is
nearly full or somebody waits for it.  Whoever puts an item then pays for an append and nothing else; a thread that
is woken for each would fight with it for the interpreter, which costs more than all that is written.  While it
finds nothing it looks ever more seldom, so that a process where nothing happens sleeps.

A full deque holds its caller back; that is its limit on memory.  After a failure nobody is left waiting.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Optional, Protocol, TypeVar, Union

# A thread that finds nothing waits twice as long each time, up to so many times as long: a third of a second.
LOOKS_AS_ONE_MAX = 16

T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)

# How long what is written for people to read may wait: as long as one picture of a film, twice over.
LOOK_EVERY_S = 0.02


class BatchThreadError(Exception):
    """The thread has failed before, and does nothing any more; the cause is its failure."""


class Worker(Protocol[Item]):
    """What the owner of a slow thing needs of its thread; each is as `BatchThread` says."""

    def put(self, item: Item) -> None:
        """Queue one item."""

    def post(self, action: Callable[[], None]) -> None:
        """Run `action` after everything put before, and don't wait for it."""

    def call(self, action: Callable[[], None]) -> None:
        """Run `action` after everything put before, and wait until it is done."""

    def close(self, action: Callable[[], None]) -> None:
        """Handle what is queued, run `action`, and end."""


class MakeWorker(Protocol):
    """Makes a worker: `BatchThread` itself, but where another decides when each worker works."""

    def __call__(
        self,
        name: str,
        handle: Callable[[list[T]], None],
        on_failure: Callable[[Exception], None],
        queue_items_max: int,
        look_every_s: Optional[float] = None,
    ) -> Worker[T]:
        """See `BatchThread`."""


class _Call:
    """Something to do when all items before it are handled; `done` is set then, or when the thread has failed."""

    __slots__ = ("action", "done", "is_last")

    def __init__(self, action: Callable[[], None], is_last: bool = False) -> None:
        self.action = action
        self.done = threading.Event()
        self.is_last = is_last


class BatchThread(Generic[T]):
    """One daemon thread named `name`, from construction to `close`."""

    def __init__(
        self,
        name: str,
        handle: Callable[[list[T]], None],
        on_failure: Callable[[Exception], None],
        queue_items_max: int,
        look_every_s: Optional[float] = None,
    ) -> None:
        """`handle` and `on_failure` are called on the thread; `on_failure` must not wait for the thread to end.

        `look_every_s` None: each item wakes the thread.
        """
        self._handle = handle
        self._on_failure = on_failure
        self._failure: Optional[Exception] = None
        self._closed = False
        # Filled by any thread, emptied by this one alone, in batches.  Appending and taking are one step each, so
        # they need no lock; several callers at once may exceed the bound by one item each.
        self._waiting: deque[Union[T, _Call]] = deque()
        self._items_max = queue_items_max
        self._look_every_s = look_every_s
        # Owned by the thread: for how many looks its next one stands.
        self._looks_as_one = 1
        self._wake_at = 1 if look_every_s is None else max(1, queue_items_max * 3 // 4)
        # Set by whoever wants the thread to look now.
        self._look = threading.Event()
        # Held while the thread fails and while a call is queued; notified whenever there is room again.
        self._room = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Queue one item; waits while the deque is full.  Raises BatchThreadError once the thread has failed."""
        assert not self._closed, f"{self._thread.name} is closed"
        waiting = self._waiting
        if self._failure is not None or len(waiting) >= self._items_max:
            self._wait_for_room()
        waiting.append(item)
        if len(waiting) >= self._wake_at and not self._look.is_set():
            self._look.set()

    def post(self, action: Callable[[], None]) -> None:
        """Run `action` on the thread after everything put before; returns at once, and wakes nobody.

        Nothing happens if the thread has failed.
        """
        assert not self._closed, f"{self._thread.name} is closed"
        self._queue_call(_Call(action))

    def call(self, action: Callable[[], None]) -> None:
        """Run `action` on the thread after everything put before, and wait until it is done.

        Raises BatchThreadError if the thread failed, in `action` or before it.  Not to be called on the thread.
        """
        assert not self._closed, f"{self._thread.name} is closed"
        self._call_and_wait(_Call(action))
        self._raise_failure()

    def close(self, action: Callable[[], None]) -> None:
        """Handle what is queued, run `action` on the thread, end and join it.  A second call does nothing.

        Does not raise: a failure has been told to `on_failure`.
        """
        if not self._closed:
            self._closed = True
            self._call_and_wait(_Call(action, is_last=True))
            self._thread.join()

    def _queue_call(self, call: _Call) -> None:
        with self._room:
            if self._failure is None:
                self._waiting.append(call)
            else:
                call.done.set()

    def _call_and_wait(self, call: _Call) -> None:
        self._queue_call(call)
        self._look.set()
        call.done.wait()

    def _wait_for_room(self) -> None:
        with self._room:
            while len(self._waiting) >= self._items_max and self._failure is None:
                self._look.set()
                self._room.wait()
        self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise BatchThreadError(f"{self._thread.name} has failed: {self._failure}") from self._failure

    def _run(self) -> None:
        call: Optional[_Call] = None
        try:
            while call is None or not call.is_last:
                items, call = self._take()
                if items:
                    self._handle(items)
                if call is not None:
                    call.action()
                    call.done.set()
        except Exception as failure:  # noqa: BLE001 (the last-resort handler of this thread)
            self._fail(failure, call)

    def _take(self) -> tuple[list[T], Optional[_Call]]:
        """Everything that waits when it is time to look, up to and with the first call."""
        self._look.wait(None if self._look_every_s is None else self._look_every_s * self._looks_as_one)
        self._look.clear()
        self._looks_as_one = 1 if self._waiting else min(2 * self._looks_as_one, LOOKS_AS_ONE_MAX)
        items: list[T] = []
        call: Optional[_Call] = None
        while self._waiting and call is None and len(items) < self._items_max:
            entry = self._waiting.popleft()
            if isinstance(entry, _Call):
                call = entry
            else:
                items.append(entry)
        if self._waiting:
            self._look.set()
        if items:
            with self._room:
                self._room.notify_all()
        return items, call

    def _fail(self, failure: Exception, call: Optional[_Call]) -> None:
        """Release whoever waits, and those who will, before anybody is told of the failure."""
        with self._room:
            self._failure = failure
            calls = [entry for entry in self._waiting if isinstance(entry, _Call)]
            self._waiting.clear()
            self._room.notify_all()
        for released in (*calls, *([call] if call is not None else [])):
            released.done.set()
        self._on_failure(failure)
