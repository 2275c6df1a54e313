"""A bot's session over a line that breaks: what is told again, sent again, refused, and what is never doubled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Optional

import pytest

from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.bot.bot_session import BotSession
from exchange.networking.client.bot.own_order import OwnOrder, RefusedRequest
from exchange.networking.client.message_json import Message
from exchange.networking.client.typed_answers import (
    ListedInstrument,
    LiveOrder,
    LoggedIn,
    Orders,
    PositionRow,
    Positions,
)
from exchange.networking.client.typed_events import (
    BookSnapshot,
    BookUpdate,
    CancelRejected,
    ErrorEvent,
    Gap,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderRejected,
    OrderReplaced,
    Pong,
)

ACME = ListedInstrument("ACME", Decimal("0.01"), 1, 1, 1_000, "CONTINUOUS")


class HandLine:
    """Keeps what is sent; its clock is set by hand."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.time_ns = 1_000

    def send(self, message: Message) -> None:
        self.sent.append(message)

    def now_ns(self) -> int:
        return self.time_ns

    def take(self) -> list[Message]:
        """What was sent since the last time."""
        taken, self.sent = self.sent, []
        return taken


class Teller(Bot):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.sells_when_lost = False

    def on_accepted(self, order: OwnOrder) -> None:
        self.told.append(("accepted", order.client_order_id))

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        self.told.append(("fill", fill.seq))

    def on_canceled(self, order: OwnOrder) -> None:
        self.told.append(("canceled", order.client_order_id))

    def on_rejected(self, refusal: RefusedRequest) -> None:
        self.told.append((refusal.request, refusal.code))

    def on_disconnected(self, reason: str) -> None:
        self.told.append(("disconnected", reason))
        if self.sells_when_lost:
            self.sell(1)


class Broken:
    """A bot that is logged in on a line that a test breaks and mends."""

    def __init__(self) -> None:
        self.bot, self.line = Teller(), HandLine()
        self.session = BotSession(self.bot, self.line, "b-")
        self.logins = 0

    def log_in(
        self,
        *missed: Any,
        orders: tuple[LiveOrder, ...] = (),
        position: Optional[PositionRow] = None,
        after: Optional[int] = None,
    ) -> list[Message]:
        """Log in, be told what was missed and how things stand; returns what the bot sent behind that."""
        self.logins += 1
        self.session.logged_in(LoggedIn("bot", 1, (ACME,)), after)
        for event in missed:
            self.session.hear(event)
        asked = self.line.take()
        assert asked[-1] == {"type": "ping", "id": f"login {self.logins}"}
        self.session.hear(Orders(orders))
        self.session.hear(Positions(() if position is None else (position,)))
        self.session.hear(Pong(asked[-1]["id"]))
        return self.line.take()


@pytest.fixture
def broken() -> Broken:
    broken = Broken()
    assert broken.log_in() == []
    return broken


def accepted(seq: int, name: str, order_id: int) -> OrderAccepted:
    terms = ("BUY", "LIMIT", "GTC", Decimal(5), 10, 10)
    return OrderAccepted(seq, order_id, name, "ACME", 1, "NEW", *terms)  # type: ignore[arg-type]


def filled(seq: int, name: str, order_id: int, quantity: int) -> OrderExecuted:
    head = (seq, order_id, name, "ACME", 1, "PARTIALLY_FILLED", seq, "BUY", Decimal(5), quantity)
    return OrderExecuted(*head, 10 - quantity, "MAKER")  # type: ignore[arg-type]


def live(name: str, order_id: int, remaining: int = 10) -> LiveOrder:
    terms = ("NEW", "BUY", "LIMIT", "GTC", Decimal(5), 10, remaining, 7)
    return LiveOrder(order_id, name, "ACME", 1, *terms)  # type: ignore[arg-type]


def test_an_order_that_nobody_answered_is_sent_again_under_its_id(broken: Broken) -> None:
    order = broken.bot.buy(10, 5)
    first = broken.line.take()
    broken.session.disconnected("gone")
    assert broken.log_in() == first
    broken.session.hear(accepted(1, order.client_order_id, 4))
    assert (order.status, broken.bot.told) == ("NEW", [("disconnected", "gone"), ("accepted", "b-1")])


