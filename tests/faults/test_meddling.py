"""Hands in the data directory: of a running engine nothing more is acknowledged, before a start it is named."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import WAIT_S, Program, RunningEngine
from tests.support.raw_client import RawClient, kinds, limit

EXIT_FAILED = 1
EXIT_REFUSED = 2


def refusal(data: Path) -> str:
    """The one line of an engine that does not start there."""
    with Program("start_engine.py", "--port", "0", "--data-dir", str(data)) as engine:
        status, output, errors = engine.end()
    assert (status, output) == (EXIT_REFUSED, ""), errors
    [line] = errors.splitlines()
    return line


def wait_until_written(path: Path) -> None:
    """What was just acknowledged is in the file soon."""
    deadline_s = time.monotonic() + WAIT_S
    while not path.exists() or not path.stat().st_size:
        assert time.monotonic() < deadline_s


def remove_all(data: Path) -> None:
    shutil.rmtree(data)


def move_away(data: Path) -> None:
    data.rename(data.with_name("moved"))


def put_another_there(data: Path) -> None:
    move_away(data)
    shutil.copytree(data.with_name("moved"), data, ignore=shutil.ignore_patterns("*.sock"))


def move_what_is_in_it_to_another(data: Path) -> None:
    move_away(data)
    data.mkdir()
    for part in ("journal", "trades", "logs", "orders", "engine_id"):
        data.with_name("moved").joinpath(part).rename(data / part)


def put_another_there_with_the_same_files(data: Path) -> None:
    move_away(data)
    shutil.copytree(
        data.with_name("moved"),
        data,
        ignore=shutil.ignore_patterns("*.sock", "*.lock"),
        copy_function=os.link,
    )


def remove_journal(data: Path) -> None:
    shutil.rmtree(data / "journal")


def remove_segment(data: Path) -> None:
    [segment] = (data / "journal").iterdir()
    segment.unlink()


def cut_segment(data: Path) -> None:
    [segment] = (data / "journal").iterdir()
    os.truncate(segment, 60)


MEDDLING = [
    remove_all,
    move_away,
    put_another_there,
    move_what_is_in_it_to_another,
    put_another_there_with_the_same_files,
    remove_journal,
    remove_segment,
    cut_segment,
]


@pytest.mark.parametrize("meddle", MEDDLING)
def test_nothing_more_is_acknowledged_once_the_journal_is_not_where_it_was(
    tmp_path: Path, meddle: Callable[[Path], None]
) -> None:
    data = tmp_path / "data"
    with RunningEngine(data) as engine, RawClient(engine.port) as alice:
        alice.login("alice")
        assert kinds(alice.ask(limit("1", "BUY", 1, 1.0))) == ["order_accepted"]
        meddle(data)
        alice.send(limit("2", "BUY", 1, 1.0))
        [error] = alice.remainder()
        assert (error["type"], str(data) in error["text"]) == ("error", True)
        status, errors = engine.wait()
    assert status == EXIT_FAILED
    assert str(data) in errors and "Traceback" not in errors


@pytest.mark.parametrize("place", ["trades/trades.jsonl", "logs/logs_alice.txt"])
def test_a_ledger_or_log_taken_from_a_running_engine_ends_it_and_is_completed_from_the_journal(
    tmp_path: Path, place: str
) -> None:
    with RunningEngine(tmp_path) as engine, RawClient(engine.port) as alice:
        token = alice.login("alice")["token"]
        alice.ask(limit("1", "BUY", 1, 1.0), limit("2", "SELL", 1, 1.0))
        wait_until_written(tmp_path / place)
        (tmp_path / place).unlink()
        alice.send(limit("3", "BUY", 1, 1.0), limit("4", "SELL", 1, 1.0))
        status, errors = engine.wait()
    assert status == EXIT_FAILED
    assert f"{tmp_path / place}: was removed" in errors and "Traceback" not in errors
    with RunningEngine(tmp_path) as engine, RawClient(engine.port) as alice:
        alice.login("alice", token)
        engine.send_signal(signal.SIGTERM)
        alice.remainder()
        assert engine.end()[0] == 0
    with Program("verify.py", "--data-dir", str(tmp_path)) as verify:
        assert verify.end()[0] == 0
    assert (tmp_path / "trades" / "trades.jsonl").read_bytes().startswith(b'{"trade_id":1,')


def test_removing_the_lock_file_lets_no_second_engine_in(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine, RawClient(engine.port) as alice:
        (tmp_path / "engine.lock").unlink()
        assert f"{tmp_path} is locked by process" in refusal(tmp_path)
        alice.login("alice")
        assert kinds(alice.ask(limit("1", "BUY", 1, 1.0))) == ["order_accepted"]


def test_snapshots_taken_from_a_running_engine_are_made_up_for_when_it_stops(tmp_path: Path) -> None:
    with RunningEngine(tmp_path, "--snapshot-every", "1") as engine, RawClient(engine.port) as alice:
        token = alice.login("alice")["token"]
        number = 0
        while (tmp_path / "journal" / "journal-00000000000000000001.jsonl").exists():
            number += 1
            assert kinds(alice.ask(limit(str(number), "BUY", 1, 1.0))) == ["order_accepted"]
        shutil.rmtree(tmp_path / "orders", ignore_errors=True)  # One may just be being made.
        engine.send_signal(signal.SIGTERM)
        assert engine.wait()[0] == 0
    with RunningEngine(tmp_path) as engine, RawClient(engine.port) as alice:
        alice.login("alice", token)
        [orders] = alice.ask({"type": "get_orders"})
        assert len(orders["orders"]) == number


def test_a_directory_that_took_the_place_of_ours_gets_no_snapshot_when_the_engine_stops(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with RunningEngine(data) as engine:
        move_away(data)
        data.mkdir()
        engine.send_signal(signal.SIGTERM)
        status, errors = engine.wait()
    assert (status, f"{data} was replaced" in errors) == (EXIT_FAILED, True)
    assert list(data.iterdir()) == []


PARTS = ["journal", "orders", "trades", "logs", "engine.lock", "engine_id", "operator.sock"]


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_the_directory_that_is_elsewhere_is_refused_and_named(tmp_path: Path, name: str) -> None:
    data, precious = tmp_path / "data", tmp_path / "precious"
    data.mkdir()
    precious.mkdir()
    (data / name).symlink_to(precious)
    assert f"{data / name}: is a symbolic link" in refusal(data)
    assert list(precious.iterdir()) == []


FOREIGN_FILES = [
    "trades/trades.jsonl",
    "logs/logs_alice.txt",
    "journal/journal-00000000000000000001.jsonl",
    "engine.lock",
    "engine_id",
    "operator.sock",
]


@pytest.mark.parametrize("place", FOREIGN_FILES)
def test_a_file_of_somebody_else_in_the_place_of_ours_is_refused_named_and_left_alone(
    tmp_path: Path, place: str
) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("notes of mine, not an exchange's at all, but rather long ones\nand more\n")
    before = path.read_bytes()
    assert str(path) in refusal(tmp_path)
    assert path.read_bytes() == before
