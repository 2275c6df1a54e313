"""A client that knows nothing of the client library: lines out, JSON objects in.  Every wait has a deadline."""

from __future__ import annotations

import json
import socket
from decimal import Decimal
from types import TracebackType
from typing import Any, Optional, TypeVar, Union

WAIT_S = 20.0
Message = dict[str, Any]
Self = TypeVar("Self", bound="RawClient")


class RawClient:
    """One connection to an exchange on this machine.

    With `receive_bytes` its end of the connection holds no more than about so much that was not read.
    """

    def __init__(self, port: int, receive_bytes: Optional[int] = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(WAIT_S)
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self._lines = self.socket.makefile("rb")
        self._ping_count = 0

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave without a word."""
        self._lines.close()
        self.socket.close()

    def send(self, *messages: Union[bytes, Message]) -> None:
        """Send these in one piece: bytes are one line as they stand, without its newline."""
        lines = [message if isinstance(message, bytes) else json.dumps(message).encode() for message in messages]
        self.socket.sendall(b"".join(line + b"\n" for line in lines))

    def half_close(self) -> None:
        """Say that nothing more will be sent, and go on reading."""
        self.socket.shutdown(socket.SHUT_WR)

    def next_line(self) -> bytes:
        """The next message as it was on the wire."""
        line = self._lines.readline()
        assert line.endswith(b"\n"), f"the exchange hung up after {line!r}"
        return line

    def next(self) -> Message:
        """The next message."""
        message: Message = json.loads(self.next_line(), parse_float=Decimal)
        return message

    def remainder(self) -> list[Message]:
        """Every message up to the end of the connection."""
        return [json.loads(line, parse_float=Decimal) for line in self._lines.readlines()]

    def ask(self, *messages: Union[bytes, Message]) -> list[Message]:
        """Send, and return all that came before the barrier behind them."""
        self._ping_count += 1
        self.send(*messages, {"type": "ping", "id": self._ping_count})
        answers: list[Message] = []
        while True:
            message = self.next()
            if message == {"type": "pong", "id": self._ping_count}:
                return answers
            answers.append(message)

    def heard(self) -> list[Message]:
        """All that came and was not read yet."""
        return self.ask()

    def login(self, user: str, token: Optional[str] = None, **options: Any) -> Message:
        """Log in; returns the answer, whatever it is."""
        self.send(login_message(user, token, **options))
        return self.next()


def login_message(user: str, token: Optional[str] = None, **options: Any) -> Message:
    """A login, with a token where there is one."""
    message = {"type": "login", "user": user, **options}
    return message if token is None else {**message, "token": token}


def limit(client_order_id: str, side: str, quantity: int, price: float, **options: Any) -> Message:
    """A limit order."""
    return {
        "type": "new_order",
        "client_order_id": client_order_id,
        "side": side,
        "order_type": "LIMIT",
        "quantity": quantity,
        "price": price,
        **options,
    }


def kinds(messages: list[Message]) -> list[str]:
    """The types of messages."""
    return [message["type"] for message in messages]
