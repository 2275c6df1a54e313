"""The client library: what a bot, the trading screen and the simulator speak to the exchange with.

A complete bot, which buys 10 whenever they are offered at 99.50 or less:

    from decimal import Decimal
    from exchange.networking.tcp_client import ExchangeClient, Rejected, TokenStore

    with ExchangeClient.connect() as client:
        client.login("robot", TokenStore("data/tokens"))
        book = client.follow_book("ACME")
        for event in client.events():
            if event["type"] == "order_executed":
                print("bought", event["quantity"], "at", event["price"])
            elif book.best_ask and book.best_ask.price <= Decimal("99.50"):
                try:
                    client.buy(10, book.best_ask.price, time_in_force="IOC")
                except Rejected as refusal:
                    print("refused:", refusal)

Two ways to ask, which mix freely:

* `send_…` returns at once, thousands of times a second; the answers come out of `events()` or `poll()`;
* every other method waits for its own answer and sets all other messages aside for `events()`, in their order.

Messages are dicts with the field names of PROTOCOL.md.  Prices are `decimal.Decimal`, coming in always, going out
also as int or text; a float raises TypeError.  No hidden thread: nothing is read while no method is called, so
call one often.  One thread at a time, except that `send_…` may be called by another thread than the one that
reads.  Standard library only.
"""

from __future__ import annotations

import ssl
import time
from types import TracebackType
from typing import Any, Optional

from exchange.networking.client.answer_matching import answers
from exchange.networking.client.book_follower import BookFollower, BookLevel
from exchange.networking.client.engine_connection import EngineConnection
from exchange.networking.client.errors import (
    ConnectionLost,
    ExchangeError,
    LoginRejected,
    ProtocolError,
    Rejected,
    TokenFileError,
)
from exchange.networking.client.message_json import Message, Price, encode_message, exact_price
from exchange.networking.client.message_reader import MessageReader
from exchange.networking.client.request_messages import (
    EnumOrName,
    cancel_order,
    new_order,
    replace_order,
    request,
)
from exchange.networking.client.token_store import TokenStore

__all__ = [
    "BookFollower",
    "BookLevel",
    "ConnectionLost",
    "ExchangeClient",
    "ExchangeError",
    "LoginRejected",
    "Message",
    "Price",
    "ProtocolError",
    "Rejected",
    "TokenFileError",
    "TokenStore",
    "encode_message",
    "exact_price",
]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 9009
DEFAULT_TIMEOUT_S = 10.0
# Levels per side of a book that is subscribed to without saying how many; as PROTOCOL.md has it.
DEFAULT_DEPTH = 20


