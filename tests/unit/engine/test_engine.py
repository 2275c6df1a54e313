"""The engine's answers one by one: what each refusal says, what uses an id, what is remembered."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from exchange.engine.account import DONE_ORDERS_REMEMBERED
from exchange.engine.commands import CancelAll, CancelOrder, Command, GetOrders, ListInstrument, ReplaceOrder
from exchange.engine.engine import Engine
from exchange.engine.events import (
    AllCanceled,
    InstrumentListed,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderRejected,
    OrderReplaced,
    OrdersListed,
)
from exchange.engine.instrument import Instrument
from exchange.engine.trade import Trade
from exchange.engine.words import OrderStatus, RejectCode, TimeInForce
from tests.support.desk import BOND, BUY, SELL, TICK_NANOS, Desk, order, replace


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- refusals --------------------------------------------------------------------------------------------------


class Refused(NamedTuple):
    """A wish, the code it is refused with, and what the text must name."""

    command: Command
    code: RejectCode
    names: tuple[str, ...]


# Refused in a market where alice bids 10 @ 1.00 as "live" (order 1), her "done" (2) is canceled and bob offers
# 10 @ 1.01 as "offer" (3).
REFUSALS = {
    "symbol not listed": Refused(order("x", symbol="NONE"), RejectCode.UNKNOWN_SYMBOL, ("NONE",)),
    "price off the tick": Refused(
        order("x", price_nanos=1_005_000_000), RejectCode.PRICE_NOT_ON_TICK, ("1.005", "0.01", "ACME")
    ),
    "price of nothing": Refused(order("x", price=0), RejectCode.PRICE_NOT_ON_TICK, ("price 0", "positive")),
    "price below nothing": Refused(order("x", price=-1), RejectCode.PRICE_NOT_ON_TICK, ("-0.01", "positive")),
    "quantity off the lot": Refused(
        order("x", quantity=12), RejectCode.QUANTITY_NOT_ON_LOT, ("12", "lot size 5", "ACME")
    ),
    "quantity too small": Refused(order("x", quantity=5), RejectCode.QUANTITY_OUT_OF_RANGE, ("5", "10", "1000")),
    "quantity too large": Refused(order("x", quantity=1_005), RejectCode.QUANTITY_OUT_OF_RANGE, ("1005", "1000")),
    "quantity of nothing": Refused(order("x", quantity=0), RejectCode.QUANTITY_OUT_OF_RANGE, ("quantity 0",)),
    "quantity below nothing": Refused(order("x", quantity=-10), RejectCode.QUANTITY_OUT_OF_RANGE, ("-10",)),
    "client order id of a live order": Refused(
        order("live"), RejectCode.DUPLICATE_CLIENT_ORDER_ID, ("live", "order 1", "NEW")
    ),
    "client order id of a done order": Refused(
        order("done"), RejectCode.DUPLICATE_CLIENT_ORDER_ID, ("done", "order 2", "CANCELED")
    ),
    "resent order that is also wrong otherwise": Refused(
        order("live", symbol="NONE", quantity=0), RejectCode.DUPLICATE_CLIENT_ORDER_ID, ("live",)
    ),
    "market order without a market": Refused(
        order("x", SELL, price=None, time_in_force=TimeInForce.IOC, user="dave", symbol="EMPTY"),
        RejectCode.NO_LIQUIDITY,
        ("MARKET", "SELL", "no buyer", "EMPTY"),
    ),
    "post-only that would take": Refused(
        order("x", BUY, price=101, post_only=True), RejectCode.WOULD_TAKE, ("post_only", "BUY", "ACME")
    ),
    "fill or kill beyond the book": Refused(
        order("x", BUY, 15, 101, TimeInForce.FOK), RejectCode.CANNOT_FILL, ("FOK", "15")
    ),
    "fill or kill beyond the price": Refused(
        order("x", BUY, 10, 100, TimeInForce.FOK), RejectCode.CANNOT_FILL, ("FOK", "10")
    ),
    "cancel of nothing": Refused(CancelOrder("alice", 77, None), RejectCode.UNKNOWN_ORDER, ("order_id 77",)),
    "cancel by a name never given": Refused(
        CancelOrder("alice", None, "ghost"), RejectCode.UNKNOWN_ORDER, ("client_order_id ghost",)
    ),
    "cancel of another user's order": Refused(
        CancelOrder("alice", 3, None), RejectCode.UNKNOWN_ORDER, ("order_id 3",)
    ),
    "cancel by another user's name": Refused(
        CancelOrder("alice", None, "offer"), RejectCode.UNKNOWN_ORDER, ("offer",)
    ),
    "cancel by a stranger": Refused(CancelOrder("nobody", 1, None), RejectCode.UNKNOWN_ORDER, ("order_id 1",)),
    "cancel too late": Refused(CancelOrder("alice", 2, None), RejectCode.TOO_LATE, ("order_id 2", "CANCELED")),
    "replace of nothing": Refused(
        ReplaceOrder("alice", 77, None, None, 20, None), RejectCode.UNKNOWN_ORDER, ("order_id 77",)
    ),
    "replace of another user's order": Refused(
        ReplaceOrder("alice", 3, None, None, 20, None), RejectCode.UNKNOWN_ORDER, ("order_id 3",)
    ),
    "replace too late": Refused(replace("done", quantity=20), RejectCode.TOO_LATE, ("done", "CANCELED")),
    "replaced price off the tick": Refused(
        replace("live", price_nanos=1, quantity=20), RejectCode.PRICE_NOT_ON_TICK, ("0.000000001", "0.01")
    ),
    "replaced quantity off the lot": Refused(
        replace("live", quantity=13, new_client_order_id="new"), RejectCode.QUANTITY_NOT_ON_LOT, ("13", "5")
    ),
    "replaced quantity too large": Refused(
        replace("live", quantity=2_000), RejectCode.QUANTITY_OUT_OF_RANGE, ("2000", "1000")
    ),
    "replaced quantity below nothing": Refused(
        replace("live", quantity=-5), RejectCode.QUANTITY_OUT_OF_RANGE, ("-5",)
    ),
    "replaced name that is taken": Refused(
        replace("live", new_client_order_id="done"), RejectCode.DUPLICATE_CLIENT_ORDER_ID, ("done", "order 2")
    ),
    "cancel all of what is not listed": Refused(CancelAll("alice", "NONE"), RejectCode.UNKNOWN_SYMBOL, ("NONE",)),
    "tick size changed": Refused(
        ListInstrument(Instrument("ACME", tick_size_nanos=5)), RejectCode.BAD_VALUE, ("0.000000005", "ACME")
    ),
}


@pytest.mark.parametrize("refused", REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal_names_the_value_and_the_rule_and_changes_nothing(refused: Refused) -> None:
    desk = Desk(Instrument("EMPTY"))
    desk.ask(order("live"))
    desk.ask(order("done"))
    desk.ask(CancelOrder("alice", None, "done"))
    desk.ask(order("offer", SELL, price=101, user="bob"))
    code, text = desk.refusal(refused.command)
    assert code is refused.code
    for name in refused.names:
        assert name in text


def test_a_symbol_may_be_left_out_only_where_one_is_listed(desk: Desk) -> None:
    (accepted,) = desk.ask(order("1", symbol=None))
    assert isinstance(accepted, OrderAccepted) and accepted.symbol == "ACME"
    desk.ask(ListInstrument(BOND))
    code, text = desk.refusal(order("2", symbol=None))
    assert code is RejectCode.MISSING_FIELD
    assert "ACME, BOND" in text


def test_an_empty_exchange_says_that_nothing_is_listed() -> None:
    (refused,) = Engine().process(order("1", symbol=None), 0)
    assert isinstance(refused, OrderRejected)
    assert (refused.code, refused.text) == (RejectCode.MISSING_FIELD, "symbol: no instrument is listed")


def test_another_users_order_and_one_that_never_was_get_the_same_answer(desk: Desk) -> None:
    """Else ids could be probed."""
    desk.ask(order("offer", SELL, user="bob"))
    _, of_bob = desk.refusal(CancelOrder("alice", 1, None))
    _, of_nobody = desk.refusal(CancelOrder("alice", 2, None))
    assert of_bob.replace("1", "2") == of_nobody


# --- identifiers -----------------------------------------------------------------------------------------------


def test_refused_orders_use_no_order_id_and_no_seq(desk: Desk) -> None:
    for refused in (order("1", quantity=3), order("1", price=0), order("1", symbol="NONE")):
        desk.refusal(refused)
    (first,) = desk.ask(order("1"))
    desk.refusal(order("1"))
    (second,) = desk.ask(order("2"))
    assert isinstance(first, OrderAccepted)
    assert isinstance(second, OrderAccepted)
    assert [(event.order_id, event.seq) for event in (first, second)] == [(1, 1), (2, 2)]


def test_a_user_whose_orders_were_all_refused_is_not_known(desk: Desk) -> None:
    desk.refusal(order("1", quantity=3, user="mallory"))
    assert desk.engine.users() == []


def test_seq_counts_per_user_over_all_symbols_and_over_what_others_cause() -> None:
    desk = Desk(BOND)
    events = [
        *desk.ask(order("1", BUY, 20)),
        *desk.ask(order("2", BUY, 1, 25, symbol="BOND")),
        *desk.ask(order("1", SELL, 10, user="bob")),
        *desk.ask(CancelAll("alice", None)),
    ]
    seqs = {user: [e.seq for e in events if getattr(e, "user", None) == user] for user in ("alice", "bob")}  # type: ignore[union-attr]
    assert seqs == {"alice": [1, 2, 3, 4, 5], "bob": [1, 2]}
    assert [desk.engine.last_seq(user) for user in ("alice", "bob", "nobody")] == [5, 2, 0]


def test_order_and_trade_ids_count_over_all_instruments() -> None:
    desk = Desk(BOND)
    trades: list[int] = []
    for number, (symbol, quantity) in enumerate([("ACME", 10), ("BOND", 1), ("ACME", 10)]):
        desk.ask(order(str(number), SELL, quantity, symbol=symbol, user="bob"))
        events = desk.ask(order(str(number), BUY, quantity, symbol=symbol))
        trades += [event.trade_id for event in events if isinstance(event, Trade)]
    assert trades == [1, 2, 3]
    assert desk.engine.last_order_id == 6


def test_the_same_client_order_id_may_be_used_by_two_users(desk: Desk) -> None:
    for user in ("alice", "bob"):
        (accepted,) = desk.ask(order("1", user=user))
        assert isinstance(accepted, OrderAccepted)


def test_a_client_order_id_is_free_again_after_a_thousand_orders_are_done(desk: Desk) -> None:
    desk.ask(order("first"))
    desk.ask(CancelOrder("alice", None, "first"))
    for number in range(DONE_ORDERS_REMEMBERED - 1):
        desk.ask(order(str(number)))
        desk.ask(CancelOrder("alice", None, str(number)))
    assert desk.refusal(order("first"))[0] is RejectCode.DUPLICATE_CLIENT_ORDER_ID
    assert desk.refusal(CancelOrder("alice", 1, None))[0] is RejectCode.TOO_LATE
    desk.ask(order("one more"))
    assert desk.refusal(order("first"))[0] is RejectCode.DUPLICATE_CLIENT_ORDER_ID
    desk.ask(CancelOrder("alice", None, "one more"))
    assert desk.refusal(CancelOrder("alice", 1, None))[0] is RejectCode.UNKNOWN_ORDER
    assert isinstance(desk.ask(order("first"))[0], OrderAccepted)
    assert desk.refusal(order("0"))[0] is RejectCode.DUPLICATE_CLIENT_ORDER_ID


def test_a_live_order_is_never_forgotten_however_many_are_done(desk: Desk) -> None:
    desk.ask(order("old"))
    for number in range(DONE_ORDERS_REMEMBERED + 100):
        desk.ask(order(str(number)))
        desk.ask(CancelOrder("alice", None, str(number)))
    assert desk.refusal(order("old"))[0] is RejectCode.DUPLICATE_CLIENT_ORDER_ID
    (canceled,) = desk.ask(CancelOrder("alice", None, "old"))
    assert isinstance(canceled, OrderCanceled)
    account = desk.engine.accounts["alice"]
    assert len(account.orders) == DONE_ORDERS_REMEMBERED
    account.check_invariants()


# --- renaming --------------------------------------------------------------------------------------------------


def test_a_renamed_order_answers_to_both_names_and_is_told_under_the_new_one(desk: Desk) -> None:
    desk.ask(order("old"))
    (replaced,) = desk.ask(replace("old", new_client_order_id="new"))
    assert isinstance(replaced, OrderReplaced)
    assert (replaced.client_order_id, replaced.priority_kept) == ("new", True)
    for name in ("old", "new"):
        assert desk.refusal(order(name))[0] is RejectCode.DUPLICATE_CLIENT_ORDER_ID
    (smaller,) = desk.ask(replace("old", quantity=10, price_nanos=99 * TICK_NANOS))
    assert isinstance(smaller, OrderReplaced)
    assert smaller.client_order_id == "new"
    (canceled,) = desk.ask(CancelOrder("alice", None, "old"))
    assert isinstance(canceled, OrderCanceled)
    assert canceled.client_order_id == "new"
    for name in ("old", "new"):
        assert desk.refusal(CancelOrder("alice", None, name))[0] is RejectCode.TOO_LATE


def test_a_name_that_was_given_up_can_not_be_taken_back_while_it_is_remembered(desk: Desk) -> None:
    desk.ask(order("a"))
    desk.ask(replace("a", new_client_order_id="b"))
    assert desk.refusal(replace("b", new_client_order_id="a"))[0] is RejectCode.DUPLICATE_CLIENT_ORDER_ID


def test_renaming_to_the_same_name_changes_nothing_but_is_told(desk: Desk) -> None:
    desk.ask(order("a"))
    (replaced,) = desk.ask(replace("a", new_client_order_id="a"))
    assert isinstance(replaced, OrderReplaced)
    assert (replaced.client_order_id, replaced.priority_kept) == ("a", True)


def test_an_order_renamed_over_a_thousand_times_forgets_its_oldest_name_alone(desk: Desk) -> None:
    desk.ask(order("0"))
    for number in range(1, DONE_ORDERS_REMEMBERED + 2):
        desk.ask(replace(str(number - 1), new_client_order_id=str(number)))
    assert desk.refusal(CancelOrder("alice", None, "0"))[0] is RejectCode.UNKNOWN_ORDER
    (canceled,) = desk.ask(CancelOrder("alice", None, "1"))
    assert isinstance(canceled, OrderCanceled)
    assert canceled.client_order_id == str(DONE_ORDERS_REMEMBERED + 1)


# --- cancel all ------------------------------------------------------------------------------------------------


def test_cancel_all_ends_the_users_orders_in_arrival_order_whatever_their_price() -> None:
    desk = Desk(BOND)
    desk.ask(order("deep", BUY, price=1))
    desk.ask(order("bond", BUY, 1, 25, symbol="BOND"))
    desk.ask(order("bob's", BUY, price=50, user="bob"))
    desk.ask(order("best", BUY, price=99))
    desk.ask(order("ask", SELL, price=200))
    desk.ask(replace("deep", price_nanos=98 * TICK_NANOS))
    desk.engine = Engine.restore(desk.engine.snapshot())
    *canceled, done = desk.ask(CancelAll("alice", "ACME"))
    names = [event.client_order_id for event in canceled if isinstance(event, OrderCanceled)]
    assert names == ["deep", "best", "ask"]
    assert done == AllCanceled(3)
    *canceled, done = desk.ask(CancelAll("alice", None))
    assert [event.client_order_id for event in canceled if isinstance(event, OrderCanceled)] == ["bond"]
    assert done == AllCanceled(1)
    assert desk.ask(CancelAll("alice", None)) == [AllCanceled(0)]
    (listed,) = desk.ask(GetOrders("bob"))
    assert isinstance(listed, OrdersListed)
    assert [state.client_order_id for state in listed.orders] == ["bob's"]


def test_cancel_all_of_nothing_changes_nothing(desk: Desk) -> None:
    before = desk.engine.state_hash()
    for command in (CancelAll("alice", None), CancelAll("stranger", "ACME")):
        assert desk.ask(command) == [AllCanceled(0)]
    assert desk.engine.state_hash() == before


# --- the rest --------------------------------------------------------------------------------------------------


def test_orders_are_listed_in_arrival_order_as_they_stand(desk: Desk) -> None:
    desk.ask(order("1", BUY, 30, 100))
    desk.ask(order("2", BUY, 10, 120, TimeInForce.DAY, post_only=True))
    desk.ask(order("3", SELL, 20, 100, user="bob"))
    (listed,) = desk.ask(GetOrders("alice"))
    assert isinstance(listed, OrdersListed)
    (state,) = listed.orders
    assert (state.client_order_id, state.terms.quantity, state.remaining_quantity) == ("1", 30, 20)
    assert (state.status, state.timestamp) == (OrderStatus.PARTIALLY_FILLED, 2)


def test_the_events_of_an_arriving_order_come_in_the_order_of_the_rules(desk: Desk) -> None:
    desk.ask(order("1", SELL, 10, 100, user="bob"))
    desk.ask(order("2", SELL, 10, 101, user="carol"))
    events = desk.ask(order("3", BUY, 30, 101, TimeInForce.IOC))
    told = [(type(event), getattr(event, "user", None)) for event in events]
    assert told == [
        (OrderAccepted, "alice"),
        (Trade, None),
        (OrderExecuted, "bob"),
        (OrderExecuted, "alice"),
        (Trade, None),
        (OrderExecuted, "carol"),
        (OrderExecuted, "alice"),
        (OrderCanceled, "alice"),
    ]


def test_limits_of_a_listed_instrument_may_change_and_hold_for_new_orders_only(desk: Desk) -> None:
    desk.ask(order("1", quantity=1_000))
    assert desk.ask(ListInstrument(Instrument("ACME", max_quantity=100))) == [InstrumentListed("ACME")]
    assert desk.refusal(order("2", quantity=101))[0] is RejectCode.QUANTITY_OUT_OF_RANGE
    (replaced,) = desk.ask(replace("1", price_nanos=TICK_NANOS))
    assert isinstance(replaced, OrderReplaced)
    assert replaced.quantity == 1_000
