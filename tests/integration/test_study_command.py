"""`exchange study`: simulated days beside a recorded one, and the search for settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from exchange.laboratory.flow.lobster_file import row_line
from tests.support.project import ROOT
from tests.unit.simulation.study.random_flow import random_rows

WAIT_S = 300.0
SHORT = ("--mix", "zi:6,mm:2", "--seeds", "1", "--minutes", "5")


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes of order flow by chance."""
    path = tmp_path_factory.mktemp("study") / "flow.csv"
    path.write_text("".join(map(row_line, random_rows(1, 20.0))))
    return path


def study(*words: str) -> tuple[int, list[str], str]:
    """Exit code, lines of output, complaints."""
    command = [sys.executable, "-m", "exchange", "study", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, cwd=ROOT, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_the_days_begin_with_the_seed_that_is_asked_for_and_the_table_counts_what_fits(flow: Path) -> None:
    code, lines, complaints = study(str(flow), *SHORT, "--first-seed", "7")
    assert (code, complaints) == (0, "")
    assert lines[0].startswith("seed 7: ")
    assert any(" of 26 lie within the recording's own variation" in line for line in lines)
    [heading] = [number for number, line in enumerate(lines) if line.startswith("mid moved after ")]
    curve = [line.split("  ")[0] for line in lines[heading + 1 : heading + 6]]
    assert curve == [f"execution, {lag} s" for lag in ("0.1", "0.3", "1", "3", "10")]


def test_a_search_tells_each_round_and_the_settings_of_the_better_ones(flow: Path) -> None:
    code, lines, complaints = study(str(flow), *SHORT, "--calibrate", "1")
    assert (code, complaints) == (0, "")
    assert lines[0].startswith("round 0: ") and lines[0].endswith("off, better")
    assert lines[1].startswith("  {'zi': {'RATE_PER_S': 0.07,")
    assert lines[2].startswith("round 1: ")


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "none.csv"
    code, lines, complaints = study(str(missing))
    assert (code, lines) == (2, [])
    assert "none.csv: can't be read" in complaints
