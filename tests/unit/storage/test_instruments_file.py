"""The instruments file: what it means, and one clear line for everything that it may not say."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from exchange.engine.instrument import Instrument, nanos_text
from exchange.engine.words import SelfTradePrevention
from exchange.storage.instruments_file import (
    InstrumentsFileError,
    instruments_from_symbols,
    read_instruments,
)
from tests.support.project import ROOT

SAMPLE = ROOT / "data" / "samples" / "instruments.json"


def read_text(directory: Path, text: str) -> list[Instrument]:
    path = directory / "instruments.json"
    path.write_text(text)
    return read_instruments(path)


def refusal(directory: Path, text: str) -> str:
    with pytest.raises(InstrumentsFileError) as raised:
        read_text(directory, text)
    message = str(raised.value)
    assert message.isprintable() and message.startswith(str(directory / "instruments.json"))
    return message


def test_only_the_symbol_is_required(tmp_path: Path) -> None:
    assert read_text(tmp_path, '[{"symbol":"ACME"}]') == [Instrument("ACME")]


def test_every_field_is_taken_over(tmp_path: Path) -> None:
    text = """[{"symbol":"B.2_-","tick_size":0.25,"lot_size":10,"min_quantity":20,"max_quantity":500,
        "price_band_percent":null,"self_trade_prevention":"CANCEL_BOTH"}]"""
    assert read_text(tmp_path, text) == [
        Instrument("B.2_-", 250_000_000, 10, 20, 500, None, SelfTradePrevention.CANCEL_BOTH)
    ]


def test_instruments_keep_the_order_of_the_file(tmp_path: Path) -> None:
    found = read_text(tmp_path, '[{"symbol":"Z"},{"symbol":"A"}]')
    assert [instrument.symbol for instrument in found] == ["Z", "A"]


def test_the_sample_is_valid_and_lists_two_instruments() -> None:
    assert len(read_instruments(SAMPLE)) == 2


@given(nanos=st.integers(1, 10**18), form=st.sampled_from(["plain", "scientific"]))
def test_a_tick_size_is_exact_however_it_is_written(
    tmp_path_factory: pytest.TempPathFactory, nanos: int, form: str
) -> None:
    text = nanos_text(nanos) if form == "plain" else f"{nanos}e-9"
    found = read_text(tmp_path_factory.mktemp("file"), f'[{{"symbol":"ACME","tick_size":{text}}}]')
    assert found[0].tick_size_nanos == nanos


@given(value=st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_a_tick_size_exactly_if_it_is_a_positive_multiple_of_a_nano(
    tmp_path_factory: pytest.TempPathFactory, value: Decimal
) -> None:
    assume(abs(value.adjusted()) < 50)
    directory = tmp_path_factory.mktemp("file")
    text = f'[{{"symbol":"ACME","tick_size":{value:f}}}]'
    numerator, denominator = value.as_integer_ratio()
    if 0 < value <= 10**9 and numerator * 10**9 % denominator == 0:
        assert read_text(directory, text)[0].tick_size_nanos == numerator * 10**9 // denominator
    else:
        assert "tick_size" in refusal(directory, text)


@given(lot_size=st.integers(1, 10**15))
def test_a_lot_size_alone_gives_limits_that_fit_it(
    tmp_path_factory: pytest.TempPathFactory, lot_size: int
) -> None:
    found = read_text(tmp_path_factory.mktemp("file"), f'[{{"symbol":"ACME","lot_size":{lot_size}}}]')[0]
    assert found.min_quantity == lot_size <= found.max_quantity <= max(lot_size, 10**9)
    assert found.max_quantity % lot_size == 0


REFUSED_VALUES: list[tuple[str, list[Any]]] = [
    ("symbol", ["", "acme", "A" * 17, "A B", "ÄCME", "ACME\n", 7, None, ["ACME"], True]),
    ("tick_size", [0, -1, 1e-10, "0.01", None, True, [], {}, 10**10]),
    ("lot_size", [0, -1, 1.0, "1", None, True, [], 10**16]),
    ("min_quantity", [0, -5, 1.5, "1", None, False]),
    ("max_quantity", [0, -5, 1e3, "1", None, True]),
    ("price_band_percent", [10, 0, 2.5, "10", False]),
    ("self_trade_prevention", ["none", "", None, 1, ["NONE"], True]),
    ("ticksize", [0.01]),
    ("tick_size_nanos", [10_000_000]),
]


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in REFUSED_VALUES for value in values]
)
def test_a_wrong_value_is_refused_by_entry_field_and_value(tmp_path: Path, field: str, value: Any) -> None:
    entry = {"symbol": "BETA", field: value}
    message = refusal(tmp_path, json.dumps([{"symbol": "ACME"}, entry]))
    assert re.search(r": entry 2( \(BETA\))?: ", message)
    assert field in message
    assert field.startswith("tick") or json.dumps(value)[:20].lower() in message.lower()


def test_a_price_band_is_refused_in_so_many_words(tmp_path: Path) -> None:
    message = refusal(tmp_path, '[{"symbol":"ACME","price_band_percent":10}]')
    assert message.endswith("price_band_percent 10: price bands are not offered by this version")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("{}", "must be a JSON list"),
        ("[]", "at least one instrument"),
        ('"ACME"', "must be a JSON list"),
        ("[7]", "entry 1: 7 is not an object"),
        ("[{}]", "entry 1: symbol is missing"),
        ('[{"symbol":"A","symbol":"B"}]', "'symbol' appears twice"),
        ('[{"symbol":"A"},{"symbol":"A"}]', "symbol A is listed twice"),
        ('[{"symbol":"A","tick_size":NaN}]', "NaN is not a JSON number"),
        ('[{"symbol":"A","tick_size":1e-999999999}]', "tick_size 1E-999999999 is not a number that is"),
        ('[{"symbol":"A","tick_size":0.0100000000000000000000000000000000001}]', "tick_size"),
        ('[{"symbol":"A","lot_size":10,"min_quantity":15}]', "min_quantity 15 is not a multiple of lot_size 10"),
        ('[{"symbol":"A","lot_size":10,"max_quantity":95}]', "max_quantity 95 is not a multiple of lot_size 10"),
        ('[{"symbol":"A","min_quantity":9,"max_quantity":8}]', "min_quantity 9 is greater than max_quantity 8"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_reason(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text).replace('"1E-999999999"', "1E-999999999")


def test_a_file_that_cannot_be_read_is_refused_with_the_systems_reason(tmp_path: Path) -> None:
    with pytest.raises(InstrumentsFileError, match="missing.json: No such file or directory"):
        read_instruments(tmp_path / "missing.json")
    with pytest.raises(InstrumentsFileError, match="Is a directory"):
        read_instruments(tmp_path)


def test_a_long_value_is_shown_in_part(tmp_path: Path) -> None:
    assert len(refusal(tmp_path, json.dumps([{"symbol": "x" * 10_000}]))) < 300 + len(str(tmp_path))


def test_symbols_on_the_command_line_become_default_instruments() -> None:
    assert instruments_from_symbols("ACME,B.2") == [Instrument("ACME"), Instrument("B.2")]


@pytest.mark.parametrize("symbols", ["", "ACME,", "acme", "A, B", "A,A", "A" * 17])
def test_symbols_that_cannot_be_listed_are_refused(symbols: str) -> None:
    with pytest.raises(InstrumentsFileError, match="^symbols "):
        instruments_from_symbols(symbols)
