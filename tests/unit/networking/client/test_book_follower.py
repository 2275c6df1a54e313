"""A followed book: there at once, current, and empty rather than wrong when data was lost."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking import tcp_client
from exchange.networking.tcp_client import Rejected
from tests.support.canned_engine import Answer, CannedEngine, Request, pong, talking_to

LEVELS = '"bids":[[99,10,1],[98.5,5,2]],"asks":[[100,7,1]]'
SNAPSHOT = '{"type":"book_snapshot","symbol":"ACME","sequence":%d,' + LEVELS + "}"
UPDATE = '{"type":"book_update","symbol":"%s","sequence":%d,"changes":%s}'
SUBSCRIBED = '{"type":"subscribed","channel":"book","symbol":"ACME"}'


def following(updates: list[str]) -> Answer:
    """A stand-in that sends a snapshot for every subscription and the updates for every ping."""
    sequence = count(40, 50)

    def answer(request: Request) -> list[str]:
        if request["type"] == "subscribe":
            return [SUBSCRIBED, SNAPSHOT % next(sequence)]
        if request["type"] == "unsubscribe":
            return [json.dumps({"type": "unsubscribed", "channel": request["channel"], "symbol": "ACME"})]
        return updates + pong(request)

    return answer


def subscribed_depths(engine: CannedEngine) -> list[int]:
    """Of all subscriptions so far."""
    requests = [engine.next_request() for _ in range(engine.requests.qsize())]
    return [request["depth"] for request in requests if request["type"] == "subscribe"]


def levels(side: list[tcp_client.BookLevel]) -> list[tuple[str, int, int]]:
    return [(str(level.price), level.quantity, level.orders) for level in side]


def test_a_followed_book_is_there_at_once_and_keeps_up_with_what_is_read() -> None:
    updates = [
        UPDATE % ("ACME", 41, '[["BID",99,0,0],["ASK",99.5,3,1]]'),
        UPDATE % ("OTHER", 7, '[["BID",1,1,1]]'),
        UPDATE % ("ACME", 42, '[["BID",98.5,6,3]]'),
    ]
    with talking_to(following(updates)) as (client, engine):
        book = client.follow_book(depth=5)
        assert engine.next_request() == {"type": "subscribe", "channel": "book", "depth": 5}
        assert (book.symbol, book.sequence, book.is_current) == ("ACME", 40, True)
        assert (levels(book.bids), levels(book.asks)) == ([("99", 10, 1), ("98.5", 5, 2)], [("100", 7, 1)])
        client.ping()
        assert (levels(book.bids), levels(book.asks)) == ([("98.5", 6, 3)], [("99.5", 3, 1), ("100", 7, 1)])
        assert book.best_bid is not None
        assert (book.best_bid.price, book.sequence) == (Decimal("98.5"), 42)
        assert [event["type"] for event in client.messages(0.1)] == ["book_snapshot"] + ["book_update"] * 3


def test_a_jump_in_the_sequence_empties_the_book_until_a_new_snapshot_repairs_it() -> None:
    updates = [UPDATE % ("ACME", 42, '[["BID",99,11,1]]'), UPDATE % ("ACME", 43, '[["BID",97,1,1]]')]
    with talking_to(following(updates)) as (client, _):
        book = client.follow_book("ACME")
        client.ping()
        assert (book.is_current, book.bids, book.best_ask) == (False, [], None)
        for _ in client.messages():
            if book.is_current:
                break
        assert (book.sequence, levels(book.bids)) == (90, [("99", 10, 1), ("98.5", 5, 2)])


@pytest.mark.parametrize(
    ("depths", "subscribed"),
    [((1, 2), [1, 2]), ((2, 1), [2, 2]), ((1, 0), [1, 0]), ((0, 1), [0, 0]), ((1, 1), [1, 1])],
)
def test_a_book_followed_at_two_depths_is_subscribed_to_at_the_deeper_and_each_copy_cut_to_its_own(
    depths: tuple[int, int], subscribed: list[int]
) -> None:
    with talking_to(following([UPDATE % ("ACME", 91, '[["BID",99.5,3,1]]')])) as (client, engine):
        copies = [client.follow_book("ACME", depth) for depth in depths]
        assert subscribed_depths(engine) == subscribed
        client.ping()
        bids = [("99.5", 3, 1), ("99", 10, 1), ("98.5", 5, 2)]
        assert [levels(copy.bids) for copy in copies] == [bids[: depth or None] for depth in depths]


def test_another_book_needs_no_more_depth_than_its_own_followers() -> None:
    def answer(request: Request) -> list[str]:
        return [line.replace("ACME", request["symbol"]) for line in (SUBSCRIBED, SNAPSHOT % 1)]

    with talking_to(answer) as (client, engine):
        client.follow_book("ACME", 0)
        client.follow_book("OTHER", 1)
        assert subscribed_depths(engine) == [0, 1]


def test_a_subscription_by_hand_does_not_make_a_followed_book_shallower() -> None:
    with talking_to(following([])) as (client, engine):
        client.subscribe("book", "ACME")
        client.follow_book("ACME", 50)
        client.subscribe("book", "ACME", 5)
        client.subscribe("trades", "ACME")
        assert [engine.next_request().get("depth") for _ in range(4)] == [20, 50, 50, None]


def test_one_subscription_repairs_all_copies_of_a_book_at_their_greatest_depth() -> None:
    with talking_to(following([UPDATE % ("ACME", 99, '[["BID",99,11,1]]')])) as (client, engine):
        copies = [client.follow_book("ACME", depth) for depth in (1, 2)]
        client.ping()
        assert [copy.is_current for copy in copies] == [False, False]
        for _ in client.messages():
            if copies[0].is_current:
                break
        assert [len(copy.bids) for copy in copies] == [1, 2]
        assert subscribed_depths(engine) == [1, 2, 2]


def test_a_snapshot_of_the_shallower_subscription_is_not_taken_for_the_deeper_one() -> None:
    """The exchange also sends one to who was slow to read."""
    shallow = '{"type":"book_snapshot","symbol":"ACME","sequence":7,"bids":[[99,10,1]],"asks":[]}'

    def answer(request: Request) -> list[str]:
        return [shallow, SUBSCRIBED, shallow if request["depth"] == 1 else SNAPSHOT % 40]

    with talking_to(answer) as (client, _):
        client.follow_book("ACME", 1)
        book = client.follow_book("ACME", 2)
        assert (book.sequence, len(book.bids)) == (40, 2)


def test_a_copy_whose_feed_was_ended_stands_still_and_counts_no_more() -> None:
    with talking_to(following([UPDATE % ("ACME", 91, '[["BID",99,0,0]]')])) as (client, engine):
        deep = client.follow_book("ACME", 0)
        client.unsubscribe("book")
        shallow = client.follow_book("ACME", 1)
        client.ping()
        assert (deep.sequence, shallow.sequence) == (40, 91)
        assert subscribed_depths(engine) == [0, 1]


def test_a_copy_lives_on_when_another_feed_is_ended() -> None:
    with talking_to(following([UPDATE % ("ACME", 41, '[["BID",99,0,0]]')])) as (client, _):
        book = client.follow_book("ACME")
        client.unsubscribe("trades")
        client.ping()
        assert book.sequence == 41


def test_a_book_that_cannot_be_followed_raises_and_is_forgotten() -> None:
    refusal = '{"type":"error","code":"UNKNOWN_SYMBOL","text":"symbol NONE is not listed"}'
    with talking_to(lambda request: [refusal]) as (client, _):
        with pytest.raises(Rejected, match="UNKNOWN_SYMBOL"):
            client.follow_book("NONE")
        assert len(client._followed) == 0


@given(st.lists(st.tuples(st.sampled_from(["BID", "ASK"]), st.integers(1, 9), st.integers(0, 3)), max_size=40))
def test_a_followed_book_equals_the_last_total_told_of_each_level(changes: list[tuple[str, int, int]]) -> None:
    book = tcp_client.BookFollower("ACME", 3)
    book.apply({"type": "book_snapshot", "symbol": "ACME", "sequence": 0, "bids": [], "asks": []})
    told: dict[str, dict[Decimal, int]] = {"BID": {}, "ASK": {}}
    for sequence, (side, price, quantity) in enumerate(changes, start=1):
        change = [side, Decimal(price), quantity, 1]
        assert book.apply({"type": "book_update", "symbol": "ACME", "sequence": sequence, "changes": [change]})
        told[side][Decimal(price)] = quantity
        live = {name: sorted((p, q) for p, q in levels.items() if q) for name, levels in told.items()}
        assert [(level.price, level.quantity) for level in book.bids] == live["BID"][::-1][:3]
        assert [(level.price, level.quantity) for level in book.asks] == live["ASK"][:3]
