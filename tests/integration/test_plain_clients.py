"""Plain clients against a real engine, every one a process of its own, over pipes."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.processes import Program, RunningEngine, plain_client


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    with RunningEngine(tmp_path / "engine") as engine:
        yield engine


def history(directory: Path, user: str) -> list[dict[str, Any]]:
    """The orders in the user's own file."""
    content = json.loads((directory / user / "session_orders" / f"orders_{user}.json").read_text())
    orders: list[dict[str, Any]] = content["orders"]
    return orders


def test_two_people_trade_and_each_sees_it_at_once(engine: RunningEngine, tmp_path: Path) -> None:
    with plain_client(engine, tmp_path, "alice") as alice, plain_client(engine, tmp_path, "bob") as bob:
        alice.type("s\n101.25\n10\n")
        assert alice.see("accepted").endswith("SELL 10 ACME @ 101.25 GTC")
        bob.type("book\n")
        assert bob.see("ask ").split() == ["ask", "101.25", "10", "in", "1"]
        bob.type("buy 4\n")
        assert "BUY 4 ACME @ 101.25, filled" in bob.see("fill")
        # Nobody typed anything at alice's: the fill comes by itself.
        assert "SELL 4 ACME @ 101.25, 6 remaining" in alice.see("fill")
        alice.type("positions\n")
        assert alice.see("ACME  ").split()[:2] == ["ACME", "-4"]
        assert alice.end()[0] == 0
        assert bob.end("q\n")[0] == 0
    assert [(order["status"], order["executed_quantity"]) for order in history(tmp_path, "alice")] == [
        ("PARTIALLY_FILLED", 4)
    ]
    assert [(order["status"], order["executed_quantity"]) for order in history(tmp_path, "bob")] == [("FILLED", 4)]


def test_a_script_through_a_pipe_gets_every_answer_before_the_end(engine: RunningEngine, tmp_path: Path) -> None:
    script = (
        "buy 10 99.50\nreplace 1 price 99.75 quantity 20\nbuy 1 99.755\nsell 1 200 \nsell 1\ncancel 1\ncancel 1\n"
        "x\nnonsense\nbuy 5 1.00"
    )
    with plain_client(engine, tmp_path, "alice") as alice:
        status, output, errors = alice.end(script)
    answers = [line for line in output.splitlines()[1:] if not line.startswith("side ")]
    assert [line.partition(":")[0] for line in answers] == [
        "accepted",
        "replaced",
        "rejected",
        "accepted",
        "accepted",
        "fill",
        "fill",
        "canceled",
        "not canceled",
        "canceled",
        "canceled all",
        "'nonsense' is not a command; h shows what is",
        "accepted",
    ]
    assert (status, errors) == (0, "")
    statuses = [order["status"] for order in history(tmp_path, "alice")]
    assert statuses == ["CANCELED", "REJECTED", "CANCELED", "FILLED", "NEW"]


def test_orders_that_rest_are_there_again_for_the_next_session(engine: RunningEngine, tmp_path: Path) -> None:
    with plain_client(engine, tmp_path, "alice") as alice:
        assert alice.end("buy 10 99.50\nbuy 10 99.25\n")[0] == 0
    with plain_client(engine, tmp_path, "bob") as bob:
        assert bob.end("sell 10 99.50\n")[0] == 0
    with plain_client(engine, tmp_path, "alice") as alice:
        status, output, _ = alice.end("o\n")
    assert status == 0
    assert "99.25" in output
    assert [line for line in output.splitlines() if "99.50" in line] == [output.splitlines()[1]]
    # The fill happened while nobody was there to hear of it, and was told at the next login.
    assert "BUY 10 ACME @ 99.50, filled" in output
    assert [order["status"] for order in history(tmp_path, "alice")] == ["FILLED", "NEW"]


def test_an_engine_that_stops_ends_the_session_with_a_clear_line(engine: RunningEngine, tmp_path: Path) -> None:
    with plain_client(engine, tmp_path, "alice") as alice:
        alice.see("logged in as alice; listed: ACME")
        alice.see("side ")
        engine.send_signal(signal.SIGTERM)
        status, errors = alice.wait()
    assert (status, errors.count("\n")) == (1, 1)
    assert "the engine closed the connection" in errors


def test_control_c_leaves_cleanly(engine: RunningEngine, tmp_path: Path) -> None:
    with plain_client(engine, tmp_path, "alice") as alice:
        alice.see("side ")
        alice.send_signal(signal.SIGINT)
        assert alice.wait() == (0, "")


def test_several_instruments_are_traded_by_name(tmp_path: Path) -> None:
    with RunningEngine(tmp_path / "engine", "--symbols", "ACME,BETA") as engine:
        with plain_client(engine, tmp_path, "alice", "--symbol", "BETA") as alice:
            _, output, _ = alice.end("buy 1 5\nk\nsymbol ACME\nbuy 2 6\nk\n")
        with plain_client(engine, tmp_path, "bob", "--symbol", "GAMMA") as bob:
            status, _, errors = bob.end()
    assert "accepted: order 1 BUY 1 BETA @ 5.00 GTC" in output
    assert "accepted: order 2 BUY 2 ACME @ 6.00 GTC" in output
    assert [line for line in output.splitlines() if line.startswith("book of")] == ["book of BETA", "book of ACME"]
    assert (status, errors) == (2, "start_client.py: symbol 'GAMMA' is not listed; listed: ACME, BETA\n")


def test_without_plain_the_plain_client_is_used_and_says_so(engine: RunningEngine, tmp_path: Path) -> None:
    options = ("--user", "alice", "--port", str(engine.port), "--data-dir", str(tmp_path / "alice"))
    with Program("start_client.py", *options) as alice:
        status, output, errors = alice.end("buy 1 5\n")
    assert (status, errors.count("\n")) == (0, 1)
    assert "accepted" in output
    assert "plain client" in errors


def test_a_directory_that_cannot_be_written_is_one_line_and_exit_2(engine: RunningEngine, tmp_path: Path) -> None:
    (tmp_path / "alice").write_text("a file where the directory should be")
    with plain_client(engine, tmp_path, "alice") as alice:
        status, output, errors = alice.end()
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert "alice" in errors
