"""One client's connection as the matching thread sees it: who it is, and the lines on their way to it."""

from __future__ import annotations

import socket
import threading
from typing import Optional

from exchange.networking.outbox import BacklogSender, Outbox


class Connection:
    """One client.

    The matching thread owns `user` (None before the login) and the lines queued in the present batch; the reader
    thread of the connection calls the methods that say so.  `peer` is the client's address, for people.
    """

    def __init__(
        self, sock: socket.socket, peer: str, backlog_sender: BacklogSender, overflow_line: bytes
    ) -> None:
        self.peer = peer
        self.user: Optional[str] = None
        self._sock = sock
        self._queued: list[bytes] = []
        self._login_answered = threading.Event()
        self._ended = threading.Event()
        self._reader_has_left = False
        self._outbox = Outbox(sock, backlog_sender, overflow_line, self._hang_up)

    def __repr__(self) -> str:
        return f"<Connection {self.peer} {self.user or 'not logged in'}>"

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

    def abandon(self, line: bytes) -> None:
        """Send `line` and nothing after it, whatever is queued.  For when the matching thread has ended."""
        self._outbox.send(line)
        self._outbox.finish()

    def answer_login(self, user: Optional[str]) -> None:
        """The login was decided: `user` is who the connection speaks for, None if it was refused."""
        self.user = user
        self._login_answered.set()

    def wait_for_login(self) -> Optional[str]:
        """Wait until a login that was put in the queue is answered; returns the user.  Reader thread only."""
        self._login_answered.wait()
        self._login_answered.clear()
        return self.user

    def stop_reading(self) -> None:
        """Make the reader find the end of what the client sent.  Any thread."""
        self._shut_down(socket.SHUT_RD)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will be sent, so that nothing more need be read.  Any thread."""
        return self._ended.is_set()

    def reader_leaves(self) -> None:
        """The reader will read nothing more for the exchange.  Reader thread only."""
        self._reader_has_left = True

    def wait_until_ended(self) -> None:
        """Wait until everything has been sent or the client is gone.  Reader thread only."""
        self._ended.wait()

    def _hang_up(self) -> None:
        """Nothing more will be sent.  A reader that still reads is woken; it ends and closes the socket."""
        self._shut_down(socket.SHUT_WR if self._reader_has_left else socket.SHUT_RDWR)
        self._ended.set()
        self._login_answered.set()

    def _shut_down(self, how: int) -> None:
        try:
            self._sock.shutdown(how)
        except OSError:
            return  # The client was faster.
