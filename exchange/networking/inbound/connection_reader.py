"""The reader thread of one connection: bytes → lines → checked requests → the inbound queue.

    receive ──► lines ──► a piece of requests ──► queue ──► receive …
                            a login ends its piece, and its answer is waited for:
                            whoever logs in is the user of the lines behind it

A reader that waits does not receive, and TCP then holds its client back.  It waits when the queue has no room,
when two of its pieces are still in it, and, if the server has these protections, when its user has sent more than
the limit (`rate_limit`) or has taken more than their share of the time (`reading_turns`).
"""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Optional, Protocol, Union

from exchange.engine.commands import GetOrders, GetPositions, NewOrder, ReplaceOrder
from exchange.networking.inbound.lingering import RECEIVE_BYTES, linger
from exchange.networking.inbound.login_check import LoginCheck
from exchange.networking.inbound.rate_limit import Throttle
from exchange.networking.inbound.reading_turns import LONG_BYTES, READ_BYTES, ReadingTurns
from exchange.networking.outbound.connection import Connection
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.decode import decode
from exchange.networking.wire.limits import STRANGER_LINE_BYTES_MAX
from exchange.networking.wire.line_reader import LineReader, LineTooLongError
from exchange.networking.wire.refusals import refused
from exchange.networking.wire.requests import (
    BadRequest,
    CancelOnDisconnect,
    Disconnected,
    FillsFound,
    GetFills,
    Login,
    Logout,
    Request,
    Subscribe,
)
from exchange.utils.tls import TlsSocket

# How many requests go into the queue in one piece.  With the pieces a connection may have there at once this
# bounds what is kept in memory of all that one client sends.  As many orders as one `recv` brings at most, so that
# each wake-up of the matching thread is shared by all of them.
PIECE_REQUESTS_MAX = 512
# These end their piece: the answer to a login is waited for, nothing follows a logout, and where an answer may be
# large other clients get in between.
_ENDS_PIECE = frozenset({Login, Logout, GetOrders, GetFills, Subscribe})
# A client has this long to agree on keys.
TLS_HANDSHAKE_S_MAX = 10.0

# What is refused beyond the rate limit: orders, and what may cost the exchange much more than it costs the asker.
# Never a cancel, which makes the market safer, nor a ping, by which bots find out how far the exchange is.
_RATE_LIMITED = frozenset({NewOrder, ReplaceOrder, GetOrders, GetPositions, GetFills, Subscribe})

_NO_TURN = nullcontext()
_CANCEL_NONE = CancelOnDisconnect.NONE
_ENGINE_STOPPING = BadRequest(WireCode.ENGINE_STOPPING, "the exchange is stopping")
_STRANGERS_LINE_TOO_LONG = BadRequest(
    WireCode.LINE_TOO_LONG,
    f"before a login a line may have at most {STRANGER_LINE_BYTES_MAX} bytes, its newline included",
)

# Looks up a user's fills in the records on disk; what it gives, or why it gives none, follows in the queue.
FindFills = Callable[[str, GetFills], Union[FillsFound, BadRequest]]
# Puts requests of one connection into the inbound queue, in the order sent, and may wait there; the last argument
# is called when they have been processed.
PutInbound = Callable[[Connection, Sequence[Request], Callable[[], None]], None]


class Gateway(Protocol):
    """What a reader needs of the server that started it.  What is None, or 0.0, is a protection left out."""

    tls: Optional[ssl.SSLContext]
    login_check: LoginCheck
    find_fills: FindFills
    is_stopping: bool
    throttle: Optional[Throttle]
    turns: Optional[ReadingTurns]
    linger_s: float

    @property
    def put(self) -> PutInbound:
        """Puts requests into the inbound queue; may wait there."""

    def open_connection(self, sock: Union[socket.socket, TlsSocket], host: str, port: int) -> Connection:
        """A connection for a socket that was just accepted."""

    def forget_connection(self, connection: Connection) -> None:
        """The reader of `connection` is about to end."""


