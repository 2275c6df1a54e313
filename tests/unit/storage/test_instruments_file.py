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

from exchange.engine.instrument import Instrument, Schedule, nanos_text
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
        "price_band_percent":7.5,"self_trade_prevention":"CANCEL_BOTH","reference_price":40.5,"halt_percent":7.5001,
        "halt_s":30,"call_s":20,"call_every_ms":100,"maker_fee_bps":-0.25,"taker_fee_bps":1.5,
        "schedule":{"open":"09:00:00","close":"17:30:15","opening_call_s":600,"closing_call_s":0,"random_end_s":30}}]"""
    schedule = Schedule(9 * 3_600, 17 * 3_600 + 30 * 60 + 15, 600, 0, 30)
    assert read_text(tmp_path, text) == [
        Instrument(
            "B.2_-", 250_000_000, 10, 20, 500, 75_000, SelfTradePrevention.CANCEL_BOTH, 40_500_000_000, 75_001,
            30, 20, 100, -2_500, 15_000, schedule,
        )
    ]  # fmt: skip


NOT_ASKED_FOR = (
    "price_band_percent", "reference_price", "halt_percent", "call_every_ms", "maker_fee_bps", "taker_fee_bps",
    "schedule",
)  # fmt: skip


@pytest.mark.parametrize("field", NOT_ASKED_FOR)
def test_null_asks_for_no_such_rule(tmp_path: Path, field: str) -> None:
    assert read_text(tmp_path, json.dumps([{"symbol": "ACME", field: None}])) == [Instrument("ACME")]


@given(ten_thousandths=st.integers(1, 1_000_000))
def test_a_percentage_of_at_most_four_decimals_is_exact(
    tmp_path_factory: pytest.TempPathFactory, ten_thousandths: int
) -> None:
    percent = Decimal(ten_thousandths) / 10_000
    text = f'[{{"symbol":"ACME","price_band_percent":{percent:f}}}]'
    assert read_text(tmp_path_factory.mktemp("file"), text)[0].price_band_ppm == ten_thousandths


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
    ("price_band_percent", [0, -1, 100.1, 2.50001, "10", False]),
    ("halt_percent", [0, -1, 101, 0.12345, "10", True]),
    ("maker_fee_bps", [-10_001, 10_001, 0.12345, "1", True]),
    ("taker_fee_bps", [1e9, "1", []]),
    ("reference_price", [0, -1, 100.001, "100", True]),
    ("halt_s", [0, -1, 1.5, 86_401, None]),
    ("call_s", [0, "60", 86_401]),
    ("call_every_ms", [0, 0.5, 86_400_001, True]),
    ("schedule", [[], "09:00", 9, True]),
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


DAY = {"open": "09:00:00", "close": "17:30:00"}


def test_a_schedule_without_its_end_says_what_is_missing(tmp_path: Path) -> None:
    entries = [{"symbol": "ACME", "schedule": {"open": "09:00:00"}}]
    assert "schedule: close is missing" in refusal(tmp_path, json.dumps(entries))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"open": "9:00:00"}, 'open "9:00:00" of schedule is not a time like 09:00:00'),
        ({"open": "24:00:00"}, 'open "24:00:00" of schedule'),
        ({"close": None}, "close null of schedule"),
        ({"close": "09:00:00"}, "close 09:00:00 is not later than open 09:00:00"),
        (
            {"close": "09:00:30", "random_end_s": 30},
            "close 09:00:30 is not later than open 09:00:00 and random_end_s 30",
        ),
        ({"opening_call_s": -1}, "opening_call_s -1 is not an integer from 0 to 86400"),
        ({"closing_call_s": 1.5}, "closing_call_s"),
        ({"close": "23:59:00", "opening_call_s": 20_000, "closing_call_s": 20_000}, "is longer than a day"),
        ({"lunch": "12:00:00"}, 'unknown field "lunch" of schedule'),
    ],
)
def test_a_schedule_that_is_no_day_is_refused_with_its_reason(
    tmp_path: Path, changed: dict[str, Any], words: str
) -> None:
    assert words in refusal(tmp_path, json.dumps([{"symbol": "ACME", "schedule": {**DAY, **changed}}]))


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
        (
            '[{"symbol":"A","price_band_percent":10,"halt_percent":9.5}]',
            "halt_percent 9.5 is not greater than price_band_percent 10: ",
        ),
        ('[{"symbol":"A","price_band_percent":1e-999999999}]', "price_band_percent"),
        ('[{"symbol":"A","tick_size":0.25,"reference_price":100.1}]', "reference_price"),
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
