"""What would have differed without an order, or with it changed: trades, results, halts, and what is not asked."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from exchange.engine.commands import (
    CancelOrder,
    CancelOrders,
    ChangePhase,
    Command,
    ListInstrument,
    NewOrder,
    ReplaceOrder,
)
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import CancelReason, OrderType, Phase, PhaseReason, Side, TimeInForce
from exchange.laboratory.history import History
from exchange.laboratory.recorded.altered_day import AlteredDay, OrderChange
from exchange.laboratory.telling.what_if_report import told, told_json
from exchange.laboratory.what_if import UnknownOrderError, WhatIf, what_if
from tests.property.strategies import Stamped

BUY, SELL = Side.BUY, Side.SELL
TICK = 10_000_000
S_NS = 1_000_000_000
ACME = Instrument("ACME")
GUARDED = Instrument("ACME", halt_ppm=50_000, reference_price_nanos=100 * TICK, halt_s=2, call_s=2)


def limit(user: str, name: str, side: Side, quantity: int, ticks: int) -> NewOrder:
    terms = Terms(side, OrderType.LIMIT, TimeInForce.GTC, ticks * TICK, quantity)
    return NewOrder(user, name, "ACME", terms)


def day_of(*commands: Command, instrument: Instrument = ACME) -> list[Stamped]:
    return [(command, n * S_NS) for n, command in enumerate([ListInstrument(instrument), *commands], start=1)]


def found_in(day: list[Stamped], change: OrderChange) -> WhatIf:
    with History.of(day) as history:
        return what_if(history, change)


def lines(found: WhatIf, rows_max: int = 20) -> list[str]:
    return list(told(found, {"ACME": ACME}.__getitem__, rows_max))


# Order 1 is bob's, 2 ann's behind it; eve takes first 5, then 10.  Bob's last order is named by its id.
QUEUE = (
    limit("bob", "b1", BUY, 5, 100),
    limit("ann", "a1", BUY, 10, 100),
    limit("eve", "e1", SELL, 5, 100),
    limit("eve", "e2", SELL, 10, 100),
    limit("bob", "b2", BUY, 7, 90),
    CancelOrder("bob", 5, None),
)


def test_without_the_first_in_the_queue_the_second_trades_first() -> None:
    found = found_in(day_of(*QUEUE), OrderChange(1, True))
    text = lines(found)
    assert text[:2] == ["order 1 (b1) of bob: BUY 5 at 1.00, LIMIT GTC, ACME", "what if it had not come?"]
    assert "  trades: 1 gone, 1 new, 1 changed" in text
    assert "    gone     00:00:04.000000 ACME 5 @ 1.00  bob (1) from eve (3)" in text
    assert "    new      00:00:04.000000 ACME 5 @ 1.00  ann (2) from eve (3)" in text
    now = "now 5 @ 1.00 at 00:00:05.000000"
    assert f"    changed  00:00:05.000000 ACME 10 @ 1.00  ann (2) from eve (4); {now}" in text
    assert "    bob in ACME: traded 5 → 0, position 5 → 0, P&L 0.00 → 0.00 (+0.00)" in text
    assert "    ACME: last price 1.00 → 1.00, volume 15 → 10" in text
    assert (found.command_count, found.trade_count, found.first_difference) == (6, 2, 4)


def test_a_later_cancel_by_id_hits_the_same_order_though_all_ids_have_shifted() -> None:
    with History.of(day_of(*QUEUE)) as history:
        day = AlteredDay(history.engine_at(1), OrderChange(1, True))
        *_, last = day.play(history.commands(1))
        assert (last.command, last.asked) == (CancelOrder("bob", 5, None), CancelOrder("bob", 4, None))
        assert day.altered.accounts["bob"].live_order_count == 0
        assert (day.altered_id(5), day.recorded_id(4), day.altered_id(1)) == (4, 5, None)


def test_what_names_the_order_that_did_not_come_is_left_out_and_counted() -> None:
    commands = (
        limit("bob", "b1", BUY, 5, 100),
        ReplaceOrder("bob", None, "b1", None, 4, None),
        limit("bob", "b2", BUY, 5, 99),
        CancelOrders("bob", (1, 2), CancelReason.DISCONNECTED),
    )
    found = found_in(day_of(*commands), OrderChange(1, True))
    assert found.dropped_count == 2 and not found.refused and not found.trades
    assert "  later commands left out, since they named an order that is not there: 2" in lines(found)
    assert "  no trade, no result and no price would have been different" in lines(found)


def test_a_later_cancel_of_what_trades_now_is_refused_and_counted() -> None:
    commands = (
        limit("bob", "b1", BUY, 5, 100),
        limit("ann", "a1", SELL, 5, 101),
        CancelOrder("ann", None, "a1"),
    )
    found = found_in(day_of(*commands), OrderChange(1, False, 101 * TICK))
    assert found.refused == {"TOO_LATE": 1}
    assert "what if its price had been 1.01?" in lines(found)
    assert "  later commands that would have been refused: 1 TOO_LATE" in lines(found)


def test_a_trade_that_comes_later_is_changed_in_its_time() -> None:
    stop = Terms(SELL, OrderType.STOP, TimeInForce.GTC, None, 5, False, None, 95 * TICK)
    commands = (
        limit("ann", "a1", BUY, 5, 90),
        NewOrder("sue", "s1", "ACME", stop),
        limit("bob", "b1", SELL, 5, 95),
        limit("eve", "e1", BUY, 1, 95),
        limit("eve", "e2", BUY, 1, 95),
    )
    found = found_in(day_of(*commands), OrderChange(4, True))
    text = lines(found)
    [changed] = [line for line in text if "changed" in line and "1 gone" not in line]
    assert changed.endswith("00:00:05.000000 ACME 5 @ 0.90  ann (1) from sue (2); now 5 @ 0.90 at 00:00:06.000000")


def test_a_change_that_the_exchange_refuses_is_told_with_its_reason() -> None:
    found = found_in(day_of(*QUEUE), OrderChange(1, False, TICK // 2))
    assert found.refusal is not None and found.refusal.startswith("PRICE_NOT_ON_TICK: price 0.005: must be")
    assert found_in(day_of(*QUEUE), OrderChange(1, True)).trades == found.trades


def test_another_quantity_is_another_position() -> None:
    found = found_in(day_of(*QUEUE, limit("zoe", "z1", SELL, 1, 95)), OrderChange(2, False, None, 12))
    moved = {each.user: each.altered.net_quantity - each.recorded.net_quantity for each in found.results}
    assert moved == {"ann": 1, "zoe": -1}
    assert "what if its quantity had been 12?" in lines(found)


def test_a_halt_that_only_the_altered_day_has_ends_there_by_its_own_rules() -> None:
    commands = (
        limit("bob", "b1", SELL, 5, 100),
        limit("cat", "c1", SELL, 5, 110),
        limit("ann", "a1", BUY, 5, 110),
        *[limit("eve", f"e{n}", BUY, 1, 90) for n in range(6)],
        limit("zoe", "z1", SELL, 1, 95),
    )
    with History.of(day_of(*commands, instrument=GUARDED)) as history:
        day = AlteredDay(history.engine_at(1), OrderChange(1, True))
        phases = [day.altered.book("ACME").phase for _ in day.play(history.commands(1))]
        assert Phase.HALTED in phases and phases[-1] is Phase.CONTINUOUS
        assert day.recorded.book("ACME").phase is Phase.CONTINUOUS
        assert day.altered.book("ACME").auction_price == 110


def test_a_halt_that_only_the_recorded_day_had_is_not_there_to_be_ended() -> None:
    breaker = PhaseReason.CIRCUIT_BREAKER
    day: list[Stamped] = [
        (ListInstrument(GUARDED), 1 * S_NS),
        (limit("bob", "b1", SELL, 5, 110), 2 * S_NS),
        (limit("ann", "a1", BUY, 5, 110), 3 * S_NS),
        (ChangePhase("ACME", Phase.AUCTION, breaker, 5 * S_NS), 5 * S_NS),
        # The call is extended once, since its price is as far away.
        (ChangePhase("ACME", Phase.CONTINUOUS, breaker, 7 * S_NS), 7 * S_NS),
        (ChangePhase("ACME", Phase.CONTINUOUS, breaker, 9 * S_NS), 9 * S_NS),
    ]
    with History.of(day) as history:
        assert history.last == len(day) and not history.refusals
        found = what_if(history, OrderChange(1, True))
        assert [(each.recorded is None, each.altered is None) for each in found.trades] == [(False, True)]


@pytest.fixture
def queue_history() -> Iterator[History]:
    with History.of(day_of(*QUEUE)) as history:
        yield history


def test_the_days_own_place_is_not_disturbed(queue_history: History) -> None:
    before = queue_history.at(4).events
    what_if(queue_history, OrderChange(1, True))
    queue_history.at(1)
    assert queue_history.at(4).events == before


def test_an_unknown_order_is_told_so(queue_history: History) -> None:
    with pytest.raises(UnknownOrderError, match="order 77: not in the recorded day, commands 1 to 7"):
        what_if(queue_history, OrderChange(77, True))


def test_rows_beyond_the_bound_are_counted_and_told_to_programs(queue_history: History) -> None:
    found = what_if(queue_history, OrderChange(1, True))
    assert "    … and 2 more (--json tells all)" in lines(found, rows_max=1)
    told_all = json.loads(json.dumps(told_json(found, {"ACME": ACME}.__getitem__)))
    assert len(told_all["trades"]) == 3 and told_all["trades"][0]["recorded"]["price"] == "1.00"
