"""Plain clients against a real engine, each a process of its own: what they show, and the tokens they keep."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exchange.networking.tcp_client import ExchangeClient, TokenStore
from tests.support.processes import WAIT_S, Program, RunningEngine, operate, plain_client
from tests.support.project import ROOT
from tests.support.screen_process import ScreenProcess


def history(directory: Path, user: str) -> list[dict[str, Any]]:
    """The orders in the file of the user's own that was written last."""
    paths = (directory / user / "session_orders").glob(f"orders_{user}.*.json")
    path = max(paths, key=lambda each: each.stat().st_mtime_ns)
    content = json.loads(path.read_text())
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


def test_two_exchanges_have_a_history_each_and_an_old_file_is_of_the_last_one(tmp_path: Path) -> None:
    with RunningEngine(tmp_path / "one") as one, RunningEngine(tmp_path / "two") as two:

        def alice(engine: RunningEngine, words: str) -> str:
            with plain_client(engine, tmp_path, "alice") as client:
                return client.end(words)[1]

        alice(one, "buy 3 10\n")
        [own] = (tmp_path / "alice" / "session_orders").iterdir()
        assert "BUY" not in alice(two, "history\n")
        alice(two, "buy 4 11\n")
        own.rename(own.with_name("orders_alice.json"))
        assert "11.00" in alice(two, "history\n")
        assert own.with_name("orders_alice.json").exists()
        own.with_name("orders_alice.json").rename(own)
        told = alice(one, "history\n")
        assert "10.00" in told and "11.00" not in told
        own.rename(own.with_name("orders_alice.json"))
        assert "10.00" in alice(one, "history\n")
        assert own.exists()


def test_after_a_restart_the_fills_and_the_own_history_are_there(tmp_path: Path) -> None:
    for _ in range(2):
        with RunningEngine(tmp_path / "engine") as engine:
            with plain_client(engine, tmp_path, "alice") as alice:
                assert alice.end("sell 10 5\nbuy 4 5\nbuy 1\n")[0] == 0
            engine.send_signal(signal.SIGTERM)
            assert engine.wait()[0] == 0
    with RunningEngine(tmp_path / "engine") as engine, plain_client(engine, tmp_path, "alice") as alice:
        status, output, _ = alice.end("fills\nhistory\n")
    rows = [line.split() for line in output.splitlines()]
    fills = [row[1:7] for row in rows if row[-1] in ("MAKER", "TAKER")]
    assert [(row[4], row[0], row[3]) for row in fills] == [
        *(("4", "1", "BUY"), ("4", "1", "SELL"), ("1", "2", "BUY"), ("1", "2", "SELL")),
        *(("4", "3", "BUY"), ("4", "3", "SELL"), ("1", "4", "BUY"), ("1", "4", "SELL")),
    ]
    assert [row[-1] for row in rows[-7:-1]] == [*["FILLED"] * 3, "NEW", "FILLED", "FILLED"]
    assert status == 0


def test_a_client_that_is_killed_again_and_again_has_the_same_orders_as_the_engine_in_the_end(
    engine: RunningEngine, tmp_path: Path
) -> None:
    for seen in (1, 7, 30, 3, 60):
        with plain_client(engine, tmp_path, "alice") as alice:
            alice.type("buy 2 1\nsell 1 1\n" * 100)
            for _ in range(seen):
                alice.see("accepted: order")
            alice.send_signal(signal.SIGKILL)
            assert alice.wait()[0] == -signal.SIGKILL
    with plain_client(engine, tmp_path, "alice") as alice:
        assert alice.end()[0] == 0
    with ExchangeClient.connect(port=engine.port) as client:
        client.login("alice", TokenStore(tmp_path / "alice" / "tokens"))
        in_the_book = [(order.order_id, order.remaining_quantity) for order in client.orders()]
        traded = sum(fill.quantity for fill in client.fills())
    kept = history(tmp_path, "alice")
    live = [(order["order_id"], order["remaining_quantity"]) for order in kept if order["remaining_quantity"]]
    assert live == in_the_book
    assert sum(order["executed_quantity"] for order in kept) == traded
    assert len(kept) == len({order["order_id"] for order in kept}) > 50


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


