"""The engine as a process, killed, stopped, starved of disk: nothing acknowledged is lost, one clear line each."""

from __future__ import annotations

import resource
import signal
import time
from pathlib import Path
from typing import Any, Optional

import pytest

from tests.support.processes import Program, RunningEngine
from tests.support.raw_client import RawClient, limit

ORDERS = 500


def log_in(engine: RunningEngine, user: str, token: Optional[str] = None) -> tuple[RawClient, dict[str, Any]]:
    client = RawClient(engine.port)
    return client, client.login(user, token)


def orders(first: int, count: int, side: str = "BUY", price: float = 100.0) -> list[dict[str, Any]]:
    return [limit(f"c{number}", side, 10, price) for number in range(first, first + count)]


def order_ids(messages: list[dict[str, Any]], kind: str = "order_accepted") -> list[int]:
    return [message["order_id"] for message in messages if message["type"] == kind]


def live_orders(client: RawClient) -> list[int]:
    [answer] = client.ask({"type": "get_orders"})
    return [order["order_id"] for order in answer["orders"]]


def verified(path: Path) -> tuple[int, str]:
    with Program("verify.py", "--data-dir", str(path)) as program:
        status, output, _errors = program.end()
    return status, output


# ---------------------------------------------------------------------------------------------- killed and stopped


