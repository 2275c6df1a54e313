"""The book feed against the engine's own book at every single moment, under load, whoever joins, lags or leaves.

The exchange is in this process: whenever it has processed a batch and not yet told anybody, its own orders are
added up, for each depth.  What a subscriber shows after each message must be what the engine had, moment for
moment.
"""

from __future__ import annotations

import queue
import random
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from decimal import Decimal
from typing import Optional

import pytest

from exchange.networking.outbound import outbox
from exchange.networking.publishing import update_pauses
from tests.support.followed_book import Follower, Levels, own_levels
from tests.support.in_process import WAIT_S, InProcessExchange, running_exchange
from tests.support.raw_client import Message, RawClient, limit

DEPTHS = (0, 1, 3, 20)
TRADERS = 3
BURSTS = 400
BURST_REQUESTS_MAX = 8
# The late ones read after so many bursts of whomever.
LATE_BURSTS = 300
JOINERS = 10
# So little counts as lagging, and fits into a connection, that a subscriber lags after some dozens of updates.
SMALL_BYTES = 4_096
LARGE_BYTES = 1_000_000
THREADS_MAX = 64

# What is shown at one moment: bids and asks.
Shown = tuple[Levels, Levels]
# Nothing else than this book stands at the end.
THE_END: Shown = ([(Decimal("0.01"), 1, 1)], [(Decimal(999), 1, 1)])


class Moments:
    """Every book that the engine ever had, at each depth; two in a row always differ."""

    def __init__(self, exchange: InProcessExchange) -> None:
        self._engine = exchange.engine
        self.shown: dict[int, list[Shown]] = {depth: [([], [])] for depth in DEPTHS}
        exchange.disk.on_commit = self._note

    def _note(self) -> None:
        bids, asks = (own_levels(self._engine, "ACME", side, 0) for side in ("BID", "ASK"))
        for depth, shown in self.shown.items():
            now = (bids[: depth or None], asks[: depth or None])
            if now != shown[-1]:
                shown.append(now)


class Subscriber:
    """Follows the book at `depth`, and remembers all it ever showed."""

    def __init__(self, exchange: InProcessExchange, depth: int, receive_bytes: Optional[int] = None) -> None:
        self.depth = depth
        self.client = RawClient(exchange.port, receive_bytes)
        self.shown: list[Shown] = []
        self.follower = Follower()
        self.client.send({"type": "subscribe", "channel": "book", "depth": depth})
        assert self.client.next()["type"] == "subscribed"
        self.hear()

    def hear(self) -> bool:
        """Take in the next message; False if it was a pong."""
        message = self.client.next()
        if message["type"] == "pong":
            return False
        self.follower.hear(message)
        self.shown.append((self.follower.levels("BID"), self.follower.levels("ASK")))
        return True

    def hear_until(self, shown: Shown) -> None:
        """Read on until this is what it shows."""
        while self.shown[-1] != shown:
            self.hear()

    def catch_up(self) -> None:
        """Read all that is there."""
        self.client.send({"type": "ping"})
        while self.hear():
            pass

    def close(self) -> None:
        """Leave."""
        self.client.close()

    def assert_showed_every_moment(self, moments: list[Shown]) -> None:
        """From when it joined it missed nothing, made up nothing, and showed nothing twice."""
        count = len(self.shown)
        starts = [at for at, shown in enumerate(moments) if shown == self.shown[0]]
        assert any(moments[at : at + count] == self.shown for at in starts)

    def assert_showed_only_what_was(self, moments: list[Shown]) -> None:
        """It may have been spared moments, but each it showed was one, in their order."""
        passing = iter(moments)
        assert all(shown in passing for shown in self.shown)


def requests(chance: random.Random, first: int, count: int) -> list[Message]:
    """Numbered requests that keep some dozens of levels alive on both sides and trade a good deal."""
    made: list[Message] = []
    for number in range(first, first + count):
        old = str(max(0, number - chance.randrange(1, 60)))
        kind = chance.random()
        if kind < 0.6:
            side, middle = chance.choice((("BUY", 30), ("SELL", 34)))
            quarters = middle + chance.randrange(-20, 21)
            made.append(limit(str(number), side, chance.randrange(1, 10), quarters / 4))
        elif kind < 0.8:
            made.append({"type": "cancel_order", "client_order_id": old})
        elif kind < 0.9:
            price, quantity = chance.randrange(10, 55) / 4, chance.randrange(1, 10)
            change = chance.choice(({"price": price}, {"quantity": quantity}))
            made.append({"type": "replace_order", "client_order_id": old, **change})
        elif kind < 0.99:
            made.append({**limit(str(number), "SELL", 9, 1), "time_in_force": "IOC"})
        else:
            made.append({"type": "cancel_all"})
    return made


