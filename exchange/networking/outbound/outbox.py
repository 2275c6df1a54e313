"""What is to be sent to one client.

A send tries the socket at once, in the sender's thread: that is the whole story for a client that keeps reading.
What the socket does not take goes to the client's backlog, and the `BacklogSender` thread sends it on whenever the
socket has room again.  Nobody ever waits for a client.  A backlog is bounded; a client that lets it overflow is
told `SLOW_CONSUMER` behind the line that was cut off in the middle, if it still reads, and closed.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Optional, Union

from exchange.networking.outbound.backlogs import BacklogSender
from exchange.utils.tls import TlsSocket

# PROTOCOL "Lines": what may wait for one client.
BACKLOG_BYTES_MAX = 8 * 1024 * 1024

# A client with more than this waiting for it lags: until it has caught up it gets no book updates, but a snapshot
# of each changed book at its pings.
LAGGING_BYTES = 4 * 1024 * 1024

_NEWLINE = ord(b"\n")

# How long the last words to a client may wait for it to read them.
LINGER_S = 2.0


class Outbox:
    """Everything on its way to one client, in order.

    `send` and `finish` are called by the matching thread (by that of the heartbeats, and of a failure, too),
    `send_backlog` by the backlog sender, `give_up` by who sent too much for all; `_lock` guards the backlog and
    the right to write to the socket.  When all has been sent after `finish`, or the peer is gone, `on_end` is
    called, once, in the thread that found out.
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
        # Whether what was written last ended in the middle of a line.
        self._line_is_cut = False
        # Whether what was handed over last did: what is left of a long answer is still to be made.
        self._line_is_open = False
        # Whether `on_caught_up` is to be called when the backlog is empty, however small it was.
        self._must_tell_when_taken = False
        # Set once only what is here will still be sent.
        self._linger_until_s: Optional[float] = None
        self._ended = False

    @property
    def is_lagging(self) -> bool:
        """Whether so much waits for the client that it should be told no more than it must.

        Once it lags it does so until it has taken everything.
        """
        return self._is_lagging

    @property
    def is_finishing(self) -> bool:
        """Whether only what is already here will still be sent."""
        return self._linger_until_s is not None

    @property
    def linger_until_s(self) -> Optional[float]:
        """Until when at most what is already here will still be sent, by the monotonic clock; None: no end yet."""
        return self._linger_until_s

    @property
    def descriptor(self) -> int:
        """The socket's, -1 once it is closed."""
        return self.sock.fileno()

    def send(self, data: bytes) -> None:
        """Send lines, now or as soon as the client takes them.  Never waits; silent once finished.

        The last line may be open: then whoever sent it sends what is left of it next.
        """
        with self._lock:
            has_left_some = self._send(data)
        if has_left_some:
            self._backlogs.make_room()

    def send_between_lines(self, line: bytes) -> None:
        """Send `line` from another thread than the matching thread, unless a line is open."""
        with self._lock:
            has_left_some = not self._line_is_open and self._send(line)
        if has_left_some:
            self._backlogs.make_room()

    def _send(self, data: bytes) -> bool:
        """Whether some of it waits now in the backlog."""
        if self._linger_until_s is not None or self._ended:
            return False
        self.last_sent_s = time.monotonic()
        self._line_is_open = data[-1] != _NEWLINE
        if self._backlog:
            self._keep(data)
            return True
        left = self._write(data)
        if not left:
            return False
        self._keep(left)
        self._backlog_sender.watch(self)
        return True

    def will_tell_when_taken(self) -> bool:
        """Whether something waits for the client; then `on_caught_up` is called when it has taken everything."""
        with self._lock:
            self._must_tell_when_taken = bool(self._backlog)
            return self._must_tell_when_taken

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

        It is told why as if its own limit were exceeded; but if what is left of a line that must go ahead of that
        is so long that it is given up again, it ends at once.
        """
        with self._lock:
            if self._backlog_bytes < backlog_bytes:
                return
            if self.is_finishing:
                self._end()
            else:
                self._overflow()

    def send_backlog(self) -> bool:
        """Write what the socket takes now; True while there is more."""
        with self._lock:
            while self._backlog and not self._ended:
                chunk = self._backlog.popleft()
                self._backlog_bytes -= len(chunk)
                left = self._write(chunk)
                if left:
                    self._backlog.appendleft(left)
                    self._set_backlog_bytes(self._backlog_bytes + len(left))
                    if self._linger_until_s is None or time.monotonic() < self._linger_until_s:
                        return True
                    self._end()
            self._set_backlog_bytes(0)
            if self.is_finishing:
                self._end()
            has_caught_up = self._is_lagging or self._must_tell_when_taken
            self._is_lagging = self._must_tell_when_taken = False
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
        self._line_is_cut = data[sent_bytes - 1] != _NEWLINE
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
        """Give up on this client: complete the line it has half of, say why, and end.

        If the line can't be completed, because its end is not made yet, there is nothing that could be said.
        """
        rest_of_line = self._rest_of_line()
        if rest_of_line is None:
            self._end()
            return
        last_words = rest_of_line + self._overflow_line
        self._backlog = deque([last_words])
        self._set_backlog_bytes(len(last_words))
        self._start_finishing()

    def _rest_of_line(self) -> Optional[bytes]:
        """What must go out of the backlog before another line may; None if it does not go to the end of a line."""
        # What TLS has encrypted can't be taken back: the same bytes must be offered again.
        committed_bytes = self.sock.committed_bytes if isinstance(self.sock, TlsSocket) else 0
        if not committed_bytes and not self._line_is_cut:
            return b""
        waiting = b"".join(self._backlog)
        if waiting[:committed_bytes].endswith(b"\n"):
            return waiting[:committed_bytes]
        end = waiting.find(b"\n", committed_bytes) + 1
        return waiting[:end] if end else None

    def _start_finishing(self) -> None:
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
