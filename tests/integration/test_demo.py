"""The demo where standard output is no terminal, and that it leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import WAIT_S, wait_until
from tests.support.project import ROOT

LINE = re.compile(r"\d\d:\d\d:\d\d  ACME  bid .+ ask .+ last .+ trades \d+ +volume \d+")


def start(seconds: str, temporary: Path, redirection: str = "") -> subprocess.Popen[str]:
    """The demo, whose directories are made in `temporary`; `redirection` is what a shell is told of its output."""
    return subprocess.Popen(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, str(ROOT / "scripts" / "demo.py")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"DEMO_SECONDS": seconds, "TMPDIR": str(temporary)},
    )


@contextmanager
def running_demo(temporary: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo that has told its first line.  It is killed, if need be, when the block ends."""
    demo = start("600", temporary)
    try:
        assert demo.stdout is not None
        assert LINE.match(demo.stdout.readline())
        yield demo
    finally:
        demo.kill()
        demo.communicate()


def children(process_id: int) -> list[int]:
    """The programs it has started, and those that they have."""
    path = f"/proc/{process_id}/task/{process_id}/children"
    with open(path, encoding="ascii") as file:
        started = [int(number) for number in file.read().split()]
    return started + [each for child in started for each in children(child)]


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_tells_a_line_a_second_for_as_long_as_it_is_asked(tmp_path: Path) -> None:
    output, errors = start("2", tmp_path).communicate(timeout=3 * WAIT_S)
    assert errors == ""
    lines = output.splitlines()
    assert len(lines) == 2
    assert all(LINE.fullmatch(line.rstrip()) for line in lines), lines
    assert list(tmp_path.iterdir()) == []


def test_a_signal_ends_it_and_all_that_it_has_started(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        started = children(demo.pid)
        assert len(started) == 3
        demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=3 * WAIT_S)
        assert demo.returncode == 0
    assert not any(is_running(process_id) for process_id in started)
    assert list(tmp_path.iterdir()) == []


def test_killed_outright_it_leaves_neither_a_process_nor_a_file_behind(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        started = children(demo.pid)
        assert len(started) == 3 and list(tmp_path.iterdir())
        demo.kill()
        wait_until(lambda: not any(is_running(process_id) for process_id in started))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("redirection", [">/dev/full", ">/dev/full 2>/dev/full", ">&-", "| true"])
def test_it_goes_on_when_nobody_takes_what_it_tells(tmp_path: Path, redirection: str) -> None:
    demo = start("1", tmp_path, redirection)
    output, errors = demo.communicate(timeout=3 * WAIT_S)
    assert (demo.returncode, output, errors) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_time_that_is_no_number_is_refused_in_one_line(tmp_path: Path) -> None:
    demo = start("soon", tmp_path)
    _, errors = demo.communicate(timeout=WAIT_S)
    assert demo.returncode == 2
    assert errors == "demo.py: DEMO_SECONDS 'soon' is not a whole number of seconds\n"
