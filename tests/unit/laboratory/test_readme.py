"""What the laboratory's README shows does what it says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from exchange.examples.market_maker import InventoryMaker
from exchange.laboratory.hand_driven import HandDrivenExchange
from exchange.laboratory.testing import tidied
from tests.support.project import ROOT

PAGE = (ROOT / "exchange" / "laboratory" / "README.md").read_text("utf-8")
BLOCKS: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def block(words: str) -> str:
    """The piece of code in which these words are."""
    [found] = [each for each in BLOCKS if words in each]
    return found


def test_the_test_of_ones_own_passes() -> None:
    names: dict[str, Any] = {"InventoryMaker": InventoryMaker, "tidied": tidied}
    exec(block("def test_"), names)
    [test] = [value for name, value in names.items() if name.startswith("test_")]
    exchange = HandDrivenExchange()
    test(exchange)
    assert [trade.quantity for trade in exchange.trades] == [10]


def test_the_episode_of_the_gym_earns_and_is_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gymnasium", reason="gymnasium is not installed: pip install 'exchange-simulator[gym]'")
    told = []
    for _ in range(2):
        names: dict[str, Any] = {}
        exec(block("ExchangeEnv"), names)
        told.append(capsys.readouterr().out)
    assert re.fullmatch(r"-?[0-9]+ -?[0-9.e-]+ -?[0-9.]+\n", told[0])
    assert told[0] == told[1] and names["earned"] != 0
