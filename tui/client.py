"""What a trader starts: a connection and a history made, one of the two clients run.

    exit 0   the trader left, or the input ended
    exit 1   the engine went away, or the history or standard output could no longer be written
    exit 2   there was nothing to start: no engine, a refused login

Each failure of the outside world is one line on stderr; a traceback is a bug.
"""

from __future__ import annotations

import contextlib
import functools
import os
import ssl
import sys
from pathlib import Path
from typing import NamedTuple, Optional

from exchange.networking.tcp_client import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    ExchangeError,
    KeptLogin,
    LoginRejected,
    MessageClient,
    TokenStore,
    log_in,
)
from exchange.utils.command_line import EXIT_REFUSED
from exchange.utils.visible_text import visible_ascii
from tui.cancel_on_disconnect import DisconnectWish
from tui.plain import shown_line
from tui.plain.line_streams import LineInput, LineOutput, OutputLost
from tui.plain.plain_client import PlainClient
from tui.session_manager import SessionManager, take_over_history
from tui.settings_file import FILE_NAME, SettingsFile

EXIT_LEFT = 0
EXIT_LOST = 1
# How often the engine shows the screen that it lives; it drops a screen that is silent for twice as long.
HEARTBEAT_S = 1.0


class CannotStart(Exception):  # noqa: N818  it is no error of the program
    """There is nothing to trade on; the text says why, in one line."""


class ClientOptions(NamedTuple):
    """Who trades, and where.

    `data_dir` is the client's own directory, for order history and token; `symbol` None means the first one
    listed; `tls` None means plain TCP; lines on stderr begin with `program`; `cancel_on_disconnect` is what each
    login asks for.
    """

    user: str
    data_dir: Path
    program: str
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    symbol: Optional[str] = None
    is_plain: bool = False
    tls: Optional[ssl.SSLContext] = None
    cancel_on_disconnect: DisconnectWish = DisconnectWish.NONE


def run_client(options: ClientOptions) -> int:
    """Trade until the trader leaves; returns the exit status."""
    if sys.stdin is None or sys.stdout is None:
        return _fail(options, EXIT_REFUSED, "standard input or output is closed")
    try:
        return _connect_and_trade(options)
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):  # Nobody may be there to see it.
            os.write(sys.stdout.fileno(), b"\n")
        return EXIT_LEFT
    except OutputLost as lost:
        # Whoever has left knows, and needs no word.
        return EXIT_LOST if lost.is_left else _fail(options, EXIT_LOST, lost)


def _connect_and_trade(options: ClientOptions) -> int:
    """Connect, log in and trade; returns the exit status."""
    try:
        client, history, notice = _logged_in(options)
    except (CannotStart, ExchangeError, OSError) as error:
        return _fail(options, EXIT_REFUSED, error)
    try:
        with client:
            _trade(client, history, options, notice)
    except (ExchangeError, OSError) as error:
        return _fail(options, EXIT_LOST, error)
    finally:
        _close(history)
    return EXIT_LEFT


def _logged_in(options: ClientOptions) -> tuple[MessageClient, SessionManager, Optional[str]]:
    """A client that speaks for the user; the engine has corrected the history and it is known to be writable.

    Also what the person should know of how that came to be, said on stderr already.

    Raises CannotStart for a token that is refused or a symbol that is not listed, ExchangeError and OSError.
    """
    tokens = _tokens(options)
    expected = tokens.engine_at(options.user, options.host, options.port)
    was_last = tokens.is_last(options.user, expected)
    history = _history(options, expected, takes_old=was_last)
    try:
        # A history without an event does not know where it ends.
        login = _speak_for_user(options, history.last_seq or None)
    except LoginRejected as refusal:
        if refusal.code != "BAD_TOKEN":
            raise
        advice = _tokens(options).advice(options.user, options.host, options.port)
        raise CannotStart(f"{refusal}; {advice}") from None
    try:
        answering = _answering(options, login.client)
        if answering != expected:
            history = _history(options, answering, takes_old=was_last and expected is None)
        notices = [notice for notice in (login.notice, history.notice) if notice is not None]
        for notice in notices:
            _say(options, notice)
        history.apply(login.logged_in)
        listed = [str(instrument["symbol"]) for instrument in login.client.instrument_rows]
        if options.symbol is not None and options.symbol not in listed:
            raise CannotStart(f"symbol {options.symbol!r} is not listed; listed: {', '.join(listed)}")
        history.reconcile(login.client.order_rows())
        history.save()
    except BaseException:
        login.client.close()
        raise
    return login.client, history, "; ".join(notices) or None


