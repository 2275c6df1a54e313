"""Runs a bot over TCP: logs in, hears, sends, comes back after a break, and ends in order.

    first login refused, or nobody there ─► one line, exit code 2
    connection lost ─► tried again, at most every RETRY_S_MAX, until it is there; then `bot_desk` settles what was
    open Ctrl-C, SIGTERM, Bot.stop() ─► on_stop, its orders canceled, logged out; exit code 0
    a callback raised ─► its orders canceled, one line that says where, exit code 1

All that a callback sends leaves with one system call, when it has returned.  The one file of a bot that touches
the world; one thread, the caller's.
"""

from __future__ import annotations

import functools
import os
import signal
import ssl
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Optional

from exchange.networking.client.bot.bot_callbacks import BotCallbacks
from exchange.networking.client.bot.bot_failure import BotFailed
from exchange.networking.client.bot.bot_loading import refuse_while_loading
from exchange.networking.client.bot.bot_session import BotSession
from exchange.networking.client.bot.tcp_line import LineWatch, TcpLine, UnwatchedLine
from exchange.networking.client.errors import ConnectionLost, ExchangeError, NoAnswer
from exchange.networking.client.kept_login import KeptLogin, log_in
from exchange.networking.client.message_client import DEFAULT_HOST, DEFAULT_PORT, MessageClient
from exchange.networking.client.message_json import Message
from exchange.networking.client.message_to_event import typed_event
from exchange.networking.client.questions import typed_answer
from exchange.networking.client.token_store import TokenStore
from exchange.networking.client.typed_answers import LoggedIn
from exchange.utils.command_line import complain
from exchange.utils.data_home import data_home

EXIT_FAILED, EXIT_NOT_STARTED = 1, 2
HEARTBEAT_S = 5.0
# How soon a signal is seen, and how many messages are heard before what they led to is sent.
POLL_S = 0.2
HEARD_PER_SEND_MAX = 64
RETRY_S_MIN, RETRY_S_MAX = 0.05, 2.0
# How long a bot that is to end tries to cancel its orders at an engine that says nothing, or is away.
ENDING_S_MAX = 10.0
ENDING_AWAY_S_MAX = 1.0


def run_bot(
    bot: BotCallbacks,
    user: Optional[str] = None,
    *,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    tokens: Optional[TokenStore] = None,
    tls: Optional[ssl.SSLContext] = None,
    tell: Optional[Callable[[str], None]] = None,
) -> int:
    """Run `bot` as `user` (None: its class's name in lower case) until it ends; the exit code.  See this file's
    head.

    `tokens` None keeps the user's token where all commands keep their data; `tell` None writes lines for a person
    to stderr.  Signals are handled while it runs, if this is the main thread.  Raises RunsWhenLoadedError while a
    bot's file is only being loaded.
    """
    refuse_while_loading(type(bot).__name__)
    name = user or type(bot).__name__.lower()
    store = tokens or TokenStore(data_home(os.environ, Path(), sys.platform) / "tokens")
    runner = BotRunner(bot, name, lambda: MessageClient.connect(host, port, tls=tls), store, tell or complain)
    with _signals(runner.request_stop):
        return runner.run()


