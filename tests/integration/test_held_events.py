"""What is held of all users together is bounded, and who misses something because of that hears of it otherwise.

The whole exchange is in this process, with its disk, so that the bound can be made small.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.assembly import Exchange, Options
from exchange.networking.publishing import missed_events
from exchange.networking.tcp_server import ServerOptions
from tests.support.raw_client import RawClient, kinds, limit

ALL_EVENTS_HELD_MAX = 300
FILLS = 120


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Of an exchange that holds few events, and is stopped at the end."""
    monkeypatch.setattr(missed_events, "ALL_EVENTS_HELD_MAX", ALL_EVENTS_HELD_MAX)
    exchange = Exchange(Options(ServerOptions("127.0.0.1", 0), tmp_path, None))
    exchange.start()
    yield exchange.address[1]
    exchange.stop()
    assert exchange.failure is None


def enter(port: int, user: str, count: int) -> None:
    """A new user enters so many orders that nobody takes."""
    with RawClient(port) as client:
        client.login(user)
        orders = [limit(str(number), "BUY", 1, 1) for number in range(count)]
        assert kinds(client.ask(*orders)) == ["order_accepted"] * count


def test_whoever_misses_what_was_dropped_for_others_is_told_the_state_and_every_fill(port: int) -> None:
    with RawClient(port) as alice:
        token = alice.login("alice")["token"]
        alice.ask(limit("all", "SELL", FILLS + 1, 5))
    with RawClient(port) as bob:
        bob.login("bob")
        bob.ask(*[limit(str(number), "BUY", 1, 5) for number in range(FILLS)])
    with RawClient(port) as alice:
        alice.login("alice", token, last_seq=1)
        assert kinds(alice.heard()) == ["order_executed"] * FILLS, "so far all is held"
    for user in ("carol", "dave", "eve"):
        enter(port, user, ALL_EVENTS_HELD_MAX)
    with RawClient(port) as alice:
        alice.login("alice", token, last_seq=1)
        gap, orders, _positions, *fills = alice.heard()
        assert gap == {"type": "gap", "from": 2, "to": FILLS + 1}
        assert [order["remaining_quantity"] for order in orders["orders"]] == [1]
        assert [fill["seq"] for fill in fills] == list(range(2, FILLS + 2))
        assert kinds(fills) == ["order_executed"] * FILLS
    with RawClient(port) as alice:
        alice.login("alice", token, last_seq=FILLS)
        assert [event["seq"] for event in alice.heard()] == [FILLS + 1], "the last ones are still held"
