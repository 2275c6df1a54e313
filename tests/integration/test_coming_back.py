"""Clients that come back, to the same engine or to one that was killed: nothing lost, nothing twice.

`test_sessions.py` has the rules one by one; here clients live by them, as the protocol page tells them to.
"""

from __future__ import annotations

import random
import signal
from contextlib import closing
from pathlib import Path
from typing import Optional

import pytest

from tests.support.processes import RunningEngine
from tests.support.raw_client import Message, RawClient, kinds, limit

PRICE = 5


class SteadfastClient:
    """Trades one unit at a time, and does after each broken connection what the protocol page says."""

    def __init__(self, user: str, side: str) -> None:
        self._user = user
        self._side = side
        self._token: Optional[str] = None
        self._client: Optional[RawClient] = None
        self.sent: dict[str, Message] = {}
        self.answered: set[str] = set()
        self.last_seq = 0
        self._gap_to = 0
        self.fills: list[Message] = []

    @property
    def client(self) -> RawClient:
        """The connection of the moment."""
        assert self._client is not None
        return self._client

    def close(self) -> None:
        """Hang up, whatever was not read."""
        if self._client is not None:
            self._client.close()

    def come_back(self, engine: RunningEngine) -> None:
        """Log in, hear what was missed, and send again what was never answered."""
        self.close()
        self._client = RawClient(engine.port)
        answer = self.client.login(self._user, self._token, last_seq=self.last_seq)
        self._token = self._token or answer["token"]
        for message in self.client.heard():
            self._hear(message)
        # What a gap was filled up with ends with the barrier.
        self.last_seq = max(self.last_seq, self._gap_to)
        self.client.send(*[order for name, order in self.sent.items() if name not in self.answered])

    def send(self, count: int) -> None:
        """Send so many new orders without waiting for an answer."""
        names = [str(len(self.sent) + number) for number in range(count)]
        self.sent.update({name: limit(name, self._side, 1, PRICE) for name in names})
        self.client.send(*[self.sent[name] for name in names])

    def hear(self, count: int) -> None:
        """Take in the next so many messages."""
        for _ in range(count):
            self._hear(self.client.next())

    def hear_all(self) -> None:
        """Take in all that is there."""
        for message in self.client.heard():
            self._hear(message)

    def _hear(self, message: Message) -> None:
        assert "code" not in message, message
        if message["type"] == "gap":
            assert message["from"] == self.last_seq + 1
            self._gap_to = message["to"]
        if message["type"] == "orders":
            self.answered.update(order["client_order_id"] for order in message["orders"])
        if "seq" not in message:
            return
        self._count(message)
        self.answered.add(message["client_order_id"])
        if message["type"] == "order_executed":
            self.fills.append(message)

    @property
    def met_gap(self) -> bool:
        """Whether the engine ever told less than all that was missed."""
        return self._gap_to > 0

    def _count(self, event: Message) -> None:
        """Each event follows the one before, in a gap too, whose events the audit log has."""
        assert event["seq"] == self.last_seq + 1
        self.last_seq = event["seq"]

    def live_ids(self) -> list[str]:
        """The orders that rest, by the client's own ids."""
        (listed,) = self.client.ask({"type": "get_orders"})
        return [order["client_order_id"] for order in listed["orders"]]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_clients_that_live_by_the_page_lose_nothing_and_do_nothing_twice_over_many_restarts(
    tmp_path: Path, end: signal.Signals
) -> None:
    """The last burst of each life is more than what the engine remembers of orders that are done.

    After a kill every event is told again, after a stop the state and then every event.
    """
    chance = random.Random(1)
    with closing(SteadfastClient("alice", "SELL")) as alice, closing(SteadfastClient("bob", "BUY")) as bob:
        for _ in range(2):
            with RunningEngine(tmp_path) as engine:
                for trader in (alice, bob):
                    trader.come_back(engine)
                for burst in (40, 1_200):
                    for trader in (alice, bob):
                        trader.send(burst)
                        # Each order is answered by one message at least.
                        trader.hear(chance.randrange(40))
                engine.send_signal(end)
                engine.wait()
        assert len(alice.answered) < len(alice.sent)
        with RunningEngine(tmp_path) as engine:
            for trader in (alice, bob):
                trader.come_back(engine)
            for trader in (alice, bob, alice):  # What bob sent may have been filled by alice's after her barrier.
                trader.hear_all()
            for trader in (alice, bob):
                assert_each_order_was_entered_once(trader)
            assert len(alice.fills) == len(bob.fills)
            assert alice.met_gap is bob.met_gap is (end is signal.SIGTERM)
            (last,) = bob.client.ask(limit("one more", "BUY", 1, 1))
            # Every id that the engine ever gave is one of an order that was meant.
            assert last["order_id"] == len(alice.sent) + len(bob.sent) + 1


