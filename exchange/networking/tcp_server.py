"""The TCP side: accepts connections, reads lines, puts checked requests into the queue.

One reader thread per connection does one thing: bytes → lines → requests → the inbound queue.  When the queue is
full it waits, stops reading, and TCP pushes back on the sender.  It answers nothing itself: every answer comes
from the matching thread, in order.  The server neither matches nor keeps anything.

A login is the one request a reader waits for, because whoever logs in is the user of the lines behind it.
"""

from __future__ import annotations

import resource
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Optional

from exchange.engine.events import RejectCode
from exchange.networking import protocol
from exchange.networking.connection import Connection
from exchange.networking.line_reader import LineReader, LineTooLongError
from exchange.networking.outbox import LINGER_S, BacklogSender
from exchange.networking.requests import BadRequest, Disconnected, Login, Logout

RECEIVE_BYTES = 65_536
# Connections that may wait to be accepted; the system may allow fewer (net.core.somaxconn).
ACCEPT_BACKLOG = 4_096
# Descriptors that clients never get, however many come: the exchange must always be able to open its files.
DESCRIPTORS_RESERVED = 256

# What a reader puts into the queue: requests of one connection, in the order sent.
PutInbound = Callable[[Connection, list[Any]], None]

_SLOW_CONSUMER = protocol.error(
    RejectCode.SLOW_CONSUMER, "you read too slowly and too much is waiting for you; reconnect and read faster"
)
_ENGINE_STOPPING = BadRequest(RejectCode.ENGINE_STOPPING, "the exchange is stopping")


class ExchangeServer(socketserver.ThreadingTCPServer):
    """Listens from construction on; accepts from `start` on.  OSError if the address can't be had.

    `put` takes a connection's requests into the inbound queue and may wait there.  A client beyond
    `connections_max` (None: as many as the process has descriptors to spare) is hung up on at once.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = ACCEPT_BACKLOG

    def __init__(
        self,
        host: str,
        port: int,
        put: PutInbound,
        on_failure: Callable[[BaseException], None],
        connections_max: Optional[int] = None,
    ) -> None:
        self.put = put
        self.is_stopping = False
        self._on_failure = on_failure
        self._backlog_sender = BacklogSender(on_failure)
        self._connections: dict[Connection, threading.Thread] = {}
        self._connections_max = _descriptors_to_spare() if connections_max is None else connections_max
        # Accepted sockets that are not closed yet: those of `_connections`, and those that come or linger.
        self._open_count = 0
        # Guards `_connections`, which the readers write and `stop_reading` reads, and `_open_count`.
        self._connections_lock = threading.Lock()
        self._accepting = threading.Thread(target=self._accept, name="accept")
        super().__init__((host, port), ConnectionReader)

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) that is listened on: the real port where 0 was asked for."""
        host, port = self.socket.getsockname()[:2]
        return host, port

    def start(self) -> None:
        """Accept connections."""
        self._backlog_sender.start()
        self._accepting.start()

    def stop_reading(self) -> None:
        """Accept nobody and read nothing any more.

        When this returns all that was read is answered, which needs a matching thread that runs.
        """
        self.is_stopping = True
        self.shutdown()
        self._accepting.join()
        self.server_close()
        with self._connections_lock:
            readers = list(self._connections.items())
        for connection, _ in readers:
            connection.stop_reading()
        for _, reader in readers:
            reader.join()

    def stop_sending(self) -> None:
        """End the thread behind slow clients.  Everything else was sent by the matching thread itself."""
        self._backlog_sender.stop()

    def abandon(self, reason: str) -> None:
        """The exchange has failed: tell every client why, as far as it can be told at once, and send nothing more.

        Waits for nobody: the matching thread, which readers may be waiting for, does not run any more.
        """
        self.is_stopping = True
        self.shutdown()
        self._accepting.join()
        self.server_close()
        line = protocol.error(RejectCode.ENGINE_STOPPING, reason)
        with self._connections_lock:
            connections = list(self._connections)
        for connection in connections:
            connection.abandon(line)

    def open_connection(self, sock: socket.socket, peer: str) -> Connection:
        """A connection for a socket that was just accepted.  Called by its reader thread."""
        connection = Connection(sock, peer, self._backlog_sender, _SLOW_CONSUMER)
        with self._connections_lock:
            self._connections[connection] = threading.current_thread()
        return connection

    def forget_connection(self, connection: Connection) -> None:
        """The reader of `connection` is about to end."""
        with self._connections_lock:
            del self._connections[connection]

    def get_request(self) -> tuple[Any, Any]:
        """Accept one client and count it."""
        accepted: tuple[Any, Any] = super().get_request()
        with self._connections_lock:
            self._open_count += 1
        return accepted

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
        """Whether there is room for one more.  A limit that is met by `accept` itself would make it spin."""
        return self._open_count <= self._connections_max

    def close_request(self, request: Any) -> None:
        """Close a socket for good, whoever got so far with it.  Any thread."""
        super().close_request(request)
        with self._connections_lock:
            self._open_count -= 1

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a reader; a system that has no thread left refuses this client and keeps the others."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A reader failed on something that no client can cause: a bug, so the exchange stops."""
        failure = sys.exc_info()[1]
        assert failure is not None
        self._on_failure(failure)

    def _accept(self) -> None:
        try:
            self.serve_forever(poll_interval=0.1)
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._on_failure(failure)


