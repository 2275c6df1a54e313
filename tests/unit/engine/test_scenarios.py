"""Cases out of other engines' own tests and documents, with the results asserted there.

Each is entered as it stands, prices in ticks, and must give exactly the trades, the book and the refusals it
names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from exchange.engine.auction import indication
from exchange.engine.commands import SetPhase
from exchange.engine.words import Phase, RejectCode, Side
from tests.support.foreign_cases import ANY, CasePlayer, load_cases, merged


@pytest.mark.parametrize("case", load_cases("scenarios.json"))
def test_scenario_of_another_engine(case: dict[str, Any]) -> None:
    player = CasePlayer()
    player.play(case["steps"])
    assert player.trades == case["trades"]
    assert player.book() == case["book"]
    assert player.rejected == case.get("rejected", [])


@pytest.mark.parametrize("case", load_cases("icebergs.json") + load_cases("stops.json"))
def test_icebergs_and_stops_of_another_engine(case: dict[str, Any]) -> None:
    player = CasePlayer(prevention=case.get("stp"))
    player.play(case["steps"])
    assert merged(player.trades) == merged(case["trades"])
    assert sorted(player.rejected + player.unfilled) == case.get("rejected", [])
    if "remaining" in case:
        assert player.remaining() == case["remaining"]
    if "book" in case:
        assert player.book() == case["book"]
    if "triggered" in case:
        assert player.triggered == case["triggered"]
    if "canceled" in case:
        assert [name for name in player.remainders_canceled if name in player.triggered] == case["canceled"]


@pytest.mark.parametrize("case", load_cases("bands.json"))
def test_bands_of_another_engine(case: dict[str, Any]) -> None:
    percent = case["instrument"]["price_band_percent"]
    banded = replace(ANY, price_band_ppm=round(percent * 10_000))
    player = CasePlayer(banded)
    player.play(case["steps"])
    assert player.rejected == case["rejected"]
    assert set(player.codes) <= {RejectCode.PRICE_OUT_OF_BAND}
    assert player.book() == case["book"]


@pytest.mark.parametrize("case", load_cases("auctions.json"))
def test_auction_of_another_engine(case: dict[str, Any]) -> None:
    reference = case["reference"]
    nanos = None if reference is None else reference * ANY.tick_size_nanos
    player = CasePlayer(replace(ANY, reference_price_nanos=nanos))
    player.engine.process(SetPhase("ANY", Phase.AUCTION), 0)
    player.play(
        [
            {**order, "user": order["id"], "op": "limit" if "price" in order else "market", "tif": "DAY"}
            for order in case["orders"]
        ]
    )
    book = player.engine.book("ANY")
    told = indication(book)
    surplus = told.surplus if told.surplus_side is Side.BUY else -told.surplus
    expected = case["price"] and (case["price"], case["volume"], case["surplus"])
    assert (told.price and (told.price, told.volume, surplus)) == expected
    for event in player.engine.process(SetPhase("ANY", Phase.CONTINUOUS), 0):
        player.note(event)
    player.engine.check_invariants()
    assert {price for _, _, price, _ in player.trades} <= {case["price"]}
    assert sum(quantity for *_, quantity in player.trades) == case["volume"]
    assert player.trades == case.get("trades", player.trades)
    assert book.auction_price == case["price"]
