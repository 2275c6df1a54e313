"""The reader thread of one connection: bytes → lines → checked requests → the inbound queue.

It waits when the queue is full, the connection has its share of it, or its user sends far too much: then it stops
reading, and TCP pushes back on the sender.  A login is the one request whose answer it waits for, because whoever
logs in is the user of the lines behind it.
"""

from __future__ import annotations

import select
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Sequence
from typing import Optional, Protocol, Union

from exchange.engine.commands import GetOrders, GetPositions, NewOrder, ReplaceOrder
from exchange.engine.events import OrderRejected, ReplaceRejected
from exchange.networking.inbound.login_check import LoginCheck
from exchange.networking.inbound.rate_limit import Throttle
from exchange.networking.outbound.connection import Connection
from exchange.networking.outbound.outbox import LINGER_S
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.decode import decode
from exchange.networking.wire.line_reader import LineReader, LineTooLongError
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

RECEIVE_BYTES = 65_536
# How many requests go into the queue in one piece.  With the pieces a connection may have there at once this is
# its share of a batch: however much one client sends, the others wait for no more than this.
PIECE_REQUESTS_MAX = 256
# Requests whose answers may be large: each ends its piece, so that other clients get in between.
_LARGE_ANSWERS = frozenset({GetOrders, Subscribe})
# A client has this long to agree on keys.
TLS_HANDSHAKE_S_MAX = 10.0

# What may cost the exchange much more than it costs the asker; refused beyond the rate limit like an order.
_DEAR = frozenset({GetOrders, GetPositions, GetFills, Subscribe})

_CANCEL_NONE = CancelOnDisconnect.NONE
_ENGINE_STOPPING = BadRequest(WireCode.ENGINE_STOPPING, "the exchange is stopping")

# Looks up a user's fills in the records on disk; what it gives, or why it gives none, follows in the queue.
FindFills = Callable[[str, GetFills], Union[FillsFound, BadRequest]]
# Puts requests of one connection into the inbound queue, in the order sent, and may wait there; the last argument
# is called when they have been processed.
PutInbound = Callable[[Connection, Sequence[Request], Callable[[], None]], None]


class Gateway(Protocol):
    """What a reader needs of the server that started it."""

    tls: Optional[ssl.SSLContext]
    login_check: LoginCheck
    find_fills: FindFills
    throttle: Optional[Throttle]
    is_stopping: bool

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
        sock = self._secured()
        if sock is None:
            return
        self._sock = sock
        self._connection = self.server.open_connection(sock, host, port)
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
            self._linger()

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
                self._take(lines.feed(received))
            except LineTooLongError as error:
                self._take(error.lines)
                return [BadRequest(WireCode.LINE_TOO_LONG, str(error))]
        return [_ENGINE_STOPPING] if self.server.is_stopping else []

    def _take(self, lines: list[bytes]) -> None:
        """Decode lines and put them into the queue in pieces; a login ends one, its answer says who speaks.

        What follows a goodbye is thrown away: nobody would hear the answers.
        """
        requests: list[Request] = []
        for line in lines:
            request = self._decoded(line)
            rest_s = 0.0
            if type(request) is Login:
                self._put(requests + self._checked_login(request))
                requests = []
                self._user = self._connection.wait_for_login()
                self._cancel_on_disconnect = request.cancel_on_disconnect
                self._is_done = self._user is None
                self._set_silence_max(2 * self._connection.heartbeat_s)
            else:
                request, rest_s = self._throttled(request)
                requests.append(request)
                if type(request) is GetFills:
                    # What it asks for is on disk: the matching thread only says when all before it is done.
                    self._put(requests)
                    requests = self._found_fills(request)
                self._is_done = type(request) is Logout
            if self._is_done:
                break
            if len(requests) >= PIECE_REQUESTS_MAX or type(request) in _LARGE_ANSWERS or rest_s:
                self._put(requests)
                requests = []
                self._connection.is_leaving.wait(rest_s)
        if requests:
            self._put(requests)

    def _decoded(self, line: bytes) -> Request:
        """What the line asks for; an order that ends with this connection says so, which no crash can undo."""
        request = decode(line, self._user)
        if self._cancel_on_disconnect is not _CANCEL_NONE and type(request) is NewOrder:
            covered = self._cancel_on_disconnect.covers(request.terms.time_in_force)
            return request._replace(ends_with_connection=covered)
        return request

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
        """The request, or its refusal where the sender has sent too much, and how long then to read nothing, in
        seconds.  Pings and cancels are never refused, but they too have to wait."""
        throttle = self.server.throttle
        if throttle is None:
            return request, 0.0
        sender = self._user or self._connection.peer
        if throttle.take(sender):
            return request, 0.0
        # Who is leaving is read no further, and what was read is to be answered soon.
        rest_s = 0.0 if self._connection.is_leaving.is_set() else throttle.rest_s(sender)
        return _rate_limited(request, throttle), rest_s

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

    def _linger(self) -> None:
        """Throw away what the client still sends, for a while: closing now would cut off what it was told."""
        end_s = time.monotonic() + LINGER_S
        self.request.settimeout(LINGER_S)
        try:
            while self.request.recv(RECEIVE_BYTES) and time.monotonic() < end_s:
                continue
        except OSError:
            return  # It left, or it said nothing more.


def _unfinished(lines: LineReader) -> list[Request]:
    """What is said of a line that ends without its newline: it may have been cut off, so it is not carried out."""
    if not lines.is_within_line:
        return []
    return [BadRequest(WireCode.MALFORMED, "the last line does not end in a newline, so it was not carried out")]


def _rate_limited(request: Request, throttle: Throttle) -> Request:
    text = f"more than {throttle.per_s:g} messages per second: slow down"
    if type(request) is NewOrder:
        return OrderRejected(request.client_order_id, WireCode.RATE_LIMITED, text)
    if type(request) in _DEAR:
        return BadRequest(WireCode.RATE_LIMITED, text)
    if type(request) is ReplaceOrder:
        return ReplaceRejected(request.order_id, request.client_order_id, WireCode.RATE_LIMITED, text)
    return request
