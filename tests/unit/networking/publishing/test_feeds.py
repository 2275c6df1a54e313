"""The public feeds: snapshot and updates always give the engine's own book, whatever the depth, whoever joins
when.

Subscribers here are real connections whose lines are caught before they are sent, and applied as a client would.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.cli.compiled_engine import is_compiled
from exchange.engine.book_side import BookSide
from exchange.engine.commands import CancelAll
from exchange.engine.engine import Engine
from exchange.engine.order import PriceLevel
from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.networking.outbound.backlogs import BacklogSender
from exchange.networking.outbound.connection import Connection
from exchange.networking.publishing.feeds import Feeds
from exchange.networking.wire.encode import Encoder
from exchange.networking.wire.requests import Channel
from tests.property.strategies import Stamped, command_sequences
from tests.support.books import Market
from tests.support.followed_book import Follower, own_levels

DEPTHS = (0, 1, 2, 3, 4, 5, 8, 20)
SUBSCRIBERS = 6


class Listener(Connection):
    """A client's connection that lags whenever the test says so: how a backlog comes about is another matter."""

    lags = False

    @property
    def is_lagging(self) -> bool:
        return self.lags


class CountingSide(BookSide):
    """A book side that counts the levels it has been asked to walk."""

    levels_walked = 0

    def levels(self) -> Iterator[PriceLevel]:
        for level in super().levels():
            self.levels_walked += 1
            yield level


class Feed(NamedTuple):
    """The feeds of an engine and the clients that may listen to them."""

    engine: Engine
    feeds: Feeds
    followers: dict[Listener, dict[str, Follower]]

    def flush(self) -> None:
        """Tell what has changed, whichever book it is in: the engine is driven by hand here."""
        self.feeds.touch(None)
        self.feeds.flush()

    def subscribe(
        self, number: int, depth: int = 0, channel: Channel = Channel.BOOK, symbol: str = "ACME"
    ) -> None:
        """Client `number` subscribes."""
        client = list(self.followers)[number]
        if channel is Channel.BOOK:
            self.feeds.subscribe_book(client, symbol, depth)
        else:
            self.feeds.subscribe_trades(client, symbol, None)

    def unsubscribe(self, number: int, channel: Channel = Channel.BOOK, symbol: str = "ACME") -> None:
        """Client `number` unsubscribes."""
        client = list(self.followers)[number]
        if channel is Channel.BOOK:
            self.feeds.unsubscribe_book(client, symbol)
        else:
            self.feeds.unsubscribe_trades(client, symbol)

    def forget(self, number: int) -> None:
        """Client `number` is gone."""
        self.feeds.forget(list(self.followers)[number])

    def lag(self, number: int, lags: bool = True) -> None:
        """Client `number` lags from now on, or has caught up."""
        list(self.followers)[number].lags = lags

    def ping(self, number: int) -> None:
        """Client `number` pings."""
        self.feeds.touch(None)
        self.feeds.bring_up_to_date(list(self.followers)[number])

    def follower(self, number: int, symbol: str = "ACME") -> Follower:
        """What client `number` knows."""
        return list(self.followers.values())[number][symbol]


@contextmanager
def feed_of(engine: Engine) -> Iterator[Feed]:
    """Feeds with SUBSCRIBERS clients connected and nobody subscribed."""
    sender = BacklogSender(lambda failure: None)
    sender.start()
    ends = [end for _ in range(SUBSCRIBERS) for end in socket.socketpair()]
    symbols = [instrument.symbol for instrument in engine.instruments()]
    followers = {
        Listener(end, "client", number, sender, b"", lambda _: None): {symbol: Follower() for symbol in symbols}
        for number, end in enumerate(ends[::2])
    }

    def hear(connection: Connection, line: bytes) -> None:
        assert isinstance(connection, Listener)
        message = json.loads(line, parse_float=Decimal)
        followers[connection][message["symbol"]].hear(message)

    try:
        encoder = Encoder(engine.instruments())
        yield Feed(engine, Feeds(engine.books, encoder, hear), followers)
    finally:
        sender.stop()
        for end in ends:
            end.close()


