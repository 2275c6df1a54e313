"""The engine runs without the garbage collector (`start_engine`): nothing that clients do may make cycles.

Whatever is unreachable and was not freed by its reference count is found by one collection at the end.
"""

from __future__ import annotations

import gc
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exchange.networking.inbound.login_check import FAILURES_AT_ONCE
from exchange.utils.tls import server_context
from tests.support.certificates import make_certificate
from tests.support.in_process import WAIT_S, InProcessExchange, join_readers, running_exchange
from tests.support.raw_client import RawClient, kinds, limit

# Few enough that nobody is slowed down for wrong tokens.
ROUNDS = FAILURES_AT_ONCE - 1


@contextmanager
def no_garbage() -> Iterator[None]:
    """What the block leaves behind must need no collector."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
        gc.collect()
        found = Counter(f"{type(thing).__module__}.{type(thing).__qualname__}" for thing in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert found == {}


def trade(exchange: InProcessExchange, number: int) -> None:
    with RawClient(exchange.port) as client:
        client.login(f"trader{number}", cancel_on_disconnect="ALL")
        client.ask(
            {"type": "subscribe", "channel": "book"},
            {"type": "subscribe", "channel": "trades"},
            *[limit(f"s{i}", "SELL", 2, 100 + i) for i in range(5)],
            *[limit(f"b{i}", "BUY", 1, 100 + i, time_in_force="IOC") for i in range(5)],
            {"type": "replace_order", "client_order_id": "s1", "quantity": 7},
            {"type": "cancel_order", "client_order_id": "s2"},
            {"type": "get_orders"},
            {"type": "get_positions"},
            {"type": "cancel_all"},
        )


def be_refused(exchange: InProcessExchange, number: int) -> None:
    with RawClient(exchange.port) as client:
        client.ask(b"", b"{", b"[" * 1_000, b"\xff", b'{"type":"x"}', b'{"type":1}', b'{"type":"get_orders"}')
        client.login(f"refused{number}")
        client.ask(
            limit("1", "BUY", 0, 1),
            limit("2", "BUY", 1, 0.001),
            {**limit("3", "BUY", 1, 1), "colour": "red"},
            {"type": "cancel_order", "order_id": 99_999},
            {"type": "replace_order", "order_id": 99_999, "quantity": 1},
            {"type": "subscribe", "channel": "book", "symbol": "NONE"},
        )


def break_off(exchange: InProcessExchange, number: int) -> None:
    with RawClient(exchange.port) as client:
        client.send(b"x" * 70_000)
        assert [message["code"] for message in client.remainder()] == ["LINE_TOO_LONG"]
    with RawClient(exchange.port) as client:
        assert client.login(f"trader{number}", token="wrong")["type"] in {"login_rejected", "logged_in"}


@pytest.mark.parametrize("visit", [trade, be_refused, break_off])
def test_nothing_a_client_does_leaves_garbage(visit: Callable[[InProcessExchange, int], None]) -> None:
    with running_exchange() as exchange:
        visit(exchange, 0)
        with no_garbage():
            for number in range(ROUNDS):
                visit(exchange, number + 1)
            join_readers()
            with RawClient(exchange.port) as last:
                assert kinds(last.heard()) == []
        assert exchange.failures == []


def test_nothing_a_tls_client_does_leaves_garbage(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=str(certificate.certificate))

    def visit(port: int) -> None:
        with (
            socket.create_connection(("127.0.0.1", port), WAIT_S) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
        ):
            secured.sendall(b'{"type":"ping"}\n')
            assert secured.recv(100) == b'{"type":"pong"}\n'
        with socket.create_connection(("127.0.0.1", port), WAIT_S) as stranger:
            stranger.sendall(b'{"type":"ping"}\n')
            stranger.settimeout(WAIT_S)
            while stranger.recv(100):
                continue

    with running_exchange(tls=server_context(str(certificate.certificate), str(certificate.key))) as exchange:
        visit(exchange.port)
        with no_garbage():
            for _ in range(ROUNDS):
                visit(exchange.port)
            join_readers()
