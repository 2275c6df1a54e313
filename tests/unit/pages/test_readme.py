"""What is written for people shows what the code has: keys, the example bot, commands, the lists of modules."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from exchange import networking
from exchange.cli.subcommands import SUBCOMMANDS
from exchange.networking import tcp_client
from tests.support.project import ROOT, pages
from tui.screen.command_parser import commands_table
from tui.screen.key_table import markdown_table, rewind_markdown_table

README = (ROOT / "README.md").read_text("utf-8")
README_LINES_MAX = 150
BOT_PAGE = ROOT / "exchange" / "networking" / "client" / "README.md"


def test_what_the_readme_says_checks_everything_is_what_ci_runs() -> None:
    last_command = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1]
    assert f"`{last_command}` runs lint, types, the import contract and all tests" in README


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= README_LINES_MAX


def test_the_tables_of_keys_and_commands_are_made_from_those_of_the_screen() -> None:
    page = (ROOT / "tui" / "README.md").read_text("utf-8")
    assert markdown_table().strip() in page
    assert rewind_markdown_table().strip() in page
    assert commands_table().strip() in page


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_of_a_page_is_a_target(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE))
    assert {name for names in named for name in names if name} <= targets


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_subcommand_of_a_page_is_there(page: Path) -> None:
    named = re.findall(r"(?:`|^)exchange ([a-z][a-z-]*)[ `]", page.read_text("utf-8"), re.MULTILINE)
    # But for one that a recipe adds, and the engine's `exchange listening on`.
    assert set(named) <= {*SUBCOMMANDS, "lines", "listening"}


def test_the_readme_leads_to_every_page_in_one_step_or_two() -> None:
    linked = {ROOT / "README.md"}
    for _ in range(2):
        linked |= {target for page in linked for target in links_of(page)}
    assert set(pages()) <= linked


def links_of(page: Path) -> list[Path]:
    """The pages that a page links."""
    targets = re.findall(r"\]\(([^)#]+\.md)(?:#[^)]*)?\)", page.read_text("utf-8"))
    return [(page.parent / target).resolve() for target in targets]


def test_the_bot_is_the_one_that_the_client_librarys_own_test_runs() -> None:
    bot = re.search(r"```python\n(.*?)```", BOT_PAGE.read_text("utf-8"), re.DOTALL)
    assert bot is not None
    assert tcp_client.__doc__ is not None
    assert textwrap.indent(bot[1].strip(), "    ") in tcp_client.__doc__


def test_the_bridge_lists_every_room_and_door_it_has() -> None:
    assert networking.__doc__ is not None
    folder = ROOT / "exchange" / "networking"
    rooms = {path.parent.name for path in folder.glob("*/__init__.py")}
    doors = {path.stem for path in folder.glob("[a-z]*.py")}
    assert rooms | doors <= set(re.findall(r"\w+", networking.__doc__))
