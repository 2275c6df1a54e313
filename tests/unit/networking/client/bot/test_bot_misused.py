"""Bots that do what they should not: each mistake is named, and leaves no order behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from exchange.laboratory.hand_driven import HandDrivenExchange
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.latency import Latency
from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.bot.misspelt_callbacks import misspelt_callbacks
from exchange.networking.client.bot.own_order import RefusedRequest
from exchange.networking.client.bot.tcp_line import TcpLine, UnwatchedLine

ONE_MS = Latency(1_000_000, 1_000_000)


class Careless(Bot):
    """Does what a test hands it when it starts; keeps what was refused."""

    def __init__(self, step: Callable[[Careless], Any] = lambda _bot: None) -> None:
        self.step = step
        self.refusals: list[RefusedRequest] = []
        self.fill_count = 0

    def on_start(self) -> None:
        self.step(self)

    def on_fill(self, *_told: object) -> None:
        self.fill_count += 1

    def on_rejected(self, refusal: RefusedRequest) -> None:
        self.refusals.append(refusal)


def ended_by(exchange: HandDrivenExchange, step: Callable[[Careless], Any]) -> str:
    """Why a bot with an order in the book was ended by this step; its orders must be gone."""
    driven = exchange.run_bot(Careless(lambda bot: (bot.buy(1, "9.00"), bot.after(1, lambda: step(bot)))))
    assert "careless" in exchange.book.show()
    exchange.clock.advance(2)
    assert driven.is_done and "careless" not in exchange.book.show()
    assert driven.failure is not None
    return str(driven.failure)


@pytest.fixture
def exchange() -> HandDrivenExchange:
    return HandDrivenExchange()


def test_leaving_the_program_from_a_callback_ends_the_bot_in_order(exchange: HandDrivenExchange) -> None:
    assert "SystemExit: 3" in ended_by(exchange, lambda _bot: sys.exit(3))


@pytest.mark.parametrize("seconds", [0, -1.0, float("inf"), float("nan"), 1e12])
def test_a_timer_that_can_never_be_is_named(exchange: HandDrivenExchange, seconds: float) -> None:
    said = ended_by(exchange, lambda bot: bot.every(seconds))
    assert f"a timer of {seconds} s: must be from a nanosecond to 3,155,760,000 s" in said


def test_a_quote_that_would_trade_with_itself_is_named(exchange: HandDrivenExchange) -> None:
    said = ended_by(exchange, lambda bot: bot.quote("10.01", "10.01", 5))
    assert "bid 10.01 is not below ask 10.01" in said


def test_a_quote_that_must_wait_is_judged_when_it_is_asked_for(exchange: HandDrivenExchange) -> None:
    def quote_twice(bot: Careless) -> None:
        bot.quote("9.00", "11.00", 5)
        bot.quote("9.00", "11.00", 5.5)  # type: ignore[arg-type]

    assert "quantity 5.5 is a float" in ended_by(exchange, quote_twice)


def test_a_side_of_less_than_nothing_is_not_there(exchange: HandDrivenExchange) -> None:
    exchange.run_bot(Careless(lambda bot: bot.quote("9.00", "11.00", 5, bid_size=-3)))
    shown = exchange.book.show()
    assert "11.00" in shown and "9.00" not in shown


def test_one_symbol_without_a_comma_is_that_symbol(exchange: HandDrivenExchange) -> None:
    bot = Careless()
    bot.symbols = "ACME"
    exchange.run_bot(bot)
    assert bot.market().symbol == "ACME"


def test_quotes_that_jump_past_each_other_before_the_answers_do_not_meet(exchange: HandDrivenExchange) -> None:
    def jump(bot: Careless) -> None:
        for count in range(200):
            bid = Decimal("9.00") + Decimal("0.10") * (count % 2)
            bot.after(0.001 * (1 + count), lambda bid=bid: bot.quote(bid, bid + Decimal("0.02"), 5))  # type: ignore[misc]

    bot = Careless(jump)
    exchange.run_bot(bot, latency=ONE_MS)
    exchange.clock.advance(1)
    assert (bot.fill_count, exchange.trades, bot.refusals) == (0, [], [])
    assert [(order.side, order.price) for order in bot.orders] == [
        ("SELL", Decimal("9.12")),
        ("BUY", Decimal("9.10")),
    ]


def placed(exchange: HandDrivenExchange, bot: Careless) -> DrivenBot:
    driven = exchange.run_bot(bot, latency=ONE_MS)
    bot.buy(10, "9.00")
    exchange.clock.advance(0.01)
    return driven


def test_a_cancel_that_crosses_with_a_fill_is_refused_with_its_order(exchange: HandDrivenExchange) -> None:
    bot = Careless()
    placed(exchange, bot)
    [order] = bot.orders
    exchange.join("other").sell(10, "9.00")
    bot.cancel(order)
    exchange.clock.advance(0.01)
    [refusal] = bot.refusals
    assert (refusal.code, refusal.order, order.status) == ("TOO_LATE", order, "FILLED")


def test_an_order_reduced_to_what_has_traded_keeps_what_has_traded(exchange: HandDrivenExchange) -> None:
    bot = Careless()
    placed(exchange, bot)
    [order] = bot.orders
    exchange.join("other").sell(4, "9.00")
    exchange.clock.advance(0.01)
    bot.replace(order, quantity=4)
    exchange.clock.advance(0.01)
    assert (order.status, order.quantity, order.filled_quantity) == ("CANCELED", 4, 4)


def test_a_clock_that_is_set_back_goes_on_from_where_it_was() -> None:
    clock, monotonic = iter([1_000, 1_010, 500, 510, 2_000]), iter([0, 10, 20, 30, 40])
    line = TcpLine(UnwatchedLine(), lambda: next(clock), lambda: next(monotonic))
    assert [line.now_ns() for _ in range(5)] == [1_000, 1_010, 1_020, 1_030, 2_000]


class Misspelt(Careless):
    """One callback that is none, and a value that only looks like one."""

    on_top = True

    def on_bok(self) -> None:
        """Nobody calls it."""


def test_a_misspelt_callback_is_named_with_the_one_that_may_be_meant() -> None:
    assert misspelt_callbacks(Careless) == []
    [line] = misspelt_callbacks(Misspelt)
    assert line.startswith("Misspelt.on_bok is no callback") and "is on_book meant?" in line
