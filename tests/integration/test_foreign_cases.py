"""Cases out of other engines' own tests, played over TCP: each must give exactly what is asserted there.

The unit tests play the same cases on the engine alone; here they go the whole way from line to line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any, Optional

import pytest

from exchange.engine.instrument import Instrument
from exchange.engine.words import Phase
from tests.support.foreign_cases import ANY, load_cases, merged
from tests.support.in_process import InProcessExchange, running_exchange
from tests.support.wire_player import WirePlayer

NUMBERS = count(1)


@pytest.fixture(scope="module")
def exchange() -> Iterator[InProcessExchange]:
    """One for all cases."""
    with running_exchange() as exchange:
        yield exchange


def player_of(
    exchange: InProcessExchange, instrument: Instrument = ANY, prevention: Optional[str] = None
) -> WirePlayer:
    """A case's own market."""
    number = next(NUMBERS)
    return WirePlayer(exchange, number, replace(instrument, symbol=f"CASE{number}"), prevention)


@pytest.mark.parametrize("case", load_cases("scenarios.json"))
def test_scenario_of_another_engine_over_tcp(exchange: InProcessExchange, case: dict[str, Any]) -> None:
    with player_of(exchange) as player:
        player.play(case["steps"])
        assert player.trades == case["trades"]
        assert player.book() == case["book"]
        assert player.rejected == case.get("rejected", [])


@pytest.mark.parametrize("case", load_cases("icebergs.json") + load_cases("stops.json"))
def test_icebergs_and_stops_of_another_engine_over_tcp(exchange: InProcessExchange, case: dict[str, Any]) -> None:
    with player_of(exchange, prevention=case.get("stp")) as player:
        player.play(case["steps"])
        assert merged(player.trades) == merged(case["trades"])
        assert sorted(player.rejected + player.unfilled) == case.get("rejected", [])
        if "remaining" in case:
            assert player.remaining() == case["remaining"]
        if "book" in case:
            assert player.book() == case["book"]
        if "triggered" in case:
            assert sorted(player.triggered) == sorted(case["triggered"])
        if "canceled" in case:
            canceled = [name for name in player.remainders_canceled if name in player.triggered]
            assert sorted(canceled) == sorted(case["canceled"])


@pytest.mark.parametrize("case", load_cases("bands.json"))
def test_bands_of_another_engine_over_tcp(exchange: InProcessExchange, case: dict[str, Any]) -> None:
    percent = case["instrument"]["price_band_percent"]
    with player_of(exchange, replace(ANY, price_band_ppm=round(percent * 10_000))) as player:
        player.play(case["steps"])
        assert player.rejected == case["rejected"]
        assert player.codes <= {"PRICE_OUT_OF_BAND"}
        assert player.book() == case["book"]


@pytest.mark.parametrize("case", load_cases("auctions.json"))
def test_auction_of_another_engine_over_tcp(exchange: InProcessExchange, case: dict[str, Any]) -> None:
    reference = case["reference"]
    nanos = None if reference is None else reference * ANY.tick_size_nanos
    with player_of(exchange, replace(ANY, reference_price_nanos=nanos)) as player:
        player.set_phase(Phase.AUCTION)
        player.play(
            [
                {**order, "user": order["id"], "op": "limit" if "price" in order else "market", "tif": "DAY"}
                for order in case["orders"]
            ]
        )
        told = player.indication()
        surplus = told["surplus"] if told["surplus_side"] == "BUY" else -told["surplus"]
        expected = case["price"] and (case["price"], case["volume"], case["surplus"])
        price = told["price"] and int(told["price"] * 100)
        assert (price and (price, told["volume"], surplus)) == expected
        player.set_phase(Phase.CONTINUOUS)
        player.hear()
        assert {price for _, _, price, _ in player.trades} <= {case["price"]}
        assert sum(quantity for *_, quantity in player.trades) == case["volume"]
        assert player.trades == case.get("trades", player.trades)
