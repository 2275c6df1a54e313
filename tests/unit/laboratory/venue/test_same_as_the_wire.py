"""A participant of the laboratory is told what a client of the wire is told, and asks in the same words."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.core import Core
from exchange.engine.commands import ClaimUser, Command
from exchange.engine.engine import Engine
from exchange.engine.words import OrderType, Side, TimeInForce
from exchange.laboratory.venue.announcer import MarketAnnouncer
from exchange.laboratory.venue.clock import VirtualClock
from exchange.laboratory.venue.event_messages import message_of
from exchange.laboratory.venue.event_values import event_of_line
from exchange.laboratory.venue.latency import NO_LATENCY
from exchange.laboratory.venue.records import NothingKept
from exchange.laboratory.venue.request_check import request_of
from exchange.laboratory.venue.scheduler import Scheduler
from exchange.laboratory.venue.session import MarketSession
from exchange.networking.client.message_json import encode_message
from exchange.networking.client.message_to_event import TypedEvent, typed_event
from exchange.networking.client.typed_events import AuctionIndication, BookUpdate
from exchange.networking.outbound.connection import Connection
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.publishing.indications import Indications
from exchange.networking.publishing.missed_events import RecentEvents
from exchange.networking.publishing.publisher import Publisher
from exchange.networking.wire.decode import decode
from exchange.networking.wire.requests import (
    CancelOnDisconnect,
    Channel,
    CheckedLogin,
    Login,
    Logout,
    Ping,
    Request,
    Subscribe,
    Unsubscribe,
)
from exchange.networking.wire.session_lines import Identity
from tests.support.every_rule import INSTRUMENTS, USERS, EveryRule, listings
from tests.support.oracle.oracle import Oracle

COMMANDS = 1_500


class _Recorder(Connection):
    """The wire's end without its socket: it keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.user = None
        self.entered_order_ids = set()
        self.heartbeat_s = 0.0

    @property
    def is_lagging(self) -> bool:
        return False

    def queue(self, line: bytes) -> bool:
        self.lines.append(line)
        return False

    def queue_long(self, pieces: Any) -> None:
        self.lines.append(b"".join(pieces))

    def expect_heartbeats(self, heartbeat_s: float) -> None:
        self.heartbeat_s = heartbeat_s

    def answer_login(self, user: Any) -> None:
        self.user = user

    def finish(self) -> None:
        self.lines.append(b"")


class _Both:
    """One engine told of by the wire's publisher, one by the laboratory's announcer, both asked the same."""

    def __init__(self) -> None:
        self.now_ns = 1
        self.recorders = {user: _Recorder() for user in USERS}
        self.heard: dict[str, list[TypedEvent]] = {user: [] for user in USERS}
        wire, self.engine = Engine(), Engine()
        publisher = Publisher(
            wire, Identity("1", "x"), Heartbeats(_fail), RecentEvents(), indications=Indications(lambda: 0.0)
        )
        announcer = MarketAnnouncer(self.engine)
        self.wire = Core[Any, Any](wire, NothingKept(), publisher, lambda: self.now_ns, _fail)
        self.market = Core[Any, Any](self.engine, NothingKept(), announcer, lambda: self.now_ns, _fail)
        self.scheduler = Scheduler(VirtualClock(0))
        self.carry_out([*listings(), *[ClaimUser(user, user) for user in USERS]])
        self.sessions = {user: self._join(announcer, rank, user) for rank, user in enumerate(USERS)}
        for recorder in self.recorders.values():
            recorder.lines.clear()  # What `logged_in` says is the login's.

    def _join(self, announcer: MarketAnnouncer, rank: int, user: str) -> MarketSession:
        login = Login(user, None, None, CancelOnDisconnect.NONE, 0.0)
        self.wire.serve(self.recorders[user], [CheckedLogin(login, None, None, None, user)])
        session = MarketSession(user, rank, self.scheduler, _no_requests, NO_LATENCY, 0, CancelOnDisconnect.NONE)
        session.hear = self.heard[user].append
        announcer.join(session)
        return session

    def carry_out(self, commands: list[Command]) -> None:
        self.wire.carry_out(commands)
        self.market.carry_out(commands)

    def ask(self, user: str, request: Request) -> None:
        if self.sessions[user].is_open:
            self.wire.serve(self.recorders[user], [request])
            self.market.serve(self.sessions[user], [request])

    def told_over_the_wire(self, user: str) -> list[TypedEvent]:
        return by_book([in_order(event_of_line(line)) for line in self.recorders[user].lines if line])

    def told_in_the_laboratory(self, user: str) -> list[TypedEvent]:
        self.scheduler.run_until(self.scheduler.clock.now_ns)
        return by_book([in_order(event) for event in self.heard[user]])


