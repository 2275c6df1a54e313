"""Remembered price texts are those of the instrument, before and after they were forgotten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.instrument import Instrument
from exchange.storage.price_texts import PriceTexts

INSTRUMENTS = {"ACME": Instrument("ACME"), "BETA": Instrument("BETA", tick_size_nanos=250_000_000)}


@given(st.lists(st.tuples(st.sampled_from(["ACME", "BETA"]), st.integers(1, 6))), st.integers(1, 4))
def test_every_text_is_what_the_instrument_says(asked: list[tuple[str, int]], prices_max: int) -> None:
    price_texts = PriceTexts(INSTRUMENTS.__getitem__, prices_max)
    for symbol, price in asked:
        assert price_texts(symbol, price) == INSTRUMENTS[symbol].price_text(price)


def test_a_price_is_worked_out_once_until_too_many_are_remembered() -> None:
    asked: list[str] = []

    def instrument_of(symbol: str) -> Instrument:
        asked.append(symbol)
        return INSTRUMENTS[symbol]

    price_texts = PriceTexts(instrument_of, prices_max=2)
    for price, times_asked in [(1, 1), (2, 2), (1, 2), (3, 3), (3, 3), (1, 4)]:
        price_texts("ACME", price)
        assert len(asked) == times_asked
