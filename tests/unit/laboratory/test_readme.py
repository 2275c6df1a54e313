"""What the laboratory's README shows does what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from exchange.cli.loading import prepared
from exchange.laboratory.hand_driven import HandDrivenExchange
from exchange.laboratory.telling.book_picture import BookPicture
from tests.support.project import ROOT

PAGE = (ROOT / "exchange" / "laboratory" / "README.md").read_text("utf-8")
BLOCKS: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def block(words: str) -> str:
    """The piece of code in which these words are."""
    [found] = [each for each in BLOCKS if words in each]
    return found


def test_the_test_of_ones_own_passes() -> None:
    names: dict[str, Any] = {}
    exec(block("def test_"), names)
    [test] = [value for name, value in names.items() if name.startswith("test_")]
    exchange = HandDrivenExchange()
    test(exchange)
    assert [trade.quantity for trade in exchange.trades] == [10]


def test_a_recorded_day_is_opened_and_its_book_pictured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = str(ROOT / "exchange" / "examples" / "market_maker.py")
    backtest = prepared("backtest", "exchange backtest")
    monkeypatch.chdir(tmp_path)
    assert backtest([maker, "--market", "7", "--mix", "zi:5", "--hours", "0.01", "--data-dir", "data"]) == 0
    names: dict[str, Any] = {}
    exec(block("History.open"), names)
    assert isinstance(names["book"], BookPicture)
    assert 0 < names["moment"].sequence < names["day"].last


def test_the_episode_of_the_gym_earns_and_is_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gymnasium", reason="gymnasium is not installed: pip install 'exchange-simulator[gym]'")
    told = []
    for _ in range(2):
        names: dict[str, Any] = {}
        exec(block("ExchangeEnv"), names)
        told.append(capsys.readouterr().out)
    assert re.fullmatch(r"-?[0-9]+ -?[0-9.e-]+ -?[0-9.]+\n", told[0])
    assert told[0] == told[1] and names["earned"] != 0
