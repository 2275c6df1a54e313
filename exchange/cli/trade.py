"""`exchange trade`: the trading screen, or the plain client where there is no terminal."""

from __future__ import annotations

import argparse

from exchange.cli.client_options import add_address, address
from exchange.cli.command_parser import CommandParser
from tui.cancel_on_disconnect import DisconnectWish
from tui.client import ClientOptions, run_client
from tui.session_manager import check_user

DESCRIPTION = "Trade on the exchange as one user."
EPILOG = (
    "exit code: 0 you have left, 1 the engine went away or what you did could no longer be kept or shown, 2 there "
    "was nothing to start: no engine, a refused login"
)


def add_options(parser: CommandParser) -> None:
    """Who trades, what, and where."""
    parser.add_argument("--user", required=True, type=user, help="who trades: 1 to 32 of A-Z a-z 0-9 _ -")
    add_address(parser)
    parser.add_argument(
        "--symbol",
        help="the instrument to trade (default: the first one listed; the plain client, where several are listed, "
        "asks for one: `symbol NAME`)",
    )
    parser.add_argument("--plain", action="store_true", help="prompt line by line; works through a pipe")
    parser.add_argument(
        "--cancel-on-disconnect",
        choices=[choice.value for choice in DisconnectWish],
        default=DisconnectWish.NONE.value,
        help="what the engine cancels when it loses you: your orders but for GTC ones (day), or all (default: "
        "%(default)s)",
    )
    parser.add_data_dir("the client's own directory, for its order history and its token")


def user(text: str) -> str:
    """A user's name.  Raises ArgumentTypeError."""
    try:
        return check_user(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(options: argparse.Namespace) -> int:
    """Trade until the trader leaves; the exit code."""
    engine = address(options)
    return run_client(
        ClientOptions(
            options.user,
            options.data_dir,
            options.program,
            engine.host,
            engine.port,
            symbol=options.symbol,
            is_plain=options.plain,
            tls=engine.tls,
            cancel_on_disconnect=DisconnectWish(options.cancel_on_disconnect),
        )
    )
