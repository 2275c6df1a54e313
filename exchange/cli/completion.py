"""`exchange completion`: the script by which a shell completes subcommands, options, choices and file names."""

from __future__ import annotations

import argparse
import sys

from exchange.cli.command_parser import CommandParser
from exchange.cli.completion_script import bash_script, zsh_script
from exchange.cli.completion_table import places
from exchange.utils.command_line import write

DESCRIPTION = "Print the script by which your shell completes what you type behind `exchange`."
EPILOG = """\
bash, for every new shell:
  mkdir -p ~/.local/share/bash-completion/completions
  %(prog)s bash > ~/.local/share/bash-completion/completions/exchange
zsh, in a directory that is in $fpath before `compinit` runs:
  %(prog)s zsh > ~/.zfunc/_exchange
for this shell only (zsh alike):
  source <(%(prog)s bash)

Print it again after an update.

exit code: 0
"""

_SCRIPTS = {"bash": bash_script, "zsh": zsh_script}


def add_options(parser: CommandParser) -> None:
    """For which shell."""
    parser.add_argument("shell", choices=_SCRIPTS, help="one of " + ", ".join(_SCRIPTS))


def run(options: argparse.Namespace) -> int:
    """Print it; the exit code."""
    write(_SCRIPTS[options.shell](list(places("exchange"))), sys.stdout)
    return 0
