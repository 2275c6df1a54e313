"""A followed book: there at once, current, and empty rather than wrong when data was lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking import tcp_client
from exchange.networking.tcp_client import Rejected
from tests.unit.canned_engine import Answer, Request, pong, talking_to

LEVELS = '"bids":[[99,10,1],[98.5,5,2]],"asks":[[100,7,1]]'
SNAPSHOT = '{"type":"book_snapshot","symbol":"ACME","sequence":%d,' + LEVELS + "}"
UPDATE = '{"type":"book_update","symbol":"%s","sequence":%d,"changes":%s}'
SUBSCRIBED = '{"type":"subscribed","channel":"book","symbol":"ACME"}'


def following(updates: list[str]) -> Answer:
    """A stand-in that sends a snapshot for every subscription and the updates for every ping."""
    sequence = iter((40, 90))

    def answer(request: Request) -> list[str]:
        if request["type"] == "subscribe":
            return [SUBSCRIBED, SNAPSHOT % next(sequence)]
        return updates + pong(request)

    return answer


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
        assert [event["type"] for event in client.events(0.1)] == ["book_snapshot"] + ["book_update"] * 3


def test_a_jump_in_the_sequence_empties_the_book_until_a_new_snapshot_repairs_it() -> None:
    updates = [UPDATE % ("ACME", 42, '[["BID",99,11,1]]'), UPDATE % ("ACME", 43, '[["BID",97,1,1]]')]
    with talking_to(following(updates)) as (client, _):
        book = client.follow_book("ACME")
        client.ping()
        assert (book.is_current, book.bids, book.best_ask) == (False, [], None)
        for _ in client.events():
            if book.is_current:
                break
        assert (book.sequence, levels(book.bids)) == (90, [("99", 10, 1), ("98.5", 5, 2)])


def test_a_book_that_cannot_be_followed_raises_and_is_forgotten() -> None:
    refusal = '{"type":"error","code":"UNKNOWN_SYMBOL","text":"symbol NONE is not listed"}'
    with talking_to(lambda request: [refusal]) as (client, _):
        with pytest.raises(Rejected, match="UNKNOWN_SYMBOL"):
            client.follow_book("NONE")
        assert client._followers == []


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
