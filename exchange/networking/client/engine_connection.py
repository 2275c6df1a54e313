"""The client's half of one TCP connection: messages out, messages in.

It knows lines and the socket; it knows no request, no answer and no order.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from typing import Optional, Protocol, Union

from exchange.networking.client.engine_addresses import address_text
from exchange.networking.client.errors import ConnectionLost
from exchange.networking.client.message_json import Message, decode_message
from exchange.networking.client.message_lines import ReceivedLines, encode_lines
from exchange.utils.tls import TlsSocket

RECEIVE_BYTES = 65_536


class RequestLine(Protocol):
    """What a client needs in order to send; each is as `EngineConnection` says."""

    def send(self, messages: Sequence[Message]) -> int:
        """Send, or add to the open batch."""

    def start_batch(self) -> None:
        """Collect."""

    def end_batch(self, *, is_dropped: bool) -> None:
        """Send or drop what was collected."""


class MessageConnection(RequestLine, Protocol):
    """What a client needs of whatever leads to an exchange; each is as `EngineConnection` says."""

    @property
    def is_open(self) -> bool:
        """Whether more may come."""

    @property
    def sent_count(self) -> int:
        """How many messages were sent."""

    def fileno(self) -> int:
        """A descriptor to wait for, -1 if there is none."""

    def flush_batch(self) -> None:
        """Send what was collected so far."""

    def receive(self, deadline: Optional[float]) -> Optional[Message]:
        """The next message; `deadline` is by the clock of whoever made the connection."""

    def close(self) -> None:
        """Nothing more comes or goes."""


class EngineConnection:
    """One socket with its two buffers.

    `receive` belongs to one thread.  `send` may be called from any: the lock guards the batch and the count, and
    keeps lines whole.  The socket's own timeout is the limit of a send only; a receive waits with `poll`, because
    a socket's timeout is shared by the threads that use it.
    """

    def __init__(self, connected_socket: Union[socket.socket, TlsSocket], timeout_s: float) -> None:
        connected_socket.settimeout(timeout_s)
        connected_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connected_socket
        self._poller = select.poll()
        self._poller.register(connected_socket, select.POLLIN)
        self._send_lock = threading.Lock()
        self._batch: Optional[list[bytes]] = None
        self._sent_count = 0
        self._lines = ReceivedLines()
        self._has_heard = False
        self._lost_because: Optional[str] = None

    @classmethod
    def open(
        cls, host: str, port: int, timeout_s: float, tls: Optional[ssl.SSLContext] = None
    ) -> EngineConnection:
        """Connect, over TLS if `tls` is given.  Raises ConnectionLost, with a text that names the address."""
        try:
            connected = socket.create_connection((host, port), timeout_s)
            return cls(connected if tls is None else _secured(connected, tls, host), timeout_s)
        except (OSError, OverflowError, UnicodeError) as error:
            raise ConnectionLost(f"cannot reach an engine at {address_text(host, port)}: {error}") from error

    @property
    def is_open(self) -> bool:
        """False once the engine closed the connection, a send failed, or `close` was called."""
        return self._lost_because is None

    @property
    def local_port(self) -> int:
        """This end's port: no other live connection of this machine to the same engine has it."""
        return int(self._socket.getsockname()[1])

    def fileno(self) -> int:
        """The socket's file descriptor, for a `select` over several sources; -1 once closed."""
        return self._socket.fileno()

    @property
    def sent_count(self) -> int:
        """How many messages were given to `send` so far."""
        return self._sent_count

    def send(self, messages: Sequence[Message]) -> int:
        """Send the messages with one system call, or add them to the open batch; returns the count of the last.

        All are encoded before the first byte leaves: a TypeError sends nothing.  Raises ConnectionLost.
        """
        data = encode_lines(messages)
        with self._send_lock:
            self._sent_count += len(messages)
            if self._batch is not None:
                self._batch.append(data)
            else:
                self._send_bytes(data)
            return self._sent_count

    def start_batch(self) -> None:
        """From now on `send` collects.  Batches don't nest."""
        with self._send_lock:
            assert self._batch is None, "a batch within a batch"
            self._batch = []

    def end_batch(self, *, is_dropped: bool) -> None:
        """Send what was collected, or drop it, and stop collecting.  Raises ConnectionLost."""
        with self._send_lock:
            assert self._batch is not None, "no batch was started"
            data, self._batch = b"".join(self._batch), None
            if data and not is_dropped:
                self._send_bytes(data)

    def flush_batch(self) -> None:
        """Send what was collected so far, if a batch is open, and go on collecting.  Raises ConnectionLost."""
        with self._send_lock:
            if self._batch:
                data, self._batch = b"".join(self._batch), []
                self._send_bytes(data)

    def _send_bytes(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            # A part of a line may have left, so the stream is of no use any more.
            self._lost_because = f"the engine takes no more requests: {error}"
            raise ConnectionLost(self._lost_because) from error

    def receive(self, deadline: Optional[float]) -> Optional[Message]:
        """The next message, waiting for it until `deadline` (`time.monotonic()`; None: for ever).

        None means that the deadline passed.  Raises ConnectionLost at the end of the stream, when every message
        before it has been returned; raises ProtocolError for a line that is no message, and goes on after it.
        """
        while not self._lines.whole:
            timeout_ms = None if deadline is None else max(0.0, (deadline - time.monotonic()) * 1000)
            if self._socket.fileno() < 0:
                raise ConnectionLost(self._lost_because or "the connection was closed")
            if not self._poller.poll(timeout_ms):
                return None
            self._receive_bytes()
        return decode_message(self._lines.whole.popleft())

    def _receive_bytes(self) -> None:
        try:
            data = self._received()
        except OSError as error:
            self._lost_because = f"the connection to the engine broke: {error}{self._likely_reason()}"
            raise ConnectionLost(self._lost_because) from error
        if data is None:
            return
        if not data:
            self._lost_because = f"the engine closed the connection{self._likely_reason()}"
            raise ConnectionLost(self._lost_because)
        self._has_heard = True
        self._lines.add(data)

    def _likely_reason(self) -> str:
        """What to add for who was hung up on before the first word, as whoever sends no TLS hello is."""
        is_hello_missing = not self._has_heard and not isinstance(self._socket, TlsSocket)
        return " before it said anything: it may want TLS" if is_hello_missing else ""

    def _received(self) -> Optional[bytes]:
        """What came; b"" at the end, None if it was TLS talking to itself.  The socket is readable."""
        if isinstance(self._socket, TlsSocket):
            return self._socket.receive()
        return self._socket.recv(RECEIVE_BYTES)

    def close(self) -> None:
        """Close the connection; what has been received already may still be read.  Twice is fine."""
        if self._lost_because is None:
            self._lost_because = "the connection was closed by this side"
        self._socket.close()


def _secured(connected: socket.socket, tls: ssl.SSLContext, host: str) -> TlsSocket:
    """The socket behind TLS; closed if the other side can't prove that it is `host`.  Raises OSError."""
    secured = TlsSocket(connected, tls, host)
    try:
        secured.handshake()
    except OSError as error:
        connected.close()
        if type(error) is ssl.SSLError:  # And none of its kinds: one says why a certificate was refused.
            raise ConnectionError(f"it does not seem to speak TLS ({error})") from error
        raise
    return secured