@pytest.fixture
def market() -> Market:
    return Market()


@pytest.fixture
def feed(market: Market) -> Iterator[Feed]:
    with feed_of(market.engine) as feed:
        yield feed


@given(command_sequences(), st.integers(1, 5), st.data())
def test_snapshot_and_updates_are_the_engines_own_book_whoever_joins_when(
    sequence: list[Stamped], batch_size: int, data: st.DataObject
) -> None:
    """Between batches, and in the middle of one, clients come, change their depth, lag, leave and come back.

    Who lags is right at their pings, everybody else all the time.
    """
    engine = Engine()
    for command, timestamp_ns in sequence[:2]:
        engine.process(command, timestamp_ns)
    depths: dict[tuple[int, str], int] = {}
    actions = ["nothing", "subscribe", "subscribe", "unsubscribe", "forget", "lag", "lag", "catch up"]
    with feed_of(engine) as feed:
        for start in range(2, len(sequence), batch_size):
            for command, timestamp_ns in sequence[start : start + batch_size]:
                engine.process(command, timestamp_ns)
            number = data.draw(st.integers(0, SUBSCRIBERS - 1))
            symbol = data.draw(st.sampled_from(["ACME", "BOND"]))
            action = data.draw(st.sampled_from(actions))
            if action == "subscribe":
                depths[number, symbol] = data.draw(st.sampled_from(DEPTHS))
                feed.subscribe(number, depths[number, symbol], symbol=symbol)
            elif action == "unsubscribe":
                depths.pop((number, symbol), None)
                feed.unsubscribe(number, symbol=symbol)
            elif action == "forget":
                depths = {watched: depth for watched, depth in depths.items() if watched[0] != number}
                feed.forget(number)
            elif action in ("lag", "catch up"):
                feed.lag(number, action == "lag")
            feed.flush()
            pinging = data.draw(st.integers(0, SUBSCRIBERS - 1))
            feed.ping(pinging)
            for (watcher, watched_symbol), depth in depths.items():
                if watcher != pinging and list(feed.followers)[watcher].lags:
                    continue
                follower = feed.follower(watcher, watched_symbol)
                for side in ("BID", "ASK"):
                    assert follower.levels(side) == own_levels(engine, watched_symbol, side, depth)


@given(
    st.lists(
        st.tuples(st.sampled_from(Side), st.integers(1, 12), st.integers(0, 3), st.integers(1, 8)),
        min_size=10,
        max_size=60,
    ),
    st.lists(st.integers(1, 12), min_size=SUBSCRIBERS, max_size=SUBSCRIBERS),
    st.integers(1, 8),
)
def test_each_of_many_depths_is_the_engines_own_best_levels_and_no_update_tells_what_is_known(
    steps: list[tuple[Side, int, int, int]], depths: list[int], batch_size: int
) -> None:
    """Levels come, go, change and trade near the ends of views; each batch one client changes its depth.

    A step is a side, how far from the middle, how much (0: cancel all of the side), and the next depth.
    """
    market = Market()
    with feed_of(market.engine) as feed:
        for number, depth in enumerate(depths):
            feed.subscribe(number, depth)
        followers = [feed.follower(number) for number in range(SUBSCRIBERS)]
        for start in range(0, len(steps), batch_size):
            before = [(known.sequence, known.levels("BID"), known.levels("ASK")) for known in followers]
            for side, distance, quantity, _next_depth in steps[start : start + batch_size]:
                own_side = market.engine.books["ACME"].side(side)
                price = 20 - distance if side is Side.BUY else 16 + distance
                if quantity:
                    market.enter("alice", side, quantity, price)
                elif own_side.total_at(price)[1]:
                    level = next(level for level in own_side.levels() if level.price == price)
                    for order in list(level.orders()):
                        market.cancel("alice", order.client_order_id)
            feed.flush()
            for follower, depth, (sequence, *known) in zip(followers, depths, before, strict=True):
                shown = [follower.levels(name) for name in ("BID", "ASK")]
                assert shown == [own_levels(market.engine, "ACME", name, depth) for name in ("BID", "ASK")]
                assert follower.sequence == sequence + (shown != known)
            number = start // batch_size % SUBSCRIBERS
            depths[number] = steps[start][3]
            feed.subscribe(number, depths[number])


