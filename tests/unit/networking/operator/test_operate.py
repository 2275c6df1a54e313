"""The operator's command, for the person who gives it: what it says, and what it says when nobody answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts.operate import NoAnswerError, ask, main, told
from tests.support.project import ROOT
from tests.support.raw_client import WAIT_S

LIST = {"do": "list"}


def user(name: str, live_orders: int, connections: int, **state: bool) -> dict[str, Any]:
    """A user as the engine lists them: claimed and not blocked, unless `state` says otherwise."""
    numbers = {"live_orders": live_orders, "connections": connections}
    return {"user": name, **numbers, "blocked": False, "claimed": True, **state}


def test_the_list_is_two_tables_and_a_sum() -> None:
    everything = {
        "type": "everything",
        "instruments": [
            {"symbol": "ACME", "phase": "CONTINUOUS"},
            {"symbol": "A-VERY-LONG.NAME", "phase": "HALTED"},
        ],
        "users": [
            user("alice", 100_000, 12),
            user("bob", 0, 0, blocked=True, claimed=False),
            user("carol", 7, 1, blocked=True),
        ],
    }
    assert told(everything) == [
        "INSTRUMENT        PHASE",
        "ACME              CONTINUOUS",
        "A-VERY-LONG.NAME  HALTED",
        "",
        "USER   LIVE ORDERS  CONNECTIONS  STATE",
        "alice       100000           12  ok",
        "bob              0            0  BLOCKED, unclaimed",
        "carol            7            1  BLOCKED",
        "",
        "2 instruments, 1 halted; 3 users, 2 blocked",
    ]


def test_the_list_of_an_exchange_without_users_has_no_table_of_them() -> None:
    assert told({"type": "everything", "instruments": [{"symbol": "A", "phase": "HALTED"}], "users": []}) == [
        "INSTRUMENT  PHASE",
        "A           HALTED",
        "",
        "1 instrument, 1 halted; 0 users, 0 blocked",
    ]


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (
            {"type": "phase_set", "phase": "HALTED", "changed": ["ACME", "BOND"], "unchanged": ["ZINC"]},
            ["ACME is halted", "BOND is halted", "ZINC is halted already"],
        ),
        (
            {"type": "phase_set", "phase": "CONTINUOUS", "changed": ["ACME"], "unchanged": ["ZINC"]},
            ["ACME is trading", "ZINC is trading already"],
        ),
        (
            {"type": "user_blocked", "user": "alice", "canceled": 1, "changed": True},
            ["alice is blocked; 1 live order canceled"],
        ),
        (
            {"type": "user_blocked", "user": "alice", "canceled": 0, "changed": False},
            ["alice is blocked already"],
        ),
        ({"type": "user_unblocked", "user": "alice", "changed": True}, ["alice is unblocked"]),
        ({"type": "user_unblocked", "user": "alice", "changed": False}, ["alice was not blocked"]),
        (
            {"type": "user_reset", "user": "alice", "changed": True},
            ["alice is reset: the next login claims the name"],
        ),
        (
            {"type": "user_reset", "user": "alice", "changed": False},
            ["alice had no token: the next login claims the name"],
        ),
    ],
)
def test_an_answer_says_what_holds_now_and_whether_it_held_before(
    answer: dict[str, Any], lines: list[str]
) -> None:
    assert told(answer) == lines


def test_the_help_names_every_word_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for word in ("list", "block", "unblock", "reset", "halt", "resume", "halt all", "--json", "exit code: 0"):
        assert word in text


# --- nobody answers --------------------------------------------------------------------------------------------


def complaint(directory: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says on stderr, in one line, where nobody answers."""
    assert main(["--data-dir", str(directory), "list"]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("operate.py: ")
    assert errors.count("\n") == 1
    return errors


def test_each_reason_why_nobody_answers_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert f"--data-dir {tmp_path}/missing: No such file" in complaint(tmp_path / "missing", capsys)
    assert f"--data-dir {file}: Not a directory" in complaint(file, capsys)
    assert "no engine has ever run there" in complaint(tmp_path, capsys)
    (tmp_path / "engine.lock").touch()
    assert f"no engine runs on {tmp_path}, or it is still starting" in complaint(tmp_path, capsys)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "operator.sock"))
    assert "the last one was killed" in complaint(tmp_path, capsys)


@contextmanager
def engine_that_says(directory: Path, answer: bytes) -> Iterator[None]:
    """Takes one wish, says these bytes and hangs up."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.settimeout(WAIT_S)
        listening.bind(str(directory / "operator.sock"))
        listening.listen()

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                client.recv(1_024)
                client.sendall(answer)

        serving = threading.Thread(target=serve, name="serving")
        serving.start()
        yield
        serving.join()


@pytest.mark.parametrize("answer", [b"", b'{"type":"every'])
def test_an_engine_that_ends_before_it_has_answered_is_told_as_such(tmp_path: Path, answer: bytes) -> None:
    with engine_that_says(tmp_path, answer):
        with pytest.raises(NoAnswerError, match="ended before it answered; whether it was done is not known"):
            ask(tmp_path, LIST)


def test_the_first_line_is_the_answer_whatever_the_engine_says_at_its_end(tmp_path: Path) -> None:
    stopping = b'{"type":"error","code":"ENGINE_STOPPING","text":"the exchange is stopping"}\n'
    with engine_that_says(tmp_path, b'{"type":"user_unblocked"}\n' + stopping):
        assert ask(tmp_path, LIST) == {"type": "user_unblocked"}


def test_an_answer_this_command_does_not_know_is_shown_as_it_is() -> None:
    assert told({"type": "moved", "to": "Mars"}) == ['{"type": "moved", "to": "Mars"}']


def test_output_that_nobody_reads_to_its_end_is_no_failure(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with engine_that_says(tmp_path, b'{"type":"moved"}\n'):
        command = [sys.executable, "scripts/operate.py", "--data-dir", str(tmp_path), "list"]
        ended = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, timeout=WAIT_S)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")
