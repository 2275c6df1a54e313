"""A thread that owns one slow thing (a file, say) and handles all that waits for it as one batch.

    any thread ──put──► bounded queue ──► this thread: handle([item, item, …])
                                            │ an exception
                                            ▼
                          on_failure(exception), once; from then on items are thrown away unhandled

Taking everything that waits makes the cost of a batch (a write, a wake-up) shared by hundreds of items when it
is busy, and adds no delay when it is not.  A full queue holds its caller back; that is its limit on memory.

After a failure nobody is left waiting: `put` and `call` raise, the queue goes on being emptied, `close` works.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Generic, Optional, Protocol, TypeVar, Union

T = TypeVar("T")
Item = TypeVar("Item", contravariant=True)


class BatchThreadError(Exception):
    """The thread has failed before, and does nothing any more; the cause is its failure."""


class Worker(Protocol[Item]):
    """What the owner of a slow thing needs of its thread; each is as `BatchThread` says."""

    def put(self, item: Item) -> None:
        """Queue one item."""

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
    ) -> Worker[T]:
        """See `BatchThread`."""


class _Call:
    """Something to do when all items before it are handled; `done` is set then, or when the thread has failed."""

    __slots__ = ("action", "done", "is_last")

    def __init__(self, action: Callable[[], None], is_last: bool) -> None:
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
    ) -> None:
        """`handle` and `on_failure` are called on the thread; `on_failure` must not wait for the thread to end."""
        self._handle = handle
        self._on_failure = on_failure
        self._failure: Optional[Exception] = None
        self._closed = False
        # Filled by any thread, emptied by this one alone, in batches.
        self._queue: queue.Queue[Union[T, _Call]] = queue.Queue(queue_items_max)
        self._items_max = queue_items_max
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Queue one item; waits while the queue is full.  Raises BatchThreadError once the thread has failed."""
        assert not self._closed, f"{self._thread.name} is closed"
        self._raise_failure()
        self._queue.put(item)

    def call(self, action: Callable[[], None]) -> None:
        """Run `action` on the thread after everything put before, and wait until it is done.

        Raises BatchThreadError if the thread failed, in `action` or before it.  Not to be called on the thread.
        """
        assert not self._closed, f"{self._thread.name} is closed"
        self._queue_and_wait(_Call(action, is_last=False))
        self._raise_failure()

    def close(self, action: Callable[[], None]) -> None:
        """Handle what is queued, run `action` on the thread, end and join it.  A second call does nothing.

        Does not raise: a failure has been told to `on_failure`.
        """
        if not self._closed:
            self._closed = True
            self._queue_and_wait(_Call(action, is_last=True))
            self._thread.join()

    def _queue_and_wait(self, call: _Call) -> None:
        self._queue.put(call)
        call.done.wait()

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
            self._failure = failure
            self._fail(failure, call)

    def _take(self) -> tuple[list[T], Optional[_Call]]:
        """Everything that waits, at least one thing, up to and with the first call."""
        items: list[T] = []
        entry = self._queue.get()
        while not isinstance(entry, _Call):
            items.append(entry)
            if len(items) == self._items_max:
                return items, None
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                return items, None
        return items, entry

    def _fail(self, failure: Exception, call: Optional[_Call]) -> None:
        """Tell of the failure, then keep emptying the queue, so that nobody waits for this thread for ever."""
        if call is not None:
            call.done.set()
        try:
            self._on_failure(failure)
        finally:
            while call is None or not call.is_last:
                _, call = self._take()
                if call is not None:
                    call.done.set()
