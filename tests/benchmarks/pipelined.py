"""Many orders sent before an answer is read: how many are answered in a second, and what each costs the server."""

from __future__ import annotations

import selectors
import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.benchmarks.served import Served, connect, order_lines

PIPELINED_ORDERS = 50_000
# A client waits so long for something to happen; then the server has forgotten an answer.
PATIENCE_S = 60.0


class Pipelined(NamedTuple):
    """Orders per second, and the server's processor time for each in µs."""

    rate: float
    processor_us: float


def pipelined(
    served: Served, round_name: str, symbol: str, client_count: int = 1, order_count: int = PIPELINED_ORDERS
) -> Pipelined:
    """Send `order_count` orders in all, and read until the last one is answered.

    One thread serves all clients, and looks at what comes only to count: a dear client would be what is measured.
    """
    clients = [
        _Client(served, f"pipe{number}-{round_name}", symbol, order_count // client_count)
        for number in range(client_count)
    ]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, client)
        start_s, start_processor_s = time.perf_counter(), served.processor_s()
        _serve(selector, clients)
        elapsed_s, processor_s = time.perf_counter() - start_s, served.processor_s() - start_processor_s
    for client in clients:
        client.sock.close()
    return Pipelined(order_count / elapsed_s, processor_s / order_count * 1e6)


class _Client:
    """One connection: what is left to send, and how many answers are still to come."""

    def __init__(self, served: Served, user: str, symbol: str, order_count: int) -> None:
        self.sock = connect(served.address, user)
        self.sock.setblocking(False)
        self.to_send = memoryview(b"".join(order_lines(order_count, f"{user}-", symbol)))
        self.left_count = order_count
        self._answer = served.answer
        self._tail = b""

    def receive(self) -> None:
        """Count the answers in what has come; a word that was cut in two counts when its end comes."""
        received = self.sock.recv(1 << 20)
        assert received, "the server hung up"
        received = self._tail + received
        self.left_count -= received.count(self._answer)
        self._tail = received[1 - len(self._answer) :]

    def send(self) -> None:
        """Send what the socket takes."""
        self.to_send = self.to_send[self.sock.send(self.to_send) :]


def _serve(selector: selectors.BaseSelector, clients: Sequence[_Client]) -> None:
    while any(client.left_count > 0 for client in clients):
        ready = selector.select(PATIENCE_S)
        assert ready, "the server has forgotten an answer"
        for key, events in ready:
            client: _Client = key.data
            if events & selectors.EVENT_READ:
                client.receive()
            if events & selectors.EVENT_WRITE and client.to_send:
                client.send()
                if not client.to_send:
                    selector.modify(client.sock, selectors.EVENT_READ, client)
