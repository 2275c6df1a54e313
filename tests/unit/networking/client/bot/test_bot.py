"""A bot on a virtual clock: what it is told, what it keeps, and that `quote` sends no more than it must."""

from __future__ import annotations

import gc
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from exchange.engine.commands import SetPhase
from exchange.engine.instrument import Instrument
from exchange.engine.words import Phase
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.latency import NO_LATENCY, Latency
from exchange.laboratory.venue.session import MarketSession
from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.bot.own_order import OwnOrder, RefusedRequest
from exchange.networking.client.request_messages import new_order
from exchange.networking.client.typed_events import InstrumentStatus, News, OrderExecuted, Trade
from tests.support.in_memory import count_in_memory

NS_PER_MS = 1_000_000


class Recorder(Bot):
    """Writes down every callback."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def on_start(self) -> None:
        self.heard.append(("start",))

    def on_book(self, book: BookFollower) -> None:
        self.heard.append(("book",))

    def on_trade(self, trade: Trade) -> None:
        self.heard.append(("trade", trade.price))

    def on_accepted(self, order: OwnOrder) -> None:
        self.heard.append(("accepted", order.client_order_id))

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        self.heard.append(("fill", fill.quantity, self.position))

    def on_canceled(self, order: OwnOrder) -> None:
        self.heard.append(("canceled", order.reason))

    def on_rejected(self, refusal: RefusedRequest) -> None:
        self.heard.append(("rejected", refusal.request, refusal.code, refusal.client_order_id))

    def on_timer(self) -> None:
        self.heard.append(("timer", self.now_ns))

    def on_news(self, news: News) -> None:
        self.heard.append(("news", news.text))

    def on_phase(self, status: InstrumentStatus) -> None:
        self.heard.append(("phase", status.phase))

    def on_disconnected(self, reason: str) -> None:
        self.heard.append(("disconnected", reason))

    def on_stop(self) -> None:
        self.heard.append(("stop",))


class Desk:
    """A market with a recorder in it and somebody else, `other`; counts what the recorder sends."""

    def __init__(self, *instruments: Instrument, latency: Latency = NO_LATENCY) -> None:
        self.market = VirtualMarket(instruments or None)
        self.other = self.market.join("other")
        self.bot = Recorder()
        self.driven = DrivenBot(self.market, self.bot, "bot", latency)
        self.market.advance(0.001)
        self.sent: list[dict[str, Any]] = []
        self._tap(self.driven._session)

    def _tap(self, session: MarketSession) -> None:
        send = session.send

        def tapped(message: dict[str, Any]) -> None:
            self.sent.append(message)
            send(message)

        session.send = tapped  # type: ignore[method-assign]

    def by_other(self, side: str, quantity: int, price: str, name: str = "") -> None:
        """A limit order of somebody else's, and all that comes of it."""
        name = name or f"o{self.market.clock.now_ns}"
        self.other.send(new_order(name, side, quantity, price, symbol="ACME"))
        self.market.advance(0.001)

    def do(self, step: Callable[[], Any]) -> Any:
        """What the bot does, and all that comes of it; how it asked is in `sent`."""
        self.sent.clear()
        result = step()
        self.market.advance(0.001)
        return result

    def kinds(self) -> list[str]:
        """What it was told, without starts and books."""
        return [told[0] for told in self.bot.heard if told[0] not in ("start", "book")]

    def resting(self) -> list[tuple[str, Decimal, int]]:
        """The bot's orders in the book."""
        rows = [(order.side, order.price or Decimal(0), order.remaining_quantity) for order in self.bot.orders]
        return sorted(rows)


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- what it is told -------------------------------------------------------------------------------------------


def test_it_starts_once_with_books_orders_and_positions_known_and_then_hears_the_book(desk: Desk) -> None:
    assert desk.bot.heard == [("start",), ("book",)]
    assert (desk.bot.position, desk.bot.pnl, desk.bot.orders) == (0, Decimal(0), [])
    assert (desk.bot.mid, desk.bot.spread) == (None, None)


def test_an_order_lives_from_sent_over_accepted_to_filled(desk: Desk) -> None:
    order = desk.bot.buy(10, "100.00")
    assert (order.status, order.is_live, desk.bot.orders) == ("SENT", False, [order])
    desk.market.advance(0.001)
    assert (order.status, order.order_id, order.is_live) == ("NEW", 1, True)
    desk.by_other("SELL", 4, "100.00")
    assert (order.filled_quantity, order.remaining_quantity, desk.bot.position) == (4, 6, 4)
    desk.by_other("SELL", 6, "100.00")
    assert (order.status, order.is_done, desk.bot.orders, desk.bot.position) == ("FILLED", True, [], 10)
    assert (desk.kinds()[0], sorted(desk.kinds()[1:])) == ("accepted", ["fill", "fill", "trade", "trade"])
    assert desk.bot.times.fill.total_count == 1


