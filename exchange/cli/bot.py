"""`exchange bot`: run a bot of one's own on an exchange that runs."""

from __future__ import annotations

import argparse

from exchange.cli.client_options import add_address, address
from exchange.cli.command_parser import CommandParser, OptionError
from exchange.networking.client.bot.bot_file import BotFileError, load_bot
from exchange.networking.tcp_client import TokenStore, run_bot

DESCRIPTION = "Run a bot of your own on a running exchange until Ctrl-C, or until it stops itself."
EPILOG = (
    "exit code: 0 it has stopped, its orders canceled, 1 a callback failed (which, and where, is on stderr), 2 it "
    "could not start: no engine, a refused login, no bot in the file"
)


def add_options(parser: CommandParser) -> None:
    """Which bot, as whom, and where."""
    parser.add_argument("file", metavar="FILE.py", help="where the bot is; FILE.py:CLASS if it defines several")
    parser.add_argument(
        "--user", help="who trades: 1 to 32 of A-Z a-z 0-9 _ - (default: the class's name in lower case)"
    )
    add_address(parser)
    parser.add_argument(
        "--symbol", action="append", default=[], metavar="S",
        help="follow this instrument; again for another (default: what the bot says, or all)",
    )  # fmt: skip
    parser.add_argument(
        "--param", action="append", default=[], type=parameter, metavar="NAME=VALUE",
        help="set a class attribute of the bot; again for another",
    )  # fmt: skip
    parser.add_data_dir("where the token of the bot's user is kept, in tokens/")


def parameter(text: str) -> tuple[str, str]:
    """A name and a value.  Raises ArgumentTypeError."""
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"parameter {text!r} is not NAME=VALUE")
    return name, value


def run(options: argparse.Namespace) -> int:
    """Run the bot until it ends; the exit code.  Raises OptionError."""
    try:
        bot = load_bot(options.file, dict(options.param), options.symbol)
    except BotFileError as error:
        raise OptionError(str(error)) from error
    engine = address(options)
    tokens = TokenStore(options.data_dir / "tokens")
    return run_bot(bot, options.user, host=engine.host, port=engine.port, tokens=tokens, tls=engine.tls)
