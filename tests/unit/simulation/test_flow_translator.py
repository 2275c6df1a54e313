"""Rows of recorded order flow as requests: what is asked for, and that the book is then as history had it.

`Replayed` plays the requests on an engine of its own, without any wire; `History` is the recorded book once more,
told as plainly as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.events import CancelRejected, OrderExecuted, OrderRejected, ReplaceRejected
from exchange.engine.order import SelfTradePrevention, Side, TimeInForce
from exchange.simulation.intents import Cancel, Intent, Place, Replace
from exchange.simulation.replay.flow_translator import FlowTranslator, ReplayRequest, SkipReason
from exchange.simulation.replay.lobster_file import Row, RowType
from exchange.simulation.traded_instrument import TradedInstrument
from tests.support.books import Market

INSTRUMENT = TradedInstrument("AAPL", Decimal("0.01"), lot_size=1, min_quantity=1, max_quantity=1_000_000)
NONE = SelfTradePrevention.NONE
PRICE = 5_853_300
# One tick of INSTRUMENT in the unit of a row's price.
TICK = 100


def row(kind: RowType, order_id: int, quantity: int = 100, price: int = PRICE, side: Side = Side.BUY) -> Row:
    return Row(kind, order_id, quantity, price, side)


def intents(translator: FlowTranslator, played: Row) -> list[Intent]:
    requests = translator.requests(played)
    assert not isinstance(requests, SkipReason)
    return [request.intent for request in requests]


# --- one row ---------------------------------------------------------------------------------------------------


def test_an_order_of_the_file_is_entered_reduced_executed_and_canceled() -> None:
    translator = FlowTranslator(INSTRUMENT, "run-")
    entry = Place(Side.BUY, 100, 58_533, TimeInForce.GTC, "run-7", NONE)
    assert translator.requests(row(RowType.NEW, 7)) == [ReplayRequest(entry)]
    assert intents(translator, row(RowType.REDUCTION, 7, 30)) == [Replace("run-7", 70)]
    taker = Place(Side.SELL, 20, 58_533, TimeInForce.IOC, "run-x1", NONE)
    assert translator.requests(row(RowType.EXECUTION, 7, 20)) == [ReplayRequest(taker, maker_id="run-7")]
    # The new total counts from what was entered, whatever has been executed.
    assert intents(translator, row(RowType.REDUCTION, 7, 10)) == [Replace("run-7", 60)]
    assert intents(translator, row(RowType.CANCELLATION, 7, 40)) == [Cancel("run-7")]


def test_a_reduction_by_all_that_is_left_is_a_cancel() -> None:
    translator = FlowTranslator(INSTRUMENT, "")
    translator.requests(row(RowType.NEW, 7, 100))
    assert intents(translator, row(RowType.REDUCTION, 7, 100)) == [Cancel("7")]


def test_two_executions_of_one_order_have_ids_of_their_own() -> None:
    translator = FlowTranslator(INSTRUMENT, "run-")
    translator.requests(row(RowType.NEW, 7))
    takers = [intent for _ in range(2) for intent in intents(translator, row(RowType.EXECUTION, 7, 10))]
    assert [taker.client_order_id for taker in takers] == ["run-x1", "run-x2"]


@pytest.mark.parametrize("kind", [RowType.REDUCTION, RowType.CANCELLATION, RowType.EXECUTION])
def test_a_row_about_an_order_that_is_unknown_or_over_is_not_played(kind: RowType) -> None:
    translator = FlowTranslator(INSTRUMENT, "")
    assert translator.requests(row(kind, 7)) is SkipReason.UNKNOWN_ORDER
    translator.requests(row(RowType.NEW, 7, 100))
    translator.requests(row(RowType.EXECUTION, 7, 100))
    assert translator.requests(row(kind, 7)) is SkipReason.UNKNOWN_ORDER


def test_a_new_order_with_the_id_of_a_resting_one_is_not_played() -> None:
    translator = FlowTranslator(INSTRUMENT, "")
    translator.requests(row(RowType.NEW, 7))
    assert translator.requests(row(RowType.NEW, 7)) is SkipReason.ID_IN_USE


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (RowType.HIDDEN_EXECUTION, SkipReason.HIDDEN),
        (RowType.CROSS_TRADE, SkipReason.OTHER),
        (RowType.HALT, SkipReason.OTHER),
    ],
)
def test_what_no_order_can_bring_about_is_not_played(kind: RowType, reason: SkipReason) -> None:
    assert FlowTranslator(INSTRUMENT, "").requests(row(kind, 0, price=PRICE + TICK // 2)) is reason


def test_an_order_between_ticks_is_not_played_and_not_known_later() -> None:
    translator = FlowTranslator(INSTRUMENT, "")
    between = row(RowType.NEW, 7, price=PRICE + TICK // 2)
    assert translator.is_between_ticks(between) and not translator.is_between_ticks(row(RowType.NEW, 8))
    assert translator.requests(between) is SkipReason.BETWEEN_TICKS
    assert translator.requests(between._replace(type=RowType.CANCELLATION)) is SkipReason.UNKNOWN_ORDER


def test_prices_are_counted_in_the_ticks_of_the_instrument() -> None:
    coarse = INSTRUMENT._replace(tick_size=Decimal("0.25"))
    [intent] = intents(FlowTranslator(coarse, ""), row(RowType.NEW, 7, price=1_002_500))
    assert isinstance(intent, Place) and intent.price == 401
    between = row(RowType.NEW, 7, price=1_001_000)
    assert FlowTranslator(coarse, "").requests(between) is SkipReason.BETWEEN_TICKS


# --- whole flows -----------------------------------------------------------------------------------------------


class Resting(NamedTuple):
    """An order in a book; `price` in ticks."""

    order_id: int
    price: int
    remaining_quantity: int


class Replayed:
    """Rows, translated and played on an engine.  No request may be refused."""

    def __init__(self) -> None:
        self.translator = FlowTranslator(INSTRUMENT, "")
        self._market = Market()

    def play(self, played: Row) -> list[tuple[int, int]]:
        """(recorded order id, quantity) of each order met, in turn."""
        requests = self.translator.requests(played)
        assert not isinstance(requests, SkipReason)
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
    """`12.3` is order 12, entered for the third time."""
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
    translator = FlowTranslator(INSTRUMENT, "run-")
    for order_id in (1, 2, 3):
        translator.requests(row(RowType.NEW, order_id, 10))
    translator.requests(row(RowType.EXECUTION, 2, 4))
    translator.requests(row(RowType.EXECUTION, 3, 4))
    # The total counts from what was entered last: 6.
    assert intents(translator, row(RowType.REDUCTION, 2, 1)) == [Replace("run-2.3", 5)]
    assert intents(translator, row(RowType.CANCELLATION, 3, 6)) == [Cancel("run-3.3")]


def test_a_better_price_that_history_passed_over_is_put_back_too() -> None:
    replayed = Replayed()
    replayed.play(row(RowType.NEW, 1, 10, PRICE + TICK))
    replayed.play(row(RowType.NEW, 2, 10))
    replayed.play(row(RowType.NEW, 3, 10, PRICE - TICK))
    assert replayed.play(row(RowType.EXECUTION, 2, 10)) == [(1, 10)]
    assert replayed.book(Side.BUY) == [Resting(1, 58_534, 10), Resting(3, 58_532, 10)]
    assert replayed.translator.put_back_level_count == 2


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
    """Bids at 1 to 3 ticks, asks at 4 to 6; any order may be executed, sometimes for more than it has."""
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
            order = draw(st.sampled_from(resting))
            rows.append(Row(kind, order.order_id, quantity, order.price * TICK, side))
        history.take(rows[-1])
    return rows


@given(flow=flows())
def test_whatever_order_history_executes_the_book_is_as_in_history_after_every_row(flow: Sequence[Row]) -> None:
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
