"""A subscriber who reads too slowly is spared the updates, and shown the book as it is: at its pings, and once it
has caught up.

The exchange is in this process, so that how much counts as lagging can be made small against what the system's own
buffers hold.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from exchange.networking.outbound import outbox
from tests.support.in_process import InProcessExchange, running_exchange
from tests.support.raw_client import Message, RawClient, kinds, limit

SUBSCRIBE: Message = {"type": "subscribe", "channel": "book", "depth": 0}
CHANGES = 400
# More than two connections' buffers hold, less than what the exchange keeps for one client.
PONGS = 80_000


class Watcher:
    """A follower of the whole book, as a client keeps it."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[Any, tuple[int, int]]] = {}
        self.sequence = 0
        self.snapshot_count = self.update_count = 0

    def hear(self, message: Message) -> None:
        """Apply one message; an update that does not follow is a failure."""
        if message["type"] == "book_snapshot":
            self.snapshot_count += 1
            self.sides = {
                side: {price: (quantity, orders) for price, quantity, orders in message[name]}
                for side, name in (("BID", "bids"), ("ASK", "asks"))
            }
        elif message["type"] == "book_update":
            self.update_count += 1
            assert message["sequence"] == self.sequence + 1
            for side, price, quantity, orders in message["changes"]:
                self.sides[side][price] = (quantity, orders)
                if not quantity:
                    del self.sides[side][price]
        self.sequence = message.get("sequence", self.sequence)


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessExchange]:
    monkeypatch.setattr(outbox, "LAGGING_BYTES", 100_000)
    with running_exchange() as exchange:
        yield exchange


@pytest.fixture
def alice(exchange: InProcessExchange) -> Iterator[RawClient]:
    with RawClient(exchange.port) as alice:
        alice.login("alice")
        yield alice


@pytest.fixture
def other(exchange: InProcessExchange) -> Iterator[RawClient]:
    """Hears of every order of the late one that it has been taken."""
    with RawClient(exchange.port) as other:
        yield other


@pytest.fixture
def late(exchange: InProcessExchange, other: RawClient) -> Iterator[RawClient]:
    """Subscribed, and lagging: it has asked for more pongs than its connection holds, and read none."""
    with RawClient(exchange.port, receive_bytes=4_096) as late:
        late.login("late", other.login("late")["token"])
        late.send(SUBSCRIBE)
        for _ in range(PONGS // 1_000):
            late.send(*[{"type": "ping", "id": "x" * 64}] * 1_000)
        wait_until_taken(late, other)
        yield late


def wait_until_taken(late: RawClient, other: RawClient) -> None:
    """Wait until the exchange has carried out all that `late` asked for, without reading its answers."""
    late.send(limit(f"{time.monotonic_ns()}", "BUY", 1, 0.01, time_in_force="IOC"))
    assert kinds([other.next(), other.next()]) == ["order_accepted", "order_canceled"]


def change_the_book(alice: RawClient) -> None:
    """Again and again, and not back to where it was."""
    for number in range(CHANGES):
        alice.ask(limit(str(number), "BUY", 1 + number, 1 + number % 50))


def shown_anew(client: RawClient) -> tuple[dict[str, Any], int]:
    """The book and its sequence as one is told who subscribes only now."""
    watching = Watcher()
    for message in client.ask(SUBSCRIBE):
        watching.hear(message)
    return watching.sides, watching.sequence


def test_a_subscriber_who_lags_gets_no_updates_and_then_the_book_as_it_is(
    alice: RawClient, late: RawClient
) -> None:
    change_the_book(alice)
    watching = Watcher()
    while watching.snapshot_count < 2:
        watching.hear(late.next())
    assert watching.update_count < CHANGES
    alice.ask({"type": "cancel_order", "client_order_id": "7"})
    for message in late.heard():
        watching.hear(message)
    assert (watching.sides, watching.sequence) == shown_anew(alice)


def test_a_pong_is_a_barrier_for_a_subscriber_who_lags(
    alice: RawClient, late: RawClient, other: RawClient
) -> None:
    """The book is there ahead of the first pong, and not told again ahead of the second: nothing has changed."""
    change_the_book(alice)
    late.send({"type": "ping", "id": "first"}, {"type": "ping", "id": "second"})
    wait_until_taken(late, other)
    watching = Watcher()
    expected = shown_anew(alice)
    while (message := late.next()) != {"type": "pong", "id": "first"}:
        watching.hear(message)
    assert (watching.sides, watching.sequence) == expected
    assert (watching.snapshot_count, watching.update_count) == (2, 0)
    assert late.next() == {"type": "pong", "id": "second"}
    alice.ask({"type": "cancel_order", "client_order_id": "7"})
    for message in late.heard():
        watching.hear(message)
    assert (watching.sides, watching.sequence) == shown_anew(alice)
