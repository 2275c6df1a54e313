"""The TCP side: accepts connections, gives each a reader thread (`connection_reader`), and ends them all.

The server answers nothing itself: every answer comes from the matching thread, in order.  It neither matches nor
keeps anything.
"""

from __future__ import annotations

import resource
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Optional, Union

from exchange.networking.inbound.connection_reader import ConnectionReader, FindFills, PutInbound
from exchange.networking.inbound.login_check import LoginCheck
from exchange.networking.inbound.rate_limit import Throttle
from exchange.networking.inbound.reading_turns import ReadingTurns
from exchange.networking.outbound.backlogs import Backlogs, BacklogSender
from exchange.networking.outbound.connection import Connection
from exchange.networking.outbound.outbox import LINGER_S
from exchange.networking.wire import session_lines
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.requests import CaughtUp, Request
from exchange.utils.memory import give_back_freed_memory
from exchange.utils.tls import TlsSocket

# Connections that may wait to be accepted; the system may allow fewer (net.core.somaxconn).
ACCEPT_BACKLOG = 4_096
# Descriptors that clients never get, however many come: the exchange must always be able to open its files.
DESCRIPTORS_RESERVED = 256
# When half of at least so many connections have gone, the memory that they freed goes back to the system.
EBB_CONNECTIONS_MIN = 100

# Puts what the exchange has to say of a connection into the inbound queue, ahead of what clients ask.
PutFirst = Callable[[Connection, Request], None]

_SLOW_CONSUMER = session_lines.error(
    WireCode.SLOW_CONSUMER, "you read too slowly and too much is waiting for you; reconnect and read faster"
)


class ServerOptions(NamedTuple):
    """Where to listen, and what clients may do.

    `connections_max` None means as many as the process has descriptors to spare.  `tls` None means plain TCP.
    """

    host: str
    port: int
    connections_max: Optional[int] = None
    tls: Optional[ssl.SSLContext] = None


class ExchangeServer(socketserver.ThreadingTCPServer):
    """Listens from construction on; accepts from `start` on.  OSError if the address can't be had.

    `put`, `login_check`, `find_fills` and `throttle` (None: no limit) are for the readers, `put_first` is for the
    thread behind slow clients.  A client beyond `connections_max` is told so and hung up on at once.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = ACCEPT_BACKLOG

    def __init__(
        self,
        options: ServerOptions,
        put: PutInbound,
        put_first: PutFirst,
        login_check: LoginCheck,
        find_fills: FindFills,
        throttle: Optional[Throttle],
        on_failure: Callable[[BaseException], None],
        turns: Optional[ReadingTurns] = None,
        linger_s: float = LINGER_S,
    ) -> None:
        self.put: PutInbound = put
        self._put_first = put_first
        self.login_check = login_check
        self.find_fills: FindFills = find_fills
        self.throttle = throttle
        self.turns = turns
        self.linger_s = linger_s
        self.tls = options.tls
        self.is_stopping = False
        self._on_failure = on_failure
        self._backlog_sender = BacklogSender(on_failure)
        self._connections: dict[Connection, threading.Thread] = {}
        spare = _descriptors_to_spare()
        self._connections_max = min(spare, options.connections_max or spare)
        # Accepted sockets that are not closed yet: those of `_connections`, and those that come or linger.
        self._open_count = 0
        # The most that were open at once since memory was last given back.
        self._open_peak = 0
        # Guards `_connections`, which the readers write and `stop_reading` reads, and both counts.
        self._connections_lock = threading.Lock()
        self._accepting = threading.Thread(target=self._accept, name="accept")
        self.address_family = _address_family(options.host)
        super().__init__((options.host, options.port), ConnectionReader)

    @property
    def address(self) -> tuple[str, int]:
        """(host, port) that is listened on: the real port where 0 was asked for."""
        host, port = self.socket.getsockname()[:2]
        return host, port

    @property
    def all_backlogs(self) -> Backlogs:
        """How much waits for all clients together, and may."""
        return self._backlog_sender.backlogs

    def start(self) -> None:
        """Accept connections."""
        self._backlog_sender.start()
        self._accepting.start()

    def stop_reading(self, patience_s: float = LINGER_S) -> None:
        """Accept nobody and read nothing any more.

        When this returns all that was read is answered, which needs a matching thread that runs.  A client that
        has not taken its answers after `patience_s` is cut off.
        """
        end_s = time.monotonic() + patience_s
        self.is_stopping = True
        self.shutdown()
        self._accepting.join()
        self.server_close()
        with self._connections_lock:
            readers = list(self._connections.items())
        for connection, _ in readers:
            connection.stop_reading()
        for connection, reader in readers:
            reader.join(max(0.0, end_s - time.monotonic()))
            if reader.is_alive():
                connection.cut_off()
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
        line = session_lines.error(WireCode.ENGINE_STOPPING, reason)
        with self._connections_lock:
            connections = list(self._connections)
        for connection in connections:
            connection.abandon(line)

    def open_connection(self, sock: Union[socket.socket, TlsSocket], host: str, port: int) -> Connection:
        """A connection for a socket that was just accepted.  Called by its reader thread."""
        connection = Connection(sock, host, port, self._backlog_sender, _SLOW_CONSUMER, self._caught_up)
        with self._connections_lock:
            self._connections[connection] = threading.current_thread()
        return connection

    def forget_connection(self, connection: Connection) -> None:
        """The reader of `connection` is about to end."""
        with self._connections_lock:
            del self._connections[connection]

    def _caught_up(self, connection: Connection) -> None:
        """Have the matching thread look at who may be told more again.  Backlog sender's thread."""
        self._put_first(connection, CaughtUp())

    def get_request(self) -> tuple[Any, Any]:
        """Accept one client and count it."""
        accepted: tuple[Any, Any] = super().get_request()
        with self._connections_lock:
            self._open_count += 1
            self._open_peak = max(self._open_peak, self._open_count)
        return accepted

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
        """Whether there is room for one more; who finds none is told so.

        A limit that is met by `accept` itself would make it spin.
        """
        if self._open_count <= self._connections_max:
            return True
        if self.tls is None:
            _say_full(request, self._connections_max)
        return False

    def close_request(self, request: Any) -> None:
        """Close a socket for good, whoever got so far with it.  Any thread."""
        super().close_request(request)
        with self._connections_lock:
            self._open_count -= 1
            is_ebb = self._open_peak >= EBB_CONNECTIONS_MIN and self._open_count <= self._open_peak // 2
            if is_ebb:
                self._open_peak = self._open_count
        if is_ebb:
            give_back_freed_memory()

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


def _address_family(host: str) -> socket.AddressFamily:
    """IPv4 wherever the host has such an address, since that is what clients look for first.  OSError."""
    try:
        families = {found[0] for found in socket.getaddrinfo(host or None, None, type=socket.SOCK_STREAM)}
    except UnicodeError:
        raise OSError(f"{host!r} is no name of a host") from None
    return socket.AF_INET if socket.AF_INET in families else socket.AF_INET6


def _descriptors_to_spare() -> int:
    """How many connections the process may hold at once, by its limit on open files."""
    descriptors_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors_max == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(1, descriptors_max - DESCRIPTORS_RESERVED)


def _say_full(request: socket.socket, connections_max: int) -> None:
    text = f"connections: {connections_max} are open, which is the limit; try again later"
    try:
        request.send(session_lines.error(WireCode.RATE_LIMITED, text), socket.MSG_DONTWAIT)
    except OSError:
        return  # Already gone.
