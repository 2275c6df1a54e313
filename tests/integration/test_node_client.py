"""A client in another language, written from the protocol's page alone, trades with one of our own."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import stat
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.networking.tcp_client import ExchangeClient
from tests.support.processes import WAIT_S, Program, RunningEngine
from tests.support.project import ROOT

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs node (Node.js), which is not installed")


class NodeClient(Program):
    """The client in JavaScript."""

    def __init__(self, port: int, state: Path, *options: str) -> None:
        assert NODE is not None
        script = ROOT / "scripts" / "clients" / "client.mjs"
        self._process = subprocess.Popen(
            [NODE, str(script), "--port", str(port), "--user", "nora", "--state", str(state), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._output = b""

    def leave(self) -> None:
        """As a person ends it."""
        self.send_signal(signal.SIGINT)
        self.see("the connection is closed")
        assert self.wait() == (0, "")


def test_it_claims_its_name_sees_the_book_and_is_filled(tmp_path: Path) -> None:
    state = tmp_path / "nora.json"
    with RunningEngine(tmp_path / "data") as engine:
        with (
            ExchangeClient.connect(port=engine.port) as counterparty,
            NodeClient(engine.port, state, "--order", "BUY,10,101.25") as node,
        ):
            counterparty.login("bob")
            assert node.see("logged in").endswith("as nora, next event 1")
            node.see("accepted: order 1")
            node.see("book: bid 10 @ 101.25 | ask -")
            counterparty.sell(4, Decimal("101.25"))
            assert node.see("filled") == "filled: BUY 4 @ 101.25, 6 remaining, PARTIALLY_FILLED"
            node.see("book: bid 6 @ 101.25 | ask -")
            counterparty.sell(9, Decimal("101.00"))
            assert node.see("filled") == "filled: BUY 6 @ 101.25, 0 remaining, FILLED"
            node.see("book: bid - | ask 3 @ 101")
            node.leave()
        assert stat.S_IMODE(state.stat().st_mode) == 0o600
        assert json.loads(state.read_text())["seq"] == 3


def test_it_comes_back_with_its_token_and_hears_what_it_missed(tmp_path: Path) -> None:
    state = tmp_path / "nora.json"
    with RunningEngine(tmp_path / "data") as engine:
        with NodeClient(engine.port, state, "--order", "SELL,5,99.50") as node:
            node.see("accepted: order 1")
            node.leave()
        with ExchangeClient.connect(port=engine.port) as counterparty:
            counterparty.login("bob")
            counterparty.buy(5, Decimal("99.50"))
        with NodeClient(engine.port, state) as node:
            assert node.see("logged in").endswith("as nora, next event 3")
            assert node.see("filled") == "filled: SELL 5 @ 99.5, 0 remaining, FILLED"
            node.leave()
        with NodeClient(engine.port, state) as node:
            node.see("book: bid - | ask -")
            node.leave()
        assert json.loads(state.read_text())["seq"] == 2


def run_node(*options: str) -> subprocess.CompletedProcess[str]:
    assert NODE is not None
    script = str(ROOT / "scripts" / "clients" / "client.mjs")
    return subprocess.run([NODE, script, *options], capture_output=True, text=True, timeout=WAIT_S)


def test_help_names_every_option() -> None:
    ended = run_node("--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    for option in ("--user", "--state", "--host", "--port", "--symbol", "--order"):
        assert option in ended.stdout


def test_an_absent_engine_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    for host in ("127.0.0.1", "localhost"):
        where = ("--host", host, "--port", port, "--state", str(tmp_path / "nora.json"))
        ended = run_node("--user", "nora", *where)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
        assert f"cannot reach an exchange at {host}:{port}: " in ended.stderr
        assert "ECONNREFUSED" in ended.stderr


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], "--user and --state"),
        (["--nonsense"], "--nonsense"),
        (["--user", "nora", "--state", "s", "--port", "70000"], "port '70000'"),
        (["--user", "nora", "--state", "s", "--port", "abc"], "port 'abc'"),
        (["--user", "nora", "--state", "s", "--order", "BUY,x"], "order 'BUY,x'"),
        (["--user", "nora", "--state", __file__], "is not what this client keeps"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_2(options: list[str], named: str) -> None:
    ended = run_node(*options)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert named in ended.stderr


def test_without_the_token_it_is_refused_and_says_so(tmp_path: Path) -> None:
    with RunningEngine(tmp_path / "data") as engine:
        with ExchangeClient.connect(port=engine.port) as other:
            other.login("nora")
        with NodeClient(engine.port, tmp_path / "nora.json") as node:
            node.see("login_rejected: BAD_TOKEN")
            node.see("the connection is closed")
            assert node.wait() == (1, "")
