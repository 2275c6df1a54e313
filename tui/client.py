"""What a trader starts: options in, a connection and a history made, one of the two clients run.

    exit 0   the trader left, or the input ended
    exit 1   the engine went away, or the history or standard output could no longer be written
    exit 2   there was nothing to start: a wrong option, no engine, a refused login

Each failure of the outside world is one line on stderr; a traceback is a bug.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from exchange.networking.tcp_client import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    ExchangeClient,
    ExchangeError,
    KeptLogin,
    LoginRejected,
    TokenStore,
    log_in,
)
from exchange.utils.command_line import EXIT_REFUSED, OneLineParser, trusting
from exchange.utils.visible_text import visible_ascii
from tui.plain import shown_line
from tui.plain.line_streams import LineInput, LineOutput, OutputLost
from tui.plain.plain_client import PlainClient
from tui.session_manager import SessionManager, check_user

PROGRAM = "start_client.py"
EXIT_LEFT = 0
EXIT_LOST = 1
SYMBOL_HELP = (
    "the instrument to trade (default: the first one listed; the plain client, where several are listed, asks "
    "for one: `symbol NAME`)"
)
# How often the engine shows the screen that it lives; it drops a screen that is silent for twice as long.
HEARTBEAT_S = 1.0


class CannotStart(Exception):  # noqa: N818  it is no error of the program
    """There is nothing to trade on; the text says why, in one line."""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run a client with the options in `arguments` (None: those of the process); returns its exit status.

    Raises SystemExit for `--help` (0) and a wrong option (2).
    """
    options = parse(arguments)
    if sys.stdin is None or sys.stdout is None:
        return _fail(EXIT_REFUSED, "standard input or output is closed")
    try:
        return run(options)
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):  # Nobody may be there to see it.
            os.write(sys.stdout.fileno(), b"\n")
        return EXIT_LEFT
    except OutputLost as lost:
        # Whoever has left knows, and needs no word.
        return EXIT_LOST if lost.is_left else _fail(EXIT_LOST, lost)


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The options of the command line.  Raises SystemExit."""
    parser = OneLineParser(prog=PROGRAM, description="Trade on the exchange as one user.")
    parser.add_argument("--user", required=True, type=_user, help="who trades: 1 to 32 of A-Z a-z 0-9 _ -")
    parser.add_argument("--host", default=DEFAULT_HOST, help="where the engine runs (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="the port it listens on (default: %(default)s)"
    )
    parser.add_argument("--symbol", help=SYMBOL_HELP)
    parser.add_argument("--plain", action="store_true", help="prompt line by line; works through a pipe")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path("data"),
        help="the client's own directory, for its order history and its token (default: %(default)s)",
    )
    parser.add_argument(
        "--tls-ca",
        type=trusting,
        metavar="FILE.pem",
        help="talk TLS, and only to an engine that this certificate vouches for (default: plain TCP)",
    )
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    """Connect, log in and trade; returns the exit status."""
    try:
        history = SessionManager(options.data_dir, options.user)
        client, notice = _logged_in(options, history)
    except (CannotStart, ExchangeError, OSError) as error:
        return _fail(EXIT_REFUSED, error)
    try:
        with client:
            _trade(client, history, options, notice)
    except (ExchangeError, OSError) as error:
        return _fail(EXIT_LOST, error)
    finally:
        _close(history)
    return EXIT_LEFT


def _logged_in(options: argparse.Namespace, history: SessionManager) -> tuple[ExchangeClient, Optional[str]]:
    """A client that speaks for the user; the engine has corrected the history and it is known to be writable.

    Also what the person should know of how that came to be, said on stderr already.

    Raises CannotStart for a token that is refused or a symbol that is not listed, ExchangeError and OSError.
    """
    try:
        # A history without an event does not know where it ends.
        login = _speak_for_user(options, history.last_seq or None)
    except LoginRejected as refusal:
        if refusal.code != "BAD_TOKEN":
            raise
        raise CannotStart(f"{refusal}; {_tokens(options).advice(options.user)}") from None
    try:
        notices = [notice for notice in (login.notice, history.notice) if notice is not None]
        for notice in notices:
            _say(notice)
        history.apply(login.logged_in)
        listed = [str(instrument["symbol"]) for instrument in login.client.instruments]
        if options.symbol is not None and options.symbol not in listed:
            raise CannotStart(f"symbol {options.symbol!r} is not listed; listed: {', '.join(listed)}")
        history.reconcile(login.client.orders())
        history.save()
    except BaseException:
        login.client.close()
        raise
    return login.client, "; ".join(notices) or None


def _close(history: SessionManager) -> None:
    """Tidy the history's file; it is whole without that, and why it can't be written was told before."""
    with contextlib.suppress(OSError):
        history.close()


def _trade(
    client: ExchangeClient, history: SessionManager, options: argparse.Namespace, notice: Optional[str]
) -> None:
    """Hand over to the client that was asked for.  Raises ExchangeError, OutputLost and OSError."""
    if not options.plain and _has_screen():
        # Imported here, because the plain client also runs where there is no terminal library.
        from tui.screen.app import run_screen

        connect_again = functools.partial(_speak_for_user, options)
        run_screen(client, history, connect_again, options.symbol, notice)
        return
    if not options.plain:
        _say("there is no terminal for the trading screen here: this is the plain client")
    output = LineOutput(sys.stdout.fileno(), is_terminal=sys.stdin.isatty() and sys.stdout.isatty())
    listed = ", ".join(shown_line.listed_text(instrument) for instrument in client.instruments)
    output.show(f"logged in as {options.user}; listed: {listed}")
    PlainClient(client, history, LineInput(sys.stdin.fileno()), output, options.symbol).run()


def _has_screen() -> bool:
    """Whether standard input and output are a terminal that can place text anywhere."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _speak_for_user(options: argparse.Namespace, last_seq: Optional[int]) -> KeptLogin:
    """A client of its own, logged in to hear all that came after the event `last_seq`.

    Raises ExchangeError and OSError.
    """
    return log_in(
        lambda: ExchangeClient.connect(options.host, options.port, tls=options.tls_ca),
        options.user,
        _tokens(options),
        last_seq=last_seq,
        heartbeat_s=None if options.plain or not _has_screen() else HEARTBEAT_S,
    )


def _tokens(options: argparse.Namespace) -> TokenStore:
    return TokenStore(options.data_dir / "tokens")


def _user(text: str) -> str:
    try:
        return check_user(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"port {text!r} is not a number from 1 to 65535")
    return int(text)


def _fail(status: int, reason: object) -> int:
    _say(reason)
    return status


def _say(text: object) -> None:
    """One line on stderr, where there is one; what an engine had a part in may hold anything."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):
        sys.stderr.write(visible_ascii(f"{PROGRAM}: {text}") + "\n")
        sys.stderr.flush()
