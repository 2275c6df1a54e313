"""However much one client asks, the others get their turn: counted in requests, never in time.

The disk is made to wait while the flood is on its way, so that what stands in the queue can be counted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Optional

import pytest

from exchange.engine.commands import GetOrders
from exchange.networking.inbound.connection_reader import PIECE_REQUESTS_MAX
from exchange.networking.inbound.rate_limit import BEYOND_AT_ONCE, Throttle
from exchange.networking.outbound.connection import PIECES_QUEUED_MAX
from exchange.networking.wire.requests import Ping, Subscribe
from tests.support.in_process import WAIT_S, InProcessExchange, started
from tests.support.raw_client import Message, RawClient, kinds, limit

FLOOD = 5_000


class WatchedExchange(InProcessExchange):
    """Notes every piece in the order in which it went into the queue."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.pieces: list[tuple[Any, Sequence[Any]]] = []

    def put(self, origin: Any, requests: Sequence[Any], processed: Callable[[], None]) -> None:
        self.pieces.append((origin.user, requests))
        super().put(origin, requests, processed)

    def wait_for_pieces(self, count: int, user: str) -> None:
        """Until so many pieces of `user` have come."""
        deadline = time.monotonic() + WAIT_S
        while sum(who == user for who, _ in self.pieces) < count:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def count_of(self, kind: type) -> int:
        """How many requests of this kind went into the queue, of whomever."""
        return sum(type(request) is kind for _, requests in self.pieces for request in requests)

    def ahead_of(self, user: str, kind: type) -> list[Any]:
        """The requests that stood in the queue ahead of the first of this kind by `user`."""
        ahead: list[Any] = []
        for who, requests in self.pieces:
            if who == user and any(type(request) is kind for request in requests):
                return ahead
            ahead += requests
        raise AssertionError(f"{user} asked for no {kind.__name__}")


@pytest.fixture
def exchange() -> Iterator[WatchedExchange]:
    with started(WatchedExchange()) as exchange:
        yield exchange


@pytest.fixture
def flooder(exchange: WatchedExchange) -> Iterator[RawClient]:
    with RawClient(exchange.port) as flooder:
        flooder.login("flooder")
        yield flooder


@pytest.fixture
def alice(exchange: WatchedExchange) -> Iterator[RawClient]:
    with RawClient(exchange.port) as alice:
        alice.login("alice")
        yield alice


def hold_the_disk(exchange: WatchedExchange, trader: RawClient) -> None:
    """Nothing more is processed until the disk may go on."""
    exchange.disk.may_commit.clear()
    trader.send(limit("held", "BUY", 1, 1))
    exchange.wait_for_pieces(1, "holder")
    exchange.pieces.clear()


def ask_behind_a_flood(
    exchange: WatchedExchange, flooder: RawClient, alice: RawClient, flood: list[Message]
) -> list[Any]:
    """Alice pings when the flood has its full share of the queue; returns what stood there ahead of her."""
    with RawClient(exchange.port) as holder:
        holder.login("holder")
        exchange.pieces.clear()
        hold_the_disk(exchange, holder)
        sending = threading.Thread(target=flooder.send, args=flood, name="flood", daemon=True)
        sending.start()
        try:
            exchange.wait_for_pieces(PIECES_QUEUED_MAX, "flooder")
            alice.send({"type": "ping", "id": "mine"})
            exchange.wait_for_pieces(1, "alice")
        finally:
            exchange.disk.may_commit.set()
        assert alice.next() == {"type": "pong", "id": "mine"}
        ahead = exchange.ahead_of("alice", Ping)
        answers = [flooder.next() for _ in range(len(flood))]
        sending.join(WAIT_S)
    assert len(answers) == len(flood)
    return ahead


