"""What waits for clients who are slow to take it: how much it is in all, and the one thread that sends it on.

All backlogs together are bounded.  Whoever has just sent something to a client that did not take it all looks at
the total, and while that is too much, the client with the largest backlog is given up.  So the total is never
beyond its bound by more than what is being sent at this moment, however late the backlog sender gets its turn.
Locks: a client's own, then that of `Backlogs`; never two clients' at once.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Optional, Protocol

# What may wait for all clients together.
ALL_BACKLOGS_BYTES_MAX = 256 * 1024 * 1024


class SlowClient(Protocol):
    """Somebody for whom something waits; see `outbox.Outbox`."""

    @property
    def descriptor(self) -> int: ...
    @property
    def linger_until_s(self) -> Optional[float]: ...
    def send_backlog(self) -> bool: ...
    def give_up(self, backlog_bytes: int) -> None: ...


class Backlogs:
    """How much waits for all clients together, and for whom.

    Any thread.  `_lock` guards both counts; who holds it asks for no other lock.
    """

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self._lock = threading.Lock()
        self._bytes_by_client: dict[SlowClient, int] = {}
        self._total_bytes = 0

    @property
    def is_half_of_room_taken(self) -> bool:
        """Whether so much waits for all together that whoever lets anything wait should be told less."""
        return self._total_bytes > self.bytes_max // 2

    def count(self, client: SlowClient, backlog_bytes: int) -> None:
        """So much waits for this client now.  Its own lock is held meanwhile."""
        with self._lock:
            self._total_bytes += backlog_bytes - self._bytes_by_client.pop(client, 0)
            if backlog_bytes:
                self._bytes_by_client[client] = backlog_bytes

    def make_room(self) -> None:
        """While too much waits for all together, give up the client for whom most waits.

        No client's lock may be held.  O(1) if there is room, else O(clients with a backlog) for each one given up.
        """
        while self._total_bytes > self.bytes_max and (largest := self._largest()):
            client, backlog_bytes = largest
            client.give_up(backlog_bytes)

    def _largest(self) -> Optional[tuple[SlowClient, int]]:
        """For whom most waits, and how much; None if there is room by now."""
        sizes = self._bytes_by_client
        with self._lock:
            if self._total_bytes <= self.bytes_max:
                return None
            client = max(sizes, key=sizes.__getitem__)
            return client, sizes[client]


class BacklogSender:
    """One thread for the backlogs of all slow clients; `backlogs` counts them, all together at most
    `all_backlogs_bytes_max`.

    `watch` (any thread) hands it a client through `_new`, a deque of atomic appends, bounded by the number of
    connections; only this thread touches `_slow`.  It forgets a client whose backlog is gone.
    """

    def __init__(
        self,
        on_failure: Callable[[BaseException], None],
        all_backlogs_bytes_max: int = ALL_BACKLOGS_BYTES_MAX,
    ) -> None:
        self.backlogs = Backlogs(all_backlogs_bytes_max)
        self._on_failure = on_failure
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._new: deque[SlowClient] = deque()
        self._slow: list[SlowClient] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="backlog-sender", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def watch(self, client: SlowClient) -> None:
        """Send this client's backlog whenever its socket has room."""
        self._new.append(client)
        self.wake()

    def stop(self) -> None:
        """End the thread; what is still in backlogs stays unsent."""
        self._stopping = True
        self.wake()
        self._thread.join()
        self._wake_reader.close()
        self._wake_writer.close()

    def wake(self) -> None:
        """Have the thread look again at those it serves: one of them has begun to finish."""
        try:
            self._wake_writer.send(b"!")
        except BlockingIOError:
            return  # The pipe is full of wake-ups, so the thread is about to wake anyway.

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._wait_for_room()
                self._slow = [client for client in self._slow if client.send_backlog()]
                while self._new:
                    client = self._new.popleft()
                    if client.send_backlog():
                        self._slow.append(client)
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._on_failure(failure)

    def _wait_for_room(self) -> None:
        """Sleep until a slow client takes data, a new one comes, or one that lingers has had its time.

        The poll object is made anew each time: a descriptor that was closed meanwhile only wakes it once.
        """
        poll = select.poll()
        poll.register(self._wake_reader, select.POLLIN)
        for client in self._slow:
            descriptor = client.descriptor
            if descriptor >= 0:
                poll.register(descriptor, select.POLLOUT)
        ends_s = [client.linger_until_s for client in self._slow if client.linger_until_s is not None]
        poll.poll(max(0.0, min(ends_s) - time.monotonic()) * 1_000 if ends_s else None)
        try:
            self._wake_reader.recv(4096)
        except BlockingIOError:
            return  # Woken by a client, not by `watch`.
