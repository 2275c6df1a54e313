"""A book that many follow is told its changes together; who asks, or has just come, knows them all the same."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from exchange.engine.commands import CancelAll, Command, HaltInstrument, ListInstrument, NewOrder, SetPhase
from exchange.engine.engine import Engine
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, Side, TimeInForce
from exchange.networking.outbound.connection import Connection
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.publishing.feeds import Feeds
from exchange.networking.publishing.missed_events import RecentEvents
from exchange.networking.publishing.publisher import Publisher
from exchange.networking.publishing.update_pauses import FOLLOWERS_AT_ONCE_MAX, PAUSE, SEND_S, UpdatePauses
from exchange.networking.wire.encode import Encoder
from exchange.networking.wire.session_lines import Identity
from tests.unit.networking.publishing.test_indications import Listener

MANY = FOLLOWERS_AT_ONCE_MAX + 1
PAUSE_S = MANY * SEND_S * PAUSE


class Followed:
    """One instrument, followed by so many; the clock is moved by hand."""

    def __init__(self, follower_count: int) -> None:
        self.now_s = 0.0
        self.engine = Engine()
        self.engine.process(ListInstrument(Instrument("ACME")), 0)
        pauses = UpdatePauses(lambda: self.now_s)
        self.feeds = Feeds(self.engine.books, Encoder(self.engine.instruments()), _hear, pauses=pauses)
        self.followers = [Listener() for _ in range(follower_count)]
        for follower in self.followers:
            self.feeds.subscribe_book(follower, "ACME", 20)
        self._count = 0

    def enter(self, price: int) -> None:
        """An order rests at `price` units, and the batch is told."""
        self._count += 1
        terms = Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, price * 10**9, 1)
        self.engine.process(NewOrder("alice", str(self._count), "ACME", terms), 1)
        self.feeds.touch("ACME")
        self.feeds.flush()


def _hear(connection: Connection, line: bytes) -> None:
    assert isinstance(connection, Listener)
    connection.heard.append(json.loads(line, parse_float=Decimal))


def prices_told(listener: Listener) -> list[list[Decimal]]:
    """The prices that each update named."""
    updates: list[dict[str, Any]] = [message for message in listener.heard if message["type"] == "book_update"]
    return [[change[1] for change in update["changes"]] for update in updates]


def test_few_followers_are_told_each_change_at_once() -> None:
    book = Followed(FOLLOWERS_AT_ONCE_MAX)
    for price in (1, 2, 3):
        book.enter(price)
    assert prices_told(book.followers[-1]) == [[1], [2], [3]]
    assert book.feeds.wait_s() is None


def test_many_followers_are_told_together_what_changed_in_a_pause() -> None:
    book = Followed(MANY)
    for price in (1, 2, 3):
        book.enter(price)
    assert prices_told(book.followers[0]) == [[1]]
    assert book.feeds.wait_s() == PAUSE_S
    book.now_s = PAUSE_S
    book.feeds.flush()
    assert [sorted(prices) for prices in prices_told(book.followers[0])] == [[1], [2, 3]]
    assert book.feeds.wait_s() is None


def test_who_pings_in_a_pause_hears_everything_first_and_a_stranger_wakes_nobody() -> None:
    book = Followed(MANY)
    for price in (1, 2, 3):
        book.enter(price)
    book.feeds.bring_up_to_date(Listener())
    assert prices_told(book.followers[0]) == [[1]]
    book.feeds.bring_up_to_date(book.followers[0])
    assert [sorted(prices) for prices in prices_told(book.followers[0])] == [[1], [2, 3]]


def test_who_subscribes_in_a_pause_is_shown_the_book_as_it_stands_and_the_others_are_told() -> None:
    book, late = Followed(MANY), Listener()
    for price in (1, 2):
        book.enter(price)
    book.feeds.subscribe_book(late, "ACME", 20)
    [snapshot] = late.heard
    assert (snapshot["sequence"], [level[0] for level in snapshot["bids"]]) == (2, [2, 1])
    assert prices_told(book.followers[0]) == [[1], [2]]


def _iceberg(side: Side, price_nanos: int) -> Terms:
    return Terms(side, OrderType.LIMIT, TimeInForce.GTC, price_nanos, 5, display_quantity=2)


class _Deaf(Listener):
    """Follows, and takes no line."""

    def queue(self, line: bytes) -> bool:
        return False


def test_whatever_changes_a_book_is_looked_at_by_the_publisher() -> None:
    engine = Engine()
    engine.process(ListInstrument(Instrument("ACME")), 0)
    publisher = Publisher(engine, Identity("", ""), Heartbeats(lambda _: None), RecentEvents())
    publisher._feeds.subscribe_book(_Deaf(), "ACME", 20)
    orders = [
        NewOrder("alice", str(place), "ACME", _iceberg(side, price * 10**9))
        for place, (side, price) in enumerate([(Side.BUY, 9), (Side.BUY, 10), (Side.SELL, 10), (Side.SELL, 11)])
    ]
    commands: list[Command] = [*orders[:2], SetPhase("ACME", Phase.AUCTION), *orders[2:]]
    commands += [SetPhase("ACME", Phase.CONTINUOUS), HaltInstrument("NONE"), HaltInstrument(None)]
    commands.append(CancelAll("alice", None))
    for command in commands:
        publisher.publish([(None, command, engine.process(command, 1))])
        book = engine.book("ACME")
        assert not book.bids.take_changed_prices() and not book.asks.take_changed_prices(), command