def in_order(event: TypedEvent) -> TypedEvent:
    """A book update is the same in whatever order it names its levels."""
    if isinstance(event, BookUpdate):
        return event._replace(changes=tuple(sorted(event.changes)))
    return event


def by_book(events: list[TypedEvent]) -> list[TypedEvent]:
    """Where several books have changed at once nobody promises which of them is told first."""
    told: list[TypedEvent] = []
    for _, several in groupby(events, lambda event: isinstance(event, (BookUpdate, AuctionIndication)) or event):
        told += sorted(several, key=lambda event: str(getattr(event, "symbol", "")))
    return told


def _fail(failure: BaseException) -> None:
    raise failure


def _no_requests(_session: MarketSession, _request: Request) -> None:
    raise AssertionError("nothing is sent here")


def _feed_request(random: Random) -> Request:
    symbol = INSTRUMENTS[int(random.random() * len(INSTRUMENTS))].symbol
    if random.random() < 0.05:
        symbol = "NONE"
    kind = random.random()
    if kind < 0.1:
        return Ping(7)
    if kind < 0.3:
        return Unsubscribe(Channel.BOOK if random.random() < 0.5 else Channel.TRADES, symbol)
    if kind < 0.5:
        return Subscribe(Channel.TRADES, symbol, 20, 3 if random.random() < 0.5 else None)
    return Subscribe(Channel.BOOK, symbol, (0, 1, 2, 3)[int(random.random() * 4)])


@pytest.mark.parametrize("seed", range(4))
def test_each_participant_hears_what_its_client_would_hear_over_tcp(seed: int) -> None:
    oracle = Oracle()
    for listing in listings():
        oracle.process(listing, 1)
    for user in USERS:
        oracle.process(ClaimUser(user, user), 1)
    both, rules, random = _Both(), EveryRule(seed, oracle), Random(seed)
    for _ in range(COMMANDS):
        command = rules.next_command()
        both.now_ns += int(random.random() * 50_000_000)
        oracle.process(command, both.now_ns)
        user = str(getattr(command, "user", ""))
        if user in USERS:
            both.ask(user, command)
        else:
            both.carry_out([command])
        if random.random() < 0.1:
            both.ask(USERS[int(random.random() * len(USERS))], _feed_request(random))
    both.ask(USERS[0], Logout())
    for user in USERS:
        heard = both.told_in_the_laboratory(user)
        assert heard == both.told_over_the_wire(user)
        assert [typed_event(message_of(event)) for event in heard] == heard
    kinds = {type(event).__name__ for user in USERS for event in both.heard[user]}
    assert len(kinds) > 15, kinds


_names = st.sampled_from(["new_order", "cancel_order", "replace_order", "cancel_all", "subscribe", "ping", "x"])
_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.sampled_from(["BUY", "SELL", "LIMIT", "GTC", "ACME", "book", "a" * 300]),
    st.sampled_from(["\x7f", "ü", "\ud800", [1], {"a": 1}, 0.5]),
)
_prices = st.one_of(
    st.none(),
    st.integers(-(10**17), 10**17),
    st.decimals(-(10**17), 10**17, places=10),
    st.sampled_from(["10.5", "1e3", "-0", "0.000000000001"]),
)
_FIELDS = ("client_order_id", "order_id", "symbol", "side", "order_type", "quantity", "id", "depth")


@given(
    st.fixed_dictionaries(
        {"type": _names},
        optional={
            **dict.fromkeys(_FIELDS, _values),
            "price": _prices,
            "stop_price": _prices,
            "channel": st.just("book"),
            "strange": _values,
        },
    )
)
def test_a_request_is_checked_as_its_line_would_be(message: dict[str, Any]) -> None:
    checked, decoded = request_of(message, "ann"), decode(encode_message(message).encode(), "ann")
    assert type(checked) is type(decoded)
    assert str(checked) == str(decoded)


@pytest.mark.parametrize("side", Side)
def test_an_order_as_the_client_library_writes_it_is_checked_alike(side: Side) -> None:
    message = {
        "type": "new_order",
        "client_order_id": "a1",
        "side": side.value,
        "order_type": OrderType.LIMIT.value,
        "time_in_force": TimeInForce.GTC.value,
        "quantity": 3,
        "price": Decimal("10.50"),
    }
    assert request_of(message, "ann") == decode(encode_message(message).encode(), "ann")


def test_a_price_that_is_a_float_is_refused_before_it_is_sent() -> None:
    with pytest.raises(TypeError, match="0.1 is a float"):
        request_of({"type": "new_order", "price": 0.1}, "ann")
