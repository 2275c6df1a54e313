"""The client's half of one TCP connection: dicts out, dicts in, one JSON object per line.

It knows lines, JSON and exact prices; it knows no request, no answer and no order (that is `tcp_client`).
Standard library only, like all of the client library.

Prices never pass through a float.  A number with a decimal point is read as `Decimal`, an integer in a field that
holds money is made one, and a price is written digit by digit as it was given.
"""

from __future__ import annotations

import json
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, Optional, Union

from exchange.networking.client.errors import ConnectionLost, ProtocolError
from exchange.utils.tls import TlsSocket

Message = dict[str, Any]
Price = Union[Decimal, int, str]

RECEIVE_BYTES = 65_536
# Beyond any price an engine could hold; it keeps `Decimal("1e999999")` from becoming a line of a million digits.
PRICE_EXPONENT_MAX = 18

REQUEST_PRICE_FIELDS = ("price", "stop_price")
# The fields of an answer, or of an item of an answer's list, that hold money and so must be Decimal.
MONEY_FIELDS = ("price", "stop_price", "tick_size", "average_price", "realised_pnl", "unrealised_pnl")
# The answers whose money is in a list of objects: type of the message → name of the list.
LISTS_WITH_MONEY = {"logged_in": "instruments", "orders": "orders", "positions": "positions"}
# The feeds whose prices are in rows: type of the message → (name of the list, place of the price in a row).
ROWS_WITH_PRICES = {
    "book_snapshot": (("bids", 0), ("asks", 0)),
    "book_update": (("changes", 1),),
}


def exact_price(value: Price) -> Decimal:
    """`value` as an exact Decimal: `Decimal("101.25")`, `101` and `"101.25"` are fine.

    Raises TypeError for a float (0.1 + 0.2 is not 0.3 in binary) or any other type, ValueError for a text that is
    no finite number of a sane size.
    """
    if isinstance(value, float):
        raise TypeError(f'price {value!r} is a float, which is not exact: pass Decimal("{value}") or "{value}"')
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise TypeError(f"price {value!r} is a {type(value).__name__}: pass a Decimal, an int or a str")
    try:
        price = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"price {value!r} is not a decimal number") from None
    if not price.is_finite() or abs(price.adjusted()) > PRICE_EXPONENT_MAX:
        raise ValueError(f"price {value!r} is not a number of at most {PRICE_EXPONENT_MAX} digits")
    return price


def encode_message(message: Message) -> str:
    """One flat message as JSON text without a newline, its price fields as exact numbers.

    The JSON encoder can't write a Decimal as a number, so the prices are spliced in behind all else.
    Raises TypeError for a float in a price field and ValueError for NaN or Infinity anywhere.
    """
    prices = [f'"{name}":{_price_text(message[name])}' for name in REQUEST_PRICE_FIELDS if name in message]
    if not prices:
        return _ENCODER.encode(message)
    rest = {name: value for name, value in message.items() if name not in REQUEST_PRICE_FIELDS}
    text = _ENCODER.encode(rest)
    return "{" + ",".join(part for part in (text[1:-1], *prices) if part) + "}"


def _price_text(value: Optional[Price]) -> str:
    return "null" if value is None else f"{exact_price(value):f}"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# One of each for all lines: building one costs more than a line with it.
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)


def decode_message(line: bytes) -> Message:
    """One received line as a dict with a text `type` and every price a Decimal.  Raises ProtocolError."""
    try:
        message = _DECODER.decode(line.decode("utf-8"))
        kind = message["type"]
        if not isinstance(message, dict) or not isinstance(kind, str):
            raise TypeError("not an object with a type")
        _make_money_exact(message, kind)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ProtocolError(f"the engine sent a line that is no message: {line[:80]!r} ({error})") from error
    return message


def _make_money_exact(message: Message, kind: str) -> None:
    """Replace the ints that stand where money stands: JSON writes 101 and 101.00 alike, a bot must not notice."""
    _make_fields_exact(message)
    if kind in LISTS_WITH_MONEY:
        for item in message.get(LISTS_WITH_MONEY[kind], ()):
            _make_fields_exact(item)
    for name, place in ROWS_WITH_PRICES.get(kind, ()):
        for row in message[name]:
            if type(row[place]) is int:
                row[place] = Decimal(row[place])


def _make_fields_exact(item: Message) -> None:
    for name in MONEY_FIELDS:
        if name in item and type(item[name]) is int:
            item[name] = Decimal(item[name])


class Connection:
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
        self._lines: deque[bytes] = deque()
        self._unfinished_line: list[bytes] = []
        self._has_heard = False
        self._lost_because: Optional[str] = None

    @classmethod
    def open(
        cls, host: str, port: int, timeout_s: float, tls: Optional[ssl.SSLContext] = None
    ) -> Connection:
        """Connect, over TLS if `tls` is given.  Raises ConnectionLost, with a text that names the address."""
        try:
            connected = socket.create_connection((host, port), timeout_s)
            return cls(connected if tls is None else _secured(connected, tls, host), timeout_s)
        except (OSError, OverflowError, UnicodeError) as error:
            raise ConnectionLost(f"cannot reach an engine at {host}:{port}: {error}") from error

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
        data = "".join([encode_message(message) + "\n" for message in messages]).encode("utf-8")
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
        while not self._lines:
            timeout_ms = None if deadline is None else max(0.0, (deadline - time.monotonic()) * 1000)
            if self._socket.fileno() < 0:
                raise ConnectionLost(self._lost_because or "the connection was closed")
            if not self._poller.poll(timeout_ms):
                return None
            self._receive_bytes()
        return decode_message(self._lines.popleft())

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
        self._split(data)

    def _likely_reason(self) -> str:
        """What to add for who was hung up on before the first word, as whoever sends no TLS hello is."""
        is_hello_missing = not self._has_heard and not isinstance(self._socket, TlsSocket)
        return " before it said anything: it may want TLS" if is_hello_missing else ""

    def _received(self) -> Optional[bytes]:
        """What came; b"" at the end, None if it was TLS talking to itself.  The socket is readable."""
        if isinstance(self._socket, TlsSocket):
            return self._socket.receive()
        return self._socket.recv(RECEIVE_BYTES)

    def _split(self, data: bytes) -> None:
        """Add `data` to the buffer.  A long answer's pieces are joined once, when its newline has come."""
        first, *rest = data.split(b"\n")
        self._unfinished_line.append(first)
        if rest:
            self._lines.append(b"".join(self._unfinished_line))
            self._lines.extend(rest[:-1])
            self._unfinished_line = [rest[-1]]

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
