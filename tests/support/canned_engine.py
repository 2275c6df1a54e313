"""A stand-in for the engine: a real TCP server that answers each request with lines the test chose.

It decides nothing about trading; it exists so that the client can be tested against answers no sane engine gives.
"""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Optional

from exchange.networking.tcp_client import ExchangeClient

Request = dict[str, Any]
# What a request is answered by: whole lines without their newlines, or None to close the connection.
Answer = Callable[[Request], Optional[list[str]]]
WAIT_S = 10.0


class CannedEngine:
    """Serves one connection.  `requests` holds what it received, as dicts; `lines` the same as raw lines."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(WAIT_S)
        self.port = int(self._listener.getsockname()[1])
        self.requests: queue.Queue[Request] = queue.Queue(maxsize=100_000)
        self.lines: queue.Queue[bytes] = queue.Queue(maxsize=100_000)
        self._connections: queue.Queue[socket.socket] = queue.Queue(maxsize=1)
        self._thread = threading.Thread(target=self._serve, name="canned-engine")

    def __enter__(self) -> CannedEngine:
        self._thread.start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._thread.join(WAIT_S)
        self._listener.close()
        assert not self._thread.is_alive(), "the client left its connection open"

    def next_request(self) -> Request:
        """The oldest request not yet taken."""
        return self.requests.get(timeout=WAIT_S)

    def push(self, *lines: str) -> None:
        """Send lines that nothing asked for."""
        connection = self._connections.get(timeout=WAIT_S)
        connection.sendall("".join(line + "\n" for line in lines).encode())
        self._connections.put(connection)

    def hang_up(self) -> None:
        """Close the connection, as an engine does that stops."""
        self._connections.get(timeout=WAIT_S).shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except TimeoutError:
            return
        with connection, connection.makefile("rb") as lines:
            connection.settimeout(WAIT_S)
            self._connections.put(connection)
            try:
                self._answer_all(connection, lines)
            except OSError:
                return  # the client closed first, which is its right

    def _answer_all(self, connection: socket.socket, lines: Any) -> None:
        for line in lines:
            self.lines.put(line)
            request = json.loads(line)
            self.requests.put(request)
            answer = self._answer(request)
            if answer is None:
                return
            connection.sendall("".join(text + "\n" for text in answer).encode())


def pong(request: Request) -> list[str]:
    """The answer to a ping."""
    return [json.dumps({"type": "pong", "id": request["id"]})]


def accepted(request: Request, order_id: int = 1) -> str:
    """The answer to a limit or market order."""
    fields = ("client_order_id", "side", "order_type", "quantity", "price")
    echoed = {name: request[name] for name in fields if name in request}
    told = {"seq": 1, "order_id": order_id, "symbol": "ACME", "timestamp": 1}
    rest = {**told, "status": "NEW", "time_in_force": "GTC"}
    return json.dumps({"type": "order_accepted", "remaining_quantity": request["quantity"], **rest, **echoed})


def event(kind: str, **fields: Any) -> str:
    """A private event, with what no test looks at filled in."""
    rest = {"seq": 1, "symbol": "ACME", "timestamp": 1, "status": "NEW", "quantity": 1, "remaining_quantity": 1}
    return json.dumps({"type": kind, **rest, **fields})


def live_order(order_id: int, client_order_id: str, quantity_ahead: Optional[int]) -> str:
    """A row of `orders`."""
    ids = {"order_id": order_id, "client_order_id": client_order_id, "quantity_ahead": quantity_ahead}
    terms = {"side": "BUY", "order_type": "LIMIT", "time_in_force": "GTC", "price": 1, "quantity": 1}
    rest = {"symbol": "ACME", "timestamp": 1, "status": "NEW", "remaining_quantity": 1}
    return json.dumps({**ids, **terms, **rest})


def rejected(request: Request, code: str, text: str) -> str:
    """The refusal of an order."""
    fields = {"client_order_id": request["client_order_id"], "code": code, "text": text}
    return json.dumps({"type": "order_rejected", **fields})


@contextmanager
def talking_to(answer: Answer, timeout_s: float = 10.0) -> Iterator[tuple[ExchangeClient, CannedEngine]]:
    """A client that is connected to a stand-in which answers so."""
    with CannedEngine(answer) as engine, ExchangeClient.connect(port=engine.port, timeout_s=timeout_s) as client:
        yield client, engine


def echo(request: Request) -> list[str]:
    """Accept every order, answer every ping."""
    return pong(request) if request["type"] == "ping" else [accepted(request)]
