"""The life of an order in sentences: why it traded or not, where it stood, how it ended, why it was refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from exchange.engine.commands import (
    CancelAll,
    CancelOrder,
    Command,
    ListInstrument,
    NewOrder,
    ReplaceOrder,
    SetPhase,
)
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, SelfTradePrevention, Side, TimeInForce
from exchange.laboratory.explain import explained, explained_json
from exchange.laboratory.history import History
from exchange.laboratory.telling.order_life import order_life
from exchange.laboratory.telling.order_search import find_order_id, refusal_lines, refused_orders
from exchange.laboratory.what_if import UnknownOrderError
from tests.property.strategies import Stamped
from tests.support.kept_market import KeptMarket
from tests.support.recorded_days import MS_NS, every_rule_day, kept_day

BUY, SELL = Side.BUY, Side.SELL
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK
TICK = 10_000_000


def limit(
    user: str,
    name: str,
    side: Side,
    quantity: int,
    ticks: int,
    time_in_force: TimeInForce = GTC,
    prevention: SelfTradePrevention = SelfTradePrevention.NONE,
    post_only: bool = False,
) -> NewOrder:
    terms = Terms(side, OrderType.LIMIT, time_in_force, ticks * TICK, quantity, post_only, prevention)
    return NewOrder(user, name, "ACME", terms)


def day_of(*commands: Command) -> list[Stamped]:
    listed = [ListInstrument(Instrument("ACME")), *commands]
    return [(command, number * MS_NS) for number, command in enumerate(listed, start=1)]


def life_text(commands: Sequence[Command], order_id: int) -> str:
    with History.of(day_of(*commands)) as history:
        return "\n".join(explained(order_life(history, order_id)))


QUEUE = (
    limit("bob", "b1", BUY, 30, 100),
    limit("cat", "c1", BUY, 20, 100),
    limit("dan", "d1", BUY, 5, 101),
    limit("ann", "a1", BUY, 10, 100),
    limit("eve", "e1", SELL, 5, 101),
    limit("eve", "e2", SELL, 25, 100),
    CancelOrder("cat", 2, None),
    limit("eve", "e3", SELL, 8, 100),
)


def test_who_stood_ahead_and_what_became_of_them_is_told() -> None:
    text = life_text(QUEUE, 4)
    assert text.startswith("order 4 (a1) of ann: BUY 10 at 1.00, LIMIT GTC, ACME")
    assert "it came to rest at 1.00 behind 50 in 2 orders (order 1 of bob: 30, order 2 of cat: 20)" in text
    assert ", and 5 at better prices" in text
    assert "of what stood ahead of it 25 traded and 20 was canceled; 5 was still ahead at the end" in text
    assert "its price was reached: 25 traded at 1.00; the queue ahead took them" in text


def test_a_fill_tells_with_whom_and_what_is_left() -> None:
    text = life_text(QUEUE, 4)
    assert "3 traded at 1.00 with order 7 of eve, which arrived; this one stood first in the queue" in text
    assert "In all: 3 traded in 1 fill, at 1.00 on average; it is live at the end of what was recorded." in text


def test_the_book_before_it_is_a_table_with_the_order_marked() -> None:
    lines = life_text(QUEUE, 4).splitlines()
    assert [line.split() for line in lines if "*" in line] == [["15", "(2)", "@", "1.00", "*", "|"]]
    assert "    " + f"{'5 (1) @ 1.01':>30} |" in lines


def test_an_order_whose_price_nobody_reached_is_told_how_near_they_came() -> None:
    commands = (
        limit("bob", "b1", SELL, 5, 110),
        limit("ann", "a1", BUY, 10, 100),
        limit("bob", "b2", SELL, 5, 104),
        limit("cat", "c1", BUY, 5, 104),
        CancelAll("ann", None),
    )
    text = life_text(commands, 2)
    assert "it could not trade at once: the best ask was 1.10, above its limit 1.00" in text
    assert "its price was not reached: the lowest ask that rested was 1.04; others traded from 1.04" in text
    assert "its user canceled the 10 left" in text
    assert "In all: nothing of it traded; it is over." in text


def test_an_order_that_takes_is_told_so_and_what_becomes_of_its_rest() -> None:
    text = life_text((limit("bob", "b1", SELL, 5, 100), limit("ann", "a1", BUY, 8, 100, IOC)), 2)
    assert "it met the best ask 1.00 and traded at once, as the taker" in text
    assert "5 traded at 1.00 with order 1 of bob (trade 1); 3 left" in text
    assert "it is IOC, which never rests: the 3 that found nobody was canceled (RULES 3)" in text


def test_self_trade_prevention_is_told() -> None:
    newest = SelfTradePrevention.CANCEL_NEWEST
    text = life_text((limit("ann", "a1", SELL, 5, 100), limit("ann", "a2", BUY, 8, 100, GTC, newest)), 2)
    assert "the best ask 1.00 was within its limit, but did not trade" in text
    assert "it would have traded with an order of its own user: the 8 left was canceled (RULES 15)" in text


def test_a_stop_is_told_to_wait_and_to_be_triggered() -> None:
    stop = Terms(BUY, OrderType.STOP_LIMIT, GTC, 106 * TICK, 5, False, None, 105 * TICK)
    commands = (
        NewOrder("ann", "s1", "ACME", stop),
        limit("bob", "b1", SELL, 5, 104),
        limit("cat", "c1", BUY, 5, 104),
        limit("bob", "b2", SELL, 5, 105),
        limit("cat", "c2", BUY, 5, 105),
    )
    text = life_text(commands, 1)
    assert "it is a stop: it waits outside the book, unseen, until a trade reaches its stop price" in text
    assert "it waited outside the book for 3.000 ms (3 commands of everybody); others traded from 1.04" in text
    assert "a trade at or through 1.05 triggered it: it enters now (RULES 8)" in text
    assert "it came to rest at 1.06, first in its queue" in text


def test_a_call_and_its_auction_are_told() -> None:
    commands = (
        SetPhase("ACME", Phase.AUCTION),
        limit("ann", "a1", BUY, 5, 100),
        limit("bob", "b1", SELL, 5, 99),
        SetPhase("ACME", Phase.CONTINUOUS),
    )
    text = life_text(commands, 1)
    assert "the instrument was in AUCTION: orders are taken, and nothing trades until the call ends" in text
    assert "part of that time was AUCTION, in which nothing trades" in text
    assert "with order 2 of bob, at the one price of the auction" in text


def test_a_replaced_order_is_told_its_new_place() -> None:
    commands = (
        limit("ann", "a1", BUY, 5, 100),
        limit("bob", "b1", BUY, 7, 101),
        ReplaceOrder("ann", 1, None, 101 * TICK, None, None),
    )
    text = life_text(commands, 1)
    assert "it now is 5 in all at 1.01, 5 left: it goes to the back of the queue (RULES 10)" in text
    assert "it came to rest at 1.01 behind 7 in 1 order (order 2 of bob: 7)" in text


def test_the_same_for_programs_is_json_with_every_event() -> None:
    with History.of(day_of(*QUEUE)) as history:
        told = json.loads(json.dumps(explained_json(order_life(history, 4))))
    assert [event["sequence"] for event in told["events"]] == [5, 9]
    assert told["events"][0]["orders_ahead"] == [[1, "bob", 30], [2, "cat", 20]]
    best = {"price": "1.01", "quantity": 5, "orders": [[3, "dan", 5]]}
    assert told["events"][0]["book_before"]["bids"][0] == best


def test_refused_cancels_are_told_where_the_day_knows_them(tmp_path: Path) -> None:
    commands = (
        limit("ann", "a1", BUY, 5, 100),
        ReplaceOrder("ann", 1, None, TICK // 2, None, None),
        limit("bob", "b1", SELL, 5, 100),
        CancelOrder("ann", None, "a1"),
        CancelOrder("bob", 1, None),
    )
    text = life_text(commands, 1)
    assert "a change of it is refused: PRICE_NOT_ON_TICK: price 0.005: must be" in text
    assert "behind command 3: a cancel of it is refused: TOO_LATE: client_order_id a1: the order is" in text
    assert text.count("is refused") == 2
    with History.open(kept_day(tmp_path, day_of(*commands))) as history:
        life = order_life(history, 1)
    unknown = "Wishes about it that were refused, such as a cancel that came too late, are in no record."
    assert unknown in explained(life)
    assert explained_json(life)["refused"] is None


def test_an_order_is_found_by_any_name_its_user_gave_it() -> None:
    commands = (limit("ann", "a1", BUY, 5, 100), ReplaceOrder("ann", 1, None, None, None, "anew"))
    with History.of(day_of(*commands)) as history:
        assert find_order_id(history, "ann", "a1") == find_order_id(history, "ann", "anew") == 1
        with pytest.raises(UnknownOrderError, match="had it been refused, nothing on disk would say so"):
            find_order_id(history, "bob", "a1")


def test_a_refused_order_of_a_day_handed_in_is_told_with_code_text_and_book() -> None:
    commands = (
        limit("bob", "b1", SELL, 5, 100),
        limit("ann", "f1", BUY, 8, 100, FOK),
        limit("ann", "p1", BUY, 8, 100, GTC, post_only=True),
    )
    with History.of(day_of(*commands)) as history:
        [fok] = refused_orders(history, "ann", "f1")
        [post_only] = refused_orders(history, "ann", "p1")
        assert refused_orders(history, "bob", "f1") == []
    lines = list(refusal_lines(fok))
    assert lines[-1] == "  CANNOT_FILL: time_in_force FOK: quantity 8 can't be filled in full now"
    assert any("| 5 (1) @ 1.00" in line for line in lines)
    assert list(refusal_lines(post_only))[-1].startswith("  WOULD_TAKE: ")


def test_an_order_that_is_not_in_the_day_is_told_so() -> None:
    with History.of(day_of(*QUEUE)) as history, pytest.raises(UnknownOrderError, match="order 99: not in the"):
        order_life(history, 99)


def test_an_order_from_before_the_recorded_day_is_told_so(tmp_path: Path) -> None:
    early = day_of(limit("ann", "a1", BUY, 5, 100))
    for part in (early, every_rule_day(3, 30), [(CancelOrder("ann", 1, None), 10**12)]):
        market = KeptMarket(tmp_path)
        market.run(part)
        market.stop()
    with History.open(tmp_path) as history:
        assert history.first > len(early)
        with pytest.raises(UnknownOrderError, match="order 1: came before the recorded day begins, with command"):
            order_life(history, 1)


def test_every_order_of_a_day_of_every_rule_has_a_life_that_can_be_told() -> None:
    with History.of(every_rule_day(8, 300)) as history:
        order_count = history.at(history.last).engine.last_order_id
        assert order_count > 100
        for order_id in range(1, order_count + 1):
            life = order_life(history, order_id)
            assert len(list(explained(life))) > 5 and explained_json(life)["order_id"] == order_id
