"""The operator's command, for the person who gives it: what it says, and what it says when nobody answers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Optional

import pytest

from exchange.cli import operate
from exchange.cli.loading import parser_of, prepared
from exchange.cli.operator_line import NoAnswerError, ask, wish_line
from exchange.cli.subcommands import SUBCOMMANDS
from exchange.networking.operator.answers_for_people import as_json, hint, natural_order, told
from tests.support.project import ROOT
from tests.support.raw_client import WAIT_S

LIST = {"do": "list"}
COMMAND = prepared("operate", "operate.py")


def user(name: str, live_orders: int, connections: int, **state: Any) -> dict[str, Any]:
    """A user as the engine lists them: claimed, not blocked, without positions, unless `state` says otherwise."""
    numbers = {"live_orders": live_orders, "connections": connections}
    return {"user": name, **numbers, "blocked": False, "claimed": True, "positions": [], **state}


def position(symbol: str, net_position: int, average: Optional[str], pnl: str, fees: str) -> dict[str, Any]:
    """As the engine tells it, all of the P&L realised."""
    return {
        "symbol": symbol,
        "net_position": net_position,
        "average_price": None if average is None else Decimal(average),
        "realised_pnl": Decimal(pnl),
        "unrealised_pnl": Decimal("0.00"),
        "volume": 40,
        "fees": Decimal(fees),
    }


def test_the_list_is_two_tables_and_a_sum() -> None:
    everything = {
        "type": "everything",
        "instruments": [
            {"symbol": "ACME", "phase": "CONTINUOUS"},
            {"symbol": "A-VERY-LONG.NAME", "phase": "HALTED"},
        ],
        "users": [
            user("bot10", 0, 0, blocked=True, claimed=False),
            user("Alice", 100_000, 12, positions=[position("ACME", -5, "1.25", "3.00", "0.50")]),
            user("bot9", 7, 1, blocked=True, positions=[position("ACME", 0, None, "-3.00", "-0.100000000")]),
        ],
    }
    assert told(everything) == [
        "INSTRUMENT        PHASE",
        "ACME              CONTINUOUS",
        "A-VERY-LONG.NAME  HALTED",
        "",
        "USER   LIVE ORDERS  CONNECTIONS    P&L  STATE",
        "Alice       100000           12   2.50  ok",
        "bot9             7            1  -2.90  BLOCKED",
        "bot10            0            0   0.00  BLOCKED, unclaimed",
        "",
        "USER   SYMBOL  POSITION  AVERAGE  REALISED  UNREALISED   FEES  VOLUME",
        "Alice  ACME          -5     1.25      3.00        0.00   0.50      40",
        "bot9   ACME           0              -3.00        0.00  -0.10      40",
        "",
        "2 instruments, 1 halted; 3 users, 2 blocked",
    ]


def test_cash_has_a_column_where_somebody_was_endowed() -> None:
    users = [user("alice", 0, 1, cash=Decimal("99.50")), user("bob", 0, 1)]
    lines = told({"type": "everything", "instruments": [], "users": users})
    assert lines[2:5] == [
        "USER   LIVE ORDERS  CONNECTIONS   P&L   CASH  STATE",
        "alice            0            1  0.00  99.50  ok",
        "bob              0            1  0.00         ok",
    ]


def test_amounts_have_no_decimals_that_say_nothing() -> None:
    users = [
        user("alice", 0, 1, positions=[position("ACME", 1, "1.5", "-3.000000000", "0.010000000")]),
        user("bob", 0, 1, positions=[position("ACME", 1, "2.333333333", "3.00", "0.000000001")]),
    ]
    lines = told({"type": "everything", "instruments": [], "users": users})
    assert [line.split()[3] for line in lines[3:5]] == ["-3.01", "2.999999999"]
    assert lines[7].split()[3:7] == ["1.50", "-3.00", "0.00", "0.01"]
    assert lines[8].split()[3:7] == ["2.333333333", "3.00", "0.00", "0.000000001"]


def test_names_are_sorted_as_people_do() -> None:
    names = ["b10", "A2", "b9", "a10", "a", "10", "9", "b9x", "-"]
    assert sorted(names, key=natural_order) == ["9", "10", "-", "a", "A2", "a10", "b9", "b9x", "b10"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("halt ACME 60", b'{"do":"halt","symbol":"ACME","seconds":60}'),
        ("halt ACME", b'{"do":"halt","symbol":"ACME"}'),
        ("phase ACME AUCTION", b'{"do":"phase","symbol":"ACME","phase":"AUCTION"}'),
        ("endow bob 0.10", b'{"do":"endow","user":"bob","cash":0.10}'),
        (
            "endow bob 5 ACME 7 0.000000001",
            b'{"do":"endow","user":"bob","cash":5,"symbol":"ACME","quantity":7,"average":0.000000001}',
        ),
        ("settle ACME 1000000000", b'{"do":"settle","symbol":"ACME","price":1000000000}'),
    ],
)
def test_numbers_are_sent_exactly_as_they_were_typed(words: str, line: bytes) -> None:
    given = vars(parser_of(SUBCOMMANDS["operate"], operate, "operate.py").parse_args(words.split()))
    own = ("data_dir", "json", "program")
    wish = {name: value for name, value in given.items() if name not in own and value is not None}
    assert wish_line(wish) == line + b"\n"


@pytest.mark.parametrize(
    "words", ["phase ACME LUNCH", "settle ACME 1e5", "settle ACME", "halt ACME soon", "endow bob 5 ACME"]
)
def test_what_is_no_wish_is_refused_in_one_line(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        COMMAND(words.split())
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("endow alice 99999999999999999999", "'99999999999999999999' is beyond the limit of 1000000000"),
        ("endow alice -1000000000.5", "'-1000000000.5' is beyond the limit of 1000000000 in magnitude"),
        ("settle FBA 0.0000000001", "'0.0000000001' has more than 9 decimals"),
        ("settle FBA 1e5", "'1e5' is not a plain decimal number, like 1000 or 101.25"),
        ("endow bob 5 ACME 9999999999999999999 1", "'9999999999999999999' is not a whole number of at most 18"),
    ],
)
def test_a_number_that_is_none_is_refused_with_the_value_and_the_rule(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        COMMAND(words.split())
    assert told in capsys.readouterr().err


def test_who_mistook_a_name_is_told_of_all_only_where_all_may_be_named() -> None:
    text = "symbol NOPE: not listed here"
    assert hint("UNKNOWN_SYMBOL", text, "all") == " (`list` shows what is; `all` means every instrument)"
    assert hint("UNKNOWN_SYMBOL", text, None) == " (`list` shows what is)"
    assert hint("BAD_VALUE", "cash 1 is too much", None) == ""


def test_the_answer_as_json_has_the_numbers_as_the_engine_wrote_them() -> None:
    answer = {"type": "everything", "users": [user("a", 1, 1, cash=Decimal("1.10"))]}
    assert '"cash": 1.10' in as_json(answer)


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
        (
            {"type": "phase_set", "phase": "AUCTION", "changed": ["ACME"], "unchanged": []},
            ["ACME is in AUCTION"],
        ),
        (
            {"type": "news_said", "text": "lunch", "user": None, "timestamp": 1},
            ["told to all who follow the news: lunch"],
        ),
        ({"type": "news_said", "text": "lunch", "user": "bob", "timestamp": 1}, ["told to bob: lunch"]),
        ({"type": "user_endowed", "user": "bob"}, ["bob is endowed"]),
        (
            {"type": "instrument_settled", "symbol": "ACME", "price": Decimal("1.50"), "positions": 2},
            ["ACME is settled at 1.50 and closed; 2 positions closed"],
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
        COMMAND(["--help"])
    text = capsys.readouterr().out
    for word in ("list", "block", "unblock", "reset", "halt", "resume", "halt all", "--json", "exit code: 0"):
        assert word in text


# --- nobody answers --------------------------------------------------------------------------------------------


def complaint(directory: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says on stderr, in one line, where nobody answers."""
    assert COMMAND(["--data-dir", str(directory), "list"]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("operate.py: ")
    assert errors.count("\n") == 1
    return errors


def test_each_reason_why_nobody_answers_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert f"--data-dir {tmp_path}/missing: No such file" in complaint(tmp_path / "missing", capsys)
    with pytest.raises(NoAnswerError, match=f"--news {file}: Not a directory"):
        ask(file, LIST, "--news")
    assert "no engine has ever run there" in complaint(tmp_path, capsys)
    (tmp_path / "engine.lock").touch()
    assert f"no engine runs on {tmp_path}, or it is still starting" in complaint(tmp_path, capsys)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "operator.sock"))
    assert "the last one was killed" in complaint(tmp_path, capsys)