class ExchangeClient(MessageReader):
    """One connection to the engine.  Made by `connect`; a context manager that closes it.

    Every method that sends raises ConnectionLost when the engine is gone; every method that waits for an answer
    raises TimeoutError when none came within the `timeout_s` of `connect`, and Rejected when the engine refused.
    """

    def __init__(self, connection: EngineConnection, id_prefix: str, timeout_s: float) -> None:
        super().__init__(connection, id_prefix, timeout_s)
        self.user: Optional[str] = None
        self.instruments: list[Message] = []
        # The `seq` after which the private events of this login go on; 0 before it.
        self.resumed_after = 0

    @classmethod
    def connect(
        cls,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        id_prefix: Optional[str] = None,
        tls: Optional[ssl.SSLContext] = None,
    ) -> ExchangeClient:
        """Connect, over TLS if `tls` is given, such as `ssl.create_default_context(cafile="exchange.pem")`.

        `timeout_s` limits this, every send and every wait for an answer.

        Generated client order ids are the prefix and a count; the default prefix is made of the time and this
        connection's port, so that no two clients of a user ever share one.  Raises ConnectionLost.
        """
        connection = EngineConnection.open(host, port, timeout_s, tls)
        id_prefix = id_prefix or f"{time.time_ns():x}.{connection.local_port:x}-"
        return cls(connection, id_prefix, timeout_s)

    def __enter__(self) -> ExchangeClient:
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
        """For a `select` over many clients: when readable, call `poll(0)` until it returns None."""
        return self._connection.fileno()

    def login(self, user: str, token_store: Optional[TokenStore] = None, **options: Any) -> Message:
        """Speak for `user` from now on; returns `logged_in`.  Raises LoginRejected, TokenFileError and OSError.

        The first login of a user claims the name; the token that proves it from then on is kept in `token_store`
        (without one: see the `token` of the answer, and pass it as an option).  `options` are the further fields
        of the request, as PROTOCOL.md names them: with `last_seq` what was missed since comes as events.  Sets
        `user`, `instruments` and `resumed_after`.
        """
        if token_store is not None and "token" not in options:
            options["token"] = token_store.load(user)
            if options["token"] is None:
                token_store.prepare()
        try:
            answer = self._ask(request("login", user=user, **options), answers("logged_in", "login_rejected"))
        except Rejected as refusal:
            raise LoginRejected(refusal.code, refusal.text, refusal.message) from None
        if token_store is not None and "token" in answer:
            token_store.save(user, answer["token"])
        self.user = user
        self.instruments = answer.get("instruments", [])
        last_seq = options.get("last_seq")
        self.resumed_after = answer.get("next_seq", 1) - 1 if last_seq is None else last_seq
        return answer

    # --- asking: waits for the answer --------------------------------------------------------------------------

    def place(self, side: EnumOrName, quantity: int, price: Optional[Price] = None, **options: Any) -> Message:
        """Enter an order, options as for `send_order`; returns `order_accepted`.

        Its fills and the change of the book come after that, as events; `ping` waits for them.
        """
        client_order_id = options.pop("client_order_id", None) or self._new_id()
        order = new_order(client_order_id, side, quantity, price, **options)
        return self._ask(order, answers("order_accepted", "order_rejected", client_order_ids=(client_order_id,)))

    def buy(
        self, quantity: int, price: Optional[Price] = None, symbol: Optional[str] = None, **options: Any
    ) -> Message:
        """`place` a BUY order: limited to `price`, or (None) at the market."""
        return self.place("BUY", quantity, price, symbol=symbol, **options)

    def sell(
        self, quantity: int, price: Optional[Price] = None, symbol: Optional[str] = None, **options: Any
    ) -> Message:
        """`place` a SELL order: limited to `price`, or (None) at the market."""
        return self.place("SELL", quantity, price, symbol=symbol, **options)

    def cancel(self, *, order_id: Optional[int] = None, client_order_id: Optional[str] = None) -> Message:
        """Cancel the order with this id; returns its `order_canceled`, whatever caused it."""
        types = ("order_canceled", "cancel_rejected")
        is_answer = answers(*types, order_id=order_id, client_order_ids=(client_order_id,))
        return self._ask(cancel_order(order_id, client_order_id), is_answer)

    def replace(
        self, *, order_id: Optional[int] = None, client_order_id: Optional[str] = None, **changes: Any
    ) -> Message:
        """Change the order with this id, changes as for `send_replace`; returns `order_replaced`.

        It returns `order_canceled` where the new total quantity leaves nothing to be done.
        """
        is_answer = answers(
            "order_replaced",
            "order_canceled",
            "replace_rejected",
            order_id=order_id,
            client_order_ids=(client_order_id, changes.get("new_client_order_id")),
        )
        return self._ask(replace_order(order_id, client_order_id, **changes), is_answer)

    def cancel_all(self, symbol: Optional[str] = None) -> int:
        """Cancel every live order, of one symbol or (None) of all; returns how many there were."""
        answer = self._ask(request("cancel_all", symbol=symbol), answers("cancel_all_done"))
        return int(answer["count"])

    def orders(self) -> list[Message]:
        """The user's live orders, in arrival order."""
        return list(self._ask(request("get_orders"), answers("orders"))["orders"])

    def positions(self) -> list[Message]:
        """The user's position in each symbol."""
        return list(self._ask(request("get_positions"), answers("positions"))["positions"])

    def ping(self) -> None:
        """Wait until everything sent before is done with: all that came of it can be polled by then."""
        ping_id = self._new_id()
        self._ask(request("ping", id=ping_id), lambda message: message.get("id") == ping_id)

    def subscribe(self, channel: str, symbol: Optional[str] = None, depth: Optional[int] = None) -> Message:
        """Start a public feed, "book" or "trades"; its messages come as events.  Returns `subscribed`.

        A connection has each book once: it comes as deep as the deepest of those who follow it needs, if that is
        deeper than `depth` (None: 20; 0 is the whole book).
        """
        if channel == "book":
            depth = self._deepest(symbol, DEFAULT_DEPTH if depth is None else depth)
        subscription = request("subscribe", channel=channel, symbol=symbol, depth=depth)
        return self._ask(subscription, answers("subscribed"))

    def unsubscribe(self, channel: str, symbol: Optional[str] = None) -> Message:
        """End a public feed; all copies of a book that lived on it stand still.  Returns `unsubscribed`."""
        answer = self._ask(request("unsubscribe", channel=channel, symbol=symbol), answers("unsubscribed"))
        if channel == "book":
            self._followers = [follower for follower in self._followers if follower.symbol != answer["symbol"]]
        return answer

    def follow_book(self, symbol: Optional[str] = None, depth: int = DEFAULT_DEPTH) -> BookFollower:
        """Subscribe to a book and keep a copy of it current; returns the copy once the first snapshot is in it.

        The copy changes as messages are read, so it is never behind `events()`, where they appear as well.  One
        book may be followed several times at different depths (0: all of it): each copy shows its own.
        """
        follower = BookFollower(symbol, depth)
        self._followers.append(follower)
        try:
            self.subscribe("book", symbol, depth)
            # A snapshot ahead of the answer was of an earlier, perhaps shallower subscription.
            follower.forget()
            deadline = self._deadline()
            while not follower.is_current:
                self._set_aside.append(self._receive_by(deadline))
        except (ExchangeError, TimeoutError):
            self._followers.remove(follower)
            raise
        return follower
