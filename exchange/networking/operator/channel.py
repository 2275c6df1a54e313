"""The operator's way in: a local socket in the data directory, which only the owner of that directory can reach.

    accept thread ──► for each operator a thread with its `operator_conversation` ──► the inbound queue

A wish becomes an engine command and goes through the same queue as everybody's; nothing here touches the engine.
Several may operate at once, because who halts a market must not wait for who forgot a terminal.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Optional

from exchange.networking.operator.conversation import Conversation, Patience, PutWish, say_last
from exchange.networking.wire.codes import WireCode

CONVERSATIONS_MAX = 16
# The system bounds the length of a socket's path to about 100 bytes, but not that of its directory's.
SOCKET_PATH_BYTES_MAX = 90
# What may keep an operator who comes from being accepted and will pass: no descriptor or no memory is left, or the
# operator has gone again.  Then it is tried again after so many seconds.
_PASSING_ERRORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED})
ACCEPT_RETRY_S = 0.1

_DEFAULT_PATIENCE = Patience()


class OperatorChannel:
    """Listens from construction on, serves from `start` on.  OSError if there can be no socket at `path`.

    `put` takes a wish into the inbound queue; `monotonic_s` is the clock that `patience` goes by.  A socket left
    by an engine that was killed is replaced: the lock on the data directory makes sure that no other one is here.
    """

    def __init__(
        self,
        path: Path,
        put: PutWish,
        on_failure: Callable[[BaseException], None],
        patience: Patience = _DEFAULT_PATIENCE,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._put = put
        self._on_failure = on_failure
        self._patience = patience
        self._monotonic_s = monotonic_s
        self._socket = _listening_socket(path)
        self._is_stopping = threading.Event()
        # Who is being served, and by which thread.  The lock guards it between these threads, the one that accepts
        # and `stop`: after that there comes no other.
        self._conversations: dict[Conversation, threading.Thread] = {}
        self._conversations_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="operator", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End all conversations and threads and remove the socket.  The matching thread must still run."""
        with self._conversations_lock:
            self._is_stopping.set()
            conversations = dict(self._conversations)
        for conversation in conversations:
            conversation.end()
        self._socket.shutdown(socket.SHUT_RDWR)
        for thread in (self._thread, *conversations.values()):
            thread.join()
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        try:
            while not self._is_stopping.is_set():
                client = self._accept()
                if client is not None and not self._serve(client):
                    client.close()
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._on_failure(failure)

    def _accept(self) -> Optional[socket.socket]:
        """The next operator's connection; None if there is none after all."""
        try:
            client, _ = self._socket.accept()
        except OSError as error:
            if not self._is_stopping.is_set():
                if error.errno not in _PASSING_ERRORS:
                    raise
                self._is_stopping.wait(ACCEPT_RETRY_S)
            return None
        return client

    def _serve(self, client: socket.socket) -> bool:
        """Begin a conversation; False, the operator being told why, if there can be none."""
        conversation = Conversation(client, self._put, self._patience, self._monotonic_s)
        thread = threading.Thread(
            target=self._converse, args=(conversation, client), name="operator-conversation", daemon=True
        )
        with self._conversations_lock:
            if self._is_stopping.is_set():
                say_last(client, WireCode.ENGINE_STOPPING, "the exchange is stopping")
                return False
            if len(self._conversations) == CONVERSATIONS_MAX:
                text = f"operators: {CONVERSATIONS_MAX} are connected, which is the limit; try again later"
                say_last(client, WireCode.RATE_LIMITED, text)
                return False
            try:
                thread.start()
            except RuntimeError as error:
                say_last(client, WireCode.RATE_LIMITED, f"{error}; try again later")
                return False
            self._conversations[conversation] = thread
        return True

    def _converse(self, conversation: Conversation, client: socket.socket) -> None:
        try:
            conversation.run()
            # Together, so that whoever hears of the end of this one finds its place free.
            with self._conversations_lock:
                del self._conversations[conversation]
                client.close()
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._on_failure(failure)


def _listening_socket(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(socket_path(path, directory))
        # Before it listens nobody can connect, so nobody else ever can.
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
        listening.listen()
    except OSError as error:
        listening.close()
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(directory)
    return listening


def socket_path(path: Path, directory: int) -> str:
    """A name of `path` that is short enough; its directory is open as the descriptor `directory`."""
    is_long = len(os.fsencode(path)) > SOCKET_PATH_BYTES_MAX
    return f"/proc/self/fd/{directory}/{path.name}" if is_long else str(path)
