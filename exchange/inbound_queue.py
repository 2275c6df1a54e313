"""The only way in: what connections, the operator and the exchange itself ask, on its way to the matching thread.

    any thread ──put──► queue ──get──► matching thread ──put_back──► queue: what there was no time for

Two queues fit here: the one below, in the order of arrival, which is all an exchange needs, and
`fair_queue.FairQueue`, which sees to it that nobody stands behind all that somebody else has sent.

`Origin` is who asks and `Asked` what may be asked besides commands: both are the networking's types, which pass
through here unread, and keep their names so that a field that changes there is missed by nobody on the way.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Optional, Protocol, TypeVar, Union

from exchange.engine.commands import Command

# The share of what comes before everything else: the exchange's own and the operator's.
FIRST = ""
# Items that may wait: each is what one connection sent in one piece, at most 64 KiB of lines.
ITEMS_MAX = 1_024
# How long one batch may take to be processed, in seconds.
BATCH_S = 0.005

Origin = TypeVar("Origin")
Asked = TypeVar("Asked")


class Inbound(Generic[Origin, Asked]):
    """Requests of one connection, in the order sent.

    Each is an engine command or something only the publisher understands (a login, a ping); `origin` is the
    connection, which is handed back to the publisher and never looked into, None for the exchange itself;
    `processed` is called when all of them have been; `share` names the user whose share of the time they take.
    """

    __slots__ = ("origin", "requests", "processed", "share")

    def __init__(
        self,
        origin: Optional[Origin],
        requests: Sequence[Union[Command, Asked]],
        processed: Callable[[], None] = lambda: None,
        share: str = FIRST,
    ) -> None:
        self.origin = origin
        self.requests = requests
        self.processed = processed
        self.share = share

    def remainder(self, count: int) -> Inbound[Origin, Asked]:
        """The same without its first `count` requests."""
        return Inbound(self.origin, self.requests[count:], self.processed, self.share)


class InboundQueue(Protocol[Origin, Asked]):
    """What the matching thread takes its requests from.  Only `put` and `close` may be called by others."""

    def put(self, item: Inbound[Origin, Asked]) -> None:
        """Queue `item`; waits while there is no room for it."""

    def put_back(self, item: Inbound[Origin, Asked]) -> None:
        """Queue what was not processed of an item ahead of all else that its sender has queued; never waits."""

    def get(self, wait_s: Optional[float]) -> Optional[Inbound[Origin, Asked]]:
        """The next item; waits for one up to `wait_s` seconds (None: for ever), then raises queue.Empty.

        None when the queue is closed and nothing is left in it.
        """

    def holds_some(self) -> bool:
        """Whether something waits, be it that its turn has not come.  Much cheaper than to `get` nothing."""

    def close(self) -> None:
        """Nothing more will be put."""

    def charge(self, share: str, seconds: float) -> None:
        """So much time was taken for `share`."""

    def batch_s(self, share: str) -> float:
        """How long the batch that begins now, with something of `share`, may take to be processed, in seconds."""


class FirstComeQueue(Generic[Origin, Asked]):
    """In the order of arrival, bounded by `items_max`."""

    def __init__(self, items_max: int = ITEMS_MAX) -> None:
        self._queue: queue.Queue[Optional[Inbound[Origin, Asked]]] = queue.Queue(items_max)
        # What was put back, at most one item; the matching thread's own.
        self._put_back: deque[Inbound[Origin, Asked]] = deque()
        self._has_ended = False

    def put(self, item: Inbound[Origin, Asked]) -> None:
        """Behind all others."""
        self._queue.put(item)

    def put_back(self, item: Inbound[Origin, Asked]) -> None:
        """Ahead of all others."""
        self._put_back.append(item)

    def get(self, wait_s: Optional[float]) -> Optional[Inbound[Origin, Asked]]:
        """The oldest."""
        if self._put_back:
            return self._put_back.pop()
        if self._has_ended:
            return None
        item = self._queue.get(timeout=wait_s)
        self._has_ended = item is None
        return item

    def holds_some(self) -> bool:
        """See InboundQueue."""
        return bool(self._put_back) or not self._queue.empty()

    def close(self) -> None:
        """Behind all that was put, None is found."""
        self._queue.put(None)

    def charge(self, share: str, seconds: float) -> None:
        """Whoever took it: nobody's share is counted here."""

    def batch_s(self, share: str) -> float:  # noqa: ARG002
        """Always the same."""
        return BATCH_S