def test_an_order_that_was_taken_before_the_break_is_heard_of_and_not_sent_again(broken: Broken) -> None:
    order = broken.bot.buy(10, 5)
    broken.line.take()
    broken.session.disconnected("gone")
    sent = broken.log_in(accepted(1, "b-1", 4), filled(2, "b-1", 4, 3), orders=(live("b-1", 4, 7),), after=0)
    assert (sent, order.filled_quantity, order.quantity_ahead) == ([], 3, 7)


def test_an_order_that_arrived_late_is_refused_as_a_duplicate_and_nobody_need_know(broken: Broken) -> None:
    """The lost connection's last bytes were read behind the new login: its answer comes to this one, too."""
    order = broken.bot.buy(10, 5)
    broken.session.disconnected("gone")
    broken.log_in()
    broken.session.hear(accepted(1, "b-1", 4))
    broken.session.hear(OrderRejected("b-1", "DUPLICATE_CLIENT_ORDER_ID", "order 4 has it"))
    assert (order.status, broken.bot.orders) == ("NEW", [order])
    assert ("new_order", "DUPLICATE_CLIENT_ORDER_ID") not in broken.bot.told


def test_a_cancel_is_sent_again_and_a_change_is_refused(broken: Broken) -> None:
    first, second = broken.bot.buy(10, 5), broken.bot.buy(10, 5)
    for number in (1, 2):
        broken.session.hear(accepted(number, f"b-{number}", number))
    broken.bot.cancel(first)
    broken.bot.replace(second, price=6)
    broken.line.take()
    broken.session.disconnected("gone")
    sent = broken.log_in(orders=(live("b-1", 1), live("b-2", 2)), after=2)
    assert sent == [{"type": "cancel_order", "client_order_id": "b-1"}]
    assert broken.bot.told[-1] == ("replace_order", "CONNECTION_LOST")
    assert (first.is_canceling, second.is_unanswered) == (True, False)


def test_what_is_asked_without_a_connection_is_refused_at_once(broken: Broken) -> None:
    broken.bot.sells_when_lost = True
    broken.session.disconnected("gone")
    assert broken.bot.told == [("disconnected", "gone"), ("new_order", "NOT_CONNECTED")]
    assert (broken.line.take(), broken.bot.orders) == ([], [])


def test_an_event_that_is_told_twice_counts_once(broken: Broken) -> None:
    broken.bot.buy(10, 5)
    for _ in range(2):
        broken.session.hear(accepted(1, "b-1", 4))
        broken.session.hear(filled(2, "b-1", 4, 3))
    assert (broken.bot.position, broken.bot.told) == (3, [("accepted", "b-1"), ("fill", 2)])
    assert broken.session.last_seq == 2


def test_behind_a_gap_fills_are_told_and_are_in_the_position_already(broken: Broken) -> None:
    broken.bot.buy(10, 5)
    broken.session.hear(accepted(1, "b-1", 4))
    broken.session.disconnected("gone")
    held = PositionRow("ACME", 3, Decimal(5), Decimal(0), Decimal(0), 3)
    missed = (Gap(2, 2), Orders((live("b-1", 4, 7),)), Positions((held,)), filled(2, "b-1", 4, 3))
    broken.log_in(*missed, orders=(live("b-1", 4, 7),), position=held, after=1)
    assert (broken.bot.position, broken.bot.told[-1]) == (3, ("fill", 2))
    broken.session.hear(filled(3, "b-1", 4, 1))
    assert broken.bot.position == 4


def test_orders_that_were_there_before_the_bot_are_its_own() -> None:
    broken = Broken()
    broken.log_in(orders=(live("old", 9),))
    [adopted] = broken.bot.orders
    assert (adopted.client_order_id, adopted.price, adopted.quantity_ahead) == ("old", Decimal(5), 7)
    broken.bot.cancel(adopted)
    broken.session.hear(OrderCanceled(1, 9, "old", "ACME", 1, "CANCELED", 10, "USER_REQUESTED"))
    assert broken.bot.told == [("canceled", "old")]


