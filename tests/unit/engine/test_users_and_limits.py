"""Who may trade, and how much: names, blocked users, limits."""

from __future__ import annotations

import threading
from typing import Optional

import pytest

from exchange.engine.account import UserState
from exchange.engine.commands import (
    BlockUser,
    ClaimUser,
    Command,
    HaltInstrument,
    ResetUser,
    ResumeInstrument,
    SetLimits,
    UnblockUser,
)
from exchange.engine.engine import Engine
from exchange.engine.events import (
    LimitsSet,
    OrderReplaced,
    RequestRejected,
    UserBlocked,
    UserClaimed,
    UserReset,
    UserUnblocked,
)
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.engine.words import CancelReason, RejectCode, Side, TimeInForce
from tests.support.books import Market, assert_changes_nothing, canceled, codes, refusals, table, trades

BOOK = """
    BUY           | SELL
    alice 10 @ 50 | bob   10 @ 52
    alice 20 @ 49 | alice 10 @ 53
    carol 30 @ 49 |
"""


# --- names -----------------------------------------------------------------------------------------------------


def test_the_first_who_claims_a_name_has_it_in_every_spelling() -> None:
    market = Market()
    assert market.process(ClaimUser("Alice", "first")) == [UserClaimed("Alice")]
    assert refusals(market.process(ClaimUser("Alice", "second"))) == [
        (RejectCode.BAD_TOKEN, "user Alice: the name is claimed already")
    ]
    assert refusals(market.process(ClaimUser("ALICE", "third"))) == [
        (RejectCode.BAD_VALUE, "user ALICE: differs only in letter case from Alice")
    ]
    assert market.engine.credential("Alice") == "first"
    assert {market.engine.known_name(name) for name in ("alice", "ALICE", "Alice")} == {"Alice"}
    assert market.engine.known_name("bob") is None
    assert [market.engine.is_claimed(name) for name in ("Alice", "ALICE", "bob")] == [True, False, False]


def test_a_name_that_only_traded_can_be_claimed_but_not_in_another_spelling() -> None:
    market = Market(BOOK)
    assert codes(market.process(ClaimUser("Alice", "x"))) == [RejectCode.BAD_VALUE]
    assert market.process(ClaimUser("alice", "x")) == [UserClaimed("alice")]


def test_a_reset_name_is_claimed_anew_with_all_that_belongs_to_it() -> None:
    market = Market(BOOK)
    market.process(ClaimUser("alice", "lost"))
    assert market.process(ResetUser("alice")) == [UserReset("alice", changed=True)]
    assert not market.engine.is_claimed("alice")
    assert_changes_nothing(market, ResetUser("alice"), UserReset("alice", changed=False))
    assert market.process(ClaimUser("alice", "new")) == [UserClaimed("alice")]
    assert market.engine.credential("alice") == "new"
    assert market.drawn() == table(BOOK)


def test_the_operator_sees_every_user_by_name() -> None:
    market = Market(BOOK)
    market.process(ClaimUser("bob", "x"))
    market.process(BlockUser("carol"))
    assert market.engine.user_states() == [
        UserState("alice", live_order_count=3, is_blocked=False, is_claimed=False),
        UserState("bob", live_order_count=1, is_blocked=False, is_claimed=True),
        UserState("carol", live_order_count=0, is_blocked=True, is_claimed=False),
    ]


@pytest.mark.parametrize("command", [BlockUser("nobody"), UnblockUser("nobody"), ResetUser("nobody")])
def test_a_user_nobody_knows_can_be_neither_blocked_nor_unblocked_nor_reset(command: Command) -> None:
    answer = RequestRejected(RejectCode.BAD_VALUE, "user nobody: nobody here has this name")
    assert_changes_nothing(Market(BOOK), command, answer)


def test_users_can_be_listed_by_another_thread_while_names_are_claimed() -> None:
    engine = Engine()
    claims = [ClaimUser(f"user{number:04}", "x") for number in range(2_000)]
    claiming = threading.Thread(target=lambda: [engine.process(claim, 0) for claim in claims], name="claiming")
    claiming.start()
    seen = [0]
    while claiming.is_alive():
        seen.append(len(engine.user_states()))
    claiming.join()
    assert seen == sorted(seen)
    assert [state.user for state in engine.user_states()] == [claim.user for claim in claims]


# --- blocked users ---------------------------------------------------------------------------------------------


