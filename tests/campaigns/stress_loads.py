"""Loads on an engine, each in a process of its own so that it does not slow the one that measures.

    with loaded(drip, port, 500) as load:      the load is on from here
        …
    load.result                                what it counted

A load connects, says that it is on, works until it is told to end (or for `LOAD_S_MAX`), and returns a count.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, Optional

from tests.support.started_process import deaf_workers

# No load outlasts its measurement by long, whatever becomes of the process that started it.
LOAD_S_MAX = 600.0
WAIT_S = 60.0
RECEIVE_BYTES = 1 << 18
# How often a load that keeps a pace sends; what is due since the last time goes out in one piece.
_PIECE_S = 0.005

IsOver = Callable[[], bool]


class Load:
    """One running load; `result` is what it returned, None while it runs."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.result: Optional[int] = None

    def finish(self) -> None:
        """Tell it to end, and take its result."""
        with suppress(BrokenPipeError):  # Its engine has gone, and so has it: the result is there already.
            self._pipe.send("end")
        if not self._pipe.poll(WAIT_S):
            raise TimeoutError("a load did not end")
        self.result = self._pipe.recv()


@contextmanager
def loaded(work: Callable[..., int], *arguments: Any) -> Iterator[Load]:
    """Run `work` in another process while the block runs; begins when it is on."""
    context = multiprocessing.get_context("spawn")
    pipe, its_pipe = context.Pipe()
    process = context.Process(target=_run, args=(its_pipe, work, arguments), name=work.__name__, daemon=True)
    with ExitStack() as ending:
        ending.callback(pipe.close)
        with deaf_workers():
            process.start()
            ending.callback(process.join)
            ending.callback(process.kill)
        its_pipe.close()
        if not pipe.poll(WAIT_S):
            raise TimeoutError(f"{work.__name__} did not start")
        pipe.recv()
        load = Load(pipe)
        yield load
        load.finish()


def _run(pipe: Connection, work: Callable[..., int], arguments: tuple[Any, ...]) -> None:
    end_s = time.monotonic() + LOAD_S_MAX
    result = work(*arguments, lambda: pipe.send("on"), lambda: pipe.poll() or time.monotonic() > end_s)
    pipe.send(result)


# --- connections -----------------------------------------------------------------------------------------------


def connect(port: int, receive_bytes: Optional[int] = None) -> socket.socket:
    """A connection on which each wait has a deadline; with `receive_bytes` it holds little that is not read."""
    sock = socket.socket()
    sock.settimeout(WAIT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_bytes is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    sock.connect(("127.0.0.1", port))
    return sock


class Client:
    """A logged-in client; its user's name is new to the engine, or proven by `token`."""

    def __init__(self, port: int, user: str, token: str = "") -> None:
        self.sock = connect(port)
        self.lines = self.sock.makefile("rb")
        proof = {"token": token} if token else {}
        self.sock.sendall(json.dumps({"type": "login", "user": user, **proof}).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        assert answer["type"] == "logged_in", answer
        self.token: str = token or answer["token"]

    def close(self) -> None:
        """Leave."""
        self.lines.close()
        self.sock.close()


def order_line(
    client_order_id: str, side: str, quantity: int, cents: int, more: str = "", symbol: str = "ACME"
) -> bytes:
    """A limit order at a price in hundredths."""
    return (
        f'{{"type":"new_order","client_order_id":"{client_order_id}","symbol":"{symbol}","side":"{side}",'
        f'"order_type":"LIMIT","quantity":{quantity},"price":{cents // 100}.{cents % 100:02}{more}}}\n'
    ).encode()


def subscription(channel: str, depth: int, symbol: str = "ACME") -> bytes:
    """The line that asks for a feed."""
    return f'{{"type":"subscribe","channel":"{channel}","symbol":"{symbol}","depth":{depth}}}\n'.encode()


# --- loads -----------------------------------------------------------------------------------------------------


def drip(port: int, connection_count: int, is_on: Callable[[], None], is_over: IsOver) -> int:
    """Connections that send a byte a second each, in turn; returns how many bytes they sent."""
    socks = [connect(port) for _ in range(connection_count)]
    ping = b'{"type":"ping"}\n'
    is_on()
    sent_count = 0
    while not is_over():
        round_s = time.monotonic()
        for number, sock in enumerate(socks):
            sock.sendall(ping[sent_count // connection_count % len(ping) :][:1])
            sent_count += 1
            time.sleep(max(0.0, round_s + (number + 1) / connection_count - time.monotonic()))
            if number % 50 == 0 and is_over():
                break
    for sock in socks:
        sock.close()
    return sent_count


def flow(port: int, user: str, messages_per_s: int, is_on: Callable[[], None], is_over: IsOver) -> int:
    """Orders of one user, of which about every second trades, at a pace; returns how many were rejected."""
    chance = random.Random(5)
    client = Client(port, user)
    is_on()
    start_s, sent_count, rejected_count = time.monotonic(), 0, 0
    with selectors.DefaultSelector() as selector:
        selector.register(client.sock, selectors.EVENT_READ)
        while not is_over():
            due_count = int((time.monotonic() - start_s) * messages_per_s) - sent_count
            pieces = [
                order_line(
                    f"{number}",
                    chance.choice(("BUY", "SELL")),
                    chance.randrange(1, 9),
                    9_990 + chance.randrange(21),
                )
                for number in range(sent_count, sent_count + due_count)
            ]
            client.sock.sendall(b"".join(pieces))
            sent_count += due_count
            while selector.select(_PIECE_S):
                rejected_count += client.sock.recv(RECEIVE_BYTES).count(b'"type":"order_rejected"')
                if time.monotonic() - start_s > (sent_count + 1) / messages_per_s:
                    break
    client.close()
    return rejected_count


def drain(
    port: int, subscriber_count: int, subscriptions: bytes, is_on: Callable[[], None], is_over: IsOver
) -> int:
    """Subscribers who read all they get; returns how many bytes that was."""
    received_bytes = 0
    with selectors.DefaultSelector() as selector:
        for _ in range(subscriber_count):
            sock = connect(port)
            sock.sendall(subscriptions)
            assert sock.recv(RECEIVE_BYTES).startswith(b'{"type":"subscribed"')
            selector.register(sock, selectors.EVENT_READ)
        is_on()
        while not is_over():
            for key, _ in selector.select(0.1):
                received_bytes += len(key.fileobj.recv(RECEIVE_BYTES))  # type: ignore[union-attr]
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return received_bytes
