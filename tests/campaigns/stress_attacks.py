"""Dear requests, one kind at a time: what they cost the others, and whether the engine stops in time meanwhile.

Each attack is a preparation (orders that rest, events that lie back) and a load, which asks for the dear thing
again and again from a process of its own, until it is told to end or the engine is gone.
"""

from __future__ import annotations

import argparse
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from tests.campaigns.stress_loads import RECEIVE_BYTES, Client, IsOver, connect, loaded, order_line, subscription
from tests.campaigns.stress_probe import Probe, compare
from tests.support.operator_wish_sender import wish
from tests.support.watched_engine import EngineError, WatchedEngine

STOP_S_MAX = 5.0
# So that a load is in the middle of it when the engine is told to stop.
BEFORE_STOP_S = 1.0
# An instrument that the probe does not trade.
ASIDE = "QUIET"
# Dear orders that are asked for in one piece, so that they wait in the engine's queue together.
PIECE = 20
# Offers begin here, in hundredths; each is one above the last.
LOWEST_OFFER = 10_100
STRANGERS = 4
LINE_BYTES = 1 << 16
CONNECTIONS_OF_ONE = 100
LOGINS_AT_ONCE = 60
ORDERS_AT_ONCE = 5_000
LOOK_EVERY_S = 0.2
PING = b'{"type":"ping"}\n'


class Attack(NamedTuple):
    """What is said of it, what has to be there first, and what is then done.

    `prepare` takes the port and how much is wanted, and returns a user's token, or nothing.  `work` is the body of
    the load (see `stress_loads`): it takes the port, that token, and how it says that it is on and sees that it is
    over.  `size` names the option that says how much is wanted.  With `in_call` the instrument aside is in a call.
    """

    name: str
    prepare: Callable[[int, int], str]
    work: Callable[[int, str, Callable[[], None], IsOver], int]
    size: str = "live_orders"
    in_call: bool = False


def measure_attack(attack: Attack, options: argparse.Namespace, engine: WatchedEngine) -> Iterator[str]:
    """The probe's round trips with and without it, then a stop in the middle of it."""
    if attack.in_call:
        wish(engine.data_dir, "phase", symbol=ASIDE, phase="AUCTION")
    token = attack.prepare(engine.port, getattr(options, attack.size))
    probe = Probe(engine.port, "probe")
    yield from compare(attack.name, probe, options, lambda: loaded(attack.work, engine.port, token))
    with loaded(attack.work, engine.port, token):
        probe.round_trips_ms(BEFORE_STOP_S)
        start_s = time.monotonic()
        engine.stop()
        elapsed_s = time.monotonic() - start_s
    probe.close()
    yield f"  told to stop in the middle of it, it had stopped after {elapsed_s:.1f} s"
    if elapsed_s > STOP_S_MAX:
        raise EngineError(f"{attack.name}: it took {elapsed_s:.1f} s to stop")


# --- preparations ----------------------------------------------------------------------------------------------


def nothing(_port: int, _size: int) -> str:
    """The load needs nothing to be there."""
    return ""


def deep_book(port: int, size: int) -> str:
    """Offers at so many different prices, where the probe trades."""
    return _rest(Client(port, "deep"), "ACME", size)


