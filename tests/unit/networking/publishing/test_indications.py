"""In a call whoever follows the book always knows what an uncross would give now, and is told nothing twice."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.auction import indication
from exchange.engine.commands import CancelAll, ListInstrument, NewOrder, SetPhase
from exchange.engine.engine import Engine
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, Side, TimeInForce
from exchange.networking.outbound.connection import Connection
from exchange.networking.publishing.feeds import Feeds
from exchange.networking.wire.encode import Encoder


class Listener(Connection):
    """Somebody who follows the book; nothing is sent, so there is no socket."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    @property
    def is_lagging(self) -> bool:
        return False


class Call:
    """One instrument and the feeds of it."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.engine.process(ListInstrument(Instrument("ACME")), 0)
        self.book = self.engine.book("ACME")
        self.feeds = Feeds(self.engine.books, Encoder(self.engine.instruments()), self._send)
        self._count = 0

    def _send(self, connection: Connection, line: bytes) -> None:
        assert isinstance(connection, Listener)
        connection.heard.append(json.loads(line))

    def set_phase(self, phase: Phase) -> None:
        self.engine.process(SetPhase("ACME", phase), 1)

    def enter(self, side: Side, quantity: int, price: int | None, display: int | None = None) -> None:
        """An order of alice; a price of None means a MARKET order for the call."""
        self._count += 1
        order_type = OrderType.MARKET if price is None else OrderType.LIMIT
        nanos = None if price is None else price * 10**7
        terms = Terms(side, order_type, TimeInForce.DAY, nanos, quantity, display_quantity=display)
        self.engine.process(NewOrder("alice", str(self._count), "ACME", terms), 1)


def indications(listener: Listener) -> list[dict[str, Any]]:
    """Those that somebody heard."""
    return [message for message in listener.heard if message["type"] == "auction_indication"]


def expected(call: Call) -> dict[str, Any]:
    """What is true now, as a message."""
    line: dict[str, Any] = json.loads(Encoder(call.engine.instruments()).auction_indication(indication(call.book)))
    return line


ORDERS = st.tuples(st.sampled_from(Side), st.integers(2, 50), st.none() | st.integers(98, 102), st.booleans())


@given(st.lists(ORDERS | st.none(), max_size=20), st.integers(0, 20))
def test_who_follows_always_knows_and_hears_nothing_twice(
    steps: list[tuple[Side, int, int | None, bool] | None], joins_at: int
) -> None:
    """MARKET orders and what icebergs hide count too, though no depth shows them.  None cancels everything."""
    call, early, late = Call(), Listener(), Listener()
    call.feeds.subscribe_book(early, "ACME", 1)
    call.set_phase(Phase.AUCTION)
    call.feeds.flush()
    for index, step in enumerate(steps):
        if step is None:
            call.engine.process(CancelAll("alice", None), 1)
        else:
            side, quantity, price, is_iceberg = step
            call.enter(side, quantity, price, 1 if is_iceberg and price is not None else None)
        if index == joins_at:
            call.feeds.subscribe_book(late, "ACME", 0)
            assert indications(late) == [expected(call)]
        call.feeds.flush()
        for listener in (early, late):
            told = indications(listener)
            assert not told or told[-1] == expected(call)
            assert all(one != other for one, other in zip(told, told[1:], strict=False))
        assert indications(early)
    call.set_phase(Phase.CONTINUOUS)
    before = len(indications(early))
    call.feeds.flush()
    assert len(indications(early)) == before, "trading has begun again"


def test_the_next_call_is_told_anew_though_nothing_has_changed() -> None:
    call, listener = Call(), Listener()
    call.feeds.subscribe_book(listener, "ACME", 5)
    for _ in range(2):
        call.set_phase(Phase.AUCTION)
        call.feeds.flush()
        call.set_phase(Phase.CONTINUOUS)
        call.feeds.flush()
    assert [told["price"] for told in indications(listener)] == [None, None]