def _descriptors_to_spare() -> int:
    """How many connections the process may hold at once, by its limit on open files."""
    descriptors_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors_max == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(1, descriptors_max - DESCRIPTORS_RESERVED)


class ConnectionReader(socketserver.BaseRequestHandler):
    """Reads one connection, in a thread of its own, from the first byte to the last."""

    server: ExchangeServer
    request: socket.socket

    def handle(self) -> None:
        """Read until the client is done, has broken the protocol, or the exchange stops."""
        host, port = self.client_address[:2]
        threading.current_thread().name = f"reader-{host}:{port}"
        self._user: Optional[str] = None
        # Whether the last line taken was a goodbye: a logout, or a login that was refused (PROTOCOL 2).
        self._is_done = False
        # Whether the client itself ended what it sends.
        self._client_has_left = False
        self._connection = self.server.open_connection(self.request, f"{host}:{port}")
        try:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            last_requests = self._read_all()
        except OSError:
            last_requests = []  # The connection broke: an end like any other.
            self._client_has_left = True
        self._connection.reader_leaves()
        self._put([*last_requests, Disconnected()])
        self._connection.wait_until_ended()
        self.server.forget_connection(self._connection)
        if not self._client_has_left:
            self._linger()

    def _read_all(self) -> list[Any]:
        """Take everything in; returns what is to be said to the client at the end."""
        lines = LineReader()
        while not (self._is_done or self._connection.has_ended or self.server.is_stopping):
            received = self.request.recv(RECEIVE_BYTES)
            if not received:
                self._client_has_left = True
                break
            try:
                self._take(lines.feed(received))
            except LineTooLongError as error:
                self._take(error.lines)
                return [BadRequest(RejectCode.LINE_TOO_LONG, str(error))]
        return [_ENGINE_STOPPING] if self.server.is_stopping else []

    def _take(self, lines: list[bytes]) -> None:
        """Decode lines and put them into the queue, all at once but for logins: their answer says who speaks.

        What follows a goodbye is thrown away: nobody would hear the answers.
        """
        requests: list[Any] = []
        for line in lines:
            request = protocol.decode(line, self._user)
            requests.append(request)
            if type(request) is Login:
                self._put(requests)
                requests = []
                self._user = self._connection.wait_for_login()
                self._is_done = self._user is None
            elif type(request) is Logout:
                self._is_done = True
            if self._is_done:
                break
        if requests:
            self._put(requests)

    def _put(self, requests: list[Any]) -> None:
        self.server.put(self._connection, requests)

    def _linger(self) -> None:
        """Throw away what the client still sends, for a while: closing now would cut off what it was told."""
        end_s = time.monotonic() + LINGER_S
        self.request.settimeout(LINGER_S)
        try:
            while self.request.recv(RECEIVE_BYTES) and time.monotonic() < end_s:
                continue
        except OSError:
            return  # It left, or it said nothing more.