def test_a_flood_of_orders_holds_nobody_up_for_more_than_its_share(
    exchange: WatchedExchange, flooder: RawClient, alice: RawClient
) -> None:
    flood = [limit(str(number), "BUY", 1, 1) for number in range(FLOOD)]
    ahead = ask_behind_a_flood(exchange, flooder, alice, flood)
    assert 0 < len(ahead) <= PIECES_QUEUED_MAX * PIECE_REQUESTS_MAX < FLOOD


def test_a_flood_of_long_lists_lets_others_in_after_each(
    exchange: WatchedExchange, flooder: RawClient, alice: RawClient
) -> None:
    flooder.ask(*[limit(str(number), "BUY", 1, 1) for number in range(500)])
    ahead = ask_behind_a_flood(exchange, flooder, alice, [{"type": "get_orders"}] * 100)
    assert [type(request) for request in ahead] == [GetOrders] * PIECES_QUEUED_MAX


def test_a_flood_of_subscriptions_lets_others_in_after_each(
    exchange: WatchedExchange, flooder: RawClient, alice: RawClient
) -> None:
    flood: list[Message] = [{"type": "subscribe", "channel": "trades"}] * 100
    ahead = ask_behind_a_flood(exchange, flooder, alice, flood)
    assert [type(request) for request in ahead] == [Subscribe] * PIECES_QUEUED_MAX


# --- the rate limit --------------------------------------------------------------------------------------------


def test_beyond_the_rate_orders_and_what_is_dear_are_refused_and_everything_else_is_not() -> None:
    """The clock stands still, so there is nothing but the burst."""
    with (
        started(WatchedExchange(throttle=Throttle(10, lambda: 0.0))) as exchange,
        RawClient(exchange.port) as alice,
        RawClient(exchange.port) as bob,
    ):
        alice.login("alice")
        bob.login("bob")
        answers = alice.ask(*[limit(str(number), "BUY", 1, 1) for number in range(15)])
        assert kinds(answers) == ["order_accepted"] * 10 + ["order_rejected"] * 5
        assert {answer["code"] for answer in answers[10:]} == {"RATE_LIMITED"}
        assert "10 messages per second" in answers[-1]["text"]
        refused = alice.ask(
            {"type": "replace_order", "client_order_id": "3", "quantity": 2},
            {"type": "get_orders"},
            {"type": "get_positions"},
            {"type": "subscribe", "channel": "book"},
        )
        assert kinds(refused) == ["replace_rejected"] + ["error"] * 3
        assert {answer["code"] for answer in refused} == {"RATE_LIMITED"}
        served = alice.ask(
            {"type": "cancel_order", "client_order_id": "3"},
            {"type": "ping", "id": "still here"},
            {"type": "cancel_all"},
        )
        assert kinds(served) == ["order_canceled", "pong"] + ["order_canceled"] * 9 + ["cancel_all_done"]
        bobs = bob.ask(*[limit(str(number), "BUY", 1, 1) for number in range(10)])
        assert kinds(bobs) == ["order_accepted"] * 10


@pytest.mark.parametrize("user", ["flooder", None])
def test_who_goes_on_beyond_the_rate_is_read_no_more_but_answered_in_full(user: Optional[str]) -> None:
    """The clock stands still, so nothing is ever allowed again.  One of the pings is the other client's."""
    held_back_at = 1 + int(BEYOND_AT_ONCE)
    throttled = WatchedExchange(throttle=Throttle(1, lambda: 0.0))
    with started(throttled) as exchange, RawClient(exchange.port) as flooder:
        if user:
            flooder.login(user)
        flooder.send(*[{"type": "ping"}] * 4 * FLOOD)
        answers = [flooder.next() for _ in range(held_back_at)]
        with RawClient(exchange.port) as bob:
            assert [bob.heard() for _ in range(200)] == [[]] * 200
        assert held_back_at <= exchange.count_of(Ping) - 200 <= held_back_at + 200
        exchange.server.stop_reading()
        answers += [message for message in flooder.remainder() if message["type"] == "pong"]
        assert len(answers) == exchange.count_of(Ping) - 200 < 4 * FLOOD
