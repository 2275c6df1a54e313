"""`exchange` without a subcommand: `--help`, `--version`, and what is said of a word that is no subcommand."""

from __future__ import annotations

import difflib
from typing import NoReturn

import exchange
from exchange.cli.command_parser import CommandParser
from exchange.cli.subcommands import SUBCOMMANDS
from exchange.utils.data_home import described_data_home

_NAME_WIDTH = max(map(len, SUBCOMMANDS))


def overview(program: str, words: list[str]) -> NoReturn:
    """Answer `--help`, which no word at all means, too, and `--version`.

    Raises SystemExit for them (0) and for anything else (2).
    """
    parser = overview_parser(program)
    if not words:
        parser.print_help()
        parser.exit()
    word = next((word for word in words if not word.startswith("-")), None)
    if word is not None:
        parser.error(_unknown(word))
    parser.parse_args(words)
    parser.error("say what to do: a subcommand is needed")


def overview_parser(program: str) -> CommandParser:
    """The parser of what stands before a subcommand."""
    parser = CommandParser(
        prog=program,
        usage=f"{program} SUBCOMMAND [options]",
        description="A real electronic exchange in miniature, and what one does with it.",
        epilog=_epilog(program),
    )
    parser.add_argument("--version", action="version", version=f"{program} {exchange.__version__}")
    return parser


def _epilog(program: str) -> str:
    lines: list[str] = []
    for group in dict.fromkeys(each.group for each in SUBCOMMANDS.values()):
        lines.append(f"{group}:")
        lines += [
            f"  {each.name:{_NAME_WIDTH}}  {each.summary}" for each in SUBCOMMANDS.values() if each.group == group
        ]
        lines.append("")
    place, rule = described_data_home()
    lines.append(f"`{program} SUBCOMMAND --help` tells its options.")
    lines.append(f"Data is in {rule}.")
    lines.append(f"Here and right now: {place}")
    return "\n".join(lines)


def _unknown(word: str) -> str:
    near = difflib.get_close_matches(word, SUBCOMMANDS, n=1)
    return f"{word!r} is no subcommand" + (f", perhaps {near[0]}?" if near else "")