def test_all_that_was_acknowledged_is_there_after_a_kill_and_goes_on_where_it_was(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine:
        client, answer = log_in(engine, "alice")
        token = answer.get("token")
        acknowledged = order_ids(client.ask(*orders(1, ORDERS)))
        assert len(acknowledged) == ORDERS
        client.send(*orders(ORDERS + 1, ORDERS))
        engine.send_signal(signal.SIGKILL)
        engine.wait()
        client.close()
    status, output = verified(tmp_path)
    assert status == 0, output
    with RunningEngine(tmp_path) as engine:
        client, answer = log_in(engine, "alice", token)
        recovered = live_orders(client)
        assert recovered[:ORDERS] == acknowledged
        assert recovered == list(range(1, len(recovered) + 1))
        [event] = client.ask(limit("next", "BUY", 10, 100))
        assert (event["order_id"], event["seq"]) == (len(recovered) + 1, len(recovered) + 1)
        client.close()
        engine.send_signal(signal.SIGTERM)
        assert engine.end()[0] == 0
    assert verified(tmp_path)[0] == 0


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_ends_well_and_loses_nothing(tmp_path: Path, signal_number: signal.Signals) -> None:
    with RunningEngine(tmp_path, "--snapshot-every", "100") as engine:
        client, _answer = log_in(engine, "alice")
        client.send(*orders(1, ORDERS), *orders(ORDERS + 1, ORDERS, "SELL"))
        assert client.next()["type"] == "order_accepted"
        engine.send_signal(signal_number)
        messages = client.remainder()
        status, _output, errors = engine.end()
        client.close()
    assert (status, errors) == (0, "")
    status, output = verified(tmp_path)
    assert status == 0, output
    with open(tmp_path / "logs" / "logs_alice.txt") as log:
        logged = log.read()
    for order_id in order_ids(messages):
        assert f"ACCEPTED order {order_id} " in logged


def test_snapshots_are_taken_by_a_child_process_while_the_engine_runs(tmp_path: Path) -> None:
    with RunningEngine(tmp_path, "--snapshot-every", "50", "--log-level", "INFO") as engine:
        client, _answer = log_in(engine, "alice")
        deadline = time.monotonic() + 20
        number = 1
        while len(list((tmp_path / "orders").glob("snapshot-*.jsonl"))) < 2:
            assert time.monotonic() < deadline
            client.ask(*orders(number, 20))
            number += 20
        client.close()
        engine.send_signal(signal.SIGKILL)
        assert "snapshot of command" in engine.end()[2]
    status, output = verified(tmp_path)
    assert status == 0, output
    with RunningEngine(tmp_path) as engine:
        engine.send_signal(signal.SIGTERM)
        assert engine.end()[0] == 0


# ------------------------------------------------------------------------------------------------- what is refused


def test_a_second_engine_is_refused_within_a_second_and_the_first_goes_on(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine:
        with Program("start_engine.py", "--port", "0", "--data-dir", str(tmp_path)) as second:
            status, output, errors = second.end()
        assert (status, output) == (2, "")
        assert errors.count("\n") == 1 and "is locked by process" in errors
        with Program("verify.py", "--data-dir", str(tmp_path)) as program:
            status, _output, errors = program.end()
        assert status == 2 and "stop the engine first" in errors
        client, _answer = log_in(engine, "alice")
        assert order_ids(client.ask(*orders(1, 1))) == [1]
        client.close()


def test_a_damaged_journal_is_refused_in_one_line_with_file_line_and_byte(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine:
        client, _answer = log_in(engine, "alice")
        client.ask(*orders(1, 20))
        client.close()
        engine.send_signal(signal.SIGKILL)
        engine.wait()
    [segment] = (tmp_path / "journal").iterdir()
    segment.write_bytes(segment.read_bytes().replace(b'"c7"', b'"c8"'))
    for _again in range(2):
        with Program("start_engine.py", "--port", "0", "--data-dir", str(tmp_path)) as program:
            status, output, errors = program.end()
        assert (status, output) == (2, "")
        assert errors.count("\n") == 1
        assert f"{segment}: damaged at line" in errors and f"run `exchange verify --data-dir {tmp_path}`" in errors


@pytest.mark.parametrize("option", ["--durability=maybe", "--snapshot-every=-1", "--snapshot-every=x"])
def test_a_wrong_option_is_one_line_and_exit_2(tmp_path: Path, option: str) -> None:
    with Program("start_engine.py", "--data-dir", str(tmp_path), option) as program:
        status, _output, errors = program.end()
    assert status == 2 and errors.count("\n") == 1


# --------------------------------------------------------------------------------------------------- failing disks


def expect_failure(engine: RunningEngine, client: RawClient, reason: str) -> list[dict[str, Any]]:
    """The clients are told, the exit code is 1, one line says why; returns what the client heard."""
    messages = client.remainder()
    status, _output, errors = engine.end()
    client.close()
    assert status == 1
    assert len(errors.splitlines()) == 1, errors
    assert "the exchange stops" in errors and reason in errors
    assert messages[-1]["type"] == "error" and messages[-1]["code"] == "ENGINE_STOPPING"
    assert reason in messages[-1]["text"]
    return messages


def test_a_journal_that_cannot_grow_stops_the_engine_and_a_restart_with_room_is_clean(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine:
        client, answer = log_in(engine, "alice")
        acknowledged = order_ids(client.ask(*orders(1, 50)))
        [segment] = (tmp_path / "journal").iterdir()
        limit_bytes = segment.stat().st_size + 2_000
        resource.prlimit(engine.process_id, resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))
        client.send(*orders(51, 200))
        acknowledged += order_ids(expect_failure(engine, client, "File too large"))
    assert verified(tmp_path)[0] == 0
    with RunningEngine(tmp_path) as engine:
        client, _answer = log_in(engine, "alice", answer.get("token"))
        assert live_orders(client)[: len(acknowledged)] == acknowledged
        assert client.ask(limit("next", "BUY", 10, 100))[0]["type"] == "order_accepted"
        client.close()


def test_a_last_snapshot_that_cannot_be_written_ends_badly_but_loses_nothing(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine:
        client, answer = log_in(engine, "alice")
        acknowledged = order_ids(client.ask(*orders(1, 50)))
        resource.prlimit(engine.process_id, resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
        engine.send_signal(signal.SIGTERM)
        client.remainder()
        status, _output, errors = engine.end()
        client.close()
    assert status == 1
    assert len(errors.splitlines()) == 1 and "File too large" in errors
    with RunningEngine(tmp_path) as engine:
        client, _answer = log_in(engine, "alice", answer.get("token"))
        assert live_orders(client) == acknowledged
        client.close()
