"""Completion in the shells themselves: what bash offers, and what a person sees who presses Tab in either."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exchange.cli.completion_script import bash_script, zsh_script
from exchange.cli.completion_table import places
from exchange.cli.subcommands import SUBCOMMANDS
from tests.support.project import ROOT

WAIT_S = 20.0
TABLE = list(places("exchange"))

needs_zsh = pytest.mark.skipif(
    shutil.which("zsh") is None, reason="there is no zsh on this machine to try it with"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scripts are, and some files to be named."""
    path = tmp_path_factory.mktemp("shell")
    (path / "exchange.bash").write_text(bash_script(TABLE))
    (path / "exchange.zsh").write_text(zsh_script(TABLE))
    (path / "flow of today.csv").touch()
    (path / "flows").mkdir()
    return path


def offered(folder: Path, *words: str) -> list[str]:
    """What bash offers for the last of the words behind `exchange`."""
    ask = 'source exchange.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _exchange'
    show = 'printf "%s\\n" "${COMPREPLY[@]}"'
    command = ["bash", "--norc", "-c", f"{ask}; {show}", "bash", "exchange", *words]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=WAIT_S)
    assert told.stderr == ""
    return [line for line in told.stdout.splitlines() if line]


def test_bash_offers_every_subcommand_and_every_option_of_each(folder: Path) -> None:
    assert offered(folder, "") == list(SUBCOMMANDS)
    assert offered(folder, "--") == ["--help", "--version"]
    for place in TABLE:
        expected = [word.text for word in place.options if word.text.startswith("--")]
        assert offered(folder, *place.name.split(), "--") == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["en"], ["engine"]),
        (["engine", "--dur"], ["--durability"]),
        (["engine", "--durability", ""], ["fsync", "os"]),
        (["engine", "--durability", "=", "o"], ["os"]),
        (["engine", "--durability", "="], ["fsync", "os"]),
        (["engine", "--port", "0", "--durability", "f"], ["fsync"]),
        (["engine", "--port", ""], []),
        (["operate", "--json", "ha"], ["halt"]),
        (["operate", "--data-dir", "flows", "phase", "ACME", "CLOSI"], ["CLOSING_AUCTION"]),
        (["operate", "halt", "halt", "--"], ["--help"]),
        (["replay", "flow"], ["flow of today.csv", "flows"]),
        (["verify", "--data-dir", "flow"], ["flows"]),
        (["completion", ""], ["bash", "zsh"]),
        (["no-such-thing", "--"], ["--help", "--version"]),
    ],
)
def test_bash_offers_what_may_stand_there(words: list[str], expected: list[str], folder: Path) -> None:
    assert sorted(offered(folder, *words)) == sorted(expected)


class Terminal:
    """A shell on a terminal of its own, in which a person types."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._seen = ""

    def type(self, text: str) -> None:
        """As if typed."""
        os.write(self._descriptor, text.encode())

    def see(self, text: str) -> None:
        """Wait until it has been shown; what came before is forgotten."""
        deadline_s = time.monotonic() + WAIT_S
        while text not in self._seen:
            left_s = deadline_s - time.monotonic()
            assert left_s > 0 and select.select([self._descriptor], [], [], left_s)[0], (
                f"no {text!r}: {self._seen!r}"
            )
            self._seen += os.read(self._descriptor, 65_536).decode("utf-8", "replace")
        self._seen = self._seen.partition(text)[2]


@contextmanager
def shell(folder: Path, *command: str) -> Iterator[Terminal]:
    """A shell that reads nothing of its user's.  Killed when the block ends."""
    own, its = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"],
        "TERM": "xterm",
        "HOME": str(folder),
        "PS1": "READY> ",
        "LANG": "C.UTF-8",
    }
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=its, stdout=its, stderr=its, start_new_session=True
    )
    os.close(its)
    try:
        yield Terminal(own)
    finally:
        process.kill()
        process.wait()
        os.close(own)


def presses_tab(terminal: Terminal) -> None:
    """The same in both shells."""
    terminal.type("exchange veri\t")
    terminal.see("fy")
    terminal.type("--data\t")
    terminal.see("-dir")
    terminal.type("flow\t")
    terminal.see("s")
    terminal.type("\x15exchange engine --durability \t\t")
    terminal.see("fsync")
    terminal.see("os")
    terminal.type("\x15exchange operate phase ACME CLOSI\t")
    terminal.see("NG_AUCTION")
    terminal.type("\x15exchange replay flow\\ of\t")
    terminal.see("today.csv")


def test_who_presses_tab_in_bash_sees_it_completed(folder: Path) -> None:
    with shell(folder, "bash", "--norc", "-i") as terminal:
        terminal.type("source exchange.bash; echo so\\urced\n")
        terminal.see("sourced")
        presses_tab(terminal)


@needs_zsh
def test_who_presses_tab_in_zsh_sees_it_completed_and_explained(folder: Path) -> None:
    with shell(folder, "zsh", "-f", "-i") as terminal:
        terminal.type("autoload -U compinit; compinit -u -D; source ./exchange.zsh; echo so\\urced\n")
        terminal.see("sourced")
        presses_tab(terminal)
        terminal.type("\x15exchange engine --durability=o\t")
        terminal.see("os")
        terminal.type("\x15exchange \t\t")
        terminal.see(f"-- {SUBCOMMANDS['completion'].summary}")


@needs_zsh
def test_zsh_finds_it_as_a_file_in_its_path_of_functions(folder: Path) -> None:
    functions = folder / "functions"
    functions.mkdir()
    (functions / "_exchange").write_text(zsh_script(TABLE))
    with shell(folder, "zsh", "-f", "-i") as terminal:
        terminal.type("fpath=($PWD/functions $fpath); autoload -U compinit; compinit -u -D; echo so\\urced\n")
        terminal.see("sourced")
        terminal.type("exchange veri\t")
        terminal.see("fy")


def test_the_command_prints_the_script_that_was_tried_here() -> None:
    for name, script in (("bash", bash_script), ("zsh", zsh_script)):
        command = [sys.executable, "-m", "exchange", "completion", name]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=WAIT_S)
        assert told.stdout == script(TABLE)
