"""Halted instruments and lost connections: orders are kept out, or taken out, and all else stays as it was."""

from __future__ import annotations

from typing import Optional

import pytest

from exchange.engine.commands import CancelOrders, Command, HaltInstrument, ListInstrument, ResumeInstrument
from exchange.engine.engine import Engine
from exchange.engine.events import InstrumentStatusChanged, PhaseSet, RequestRejected
from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.words import CancelReason, Phase, RejectCode, Side, TimeInForce
from tests.support.books import Market, assert_changes_nothing, canceled, codes, refusals, table, trades

BOOK = """
    BUY           | SELL
    alice 10 @ 50 | bob   10 @ 52
    alice 20 @ 49 | alice 10 @ 53
    carol 30 @ 49 |
"""


# --- halted instruments ----------------------------------------------------------------------------------------


def test_a_halted_instrument_takes_cancels_and_nothing_else() -> None:
    market = Market(BOOK)
    assert market.process(HaltInstrument("ACME")) == [
        InstrumentStatusChanged("ACME", Phase.HALTED),
        PhaseSet(Phase.HALTED, changed=("ACME",), unchanged=()),
    ]
    halted = [(RejectCode.HALTED, "symbol ACME: trading is halted")]
    assert refusals(market.enter("dave", Side.BUY, 1, 52)) == halted
    assert refusals(market.enter("dave", Side.BUY, 1)) == halted
    assert refusals(market.replace("alice", "1", quantity=5)) == halted
    assert market.drawn() == table(BOOK)
    assert canceled(market.cancel("bob", "2")) == [("2", 10, CancelReason.USER_REQUESTED)]


def test_a_resumed_instrument_has_its_book_in_the_old_sequence() -> None:
    market = Market(BOOK)
    market.process(HaltInstrument("ACME"))
    assert market.process(ResumeInstrument("ACME")) == [
        InstrumentStatusChanged("ACME", Phase.CONTINUOUS),
        PhaseSet(Phase.CONTINUOUS, changed=("ACME",), unchanged=()),
    ]
    assert market.drawn() == table(BOOK)
    assert trades(market.enter("dave", Side.SELL, 35, 49)) == [
        ("alice", "dave", 10, 50),
        ("alice", "dave", 20, 49),
        ("carol", "dave", 5, 49),
    ]


def test_a_halt_concerns_one_instrument() -> None:
    market = Market(BOOK)
    market.process(ListInstrument(Instrument("ZINC")))
    market.process(HaltInstrument("ZINC"))
    assert codes(market.enter("dave", Side.BUY, 1, 52)) == []


@pytest.mark.parametrize("symbol", ["ACME", None])
def test_to_halt_or_resume_twice_changes_nothing_the_second_time_and_tells_only_the_asker(
    symbol: Optional[str],
) -> None:
    market = Market()
    market.process(HaltInstrument(symbol))
    assert_changes_nothing(market, HaltInstrument(symbol), PhaseSet(Phase.HALTED, (), unchanged=("ACME",)))
    market.process(ResumeInstrument(symbol))
    assert_changes_nothing(market, ResumeInstrument(symbol), PhaseSet(Phase.CONTINUOUS, (), unchanged=("ACME",)))


def test_all_instruments_are_halted_and_resumed_in_one_step_in_the_sequence_they_were_listed() -> None:
    market = Market(BOOK)
    for symbol in ("ZINC", "BOND"):
        market.process(ListInstrument(Instrument(symbol)))
    market.process(HaltInstrument("ZINC"))
    sequence = market.engine.sequence
    assert market.process(HaltInstrument(None)) == [
        InstrumentStatusChanged("ACME", Phase.HALTED),
        InstrumentStatusChanged("BOND", Phase.HALTED),
        PhaseSet(Phase.HALTED, changed=("ACME", "BOND"), unchanged=("ZINC",)),
    ]
    assert market.engine.sequence == sequence + 1
    assert codes(market.enter("dave", Side.BUY, 1, 52)) == [RejectCode.HALTED]
    assert market.process(ResumeInstrument(None))[-1] == PhaseSet(
        Phase.CONTINUOUS, changed=("ACME", "ZINC", "BOND"), unchanged=()
    )
    assert codes(market.enter("dave", Side.BUY, 1, 52)) == []


@pytest.mark.parametrize("seconds", [None, 5])
def test_to_halt_all_and_resume_all_leaves_closed_what_was_closed(seconds: Optional[int]) -> None:
    market = Market(BOOK)
    market.process(ListInstrument(Instrument("ZINC", schedule=Schedule(36_000, 72_000))))
    assert market.process(HaltInstrument(None, seconds))[-1] == PhaseSet(Phase.HALTED, ("ACME",), ("ZINC",))
    assert market.process(ResumeInstrument(None))[-1] == PhaseSet(Phase.CONTINUOUS, ("ACME",), ())
    assert market.engine.book("ZINC").phase is Phase.CLOSED
    market.process(ResumeInstrument("ZINC"))
    assert market.engine.book("ZINC").phase is Phase.CONTINUOUS