def test_an_order_that_the_engine_does_not_list_any_more_is_done(broken: Broken) -> None:
    order = broken.bot.buy(10, 5)
    broken.session.hear(accepted(1, "b-1", 4))
    broken.session.disconnected("gone")
    broken.log_in()
    assert (order.status, order.reason, broken.bot.orders) == ("CANCELED", "UNKNOWN", [])
    assert broken.bot.told[-1] == ("canceled", "b-1")


def test_a_quote_goes_on_after_a_break_where_it_stood(broken: Broken) -> None:
    broken.bot.quote(5, None, 10)
    broken.session.hear(accepted(1, "b-1", 4))
    broken.line.take()
    broken.session.disconnected("gone")
    assert broken.log_in(orders=(live("b-1", 4),), after=1) == []
    broken.bot.quote(6, None, 10)
    assert [each["type"] for each in broken.line.take()] == ["replace_order"]
    broken.session.hear(OrderReplaced(2, 4, "b-1", "ACME", 1, "NEW", Decimal(6), 10, 10, False))
    assert broken.bot.orders[0].price == 6


def test_timers_rest_while_there_is_no_connection(broken: Broken) -> None:
    seen: list[int] = []
    broken.bot.every(1.0, lambda: seen.append(1))
    broken.session.disconnected("gone")
    assert broken.session.next_timer_ns() is None
    broken.session.time_passes(broken.line.time_ns + 5_000_000_000)
    assert seen == []
    broken.log_in()
    broken.session.time_passes(broken.line.time_ns + 5_000_000_000)
    assert (seen, broken.session.next_timer_ns()) == ([1], broken.line.time_ns + 6_000_000_000)


def test_a_book_that_has_lost_an_update_is_asked_for_again_and_not_shown(broken: Broken) -> None:
    broken.session.hear(BookSnapshot("ACME", 4, (), ()))
    broken.session.hear(BookUpdate("ACME", 6, ()))
    assert not broken.bot.book.is_current
    assert broken.line.take() == [{"type": "subscribe", "channel": "book", "symbol": "ACME", "depth": 20}]


def test_a_refused_cancel_and_an_error_are_told(broken: Broken) -> None:
    order = broken.bot.buy(10, 5)
    broken.session.hear(accepted(1, "b-1", 4))
    broken.bot.cancel(order)
    broken.session.hear(CancelRejected("TOO_LATE", "it is done", None, "b-1"))
    broken.session.hear(ErrorEvent("BAD_VALUE", "no"))
    broken.session.hear(ErrorEvent("ENGINE_STOPPING", "bye"))
    assert (order.is_canceling, broken.bot.told[1:]) == (False, [("cancel_order", "TOO_LATE"), ("", "BAD_VALUE")])


def test_a_refusal_that_the_bot_does_not_hear_is_told_to_whoever_runs_it() -> None:
    said: list[str] = []
    line, bot = HandLine(), Bot()
    session = BotSession(bot, line, "b-", said.append)
    session.logged_in(LoggedIn("bot", 1, (ACME,)))
    session.hear(Pong("login 1"))
    bot.buy(1)
    session.hear(OrderRejected("b-1", "NO_LIQUIDITY", "nothing there"))
    assert said == ["new_order was refused: NO_LIQUIDITY: nothing there"]


def test_a_symbol_that_is_not_listed_is_no_start() -> None:
    bot = Teller()
    bot.symbols = ("NONE",)
    session = BotSession(bot, HandLine(), "b-")
    with pytest.raises(ValueError, match="symbol 'NONE' is not listed; listed: ACME"):
        session.logged_in(LoggedIn("bot", 1, (ACME,)))


def test_a_stop_cancels_all_and_is_done_when_that_is_answered(broken: Broken) -> None:
    broken.bot.every(1.0)
    broken.session.stop()
    broken.session.stop()
    assert broken.session.next_timer_ns() is None
    cancel, ping = broken.line.take()
    assert (cancel, broken.session.is_done) == ({"type": "cancel_all"}, False)
    assert broken.bot.buy(1, 5).reason == "STOPPING"
    broken.session.hear(Pong(ping["id"]))
    assert broken.session.is_done


def test_a_stop_that_a_break_came_between_is_begun_again(broken: Broken) -> None:
    broken.session.stop()
    broken.session.disconnected("gone")
    assert [each["type"] for each in broken.log_in()] == ["cancel_all", "ping"]
