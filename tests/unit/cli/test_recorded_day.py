"""`explain` and `what-if` as they are typed: a data directory, a file, names, JSON, and what can't be done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exchange.cli.loading import prepared
from exchange.cli.recorded_day import flow_symbol
from exchange.engine.commands import ListInstrument, NewOrder
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce
from tests.property.strategies import Stamped
from tests.support.kept_market import KeptMarket

FLOW = "1.5,1,77,20,1000000,1\n2.5,4,77,20,1000000,1\n"


def order(user: str, name: str, side: Side) -> NewOrder:
    return NewOrder(user, name, "ACME", Terms(side, OrderType.LIMIT, TimeInForce.GTC, 10**10, 5))


DAY: list[Stamped] = [
    (ListInstrument(Instrument("ACME")), 1),
    (order("ann", "a1", Side.BUY), 2),
    (order("bob", "b1", Side.SELL), 3),
]


@pytest.fixture
def data(tmp_path: Path) -> str:
    """What an engine has recorded that was killed."""
    market = KeptMarket(tmp_path / "data")
    market.run(DAY)
    market.kill()
    return str(tmp_path / "data")


def typed(*words: str) -> int:
    return prepared(words[0], f"exchange {words[0]}")(list(words[1:]))


def test_explain_tells_an_order_by_its_id_or_by_its_users_name(
    data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("explain", "1", "--data-dir", data) == 0
    by_id = capsys.readouterr().out
    assert typed("explain", "a1", "--user", "ann", "--data-dir", data) == 0
    assert capsys.readouterr().out == by_id
    assert by_id.startswith("order 1 (a1) of ann: BUY 5 at 10.00, LIMIT GTC, ACME")


def test_both_read_beside_a_running_engine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    market = KeptMarket(tmp_path)
    market.run(DAY)
    assert typed("explain", "2", "--data-dir", str(tmp_path)) == 0
    assert typed("what-if", "1", "--without", "--data-dir", str(tmp_path)) == 0
    assert "trades: 1 gone, 0 new, 0 changed" in capsys.readouterr().out
    market.stop()
    assert not market.failures


def test_what_if_takes_a_price_and_a_quantity(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("what-if", "1", "--price", "9.5", "--quantity", "7", "--data-dir", data) == 0
    assert "what if its price had been 9.5 and its quantity had been 7?" in capsys.readouterr().out


def test_json_is_one_document(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("explain", "1", "--json", "--data-dir", data) == 0
    assert json.loads(capsys.readouterr().out)["client_order_id"] == "a1"
    assert typed("what-if", "1", "--json", "--data-dir", data) == 0
    assert json.loads(capsys.readouterr().out)["trades"][0]["altered"] is None


def test_a_file_of_recorded_flow_is_a_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "flow.csv"
    file.write_text(FLOW, encoding="utf-8")
    assert typed("explain", "1", "--file", str(file), "--symbol", "ACME") == 0
    text = capsys.readouterr().out
    assert text.startswith("order 1 (77.1) of history: BUY 20 at 100.00, LIMIT GTC, ACME")
    assert "00:00:02.500000  command 3: it trades" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["explain", "9"], "exchange explain: order 9: not in the recorded day, commands 1 to 3"),
        (["what-if", "9"], "exchange what-if: order 9: not in the recorded day, commands 1 to 3"),
        (["explain", "zz", "--user", "ann"], "a refusal changes nothing, and is told to its user alone"),
        (["explain", "1", "--file", "nowhere.csv"], "exchange explain: nowhere.csv: can't be read"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(
    words: list[str], told: str, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(*words, "--data-dir", data) == 2
    captured = capsys.readouterr()
    assert told in captured.err and captured.err.count("\n") == 1 and not captured.out


def test_a_directory_without_a_record_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("explain", "1", "--data-dir", str(tmp_path)) == 2
    assert "nothing was recorded here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["explain", "a1"], "ORDER a1: must be an order id, or a client order id together with --user"),
        (["explain", "1", "--orders", "5"], "--orders: goes with --file"),
        (["what-if", "1", "--without", "--price", "5"], "--without: an order that does not come has neither"),
        (["what-if", "1", "--price", "-5"], "'-5': must be above 0"),
        (["what-if", "1", "--price", "nan"], "'nan': must be above 0"),
        (["what-if", "1", "--price", "1e999999"], "'1e999999': must be above 0 and at most 1000000000"),
        (["what-if", "9" * 20], "must be an order id"),
    ],
)
def test_options_that_mean_nothing_are_refused_before_a_day_is_read(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        typed(*words, "--data-dir", str(tmp_path))
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("aapl_2012-06-21.csv", "AAPL"),
        ("MSFT_2012-06-21_34200000_57600000_message_10.csv.gz", "MSFT"),
        ("flow.csv", "ACME"),
        ("2012-06-21.csv", "ACME"),
    ],
)
def test_recorded_flow_is_called_as_its_file_is(name: str, symbol: str) -> None:
    assert flow_symbol(None, Path("AMZN_2012-06-21", name)) == symbol
    assert flow_symbol("ZINC", Path(name)) == "ZINC"
