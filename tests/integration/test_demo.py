"""The demo where standard output is no terminal, and that it leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

from tests.support.processes import WAIT_S
from tests.support.project import ROOT

LINE = re.compile(r"\d\d:\d\d:\d\d  ACME  bid .+ ask .+ last .+ trades \d+ +volume \d+")


def start(seconds: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "demo.py")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"DEMO_SECONDS": seconds},
    )


def children(process: subprocess.Popen[str]) -> list[int]:
    """The programs it has started."""
    path = f"/proc/{process.pid}/task/{process.pid}/children"
    with open(path, encoding="ascii") as file:
        return [int(number) for number in file.read().split()]


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_tells_a_line_a_second_for_as_long_as_it_is_asked() -> None:
    output, errors = start("2").communicate(timeout=3 * WAIT_S)
    assert errors == ""
    lines = output.splitlines()
    assert len(lines) == 2
    assert all(LINE.fullmatch(line.rstrip()) for line in lines), lines


def test_a_signal_ends_it_and_all_that_it_has_started() -> None:
    demo = start("600")
    assert demo.stdout is not None
    assert LINE.match(demo.stdout.readline())
    started = children(demo)
    assert len(started) == 2
    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=3 * WAIT_S)
    assert demo.returncode == 0
    assert not any(is_running(process_id) for process_id in started)


def test_a_time_that_is_no_number_is_refused_in_one_line() -> None:
    demo = start("soon")
    _, errors = demo.communicate(timeout=WAIT_S)
    assert demo.returncode == 2
    assert errors == "demo.py: DEMO_SECONDS 'soon' is not a whole number of seconds\n"
