"""Prices as text: exact, as many places as the tick has, and never a float on the way."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.instrument import NANOS_DIGITS, NANOS_PER_UNIT, Instrument, nanos_text
from exchange.engine.words import SelfTradePrevention

# Far beyond the 2**53 where a float would lose a digit.
NANOS = st.integers(-(10**30), 10**30)
TICKS_NANOS = st.integers(0, 12).flatmap(lambda zeros: st.sampled_from([n * 10**zeros for n in (1, 2, 5, 25)]))


def test_a_unit_has_as_many_nanos_as_its_digits_say() -> None:
    assert NANOS_PER_UNIT == 10**NANOS_DIGITS


@given(NANOS, st.integers(0, NANOS_DIGITS))
def test_nanos_text_is_exactly_the_amount(nanos: int, decimals: int) -> None:
    text = nanos_text(nanos, decimals)
    assert Decimal(text) == Decimal(nanos).scaleb(-NANOS_DIGITS, Context(prec=60))
    assert "E" not in text.upper()


@given(NANOS, st.integers(0, NANOS_DIGITS))
def test_nanos_text_has_the_places_asked_for_and_only_more_where_they_are_needed(
    nanos: int, decimals: int
) -> None:
    places = len(nanos_text(nanos, decimals).partition(".")[2])
    assert places >= decimals
    assert places == decimals or nanos % 10 ** (NANOS_DIGITS - places + 1) != 0


@pytest.mark.parametrize(
    ("nanos", "decimals", "text"),
    [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (1, 0, "0.000000001"),
        (-1, 0, "-0.000000001"),
        (-500_000_000, 0, "-0.5"),
        (101_250_000_000, 0, "101.25"),
        (101_000_000_000, 2, "101.00"),
        (100_000_000_000, 0, "100"),
        (101_255_000_000, 2, "101.255"),
    ],
)
def test_nanos_text_of(nanos: int, decimals: int, text: str) -> None:
    assert nanos_text(nanos, decimals) == text


@pytest.mark.parametrize(
    ("tick_size_nanos", "decimals"),
    [
        (10_000_000, 2),
        (250_000_000, 2),
        (500_000_000, 1),
        (1_000_000_000, 0),
        (5_000_000_000, 0),
        (1, 9),
        (125_000, 6),
    ],
)
def test_tick_decimals_are_the_places_of_the_tick(tick_size_nanos: int, decimals: int) -> None:
    assert Instrument("ACME", tick_size_nanos).tick_decimals == decimals


@pytest.mark.parametrize(
    ("tick_size_nanos", "price", "text"),
    [
        (10_000_000, 10_125, "101.25"),
        (10_000_000, 10_100, "101.00"),
        (10_000_000, 1, "0.01"),
        (250_000_000, 7, "1.75"),
        (1_000_000_000, 42, "42"),
        (1, 1, "0.000000001"),
    ],
)
def test_price_text_of(tick_size_nanos: int, price: int, text: str) -> None:
    assert Instrument("ACME", tick_size_nanos).price_text(price) == text


@given(TICKS_NANOS, st.integers(1, 10**15))
def test_price_text_is_exact_with_the_places_of_the_tick(tick_size_nanos: int, price: int) -> None:
    instrument = Instrument("ACME", tick_size_nanos)
    text = instrument.price_text(price)
    assert Decimal(text).scaleb(NANOS_DIGITS) == price * tick_size_nanos
    assert len(text.partition(".")[2]) == instrument.tick_decimals


@given(TICKS_NANOS, st.integers(-(10**24), 10**24))
def test_amount_text_is_exact_and_keeps_its_sign(tick_size_nanos: int, amount: int) -> None:
    text = Instrument("ACME", tick_size_nanos).amount_text(amount)
    assert Decimal(text).scaleb(NANOS_DIGITS) == amount
    assert text.startswith("-") == (amount < 0)


def test_the_default_instrument_has_a_cent_tick_a_lot_of_one_no_band_and_no_prevention() -> None:
    instrument = Instrument("ACME")
    assert (instrument.price_text(1), instrument.lot_size, instrument.min_quantity) == ("0.01", 1, 1)
    assert instrument.price_band_ppm is None
    assert instrument.self_trade_prevention is SelfTradePrevention.NONE
