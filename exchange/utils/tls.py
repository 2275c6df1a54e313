"""TLS on one connection, behind the few methods that server and client use of a socket.

Reader and sender are different threads, and an OpenSSL connection must not be used by two at once.  So OpenSSL
works here on memory only, under `_lock`, and the socket is read outside of it: a reader that waits for the other
side keeps nobody from sending.
"""

from __future__ import annotations

import contextlib
import math
import re
import socket
import ssl
import threading
import time
from typing import Any, NoReturn, Optional

_RECEIVE_BYTES = 65_536
_PEM_BYTES_MAX = 1_000_000
_CERTIFICATE_BEGINS = re.compile(rb"-----BEGIN [A-Z ]*CERTIFICATE-----")
_KEY_BEGINS = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_WAIT = 0  # send flags of a thread that may wait for the socket


def server_context(certificate_file: str, key_file: str) -> ssl.SSLContext:
    """What the exchange shows its clients.  Raises OSError, in words, for files that are no such pair."""
    _check_pem(certificate_file, _CERTIFICATE_BEGINS, "no certificate")
    _check_pem(key_file, _KEY_BEGINS, "no private key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate_file, key_file, _refuse_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise OSError(f"{key_file} is not the private key of the certificate in {certificate_file}") from error
        raise OSError(
            f"{certificate_file} or {key_file} is damaged, or of a kind that OpenSSL does not take ({error})"
        ) from error
    return context


def client_context(certificate_file: str) -> ssl.SSLContext:
    """TLS that trusts only what the certificate in this file vouches for, or is.  Raises OSError, in words."""
    _check_pem(certificate_file, _CERTIFICATE_BEGINS, "no certificate")
    try:
        return ssl.create_default_context(cafile=certificate_file)
    except ssl.SSLError as error:
        raise OSError(f"the certificate in {certificate_file} is damaged ({error})") from error


def _check_pem(path: str, begins: re.Pattern[bytes], nothing: str) -> None:
    """Raise OSError unless the file holds such a block: OpenSSL would name neither the file nor what it lacks."""
    with open(path, "rb") as file:
        if begins.search(file.read(_PEM_BYTES_MAX)) is None:
            example = begins.pattern.decode().replace("[A-Z ]*", "")
            raise OSError(f"{path} holds {nothing} in PEM, which begins with {example}")


def _refuse_password() -> NoReturn:
    """An exchange has nobody to ask: OpenSSL itself would stop the start and wait at the terminal."""
    raise OSError("the private key is encrypted; give one that needs no password")


class TlsSocket:
    """One side of a connected socket: the server's, or with `server_host` the client's, who expects to find there
    a server that can prove this name or address.

    `recv` and `receive` are the reader thread's alone; `send` and `sendall` are called by one sender at a time.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, server_host: Optional[str] = None) -> None:
        self._sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_host is None, server_hostname=server_host
        )
        # Guards `_tls`, its two memories and `_unsent`.
        self._lock = threading.Lock()
        self._unsent = b""
        self._taken_bytes = 0

    def handshake(self, seconds_max: float = math.inf) -> None:
        """Agree with the other side on keys.  Reader thread, before anything else; OSError if it can't be done.

        The socket's own limit is one on silence; `seconds_max` also ends who says a byte now and then.
        """
        end_s = time.monotonic() + seconds_max
        while True:
            try:
                with self._lock:
                    self._tls.do_handshake()
                    self._write_outgoing(_WAIT)
                    return
            except ssl.SSLWantReadError:
                with self._lock:
                    self._write_outgoing(_WAIT)
                if not self._feed():
                    raise ConnectionError("the other side left during the handshake") from None
                if time.monotonic() > end_s:
                    raise TimeoutError(f"no end of the handshake within {seconds_max:g} s") from None

    def recv(self, bytes_max: int) -> bytes:
        """What the other side sent, b"" at its end; waits.  OSError if the connection is broken."""
        while True:
            try:
                with self._lock:
                    return self._tls.read(bytes_max)
            except ssl.SSLWantReadError:
                if not self._feed():
                    return b""
            except ssl.SSLZeroReturnError:
                return b""

    def receive(self) -> Optional[bytes]:
        """What one read of the socket brought: b"" at the end, None if it was nothing yet that is for us.

        Waits for that read, so to be called when the socket is readable.  OSError if the connection is broken.
        """
        is_at_end = not self._feed()
        received: list[bytes] = []
        try:
            with self._lock:
                while data := self._tls.read(_RECEIVE_BYTES):
                    received.append(data)
        except ssl.SSLWantReadError:
            return b"".join(received) or None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            is_at_end = True
        return b"".join(received) if received or is_at_end else None

    @property
    def committed_bytes(self) -> int:
        """How much of what was offered last is encrypted and not gone yet: exactly that must be offered again."""
        return self._taken_bytes

    def send(self, data: bytes, flags: int) -> int:
        """Offer `data`; returns how much of it has left, BlockingIOError if not all that was encrypted has.

        Encrypted data can't be taken back, so after a BlockingIOError the same data must be offered again first;
        it is not encrypted a second time.
        """
        with self._lock:
            if not self._taken_bytes:
                self._taken_bytes = self._tls.write(data)
            self._write_outgoing(flags)
            if self._unsent:
                raise BlockingIOError("the client does not read")
            sent_bytes, self._taken_bytes = min(self._taken_bytes, len(data)), 0
            return sent_bytes

    def sendall(self, data: bytes) -> None:
        """Send all of `data`, waiting for the socket as long as its timeout allows.  OSError."""
        with self._lock:
            self._tls.write(data)
            self._write_outgoing(_WAIT)

    def shutdown(self, how: int) -> None:
        """Shut the socket down; if nothing more will be sent, say goodbye first as TLS wants it, if that can be
        said at once."""
        if how != socket.SHUT_RD:
            with self._lock:
                # Raises because the client's own goodbye is not there yet, which is no matter.
                with contextlib.suppress(ssl.SSLError):
                    self._tls.unwrap()
                self._write_outgoing(socket.MSG_DONTWAIT)
        self._sock.shutdown(how)

    def _feed(self) -> bool:
        """Wait for bytes of the other side and give them to OpenSSL; False at their end."""
        received = self._sock.recv(_RECEIVE_BYTES)
        with self._lock:
            if received:
                self._incoming.write(received)
            else:
                self._incoming.write_eof()
        return bool(received)

    def _write_outgoing(self, flags: int) -> None:
        data = self._unsent + self._outgoing.read()
        while data:
            try:
                data = data[self._sock.send(data, flags) :]
            except (BlockingIOError, InterruptedError):
                break
        self._unsent = data

    def __getattr__(self, name: str) -> Any:
        """Everything else (fileno, close, options) is the plain socket's."""
        return getattr(self._sock, name)