def assert_each_order_was_entered_once(trader: SteadfastClient) -> None:
    """Each rests or was filled, by a trade that was told once."""
    assert trader.answered == set(trader.sent)
    filled = [fill["client_order_id"] for fill in trader.fills]
    assert sorted([*filled, *trader.live_ids()]) == sorted(trader.sent)
    assert [fill["trade_id"] for fill in trader.fills] == list(range(1, len(filled) + 1))


@pytest.mark.parametrize("is_killed", [False, True], ids=["connection lost", "engine killed"])
def test_orders_that_were_done_before_their_answer_came_are_not_done_again(
    tmp_path: Path, is_killed: bool
) -> None:
    """Whoever does not ask what was missed and just sends all again, and again."""
    terms: list[Message] = [
        {"order_type": "MARKET"},
        {"order_type": "LIMIT", "price": PRICE, "time_in_force": "IOC"},
        {"order_type": "LIMIT", "price": PRICE, "time_in_force": "FOK"},
        {"order_type": "LIMIT", "price": PRICE - 1, "time_in_force": "IOC"},
        {"order_type": "LIMIT", "price": PRICE},
    ]
    orders = [
        {"type": "new_order", "client_order_id": str(number), "side": "BUY", "quantity": 2, **terms[number % 5]}
        for number in range(200)
    ]
    with RunningEngine(tmp_path) as engine:
        with RawClient(engine.port) as alice, RawClient(engine.port) as bob:
            alice.login("alice")
            alice.ask(limit("offer", "SELL", 10_000, PRICE))
            token = bob.login("bob")["token"]
            bob.send(*orders)
            for _ in range(20):
                bob.next()
            if is_killed:
                engine.send_signal(signal.SIGKILL)
                engine.wait()
        if not is_killed:
            assert_sent_again_changes_nothing(engine, token, orders)
    if is_killed:
        with RunningEngine(tmp_path) as engine:
            assert_sent_again_changes_nothing(engine, token, orders)


def assert_sent_again_changes_nothing(engine: RunningEngine, token: str, orders: list[Message]) -> None:
    """What had not arrived is carried out the first time; each order counts once, however often it is sent."""
    with RawClient(engine.port) as bob:
        bob.login("bob", token)
        first = bob.ask(*orders)
        assert {answer.get("code") for answer in first} <= {None, "DUPLICATE_CLIENT_ORDER_ID"}
        again = bob.ask(*orders, *orders)
        assert kinds(again) == ["order_rejected"] * 2 * len(orders)
        (positions,) = bob.ask({"type": "get_positions"})
        # One of five bids too little and is canceled.
        assert positions["positions"][0]["net_position"] == 2 * len(orders) * 4 // 5


@pytest.mark.parametrize("number", [None, signal.SIGKILL], ids=["same engine", "engine killed"])
def test_what_is_told_again_is_word_for_word_what_was_told(
    tmp_path: Path, number: Optional[signal.Signals]
) -> None:
    with RunningEngine(tmp_path) as engine:
        with RawClient(engine.port) as alice, RawClient(engine.port) as bob:
            token = alice.login("alice")["token"]
            bob.login("bob")
            bob.ask(limit("1", "BUY", 5, 4), limit("2", "SELL", 5, 6))
            told = alice.ask(
                limit("a", "SELL", 10, 5, time_in_force="DAY", post_only=True),
                limit("b", "SELL", 10, 4.25, self_trade_prevention="DECREMENT"),
                limit("c", "BUY", 4, 4.25, self_trade_prevention="DECREMENT"),
                limit("d", "SELL", 9, 1, time_in_force="IOC"),
                {"type": "replace_order", "client_order_id": "a", "quantity": 8, "new_client_order_id": "e"},
                {"type": "replace_order", "client_order_id": "e", "price": 5.5},
                {"type": "cancel_all"},
            )
            told = [message for message in told if "seq" in message]
        if number is None:
            assert told_again(engine, token) == told
        else:
            engine.send_signal(number)
            engine.wait()
    if number is not None:
        with RunningEngine(tmp_path) as engine:
            assert told_again(engine, token) == told
    assert set(kinds(told)) == {"order_accepted", "order_executed", "order_replaced", "order_canceled"}


def told_again(engine: RunningEngine, token: str) -> list[Message]:
    """What alice hears who says that she has heard nothing yet."""
    with RawClient(engine.port) as alice:
        alice.login("alice", token, last_seq=0)
        return alice.heard()