def test_orders_that_ended_more_than_a_minute_ago_are_forgotten(desk: Desk) -> None:
    gc.collect()
    others_before = count_in_memory(OwnOrder)
    for _ in range(200):
        desk.bot.cancel(desk.do(lambda: desk.bot.buy(1, "100.00")))
        desk.market.advance(1)
    gc.collect()
    assert count_in_memory(OwnOrder) - others_before <= 61
    assert desk.bot.times.acknowledgement.total_count == 200


def test_profit_counts_what_is_held_at_mid_and_what_was_paid(desk: Desk) -> None:
    desk.by_other("SELL", 10, "100.00")
    desk.do(lambda: desk.bot.buy(10, "100.00"))
    desk.by_other("BUY", 1, "101.00")
    desk.by_other("SELL", 1, "103.00")
    assert (desk.bot.mid, desk.bot.spread, desk.bot.pnl) == (Decimal(102), Decimal(2), Decimal(20))
    desk.do(lambda: desk.bot.sell(1, "101.00"))
    assert (desk.bot.position, desk.bot.pnl) == (9, Decimal(9 * 1 + 1))


def test_a_refusal_names_the_order_and_the_order_says_why(desk: Desk) -> None:
    order = desk.do(lambda: desk.bot.buy(1))
    assert (order.status, order.reason, desk.bot.orders) == ("REJECTED", "NO_LIQUIDITY", [])
    assert desk.bot.heard[-1] == ("rejected", "new_order", "NO_LIQUIDITY", order.client_order_id)
    resting = desk.do(lambda: desk.bot.buy(1, 5))
    desk.do(lambda: desk.bot.replace(resting, price="5.001"))
    assert desk.bot.heard[-1][1:3] == ("replace_order", "PRICE_NOT_ON_TICK")
    assert (resting.is_unanswered, resting.price) == (False, Decimal(5))


def test_a_price_or_quantity_that_is_a_float_is_the_callers_mistake_and_sends_nothing(desk: Desk) -> None:
    with pytest.raises(TypeError, match="float"):
        desk.bot.buy(1, 1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="quantity 1.5 is a float: pass an int"):
        desk.bot.buy(1.5, 1)  # type: ignore[arg-type]
    assert (desk.bot.orders, desk.sent) == ([], [])


def test_cancels_are_sent_once_and_say_why_it_ended(desk: Desk) -> None:
    order = desk.do(lambda: desk.bot.buy(1, 5))

    def cancel_twice() -> None:
        desk.bot.cancel(order)
        desk.bot.cancel(order)

    desk.do(cancel_twice)
    desk.do(lambda: desk.bot.cancel(order))
    assert desk.sent == []
    assert [told for told in desk.bot.heard if told[0] == "canceled"] == [("canceled", "USER_REQUESTED")]


def test_phases_and_news_are_told_once_each(desk: Desk) -> None:
    desk.market.operate(SetPhase("ACME", Phase.HALTED))
    desk.market.advance(0.001)
    assert (desk.kinds(), desk.bot.market().phase) == (["phase"], "HALTED")
    order = desk.do(lambda: desk.bot.buy(1, 5))
    assert order.reason == "HALTED"


def test_several_markets_are_told_apart_and_must_be_named() -> None:
    desk = Desk(Instrument("ACME"), Instrument("BCME"))
    with pytest.raises(ValueError, match="Recorder follows ACME, BCME: say which"):
        desk.bot.buy(1, 5)
    order = desk.do(lambda: desk.bot.buy(1, 5, "BCME"))
    assert (order.symbol, desk.bot.market("BCME").best_bid) == ("BCME", (Decimal(5), 1, 1))
    with pytest.raises(ValueError, match="symbol 'CCME' is not followed; followed: ACME, BCME"):
        desk.bot.market("CCME")


def test_whoever_is_not_running_yet_is_told_so() -> None:
    with pytest.raises(RuntimeError, match="Recorder is not running yet"):
        Recorder().buy(1, 5)


# --- the place in the queue ------------------------------------------------------------------------------------


