"""A subscriber who reads too slowly is spared the updates, and shown the book as it is once it has caught up.

The exchange is in this process, so that how much counts as lagging can be made small against what the system's own
buffers hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from exchange.networking import outbox
from tests.in_process import InProcessExchange, running_exchange
from tests.raw_client import Message, RawClient, limit

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


def test_a_subscriber_who_lags_gets_no_updates_and_then_the_book_as_it_is(exchange: InProcessExchange) -> None:
    """It asks for more pongs than its connection holds, reads nothing, and catches up later."""
    with (
        RawClient(exchange.port) as alice,
        RawClient(exchange.port) as other,
        RawClient(exchange.port, receive_bytes=4_096) as late,
    ):
        alice.login("alice")
        token = other.login("late")["token"]
        late.login("late", token)
        watching = Watcher()
        for message in late.ask(SUBSCRIBE):
            watching.hear(message)
        for _ in range(PONGS // 1_000):
            late.send(*[{"type": "ping", "id": "x" * 64}] * 1_000)
        late.send(limit("all is asked", "BUY", 1, 0.01))
        assert other.next()["client_order_id"] == "all is asked"
        for number in range(CHANGES):
            alice.ask(limit(str(number), "BUY", 1 + number, 1 + number % 50))
        while watching.snapshot_count < 2:
            watching.hear(late.next())
        assert watching.update_count < CHANGES
        alice.ask({"type": "cancel_order", "client_order_id": "7"})
        for message in late.heard():
            watching.hear(message)
        expected = Watcher()
        for message in other.ask(SUBSCRIBE):
            expected.hear(message)
        assert (watching.sides, watching.sequence) == (expected.sides, expected.sequence)