def test_to_block_a_user_cancels_all_their_orders_in_arrival_order_and_nobody_elses() -> None:
    market = Market(BOOK)
    events = market.process(BlockUser("alice"))
    admin = CancelReason.ADMIN
    # Entered row by row: the bid at 50, the bid at 49 and then the ask at 53.
    assert canceled(events) == [("1", 10, admin), ("3", 20, admin), ("4", 10, admin)]
    assert events[-1] == UserBlocked("alice", 3, changed=True)
    assert len(events) == 4
    assert market.drawn() == table("""
        BUY           | SELL
        carol 30 @ 49 | bob 10 @ 52
    """)


def test_a_blocked_user_enters_nothing_until_they_are_unblocked() -> None:
    market = Market(BOOK)
    market.process(BlockUser("alice"))
    blocked = [(RejectCode.BLOCKED, "user alice is blocked by the operator")]
    assert refusals(market.enter("alice", Side.BUY, 1, 50)) == blocked
    assert refusals(market.replace("alice", "1", quantity=5)) == blocked
    assert codes(market.enter("alice", Side.BUY, 1, 50, name="1")) == [RejectCode.DUPLICATE_CLIENT_ORDER_ID]
    assert codes(market.enter("carol", Side.BUY, 1, 50)) == []
    assert market.process(UnblockUser("alice")) == [UserUnblocked("alice", changed=True)]
    assert trades(market.enter("alice", Side.SELL, 1, 50)) == [("carol", "alice", 1, 50)]


def test_to_block_or_unblock_twice_changes_nothing_the_second_time() -> None:
    market = Market(BOOK)
    market.process(BlockUser("alice"))
    assert_changes_nothing(market, BlockUser("alice"), UserBlocked("alice", 0, changed=False))
    market.process(UnblockUser("alice"))
    assert_changes_nothing(market, UnblockUser("alice"), UserUnblocked("alice", changed=False))


# --- limits ----------------------------------------------------------------------------------------------------


def limited(drawing: str = "", **limits: Optional[int]) -> Market:
    """A market whose users are held to `limits` after the drawn orders were entered."""
    market = Market(drawing)
    assert market.process(SetLimits(Limits(**limits))) == [LimitsSet()]  # type: ignore[arg-type]
    return market


def test_an_order_more_than_a_user_may_have_is_refused_and_names_the_limit() -> None:
    market = limited(BOOK, open_orders_max=3)
    assert refusals(market.enter("alice", Side.BUY, 1, 40)) == [
        (RejectCode.OPEN_ORDER_LIMIT, "live orders 3: each user may have at most 3")
    ]
    assert codes(market.enter("bob", Side.BUY, 1, 40)) == []


def test_each_way_an_order_ends_makes_room_for_another() -> None:
    market = limited(open_orders_max=1)
    market.enter("alice", Side.BUY, 10, 50, name="filled")
    assert codes(market.enter("alice", Side.BUY, 1, 40)) == [RejectCode.OPEN_ORDER_LIMIT]
    market.enter("bob", Side.SELL, 4, 50)
    assert codes(market.enter("alice", Side.BUY, 1, 40)) == [RejectCode.OPEN_ORDER_LIMIT]
    market.enter("bob", Side.SELL, 6, 50)
    assert codes(market.enter("alice", Side.BUY, 1, 40, name="canceled")) == []
    market.cancel("alice", "canceled")
    assert codes(market.enter("alice", Side.BUY, 1, 40, TimeInForce.IOC)) == []
    assert codes(market.enter("alice", Side.BUY, 5, 40, name="cut")) == []
    market.replace("alice", "cut", quantity=0)
    assert codes(market.enter("alice", Side.BUY, 5, 40)) == []


def test_a_replaced_order_is_still_one_order() -> None:
    market = limited(open_orders_max=2)
    market.enter("alice", Side.BUY, 10, 50, name="moved")
    market.replace("alice", "moved", price=51, quantity=20)
    assert codes(market.enter("alice", Side.BUY, 1, 40)) == []
    assert codes(market.enter("alice", Side.BUY, 1, 40)) == [RejectCode.OPEN_ORDER_LIMIT]


def test_a_quantity_above_the_users_limit_is_refused_also_as_a_replace() -> None:
    market = limited(quantity_max=10)
    too_much = [(RejectCode.QUANTITY_OUT_OF_RANGE, "quantity 11: each user's orders may have at most 10")]
    assert refusals(market.enter("alice", Side.BUY, 11, 50)) == too_much
    assert refusals(market.enter("alice", Side.BUY, 10, 50, name="full")) == []
    assert refusals(market.replace("alice", "full", quantity=11)) == too_much


