"""The command's own words: which subcommand, what is wrong with one, and where the data is by default."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import exchange
from exchange.cli.command_parser import CommandFailed, CommandParser, OptionError
from exchange.cli.loading import load, parser_of, prepared
from exchange.cli.overview import overview
from exchange.cli.subcommands import SUBCOMMANDS, Subcommand, cut_off, left, left_in_any_way, stopped
from tests.support.project import ROOT


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`exchange` in a folder, or a script of the clone, if the first word is one."""
    program = [str(ROOT / "scripts" / words[0])] if words[0].endswith(".py") else ["-m", "exchange", words[0]]
    return subprocess.run(
        [sys.executable, *program, *words[1:]],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(cwd / "home"), **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["engin"], "'engin' is no subcommand, perhaps engine?"),
        (["--verbose", "qqq"], "'qqq' is no subcommand"),
        (["--verbose"], "unrecognized arguments: --verbose"),
    ],
)
def test_what_is_no_subcommand_is_refused_in_one_line(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        overview("exchange", words)
    output, errors = capsys.readouterr()
    assert (ended.value.code, output, errors) == (2, "", f"exchange: {complaint} (see --help)\n")


def test_who_types_nothing_else_is_told_what_there_is(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "exchange"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert "\n  engine " in told.stdout and "\nHere and right now: " in told.stdout


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    told = run("--version", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (0, f"exchange {exchange.__version__}\n")


def test_the_help_says_where_the_data_is_right_now(tmp_path: Path) -> None:
    own = tmp_path / "home" / ".local" / "share" / "exchange-simulator"
    for options, place in (({}, str(own)), ({"EXCHANGE_HOME": "/class/100%"}, "/class/100%")):
        for words in (["--help"], ["engine", "--help"]):
            text = "".join(run(*words, cwd=tmp_path, COLUMNS="1000", **options).stdout.split("\n"))
            assert f"right now: {place}" in text or f"right now {place})" in text


def test_each_command_looks_where_the_rule_says_and_a_script_in_its_clone(tmp_path: Path) -> None:
    own = tmp_path / "home" / ".local" / "share" / "exchange-simulator"
    missing = f"exchange operate: --data-dir {own}: No such file or directory\n"
    assert run("operate", "list", cwd=tmp_path).stderr == missing
    chosen = run("operate", "list", cwd=tmp_path, EXCHANGE_HOME="/nowhere/at/all")
    assert "--data-dir /nowhere/at/all: No such file" in chosen.stderr
    (tmp_path / "data").mkdir()
    assert "--data-dir data: no engine has ever run there" in run("operate", "list", cwd=tmp_path).stderr
    script = run("operate.py", "--help", cwd=tmp_path, EXCHANGE_HOME="/nowhere/at/all", COLUMNS="1000")
    assert f"(default: {ROOT / 'data'})" in script.stdout
    assert "(default: data)" in run("operate.py", "--help", cwd=ROOT, COLUMNS="1000").stdout


def test_a_script_has_the_options_of_its_subcommand_and_its_own_name(tmp_path: Path) -> None:
    for script, name in (("start_engine.py", "engine"), ("start_client.py", "trade"), ("demo.py", "demo")):
        as_script, as_command = (
            run(word, "--help", cwd=tmp_path, COLUMNS="1000").stdout for word in (script, name)
        )
        assert as_script.startswith(f"usage: {script} [-h]")
        begin = as_command.partition("--data-dir DIRECTORY  ")[0].replace(f"exchange {name}", script)
        assert as_script.startswith(begin)


def test_a_subcommand_that_is_asked_for_loads_no_other(tmp_path: Path) -> None:
    """So it starts fast, and does without what only another one needs."""
    ask = "import sys; from exchange.cli.loading import prepared; prepared('verify', 'x'); print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name for name in told.stdout.split() if name.startswith(("exchange.", "tui", "blessed"))}
    assert "exchange.storage.verify" in loaded
    assert not any(
        name.startswith(("tui", "blessed", "exchange.simulation", "exchange.networking")) for name in loaded
    )


# --- what a subcommand's file may do ---------------------------------------------------------------------------


def test_options_that_do_not_go_together_and_failures_are_one_line_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert prepared("verify", "verify.py")(["--data-dir", "/nowhere"]) == 2
    assert capsys.readouterr().err == "verify.py: /nowhere is not a directory\n"
    with pytest.raises(SystemExit) as ended:
        prepared("simulate", "exchange simulate")(["--speed", "2"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(
        "exchange simulate: --speed: has a meaning only together with --replay"
    )
    assert (str(OptionError("a and b")), CommandFailed("gone", 1).exit_code) == ("a and b", 1)


def test_a_part_that_is_not_installed_is_named_with_how_to_get_it() -> None:
    row = Subcommand("no-such-file", "Learn", "nothing", extra="gym")
    with pytest.raises(CommandFailed) as failed:
        load(row)
    assert str(failed.value) == (
        "no-such-file needs the module exchange.cli.no_such_file, which is not installed; "
        "to get it: pip install 'exchange-simulator[gym]'"
    )


def test_each_row_says_how_a_signal_ends_it() -> None:
    endings = {name: row.ending(name) for name, row in SUBCOMMANDS.items()}
    assert (endings["verify"].exit_code, endings["verify"].last_words) == (130, "verify: interrupted\n")
    assert (endings["engine"].exit_code, endings["engine"].numbers) == (0, (signal.SIGINT, signal.SIGTERM))
    assert all(row.ending in (cut_off, left, left_in_any_way, stopped) for row in SUBCOMMANDS.values())


def test_sub_subcommands_are_explained_in_the_same_form() -> None:
    parser = parser_of(SUBCOMMANDS["operate"], load(SUBCOMMANDS["operate"]), "exchange operate")
    [wishes] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    assert isinstance(wishes.choices["halt"], CommandParser)
    assert "exchange operate halt ACME 60" in parser.format_help()