@pytest.mark.skipif(is_compiled(), reason="a side that counts can't take the place of a compiled one")
@pytest.mark.parametrize(("depths", "levels_walked"), [([0], 0), ([20], 20), ([15, 16, 17, 18, 19, 20], 20)])
def test_a_side_is_walked_once_for_all_limited_views_and_not_for_the_whole_book(
    depths: list[int], levels_walked: int
) -> None:
    """Else a few clients, each at a depth of its own, would slow the exchange for everybody."""
    market = Market()
    side = market.engine.books["ACME"].bids = CountingSide(Side.BUY)
    for price in range(1, 51):
        market.enter("alice", Side.BUY, 1, price)
    with feed_of(market.engine) as feed:
        for number, depth in enumerate(depths):
            feed.subscribe(number, depth)
        market.enter("alice", Side.BUY, 1, 60)
        side.levels_walked = 0
        feed.flush()
        assert side.levels_walked == levels_walked
        market.enter("alice", Side.BUY, 1, 5)
        side.levels_walked = 0
        feed.flush()
        assert side.levels_walked == 0
        assert feed.follower(0).levels("BID") == own_levels(market.engine, "ACME", "BID", depths[0])


def test_a_snapshot_shows_what_nobody_has_been_told_yet(market: Market, feed: Feed) -> None:
    feed.subscribe(0)
    market.enter("alice", Side.BUY, 10, 100)
    feed.subscribe(1)
    assert feed.follower(1).levels("BID") == feed.follower(0).levels("BID") == [(Decimal("1.00"), 10, 1)]
    assert feed.follower(1).sequence == feed.follower(0).sequence


def test_a_batch_that_ends_as_it_began_is_not_told(market: Market, feed: Feed) -> None:
    feed.subscribe(0)
    for depth, number in ((1, 1), (3, 2)):
        feed.subscribe(number, depth)
    market.enter("alice", Side.BUY, 10, 100)
    market.cancel("alice", "1")
    feed.flush()
    assert [feed.follower(number).sequence for number in (0, 1, 2)] == [0, 0, 0]


def test_a_level_below_the_depth_is_not_told_until_it_comes_into_sight(market: Market, feed: Feed) -> None:
    feed.subscribe(0, depth=1)
    market.enter("alice", Side.BUY, 10, 100)
    feed.flush()
    market.enter("alice", Side.BUY, 5, 99)
    feed.flush()
    assert feed.follower(0).sequence == 1
    market.cancel("alice", "1")
    feed.flush()
    assert feed.follower(0).sequence == 2
    assert feed.follower(0).levels("BID") == [(Decimal("0.99"), 5, 1)]


def test_subscribing_again_replaces_the_depth_and_starts_with_a_snapshot(market: Market, feed: Feed) -> None:
    for price in (98, 99, 100):
        market.enter("alice", Side.BUY, 1, price)
    feed.subscribe(0, depth=3)
    feed.subscribe(0, depth=1)
    market.cancel("alice", "1")
    market.cancel("alice", "3")
    feed.flush()
    assert feed.follower(0).snapshot_count == 2
    assert feed.follower(0).levels("BID") == [(Decimal("0.99"), 1, 1)]


