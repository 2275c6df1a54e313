"""What a run keeps track of: answers, counts, waiting times, how far it is; and which instrument it trades."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.words import Side, TimeInForce
from exchange.laboratory.flow.order_intents import Cancel, Place, Replace
from exchange.networking.tcp_client import MessageClient, TokenStore
from exchange.simulation.counts import CountedTrades, RequestKind, Tally, total
from exchange.simulation.entrance import Entrance
from exchange.simulation.errors import CannotStartError, EngineGoneError
from exchange.simulation.progress_line import ProgressLine
from exchange.simulation.replay.order_desk import OrderDesk
from exchange.simulation.summary_lines import aligned, tally_lines
from exchange.simulation.traded_instrument import TradedInstrument, choose_instrument
from exchange.simulation.traders.counted_line import CountedLine
from exchange.simulation.traders.notices import Notices, Outage
from exchange.simulation.traders.request_budget import RequestBudget
from exchange.utils.helpers import NS_PER_S
from tests.support.canned_engine import CannedEngine, Request

INSTRUMENT = TradedInstrument("ACME", Decimal("0.25"))
BUY = Place(Side.BUY, 30, 401, TimeInForce.GTC, "mine")


class Clock:
    """Stands still until it is set."""

    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def instrument(symbol: str) -> dict[str, Any]:
    rest = {"lot_size": 1, "min_quantity": 1, "max_quantity": 100, "phase": "CONTINUOUS"}
    return {"symbol": symbol, "tick_size": Decimal("0.01"), **rest}


# --- the instrument --------------------------------------------------------------------------------------------


@given(ticks=st.integers(1, 10**12))
def test_ticks_become_an_exact_price(ticks: int) -> None:
    assert INSTRUMENT.price(ticks) * 4 == ticks


@pytest.mark.parametrize(
    ("listed", "symbol", "preferred", "chosen"),
    [
        (["ACME", "BETA"], None, None, "ACME"),
        (["ACME", "BETA"], "BETA", None, "BETA"),
        (["ACME", "AAPL"], None, "AAPL", "AAPL"),
        (["ACME"], None, "AAPL", "ACME"),
        (["ACME", "AAPL"], "ACME", "AAPL", "ACME"),
    ],
)
def test_the_instrument_is_the_one_named_or_preferred_or_first(
    listed: list[str], symbol: Optional[str], preferred: Optional[str], chosen: str
) -> None:
    assert choose_instrument([instrument(name) for name in listed], symbol, preferred).symbol == chosen


@pytest.mark.parametrize(
    ("listed", "symbol", "preferred", "text"),
    [
        ([], None, None, "lists no instrument"),
        (["ACME"], "BETA", None, "symbol BETA: not listed; the engine lists ACME"),
        (["ACME", "BETA"], None, "AAPL", "name one with --symbol"),
    ],
)
def test_an_instrument_that_is_not_there_is_refused(
    listed: list[str], symbol: Optional[str], preferred: Optional[str], text: str
) -> None:
    with pytest.raises(CannotStartError, match=text):
        choose_instrument([instrument(name) for name in listed], symbol, preferred)


# --- answers ---------------------------------------------------------------------------------------------------


def silent(_request: Request) -> list[str]:
    return []


def desk_on(client: MessageClient, tally: Tally, clock: Clock) -> OrderDesk:
    return OrderDesk(client, INSTRUMENT, tally, 3, clock)


def test_each_answer_is_counted_for_the_oldest_request_with_the_time_it_took() -> None:
    tally, clock = Tally(), Clock()
    with CannedEngine(silent) as engine, MessageClient.connect(port=engine.port) as client:
        desk = desk_on(client, tally, clock)
        for intent in (BUY, Replace("mine", 50, 400), Cancel("mine")):
            desk.send(intent)
        with pytest.raises(AssertionError, match="more requests than the window"):
            desk.send(BUY)
        clock.now_ns = 1_000_000
        desk.take({"type": "order_accepted", "client_order_id": "mine"})
        # Not an answer: a fill, the end of another order, news of the book.
        desk.take({"type": "order_executed", "client_order_id": "mine", "trade_id": 1})
        desk.take({"type": "order_canceled", "client_order_id": "other"})
        desk.take({"type": "book_update"})
        assert desk.pending_count == 2
        desk.take({"type": "replace_rejected", "client_order_id": "mine", "code": "TOO_LATE", "text": ""})
        desk.take({"type": "error", "code": "BAD_VALUE", "text": ""})
    assert desk.pending_count == 0
    assert tally.sent == {RequestKind.ORDER: 1, RequestKind.REPLACE: 1, RequestKind.CANCEL: 1}
    assert (tally.sent_count, tally.accepted_count, tally.unanswered_count) == (3, 1, 0)
    assert tally.rejected == {"TOO_LATE": 1, "BAD_VALUE": 1}
    assert (tally.fill_count, tally.trade_count) == (1, 1)
    assert tally.latencies.quantile_ns(1) == pytest.approx(1_000_000, rel=0.01)


def test_prices_leave_as_exact_numbers_of_currency() -> None:
    with CannedEngine(silent) as engine, MessageClient.connect(port=engine.port) as client:
        desk = desk_on(client, Tally(), Clock())
        desk.send(BUY)
        desk.send(Replace("mine", 50, 399))
        assert b'"price":100.25' in engine.lines.get(timeout=10)
        assert b'"price":99.75' in engine.lines.get(timeout=10)


def test_a_trade_between_two_traders_of_a_run_is_counted_once_also_where_both_are_takers() -> None:
    trades = CountedTrades()
    tallies = [Tally(trades), Tally(trades)]
    with CannedEngine(silent) as engine, MessageClient.connect(port=engine.port) as client:
        for tally in tallies:
            desk = desk_on(client, tally, Clock())
            for trade_id in (7, 40_000):
                desk.take({"type": "order_executed", "trade_id": trade_id, "liquidity": "TAKER"})
    assert (total(tallies).fill_count, total(tallies).trade_count) == (4, 2)


def test_a_replace_that_ends_the_order_is_answered_by_its_cancel() -> None:
    tally = Tally()
    with CannedEngine(silent) as engine, MessageClient.connect(port=engine.port) as client:
        desk = desk_on(client, tally, Clock())
        desk.send(Replace("mine", 10))
        desk.take({"type": "order_canceled", "client_order_id": "mine"})
    assert tally.accepted_count == 1


def test_an_engine_that_says_farewell_is_gone() -> None:
    with CannedEngine(silent) as engine, MessageClient.connect(port=engine.port) as client:
        desk = desk_on(client, Tally(), Clock())
        with pytest.raises(EngineGoneError, match="the exchange is stopping"):
            desk.take({"type": "error", "code": "ENGINE_STOPPING", "text": "the exchange is stopping"})


def test_something_that_is_no_exchange_can_not_be_traded_on(tmp_path: Path) -> None:
    refusal = pytest.raises(CannotStartError, match="no exchange at 127.0.0.1")
    with CannedEngine(lambda _: ["HTTP/1.1 400 Bad Request"]) as engine, refusal:
        Entrance(TokenStore(tmp_path), port=engine.port).admit("sim-1")


# --- one trader's line -----------------------------------------------------------------------------------------


def line_that_tells(told: list[str]) -> CountedLine:
    clock, notices = Clock(), Notices()
    line = CountedLine(Tally(), RequestBudget(3), Outage(notices, 60.0, clock), clock)
    line.on_answered = lambda: told.append("answered")
    return line


def test_a_line_tells_when_nothing_waits_for_an_answer_any_more() -> None:
    told: list[str] = []
    line = line_that_tells(told)
    for name in ("a", "b"):
        assert line.may_send({"type": "new_order", "client_order_id": name})
    line.heard({"type": "order_accepted", "client_order_id": "a"})
    assert (line.pending_count, told) == (1, [])
    line.heard({"type": "order_accepted", "client_order_id": "b"})
    line.heard({"type": "book_update"})
    assert (line.pending_count, told) == (0, ["answered"])


def test_after_a_break_nothing_waits_and_who_is_back_is_told_so() -> None:
    told: list[str] = []
    line = line_that_tells(told)
    assert line.may_send({"type": "new_order", "client_order_id": "a"})
    line.lost("cut off")
    assert (line.pending_count, line.is_connected, told) == (0, False, [])
    line.connected()
    assert (line.is_connected, told) == (True, ["answered"])


def test_a_line_sends_what_was_granted_and_all_that_is_no_order() -> None:
    line = line_that_tells([])
    sent = [line.may_send({"type": "cancel_order", "client_order_id": "a"}) for _ in range(4)]
    assert (sent, line.sent_count) == ([True, True, True, False], 3)
    assert line.may_send({"type": "ping"}) and line.may_send({"type": "cancel_all"})


# --- counts ----------------------------------------------------------------------------------------------------


def test_the_quantiles_of_nothing_are_dashes() -> None:
    assert ("acknowledged in", "- ms p50, - ms p99") in tally_lines(Tally(), 0)


def test_tallies_add_up() -> None:
    first, second = Tally(), Tally()
    for tally in (first, second):
        tally.sent[RequestKind.ORDER] = tally.sent_count = 3
        tally.accepted_count = tally.fill_count = 1
        tally.rejected["TOO_LATE"] = 1
        tally.latencies.add(2_000_000)
    text = aligned(tally_lines(total([first, second]), 2 * NS_PER_S))
    assert "sent              6 (6 orders, 0 cancels, 0 replaces)\n" in text
    assert "rejected by code  2 TOO_LATE\n" in text
    assert "unanswered        2\n" in text
    assert "speed             3 requests/s\n" in text


# --- progress --------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, times_ns: list[int]) -> str:
    clock = Clock()
    progress = ProgressLine(stream, 8, clock)
    for time_ns in times_ns:
        clock.now_ns = time_ns
        progress.show(lambda time_ns=time_ns: f"at {time_ns // NS_PER_S} and more")  # type: ignore[misc]
    progress.end()
    return stream.getvalue()


def test_progress_in_a_file_is_a_line_a_second() -> None:
    times_ns = [0, NS_PER_S // 2, NS_PER_S, NS_PER_S + 1, 2 * NS_PER_S]
    assert shown(io.StringIO(), times_ns) == "at 1 and more\nat 2 and more\n"


def test_progress_on_a_terminal_is_one_line_of_its_width() -> None:
    assert shown(Terminal(), [NS_PER_S, 2 * NS_PER_S]) == "\rat 1 an\rat 2 an\n"


def test_progress_of_what_takes_long_to_begin_is_told_from_its_begin_on() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = ProgressLine(stream, 8, clock)
    clock.now_ns = 3 * NS_PER_S
    progress.restart()
    for text in ("at its begin", "a second in"):
        progress.show(lambda text=text: text)  # type: ignore[misc]
        clock.now_ns += NS_PER_S
    assert stream.getvalue() == "a second in\n"


def test_progress_that_showed_nothing_leaves_nothing() -> None:
    assert shown(Terminal(), [0]) == ""
