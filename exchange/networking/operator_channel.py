"""The operator's way in: a local socket in the data directory, which only the owner of that directory can reach.

One JSON object per line, answered by one line: `{"do":"block","user":"alice"}`.  Wishes become engine commands and
go through the same queue as everybody's; nothing here touches the engine.

    list                      every user and instrument
    block, unblock, reset     a user: cancel and refuse orders; take them again; forget the token
    halt, resume              an instrument
"""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

from exchange.engine.commands import BlockUser, HaltInstrument, ResetUser, ResumeInstrument, UnblockUser
from exchange.engine.events import RejectCode
from exchange.networking import protocol
from exchange.networking import protocol_fields as check
from exchange.networking.json_line import MalformedLineError, parse_object
from exchange.networking.protocol_fields import RefusedError
from exchange.networking.requests import ListEverything

# One wish: a short line.  A longer one, or silence for so long, ends the conversation.
LINE_BYTES_MAX = 1_024
SILENCE_S_MAX = 5.0

PutInbound = Callable[[Any, list[Any], Callable[[], None]], None]

_USER_COMMANDS: dict[str, type] = {"block": BlockUser, "unblock": UnblockUser, "reset": ResetUser}
_SYMBOL_COMMANDS: dict[str, type] = {"halt": HaltInstrument, "resume": ResumeInstrument}


class OperatorRequest:
    """Stands where a connection does: collects the lines that answer one wish."""

    user = None

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._answered = threading.Event()

    def queue(self, line: bytes) -> bool:
        """Add a line of the answer; True if it is the first.  Matching thread."""
        self._lines.append(line)
        return len(self._lines) == 1

    def flush(self) -> None:
        """The answer is complete.  Matching thread."""
        self._answered.set()

    def wait_for_answer(self) -> bytes:
        """All lines of the answer.  Operator thread."""
        self._answered.wait()
        return b"".join(self._lines)


class OperatorChannel:
    """Serves one operator at a time, in a thread of its own.

    `put` takes a wish into the inbound queue.  A socket left by an engine that was killed is replaced: the lock on
    the data directory has made sure that no other engine uses it.
    """

    def __init__(self, path: Path, put: PutInbound, on_failure: Callable[[BaseException], None]) -> None:
        self._path = path
        self._put = put
        self._on_failure = on_failure
        self._socket = _listening_socket(path)
        self._is_stopping = False
        # The operator who is being served; `_client_lock` guards it between the thread and `stop`.
        self._client: Optional[socket.socket] = None
        self._client_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="operator", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and remove the socket.  The matching thread must still run."""
        with self._client_lock:
            self._is_stopping = True
            if self._client is not None:
                # An answer under way is still sent.
                self._client.shutdown(socket.SHUT_RD)
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                self._serve_next()
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._on_failure(failure)

    def _serve_next(self) -> None:
        try:
            client, _ = self._socket.accept()
        except OSError:
            if self._is_stopping:
                return
            raise
        with client:
            with self._client_lock:
                if self._is_stopping:
                    return
                self._client = client
            client.settimeout(SILENCE_S_MAX)
            try:
                while not self._is_stopping and (line := _read_line(client)):
                    client.sendall(self._answer(line))
            except OSError:
                return  # The operator left, or fell silent.
            finally:
                with self._client_lock:
                    self._client = None

    def _answer(self, line: bytes) -> bytes:
        try:
            wish = command_of(line)
        except RefusedError as refused:
            return protocol.error(refused.code, refused.text)
        request = OperatorRequest()
        self._put(request, [wish], lambda: None)
        return request.wait_for_answer()


def command_of(line: bytes) -> Any:
    """What one line asks for.  Raises RefusedError."""
    try:
        fields = parse_object(line)
    except MalformedLineError as malformed:
        raise RefusedError(RejectCode.MALFORMED, str(malformed)) from None
    do = fields.pop("do", None)
    if do == "list" and not fields:
        return ListEverything()
    if isinstance(do, str) and do in _USER_COMMANDS and list(fields) == ["user"]:
        return _USER_COMMANDS[do](check.user("user", fields["user"]))
    if isinstance(do, str) and do in _SYMBOL_COMMANDS and list(fields) == ["symbol"]:
        return _SYMBOL_COMMANDS[do](check.symbol("symbol", fields["symbol"]))
    raise RefusedError(
        RejectCode.BAD_VALUE,
        f"do {check.shown(do)}: must be list; block, unblock or reset with a user; halt or resume with a symbol",
    )


def _read_line(client: socket.socket) -> bytes:
    """The next line without its newline; b"" at the end, and where it is too long to be a wish."""
    line = b""
    while not line.endswith(b"\n"):
        received = client.recv(LINE_BYTES_MAX)
        line += received
        if not received or len(line) > LINE_BYTES_MAX:
            return b""
    return line[:-1]


def _listening_socket(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The system bounds the length of a socket's path to about 100 bytes, but not that of its directory's.
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        listening.bind(socket_path(path, directory))
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
        listening.listen()
    finally:
        os.close(directory)
    return listening


def socket_path(path: Path, directory: int) -> str:
    """A short name of `path`, whose directory is open as the descriptor `directory`."""
    return f"/proc/self/fd/{directory}/{path.name}" if len(str(path)) > 90 else str(path)
