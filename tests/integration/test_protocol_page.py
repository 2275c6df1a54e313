"""The page a stranger writes a client from is true: every example on it is played to a new exchange.

How a line of an example reads:

    name → {…}      `name` sends this; a name that has no connection connects first
    name → (leaves)     `name` closes its connection
    name ← {…}      the next line that `name` receives, field by field in this order
    name ← (closed)     the exchange has closed the connection of `name`; heartbeats before it don't matter
    everybody ← …       the same for all who have a connection
    (the exchange is stopped), (the exchange is started again)
    (the exchange is started again with […])    with this file of instruments
    operator → {…}, operator ← {…}    a wish on the operator's socket, and its answer

`…` matches anything in what is received; in what is sent it stands for the token that `name` was given.
"""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import pytest

from exchange.engine.words import CancelReason, RejectCode
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.request_forms import FORMS
from exchange.storage.places import operator_socket_path
from tests.support.in_process import WAIT_S
from tests.support.processes import RunningEngine
from tests.support.project import ROOT
from tests.support.raw_client import RawClient

PAGE = ROOT / "exchange" / "networking" / "PROTOCOL.md"
_EXAMPLES = re.compile(r"^```\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_STEP = re.compile(r"(?P<name>\w+) (?P<way>[→←]) (?P<content>.*)")


def steps() -> Iterator[str]:
    """The lines of all examples, continued lines joined."""
    for example in _EXAMPLES.findall(PAGE.read_text()):
        yield from re.sub(r"\n +", "", example).splitlines()


class LineClient(RawClient):
    """Sees how a line is written, not only what it says."""

    def next_text(self) -> str:
        """The next line without its newline; empty at the end of the connection."""
        return self._lines.readline().decode().rstrip("\n")


class Players:
    """Everybody the examples speak of, each with a connection while they have one."""

    def __init__(self, data_directory: Path) -> None:
        self._data_directory = data_directory
        self._engine = RunningEngine(data_directory)
        self._clients: dict[str, LineClient] = {}
        self._tokens: dict[str, str] = {}
        self._answers: list[str] = []

    def stop(self) -> None:
        """Stop the exchange as an operator does."""
        self._engine.send_signal(signal.SIGTERM)
        assert self._engine.end() == (0, "", "")

    def start(self, instruments: Optional[str] = None) -> None:
        """Start the exchange again, on the same data, perhaps with other instruments."""
        options: list[str] = []
        if instruments is not None:
            path = self._data_directory.parent / "instruments.json"
            path.write_text(instruments)
            options = ["--instruments", str(path)]
        self._engine = RunningEngine(self._data_directory, *options)

    def operate(self, wish: str) -> None:
        """The operator asks for something, and hears what comes of it."""
        with socket.socket(socket.AF_UNIX) as operator:
            operator.settimeout(WAIT_S)
            operator.connect(str(operator_socket_path(self._data_directory)))
            operator.sendall(wish.encode() + b"\n")
            with operator.makefile("rb") as answers:
                self._answers.append(answers.readline().decode().rstrip("\n"))

    def send(self, name: str, content: str) -> None:
        """`name` sends a line, or leaves."""
        if name == "operator":
            self.operate(content)
            return
        if content == "(leaves)":
            self._clients.pop(name).close()
            return
        if name not in self._clients:
            self._clients[name] = LineClient(self._engine.port)
        self._clients[name].send(content.replace("…", self._tokens.get(name, "…")).encode())

    def receive(self, name: str, expected: str) -> None:
        """The next line that `name` receives is as expected."""
        for each in list(self._clients) if name == "everybody" else [name]:
            if expected == "(closed)":
                self._expect_end(each)
            else:
                self._expect_line(each, expected)

    def _expect_line(self, name: str, expected: str) -> None:
        line = self._answers.pop(0) if name == "operator" else self._clients[name].next_text()
        pattern = ".+".join(re.escape(part) for part in expected.split("…"))
        assert re.fullmatch(pattern, line), f"{name} ← {line}\n  the page says {expected}"
        self._tokens[name] = json.loads(line).get("token", self._tokens.get(name, "…"))

    def _expect_end(self, name: str) -> None:
        with self._clients.pop(name) as client:
            assert [message for message in client.remainder() if message != {"type": "heartbeat"}] == []

    def expect_silence(self) -> None:
        """Nobody has received more than the page says."""
        for client in self._clients.values():
            assert client.heard() == []

    def close(self) -> None:
        """Everybody leaves; the exchange is killed."""
        for client in self._clients.values():
            client.close()
        self._engine.__exit__(None, None, None)


def play(step: str, players: Players) -> None:
    """Have one line of an example happen."""
    if step == "(the exchange is stopped)":
        players.stop()
    elif step == "(the exchange is started again)":
        players.start()
    elif step.startswith("(the exchange is started again with "):
        players.start(step.removeprefix("(the exchange is started again with ").removesuffix(")"))
    else:
        match = _STEP.fullmatch(step)
        assert match is not None, f"neither sent nor received: {step}"
        name, way, content = match.groups()
        if way == "→":
            players.send(name, content)
        else:
            players.receive(name, content)


def test_every_example_on_the_page_is_what_the_exchange_does(tmp_path: Path) -> None:
    players = Players(tmp_path / "data")
    try:
        for step in steps():
            play(step, players)
        players.expect_silence()
    finally:
        players.close()


def words_of(page: str) -> set[str]:
    """Everything that the page sets in code."""
    return {word for code in re.findall(r"`([^`\n]+)`", page) for word in re.findall(r"[A-Za-z_]+", code)}


def words_of_the_wire() -> list[str]:
    """Every request, field, code and reason that the exchange knows."""
    requests = {word for kind, form in FORMS.items() for word in (kind, *form.checkers)}
    return [each.value for each in (*RejectCode, *WireCode, *CancelReason)] + sorted(requests)


@pytest.mark.parametrize("word", words_of_the_wire())
def test_every_request_field_code_and_reason_is_on_the_page(word: str) -> None:
    assert word in words_of(PAGE.read_text())
