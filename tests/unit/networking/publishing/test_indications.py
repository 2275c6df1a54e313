"""In a call whoever follows the book knows what an uncross would give now, at once where that is cheap to find,
and is told nothing twice."""

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
from exchange.networking.publishing.indications import CHEAP_S, PAUSE, Indications
from exchange.networking.wire.encode import Encoder


class Listener(Connection):
    """Somebody who follows the book; nothing is sent, so there is no socket."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    @property
    def is_lagging(self) -> bool:
        return False


class Call:
    """One instrument and the feeds of it; by its clocks, moved by hand, an indication costs `cost_s`."""

    def __init__(self, cost_s: float = CHEAP_S / 2) -> None:
        self.cost_s = cost_s
        self.now_s = self._worked_s = 0.0
        self.engine = Engine()
        self.engine.process(ListInstrument(Instrument("ACME")), 0)
        self.book = self.engine.book("ACME")
        encoder, indications = Encoder(self.engine.instruments()), Indications(self._work, lambda: self.now_s)
        self.feeds = Feeds(self.engine.books, encoder, self._send, (), indications)
        self._count = 0

    def _work(self) -> float:
        """The thread's time: it is looked at just before and just after an indication."""
        self._worked_s += self.cost_s
        return self._worked_s

    def _send(self, connection: Connection, line: bytes) -> None:
        assert isinstance(connection, Listener)
        connection.heard.append(json.loads(line))

    def flush(self) -> None:
        """Tell what has changed: the engine is driven by hand here."""
        self.feeds.touch(None)
        self.feeds.flush()

    def set_phase(self, phase: Phase) -> None:
        self.engine.process(SetPhase("ACME", phase), 1)

    def bring_up_to_date(self, listener: Connection) -> None:
        """As before a pong."""
        self.feeds.touch(None)
        self.feeds.bring_up_to_date(listener)

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
    call.flush()
    for index, step in enumerate(steps):
        if step is None:
            call.engine.process(CancelAll("alice", None), 1)
        else:
            side, quantity, price, is_iceberg = step
            call.enter(side, quantity, price, 1 if is_iceberg and price is not None else None)
        if index == joins_at:
            call.feeds.subscribe_book(late, "ACME", 0)
            assert indications(late) == [expected(call)]
        call.flush()
        for listener in (early, late):
            told = indications(listener)
            assert not told or told[-1] == expected(call)
            assert all(one != other for one, other in zip(told, told[1:], strict=False))
        assert indications(early)
    call.set_phase(Phase.CONTINUOUS)
    before = len(indications(early))
    call.flush()
    assert len(indications(early)) == before, "trading has begun again"


def test_the_next_call_is_told_anew_though_nothing_has_changed() -> None:
    call, listener = Call(), Listener()
    call.feeds.subscribe_book(listener, "ACME", 5)
    for _ in range(2):
        call.set_phase(Phase.AUCTION)
        call.flush()
        call.set_phase(Phase.CONTINUOUS)
        call.flush()
    assert [told["price"] for told in indications(listener)] == [None, None]


# --- what is dear to find --------------------------------------------------------------------------------------

DEAR_S = 1 / 64


def dear_call(listener: Listener) -> Call:
    """A call in which finding the indication is dear; it has just been found, and then a bid came."""
    call = Call(DEAR_S)
    call.set_phase(Phase.AUCTION)
    call.enter(Side.SELL, 5, 100)
    call.feeds.subscribe_book(listener, "ACME", 1)
    assert indications(listener) == [expected(call)]
    assert call.feeds.wait_s() is None
    call.enter(Side.BUY, 5, 101)
    call.flush()
    return call


def test_a_dear_one_is_left_until_its_pause_is_over() -> None:
    listener = Listener()
    call = dear_call(listener)
    assert call.feeds.wait_s() == DEAR_S * PAUSE
    call.now_s += DEAR_S * PAUSE * 0.75
    call.enter(Side.BUY, 5, 102)
    call.flush()
    assert len(indications(listener)) == 1
    assert call.feeds.wait_s() == DEAR_S * PAUSE * 0.25
    call.now_s += DEAR_S * PAUSE * 0.25
    assert call.feeds.wait_s() == 0.0
    call.flush()
    assert indications(listener)[1:] == [expected(call)]
    assert call.feeds.wait_s() is None


def test_a_cheap_one_is_told_at_once_each_time() -> None:
    call, listener = Call(), Listener()
    call.set_phase(Phase.AUCTION)
    call.enter(Side.SELL, 50, 100)
    call.feeds.subscribe_book(listener, "ACME", 1)
    for count in range(2, 10):
        call.enter(Side.BUY, 1, 101)
        call.flush()
        assert indications(listener)[count - 1 :] == [expected(call)]
        assert call.feeds.wait_s() is None


def test_what_was_left_is_told_before_a_pong_of_a_follower_and_of_nobody_else() -> None:
    listener, stranger = Listener(), Listener()
    call = dear_call(listener)
    call.bring_up_to_date(stranger)
    assert len(indications(listener)) == 1
    call.bring_up_to_date(listener)
    assert indications(listener)[1:] == [expected(call)]
    assert call.feeds.wait_s() is None


def test_who_subscribes_is_told_the_truth_and_so_are_the_others_then() -> None:
    early, late = Listener(), Listener()
    call = dear_call(early)
    call.feeds.subscribe_book(late, "ACME", 0)
    assert indications(late) == indications(early)[1:] == [expected(call)]


def test_what_was_left_is_told_no_more_when_the_call_is_over() -> None:
    listener = Listener()
    call = dear_call(listener)
    call.set_phase(Phase.CONTINUOUS)
    call.flush()
    assert call.feeds.wait_s() is None
    call.now_s += DEAR_S * PAUSE
    call.flush()
    call.bring_up_to_date(listener)
    assert len(indications(listener)) == 1


def test_what_was_left_is_forgotten_when_the_last_follower_leaves() -> None:
    listener = Listener()
    call = dear_call(listener)
    call.feeds.unsubscribe_book(listener, "ACME")
    call.flush()
    assert call.feeds.wait_s() is None
    call.feeds.subscribe_book(listener, "ACME", 1)
    assert indications(listener)[1:] == [expected(call)]


def test_what_changed_and_changed_back_meanwhile_is_not_told_again() -> None:
    listener = Listener()
    call = dear_call(listener)
    call.engine.process(CancelAll("alice", None), 1)
    call.enter(Side.SELL, 5, 100)
    call.flush()
    call.now_s += DEAR_S * PAUSE
    call.flush()
    assert len(indications(listener)) == 1
    assert call.feeds.wait_s() is None
