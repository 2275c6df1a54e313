"""The last seconds of a connection that the exchange ends: what the client still sends is thrown away for a while.

Closing a socket that holds unread bytes resets the connection, and a reset cuts off what the client was told last.
A protection: without it a client that was sent away may miss why.
"""

from __future__ import annotations

import socket
import time

RECEIVE_BYTES = 65_536


def linger(sock: socket.socket, seconds: float) -> None:
    """Read and throw away until the client leaves, but for at most `seconds`, 0.0 for not at all."""
    if seconds <= 0.0:
        return
    end_s = time.monotonic() + seconds
    sock.settimeout(seconds)
    try:
        while sock.recv(RECEIVE_BYTES) and time.monotonic() < end_s:
            continue
    except OSError:
        return  # It left, or it said nothing more.
