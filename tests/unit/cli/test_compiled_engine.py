"""Which engine runs: what --engine or EXCHANGE_ENGINE asks for, and never one compiled of another source."""

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


LOADED = (
    "import sys; from exchange.cli.loading import load; from exchange.cli.subcommands import SUBCOMMANDS; "
    "load(SUBCOMMANDS[sys.argv[1]], sys.argv[2:]); import exchange.engine.fees as fees; print(fees.__file__)"
)


def run(clone: Path, program: str, wanted: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A program in the clone, with words for it, by a Python whose environment wants that engine."""
    environment = {**os.environ, "EXCHANGE_ENGINE": wanted, "PYTHONPATH": str(clone)}
    command = [sys.executable, "-P" if sys.version_info >= (3, 11) else "-s", "-c", program, *words]
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
        assert ended.stdout.startswith(str(clone / "exchange" / "engine" / "fees.py")), ended.stderr


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


@pytest.mark.parametrize(
    ("wanted", "words", "runs_compiled"),
    [
        ("", "engine", True),
        ("", "engine --port 0 --engine pure", False),
        ("pure", "engine", False),
        ("pure", "engine --engine compiled", True),
        ("pure", "engine --eng=auto", True),
        ("compiled", "engine --symbols A --engine=pure", False),
        ("", "verify", False),
    ],
)
def test_the_exchange_runs_what_its_option_asks_for_then_the_environment_then_what_there_is(
    clone: Path, wanted: str, words: str, runs_compiled: bool
) -> None:
    compiled = compile_in(clone)
    ended = run(clone, LOADED, wanted, *words.split())
    folder = compiled if runs_compiled else clone / "exchange" / "engine"
    assert ended.stdout == f"{folder / 'fees.py'}\n", ended.stderr


@pytest.mark.parametrize(
    ("was_compiled", "words", "refusal"),
    [
        (False, ["--engine", "compiled"], "--engine compiled: there is none of this source; make fast"),
        (True, ["--engine", "compiled"], "--engine compiled: the compiled one is of another source; make fast"),
        (False, ["--engine", "quick"], "argument --engine: invalid choice: 'quick'"),
        (False, ["--engine"], "argument --engine: expected one argument"),
    ],
    ids=["none", "of another source", "no such engine", "no engine"],
)
def test_an_option_that_can_not_be_had_is_refused_in_one_line(
    clone: Path, was_compiled: bool, words: list[str], refusal: str
) -> None:
    if was_compiled:
        compile_in(clone)
        (clone / "exchange" / "engine" / "fees.py").write_text('"""Another."""\n', "utf-8")
    program = "import sys; from exchange.cli.main import main; sys.exit(main(sys.argv[1:]))"
    ended = run(clone, program, "", "engine", *words)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert ended.stderr.startswith(f"exchange engine: {refusal}")


def test_who_left_it_open_is_told_only_where_something_was_compiled(clone: Path) -> None:
    program = "from exchange.cli.compiled_engine import chosen; print(chosen())"
    assert run(clone, program, "").stdout == "None\n"
    assert run(clone, program, "auto").stdout == "the engine is pure Python\n"
    compile_in(clone)
    assert run(clone, program, "").stdout.endswith("the compiled one is of another source: make fast\n")
