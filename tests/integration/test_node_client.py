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
from tests.support.canned_engine import CannedEngine, Request
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

    def leave(self) -> str:
        """As a person ends it; returns what it complained of."""
        self.send_signal(signal.SIGINT)
        self.see("the connection is closed")
        status, complaints = self.wait()
        assert status == 0
        return complaints


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
            assert node.leave() == ""
        assert stat.S_IMODE(state.stat().st_mode) == 0o600
        assert json.loads(state.read_text())["seq"] == 3


def test_it_comes_back_with_its_token_and_hears_what_it_missed(tmp_path: Path) -> None:
    state = tmp_path / "nora.json"
    with RunningEngine(tmp_path / "data") as engine:
        with NodeClient(engine.port, state, "--order", "SELL,5,99.50") as node:
            node.see("accepted: order 1")
            assert node.leave() == ""
        with ExchangeClient.connect(port=engine.port) as counterparty:
            counterparty.login("bob")
            counterparty.buy(5, Decimal("99.50"))
        with NodeClient(engine.port, state) as node:
            assert node.see("logged in").endswith("as nora, next event 3")
            assert node.see("filled") == "filled: SELL 5 @ 99.5, 0 remaining, FILLED"
            assert node.leave() == ""
        with NodeClient(engine.port, state) as node:
            node.see("book: bid - | ask -")
            assert node.leave() == ""
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


def test_an_engine_put_back_from_an_older_copy_is_logged_in_to_afresh_and_said_so(tmp_path: Path) -> None:
    state = tmp_path / "nora.json"
    with RunningEngine(tmp_path / "data") as engine:
        with NodeClient(engine.port, state, "--order", "BUY,1,100") as node:
            node.see("accepted: order 1")
            assert node.leave() == ""
        kept = json.loads(state.read_text())
        state.write_text(json.dumps(kept | {"seq": 70}))
        with NodeClient(engine.port, state, "--order", "BUY,1,100") as node:
            assert node.see("logged in").endswith("as nora, next event 2")
            node.see("accepted: order 2")
            complaints = node.leave()
        assert complaints.count("\n") == 1
        assert "the exchange knows 1 events of nora, this side 70: it was put back" in complaints
        assert json.loads(state.read_text()) == kept | {"seq": 2}


def test_a_token_that_a_second_market_does_not_know_is_claimed_anew_and_both_are_kept(tmp_path: Path) -> None:
    state = tmp_path / "nora.json"
    with RunningEngine(tmp_path / "one") as first, RunningEngine(tmp_path / "two") as second:
        said = []
        for engine in (first, second, first, first):
            with NodeClient(engine.port, state, "--order", "BUY,1,100") as node:
                node.see("accepted: order")
                said.append(node.leave())
    assert [complaints.count("\n") for complaints in said] == [0, 1, 1, 0]
    assert "this exchange did not know nora: the name is claimed anew" in said[1]
    assert "this is another exchange than the last time: it knows nora by an earlier token" in said[2]
    kept = json.loads(state.read_text())
    assert (kept["seq"], len({kept["token"], *kept["others"]})) == (3, 2)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


def test_a_name_that_somebody_else_has_is_refused_for_its_token_which_is_kept(tmp_path: Path) -> None:
    state = tmp_path / "nora.json"
    state.write_text('{"seq": 3, "token": "another"}')
    with RunningEngine(tmp_path / "data") as engine:
        with ExchangeClient.connect(port=engine.port) as other:
            other.login("nora")
        with NodeClient(engine.port, state) as node:
            assert node.see("login_rejected: BAD_TOKEN").endswith("this is not the user's token")
            node.see("the connection is closed")
            assert node.wait() == (1, "")
    assert json.loads(state.read_text()) == {"seq": 3, "token": "another"}


HOSTILE = "\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\x9b31m\u202e\r\n\U000e0041"
SHOWN = r"\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\x9b31m\u202e\r\n\U000e0041"


@pytest.mark.parametrize("says", ["login_rejected", "instrument_status", "no JSON", "a list"])
def test_what_a_hostile_engine_says_reaches_the_terminal_only_escaped(tmp_path: Path, says: str) -> None:
    def answer(request: Request) -> list[str] | None:
        if request["type"] == "logout":
            return None
        fields = {"code": HOSTILE, "text": HOSTILE, "symbol": HOSTILE, "phase": HOSTILE}
        line = {"no JSON": HOSTILE.replace("\r\n", ""), "a list": '{"type":"book_snapshot","bids":"\u202e\x7f"}'}
        return [line.get(says, json.dumps({"type": says, **fields}))]

    with CannedEngine(answer) as engine:
        with NodeClient(engine.port, tmp_path / "nora.json") as node:
            if says == "instrument_status":
                told = node.see("is now")
                node.send_signal(signal.SIGINT)
            else:
                told = ""
            status, output, complaints = node.end()
    assert (status, "Error:" in complaints) == (0 if says == "instrument_status" else 1, False)
    assert all(line.isascii() and line.isprintable() for line in (told + output + complaints).split("\n"))
    shown = {"no JSON": SHOWN.replace(r"\r\n", ""), "a list": r"\u202e\x7f"}
    assert shown.get(says, SHOWN) in told + output + complaints


def test_what_is_shown_escaped_is_what_python_would_show(tmp_path: Path) -> None:
    ended = run_node("--user", "n", "--state", "s", "--port", HOSTILE + "\t\\é")
    assert (HOSTILE + "\t\\é").encode("unicode_escape").decode().replace("\\\\", "\\") in ended.stderr
