"""Loads one subcommand: its file, its parser, and what is said in one line where something goes wrong."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Optional, cast

from exchange.cli.command_parser import CommandFailed, CommandParser, OptionError, SubcommandFile
from exchange.cli.compiled_engine import AUTO, EngineChoiceError, option_in, put_in_front
from exchange.cli.subcommands import SUBCOMMANDS, Subcommand
from exchange.utils.command_line import complain

DISTRIBUTION = "exchange-simulator"


def load(subcommand: Subcommand, words: Optional[Sequence[str]] = None) -> SubcommandFile:
    """Its file, with the engine that is wanted in front.

    `words` are what it will be run with, of which the engine's own may choose the engine; None: it is only looked
    at.  Raises CommandFailed where that, a wing or an optional extra that it needs is not there.
    """
    try:
        if words is not None and subcommand.chooses_engine:
            put_in_front(option_in(words), AUTO)
        else:
            put_in_front()
    except EngineChoiceError as error:
        raise CommandFailed(error) from error
    try:
        return cast(SubcommandFile, importlib.import_module(subcommand.module_name))
    except ModuleNotFoundError as error:
        raise _incomplete(subcommand, error) from error


def _incomplete(subcommand: Subcommand, error: ModuleNotFoundError) -> CommandFailed:
    missing = f"{subcommand.name} needs the module {error.name}, which is not installed"
    if subcommand.extra is None:
        return CommandFailed(missing)
    return CommandFailed(f"{missing}; to get it: pip install '{DISTRIBUTION}[{subcommand.extra}]'")


def parser_of(
    subcommand: Subcommand, file: SubcommandFile, program: str, data_dir: Optional[str] = None
) -> CommandParser:
    """The parser of its options."""
    parser = CommandParser(
        prog=program,
        description=file.DESCRIPTION or subcommand.summary,
        epilog=file.EPILOG or None,
        data_dir=None if data_dir is None else Path(data_dir),
    )
    file.add_options(parser)
    parser.set_defaults(program=program)
    return parser


def prepared(
    name: str, program: str, data_dir: Optional[str] = None, words: Sequence[str] = ()
) -> Callable[[list[str]], int]:
    """What carries out the words that follow the subcommand's name, and returns the exit code.

    `words` are these, if they may say what is loaded.

    It tells failures under the name `program`, and raises SystemExit for `--help` (0) and a wrong option (2).
    """
    subcommand = SUBCOMMANDS[name]
    try:
        file = load(subcommand, words)
    except CommandFailed as failure:
        missing = failure
        return lambda _words: _tell(program, missing)
    parser = parser_of(subcommand, file, program, data_dir)

    def command(words: list[str]) -> int:
        try:
            return file.run(parser.parse_args(words))
        except OptionError as error:
            parser.error(str(error))
        except CommandFailed as failure:
            return _tell(program, failure)
        except ModuleNotFoundError as error:
            return _tell(program, _incomplete(subcommand, error))

    return command


def _tell(program: str, failure: CommandFailed) -> int:
    complain(f"{program}: {failure}")
    return failure.exit_code
