"""One trader on two real exchanges: each knows them by a token of its own, and neither meets the other's."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

from tests.support.processes import RunningEngine, plain_client


def leave_order(engine: RunningEngine, directory: Path) -> str:
    """Alice orders something and leaves; what she was told on stderr."""
    with plain_client(engine, directory, "alice") as client:
        status, output, errors = client.end("buy 1 1\n")
    assert status == 0 and "accepted: order" in output
    return errors


def live_orders(engine: RunningEngine, directory: Path) -> int:
    """How many orders of hers the exchange shows her."""
    with plain_client(engine, directory, "alice") as client:
        status, output, _ = client.end("o\n")
    assert status == 0
    return sum(line.endswith("NEW") for line in output.splitlines())


def token_names(directory: Path) -> set[str]:
    return {path.name for path in (directory / "alice" / "tokens").glob("token_*")}


def names_of(*data_directories: Path) -> set[str]:
    """The files of her tokens at these exchanges."""
    return {f"token_alice.{(path / 'engine_id').read_text().strip()}.txt" for path in data_directories}


def stop(engine: RunningEngine) -> None:
    engine.send_signal(signal.SIGTERM)
    assert engine.wait()[0] == 0


def test_a_trader_on_two_exchanges_at_once_is_each_time_the_right_one(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with ExitStack() as stack:
        first, second = (stack.enter_context(RunningEngine(path)) for path in (one, two))
        assert leave_order(first, tmp_path) == ""
        assert "this exchange did not know alice" in leave_order(second, tmp_path)
        assert "another exchange than the last time" in leave_order(first, tmp_path)
        assert leave_order(first, tmp_path) == ""
        assert (live_orders(first, tmp_path), live_orders(second, tmp_path)) == (3, 1)
    assert token_names(tmp_path) == names_of(one, two)


def test_exchanges_that_take_turns_on_one_port_and_one_that_moves_to_another_are_told_apart(
    tmp_path: Path,
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    with RunningEngine(one) as engine:
        port = str(engine.port)
        leave_order(engine, tmp_path)
        stop(engine)
    with RunningEngine(two, "--port", port) as engine:
        assert "this exchange did not know alice" in leave_order(engine, tmp_path)
        stop(engine)
    with RunningEngine(one, "--port", port) as engine:
        assert "another exchange than the last time" in leave_order(engine, tmp_path)
        assert leave_order(engine, tmp_path) == ""
        stop(engine)
    with RunningEngine(one) as engine:
        assert leave_order(engine, tmp_path) == "", "the same exchange, on another port"
        assert live_orders(engine, tmp_path) == 4
        stop(engine)
    assert token_names(tmp_path) == names_of(one, two)


def test_tokens_of_before_go_on_working_and_become_the_exchanges(tmp_path: Path) -> None:
    one = tmp_path / "one"
    with RunningEngine(one) as engine:
        leave_order(engine, tmp_path)
        tokens = tmp_path / "alice" / "tokens"
        [token] = tokens.glob("token_*")
        token.rename(tokens / "token_alice.txt")
        for path in ("last_alice.txt", "addresses.txt"):
            (tokens / path).unlink()
        assert leave_order(engine, tmp_path) == ""
    assert token_names(tmp_path) == names_of(one)
