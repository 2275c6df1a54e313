"""`exchange backtest`: a bot's file among simulated traders and in recorded flow, and the day it keeps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, RowType, row_line
from exchange.networking.tcp_client import ExchangeClient
from tests.support.processes import RunningEngine
from tests.support.project import ROOT

WAIT_S = 300.0
MAKER = str(ROOT / "exchange" / "examples" / "market_maker.py")
FEW = ("--mix", "zi:12,mm:1", "--hours", "0.02")

FAILING = """
from exchange.networking.tcp_client import Bot

class Failing(Bot):
    def on_start(self):
        raise ZeroDivisionError("so it goes")
"""


def exchange(*words: str) -> tuple[int, str, str]:
    """Exit code, output and complaints."""
    command = [sys.executable, "-m", "exchange", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, cwd=ROOT, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_same_seed_keeps_the_same_day_which_is_sound(tmp_path: Path) -> None:
    reports, ledgers = [], []
    for name in ("one", "two"):
        day = tmp_path / name
        code, output, complaints = exchange("backtest", MAKER, "--market", "7", *FEW, "--data-dir", str(day))
        assert (code, complaints) == (0, "")
        reports.append(output.replace(str(day), "DAY"))
        ledgers.append((day / "trades" / "trades.jsonl").read_bytes())
    assert reports[0] == reports[1]
    assert ledgers[0] == ledgers[1]
    assert ledgers[0]
    assert reports[0].startswith("bot ") and "InventoryMaker as inventorymaker" in reports[0]
    assert exchange("verify", "--data-dir", str(tmp_path / "one"))[0] == 0


def test_an_engine_goes_on_with_the_day(tmp_path: Path) -> None:
    day = tmp_path / "day"
    assert exchange("backtest", MAKER, "--market", "7", *FEW, "--data-dir", str(day))[0] == 0
    with RunningEngine(day) as engine, ExchangeClient.connect(port=engine.port) as client:
        client.login("mm-1")
        assert client.positions()
        assert list(client.fills())


def test_recorded_flow_is_a_market(tmp_path: Path) -> None:
    flow = tmp_path / "flow.csv"
    second_ns = 10**9
    rows = [
        Row(RowType.NEW, 1, 100, 999_800, Side.BUY, 0),
        Row(RowType.NEW, 2, 100, 1_000_400, Side.SELL, 0),
        Row(RowType.EXECUTION, 1, 50, 999_800, Side.BUY, 5 * second_ns),
    ]
    flow.write_text("".join(map(row_line, rows)), "ascii")
    code, output, complaints = exchange("backtest", MAKER, "--market", str(flow), "--param", "half_spread_ticks=1")
    assert (code, complaints) == (0, "")
    # The maker stands before the order of history, whose execution meets it.
    assert "0 of 1 executions" in output
    assert "position ACME" in output


def test_traders_of_a_mix_trade_in_recorded_flow(tmp_path: Path) -> None:
    flow, day = tmp_path / "flow.csv", tmp_path / "day"
    rows = [
        Row(RowType.NEW, 1, 100, 999_800, Side.BUY, 0),
        Row(RowType.NEW, 2, 100, 1_000_400, Side.SELL, 0),
        Row(RowType.NEW, 3, 1, 900_000, Side.BUY, 60 * 10**9),
    ]
    flow.write_text("".join(map(row_line, rows)), "ascii")
    wish = ("backtest", MAKER, "--market", str(flow), "--mix", "zi:5,mm:1", "--data-dir", str(day))
    code, _, complaints = exchange(*wish)
    assert (code, complaints) == (0, "")
    journal = b"".join(path.read_bytes() for path in sorted(day.rglob("*")) if path.is_file())
    assert b"zi-5" in journal and b"mm-1" in journal and b"history" in journal


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("none.py",), 2, "none.py: there is no such file"),
        ((MAKER, "--market", "none.csv"), 2, "none.csv: can't be read: No such file or directory"),
        ((MAKER, "--user", "a b", *FEW), 2, "user 'a b' must be 1 to 32 characters"),
        ((MAKER, "--symbol", "x"), 2, "argument --symbol: symbol 'x' must be 1 to 16 characters of A-Z 0-9 . _ -"),
        ((MAKER, "--data-dir", __file__), 2, f"--data-dir: {__file__}: is a file; it must be a directory"),
        ((MAKER, "--hours", "1", "--days", "1"), 2, "not allowed with argument"),
    ],
)
def test_what_can_not_start_says_why(words: tuple[str, ...], code: int, told: str) -> None:
    found = exchange("backtest", *words)
    assert (found[0], told in found[2]) == (code, True), found


def test_a_bot_that_fails_is_told_of_and_the_exit_code_says_so(tmp_path: Path) -> None:
    file = tmp_path / "failing.py"
    file.write_text(FAILING, "utf-8")
    code, output, _ = exchange("backtest", str(file), *FEW)
    assert code == 1
    assert "on_start failed at" in output and "so it goes" in output