class BotRunner:
    """One bot of `user`.  `run` belongs to one thread; `request_stop` may be called from any, and by a signal.

    `failure` is what ended it before it was told to end, `has_started` whether it was ever logged in.
    """

    def __init__(
        self,
        bot: BotCallbacks,
        user: str,
        connect: Callable[[], MessageClient],
        tokens: TokenStore,
        tell: Callable[[str], None],
        *,
        watch: Optional[LineWatch] = None,
        patience_s: Optional[float] = None,
    ) -> None:
        """An exchange that goes away is waited for up to `patience_s`, None: however long it takes."""
        self.failure: Optional[Exception] = None
        self._watch = watch or UnwatchedLine()
        self._patience_s = patience_s
        self._bot = bot
        self._user = user
        self._connect = connect
        self._tokens = tokens
        self._tell = tell
        self._line = TcpLine(self._watch)
        self._session = BotSession(bot, self._line, f"{time.time_ns():x}.{os.getpid():x}-", tell)
        self._engine_id: Optional[str] = None
        self._first_login: Optional[KeptLogin] = None
        # No Event: a signal handler must not wait for a lock, which the thread that it interrupts may hold.
        self._is_stop_requested = False
        self._ends_at_s: Optional[float] = None
        self._heard_s = self._spoken_s = time.monotonic()
        self._exit_code = 0

    def request_stop(self) -> None:
        """Have `run` end the bot soon."""
        self._is_stop_requested = True

    @property
    def has_started(self) -> bool:
        """Whether it was logged in at least once."""
        return self._engine_id is not None

    def log_in(self) -> None:
        """Log in ahead of `run`, so that a refusal comes here.  Raises what `kept_login.log_in` raises."""
        self._first_login = self._log_in()

    def close(self) -> None:
        """Leave again without having run."""
        if self._first_login is not None:
            self._first_login.client.close()

    def run(self) -> int:
        """Run the bot until it ends; the exit code."""
        try:
            self._go_on_with(self._first_login or self._log_in())
        except (ExchangeError, OSError, ValueError) as error:
            self.failure = error
            self._tell(f"{self._user} can't start: {error}")
            return EXIT_NOT_STARTED
        while not self._session.is_done and not self._is_over():
            try:
                self._step()
            except ExchangeError as lost:  # A line that is no message ends the connection as a break does.
                self._come_back(lost)
        self._leave()
        return self._exit_code

    # --- one step ----------------------------------------------------------------------------------------------

    def _step(self) -> None:
        """Wait for a message, a timer or a signal, and have the bot act on it.  Raises ConnectionLost."""
        client = self._client
        message = client.poll_message(self._wait_s())
        if message is not None:
            # Before silence is judged: a callback may have been long, and this have waited here.
            self._heard_s = time.monotonic()
        with client.batch():
            self._keep_alive(client)
            self._act(lambda: self._session.time_passes(self._line.now_ns()))
            self._hear(client, message)
            if self._is_stop_requested or self._session.is_ending:
                self._begin_ending()

    def _hear(self, client: MessageClient, message: Optional[Message]) -> None:
        """Have the bot hear a message and what else has come."""
        heard_count = 0
        while message is not None:
            self._heard_s = time.monotonic()
            self._watch.heard(message)
            self._act(functools.partial(self._session.hear, typed_event(message)))
            heard_count += 1
            message = client.poll_message(0.0) if heard_count < HEARD_PER_SEND_MAX else None

    def _act(self, step: Callable[[], None]) -> None:
        """Have the bot act; if it fails, say where and let it end."""
        try:
            step()
        except BotFailed as failed:
            self.failure, self._exit_code = failed, EXIT_FAILED
            self._ends_at_s = time.monotonic() + ENDING_S_MAX
            self._tell(f"{self._user} is stopped, its orders are being canceled: {failed}")
            if failed.is_explained:
                return
            for line in "".join(traceback.format_exception(failed.__cause__)).splitlines():
                self._tell(line)

    def _wait_s(self) -> float:
        due_ns = self._session.next_timer_ns()
        if due_ns is None:
            return POLL_S
        return min(POLL_S, max(0.0, (due_ns - self._line.now_ns()) / 1_000_000_000))

    def _keep_alive(self, client: MessageClient) -> None:
        """Say something now and then, and take an engine for gone that has said nothing for long."""
        now_s = time.monotonic()
        if now_s - self._spoken_s >= HEARTBEAT_S:
            self._spoken_s = now_s
            client.send_ping("alive")
        if now_s - self._heard_s > 2 * HEARTBEAT_S:
            raise ConnectionLost(f"the engine has said nothing for {2 * HEARTBEAT_S:g} s")

    # --- connections -------------------------------------------------------------------------------------------

    def _log_in(self) -> KeptLogin:
        """Raises what `kept_login.log_in` raises."""
        login = log_in(
            self._connect,
            self._user,
            self._tokens,
            last_seq=self._session.last_seq,
            cancel_on_disconnect=self._bot.cancel_on_disconnect or None,
            heartbeat_s=HEARTBEAT_S,
        )
        if login.notice is not None:
            self._tell(login.notice)
        return login

    def _go_on_with(self, login: KeptLogin) -> None:
        """Take a connection that is logged in.  Raises ValueError for an exchange that it can't go on at."""
        client = login.client
        if self._engine_id is not None and client.engine_id != self._engine_id:
            client.close()
            raise ValueError("another exchange answers now: orders and positions of the first mean nothing here")
        self._engine_id = client.engine_id
        self._line.client = client
        self._heard_s = self._spoken_s = time.monotonic()
        self._watch.connected()
        with client.batch():
            self._session.logged_in(typed_answer(client.login_message, LoggedIn), client.resumed_after)

    def _come_back(self, lost: ExchangeError) -> None:
        """Connect again, unless the bot is to end or patience is at an end."""
        reason = str(lost)
        lost_s = time.monotonic()
        self._client.close()
        self._watch.lost(reason)
        self._tell(f"{self._user}: {reason}; trying to come back")
        self._act(lambda: self._session.disconnected(reason))
        retry_s = RETRY_S_MIN
        while not self._is_over():
            if self._is_stop_requested and self._ends_at_s is None:
                self._begin_ending()
                self._ends_at_s = time.monotonic() + ENDING_AWAY_S_MAX
            try:
                self._go_on_with(self._log_in())
            except (ConnectionLost, NoAnswer):
                self._client.close()
                if self._patience_s is not None and time.monotonic() - lost_s >= self._patience_s:
                    self._give_up(lost)
                    return
                self._rest(retry_s)
                retry_s = min(RETRY_S_MAX, 2 * retry_s)
            except (ExchangeError, OSError, ValueError) as error:
                self._give_up(error)
            else:
                self._tell(f"{self._user}: is back")
                return

    def _rest(self, seconds: float) -> None:
        """Sleep until it is time for another try, or a signal comes; with the end near, a moment."""
        awake_s = time.monotonic() + (seconds if self._ends_at_s is None else min(seconds, POLL_S))
        while (left_s := awake_s - time.monotonic()) > 0:
            time.sleep(min(POLL_S, left_s))
            if self._is_stop_requested and self._ends_at_s is None:
                return

    def _give_up(self, error: Exception) -> None:
        self._tell(f"{self._user} can't come back, and its orders may still be live: {error}")
        self.failure, self._exit_code, self._ends_at_s = error, EXIT_NOT_STARTED, 0.0

    # --- the end -----------------------------------------------------------------------------------------------

    def _begin_ending(self) -> None:
        if self._ends_at_s is None:
            self._ends_at_s = time.monotonic() + ENDING_S_MAX
            self._act(self._session.stop)

    def _is_over(self) -> bool:
        """Whether it has tried to end for long enough."""
        return self._ends_at_s is not None and time.monotonic() >= self._ends_at_s

    def _leave(self) -> None:
        if not self._session.is_done and self._exit_code != EXIT_NOT_STARTED:
            self._tell(f"{self._user}: its orders may still be live: the engine has not confirmed their cancels")
            self._exit_code = EXIT_FAILED
        self._client.close()

    @property
    def _client(self) -> MessageClient:
        assert self._line.client is not None, "there was a first login"
        return self._line.client


@contextmanager
def _signals(request_stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask for a stop while this lasts."""

    def stop(_number: int, _frame: Optional[FrameType]) -> None:
        request_stop()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
