"""What single kinds of trader do, each alone on a book that the test draws."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from typing import Optional

import pytest

from exchange.laboratory.hand_driven import HandDrivenExchange
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.clock import START_NS
from exchange.networking.tcp_client import OrderAccepted, OwnOrder
from exchange.simulation.traders.execution import TwapTrader
from exchange.simulation.traders.informed import Informed
from exchange.simulation.traders.inventory_maker import QuotingTrader
from exchange.simulation.traders.mix import TRADER_KINDS
from exchange.simulation.traders.penny_jumper import PennyJumper
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.simulated_trader import SideName
from exchange.simulation.traders.zero_intelligence import ZeroIntelligence
from exchange.utils.helpers import NS_PER_S

SCENARIO = Scenario(seed=3, start_price=100.0, begin_ns=START_NS)
WIDE = """
    BUY                  | SELL
    alice 50000 @ 99.90  | bob 50000 @ 100.10
"""
NARROW = """
    BUY                  | SELL
    alice 50000 @ 99.99  | bob 50000 @ 100.01
"""


@pytest.fixture
def exchange() -> HandDrivenExchange:
    return HandDrivenExchange()


class JumpsOnce(PennyJumper):
    """Begins a single time."""

    has_begun = False

    def act(self) -> None:
        if not self.has_begun:
            super().act()
            self.has_begun = bool(self.orders)


def jumper(exchange: HandDrivenExchange, patience_s: float) -> PennyJumper:
    """One who has begun, on a drawn book, and wants room for 10 ticks of spread or so."""
    trader = JumpsOnce("penny-1", SCENARIO)
    trader.adjust(
        {"RATE_PER_S": 50.0, "SPREAD_MIN_PPM": 1_000.0, "PATIENCE_S": patience_s, "PATIENCE_SPREAD": 0.1}
    )
    exchange.run_bot(trader)
    exchange.clock.advance(0.2)
    return trader


def own_price(trader: PennyJumper) -> Optional[Decimal]:
    return trader.orders[0].price if trader.orders else None


def test_a_penny_jumper_stands_a_tick_in_front_and_outbids_who_outbids_it(exchange: HandDrivenExchange) -> None:
    exchange.given_book(WIDE)
    trader = jumper(exchange, patience_s=1_000.0)
    assert own_price(trader) in (Decimal("99.91"), Decimal("100.09"))
    side = trader.orders[0].side
    rival = exchange.join("rival")
    (rival.buy if side == "BUY" else rival.sell)(100, "99.93" if side == "BUY" else "100.07")
    exchange.clock.advance(0.2)
    assert own_price(trader) == Decimal("99.94" if side == "BUY" else "100.06")
    assert len(trader.orders) == 1


def test_a_penny_jumper_lets_go_when_the_spread_leaves_no_room(exchange: HandDrivenExchange) -> None:
    exchange.given_book(WIDE)
    trader = jumper(exchange, patience_s=1_000.0)
    rival = exchange.join("rival")
    rival.buy(100, "99.99")
    rival.sell(100, "100.01")
    exchange.clock.advance(1.0)
    assert own_price(trader) is None


def test_a_penny_jumper_loses_its_patience(exchange: HandDrivenExchange) -> None:
    exchange.given_book(WIDE)
    trader = jumper(exchange, patience_s=2.0)
    assert own_price(trader) is not None
    exchange.clock.advance(5.0)
    assert own_price(trader) is None


def execution(exchange: HandDrivenExchange, book: str) -> DrivenBot:
    """One who works parents of a few slices off on a book that holds enough for all of them."""
    exchange.given_book(book.replace("50000", "9000000"))
    trader = TwapTrader("twap-1", SCENARIO)
    trader.adjust(
        {"RATE_PER_S": 0.1, "SLICES_MIN": 5.0, "SLICES_MAX": 8.0, "TAKE_CHANCE": 1.0, "SLICE_EVERY_S": 0.2}
    )
    driven = exchange.run_bot(trader)
    exchange.clock.advance(600.0)
    return driven


def test_all_that_a_parent_order_leads_to_goes_in_one_direction(exchange: HandDrivenExchange) -> None:
    execution(exchange, NARROW)
    runs = [len(list(run)) for _, run in groupby(trade.aggressor_side for trade in exchange.trades)]
    assert len(runs) > 5
    assert min(runs[:-1]) >= 5


def test_the_children_of_a_parent_order_wait_where_the_spread_is_wide(exchange: HandDrivenExchange) -> None:
    waiting = execution(exchange, WIDE)
    assert waiting.counts[OrderAccepted] > 100
    assert not exchange.trades


def test_who_is_informed_takes_until_the_price_is_what_it_is_worth(exchange: HandDrivenExchange) -> None:
    exchange.given_book("""
        BUY                | SELL
        alice 100 @ 90.00  | bob   100 @ 95.00
                           | carol 100 @ 96.00
                           | dave  100 @ 150.00
    """)
    trader = Informed("informed-1", SCENARIO)
    trader.adjust({"RATE_PER_S": 0.1, "AGAIN_CHANCE": 1.0})
    exchange.run_bot(trader)
    exchange.clock.advance(60.0)
    assert trader.position == 200
    assert {trade.price for trade in exchange.trades} == {Decimal(95), Decimal(96)}
    assert exchange.trades[-1].timestamp - exchange.trades[0].timestamp < NS_PER_S


def test_a_maker_whose_place_is_taken_by_the_other_side_does_not_move_for_ever(
    exchange: HandDrivenExchange,
) -> None:
    exchange.given_book(WIDE)
    maker = QuotingTrader("mm-1", SCENARIO)
    maker.adjust({"FOLLOW": 0.0, "IMPACT_PPM": 0.0, "LEAN_PPM": 0.0})
    driven = exchange.run_bot(maker)
    exchange.clock.advance(60.0)
    # Far above what the maker thinks fair, and it will not change its mind.
    exchange.join("rival").buy(1_000_000, "100.09")
    exchange.clock.advance(10.0)
    before = driven.counts[OrderAccepted]
    exchange.clock.advance(60.0)
    assert driven.counts[OrderAccepted] - before <= 2 * maker.LEVELS
    asks = [order.price for order in maker.orders if order.side == "SELL"]
    assert asks and all(price is not None and price > Decimal("100.09") for price in asks)


def lowest_offer(maker: QuotingTrader) -> Decimal:
    """In ticks; it goes up with what the maker thinks fair."""
    return min(order.price for order in maker.orders if order.side == "SELL" and order.price is not None) * 100


def moves_of_fair(exchange: HandDrivenExchange, book: str, quantities: list[int]) -> list[Decimal]:
    """By how many ticks a maker moves its quotes on each of these buyers, who meet the book before its quotes."""
    maker = QuotingTrader("mm-1", SCENARIO)
    maker.adjust({"FOLLOW": 0.0, "LEAN_PPM": 0.0, "TOLERANCE_PPM": 1.0, "SPREAD_PPM": 10_000.0})
    maker.adjust({"IMPACT_PPM": 1_000.0, "EXPECT": 0.3, "RATE_PER_S": 20.0})
    exchange.given_book(book)
    exchange.run_bot(maker)
    exchange.clock.advance(5.0)
    found, buyer = [lowest_offer(maker)], exchange.join("buyer")
    for quantity in quantities:
        buyer.buy(quantity)
        exchange.clock.advance(5.0)
        found.append(lowest_offer(maker))
    return [later - earlier for earlier, later in zip(found, found[1:], strict=False)]


def test_a_buyer_after_buyers_moves_a_maker_less_than_the_first_did(exchange: HandDrivenExchange) -> None:
    moves = moves_of_fair(exchange, NARROW, [1, 1, 1, 1, 1])
    assert moves[0] == pytest.approx(Decimal(10), abs=1)
    assert 0 < moves[-1] < moves[0] / 2


def test_an_order_moves_a_maker_once_however_many_it_meets(exchange: HandDrivenExchange) -> None:
    ten_sellers = "alice 100 @ 99.99 | seller1 10 @ 100.01\n" + "".join(
        f" | seller{number} 10 @ 100.01\n" for number in range(2, 11)
    )
    [move] = moves_of_fair(exchange, "BUY | SELL\n" + ten_sellers, [95])
    assert move == pytest.approx(Decimal(10), abs=1)


class WatchedZi(ZeroIntelligence):
    """Notes what it does in place of doing it."""

    def on_start(self) -> None:
        self.seen: list[tuple[int, float]] = []
        super().on_start()

    def rest(self, side: SideName, quantity: int, ticks: int, life_s: Optional[float] = None) -> OwnOrder:
        best = self.best(side)
        assert best is not None and life_s is not None
        self.seen.append((ticks - best if side == "BUY" else best - ticks, life_s))
        return OwnOrder("none", "ACME", side, quantity)


def watched(exchange: HandDrivenExchange, book: str) -> list[tuple[int, float]]:
    """By how many ticks each order of one without a thought improves this book, and how long it is to live."""
    exchange.given_book(book)
    trader = WatchedZi("zi-1", SCENARIO)
    trader.adjust({"RATE_PER_S": 20.0, "TAKE_CHANCE": 0.0})
    exchange.run_bot(trader)
    exchange.clock.advance(60.0)
    return trader.seen


def share_improving(seen: list[tuple[int, float]]) -> float:
    return sum(improved > 0 for improved, _ in seen) / len(seen)


def test_a_wide_spread_is_improved_more_often_than_a_narrow_one() -> None:
    narrow, wide = (watched(HandDrivenExchange(), book) for book in (NARROW, WIDE))
    assert share_improving(narrow) < 0.2 < 0.5 < share_improving(wide)
    assert all(improved <= 10 for improved, _ in wide)


def test_orders_near_the_touch_live_shorter_than_those_behind_it() -> None:
    seen = watched(HandDrivenExchange(), NARROW)
    near = sorted(life_s for improved, life_s in seen if improved >= 0)
    far = sorted(life_s for improved, life_s in seen if improved < -20)
    assert near[len(near) // 2] * 2 < far[len(far) // 2]


def test_makers_differ_in_how_far_off_they_are_and_each_keeps_its_distance() -> None:
    found = [QuotingTrader(f"mm-{number}", SCENARIO).latency() for number in range(1, 7)]
    assert len({latency.to_exchange_ns for latency in found}) == len(found)
    assert QuotingTrader("mm-1", SCENARIO).latency() == found[0]


@pytest.mark.parametrize("kind", sorted(TRADER_KINDS))
def test_asking_how_far_off_a_trader_is_moves_none_of_its_numbers(kind: str) -> None:
    asked, unasked = (TRADER_KINDS[kind](f"{kind}-1", SCENARIO) for _ in range(2))
    asked.latency()
    assert [asked.draw() for _ in range(3)] == [unasked.draw() for _ in range(3)]