def deep_call(port: int, size: int) -> str:
    """So many different prices in a call, half of them bids, and each bid would trade with each offer."""
    _rest(Client(port, "seller"), ASIDE, size // 2)
    return _rest(Client(port, "buyer"), ASIDE, size // 2, "BUY", LOWEST_OFFER + size // 2)


def many_live_orders(port: int, size: int) -> str:
    """One user has so many live orders, and as many events in the past."""
    return _rest(Client(port, "owner"), ASIDE, size)


def _rest(client: Client, symbol: str, count: int, side: str = "SELL", lowest: int = LOWEST_OFFER) -> str:
    for start in range(0, count, PIECE * 50):
        numbers = range(start, min(count, start + PIECE * 50))
        orders = [order_line(f"{number}", side, 1, lowest + number, "", symbol) for number in numbers]
        client.sock.sendall(b"".join(orders) + PING)
        _read_to_pong(client)
    client.close()
    return client.token


def _read_to_pong(client: Client) -> None:
    while True:
        line = client.lines.readline()
        if not line:
            raise ConnectionError("the engine is gone")
        if line.startswith(b'{"type":"pong"'):
            return


# --- loads -----------------------------------------------------------------------------------------------------


def _repeated(ask: Callable[[int], None], is_on: Callable[[], None], is_over: IsOver) -> int:
    """Call `ask` with 0, 1, 2 … until the load is over or the engine is gone; how often that was."""
    is_on()
    count = 0
    with suppress(OSError):
        while not is_over():
            ask(count)
            count += 1
    return count


def ask_foks(port: int, _token: str, is_on: Callable[[], None], is_over: IsOver) -> int:
    """Orders that look through the whole deep book and find too little."""
    client = Client(port, f"fok-{time.time_ns()}")

    def ask(number: int) -> None:
        wanted = [
            order_line(f"{number}-{place}", "BUY", 10**8, LOWEST_OFFER + 10**6, ',"time_in_force":"FOK"')
            for place in range(PIECE)
        ]
        client.sock.sendall(b"".join(wanted) + PING)
        _read_to_pong(client)

    return _repeated(ask, is_on, is_over)


def ask_lists(port: int, token: str, is_on: Callable[[], None], is_over: IsOver) -> int:
    """The list of all live orders of a user who has many."""
    client = Client(port, "owner", token)

    def ask(_number: int) -> None:
        client.sock.sendall(b'{"type":"get_orders"}\n' + PING)
        _read_to_pong(client)

    return _repeated(ask, is_on, is_over)


def ask_whole_books(port: int, _token: str, is_on: Callable[[], None], is_over: IsOver) -> int:
    """An order that changes the deep book, and then all of it."""
    client = Client(port, f"reader-{time.time_ns()}")

    def ask(number: int) -> None:
        change = order_line(f"{number}", "BUY", 1, 200)
        client.sock.sendall(change + subscription("book", 0) + PING)
        _read_to_pong(client)

    return _repeated(ask, is_on, is_over)


def ask_in_a_call(port: int, _token: str, is_on: Callable[[], None], is_over: IsOver) -> int:
    """Orders, each of which changes what the call would give, while somebody follows its book and reads."""
    follower, client = Client(port, f"follower-{time.time_ns()}"), Client(port, f"caller-{time.time_ns()}")
    follower.sock.sendall(subscription("book", 1, ASIDE))
    follower.lines.readline()
    follower.sock.setblocking(False)

    def ask(number: int) -> None:
        client.sock.sendall(order_line(f"{number}", "BUY", 1, LOWEST_OFFER, "", ASIDE) + PING)
        _read_to_pong(client)
        with suppress(BlockingIOError):
            follower.sock.recv(RECEIVE_BYTES)

    return _repeated(ask, is_on, is_over)


def ask_cancel_all(port: int, _token: str, is_on: Callable[[], None], is_over: IsOver) -> int:
    """Thousands of orders, canceled by one command."""
    client = Client(port, f"canceler-{time.time_ns()}")

    def ask(number: int) -> None:
        offers = [
            order_line(f"{number}-{place}", "SELL", 1, LOWEST_OFFER + place, "", ASIDE)
            for place in range(ORDERS_AT_ONCE)
        ]
        client.sock.sendall(b"".join(offers) + PING)
        _read_to_pong(client)
        client.sock.sendall(b'{"type":"cancel_all"}\n' + PING)
        _read_to_pong(client)

    return _repeated(ask, is_on, is_over)


def ask_the_past(port: int, token: str, is_on: Callable[[], None], is_over: IsOver) -> int:
    """Logins by the dozen that want to hear everything from the beginning."""
    login = json.dumps({"type": "login", "user": "owner", "token": token, "last_seq": 1}).encode() + b"\n"

    def ask(_number: int) -> None:
        socks = [connect(port) for _ in range(LOGINS_AT_ONCE)]
        for sock in socks:
            sock.sendall(login)
        for sock in socks:
            _wait_for_answer(sock, is_over)
            sock.close()

    return _repeated(ask, is_on, is_over)


def _wait_for_answer(sock: socket.socket, is_over: IsOver) -> None:
    """Wait for the first bytes, or until the load is over."""
    sock.settimeout(LOOK_EVERY_S)
    while not is_over():
        with suppress(TimeoutError):
            sock.recv(RECEIVE_BYTES)
            return


def ask_by_many_connections(port: int, _token: str, is_on: Callable[[], None], is_over: IsOver) -> int:
    """One user's orders on many connections at once."""
    user = f"many-{time.time_ns()}"
    first = Client(port, user)
    clients = [first, *(Client(port, user, first.token) for _ in range(CONNECTIONS_OF_ONE - 1))]

    def ask(number: int) -> None:
        for place, client in enumerate(clients):
            orders = [
                order_line(f"{number}-{place}-{each}", "BUY", 1, 100, ',"time_in_force":"IOC"', ASIDE)
                for each in range(PIECE)
            ]
            client.sock.sendall(b"".join(orders) + PING)
        for client in clients:
            _read_to_pong(client)

    return _repeated(ask, is_on, is_over)


def send_long_lines(port: int, _token: str, is_on: Callable[[], None], is_over: IsOver) -> int:
    """Strangers who send lines as long as may be, without having logged in."""
    line = b'{"type":"ping","id":"' + b"x" * (LINE_BYTES - 24) + b'"}\n'

    def ask(_number: int) -> None:
        socks = [connect(port) for _ in range(STRANGERS)]
        for sock in socks:
            with suppress(OSError):  # It may have closed the connection in the middle of it.
                sock.sendall(line)
                sock.recv(RECEIVE_BYTES)
            sock.close()

    return _repeated(ask, is_on, is_over)


def send_wrong_tokens(port: int, _token: str, is_on: Callable[[], None], is_over: IsOver) -> int:
    """Strangers who try to log in as somebody else."""

    def ask(number: int) -> None:
        socks = [connect(port) for _ in range(STRANGERS)]
        for sock in socks:
            login = {"type": "login", "user": "probe", "token": f"{number:064d}"}
            sock.sendall(json.dumps(login).encode() + b"\n")
        for sock in socks:
            sock.recv(RECEIVE_BYTES)
            sock.close()

    return _repeated(ask, is_on, is_over)


ATTACKS: dict[str, Attack] = {
    "foks": Attack("FOK orders over a deep book, 20 at a time", deep_book, ask_foks, "levels"),
    "lists": Attack("get_orders of a user with many", many_live_orders, ask_lists),
    "whole-books": Attack("an order, then the whole deep book", deep_book, ask_whole_books, "levels"),
    "deep-call": Attack("orders in a deep call that is followed", deep_call, ask_in_a_call, "levels", True),
    "cancel-all": Attack(f"cancel_all of {ORDERS_AT_ONCE:,}", nothing, ask_cancel_all),
    "the-past": Attack(f"{LOGINS_AT_ONCE} logins with an old last_seq", many_live_orders, ask_the_past),
    "many-of-one": Attack(f"{CONNECTIONS_OF_ONE} connections of one user", nothing, ask_by_many_connections),
    "long-lines": Attack(f"{STRANGERS} strangers with lines of 64 KiB", nothing, send_long_lines),
    "wrong-tokens": Attack(f"{STRANGERS} strangers with wrong tokens", nothing, send_wrong_tokens),
}
