"""The tape: whoever comes later is shown what the others were told, numbered alike."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.events import NewsSaid
from exchange.engine.instrument import Instrument
from exchange.engine.orderbook import OrderBook
from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.networking.outbound.backlogs import BacklogSender
from exchange.networking.outbound.connection import Connection
from exchange.networking.publishing.feeds import Feeds
from exchange.networking.publishing.trade_feeds import TradeFeeds
from exchange.networking.wire.encode import Encoder
from exchange.networking.wire.encode_feeds import FeedEncoder

ENCODER = FeedEncoder([Instrument("ACME"), Instrument("BOND")])


@pytest.fixture(scope="module")
def connections() -> Iterator[list[Connection]]:
    """Three connections that nothing is sent on."""
    sender = BacklogSender(lambda failure: None)
    sender.start()
    ends = [end for _ in range(3) for end in socket.socketpair()]
    yield [Connection(end, "client", number, sender, b"", lambda _: None) for number, end in enumerate(ends[::2])]
    sender.stop()
    for end in ends:
        end.close()


def trades(count: int) -> list[Trade]:
    """In two instruments in turn."""
    symbols = ("ACME", "BOND")
    return [
        Trade(number, symbols[number % 2], 100 + number, 5, 7, 8, "a", "b", Side.BUY, number)
        for number in range(1, count + 1)
    ]


class Told:
    """What each connection was sent, as messages."""

    def __init__(self) -> None:
        self.messages: dict[Connection, list[dict[str, Any]]] = {}

    def send(self, connection: Connection, line: bytes) -> None:
        self.messages.setdefault(connection, []).append(json.loads(line))


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 40))
def test_who_comes_later_is_shown_what_the_others_were_told(
    connections: list[Connection], past_count: int, count: int, last: int
) -> None:
    """Also of the trades of before the start, which nobody was there to be told of."""
    first, later, _ = connections
    told = Told()
    all_trades = trades(past_count + count)
    feeds = TradeFeeds(ENCODER, told.send, all_trades[:past_count])
    feeds.subscribe(first, "ACME")
    for trade in all_trades[past_count:]:
        feeds.tell(trade)
    feeds.subscribe(later, "ACME")
    feeds.show(later, OrderBook(Instrument("ACME")), last)
    [snapshot] = told.messages[later]
    rows = snapshot["trades"]
    ids = [trade.trade_id for trade in all_trades if trade.symbol == "ACME"]
    assert [row["trade_id"] for row in rows] == (ids[-last:] if last else [])
    heard = [{name: each[name] for name in each if name != "type"} for each in told.messages.get(first, [])]
    for row in rows:
        assert row in heard or row["trade_id"] <= past_count
    assert [row["sequence"] for row in rows] == list(range(len(ids) + 1 - len(rows), len(ids) + 1))
    assert snapshot["sequence"] == len(ids)
    assert [message["sequence"] for message in heard] == list(range(len(ids) + 1 - len(heard), len(ids) + 1))


def test_no_more_than_the_last_thousand_are_remembered(connections: list[Connection]) -> None:
    told = Told()
    feeds = TradeFeeds(ENCODER, told.send, trades(3_000))
    feeds.show(connections[0], OrderBook(Instrument("ACME")), 1_000)
    [snapshot] = told.messages[connections[0]]
    assert [snapshot["trades"][index]["sequence"] for index in (0, -1)] == [501, 1_500]


@pytest.mark.parametrize(("user", "expected"), [(None, [0, 2]), ("alice", [0]), ("carol", [])])
def test_news_go_to_those_who_follow_them_or_to_those_of_one_user(
    connections: list[Connection], user: Optional[str], expected: list[int]
) -> None:
    told = Told()
    feeds = Feeds({}, Encoder(), told.send)
    for number in (0, 1, 2):
        feeds.subscribe_news(connections[number])
    feeds.unsubscribe_news(connections[1])
    connections[0].user = connections[1].user = "alice"
    feeds.tell_news(NewsSaid("lunch", 5, user))
    assert [number for number, each in enumerate(connections) if each in told.messages] == expected
    for messages in told.messages.values():
        assert messages == [{"type": "news", "text": "lunch", "timestamp": 5}]
    for connection in connections:
        connection.user = None