def test_the_snapshot_of_an_unchanged_book_is_written_once_for_all() -> None:
    """Else one client that subscribes again and again to a large book would keep the exchange busy."""
    market = Market()
    told: list[bytes] = []
    for price in range(1, 51):
        market.enter("alice", Side.BUY, 1, price)
    encoder = Encoder([market.instrument])
    feeds = Feeds(market.engine.books, encoder, lambda _connection, line: told.append(line))
    with feed_of(market.engine) as feed:
        for connection in [*feed.followers] * 3:
            feeds.subscribe_book(connection, "ACME", 0)
        assert len({id(line) for line in told}) == 1
        market.cancel("alice", "7")
        feeds.subscribe_book(connection, "ACME", 0)
        assert told[-1] != told[0]


def test_a_view_that_everybody_left_starts_anew_for_the_next(market: Market, feed: Feed) -> None:
    feed.subscribe(0)
    feed.unsubscribe(0)
    market.enter("alice", Side.BUY, 10, 100)
    feed.flush()
    market.cancel("alice", "1")
    feed.subscribe(1)
    market.enter("alice", Side.SELL, 10, 100)
    feed.flush()
    assert feed.follower(0).levels("ASK") == []
    assert feed.follower(1).levels("ASK") == [(Decimal("1.00"), 10, 1)]


def test_trades_go_to_those_who_watch_them_each_numbered_one_higher(market: Market, feed: Feed) -> None:
    feed.subscribe(0, channel=Channel.TRADES)
    feed.subscribe(0, channel=Channel.TRADES)
    for round_number in range(3):
        market.enter("alice", Side.SELL, 10, 100)
        events = market.enter("bob", Side.BUY, 10, 100)
        if round_number == 1:
            feed.subscribe(1, channel=Channel.TRADES)
        for trade in (event for event in events if isinstance(event, Trade)):
            feed.feeds.tell_trade(trade)
    told = feed.follower(0).trades
    assert [(trade["sequence"], trade["trade_id"]) for trade in told] == [(1, 1), (2, 2), (3, 3)]
    assert {(trade["price"], trade["quantity"], trade["aggressor_side"]) for trade in told} == {
        (Decimal("1.00"), 10, "BUY")
    }
    assert [trade["sequence"] for trade in feed.follower(1).trades] == [2, 3]
    assert feed.follower(0).snapshot_count == 0


def test_who_lags_is_spared_the_updates_and_then_shown_the_book_as_it_is(market: Market, feed: Feed) -> None:
    for number in (0, 1):
        feed.subscribe(number)
    feed.lag(0)
    for price in (98, 99, 100):
        market.enter("alice", Side.BUY, 1, price)
        feed.flush()
    assert (feed.follower(0).sequence, feed.follower(1).sequence) == (0, 3)
    feed.lag(0, False)
    feed.flush()
    assert (feed.follower(0).snapshot_count, feed.follower(0).sequence) == (2, 3)
    market.cancel("alice", "2")
    feed.flush()
    assert [feed.follower(number).levels("BID") for number in (0, 1)] == [
        [(Decimal("1.00"), 1, 1), (Decimal("0.98"), 1, 1)]
    ] * 2


def test_the_first_ping_after_a_change_shows_it_to_who_lags_and_the_second_sends_nothing(
    market: Market, feed: Feed
) -> None:
    feed.subscribe(0)
    feed.lag(0)
    for price, snapshot_count in ((98, 2), (99, 3)):
        market.enter("alice", Side.BUY, 1, price)
        for _ in range(2):
            feed.ping(0)
            assert feed.follower(0).levels("BID") == own_levels(market.engine, "ACME", "BID", 0)
            assert feed.follower(0).snapshot_count == snapshot_count


def test_who_catches_up_and_was_told_all_at_a_ping_goes_on_with_the_next_update(
    market: Market, feed: Feed
) -> None:
    feed.subscribe(0)
    feed.lag(0)
    market.enter("alice", Side.BUY, 1, 98)
    feed.ping(0)
    feed.lag(0, False)
    feed.flush()
    market.enter("alice", Side.BUY, 1, 99)
    feed.flush()
    assert (feed.follower(0).snapshot_count, feed.follower(0).sequence) == (2, 2)
    assert feed.follower(0).levels("BID") == own_levels(market.engine, "ACME", "BID", 0)


