"""Which engine runs: what EXCHANGE_ENGINE asks for, and never one that was compiled of another source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

PROGRAM = (
    "from exchange.cli.compiled_engine import chosen, put_in_front; put_in_front(); "
    "import exchange.engine.fees as fees; print(fees.__file__); print(chosen())"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the exchange, of which nothing is compiled."""
    shutil.copytree(ROOT / "exchange", tmp_path / "exchange", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(clone: Path, program: str, wanted: str) -> subprocess.CompletedProcess[str]:
    """A program in the clone, by a Python that wants that engine."""
    environment = {**os.environ, "EXCHANGE_ENGINE": wanted, "PYTHONPATH": str(clone)}
    command = [sys.executable, "-P" if sys.version_info >= (3, 11) else "-s", "-c", program]
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)


def compile_in(clone: Path) -> Path:
    """Put where a compiled engine would be one that is none, but tells where a module of it came from."""
    program = "from exchange.cli.compiled_engine import build_folder; print(build_folder())"
    folder = Path(run(clone, program, "pure").stdout.strip()) / "exchange" / "engine"
    folder.mkdir(parents=True)
    shutil.copy(clone / "exchange" / "engine" / "fees.py", folder)
    return folder


def test_unless_it_is_asked_for_the_source_runs_though_there_is_a_compiled_engine(clone: Path) -> None:
    compile_in(clone)
    for wanted in ("", "pure"):
        ended = run(clone, PROGRAM, wanted)
        assert ended.stdout.splitlines() == [str(clone / "exchange" / "engine" / "fees.py"), "None"], ended.stderr


def test_whoever_leaves_it_open_gets_the_compiled_engine_of_this_source_and_is_told(clone: Path) -> None:
    folder = compile_in(clone)
    ended = run(clone, PROGRAM, "auto")
    assert ended.stdout.splitlines() == [str(folder / "fees.py"), "the engine is compiled"], ended.stderr


def test_an_engine_that_was_compiled_of_another_source_is_never_run(clone: Path) -> None:
    compile_in(clone)
    source = clone / "exchange" / "engine" / "fees.py"
    source.write_text(source.read_text("utf-8") + "# One byte more.\n", "utf-8")
    ended = run(clone, PROGRAM, "auto")
    stale = "the engine is pure Python; the compiled one is of another source: make fast"
    assert ended.stdout.splitlines() == [str(source), stale], ended.stderr


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ("compiled", "there is none of this source; make fast compiles it"),
        ("quick", "must be pure, compiled or auto"),
    ],
)
def test_an_engine_that_can_not_run_is_refused_in_one_line(clone: Path, wanted: str, refusal: str) -> None:
    program = "from exchange.cli.main import run_subcommand; print(run_subcommand('engine', 'engine', []))"
    ended = run(clone, program, wanted)
    assert (ended.stdout, ended.stderr) == ("2\n", f"engine: EXCHANGE_ENGINE={wanted}: {refusal}\n")
