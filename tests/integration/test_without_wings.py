"""The core stands alone: with every wing deleted the engine starts, and who has only a socket trades."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.cli.compiled_engine import PURE, VARIABLE
from tests.support.project import ROOT
from tests.support.raw_client import Message, RawClient
from tests.support.started_process import started_process

# The rooms of the core, and the command's own, which is on top of all and loads what it is asked for; every other
# folder of `exchange/` is a wing, and so is all of `tui/`.
CORE = ("engine", "networking", "storage", "utils", "cli")
WAIT_S = 20.0


@pytest.fixture
def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project in which there is nothing but the core, the command and the script that starts it."""
    monkeypatch.setenv(VARIABLE, PURE)  # Of the copy nothing is compiled.
    house = tmp_path / "exchange"
    house.mkdir()
    for module in (ROOT / "exchange").glob("*.py"):
        shutil.copy(module, house)
    for room in CORE:
        shutil.copytree(ROOT / "exchange" / room, house / room, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "start_engine.py", tmp_path / "scripts")
    return tmp_path


@pytest.fixture
def port(core: Path) -> Iterator[int]:
    """The port of an engine that runs from the copy, on a Python that sees no package but the standard library."""
    script = str(core / "scripts" / "start_engine.py")
    command = [sys.executable, "-I", "-S", script, "--port", "0", "--data-dir", str(core / "data")]
    with started_process(command, stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        yield int(engine.stdout.readline().rpartition(":")[2])
        engine.terminate()
        assert engine.wait(WAIT_S) == 0


def order(name: str, side: str) -> Message:
    """An order for 5 at 10.00."""
    terms = {"side": side, "order_type": "LIMIT", "quantity": 5, "price": 10}
    return {"type": "new_order", "client_order_id": name, **terms}


def test_without_any_wing_the_engine_starts_and_a_raw_socket_trades(port: int) -> None:
    with RawClient(port) as alice, RawClient(port) as bob:
        alice.login("alice")
        bob.login("bob")
        alice.ask(order("a-1", "SELL"))
        accepted, executed = bob.ask(order("b-1", "BUY"))
        assert accepted["type"] == "order_accepted"
        assert (executed["trade_id"], executed["quantity"], executed["status"]) == (1, 5, "FILLED")
        (told,) = alice.ask()
        assert (told["type"], told["liquidity"]) == ("order_executed", "MAKER")


def test_without_the_wings_the_command_names_what_is_missing_and_offers_the_rest(core: Path) -> None:
    def told(*words: str) -> subprocess.CompletedProcess[str]:
        run = "import sys; sys.path.insert(0, '.'); from exchange.cli.main import main; sys.exit(main())"
        command = [sys.executable, "-I", "-S", "-c", run, *words]
        return subprocess.run(command, cwd=core, capture_output=True, text=True, timeout=WAIT_S, check=False)

    refused = told("trade", "--help")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "exchange trade: trade needs the module tui, which is not installed\n"
    assert told("verify", "--help").returncode == 0
    assert "\n  trade " in told("--help").stdout
    completion = told("completion", "bash")
    assert (completion.returncode, completion.stderr) == (0, "")
    assert "'engine|--durability') echo 'words fsync os'" in completion.stdout
    assert "\ntrade trade by hand" in completion.stdout and "'trade|" not in completion.stdout
