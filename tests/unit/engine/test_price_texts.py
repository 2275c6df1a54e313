"""Remembered price texts are those of the instrument, before and after they were forgotten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.instrument import Instrument, PriceTexts, PriceTextsBySymbol

INSTRUMENTS = {"ACME": Instrument("ACME"), "BETA": Instrument("BETA", tick_size_nanos=250_000_000)}


@given(st.lists(st.integers(1, 6)), st.integers(1, 4))
def test_every_text_is_what_the_instrument_says_and_few_are_kept(prices: list[int], prices_max: int) -> None:
    texts = PriceTexts(INSTRUMENTS["BETA"], prices_max)
    for price in prices:
        assert texts[price] == INSTRUMENTS["BETA"].price_text(price)
        assert len(texts) <= prices_max


def test_a_market_order_has_no_price() -> None:
    assert PriceTexts(INSTRUMENTS["ACME"])[None] == "null"


def test_each_instrument_is_asked_for_once_and_has_texts_of_its_own() -> None:
    asked: list[str] = []

    def instrument_of(symbol: str) -> Instrument:
        asked.append(symbol)
        return INSTRUMENTS[symbol]

    texts = PriceTextsBySymbol(instrument_of)
    assert [texts["ACME"][10_125], texts["BETA"][3], texts["ACME"][1]] == ["101.25", "0.75", "0.01"]
    assert asked == ["ACME", "BETA"]
