"""A command may be told to end at any moment: no traceback, the exit code it documents, no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import WAIT_S, RunningEngine, wait_until
from tests.support.project import ROOT

# From a script's first lines, over its imports and a start on an empty directory, to a running exchange.
DELAYS_S = [number * 0.04 for number in range(8)]


@contextmanager
def command(script: str, *options: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A script, or the command `exchange`, in a process group of its own, as a shell starts it."""
    program = [str(ROOT / "scripts" / script)] if script.endswith(".py") else ["-m", script]
    process = subprocess.Popen(
        [sys.executable, *program, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if is_anybody_left(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def is_anybody_left(process: subprocess.Popen[str]) -> bool:
    """Whether there is still a process of its group."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def catches_sigterm(process: subprocess.Popen[str]) -> bool:
    """Whether its script has begun: Python itself has no handler for SIGTERM."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    mask = next(line for line in status.splitlines() if line.startswith("SigCgt:")).split()[1]
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


def child_count(process: subprocess.Popen[str]) -> int:
    """How many processes it has started that run."""
    return len(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())


ENDING_SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


def tell_to_end(number: signal.Signals, delay_s: float, script: str, *options: str) -> bool:
    """Start it, and so long after its first lines tell it to end, which it must do in order.

    Returns whether it was ready for that before it had imported much.
    """
    with command(script, *options) as process:
        # At every turn: what it imports first is there in some milliseconds.
        wait_until(lambda: catches_sigterm(process), look_every_s=0)
        is_early = "/_ssl." not in Path(f"/proc/{process.pid}/maps").read_text()
        time.sleep(delay_s)
        process.send_signal(number)
        _, errors = process.communicate(timeout=WAIT_S)
    assert (process.returncode, errors) == (0, ""), delay_s
    return is_early


@pytest.mark.parametrize("program", [("start_engine.py",), ("exchange", "engine")], ids=["script", "command"])
@ENDING_SIGNALS
def test_an_engine_told_to_end_at_any_moment_of_its_start_does_so_in_order(
    number: signal.Signals, program: tuple[str, ...], tmp_path: Path
) -> None:
    options = (*program, "--port", "0", "--data-dir")
    early = [tell_to_end(number, delay_s, *options, str(tmp_path / str(delay_s))) for delay_s in DELAYS_S]
    assert any(early)


@ENDING_SIGNALS
def test_an_engine_told_to_end_again_and_again_until_it_has_ended_does_so_in_order(
    number: signal.Signals, tmp_path: Path
) -> None:
    with RunningEngine(tmp_path) as engine:
        while not engine.has_ended:
            engine.send_signal(number)
        status, errors = engine.wait()
    assert (status, errors) == (0, "")


@ENDING_SIGNALS
def test_a_simulation_told_to_end_at_any_moment_of_its_start_does_so_in_order(
    number: signal.Signals, tmp_path: Path
) -> None:
    with RunningEngine(tmp_path / "engine") as engine:
        options = ("start_simulation.py", "--port", str(engine.port), "--data-dir", str(tmp_path))
        early = [tell_to_end(number, delay_s, *options) for delay_s in DELAYS_S]
    assert any(early)


@pytest.mark.parametrize(
    ("script", "options", "children"),
    [
        ("faults.py", ("--kills", "50", "--seed", "1", "--jobs", "2"), 3),
        ("faults.py", ("--power-loss", "1000", "--seed", "1", "--jobs", "2"), 3),
        ("fuzz_wire.py", (), 1),
        ("stress_connections.py", ("drip", "--drip-connections", "5"), 3),
        ("benchmark.py", ("--messages", "1000"), 2),
        ("measure_screen.py", (), 2),
    ],
)
def test_a_campaign_ends_at_ctrl_c_with_one_line_and_all_it_has_started(
    script: str, options: tuple[str, ...], children: int, tmp_path: Path
) -> None:
    with command(script, *options, TMPDIR=str(tmp_path)) as process:
        wait_until(lambda: child_count(process) >= children)
        os.killpg(process.pid, signal.SIGINT)  # A terminal tells the whole group.
        _, errors = process.communicate(timeout=WAIT_S)
        assert (process.returncode, errors) == (130, f"{script}: interrupted\n")
        wait_until(lambda: not is_anybody_left(process))
        assert list(tmp_path.iterdir()) == []