def _answering(options: ClientOptions, client: MessageClient) -> Optional[str]:
    """The name of the exchange that let the user in, None if it told none that is believed.  Raises OSError."""
    known = _tokens(options).engine_at(options.user, options.host, options.port)
    return known if known == client.engine_id else None


def _history(options: ClientOptions, engine_id: Optional[str], *, takes_old: bool) -> SessionManager:
    """The history at this exchange; `takes_old`: one that is of no named exchange is its own.  Raises OSError."""
    if engine_id is not None and takes_old:
        take_over_history(options.data_dir, options.user, engine_id)
    return SessionManager(options.data_dir, options.user, engine_id=engine_id)


def _close(history: SessionManager) -> None:
    """Tidy the history's file; it is whole without that, and why it can't be written was told before."""
    with contextlib.suppress(OSError):
        history.close()


def _trade(client: MessageClient, history: SessionManager, options: ClientOptions, notice: Optional[str]) -> None:
    """Hand over to the client that was asked for.  Raises ExchangeError, OutputLost and OSError."""
    if not options.is_plain and has_screen():
        # Imported here, because the plain client also runs where there is no terminal library.
        from tui.screen.app import run_screen

        connect_again = functools.partial(_connect_again, options, history)
        settings_file = SettingsFile(options.data_dir / "tokens" / FILE_NAME, options.user)
        orphans = options.cancel_on_disconnect
        run_screen(client, history, connect_again, options.symbol, notice, settings_file, orphans)
        return
    if not options.is_plain:
        _say(options, "there is no terminal for the trading screen here: this is the plain client")
    output = LineOutput(sys.stdout.fileno(), is_terminal=sys.stdin.isatty() and sys.stdout.isatty())
    listed = ", ".join(shown_line.listed_text(instrument) for instrument in client.instrument_rows)
    output.show(f"logged in as {options.user}; listed: {listed}")
    PlainClient(client, history, LineInput(sys.stdin.fileno()), output, options.symbol).run()


def has_screen() -> bool:
    """Whether standard input and output are a terminal that can place text anywhere."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _speak_for_user(options: ClientOptions, last_seq: Optional[int]) -> KeptLogin:
    """A client of its own, logged in to hear all that came after the event `last_seq`.

    Raises ExchangeError and OSError.
    """
    return log_in(
        lambda: MessageClient.connect(options.host, options.port, tls=options.tls),
        options.user,
        _tokens(options),
        last_seq=last_seq,
        cancel_on_disconnect=options.cancel_on_disconnect.wish,
        heartbeat_s=None if options.is_plain or not has_screen() else HEARTBEAT_S,
    )


def _connect_again(options: ClientOptions, history: SessionManager, last_seq: Optional[int]) -> KeptLogin:
    """The same for a screen that has lost its connection; `history` is then that at the exchange that answered."""
    login = _speak_for_user(options, last_seq)
    try:
        history.go_to(_answering(options, login.client))
    except BaseException:
        login.client.close()
        raise
    return login


def _tokens(options: ClientOptions) -> TokenStore:
    return TokenStore(options.data_dir / "tokens")


def _fail(options: ClientOptions, status: int, reason: object) -> int:
    _say(options, reason)
    return status


def _say(options: ClientOptions, text: object) -> None:
    """One line on stderr, where there is one; what an engine had a part in may hold anything."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):
        sys.stderr.write(visible_ascii(f"{options.program}: {text}") + "\n")
        sys.stderr.flush()