def test_an_instrument_that_is_listed_after_all_were_halted_trades() -> None:
    market = Market()
    market.process(HaltInstrument(None))
    market.process(ListInstrument(Instrument("ZINC")))
    assert market.engine.book("ZINC").phase is Phase.CONTINUOUS


@pytest.mark.parametrize("command", [HaltInstrument("NONE"), ResumeInstrument("NONE")])
def test_an_instrument_that_is_not_listed_can_be_neither_halted_nor_resumed(command: Command) -> None:
    answer = RequestRejected(RejectCode.UNKNOWN_SYMBOL, "symbol NONE: not listed here")
    assert_changes_nothing(Market(), command, answer)


def test_new_limits_of_an_instrument_do_not_end_its_halt() -> None:
    market = Market()
    market.process(HaltInstrument("ACME"))
    market.process(ListInstrument(Instrument("ACME", max_quantity=5)))
    assert codes(market.enter("dave", Side.BUY, 1, 50)) == [RejectCode.HALTED]


# --- lost connections ------------------------------------------------------------------------------------------


def test_a_lost_connection_takes_its_own_live_orders_with_it_in_arrival_order() -> None:
    market = Market(BOOK)
    market.cancel("alice", "1")
    # The first is done, the second bob's, the last nobody's; one is named twice.
    command = CancelOrders("alice", (4, 3, 1, 2, 3, 99), CancelReason.DISCONNECTED)
    assert canceled(market.process(command)) == [
        ("3", 20, CancelReason.DISCONNECTED),
        ("4", 10, CancelReason.DISCONNECTED),
    ]
    assert market.drawn() == table("""
        BUY           | SELL
        carol 30 @ 49 | bob 10 @ 52
    """)


@pytest.mark.parametrize(("user", "order_ids"), [("alice", ()), ("alice", (2, 99)), ("nobody", (1, 2))])
def test_a_lost_connection_without_a_live_order_leaves_no_trace(user: str, order_ids: tuple[int, ...]) -> None:
    assert_changes_nothing(Market(BOOK), CancelOrders(user, order_ids, CancelReason.DISCONNECTED))


def test_a_lost_connection_in_a_halt_still_takes_its_orders_with_it() -> None:
    market = Market(BOOK)
    market.process(HaltInstrument("ACME"))
    events = market.process(CancelOrders("bob", (2,), CancelReason.DISCONNECTED))
    assert canceled(events) == [("2", 10, CancelReason.DISCONNECTED)]


# --- which orders end with their connections -------------------------------------------------------------------


def market_with_connections() -> Market:
    """Orders 4 to 7 end with the connection they came on, 1 to 3 and 8 do not."""
    market = Market("""
        BUY           | SELL
        carol 10 @ 40 | bob 10 @ 60
        carol 10 @ 39 |
    """)
    for price in (50, 49, 48):
        market.enter("alice", Side.BUY, 10, price, ends_with_connection=True)
    market.enter("bob", Side.SELL, 10, 55, TimeInForce.DAY, ends_with_connection=True)
    market.enter("alice", Side.BUY, 10, 47)
    return market


def test_the_engine_knows_which_live_orders_end_with_their_connections() -> None:
    market = market_with_connections()
    assert market.engine.orders_ending_with_connections() == {"alice": (4, 5, 6), "bob": (7,)}
    market.cancel("alice", "5")
    market.enter("carol", Side.SELL, 10, 50)
    market.enter("carol", Side.BUY, 10, 55)
    assert market.engine.orders_ending_with_connections() == {"alice": (6,)}


def test_an_order_that_is_replaced_or_has_traded_still_ends_with_its_connection() -> None:
    market = market_with_connections()
    market.replace("alice", "4", quantity=8)
    market.replace("alice", "5", price=51, quantity=20)
    market.enter("carol", Side.SELL, 15, 51)
    market.enter("carol", Side.BUY, 3, 55)
    assert market.engine.orders_ending_with_connections() == {"alice": (4, 5, 6), "bob": (7,)}


def test_a_snapshot_tells_which_orders_end_with_their_connections() -> None:
    engine = market_with_connections().engine
    restored = Engine.restore(engine.snapshot())
    assert restored.orders_ending_with_connections() == engine.orders_ending_with_connections()
    assert restored.state_hash() == engine.state_hash()


def test_that_an_order_ends_with_its_connection_is_part_of_the_state() -> None:
    staying, ending = Market(), Market()
    staying.enter("alice", Side.BUY, 1, 1)
    ending.enter("alice", Side.BUY, 1, 1, ends_with_connection=True)
    assert staying.engine.state_hash() != ending.engine.state_hash()
