"""The last trades read back from the ledger: as they were written, each instrument's last ones, in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.instrument import Instrument, PriceTextsBySymbol
from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.storage.ledger_reader import last_trades
from exchange.storage.trade_writer import trade_line

INSTRUMENTS = {
    "ACME": Instrument("ACME"),
    "NANO": Instrument("NANO", tick_size_nanos=1),
    "BIG": Instrument("BIG", tick_size_nanos=100 * 10**9),
}


def written(path: Path, trades: list[Trade]) -> Path:
    """A ledger of these trades."""
    texts = PriceTextsBySymbol(INSTRUMENTS.__getitem__)
    path.write_text("".join(trade_line(trade, texts) for trade in trades))
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trades") / "trades.jsonl"


trade_values = st.tuples(
    st.sampled_from(sorted(INSTRUMENTS)), st.integers(1, 10**9), st.integers(1, 10**9), st.sampled_from(Side)
)


@given(st.lists(trade_values, max_size=40), st.integers(0, 12), st.sets(st.sampled_from(sorted(INSTRUMENTS))))
def test_each_instruments_last_trades_are_read_back_as_they_were(
    path: Path, values: list[tuple[str, int, int, Side]], count: int, symbols: set[str]
) -> None:
    trades = [
        Trade(number, symbol, price, quantity, 2 * number, 2 * number - 1, "alice", "b-1", side, 10**18 + number)
        for number, (symbol, price, quantity, side) in enumerate(values, 1)
    ]
    found = last_trades(written(path, trades), INSTRUMENTS.__getitem__, symbols, count)
    wanted: list[Trade] = []
    for symbol in symbols:
        of_symbol = [trade for trade in trades if trade.symbol == symbol]
        wanted += of_symbol[len(of_symbol) - min(count, len(of_symbol)) :]
    assert found == sorted(wanted)


def test_no_more_is_read_than_is_allowed_however_rare_an_instrument_is(tmp_path: Path) -> None:
    trades = [Trade(number, "ACME", 1, 1, 1, 2, "a", "b", Side.BUY, 1) for number in range(2, 100)]
    rare = Trade(1, "BIG", 1, 1, 1, 2, "a", "b", Side.BUY, 1)
    ledger = written(tmp_path / "trades.jsonl", [rare, *trades])
    assert last_trades(ledger, INSTRUMENTS.__getitem__, ["BIG"], 5, lines_read_max=98) == []
    assert last_trades(ledger, INSTRUMENTS.__getitem__, ["BIG"], 5, lines_read_max=99) == [rare]


def test_where_no_ledger_is_there_were_no_trades(tmp_path: Path) -> None:
    assert last_trades(tmp_path / "trades.jsonl", INSTRUMENTS.__getitem__, ["ACME"], 5) == []
