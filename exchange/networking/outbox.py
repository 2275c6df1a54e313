"""What is to be sent to one client, and the one thread that serves the clients who are slow to take it.

A send tries the socket at once, in the sender's thread: that is the whole story for a client that keeps reading.
What the socket does not take goes to the client's backlog, and the `BacklogSender` thread sends it on whenever the
socket has room again.  Nobody ever waits for a client.  A backlog is bounded; a client that lets it overflow is
told `SLOW_CONSUMER` behind the line that was cut off in the middle, if it still reads, and closed.

All backlogs together are bounded as well, by `Backlogs`, which counts them.  Whoever has just sent something to a
client that did not take it all looks at the total, and while that is too much, the client with the largest backlog
is given up.  So the total is never beyond its bound by more than what is being sent at this moment, however late
the backlog sender gets its turn.  Locks: an outbox's own, then that of `Backlogs`; never two outboxes' at once.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Optional, Union

from exchange.networking.tls import TlsSocket

# PROTOCOL 4: what may wait for one client.
BACKLOG_BYTES_MAX = 8 * 1024 * 1024

# What may wait for all clients together.
ALL_BACKLOGS_BYTES_MAX = 256 * 1024 * 1024

# A client with more than this waiting for it lags: until it has caught up it gets no book updates, but a snapshot
# of each changed book at its pings.
LAGGING_BYTES = 4 * 1024 * 1024

# How long the last words to a client may wait for it to read them.
LINGER_S = 2.0


class Outbox:
    """Everything on its way to one client, in order.

    `send` and `finish` are called by the matching thread, `send_backlog` by the backlog sender, `give_up` by who
    sent too much for all; `_lock` guards the backlog and the right to write to the socket.  When all has been sent
    after `finish`, or the peer is gone, `on_end` is called, once, in the thread that found out.
    """

    def __init__(
        self,
        sock: Union[socket.socket, TlsSocket],
        backlog_sender: BacklogSender,
        overflow_line: bytes,
        on_end: Callable[[], None],
        backlog_bytes_max: int = BACKLOG_BYTES_MAX,
        on_caught_up: Callable[[], None] = lambda: None,
    ) -> None:
        self.sock = sock
        self.last_sent_s = time.monotonic()
        self._backlog_sender = backlog_sender
        self._backlogs = backlog_sender.backlogs
        self._overflow_line = overflow_line
        self._on_end = on_end
        self._on_caught_up = on_caught_up
        self._is_lagging = False
        self._backlog_bytes_max = backlog_bytes_max
        self._lock = threading.Lock()
        self._backlog: deque[bytes] = deque()
        self._backlog_bytes = 0
        # One answer that is longer than the limit, which the client asked for, is not held against it while it is
        # on its way: the length of the longest such since the backlog was last empty.
        self._owed_bytes = 0
        self._line_is_cut = False
        self._finishing = False
        self._linger_until_s = 0.0
        self._ended = False

    @property
    def is_lagging(self) -> bool:
        """Whether so much waits for the client that it should be told no more than it must.

        Once it lags it does so until it has taken everything.
        """
        return self._is_lagging

    @property
    def is_finishing(self) -> bool:
        """Whether only what is already here will still be sent, for `LINGER_S` at most."""
        return self._finishing

    def send(self, data: bytes) -> None:
        """Send whole lines, now or as soon as the client takes them.  Never waits; silent once finished."""
        with self._lock:
            if self._finishing or self._ended:
                return
            self.last_sent_s = time.monotonic()
            if self._backlog:
                self._keep(data)
            else:
                rest = self._write(data)
                if not rest:
                    return
                self._keep(rest)
                self._backlog_sender.watch(self)
        self._backlogs.make_room()

    def finish(self) -> None:
        """Send nothing more than what is already here, then end."""
        with self._lock:
            self._start_finishing()
            if not self._backlog:
                self._end()

    def abort(self) -> None:
        """End now, whatever is left."""
        with self._lock:
            self._end()

    def give_up(self, backlog_bytes: int) -> None:
        """Drop the client, unless less than `backlog_bytes` waits for it by now: so the others have room.

        It is told why as if its own limit were exceeded; but if the rest of a line that must go ahead of that is
        so long that it is given up again, it ends at once.
        """
        with self._lock:
            if self._backlog_bytes < backlog_bytes:
                return
            if self._finishing:
                self._end()
            else:
                self._overflow()

    def send_backlog(self) -> bool:
        """Write what the socket takes now; True while there is more."""
        with self._lock:
            while self._backlog and not self._ended:
                chunk = self._backlog.popleft()
                self._backlog_bytes -= len(chunk)
                rest = self._write(chunk)
                if rest:
                    self._backlog.appendleft(rest)
                    self._set_backlog_bytes(self._backlog_bytes + len(rest))
                    if not self._finishing or time.monotonic() < self._linger_until_s:
                        return True
                    self._end()
            self._set_backlog_bytes(0)
            if self._finishing:
                self._end()
            has_caught_up, self._is_lagging = self._is_lagging, False
            self._owed_bytes = 0
        if has_caught_up:
            self._on_caught_up()
        return False

    def _write(self, data: bytes) -> bytes:
        """Offer `data` to the socket; returns what it did not take."""
        try:
            sent_bytes = self.sock.send(data, socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            return data
        except OSError:
            self._end()
            return b""
        if sent_bytes == len(data):
            self._line_is_cut = False
            return b""
        self._line_is_cut = data[sent_bytes - 1] != 0x0A
        return data[sent_bytes:]

    def _keep(self, data: bytes) -> None:
        self._backlog.append(data)
        self._set_backlog_bytes(self._backlog_bytes + len(data))
        if len(data) > self._backlog_bytes_max:
            self._owed_bytes = max(self._owed_bytes, len(data))
        self._is_lagging = (
            self._is_lagging or self._backlog_bytes > LAGGING_BYTES or self._backlogs.is_half_of_room_taken
        )
        if self._backlog_bytes - self._owed_bytes > self._backlog_bytes_max:
            self._overflow()

    def _overflow(self) -> None:
        """Give up on this client: complete the line it has half of, say why, and end."""
        last_words, oldest = self._overflow_line, self._backlog[0]
        committed_bytes = self.sock.committed_bytes if isinstance(self.sock, TlsSocket) else 0
        if committed_bytes:
            last_words = oldest[:committed_bytes] + last_words
        elif self._line_is_cut:
            rest_of_line, newline, _ = oldest.partition(b"\n")
            last_words = rest_of_line + newline + last_words
        self._backlog = deque([last_words])
        self._set_backlog_bytes(len(last_words))
        self._start_finishing()

    def _start_finishing(self) -> None:
        self._finishing = True
        self._linger_until_s = time.monotonic() + LINGER_S
        if self._backlog:
            # The sender may be waiting for room without an end: from now on there is one.
            self._backlog_sender.wake()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._backlog.clear()
            self._set_backlog_bytes(0)
            on_end = self._on_end
            # The connection holds its outbox: without these the two are freed at once, not by a later collection.
            self._on_end = self._on_caught_up = _nothing
            on_end()

    def _set_backlog_bytes(self, backlog_bytes: int) -> None:
        self._backlog_bytes = backlog_bytes
        self._backlogs.count(self, backlog_bytes)


def _nothing() -> None:
    """Whom nobody waits for any more."""


class Backlogs:
    """How much waits for all clients together, and for whom.

    Any thread.  `_lock` guards both counts; who holds it asks for no other lock.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._bytes_by_outbox: dict[Outbox, int] = {}
        self._total_bytes = 0

    @property
    def is_half_of_room_taken(self) -> bool:
        """Whether so much waits for all together that whoever lets anything wait should be told less."""
        return self._total_bytes > self._bytes_max // 2

    def count(self, outbox: Outbox, backlog_bytes: int) -> None:
        """So much waits for this client now.  The lock of `outbox` is held meanwhile."""
        with self._lock:
            self._total_bytes += backlog_bytes - self._bytes_by_outbox.pop(outbox, 0)
            if backlog_bytes:
                self._bytes_by_outbox[outbox] = backlog_bytes

    def make_room(self) -> None:
        """While too much waits for all together, give up the client for whom most waits.

        No outbox's lock may be held.  O(1) if there is room, else O(clients with a backlog) for each one given up.
        """
        while self._total_bytes > self._bytes_max and (largest := self._largest()):
            outbox, backlog_bytes = largest
            outbox.give_up(backlog_bytes)

    def _largest(self) -> Optional[tuple[Outbox, int]]:
        """For whom most waits, and how much; None if there is room by now."""
        sizes = self._bytes_by_outbox
        with self._lock:
            if self._total_bytes <= self._bytes_max:
                return None
            outbox = max(sizes, key=sizes.__getitem__)
            return outbox, sizes[outbox]