def test_an_engine_on_ipv6_is_traded_on_by_its_address(tmp_path: Path) -> None:
    with RunningEngine(tmp_path / "engine", "--host", "::1") as engine:
        with plain_client(engine, tmp_path, "alice", "--host", "::1") as alice:
            status, output, errors = alice.end("buy 1 5\n")
    assert (status, errors) == (0, "")
    assert "accepted: order 1" in output
    with plain_client(engine, tmp_path, "alice", "--host", "::1") as alice:
        status, _, errors = alice.end()
    assert status == 2
    assert f"cannot reach an engine at [::1]:{engine.port}: " in errors


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


# --- tokens ----------------------------------------------------------------------------------------------------


def token_path(directory: Path, user: str) -> Path:
    """Where a plain client of `user` keeps the token for the exchange that runs in the same directory."""
    engine_id = (directory / "engine" / "engine_id").read_text().strip()
    return directory / user / "tokens" / f"token_{user}.{engine_id}.txt"


def start_and_leave(engine: RunningEngine, directory: Path, user: str, *options: str) -> str:
    """Log in, order something and leave; returns the output."""
    with plain_client(engine, directory, user, *options) as client:
        status, output, errors = client.end("buy 1 1\n")
    assert (status, errors) == (0, "")
    assert "accepted: order" in output
    return output


def told_at_start(engine: RunningEngine, directory: Path, user: str) -> str:
    """The one line on stderr with which a client starts that is let in and orders something."""
    with plain_client(engine, directory, user) as client:
        status, output, errors = client.end("buy 1 1\n")
    assert status == 0
    assert "accepted: order" in output
    (line,) = errors.splitlines()
    return line


def test_a_second_market_is_joined_with_one_line_that_says_so_and_the_first_is_not_lost(
    engine: RunningEngine, tmp_path: Path
) -> None:
    start_and_leave(engine, tmp_path, "alice")
    with RunningEngine(tmp_path / "another") as other:
        line = told_at_start(other, tmp_path, "alice")
        assert line.startswith("start_client.py: this exchange did not know alice")
        start_and_leave(other, tmp_path, "alice")
    assert "known to it by an earlier token" in told_at_start(engine, tmp_path, "alice")
    start_and_leave(engine, tmp_path, "alice")
    assert [order["status"] for order in history(tmp_path, "alice")][-1] == "NEW"


def test_an_engine_that_was_put_back_from_an_older_copy_is_believed_and_said_so(tmp_path: Path) -> None:
    data, copy = tmp_path / "engine", tmp_path / "copy"
    with RunningEngine(data) as engine:
        start_and_leave(engine, tmp_path, "alice")
        engine.send_signal(signal.SIGTERM)
        assert engine.wait()[0] == 0
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.sock"))
    with RunningEngine(data) as engine:
        start_and_leave(engine, tmp_path, "alice")
    with RunningEngine(copy) as engine:
        line = told_at_start(engine, tmp_path, "alice")
        assert "knows 1 events of alice, this side 2" in line
        start_and_leave(engine, tmp_path, "alice")


@pytest.mark.parametrize("redirection", ["/dev/full", "a pipe that nobody reads"])
def test_output_that_cannot_be_written_ends_the_client_at_once_without_a_traceback(
    engine: RunningEngine, tmp_path: Path, redirection: str
) -> None:
    options = ("--user", "alice", "--plain", "--port", str(engine.port), "--data-dir", str(tmp_path / "alice"))
    arguments = [sys.executable, str(ROOT / "scripts" / "start_client.py"), *options]
    is_full = redirection == "/dev/full"
    to_nobody = os.open("/dev/full", os.O_WRONLY) if is_full else deserted_pipe()
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=to_nobody, stderr=pipe) as client:
        os.close(to_nobody)
        _, errors = client.communicate(b"buy 1 1\n", timeout=WAIT_S)
    assert client.returncode == 1
    told = "start_client.py: standard output can't be written: No space left on device\n"
    assert errors.decode() == (told if is_full else "")