def test_what_is_live_already_may_move_and_shrink_above_a_lower_limit() -> None:
    market = limited(BOOK, quantity_max=5, position_max=5)
    (moved,) = market.replace("carol", "5", price=48)
    (smaller,) = market.replace("carol", "5", quantity=29)
    assert isinstance(moved, OrderReplaced)
    assert isinstance(smaller, OrderReplaced)
    assert codes(market.replace("carol", "5", quantity=30)) == [RejectCode.QUANTITY_OUT_OF_RANGE]


HELD_10_LONG_BY_ALICE = """
    BUY           | SELL
    alice 10 @ 50 |
"""


@pytest.mark.parametrize(
    ("side", "quantity", "worst"),
    [(Side.BUY, 8, 20), (Side.BUY, 9, 21), (Side.SELL, 27, 20), (Side.SELL, 28, 21)],
)
def test_a_position_is_limited_by_the_worst_that_the_live_orders_may_lead_to(
    side: Side, quantity: int, worst: int
) -> None:
    """Alice is 10 long, may buy 2 more by live orders and sell 3: 8 more lead to 20 long, 27 to 20 short."""
    market = Market(HELD_10_LONG_BY_ALICE)
    market.enter("bob", Side.SELL, 10, 50)
    market.enter("alice", Side.BUY, 2, 40)
    market.enter("alice", Side.SELL, 3, 60)
    market.process(SetLimits(Limits(position_max=20)))
    direction = "long" if side is Side.BUY else "short"
    text = f"position in ACME: could become {worst} {direction}; each user may have at most 20 either way"
    price = 40 if side is Side.BUY else 60
    expected = [] if worst <= 20 else [(RejectCode.POSITION_LIMIT, text)]
    assert refusals(market.enter("alice", side, quantity, price)) == expected


def test_a_replace_counts_only_what_it_adds_to_the_worst_case() -> None:
    market = limited(position_max=20)
    market.enter("alice", Side.BUY, 15, 50, name="grown")
    market.enter("bob", Side.SELL, 5, 50)
    assert codes(market.replace("alice", "grown", quantity=21)) == [RejectCode.POSITION_LIMIT]
    assert codes(market.replace("alice", "grown", quantity=20)) == []


def test_a_position_beyond_a_lowered_limit_may_be_reduced_but_not_extended() -> None:
    market = Market(HELD_10_LONG_BY_ALICE)
    market.enter("bob", Side.SELL, 10, 50)
    market.process(SetLimits(Limits(position_max=4)))
    assert codes(market.enter("alice", Side.BUY, 1, 40)) == [RejectCode.POSITION_LIMIT]
    assert codes(market.enter("alice", Side.SELL, 14, 60)) == []
    assert codes(market.enter("alice", Side.SELL, 1, 60)) == [RejectCode.POSITION_LIMIT]


def test_to_set_the_limits_that_hold_changes_nothing() -> None:
    assert_changes_nothing(Market(), SetLimits(Limits()), LimitsSet())
    market = limited(open_orders_max=7)
    assert_changes_nothing(market, SetLimits(Limits(open_orders_max=7)), LimitsSet())


def test_the_first_reason_in_the_documented_sequence_is_the_one_told() -> None:
    """An order that is wrong in every way is put right one by one."""
    market = Market(BOOK, Instrument("ACME", max_quantity=100))
    for command in (BlockUser("alice"), HaltInstrument("ACME"), SetLimits(Limits(1, 50, 40))):
        market.process(command)
    told = [codes(market.enter("alice", Side.BUY, 200, 0, name="1"))]

    def then(command: Optional[Command], quantity: int, price: int) -> None:
        if command is not None:
            market.process(command)
        told.append(codes(market.enter("alice", Side.BUY, quantity, price, name="fresh", post_only=True)))

    then(None, 200, 0)
    then(UnblockUser("alice"), 200, 0)
    then(ResumeInstrument("ACME"), 200, 0)
    then(None, 200, 52)
    market.enter("alice", Side.BUY, 5, 40)
    then(None, 100, 52)
    then(SetLimits(Limits(2, 50, 40)), 100, 52)
    then(None, 50, 52)
    then(None, 35, 52)
    then(None, 35, 51)
    assert [code for (code,) in told[:-1]] == [
        RejectCode.DUPLICATE_CLIENT_ORDER_ID,
        RejectCode.BLOCKED,
        RejectCode.HALTED,
        RejectCode.PRICE_NOT_ON_TICK,
        RejectCode.QUANTITY_OUT_OF_RANGE,
        RejectCode.OPEN_ORDER_LIMIT,
        RejectCode.QUANTITY_OUT_OF_RANGE,
        RejectCode.POSITION_LIMIT,
        RejectCode.WOULD_TAKE,
    ]
    assert told[-1] == []
