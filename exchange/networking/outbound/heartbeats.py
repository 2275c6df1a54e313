"""The thread that breaks silences: it sends a heartbeat to every client that asked for one and heard nothing.

The other half, a client that says nothing, is its reader's affair: it gives up waiting after two heartbeats.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from exchange.networking.outbound.connection import Connection
from exchange.networking.wire import session_lines

# How often silences are looked for; a heartbeat is at most this late.
LOOK_EVERY_S = 0.05


class Heartbeats:
    """`watch` and `forget` are called by the matching thread; `_lock` guards the set of watched connections."""

    def __init__(self, on_failure: Callable[[BaseException], None]) -> None:
        self._on_failure = on_failure
        self._watched: set[Connection] = set()
        self._lock = threading.Lock()
        self._someone_is_watched = threading.Event()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeats", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._is_stopping.set()
        self._someone_is_watched.set()
        self._thread.join()

    def watch(self, connection: Connection) -> None:
        """From now on `connection` is never silent for longer than its `heartbeat_s`."""
        with self._lock:
            self._watched.add(connection)
            self._someone_is_watched.set()

    def forget(self, connection: Connection) -> None:
        """`connection` is over; no harm if it wasn't watched."""
        with self._lock:
            self._watched.discard(connection)
            if not self._watched and not self._is_stopping.is_set():
                self._someone_is_watched.clear()

    def _run(self) -> None:
        try:
            while not self._is_stopping.is_set():
                self._someone_is_watched.wait()
                self._look()
                self._is_stopping.wait(LOOK_EVERY_S)
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._on_failure(failure)

    def _look(self) -> None:
        with self._lock:
            watched = list(self._watched)
        now_s = time.monotonic()
        for connection in watched:
            connection.send_if_silent(session_lines.heartbeat(), now_s)