def deserted_pipe() -> int:
    """The writing end of a pipe whose other end is closed."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(("closed", "status"), [("0", 2), ("1", 2), ("2", 0)])
def test_a_standard_stream_that_is_closed_is_no_surprise(
    engine: RunningEngine, tmp_path: Path, closed: str, status: int
) -> None:
    script = f'exec {sys.executable} {ROOT}/scripts/start_client.py "$@" {closed}>&-'
    options = ("--user", "alice", "--plain", "--port", str(engine.port), "--data-dir", str(tmp_path / "alice"))
    ended = subprocess.run(["sh", "-c", script, "sh", *options], input=b"o\n", capture_output=True, timeout=WAIT_S)
    assert ended.returncode == status
    told = b"start_client.py: standard input or output is closed\n"
    assert ended.stderr == (told if closed in "01" else b"")


def refused_start(engine: RunningEngine, directory: Path, user: str, *options: str) -> str:
    """The one line with which the client says why it does not start."""
    with plain_client(engine, directory, user, *options) as client:
        status, output, errors = client.end("buy 1 1\n")
    assert (status, output) == (2, "")
    (line,) = errors.splitlines()
    return line


def test_the_first_start_claims_the_name_and_keeps_a_token_that_only_its_owner_can_read(
    engine: RunningEngine, tmp_path: Path
) -> None:
    start_and_leave(engine, tmp_path, "alice")
    path = token_path(tmp_path, "alice")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    token = path.read_bytes()
    for _ in range(2):
        assert token.decode().strip() not in start_and_leave(engine, tmp_path, "alice")
    assert path.read_bytes() == token
    assert [each.name for each in tmp_path.rglob("token_*")] == [path.name]


def test_without_the_right_token_the_client_says_what_to_do(engine: RunningEngine, tmp_path: Path) -> None:
    start_and_leave(engine, tmp_path, "alice")
    start_and_leave(engine, tmp_path, "bob")
    path = token_path(tmp_path, "alice")
    right = path.read_bytes()
    what_to_do = ("operate reset alice", str(path))
    path.unlink()
    line = refused_start(engine, tmp_path, "alice")
    assert "its token is needed" in line
    assert all(words in line for words in what_to_do)
    for wrong in (token_path(tmp_path, "bob").read_bytes(), right[:-2] + b"!\n", b"", b"\xff" * 64):
        path.write_bytes(wrong)
        line = refused_start(engine, tmp_path, "alice")
        assert all(words in line for words in what_to_do)
        assert right.decode().strip() not in line
        assert path.read_bytes() == wrong, "it is the user's to remove"
    path.write_bytes(right)
    start_and_leave(engine, tmp_path, "alice")


def test_a_user_who_was_reset_claims_the_name_anew_and_has_all_that_was_theirs(
    engine: RunningEngine, tmp_path: Path
) -> None:
    start_and_leave(engine, tmp_path, "alice")
    path = token_path(tmp_path, "alice")
    lost = path.read_bytes()
    told = "alice is reset: the next login claims the name\n"
    assert operate(tmp_path / "engine", "reset", "alice") == (0, told, "")
    line = told_at_start(engine, tmp_path, "alice")
    assert "did not know alice: the name is claimed anew" in line
    assert path.read_bytes() != lost
    # The old token is nobody's any more, and not thrown away: it may be another exchange's.
    assert path.with_name(f"{path.stem}.other-1.txt").read_bytes() == lost
    with plain_client(engine, tmp_path, "alice") as client:
        status, output, _ = client.end("o\n")
    assert status == 0
    live = [line.split()[0] for line in output.splitlines() if line.endswith("NEW")]
    assert live == ["1", "2"]


def test_a_reset_ends_the_session_that_is_open(engine: RunningEngine, tmp_path: Path) -> None:
    with plain_client(engine, tmp_path, "alice") as alice:
        alice.see("side ")
        operate(tmp_path / "engine", "reset", "alice")
        status, errors = alice.wait()
    told = "the operator has reset the token of alice: start again to claim the name anew"
    assert (status, errors) == (1, f"start_client.py: {told}\n")


def test_two_clients_of_one_user_see_all_events_of_both(engine: RunningEngine, tmp_path: Path) -> None:
    """One at home, and one elsewhere, to which the token was carried."""
    start_and_leave(engine, tmp_path, "alice")
    elsewhere = tmp_path / "elsewhere" / "alice" / "tokens"
    elsewhere.mkdir(parents=True)
    shutil.copy(token_path(tmp_path, "alice"), elsewhere)
    with (
        plain_client(engine, tmp_path, "alice") as home,
        plain_client(engine, tmp_path / "elsewhere", "alice") as away,
        plain_client(engine, tmp_path, "bob") as bob,
    ):
        both = (home, away)
        for client in both:
            client.see("logged in as alice")
        home.type("sell 10 5\n")
        for client in both:
            client.see("accepted: order 2 SELL 10 ACME @ 5.00 GTC")
        bob.type("sell 1 1\n")
        for client in both:
            client.see("fill: order 1 BUY 1 ACME @ 1.00, filled")
        away.type("sell 20 6\n")
        for client in both:
            client.see("accepted: order 4 SELL 20 ACME @ 6.00 GTC")
        away.type("cancel 2\n")
        for client in both:
            client.see("canceled: order 2, 10 canceled (USER_REQUESTED)")
        assert [client.end()[0] for client in (*both, bob)] == [0, 0, 0]
    assert [order["status"] for order in history(tmp_path, "alice")] == ["FILLED", "CANCELED", "NEW"]
    assert history(tmp_path / "elsewhere", "alice") == history(tmp_path, "alice")


def test_a_name_that_differs_in_letter_case_alone_is_refused_by_the_other_name(
    engine: RunningEngine, tmp_path: Path
) -> None:
    start_and_leave(engine, tmp_path, "alice")
    assert refused_start(engine, tmp_path, "Alice") == (
        "start_client.py: BAD_VALUE: user Alice: differs only by letter case from alice, who is already here"
    )
    assert not token_path(tmp_path, "Alice").exists()


def test_a_blocked_user_is_told_at_each_order_and_can_still_look(engine: RunningEngine, tmp_path: Path) -> None:
    with plain_client(engine, tmp_path, "alice") as alice:
        alice.type("buy 1 1\n")
        alice.see("accepted: order 1")
        operate(tmp_path / "engine", "block", "alice")
        alice.see("canceled: order 1, 1 canceled (ADMIN)")
        alice.type("buy 1 1\n")
        assert alice.see("rejected") == "rejected: user alice is blocked by the operator (BLOCKED)"
        assert alice.end()[0] == 0
    with plain_client(engine, tmp_path, "alice") as alice:
        status, output, _ = alice.end("o\nbuy 1 1\n")
    assert status == 0
    assert "no live orders" in output
    assert "blocked by the operator (BLOCKED)" in output


def test_on_a_terminal_the_token_is_kept_and_its_loss_told_just_the_same(
    engine: RunningEngine, tmp_path: Path
) -> None:
    program = (str(ROOT / "scripts" / "start_client.py"), "--plain")
    directory = tmp_path / "alice"
    for _ in range(2):
        with ScreenProcess(engine.port, directory, program=program) as screen:
            screen.see("logged in as alice")
            screen.type(b"q\n")
            assert screen.end() == 0
    token_path(tmp_path, "alice").unlink()
    with ScreenProcess(engine.port, directory, program=program) as screen:
        _, errors = screen.process.communicate(timeout=WAIT_S)
        assert screen.process.returncode == 2
    (line,) = errors.decode().splitlines()
    assert "operate reset alice" in line
