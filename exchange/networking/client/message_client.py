"""The lower door: a client whose messages are dicts, for programs that pass them on or keep them as they are.

It connects, logs in, sends and reads.  Who acts on what comes is better served by `exchange_client`, which stands
on this and gives typed values.  Inherited: `send_…` from `request_sender`, `messages` and `poll_message` from
`message_reader`, feeds from `feed_subscriptions`.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import TracebackType
from typing import Optional, TypeVar, Union

from exchange.networking.client import questions
from exchange.networking.client.engine_addresses import address_text
from exchange.networking.client.engine_connection import EngineConnection, MessageConnection
from exchange.networking.client.errors import LoginRejected, Rejected
from exchange.networking.client.feed_subscriptions import MarketDataClient
from exchange.networking.client.login_proof import keep_proof, kept_proof
from exchange.networking.client.message_json import Message
from exchange.networking.client.token_store import TokenStore
from exchange.networking.client.typed_answers import LoggedIn

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 9009
DEFAULT_TIMEOUT_S = 10.0

Self = TypeVar("Self", bound="MessageClient")


class MessageClient(MarketDataClient):
    """One connection to the engine.  Made by `connect`; a context manager that closes it.

    Every method that sends raises ConnectionLost when the engine is gone; every method that waits for an answer
    raises NoAnswer when none came within the `timeout_s` of `connect`, and Rejected when the engine refused.
    """

    def __init__(
        self,
        connection: MessageConnection,
        id_prefix: str,
        timeout_s: float,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(connection, id_prefix, timeout_s, monotonic_s)
        # Host and port as `connect` was given them; empty where there are none.
        self.address = ""
        self.user: Optional[str] = None
        # The `logged_in` as it came, and the instruments that it lists.
        self.login_message: Message = {}
        self.instrument_rows: list[Message] = []
        # The random name of the exchange that answered the login; None before it, or if it has none.
        self.engine_id: Optional[str] = None
        # The `seq` after which the private events of this login go on; 0 before it.
        self.resumed_after = 0

    @classmethod
    def connect(
        cls: type[Self],
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        id_prefix: Optional[str] = None,
        tls: Optional[ssl.SSLContext] = None,
    ) -> Self:
        """Connect, over TLS if `tls` is given, such as `ssl.create_default_context(cafile="exchange.pem")`.

        `timeout_s` limits this, every send and every wait for an answer.

        Generated client order ids are the prefix and a count; the default prefix is made of the time and this
        connection's port, so that no two clients of a user ever share one.  Raises ConnectionLost.
        """
        connection = EngineConnection.open(host, port, timeout_s, tls)
        id_prefix = id_prefix or f"{time.time_ns():x}.{connection.local_port:x}-"
        client = cls(connection, id_prefix, timeout_s)
        client.address = address_text(host, port)
        return client

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; resting orders stay in the book.  Twice is fine."""
        self._connection.close()

    @property
    def is_open(self) -> bool:
        """False once the engine closed the connection, a send failed, or `close` was called."""
        return self._connection.is_open

    def fileno(self) -> int:
        """For a `select` over many clients: when readable, call `poll_message(0)` until it returns None."""
        return self._connection.fileno()

    def login(
        self,
        user: str,
        token_store: Optional[TokenStore] = None,
        *,
        token: Optional[str] = None,
        last_seq: Optional[int] = None,
        cancel_on_disconnect: Union[bool, str, None] = None,
        heartbeat_s: Optional[float] = None,
    ) -> LoggedIn:
        """Speak for `user` from now on.  Raises LoginRejected, TokenFileError and OSError.

        The first login of a user claims the name; the token that proves it from then on is kept in `token_store`
        (without one: see the `token` of the answer, and pass it).  With `last_seq` the events missed since that
        one come as events.  `cancel_on_disconnect` True cancels this connection's orders with it, GTC ones
        excepted; "ALL" those too.  With `heartbeat_s` say something at least every two of those (`ping`).  Sets
        `user`, `instrument_rows`, `engine_id` and `resumed_after`.
        """
        if token is None:
            token = kept_proof(token_store, user, self.address)
        question = questions.login(user, token, last_seq, cancel_on_disconnect, heartbeat_s)
        try:
            answer = self._ask(question)
        except Rejected as refusal:
            raise LoginRejected(refusal.code, refusal.text, refusal.message) from None
        logged_in = questions.typed_answer(answer, LoggedIn)
        keep_proof(token_store, user, token, logged_in, self.address)
        self.user = user
        self.login_message = answer
        self.instrument_rows = answer.get("instruments", [])
        self.engine_id = logged_in.engine_id
        self.resumed_after = logged_in.next_seq - 1 if last_seq is None else last_seq
        return logged_in

    def ping(self) -> None:
        """Wait until everything sent before is done with: all that came of it can be polled by then."""
        self._ask(questions.ping(self._new_id()))

    # --- what the user has, as rows of messages ----------------------------------------------------------------

    def order_rows(self) -> list[Message]:
        """The user's live orders, in arrival order."""
        return list(self._ask(questions.orders())["orders"])

    def position_rows(self) -> list[Message]:
        """The user's position in each symbol."""
        return list(self._ask(questions.positions())["positions"])

    def cash(self) -> Optional[Decimal]:
        """What the user has in currency; None for one whom the operator never endowed."""
        cash: Optional[Decimal] = self._ask(questions.positions()).get("cash")
        return cash

    def fill_rows(self, symbol: Optional[str] = None, *, after_trade_id: int = 0) -> Iterator[Message]:
        """All that the user has traded after this trade, oldest first, of one symbol or (None) of all.

        Asks for 1,000 at a time, while it is read; of a trade with oneself the BUY comes first.
        """
        while True:
            answer = self._ask(questions.fills(symbol, after_trade_id))
            yield from answer["fills"]
            if not answer["more"] or not answer["fills"]:
                return
            after_trade_id = answer["fills"][-1]["trade_id"]
