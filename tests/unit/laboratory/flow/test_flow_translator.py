"""Rows of recorded order flow as requests: what is asked for, and that the book is then as history had it.

`Replayed` plays the requests on an engine of its own, without any wire; `History` is the recorded book once more,
told as plainly as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.events import CancelRejected, OrderExecuted, OrderRejected, ReplaceRejected
from exchange.engine.words import SelfTradePrevention, Side, TimeInForce
from exchange.laboratory.flow.flow_translator import (
    FlowTranslator,
    ReplayRequest,
    SkipReason,
    Translation,
)
from exchange.laboratory.flow.lobster_file import Row, RowType
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place, Replace
from exchange.simulation.traded_instrument import TradedInstrument
from tests.support.books import Market
from tests.support.level_limited import LevelLimitedFeed

INSTRUMENT = TradedInstrument("AAPL", Decimal("0.01"))
NONE = SelfTradePrevention.NONE
PRICE = 5_853_300
# One tick of INSTRUMENT in the unit of a row's price.
TICK = 100


def row(kind: RowType, order_id: int, quantity: int = 100, price: int = PRICE, side: Side = Side.BUY) -> Row:
    return Row(kind, order_id, quantity, price, side)


def intents(translator: FlowTranslator, played: Row) -> list[Intent]:
    requests, skip_reason = translator.translate(played)
    assert skip_reason is None
    return [request.intent for request in requests]


def skipped(translator: FlowTranslator, played: Row) -> Optional[SkipReason]:
    """Why the row is not played; it must not ask for anything."""
    requests, skip_reason = translator.translate(played)
    assert not requests
    return skip_reason


# --- one row ---------------------------------------------------------------------------------------------------


def test_an_order_of_the_file_is_entered_reduced_executed_and_canceled() -> None:
    translator = FlowTranslator(INSTRUMENT.tick_size, "run-")
    entry = Place(Side.BUY, 100, 58_533, TimeInForce.GTC, "run-7.1", NONE)
    assert translator.translate(row(RowType.NEW, 7)) == Translation([ReplayRequest(entry)])
    assert intents(translator, row(RowType.REDUCTION, 7, 30)) == [Replace("run-7.1", 70)]
    taker = Place(Side.SELL, 20, 58_533, TimeInForce.IOC, "run-x1", NONE)
    execution = translator.translate(row(RowType.EXECUTION, 7, 20))
    assert execution == Translation([ReplayRequest(taker, maker_id="run-7.1")])
    # The new total counts from what was entered, whatever has been executed.
    assert intents(translator, row(RowType.REDUCTION, 7, 10)) == [Replace("run-7.1", 60)]
    assert intents(translator, row(RowType.CANCELLATION, 7, 40)) == [Cancel("run-7.1")]


def test_a_reduction_by_all_that_is_left_is_a_cancel() -> None:
    translator = FlowTranslator(INSTRUMENT.tick_size, "")
    translator.translate(row(RowType.NEW, 7, 100))
    assert intents(translator, row(RowType.REDUCTION, 7, 100)) == [Cancel("7.1")]


def test_two_executions_of_one_order_have_ids_of_their_own() -> None:
    translator = FlowTranslator(INSTRUMENT.tick_size, "run-")
    translator.translate(row(RowType.NEW, 7))
    takers = [intent for _ in range(2) for intent in intents(translator, row(RowType.EXECUTION, 7, 10))]
    assert [taker.client_order_id for taker in takers] == ["run-x1", "run-x2"]


@pytest.mark.parametrize("kind", [RowType.REDUCTION, RowType.CANCELLATION, RowType.EXECUTION])
def test_a_row_about_an_order_that_is_unknown_or_over_is_not_played(kind: RowType) -> None:
    translator = FlowTranslator(INSTRUMENT.tick_size, "")
    assert skipped(translator, row(kind, 7)) is SkipReason.UNKNOWN_ORDER
    translator.translate(row(RowType.NEW, 7, 100))
    translator.translate(row(RowType.EXECUTION, 7, 100))
    assert skipped(translator, row(kind, 7)) is SkipReason.UNKNOWN_ORDER


def test_a_new_order_with_the_id_of_a_resting_one_is_not_played() -> None:
    translator = FlowTranslator(INSTRUMENT.tick_size, "")
    translator.translate(row(RowType.NEW, 7))
    assert skipped(translator, row(RowType.NEW, 7)) is SkipReason.ID_IN_USE


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (RowType.HIDDEN_EXECUTION, SkipReason.HIDDEN),
        (RowType.CROSS_TRADE, SkipReason.OTHER),
        (RowType.HALT, SkipReason.OTHER),
    ],
)
def test_what_no_order_can_bring_about_is_not_played(kind: RowType, reason: SkipReason) -> None:
    assert skipped(FlowTranslator(INSTRUMENT.tick_size, ""), row(kind, 0, price=PRICE + TICK // 2)) is reason


def test_an_order_between_ticks_is_not_played_and_not_known_later() -> None:
    translator = FlowTranslator(INSTRUMENT.tick_size, "")
    between = row(RowType.NEW, 7, price=PRICE + TICK // 2)
    assert translator.is_between_ticks(between) and not translator.is_between_ticks(row(RowType.NEW, 8))
    assert skipped(translator, between) is SkipReason.BETWEEN_TICKS
    assert skipped(translator, between._replace(type=RowType.CANCELLATION)) is SkipReason.UNKNOWN_ORDER


def test_prices_are_counted_in_the_ticks_of_the_instrument() -> None:
    coarse = INSTRUMENT._replace(tick_size=Decimal("0.25"))
    [intent] = intents(FlowTranslator(coarse.tick_size, ""), row(RowType.NEW, 7, price=1_002_500))
    assert isinstance(intent, Place) and intent.price == 401
    between = row(RowType.NEW, 7, price=1_001_000)
    assert skipped(FlowTranslator(coarse.tick_size, ""), between) is SkipReason.BETWEEN_TICKS


# --- whole flows -----------------------------------------------------------------------------------------------


class Resting(NamedTuple):
    """An order in a book; `price` in ticks."""

    order_id: int
    price: int
    remaining_quantity: int


class Replayed:
    """Rows, translated and played on an engine.  No request may be refused."""

    def __init__(self) -> None:
        self.translator = FlowTranslator(INSTRUMENT.tick_size, "")
        self._market = Market()

    def play(self, played: Row) -> list[tuple[int, int]]:
        """(recorded order id, quantity) of each order met, in turn."""
        requests, _ = self.translator.translate(played)
        return [met for request in requests for met in self._ask(request.intent)]

    def book(self, side: Side) -> list[Resting]:
        """The orders of one side in the sequence in which they would trade."""
        book = self._market.engine.book("ACME")
        orders = (book.bids if side is Side.BUY else book.asks).orders()
        return [Resting(_order_id(o.client_order_id), o.price or 0, o.remaining_quantity) for o in orders]

    def _ask(self, intent: Intent) -> list[tuple[int, int]]:
        if isinstance(intent, Place):
            side, quantity, price, time_in_force, name, prevention = intent
            events = self._market.enter(
                "replay", side, quantity, price, time_in_force, name=name, prevention=prevention
            )
        elif isinstance(intent, Cancel):
            events = self._market.cancel("replay", intent.client_order_id)
        else:
            events = self._market.replace("replay", intent.client_order_id, quantity=intent.quantity)
        assert not [e for e in events if isinstance(e, (OrderRejected, CancelRejected, ReplaceRejected))]
        fills = [event for event in events if isinstance(event, OrderExecuted)]
        return [(_order_id(e.client_order_id), e.quantity) for e in fills if not e.client_order_id.startswith("x")]


def _order_id(client_order_id: str) -> int:
    """`12.3` is order 12, entered as the third of all."""
    return int(client_order_id.partition(".")[0])


def test_where_history_passes_over_the_first_order_the_next_executions_hit_the_right_orders_again() -> None:
    replayed = Replayed()
    for order_id in (1, 2, 3):
        replayed.play(row(RowType.NEW, order_id, 10))
    assert replayed.play(row(RowType.EXECUTION, 2, 4)) == [(1, 4)]
    assert replayed.book(Side.BUY) == [Resting(1, 58_533, 10), Resting(2, 58_533, 6), Resting(3, 58_533, 10)]
    assert replayed.play(row(RowType.EXECUTION, 1, 10)) == [(1, 10)]
    assert replayed.play(row(RowType.EXECUTION, 2, 6)) == [(2, 6)]
    # One cancel and one new order for each of the three.
    assert (replayed.translator.put_back_level_count, replayed.translator.put_back_request_count) == (1, 6)


def test_an_order_that_was_used_up_instead_of_another_is_entered_anew() -> None:
    replayed = Replayed()
    for order_id, quantity in ((1, 10), (2, 15), (3, 20)):
        replayed.play(row(RowType.NEW, order_id, quantity))
    assert replayed.play(row(RowType.EXECUTION, 3, 20)) == [(1, 10), (2, 10)]
    assert replayed.book(Side.BUY) == [Resting(1, 58_533, 10), Resting(2, 58_533, 15)]


def test_an_order_that_was_entered_anew_is_reduced_and_canceled_under_its_new_name() -> None:
    translator = FlowTranslator(INSTRUMENT.tick_size, "run-")
    for order_id in (1, 2, 3):
        translator.translate(row(RowType.NEW, order_id, 10))
    translator.translate(row(RowType.EXECUTION, 2, 4))
    translator.translate(row(RowType.EXECUTION, 3, 4))
    # The total counts from what was entered last: 6.
    assert intents(translator, row(RowType.REDUCTION, 2, 1)) == [Replace("run-2.8", 5)]
    assert intents(translator, row(RowType.CANCELLATION, 3, 6)) == [Cancel("run-3.9")]


# --- what has gone unseen --------------------------------------------------------------------------------------


def test_an_execution_proves_that_better_prices_have_gone_and_they_are_not_put_back() -> None:
    replayed = Replayed()
    replayed.play(row(RowType.NEW, 1, 20))
    replayed.play(row(RowType.NEW, 2, 10, PRICE + TICK))
    assert replayed.play(row(RowType.EXECUTION, 1, 10)) == [(1, 10)]
    assert replayed.play(row(RowType.EXECUTION, 1, 10)) == [(1, 10)]
    assert replayed.book(Side.BUY) == []
    assert (replayed.translator.gone_order_count, replayed.translator.put_back_level_count) == (1, 0)


@pytest.mark.parametrize("kind", [RowType.EXECUTION, RowType.HIDDEN_EXECUTION])
def test_an_execution_that_is_not_played_proves_it_as_well(kind: RowType) -> None:
    translator = FlowTranslator(INSTRUMENT.tick_size, "")
    translator.translate(row(RowType.NEW, 1, 10, PRICE + TICK))
    requests, skip_reason = translator.translate(row(kind, 99, 10, PRICE + TICK // 2))
    assert skip_reason is not None and [request.intent for request in requests] == [Cancel("1.1")]


@pytest.mark.parametrize(("ask", "gone"), [(PRICE + TICK, []), (PRICE, [1]), (PRICE - 2 * TICK, [1, 2])])
def test_a_new_order_proves_that_what_it_would_have_met_has_gone(ask: int, gone: list[int]) -> None:
    replayed = Replayed()
    replayed.play(row(RowType.NEW, 1, 10))
    replayed.play(row(RowType.NEW, 2, 10, PRICE - TICK))
    assert replayed.play(row(RowType.NEW, 3, 5, ask, Side.SELL)) == []
    assert [order.order_id for order in replayed.book(Side.BUY)] == [each for each in (1, 2) if each not in gone]
    assert [order.order_id for order in replayed.book(Side.SELL)] == [3]


def test_an_order_that_has_gone_is_not_known_any_more() -> None:
    translator = FlowTranslator(INSTRUMENT.tick_size, "")
    translator.translate(row(RowType.NEW, 1, 10, PRICE + TICK))
    translator.translate(row(RowType.NEW, 2, 10))
    translator.translate(row(RowType.EXECUTION, 2, 5))
    assert skipped(translator, row(RowType.CANCELLATION, 1, 10)) is SkipReason.UNKNOWN_ORDER


def test_an_id_that_is_used_again_after_its_order_is_over_is_a_new_order() -> None:
    replayed = Replayed()
    for quantity in (10, 20):
        replayed.play(row(RowType.NEW, 7, quantity))
        assert replayed.book(Side.BUY) == [Resting(7, 58_533, quantity)]
        assert replayed.play(row(RowType.EXECUTION, 7, quantity)) == [(7, quantity)]


class History:
    """The recorded book: a list of orders per side, in the sequence in which they came."""

    def __init__(self) -> None:
        self._sides: dict[Side, list[Resting]] = {side: [] for side in Side}

    def book(self, side: Side) -> list[Resting]:
        """The orders of one side by price, then time."""
        sign = -1 if side is Side.BUY else 1
        return sorted(self._sides[side], key=lambda order: sign * order.price)

    def take(self, played: Row) -> None:
        """What the row says has happened."""
        orders = self._sides[played.side]
        if played.type is RowType.NEW:
            orders.append(Resting(played.order_id, played.price // TICK, played.quantity))
            return
        [index] = [index for index, order in enumerate(orders) if order.order_id == played.order_id]
        left = 0 if played.type is RowType.CANCELLATION else orders[index].remaining_quantity - played.quantity
        orders[index : index + 1] = [orders[index]._replace(remaining_quantity=left)] if left > 0 else []


@st.composite
def flows(draw: st.DrawFn) -> Sequence[Row]:
    """Bids at 1 to 3 ticks, asks at 4 to 6; any order at the best price is executed, maybe for too much."""
    history, rows = History(), []
    for number in range(draw(st.integers(1, 25))):
        side = draw(st.sampled_from(Side))
        kind = draw(st.sampled_from([RowType.NEW, RowType.REDUCTION, RowType.CANCELLATION, RowType.EXECUTION]))
        resting = history.book(side)
        quantity = draw(st.integers(1, 10))
        if kind is RowType.NEW or not resting:
            ticks = draw(st.integers(1, 3)) + (3 if side is Side.SELL else 0)
            rows.append(Row(RowType.NEW, number, quantity, ticks * TICK, side))
        else:
            at_best = [order for order in resting if order.price == resting[0].price]
            order = draw(st.sampled_from(at_best if kind is RowType.EXECUTION else resting))
            rows.append(Row(kind, order.order_id, quantity, order.price * TICK, side))
        history.take(rows[-1])
    return rows


@given(flow=flows())
def test_whichever_order_of_the_best_price_history_executes_the_book_is_as_in_history_after_every_row(
    flow: Sequence[Row],
) -> None:
    history, replayed = History(), Replayed()
    for played in flow:
        before = history.book(played.side)
        met = replayed.play(played)
        history.take(played)
        for side in Side:
            assert replayed.book(side) == history.book(side)
        is_next = bool(before) and before[0].order_id == played.order_id
        if played.type is RowType.EXECUTION and is_next and played.quantity <= before[0].remaining_quantity:
            assert met == [(played.order_id, played.quantity)]
    assert replayed.translator.gone_order_count == 0


@given(flow=flows(), level_count=st.integers(1, 2))
def test_of_a_level_limited_feed_only_what_has_really_gone_is_dropped(
    flow: Sequence[Row], level_count: int
) -> None:
    history, replayed, feed = History(), Replayed(), LevelLimitedFeed(level_count)
    seen: set[int] = set()
    for played in flow:
        history.take(played)
        if not feed.shows(played):
            continue
        if played.type is RowType.NEW:
            seen.add(played.order_id)
        met = replayed.play(played)
        # A new order has rested in history, so it must rest here.
        assert not met or played.type is RowType.EXECUTION
        for side in Side:
            kept = {order.order_id for order in replayed.book(side)}
            assert {order.order_id for order in history.book(side)} & seen <= kept