def trade(exchange: InProcessExchange, number: int, bursts_done: queue.Queue[None]) -> None:
    """One trader's session: bursts, each answered before the next, and nothing left behind."""
    chance = random.Random(number)
    with RawClient(exchange.port) as client:
        assert client.login(f"trader-{number}")["type"] == "logged_in"
        for burst in range(BURSTS):
            count = chance.randrange(1, BURST_REQUESTS_MAX + 1)
            client.ask(*requests(chance, burst * BURST_REQUESTS_MAX, count))
            bursts_done.put(None)
        client.ask({"type": "cancel_all"})


@contextmanager
def small_buffers(exchange: InProcessExchange) -> Iterator[None]:
    """Who connects meanwhile can have little on the way to them."""
    exchange.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BYTES)
    yield
    exchange.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGE_BYTES)


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessExchange]:
    monkeypatch.setattr(outbox, "LAGGING_BYTES", SMALL_BYTES)
    with running_exchange() as exchange:
        yield exchange


@pytest.mark.parametrize("is_told_at_once", [True, False])
def test_at_every_moment_every_subscriber_shows_a_book_that_was_the_engines_own(
    exchange: InProcessExchange, monkeypatch: pytest.MonkeyPatch, is_told_at_once: bool
) -> None:
    """Told at once, whoever reads sees every moment; with a pause behind each update, nothing that never was."""
    monkeypatch.setattr(update_pauses, "FOLLOWERS_AT_ONCE_MAX", THREADS_MAX if is_told_at_once else 0)
    moments = Moments(exchange)
    chance = random.Random(1)
    with ExitStack() as stack, ThreadPoolExecutor(THREADS_MAX) as pool:

        def subscribe(depth: int, receive_bytes: Optional[int] = None) -> Subscriber:
            return stack.enter_context(closing(Subscriber(exchange, depth, receive_bytes)))

        with small_buffers(exchange):
            late = [subscribe(depth, SMALL_BYTES) for depth in (0, 20)]
        prompt = [subscribe(depth) for depth in DEPTHS]
        bursts_done: queue.Queue[None] = queue.Queue()
        traders = [pool.submit(trade, exchange, number, bursts_done) for number in range(TRADERS)]
        reading = [pool.submit(subscriber.hear_until, THE_END) for subscriber in prompt]
        for burst in range(TRADERS * BURSTS):
            bursts_done.get(timeout=WAIT_S)
            if chance.random() < JOINERS / (TRADERS * BURSTS):
                prompt.append(subscribe(chance.choice(DEPTHS)))
                reading.append(pool.submit(prompt[-1].hear_until, THE_END))
            if burst % LATE_BURSTS == LATE_BURSTS - 1:
                for subscriber in late:
                    subscriber.catch_up()
        for trader in traders:
            trader.result(WAIT_S)
        with RawClient(exchange.port) as last:
            last.login("last")
            last.ask(limit("bid", "BUY", 1, 0.01), limit("offer", "SELL", 1, 999))
        for reader in reading:
            reader.result(WAIT_S)
        for subscriber in late:
            subscriber.hear_until(THE_END)
    assert all(len(shown) > TRADERS * BURSTS / 10 for shown in moments.shown.values())
    for subscriber in prompt:
        assert subscriber.follower.snapshot_count == 1
        if is_told_at_once:
            subscriber.assert_showed_every_moment(moments.shown[subscriber.depth])
        else:
            subscriber.assert_showed_only_what_was(moments.shown[subscriber.depth])
    for subscriber in late:
        assert subscriber.follower.snapshot_count >= 2 or not is_told_at_once
        subscriber.assert_showed_only_what_was(moments.shown[subscriber.depth])