def test_the_place_in_the_queue_is_known_at_entry_and_moves_with_trades_and_the_level(desk: Desk) -> None:
    desk.by_other("BUY", 10, "99.00", "first")
    order = desk.do(lambda: desk.bot.buy(5, "99.00"))
    desk.by_other("BUY", 7, "99.00", "behind")
    assert order.quantity_ahead == 10
    desk.by_other("SELL", 4, "99.00")
    assert order.quantity_ahead == 6
    desk.other.send({"type": "cancel_order", "client_order_id": "behind"})
    desk.market.advance(0.001)
    assert order.quantity_ahead == 6
    desk.other.send({"type": "cancel_order", "client_order_id": "first"})
    desk.market.advance(0.001)
    assert order.quantity_ahead == 0


def test_a_change_sends_it_to_the_back_and_the_engines_list_is_exact(desk: Desk) -> None:
    desk.by_other("BUY", 10, "99.00")
    order = desk.do(lambda: desk.bot.buy(5, "98.00"))
    assert order.quantity_ahead == 0
    desk.do(lambda: desk.bot.replace(order, price="99.00"))
    assert order.quantity_ahead == 10
    desk.do(lambda: desk.bot.replace(order, quantity=3))
    assert (order.quantity, order.quantity_ahead) == (3, 10)
    order.quantity_ahead = None
    desk.do(desk.bot.refresh_orders)
    assert order.quantity_ahead == 10


def test_a_stop_that_waits_has_no_place() -> None:
    desk = Desk()
    order = desk.do(lambda: desk.bot.buy(5, "99.00", stop_price="101.00"))
    assert (order.order_type, order.quantity_ahead) == ("STOP_LIMIT", None)


# --- quotes ----------------------------------------------------------------------------------------------------


def sent_kinds(desk: Desk) -> list[tuple[Any, ...]]:
    return [(each["type"], each.get("side"), each.get("price"), each.get("quantity")) for each in desk.sent]


def test_a_quote_sends_only_what_has_changed(desk: Desk) -> None:
    desk.do(lambda: desk.bot.quote("99.00", "101.00", 10))
    assert [each["type"] for each in desk.sent] == ["new_order"] * 2
    desk.do(lambda: desk.bot.quote(Decimal("99"), Decimal("101"), 10))
    assert desk.sent == []
    desk.do(lambda: desk.bot.quote("99.00", "100.50", 10))
    assert sent_kinds(desk) == [("replace_order", None, Decimal("100.50"), None)]
    assert desk.resting() == [("BUY", Decimal("99.00"), 10), ("SELL", Decimal("100.50"), 10)]


def test_a_quote_that_only_gets_smaller_keeps_its_place(desk: Desk) -> None:
    desk.do(lambda: desk.bot.quote("99.00", None, 10))
    desk.by_other("BUY", 5, "99.00")
    desk.do(lambda: desk.bot.quote("99.00", None, 6))
    assert sent_kinds(desk) == [("replace_order", None, None, 6)]
    assert (desk.bot.orders[0].remaining_quantity, desk.bot.orders[0].quantity_ahead) == (6, 0)


def test_a_side_that_is_not_wanted_is_canceled_and_a_size_may_differ(desk: Desk) -> None:
    desk.do(lambda: desk.bot.quote("99.00", "101.00", 10, ask_size=3))
    assert desk.resting() == [("BUY", Decimal("99.00"), 10), ("SELL", Decimal("101.00"), 3)]
    desk.do(lambda: desk.bot.quote("99.00", "101.00", 10, ask_size=0))
    assert (sent_kinds(desk), desk.resting()) == (
        [("cancel_order", None, None, None)],
        [("BUY", Decimal("99.00"), 10)],
    )


def test_wishes_that_come_before_the_answer_are_one_message_for_the_newest() -> None:
    desk = Desk(latency=Latency(to_exchange_ns=NS_PER_MS, to_participant_ns=NS_PER_MS))
    desk.market.advance(0.1)
    desk.sent.clear()
    for cents in range(10, 60, 10):
        desk.bot.quote(f"99.{cents}", None, 10)
    desk.market.advance(0.1)
    assert [kind[0] for kind in sent_kinds(desk)] == ["new_order", "replace_order"]
    assert desk.resting() == [("BUY", Decimal("99.50"), 10)]