@contextmanager
def engine_that_says(directory: Path, answer: bytes, heard: Optional[list[bytes]] = None) -> Iterator[None]:
    """Takes one wish, which it adds to `heard`, says these bytes and hangs up."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.settimeout(WAIT_S)
        listening.bind(str(directory / "operator.sock"))
        listening.listen()

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                wish = client.recv(1_024)
                client.sendall(answer)
            if heard is not None:
                heard.append(wish)

        serving = threading.Thread(target=serve, name="serving")
        serving.start()
        yield
        serving.join()


@pytest.mark.parametrize("answer", [b"", b'{"type":"every'])
def test_an_engine_that_ends_before_it_has_answered_is_told_as_such(tmp_path: Path, answer: bytes) -> None:
    with engine_that_says(tmp_path, answer):
        with pytest.raises(NoAnswerError, match="ended before it answered; whether it was done is not known"):
            ask(tmp_path, LIST)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["say", "hello", "class"], "hello class"),
        (["say", "the  contest", "ends", "--user", "bob"], "the  contest ends"),
        (["say", "hello"], "hello"),
    ],
)
def test_what_is_said_need_not_be_quoted(
    words: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = b'{"type":"news_said","user":null,"text":"heard"}\n'
    heard: list[bytes] = []
    with engine_that_says(tmp_path, answer, heard):
        assert COMMAND(["--data-dir", str(tmp_path), *words]) == 0
    [line] = heard
    to_one = {"user": "bob"} if "bob" in words else {}
    assert json.loads(line) == {"do": "say", "text": text, **to_one}
    assert capsys.readouterr().out == "told to all who follow the news: heard\n"


def test_the_first_line_is_the_answer_whatever_the_engine_says_at_its_end(tmp_path: Path) -> None:
    stopping = b'{"type":"error","code":"ENGINE_STOPPING","text":"the exchange is stopping"}\n'
    with engine_that_says(tmp_path, b'{"type":"user_unblocked"}\n' + stopping):
        assert ask(tmp_path, LIST) == {"type": "user_unblocked"}


def test_an_answer_this_command_does_not_know_is_shown_as_it_is() -> None:
    assert told({"type": "moved", "to": "Mars"}) == ['{"type": "moved", "to": "Mars"}']


def nobody_reading() -> int:
    """The writing end of a pipe whose reader has left."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("output", ["full", "a pipe that nobody reads"])
@pytest.mark.parametrize(
    ("answer", "words", "status"),
    [
        (b'{"type":"moved"}', ["list"], 0),
        (b'{"type":"moved"}', ["--json", "list"], 0),
        (b'{"type":"error","code":"BAD_VALUE","text":"no"}', ["--json", "list"], 1),
    ],
)
def test_output_that_is_not_taken_changes_nothing_of_what_was_done(
    tmp_path: Path, output: str, answer: bytes, words: list[str], status: int
) -> None:
    writing = os.open("/dev/full", os.O_WRONLY) if output == "full" else nobody_reading()
    with engine_that_says(tmp_path, answer + b"\n"):
        command = [sys.executable, "scripts/operate.py", "--data-dir", str(tmp_path), *words]
        ended = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, timeout=WAIT_S)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (status, b"")


def test_complaints_that_are_not_taken_change_nothing_either(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "scripts/operate.py", "--data-dir", str(tmp_path), "list"]
        ended = subprocess.run(command, cwd=ROOT, stdout=full, stderr=full, timeout=WAIT_S)
    assert ended.returncode == 2
