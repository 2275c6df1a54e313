"""One client's connection as the matching thread sees it: who it is, and the lines on their way to it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Optional, Union

from exchange.networking.outbound.backlogs import BacklogSender
from exchange.networking.outbound.outbox import Outbox
from exchange.utils.tls import TlsSocket

# How many pieces of what a connection sent may be in the queue at once: its share of a batch.
PIECES_QUEUED_MAX = 2


class Connection:
    """One client.

    The matching thread owns `user` (None before the login), `entered_order_ids` (the live orders that end with the
    connection) and the lines queued in the present batch; the reader thread calls the methods that say so.  `host`
    and `peer` (host:port) are the client's address.
    """

    def __init__(
        self,
        sock: Union[socket.socket, TlsSocket],
        host: str,
        port: int,
        backlog_sender: BacklogSender,
        overflow_line: bytes,
        on_caught_up: Callable[[Connection], None],
    ) -> None:
        """`on_caught_up` hears when a client that lagged has taken everything; called by the backlog sender."""
        self.host = host
        self.peer = f"{host}:{port}"
        self.user: Optional[str] = None
        self.entered_order_ids: set[int] = set()
        self.heartbeat_s = 0.0
        self.is_leaving = threading.Event()
        self._sock = sock
        self._queued: list[bytes] = []
        self._login_answered = threading.Event()
        self._ended = threading.Event()
        self._reader_has_left = False
        self._pieces = threading.BoundedSemaphore(PIECES_QUEUED_MAX)
        self._outbox = Outbox(
            sock, backlog_sender, overflow_line, self._hang_up, on_caught_up=lambda: on_caught_up(self)
        )

    def __repr__(self) -> str:
        return f"<Connection {self.peer} {self.user or 'not logged in'}>"

    # --- the matching thread's ----------------------------------------------------------------------------

    def queue(self, line: bytes) -> bool:
        """Add a line to what this batch will send; True if it is the first of the batch."""
        self._queued.append(line)
        return len(self._queued) == 1

    def flush(self) -> None:
        """Send what was queued, in one go.  Never waits."""
        if self._queued:
            data = b"".join(self._queued)
            self._queued.clear()
            self._outbox.send(data)

    def finish(self) -> None:
        """Send what is queued and nothing after it, then close."""
        self.flush()
        self._outbox.finish()

    @property
    def is_lagging(self) -> bool:
        """Whether the client is behind with reading: book updates would only make it worse."""
        return self._outbox.is_lagging

    def answer_login(self, user: Optional[str]) -> None:
        """The login was decided: `user` is who the connection speaks for, None if it was refused."""
        self.user = user
        self._login_answered.set()

    def expect_heartbeats(self, heartbeat_s: float) -> None:
        """The login asked for a sign of life every so many seconds, 0 for none; they count from now."""
        self.heartbeat_s = heartbeat_s
        self._outbox.last_sent_s = time.monotonic()

    def give_back_piece(self) -> None:
        """A piece of what the connection sent has been processed: its reader may put another into the queue."""
        self._pieces.release()

    # --- any thread's -------------------------------------------------------------------------------------

    def abandon(self, line: bytes) -> None:
        """Send `line` and nothing after it, whatever is queued.  For when the matching thread has ended."""
        self._outbox.send(line)
        self._outbox.finish()

    def send_if_silent(self, line: bytes, now_s: float) -> None:
        """Send a heartbeat if nothing was sent for `heartbeat_s`; `now_s` is monotonic."""
        if now_s - self._outbox.last_sent_s >= self.heartbeat_s:
            self._outbox.send(line)

    def stop_reading(self) -> None:
        """Make the reader find the end of what the client sent."""
        self.is_leaving.set()
        self._shut_down(socket.SHUT_RD)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be sent, so that nothing more need be read."""
        return self._ended.is_set()

    # --- the reader thread's ------------------------------------------------------------------------------

    def take_piece(self) -> None:
        """Wait until another piece may go into the queue."""
        self._pieces.acquire()

    def wait_for_login(self) -> Optional[str]:
        """Wait until a login that was put in the queue is answered; returns the user."""
        self._login_answered.wait()
        self._login_answered.clear()
        return self.user

    def reader_leaves(self) -> None:
        """The reader will read nothing more for the exchange."""
        self._reader_has_left = True

    def wait_until_ended(self) -> None:
        """Wait until everything has been sent or the client is gone."""
        self._ended.wait()

    def _hang_up(self) -> None:
        """Nothing more will be sent.  A reader that still reads is woken; it ends and closes the socket."""
        self._shut_down(socket.SHUT_WR if self._reader_has_left else socket.SHUT_RDWR)
        self._ended.set()
        self.is_leaving.set()
        self._login_answered.set()

    def _shut_down(self, how: int) -> None:
        try:
            self._sock.shutdown(how)
        except OSError:
            return  # The client was faster.


# Queues a line for a connection, to be sent at the end of the batch.
SendLine = Callable[[Connection, bytes], None]