class BacklogSender:
    """One thread for the backlogs of all slow clients; `backlogs` counts them, all together at most
    `all_backlogs_bytes_max`.

    `watch` (any thread) hands it an outbox through `_new`, a deque of atomic appends, bounded by the number of
    connections; only this thread touches `_slow`.  It forgets an outbox whose backlog is gone.
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
        self._new: deque[Outbox] = deque()
        self._slow: list[Outbox] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="backlog-sender", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def watch(self, outbox: Outbox) -> None:
        """Send this outbox's backlog whenever its socket has room."""
        self._new.append(outbox)
        self.wake()

    def stop(self) -> None:
        """End the thread; what is still in backlogs stays unsent."""
        self._stopping = True
        self.wake()
        self._thread.join()
        self._wake_reader.close()
        self._wake_writer.close()

    def wake(self) -> None:
        """Have the thread look again at the outboxes it serves: one of them has begun to finish."""
        try:
            self._wake_writer.send(b"!")
        except BlockingIOError:
            return  # The pipe is full of wake-ups, so the thread is about to wake anyway.

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._wait_for_room()
                self._slow = [outbox for outbox in self._slow if outbox.send_backlog()]
                while self._new:
                    outbox = self._new.popleft()
                    if outbox.send_backlog():
                        self._slow.append(outbox)
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._on_failure(failure)

    def _wait_for_room(self) -> None:
        """Sleep until a slow client takes data, a new one comes, or one that lingers has had its time.

        The poll object is made anew each time: a descriptor that was closed meanwhile only wakes it once.
        """
        poll = select.poll()
        poll.register(self._wake_reader, select.POLLIN)
        for outbox in self._slow:
            descriptor = outbox.sock.fileno()
            if descriptor >= 0:
                poll.register(descriptor, select.POLLOUT)
        lingering = any(outbox.is_finishing for outbox in self._slow)
        poll.poll(LINGER_S * 1000 if lingering else None)
        try:
            self._wake_reader.recv(4096)
        except BlockingIOError:
            return  # Woken by a client, not by `watch`.