def test_a_bot_does_not_meet_itself_when_it_moves_both_quotes_past_each_other(desk: Desk) -> None:
    desk.do(lambda: desk.bot.quote("99.00", "100.00", 10))
    desk.do(lambda: desk.bot.quote("101.00", "102.00", 10))
    desk.do(lambda: desk.bot.quote("97.00", "98.00", 10))
    assert (desk.resting(), desk.bot.position) == (
        [("BUY", Decimal("97.00"), 10), ("SELL", Decimal("98.00"), 10)],
        0,
    )
    assert "fill" not in desk.kinds()


def test_a_quote_tops_up_when_it_is_asked_again_and_not_by_itself(desk: Desk) -> None:
    desk.do(lambda: desk.bot.quote("99.00", None, 10))
    desk.by_other("SELL", 4, "99.00")
    assert (desk.sent[1:], desk.resting()) == ([], [("BUY", Decimal("99.00"), 6)])
    desk.do(lambda: desk.bot.quote("99.00", None, 10))
    assert desk.resting() == [("BUY", Decimal("99.00"), 10)]
    desk.by_other("SELL", 10, "99.00")
    assert (desk.bot.orders, desk.bot.position) == ([], 14)


def test_a_quote_that_is_refused_is_tried_again_only_when_asked(desk: Desk) -> None:
    desk.by_other("SELL", 10, "100.00")
    desk.do(lambda: desk.bot.quote("100.00", None, 10, post_only=True))
    assert (len(desk.sent), desk.bot.heard[-1][2]) == (1, "WOULD_TAKE")
    desk.do(lambda: desk.bot.quote("99.99", None, 10, post_only=True))
    assert desk.resting() == [("BUY", Decimal("99.99"), 10)]


# --- timers ----------------------------------------------------------------------------------------------------


def test_timers_come_on_time_in_their_order_and_can_be_ended(desk: Desk) -> None:
    start_ns, seen = desk.bot.now_ns, []
    desk.bot.after(0.010)
    timer = desk.bot.every(0.004, lambda: seen.append((desk.bot.now_ns - start_ns) // NS_PER_MS))
    desk.driven._act(lambda: None)
    desk.market.advance(0.013)
    timer.cancel()
    desk.market.advance(0.020)
    assert seen == [4, 8, 12]
    assert desk.bot.heard[-1] == ("timer", start_ns + 10 * NS_PER_MS)
    with pytest.raises(ValueError, match="must be from a nanosecond"):
        desk.bot.every(0)


# --- the end ---------------------------------------------------------------------------------------------------


def test_it_stops_itself_with_its_orders_canceled_and_is_told_nothing_more(desk: Desk) -> None:
    desk.do(lambda: desk.bot.quote("99.00", "101.00", 10))
    desk.bot.after(0.001, desk.bot.stop)
    desk.driven._act(lambda: None)
    desk.market.advance(0.010)
    assert (desk.driven.is_done, desk.bot.heard[-1], desk.bot.orders) == (True, ("stop",), [])
    desk.by_other("BUY", 1, "50.00")
    assert desk.bot.heard[-1] == ("stop",)


def test_its_orders_are_left_in_the_book_if_it_wants_that(desk: Desk) -> None:
    desk.bot.cancel_on_stop = False
    desk.do(lambda: desk.bot.buy(1, 5))
    desk.driven.stop()
    desk.market.advance(0.001)
    assert (desk.driven.is_done, len(desk.bot.orders)) == (True, 1)


class Clumsy(Recorder):
    """Fails when it has traded."""

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        raise KeyError("remaining")


def test_an_exception_in_a_callback_ends_it_with_its_orders_canceled_and_says_where() -> None:
    market = VirtualMarket()
    bot = Clumsy()
    driven = DrivenBot(market, bot, "bot")
    market.advance(0.001)
    bot.quote("99.00", "101.00", 10)
    market.advance(0.001)
    market.join("other").send(new_order("o", "BUY", 3, "101.00", symbol="ACME"))
    market.advance(0.001)
    assert driven.failure is not None
    told = str(driven.failure)
    assert told.startswith("on_fill failed at ") and "test_bot.py:" in told
    assert "KeyError: 'remaining'" in told and "OrderExecuted(" in told
    assert (driven.is_done, bot.orders, bot.position) == (True, [], -3)


def test_a_mistake_that_shows_in_the_library_is_told_where_the_bot_made_it() -> None:
    class Floats(Recorder):
        def on_start(self) -> None:
            self.buy(1, 99.5)  # type: ignore[arg-type]

    market = VirtualMarket()
    driven = DrivenBot(market, Floats(), "bot")
    market.advance(0.001)
    assert driven.failure is not None
    assert "test_bot.py:" in driven.failure.place
