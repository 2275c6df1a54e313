"""One client's connection as the matching thread sees it: who it is, and the lines on their way to it.

    queue ──► the lines of this batch ──flush──► outbox ──► socket
    queue_long ──► `unfinished_answers`, and every later line behind it ──send_pieces──► outbox
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Optional, Union

from exchange.networking.outbound.backlogs import BacklogSender
from exchange.networking.outbound.outbox import BACKLOG_BYTES_MAX, LAGGING_BYTES, LINGER_S, Outbox
from exchange.networking.outbound.unfinished_answers import AnswerParts
from exchange.utils.tls import TlsSocket

# How many pieces of what a connection sent may be in the queue at once: its share of a batch.
PIECES_QUEUED_MAX = 2
# Pieces of a long answer are handed to the socket in about such portions.
PORTION_BYTES = 65_536


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
        # Whose share of the exchange's time this connection uses: its address's, from its login on its user's.
        # Set by the reader, between two requests.
        self.share = host
        self.entered_order_ids: set[int] = set()
        self.heartbeat_s = 0.0
        # Whether nothing more will be sent, so that nothing more need be read; set here alone.
        self.has_ended = False
        self.is_leaving = threading.Event()
        self._sock = sock
        self._queued: list[bytes] = []
        # A long answer that is under way and what waits behind it, None most of the time.
        self._parts: Optional[AnswerParts] = None
        # Whether the next piece waits for the client to take what it was sent.
        self._is_pausing = False
        # Set when a connection is to end as soon as its long answers are sent: then only until this time.
        self._finish_until_s: Optional[float] = None
        self._login_answered = threading.Event()
        self._has_turn = threading.Event()
        self._ended = threading.Event()
        self._reader_has_left = False
        # One for each piece that the reader may still put into the queue: a semaphore at a tenth of its cost.
        free_pieces: queue.SimpleQueue[None] = queue.SimpleQueue()
        # The reader's: waits until another piece may go into the queue.
        self.take_piece: Callable[[], None] = free_pieces.get
        # The matching thread's: a piece of what the connection sent has been processed.
        self.give_back_piece: Callable[[], None] = partial(free_pieces.put, None)
        for _ in range(PIECES_QUEUED_MAX):
            self.give_back_piece()
        self._outbox = Outbox(
            sock, backlog_sender, overflow_line, self._hang_up, on_caught_up=lambda: on_caught_up(self)
        )

    def __repr__(self) -> str:
        return f"<Connection {self.peer} {self.user or 'not logged in'}>"

    # --- the matching thread's ----------------------------------------------------------------------------

    def queue(self, line: bytes) -> bool:
        """Add a line to what this batch will send; True if it is the first of the batch.

        Behind a long answer it waits until that is sent; who lets too much wait there is given up.
        """
        if self._parts is not None:
            self._queue_behind(self._parts, line)
            return False
        self._queued.append(line)
        return len(self._queued) == 1

    def _queue_behind(self, parts: AnswerParts, line: bytes) -> None:
        if self._finish_until_s is None:
            parts.add_line(line)
            if parts.line_bytes > BACKLOG_BYTES_MAX:
                self._outbox.give_up(0)

    def queue_long(self, pieces: Iterator[bytes]) -> None:
        """Add an answer that is made piece by piece by `send_pieces`.  For `LongAnswers`, which calls that."""
        if self._finish_until_s is None:
            self._parts = self._parts or AnswerParts()
            self._parts.add_pieces(pieces)

    def send_pieces(self, is_time_up: Callable[[], bool]) -> bool:
        """Make and send pieces until the time is up or the client does not take them; True while there are more.

        At least one portion, if the client takes it.  Never waits.
        """
        while self._parts is not None and not self.has_ended:
            self._is_pausing = self._outbox.will_tell_when_taken()
            if self._is_pausing:
                return self._may_go_on_pausing()
            portion = self._next_portion(self._parts, is_time_up)
            if portion:
                self._outbox.send(portion)
            else:
                self._parts = None
            if self._parts is not None and is_time_up():
                return True
        self._parts = None
        if self._finish_until_s is not None:
            self._outbox.finish()
        return False

    def _next_portion(self, parts: AnswerParts, is_time_up: Callable[[], bool]) -> bytes:
        pieces: list[bytes] = []
        portion_bytes = 0
        while portion_bytes < PORTION_BYTES and (piece := parts.next()):
            pieces.append(piece)
            portion_bytes += len(piece)
            if is_time_up():
                break
        return b"".join(pieces)

    def _may_go_on_pausing(self) -> bool:
        """Whether the client may go on taking nothing; who is about to end has only so long for that."""
        if self._finish_until_s is None or time.monotonic() < self._finish_until_s:
            return True
        self._outbox.abort()
        return False

    def pieces_wait_s(self) -> Optional[float]:
        """In how many seconds `send_pieces` has something to do, None when it is the client's turn."""
        if not self._is_pausing:
            return 0.0
        return None if self._finish_until_s is None else max(0.0, self._finish_until_s - time.monotonic())

    def flush(self) -> None:
        """Send what was queued, in one go.  Never waits."""
        if self._queued:
            data = b"".join(self._queued)
            self._queued.clear()
            self._outbox.send(data)

    def finish(self) -> None:
        """Send what is queued, long answers too, and nothing after it, then close."""
        self.flush()
        if self._parts is None:
            self._outbox.finish()
        elif self._finish_until_s is None:
            self._finish_until_s = time.monotonic() + LINGER_S

    @property
    def is_lagging(self) -> bool:
        """Whether the client is behind with reading: book updates would only make it worse."""
        return self._outbox.is_lagging or (self._parts is not None and self._parts.line_bytes > LAGGING_BYTES)

    def answer_login(self, user: Optional[str]) -> None:
        """The login was decided: `user` is who the connection speaks for, None if it was refused."""
        self.user = user
        self._login_answered.set()

    def give_turn(self) -> None:
        """All that the connection's reader had put into the queue up to a question of its own is done."""
        self._has_turn.set()

    def expect_heartbeats(self, heartbeat_s: float) -> None:
        """The login asked for a sign of life every so many seconds, 0 for none; they count from now."""
        self.heartbeat_s = heartbeat_s
        self._outbox.last_sent_s = time.monotonic()

    # --- any thread's -------------------------------------------------------------------------------------

    def abandon(self, line: bytes) -> None:
        """Send `line` and nothing after it, whatever is queued.  For when the matching thread has ended."""
        self._outbox.send_between_lines(line)
        self._outbox.finish()

    def cut_off(self) -> None:
        """End now, whatever the client has not taken."""
        self._outbox.abort()

    def send_if_silent(self, line: bytes, now_s: float) -> None:
        """Send a heartbeat if nothing was sent for `heartbeat_s`; `now_s` is monotonic."""
        if now_s - self._outbox.last_sent_s >= self.heartbeat_s:
            self._outbox.send_between_lines(line)

    def stop_reading(self) -> None:
        """Make the reader find the end of what the client sent."""
        self.is_leaving.set()
        self._shut_down(socket.SHUT_RD)

    # --- the reader thread's ------------------------------------------------------------------------------

    def wait_for_login(self) -> Optional[str]:
        """Wait until a login that was put in the queue is answered; returns the user."""
        self._login_answered.wait()
        self._login_answered.clear()
        user = self.user
        if user is not None:
            self.share = user
        return user

    def wait_for_turn(self) -> None:
        """Wait until a question that was put in the queue has its turn, or nothing more will be sent."""
        self._has_turn.wait()
        if not self.has_ended:
            self._has_turn.clear()

    def reader_leaves(self) -> None:
        """The reader will read nothing more for the exchange."""
        self._reader_has_left = True

    def wait_until_ended(self) -> None:
        """Wait until everything has been sent or the client is gone."""
        self._ended.wait()

    def _hang_up(self) -> None:
        """Nothing more will be sent.  A reader that still reads is woken; it ends and closes the socket."""
        self._shut_down(socket.SHUT_WR if self._reader_has_left else socket.SHUT_RDWR)
        self.has_ended = True
        self._ended.set()
        self.is_leaving.set()
        self._login_answered.set()
        self._has_turn.set()

    def _shut_down(self, how: int) -> None:
        try:
            self._sock.shutdown(how)
        except OSError:
            return  # The client was faster.


# Queues a line for a connection, to be sent at the end of the batch.
SendLine = Callable[[Connection, bytes], None]
