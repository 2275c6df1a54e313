"""The market on a virtual clock: latency, order of what happens, what time brings, and what is kept of a day."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Optional

import pytest

from exchange.engine.commands import Endow, SetPhase
from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.words import Phase
from exchange.laboratory.market import MarketError, VirtualMarket
from exchange.laboratory.venue.clock import START_NS
from exchange.laboratory.venue.latency import Latency, random_below, random_stream
from exchange.laboratory.venue.records import KeptDay
from exchange.laboratory.venue.session import MarketSession
from exchange.networking.client.message_json import Message
from exchange.networking.wire.requests import CancelOnDisconnect
from exchange.storage.verify import verify
from exchange.utils.disk import REAL_DISK
from exchange.utils.helpers import NS_PER_S, FileError

MS = 1_000_000


class Ear:
    """Keeps what a session hears, with the time."""

    def __init__(self, session: MarketSession) -> None:
        self.session = session
        self.heard: list[tuple[int, str]] = []
        self.is_closed = False
        session.hear = lambda event: self.heard.append((session.now_ns() - START_NS, type(event).__name__))
        session.on_closed = self._close

    def _close(self) -> None:
        self.is_closed = True

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.heard]


def order(client_order_id: str, side: str, quantity: int, price: Optional[str], **more: object) -> Message:
    """A LIMIT order, or with price None a MARKET order."""
    kind = "LIMIT" if price is not None else "MARKET"
    message = {"type": "new_order", "client_order_id": client_order_id, "side": side, "order_type": kind}
    return {**message, "quantity": quantity, **({} if price is None else {"price": Decimal(price)}), **more}


def test_an_answer_takes_the_way_there_and_the_way_back() -> None:
    market = VirtualMarket()
    session = market.join("ann", Latency(to_exchange_ns=3 * MS, to_participant_ns=2 * MS))
    ear = Ear(session)
    session.send(order("1", "BUY", 5, "10.00"))
    market.advance(0.004999999)
    assert ear.heard == []
    market.advance(0.000000001)
    assert [time for time, _ in ear.heard] == [5 * MS]
    [accepted] = market.engine.accounts["ann"].live_orders()
    assert accepted.timestamp == START_NS + 3 * MS


def test_jitter_lets_nothing_overtake() -> None:
    market = VirtualMarket(seed=3)
    session = market.join("ann", Latency(MS, MS, jitter_ns=5 * MS))
    ear = Ear(session)
    for number in range(50):
        session.send(order(str(number), "BUY", 1, "10.00"))
    market.advance(1)
    assert len(ear.heard) == 50
    assert [live.client_order_id for live in market.engine.accounts["ann"].live_orders()] == [
        str(number) for number in range(50)
    ]
    assert len({time for time, _ in ear.heard}) > 1


def test_of_two_at_one_moment_the_one_who_joined_first_is_served_first() -> None:
    market = VirtualMarket()
    ann, ben = market.join("ann"), market.join("ben")
    ben.send(order("b", "BUY", 1, "10.00"))
    ann.send(order("a", "BUY", 1, "10.00"))
    market.settle()
    assert [each.user for each in market.engine.books["ACME"].bids.orders()] == ["ann", "ben"]


def test_one_more_participant_moves_nobody_elses_numbers() -> None:
    def arrivals(names: list[str]) -> list[tuple[int, str]]:
        market = VirtualMarket(seed=5)
        sessions = {name: market.join(name, Latency(MS, MS, 9 * MS)) for name in names}
        ear = Ear(sessions["ann"])
        for number in range(9):
            for session in sessions.values():
                session.send({"type": "ping", "id": number})
            market.advance(0.1)
        return ear.heard

    assert arrivals(["ann"]) == arrivals(["ann", "ben"])


def test_a_scheduled_day_opens_and_closes_when_it_is_time() -> None:
    nine = 9 * 3_600
    schedule = Schedule(nine + 60, nine + 180, opening_call_s=30, closing_call_s=10, random_end_s=5)
    market = VirtualMarket([Instrument("ACME", schedule=schedule)], seed=1)
    session = market.join("ann")
    phases: list[tuple[float, str]] = []
    session.hear = lambda event: phases.append(
        ((session.now_ns() - START_NS) / NS_PER_S, str(getattr(event, "phase", "")))
    )
    session.send({"type": "subscribe", "channel": "trades"})
    market.advance(300)
    at = {phase: seconds for seconds, phase in phases}
    assert at["PRE_OPEN"] == 30
    assert 60 < at["CONTINUOUS"] <= 65
    assert at["CLOSING_AUCTION"] == 180
    assert 190 <= at["CLOSED"] <= 195


def test_an_auction_trades_and_is_indicated() -> None:
    market = VirtualMarket()
    ann, ben = market.join("ann"), market.join("ben")
    ear = Ear(ann)
    market.operate(SetPhase("ACME", Phase.AUCTION))
    ann.send({"type": "subscribe", "channel": "book"})
    ann.send(order("1", "BUY", 5, "10.02"))
    ben.send(order("1", "SELL", 5, "10.00"))
    market.settle()
    market.operate(SetPhase("ACME", Phase.CONTINUOUS))
    market.settle()
    assert ear.names.count("AuctionIndication") >= 2
    assert "OrderExecuted" in ear.names


def test_frequent_batches_go_on_by_themselves() -> None:
    market = VirtualMarket([Instrument("ACME", call_every_ms=100)])
    ann, ben = market.join("ann"), market.join("ben")
    ear = Ear(ben)
    market.advance(1)
    ann.send(order("1", "BUY", 5, "10.00"))
    ben.send(order("1", "SELL", 5, "10.00"))
    market.settle()
    assert "OrderExecuted" not in ear.names
    market.advance(0.2)
    assert "OrderExecuted" in ear.names


def test_what_the_operator_may_not_is_an_error_in_the_exchanges_words() -> None:
    market = VirtualMarket()
    with pytest.raises(MarketError, match="NOPE"):
        market.operate(SetPhase("NOPE", Phase.AUCTION))
    market.operate(Endow("ann", 1_000 * 10**9))
    assert market.engine.accounts["ann"].cash == 1_000 * 10**9


def test_a_logout_takes_the_orders_along_that_end_with_it() -> None:
    market = VirtualMarket()
    session = market.join("ann", cancel_on_disconnect=CancelOnDisconnect.ALL)
    ear = Ear(session)
    session.send(order("1", "BUY", 5, "10.00"))
    session.send({"type": "logout"})
    session.send(order("2", "BUY", 5, "10.00"))
    market.settle()
    assert ear.is_closed
    assert market.engine.accounts["ann"].live_orders() == []
    assert [each for each in market.sessions if each.is_open] == []


@pytest.mark.parametrize(("name", "words"), [("a b", "1 to 32"), ("ANN", "letter case")])
def test_a_name_that_cannot_be_is_refused(name: str, words: str) -> None:
    market = VirtualMarket()
    market.join("ann")
    with pytest.raises(MarketError, match=words):
        market.join(name)


def test_a_kept_day_is_whole_and_goes_on_nowhere_else(tmp_path: Path) -> None:
    with KeptDay(tmp_path / "day") as day:
        market = VirtualMarket(seed=2, records=day, engine=day.engine)
        play(market)
    told: list[str] = []
    assert verify(tmp_path / "day", REAL_DISK, told.append), told
    assert day.ledger_path.read_text().count("\n") > 20
    with pytest.raises(FileError, match="holds a market's day already"):
        KeptDay(tmp_path / "day")


def play(market: VirtualMarket, count: int = 200) -> None:
    """Two who trade with each other at random."""
    draw = random_stream(market.seed, "play")
    sessions = [market.join(name, Latency(MS, MS, 3 * MS)) for name in ("ann", "ben")]
    for number in range(count):
        side = "BUY" if draw() < 0.5 else "SELL"
        price = f"10.0{random_below(draw, 3)}"
        sessions[number % 2].send(order(f"o{number}", side, 1 + random_below(draw, 9), price))
        market.advance(round(draw() * 10, 3) / 1_000)
    market.advance(1)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_a_time_that_cannot_pass_is_named(seconds: float) -> None:
    with pytest.raises(ValueError, match=f"advance by {seconds} s: must be 0 or more"):
        VirtualMarket().advance(seconds)
