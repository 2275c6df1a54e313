"""The table of subcommands is true: each row has its file, with all that such a file must have."""

from __future__ import annotations

import argparse
import importlib
import re

import pytest

from exchange.cli.command_parser import CommandParser
from exchange.cli.loading import load, parser_of
from exchange.cli.overview import overview_parser
from exchange.cli.subcommands import SUBCOMMANDS, Subcommand
from tests.support.project import ROOT

each_subcommand = pytest.mark.parametrize("subcommand", SUBCOMMANDS.values(), ids=list(SUBCOMMANDS))


def loaded(subcommand: Subcommand) -> CommandParser:
    """Its parser; a subcommand of an extra that is not installed here has none."""
    if subcommand.extra is not None:
        pytest.importorskip(subcommand.module_name, exc_type=ModuleNotFoundError)
    return parser_of(subcommand, load(subcommand), f"exchange {subcommand.name}")


def test_every_file_of_the_room_with_a_subcommands_options_has_its_row() -> None:
    texts = {path.stem: path.read_text("utf-8") for path in (ROOT / "exchange" / "cli").glob("*.py")}
    files = {name for name, text in texts.items() if "\ndef add_options(parser: CommandParser)" in text}
    assert files == {each.module_name.rpartition(".")[2] for each in SUBCOMMANDS.values()}


@each_subcommand
def test_the_help_of_a_subcommand_tells_every_option(subcommand: Subcommand) -> None:
    parser = loaded(subcommand)
    text = parser.format_help()
    assert text.startswith(f"usage: exchange {subcommand.name} [-h]")
    assert "exit code" in text
    silent = [action.dest for action in all_actions(parser) if not action.help]
    assert silent == []


def all_actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Every option and argument, those of sub-subcommands, too; the choice of one is explained one by one."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            assert all(choice.help for choice in action._choices_actions), action
            found += [each for parser in action.choices.values() for each in all_actions(parser)]
        else:
            found.append(action)
    return found


def test_the_help_of_the_command_lists_every_subcommand_once() -> None:
    text = overview_parser("exchange").format_help()
    for subcommand in SUBCOMMANDS.values():
        assert len(re.findall(rf"^  {subcommand.name} +{re.escape(subcommand.summary)}$", text, re.MULTILINE)) == 1


@each_subcommand
def test_a_subcommand_imports_all_it_needs_at_its_head(subcommand: Subcommand) -> None:
    """What it imported later would be interrupted by an exception in the middle of an import."""
    loaded(subcommand)
    lines = (ROOT / f"{subcommand.module_name.replace('.', '/')}.py").read_text("utf-8").splitlines()
    assert [line for line in lines if re.match(r"\s+(from|import) ", line)] == []
    assert importlib.import_module(subcommand.module_name).__doc__
