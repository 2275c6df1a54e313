"""The operator's way in: what it understands, who may use it, and what it survives."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.engine.commands import BlockUser, HaltInstrument, ResetUser, ResumeInstrument, UnblockUser
from exchange.networking.operator_channel import LINE_BYTES_MAX, OperatorChannel, command_of
from exchange.networking.protocol_fields import RefusedError
from exchange.networking.requests import ListEverything
from scripts.operate import ask
from tests.in_process import WAIT_S, InProcessExchange
from tests.raw_client import RawClient, kinds, limit


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ({"do": "list"}, ListEverything()),
        ({"do": "block", "user": "alice"}, BlockUser("alice")),
        ({"do": "unblock", "user": "alice"}, UnblockUser("alice")),
        ({"do": "reset", "user": "alice"}, ResetUser("alice")),
        ({"do": "halt", "symbol": "ACME"}, HaltInstrument("ACME")),
        ({"do": "resume", "symbol": "ACME"}, ResumeInstrument("ACME")),
    ],
)
def test_a_wish_is_understood(line: dict[str, str], wish: Any) -> None:
    understood = command_of(json.dumps(line).encode())
    assert (type(understood), understood) == (type(wish), wish)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"list",
        b"[]",
        b"{}",
        b'{"do":["block"]}',
        b'{"do":"shutdown"}',
        b'{"do":"list","user":"alice"}',
        b'{"do":"block"}',
        b'{"do":"block","symbol":"ACME"}',
        b'{"do":"block","user":"../../x"}',
        b'{"do":"block","user":"alice","why":"x"}',
        b'{"do":"halt","symbol":"acme"}',
        b'{"do":"block","user":"alice","user":"bob"}',
        b'{"type":"ping"}',
    ],
)
def test_what_is_no_wish_is_refused(line: bytes) -> None:
    with pytest.raises(RefusedError):
        command_of(line)


# --- the channel -----------------------------------------------------------------------------------------------


@pytest.fixture
def directory(exchange: InProcessExchange, tmp_path: Path) -> Iterator[Path]:
    """Where the operator finds the exchange."""
    channel = OperatorChannel(tmp_path / "operator.sock", exchange.put, exchange.failures.append)
    channel.start()
    yield tmp_path
    channel.stop()
    assert list(tmp_path.iterdir()) == []


def raw(directory: Path, data: bytes) -> list[dict[str, Any]]:
    """What comes back for these bytes."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(WAIT_S)
        sock.connect(str(directory / "operator.sock"))
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        with sock.makefile("rb") as lines:
            return [json.loads(line) for line in lines.readlines()]


def test_only_the_owner_may_use_the_socket(directory: Path) -> None:
    mode = (directory / "operator.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_a_user_is_seen_blocked_unblocked_and_reset(exchange: InProcessExchange, directory: Path) -> None:
    with RawClient(exchange.port) as alice:
        alice.login("alice")
        alice.ask(limit("1", "BUY", 1, 1), limit("2", "BUY", 1, 1))
        assert ask(directory, {"do": "list"}) == {
            "type": "everything",
            "users": [{"user": "alice", "live_orders": 2, "connections": 1, "blocked": False, "claimed": True}],
            "instruments": [{"symbol": "ACME", "phase": "CONTINUOUS"}],
        }
        blocked = ask(directory, {"do": "block", "user": "alice"})
        assert blocked == {"type": "user_blocked", "user": "alice", "canceled": 2}
        told = alice.heard()
        assert [(event["type"], event["reason"]) for event in told] == [("order_canceled", "ADMIN")] * 2
        (refused,) = alice.ask(limit("3", "BUY", 1, 1))
        assert (refused["type"], refused["code"]) == ("order_rejected", "HALTED")
        assert ask(directory, {"do": "unblock", "user": "alice"})["type"] == "user_unblocked"
        assert kinds(alice.ask(limit("3", "BUY", 1, 1))) == ["order_accepted"]
    assert ask(directory, {"do": "reset", "user": "alice"}) == {"type": "user_reset", "user": "alice"}
    with RawClient(exchange.port) as heir:
        assert "token" in heir.login("alice")
        assert [order["client_order_id"] for order in heir.ask({"type": "get_orders"})[0]["orders"]] == ["3"]


def test_an_instrument_is_halted_and_resumed_and_who_watches_it_is_told(
    exchange: InProcessExchange, directory: Path
) -> None:
    with RawClient(exchange.port) as alice, RawClient(exchange.port) as watcher:
        alice.login("alice")
        watcher.ask({"type": "subscribe", "channel": "book"}, {"type": "subscribe", "channel": "trades"})
        alice.ask(limit("1", "BUY", 1, 1))
        assert ask(directory, {"do": "halt", "symbol": "ACME"})["phase"] == "HALTED"
        answers = alice.ask(limit("2", "BUY", 1, 1), {"type": "cancel_order", "client_order_id": "1"})
        assert [answer.get("code") for answer in answers] == ["HALTED", None]
        assert ask(directory, {"do": "resume", "symbol": "ACME"})["phase"] == "CONTINUOUS"
        assert kinds(alice.ask(limit("2", "BUY", 1, 1))) == ["order_accepted"]
        phases = [told["phase"] for told in watcher.heard() if told["type"] == "instrument_status"]
        assert phases == ["HALTED", "CONTINUOUS"]
        with RawClient(exchange.port) as late:
            assert late.login("bob")["instruments"][0]["phase"] == "CONTINUOUS"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"do": "block", "user": "nobody"}, "BAD_VALUE"),
        ({"do": "halt", "symbol": "NONE"}, "UNKNOWN_SYMBOL"),
        ({"do": "dance"}, "BAD_VALUE"),
    ],
)
def test_a_wish_that_can_not_be_granted_is_answered_with_a_code(
    directory: Path, wish: dict[str, str], code: str
) -> None:
    answer = ask(directory, wish)
    assert (answer["type"], answer["code"]) == ("error", code)


def test_the_channel_survives_whoever_uses_it_badly(directory: Path) -> None:
    assert raw(directory, b"") == []
    assert raw(directory, b'{"do":"li') == []
    assert raw(directory, b"x" * (LINE_BYTES_MAX + 1)) == []
    assert [answer["code"] for answer in raw(directory, b"\xff\n")] == ["MALFORMED"]
    assert ask(directory, {"do": "list"})["type"] == "everything"


def test_a_user_can_not_do_what_the_operator_does(exchange: InProcessExchange, directory: Path) -> None:
    with RawClient(exchange.port) as alice:
        alice.login("alice")
        answers = alice.ask(
            {"do": "list"},
            {"type": "block", "user": "alice"},
            {"type": "list"},
            {"type": "halt", "symbol": "ACME"},
        )
        assert [answer["code"] for answer in answers] == ["MISSING_FIELD"] + ["UNKNOWN_TYPE"] * 3


def test_a_socket_that_a_killed_engine_left_is_replaced_and_a_long_path_is_no_obstacle(
    exchange: InProcessExchange, tmp_path: Path
) -> None:
    directory = tmp_path / ("d" * 120)
    directory.mkdir()
    (directory / "operator.sock").write_bytes(b"")
    channel = OperatorChannel(directory / "operator.sock", exchange.put, exchange.failures.append)
    channel.start()
    assert ask(directory, {"do": "list"})["type"] == "everything"
    channel.stop()
    assert os.listdir(directory) == []