class ConnectionReader(socketserver.BaseRequestHandler):
    """Reads one connection, in a thread of its own, from the first byte to the last."""

    server: Gateway  # type: ignore[assignment]  # socketserver hands over whichever server it is
    request: socket.socket

    def handle(self) -> None:
        """Read until the client is done, has broken the protocol, or the exchange stops."""
        host, port = self.client_address[:2]
        threading.current_thread().name = f"reader-{host}:{port}"
        self._user: Optional[str] = None
        # Which orders end with this connection, as its login said.
        self._cancel_on_disconnect = _CANCEL_NONE
        # Whether the last line taken was a goodbye: a logout, or a login that was refused (PROTOCOL "Login").
        self._is_done = False
        # Whether the client itself ended what it sends.
        self._client_has_left = False
        # What has come and was not yet charged to its share of the time.
        self._unpaid_bytes = 0
        sock = self._secured()
        if sock is None:
            return
        self._sock = sock
        self._connection = self.server.open_connection(sock, host, port)
        if self.server.turns is not None:
            self.server.turns.connected(host)
        try:
            last_requests: Sequence[Request] = self._read_all()
        except OSError:
            last_requests = []  # The connection broke, or was silent for too long: an end like any other.
            self._client_has_left = True
        self._connection.reader_leaves()
        self._put([*last_requests, Disconnected()])
        self._connection.wait_until_ended()
        self.server.forget_connection(self._connection)
        if not self._client_has_left:
            linger(self.request, self.server.linger_s)

    def _secured(self) -> Union[socket.socket, TlsSocket, None]:
        """The client's socket, behind TLS if the exchange speaks it; None if the client does not."""
        try:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A client whose machine is gone is found out by the system, if nothing else finds out.
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self.server.tls is None:
                return self.request
            self._set_silence_max(TLS_HANDSHAKE_S_MAX)
            sock = TlsSocket(self.request, self.server.tls)
            sock.handshake(TLS_HANDSHAKE_S_MAX)
            self._set_silence_max(0.0)
            return sock
        except OSError:
            return None

    def _read_all(self) -> list[Request]:
        """Take everything in; returns what is to be said to the client at the end."""
        lines = LineReader()
        while not (self._is_done or self._connection.has_ended or self.server.is_stopping):
            received = self._sock.recv(RECEIVE_BYTES)
            if not received:
                self._client_has_left = True
                # Who only ends what it sends may still read: it is told that its last words were lost.
                return [_ENGINE_STOPPING] if self.server.is_stopping else _unfinished(lines)
            try:
                self._take(lines.feed(received), len(received))
            except LineTooLongError as error:
                self._take(error.lines, len(received))
                return [BadRequest(WireCode.LINE_TOO_LONG, str(error))]
            if self._user is None and lines.partial_bytes >= STRANGER_LINE_BYTES_MAX:
                return [_STRANGERS_LINE_TOO_LONG]
        return [_ENGINE_STOPPING] if self.server.is_stopping else []

    def _take(self, lines: list[bytes], received_bytes: int) -> None:
        """Decode lines, of the last `received_bytes` that came, and put them into the queue in pieces.

        What follows a goodbye is thrown away: nobody would hear the answers.
        """
        left = iter(lines)
        while not self._is_done:
            requests, pause_s = self._next_piece(left, received_bytes)
            if not requests:
                return
            last = requests[-1]
            if isinstance(last, Login):
                self._log_in(requests[:-1], last)
            else:
                self._put(requests)
            if isinstance(last, GetFills):
                # What it asks for is on disk: the matching thread only says when all before it is done.
                self._put(self._found_fills(last))
            if pause_s:
                self._connection.is_leaving.wait(pause_s)
            elif len(requests) < PIECE_REQUESTS_MAX and type(last) not in _ENDS_PIECE:
                return  # It was the lines that ended the piece.

    def _next_piece(self, left: Iterator[bytes], received_bytes: int) -> tuple[list[Request], float]:
        """What the next lines ask for, and for how long then to read nothing, in seconds."""
        requests: list[Request] = []
        pause_s = 0.0
        with self._turn(received_bytes):
            is_throttled = self.server.throttle is not None
            for line in left:
                request = self._decoded(line)
                if is_throttled and type(request) is not Login:
                    request, pause_s = self._throttled(request)
                requests.append(request)
                if len(requests) >= PIECE_REQUESTS_MAX or type(request) in _ENDS_PIECE or pause_s or self._is_done:
                    break
        return requests, pause_s

    def _turn(self, received_bytes: int) -> AbstractContextManager[None]:
        """What to decode so many bytes in; waited for when enough have come to matter."""
        turns = self.server.turns
        if turns is None:
            return _NO_TURN
        if received_bytes > LONG_BYTES:
            return turns.long_turn(self._connection.share, self._connection.is_leaving)
        self._unpaid_bytes += received_bytes + READ_BYTES
        if self._unpaid_bytes > LONG_BYTES:
            turns.short_turn(self._connection.share, self._unpaid_bytes, self._connection.is_leaving)
            self._unpaid_bytes = 0
        return _NO_TURN

    def _decoded(self, line: bytes) -> Request:
        """What the line asks for; an order that ends with this connection says so, which no crash can undo."""
        if self._user is None and len(line) >= STRANGER_LINE_BYTES_MAX:
            self._is_done = True
            return _STRANGERS_LINE_TOO_LONG
        request = decode(line, self._user)
        if type(request) is Logout:
            self._is_done = True
        elif self._cancel_on_disconnect is not _CANCEL_NONE and type(request) is NewOrder:
            covered = self._cancel_on_disconnect.covers(request.terms.time_in_force)
            return request._replace(ends_with_connection=covered)
        return request

    def _log_in(self, before: list[Request], login: Login) -> None:
        """Put a login and what came before it into the queue, and wait until it is answered."""
        self._put(before + self._checked_login(login))
        self._user = self._connection.wait_for_login()
        self._cancel_on_disconnect = login.cancel_on_disconnect
        self._is_done = self._user is None
        self._set_silence_max(2 * self._connection.heartbeat_s)

    def _checked_login(self, login: Login) -> list[Request]:
        return self.server.login_check.check(login, self._user, self._connection.host, self._wait_for_client)

    def _found_fills(self, request: GetFills) -> list[Request]:
        """What the user asks for, once everything asked before it has been done; nothing for who has left."""
        self._connection.wait_for_turn()
        if self._connection.has_ended or self._user is None:
            return []
        return [self.server.find_fills(self._user, request)]

    def _wait_for_client(self, seconds: float) -> None:
        """Wait, but for no client that has left: the poll hears of its end and of ours, and of nothing it sent."""
        poll = select.poll()
        poll.register(self.request, select.POLLRDHUP)
        poll.poll(seconds * 1_000)

    def _throttled(self, request: Request) -> tuple[Request, float]:
        """The request, or its refusal where the sender has sent too much, and for how long then to read nothing,
        in seconds: what is never refused has to wait as well."""
        throttle = self.server.throttle
        if throttle is None:
            return request, 0.0
        sender = self._user or self._connection.peer
        if throttle.take(sender):
            return request, 0.0
        # Who is leaving is read no further, and what was read is to be answered soon.
        pause_s = 0.0 if self._connection.is_leaving.is_set() else throttle.pause_s(sender)
        return _rate_limited(request, throttle), pause_s

    def _put(self, requests: Sequence[Request]) -> None:
        self._connection.take_piece()
        self.server.put(self._connection, requests, self._connection.give_back_piece)

    def _set_silence_max(self, silence_s: float) -> None:
        """How long the client may say nothing, 0 for ever.  The socket's own option: a timeout of Python's would
        also make sends wait."""
        seconds, fraction = divmod(silence_s, 1.0)
        self.request.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(seconds), int(fraction * 1_000_000))
        )


def _unfinished(lines: LineReader) -> list[Request]:
    """What is said of a line that ends without its newline: it may have been cut off, so it is not carried out."""
    if not lines.is_within_line:
        return []
    return [BadRequest(WireCode.MALFORMED, "the last line does not end in a newline, so it was not carried out")]


def _rate_limited(request: Request, throttle: Throttle) -> Request:
    if type(request) not in _RATE_LIMITED:
        return request
    return refused(request, WireCode.RATE_LIMITED, f"more than {throttle.per_s:g} messages per second: slow down")
