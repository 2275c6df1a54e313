"""What a subcommand's file has to have, and the parser and exceptions that it is given.

    DESCRIPTION, EPILOG    texts for `--help`; an EPILOG of several lines is shown as it is written
    add_options(parser)    adds the options; `--help` must tell all of them
    run(options)           does it and returns the exit code; `options.program` is the name to begin a line with

All of its imports are at its head, as usual: it is loaded only when it is asked for, and while it is, a signal
ends the process on the spot.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any, Optional, Protocol

from exchange.utils.command_line import EXIT_REFUSED, OneLineParser
from exchange.utils.data_home import described_data_home


class SubcommandFile(Protocol):
    """A module of this folder that is a subcommand."""

    DESCRIPTION: str
    EPILOG: str

    def add_options(self, parser: CommandParser) -> None:
        """Tell the parser what may be asked for."""

    def run(self, options: argparse.Namespace) -> int:
        """The exit code.  Raises OptionError, CommandFailed, and KeyboardInterrupt where a signal ends it."""


class OptionError(Exception):
    """Options that don't go together; the text says which.  Told like any wrong option, exit code 2."""


class CommandFailed(Exception):  # noqa: N818  it is no error of the program
    """The outside world does not let the command do what it was asked for: one line on stderr says why."""

    def __init__(self, text: object, exit_code: int = EXIT_REFUSED) -> None:
        super().__init__(str(text))
        self.exit_code = exit_code


def data_directory(text: str) -> Path:
    """Where data is or shall be: a directory, or nothing yet.  Raises ArgumentTypeError."""
    # The functions of os.path see nothing where they may not look; whoever goes in will say why.
    if os.path.exists(text) and not os.path.isdir(text):  # noqa: PTH110, PTH112
        raise argparse.ArgumentTypeError(f"{text}: is a file; it must be a directory, or not be there yet")
    return Path(text)


class _HelpFormatter(argparse.HelpFormatter):
    """Fills a paragraph; what has lines of its own keeps them."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text.strip():
            return super()._fill_text(text, width, indent)
        return "".join(indent + line for line in text.splitlines(keepends=True))


class CommandParser(OneLineParser):
    """The parser of one subcommand, which knows where the data is."""

    def __init__(self, *, data_dir: Optional[Path] = None, **options: Any) -> None:
        """`data_dir` is the default of `--data-dir`, None for the rule of `data_home`.

        `options` are those of ArgumentParser, which makes the parsers of sub-subcommands by this class, too.
        """
        super().__init__(**{"formatter_class": _HelpFormatter, **options})
        self._data_dir = data_dir

    def add_data_dir(self, meaning: str) -> None:
        """Add `--data-dir`, whose help is `meaning` and the default as it is right now."""
        if self._data_dir is not None:
            place, told = self._data_dir, f"default: {self._data_dir}"
        else:
            place, rule = described_data_home()
            told = f"default: {rule}; right now {place}"
        text = f"{meaning} ({told})".replace("%", "%%")
        self.add_argument("--data-dir", type=data_directory, default=place, metavar="DIRECTORY", help=text)
