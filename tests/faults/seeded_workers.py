"""The threads of ledger, audit log and snapshots without threads: a seed decides when each gets its turn.

    workers = Workers(random)
    DataDirectory(…, make_worker=workers.make)
    workers.take_turns()           now and then one of them handles what waits for it

So a run with ten thousand interleavings is the same again with the same seed.  `take_turns` is called wherever
something else could happen in between: before each operation of the disk.  While one worker is in the middle of
something, nothing but what itself waits for goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Generic, NamedTuple, Optional, TypeVar, Union

from exchange.utils.batch_thread import BatchThreadError

T = TypeVar("T")


class Workers:
    """Those that were made, and whose turn it is."""

    def __init__(self, random: Random, turns_share: float = 0.2) -> None:
        """`turns_share` is how often somebody gets a turn when there is one to take."""
        self._random = random
        self._turns_share = turns_share
        self._made: list[SeededWorker[Any]] = []
        self._is_turn_taken = False

    def make(
        self,
        name: str,
        handle: Callable[[list[T]], None],
        on_failure: Callable[[Exception], None],
        queue_items_max: int,
        look_every_s: Optional[float] = None,
    ) -> SeededWorker[T]:
        """A `MakeWorker`."""
        worker = SeededWorker(name, handle, on_failure, queue_items_max)
        self._made.append(worker)
        return worker

    def forget(self) -> None:
        """Those that were made ended with their process."""
        self._made.clear()

    def take_turns(self) -> None:
        """Perhaps let one that has something to do do it."""
        waiting = [worker for worker in self._made if worker.is_waiting]
        if waiting and not self._is_turn_taken and self._random.random() < self._turns_share:
            self._is_turn_taken = True
            try:
                self._random.choice(waiting).work()
            finally:
                self._is_turn_taken = False


class _Posted(NamedTuple):
    action: Callable[[], None]


class SeededWorker(Generic[T]):
    """As BatchThread, but the work is done in whoever's turn it is."""

    def __init__(
        self,
        name: str,
        handle: Callable[[list[T]], None],
        on_failure: Callable[[Exception], None],
        queue_items_max: int,
    ) -> None:
        self._name = name
        self._handle = handle
        self._on_failure = on_failure
        self._items_max = queue_items_max
        self._waiting: list[Union[T, _Posted]] = []
        self._failure: Optional[Exception] = None
        self._closed = False

    @property
    def is_waiting(self) -> bool:
        """Whether there is something to do."""
        return bool(self._waiting)

    def work(self) -> None:
        """Handle everything that waits."""
        waiting, self._waiting = self._waiting, []
        items: list[T] = []
        for entry in waiting:
            if isinstance(entry, _Posted):
                self._handle_items(items)
                items = []
                self._do(entry.action)
            else:
                items.append(entry)
        self._handle_items(items)

    def _handle_items(self, items: list[T]) -> None:
        if items:
            self._do(lambda: self._handle(items))

    def put(self, item: T) -> None:
        """See BatchThread."""
        assert not self._closed, f"{self._name} is closed"
        self._raise_failure()
        if len(self._waiting) >= self._items_max:
            self.work()
        self._waiting.append(item)

    def post(self, action: Callable[[], None]) -> None:
        """See BatchThread."""
        assert not self._closed, f"{self._name} is closed"
        self._waiting.append(_Posted(action))

    def call(self, action: Callable[[], None]) -> None:
        """See BatchThread."""
        assert not self._closed, f"{self._name} is closed"
        self._call(action)
        self._raise_failure()

    def close(self, action: Callable[[], None]) -> None:
        """See BatchThread."""
        if not self._closed:
            self._closed = True
            self._call(action)

    def _call(self, action: Callable[[], None]) -> None:
        self.work()
        self._do(action)

    def _do(self, action: Callable[[], None]) -> None:
        if self._failure is not None:
            return
        try:
            action()
        except Exception as failure:  # noqa: BLE001  the last-resort handler of this worker
            self._failure = failure
            self._on_failure(failure)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise BatchThreadError(f"{self._name} has failed: {self._failure}") from self._failure