def test_who_has_caught_up_is_not_told_an_update_ahead_of_the_snapshot_that_it_needs(
    market: Market, feed: Feed
) -> None:
    feed.subscribe(0)
    feed.lag(0)
    market.enter("alice", Side.BUY, 1, 98)
    feed.flush()
    feed.lag(0, False)
    market.enter("alice", Side.BUY, 1, 99)
    feed.flush()
    assert (feed.follower(0).snapshot_count, feed.follower(0).sequence) == (2, 2)
    assert feed.follower(0).levels("BID") == own_levels(market.engine, "ACME", "BID", 0)


def test_a_ping_of_who_lags_concerns_nobody_else(market: Market, feed: Feed) -> None:
    for number in (0, 1):
        feed.subscribe(number)
        feed.lag(number)
    feed.subscribe(2)
    market.enter("alice", Side.BUY, 1, 98)
    feed.ping(0)
    assert [feed.follower(number).sequence for number in (0, 1, 2)] == [1, 0, 1]
    assert [feed.follower(number).snapshot_count for number in (0, 1, 2)] == [2, 1, 1]


@pytest.mark.parametrize("leaves", ["unsubscribes", "is gone", "subscribes again"])
def test_who_leaves_while_lagging_is_not_welcomed_back(market: Market, feed: Feed, leaves: str) -> None:
    feed.subscribe(0)
    feed.lag(0)
    market.enter("alice", Side.BUY, 1, 100)
    feed.flush()
    if leaves == "unsubscribes":
        feed.unsubscribe(0)
    elif leaves == "is gone":
        feed.forget(0)
    else:
        feed.subscribe(0)
    feed.ping(0)
    feed.lag(0, False)
    feed.flush()
    assert feed.follower(0).snapshot_count == (2 if leaves == "subscribes again" else 1)
    market.cancel("alice", "1")
    feed.flush()
    assert feed.follower(0).sequence == (2 if leaves == "subscribes again" else 0)


def test_who_is_gone_while_lagging_is_not_kept(market: Market, feed: Feed) -> None:
    """A connection that ended with a backlog never catches up."""
    feed.subscribe(0)
    feed.lag(0)
    market.enter("alice", Side.BUY, 1, 100)
    feed.flush()
    feed.forget(0)
    assert feed.feeds._out_of_step == {}


def test_who_is_forgotten_hears_of_nothing_any_more(market: Market, feed: Feed) -> None:
    for channel in Channel:
        feed.subscribe(0, channel=channel)
    feed.forget(0)
    market.enter("alice", Side.SELL, 10, 100)
    for trade in (event for event in market.enter("bob", Side.BUY, 4, 100) if isinstance(event, Trade)):
        feed.feeds.tell_trade(trade)
    feed.flush()
    assert feed.follower(0).trades == []
    assert feed.follower(0).sequence == 0
    feed.forget(0)


def test_unsubscribing_what_was_not_subscribed_does_no_harm(market: Market, feed: Feed) -> None:
    feed.subscribe(1)
    for channel in Channel:
        feed.unsubscribe(0, channel=channel)
    market.enter("alice", Side.BUY, 1, 10)
    feed.flush()
    assert feed.follower(1).sequence == 1


def test_a_wide_book_emptied_at_once_is_told_in_one_update(market: Market, feed: Feed) -> None:
    feed.subscribe(0)
    feed.subscribe(1, depth=20)
    for price in range(1, 201):
        market.enter("alice", Side.BUY, 1, price)
    feed.flush()
    assert len(feed.follower(0).levels("BID")) == 200
    market.engine.process(CancelAll("alice", None), 1)
    feed.flush()
    assert [feed.follower(number).levels("BID") for number in (0, 1)] == [[], []]
    assert [feed.follower(number).sequence for number in (0, 1)] == [2, 2]
