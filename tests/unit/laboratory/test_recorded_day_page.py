"""What the laboratory's page shows of `explain` and `what-if` is what the commands say."""

from __future__ import annotations

import re

import pytest

from exchange.cli.loading import prepared
from tests.support.project import ROOT, SHARED_DATA

PAGE = ROOT / "exchange" / "laboratory" / "README.md"
FLOW = SHARED_DATA / "order_flow" / "aapl_2012-06-21.csv"


def shown() -> list[tuple[list[str], str]]:
    """Each command of the page, as words, and what is shown below it."""
    blocks = re.findall(r"```text\n\$ exchange ((?:explain|what-if) .*)\n((?:.*\n)*?)```", PAGE.read_text("utf-8"))
    return [(words.split(), output) for words, output in blocks]


def test_the_page_shows_both() -> None:
    assert [words[0] for words, _ in shown()] == ["explain", "what-if"]


@pytest.mark.skipif(not FLOW.exists(), reason=f"needs {FLOW}")
@pytest.mark.parametrize(("words", "output"), shown(), ids=["explain", "what-if"])
def test_what_the_page_shows_is_what_is_said(
    words: list[str], output: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FLOW.parent)
    assert prepared(words[0], f"exchange {words[0]}")(words[1:]) == 0
    assert capsys.readouterr().out == output
