"""What can be typed where, read off the parsers of all subcommands: what the shells' completion goes by.

A place is the subcommands that were typed so far: `` before the first, then `engine`, `operate`, `operate halt`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from exchange.cli.command_parser import CommandFailed
from exchange.cli.loading import load, parser_of
from exchange.cli.overview import overview_parser
from exchange.cli.subcommands import SUBCOMMANDS

# What may be typed in a place of a kind: words that are listed, a path, or something that nobody can guess.
FILES, DIRECTORIES, ANYTHING = "files", "directories", "anything"
_HELP_LENGTH_MAX = 60


class Word(NamedTuple):
    """An option or a subcommand, and what it is for."""

    text: str
    meaning: str


class TypingPlace(NamedTuple):
    """What can be typed behind these subcommands.

    `values` has the kind of each option's value, for those that take one; `arguments` the kinds of what comes
    without an option, in order; a kind is `words` and the words, or one of those above.
    """

    name: str
    subcommands: list[Word]
    options: list[Word]
    values: dict[str, str]
    arguments: list[str]


def places(program: str) -> Iterator[TypingPlace]:
    """Every place of the command.  A subcommand that is not wholly installed is only named."""
    start = _place("", overview_parser(program))
    yield start._replace(subcommands=[Word(each.name, _short(each.summary)) for each in SUBCOMMANDS.values()])
    for subcommand in SUBCOMMANDS.values():
        try:
            file = load(subcommand)
        except CommandFailed:
            continue
        yield from _places_below(subcommand.name, parser_of(subcommand, file, f"{program} {subcommand.name}"))


def _places_below(name: str, parser: argparse.ArgumentParser) -> Iterator[TypingPlace]:
    yield _place(name, parser)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                yield from _places_below(f"{name} {word}", below)


def _place(name: str, parser: argparse.ArgumentParser) -> TypingPlace:
    place = TypingPlace(name, [], [], {}, [])
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            place.subcommands.extend(Word(each.dest, _short(each.help)) for each in action._choices_actions)
        elif action.option_strings:
            place.options.append(Word(action.option_strings[-1], _short(action.help)))
            if action.nargs != 0:
                place.values.update(dict.fromkeys(action.option_strings, _kind(action)))
        else:
            place.arguments.append(_kind(action))
    return place


def _kind(action: argparse.Action) -> str:
    if action.choices is not None:
        return " ".join(["words", *map(str, action.choices)])
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if metavar == "DIRECTORY":
        return DIRECTORIES
    return FILES if action.type is Path or "FILE" in metavar else ANYTHING


def _short(text: Optional[str]) -> str:
    """The beginning of a help text, up to where it goes into details."""
    beginning = (text or "").partition(" (")[0].partition("; ")[0].partition(": ")[0].replace("%%", "%")
    return beginning if len(beginning) <= _HELP_LENGTH_MAX else beginning[: _HELP_LENGTH_MAX - 1] + "…"
