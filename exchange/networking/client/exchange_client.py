"""The client that a bot, a screen or a simulator holds: connects, logs in, asks and waits for the answer.

Inherited: `send_…` from `request_sender`, `events` and `poll` from `message_reader`, feeds from
`feed_subscriptions`.  `tcp_client` is the door to all of it and tells how to use it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from decimal import Decimal
from types import TracebackType
from typing import Optional, Union

from exchange.networking.client.answer_matching import answers
from exchange.networking.client.engine_connection import EngineConnection
from exchange.networking.client.errors import LoginRejected, Rejected
from exchange.networking.client.feed_subscriptions import MarketDataClient
from exchange.networking.client.message_json import Message, Price
from exchange.networking.client.request_messages import (
    EnumOrName,
    cancel_order,
    new_order,
    replace_order,
    request,
)
from exchange.networking.client.token_store import TokenStore

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 9009
DEFAULT_TIMEOUT_S = 10.0
# As many as one answer may hold.
FILLS_PER_ANSWER = 1_000


class ExchangeClient(MarketDataClient):
    """One connection to the engine.  Made by `connect`; a context manager that closes it.

    Every method that sends raises ConnectionLost when the engine is gone; every method that waits for an answer
    raises NoAnswer when none came within the `timeout_s` of `connect`, and Rejected when the engine refused.
    """

    def __init__(self, connection: EngineConnection, id_prefix: str, timeout_s: float) -> None:
        super().__init__(connection, id_prefix, timeout_s)
        self.user: Optional[str] = None
        self.instruments: list[Message] = []
        # The random name of the exchange that answered the login; None before it, or if it has none.
        self.engine_id: Optional[str] = None
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

    def login(
        self,
        user: str,
        token_store: Optional[TokenStore] = None,
        *,
        token: Optional[str] = None,
        last_seq: Optional[int] = None,
        cancel_on_disconnect: Union[bool, str, None] = None,
        heartbeat_s: Optional[float] = None,
    ) -> Message:
        """Speak for `user` from now on; returns `logged_in`.  Raises LoginRejected, TokenFileError and OSError.

        The first login of a user claims the name; the token that proves it from then on is kept in `token_store`
        (without one: see the `token` of the answer, and pass it).  With `last_seq` the events missed since that
        one come as events.  `cancel_on_disconnect` True cancels this connection's orders with it, GTC ones
        excepted; "ALL" those too.  With `heartbeat_s` say something at least every two of those (`ping`).  Sets
        `user`, `instruments` and `resumed_after`.
        """
        if token_store is not None and token is None:
            token = token_store.load(user)
            if token is None:
                token_store.prepare()
        wish = request(
            "login",
            user=user,
            token=token,
            last_seq=last_seq,
            cancel_on_disconnect=cancel_on_disconnect,
            heartbeat_s=heartbeat_s,
        )
        try:
            answer = self._ask(wish, answers("logged_in", "login_rejected"))
        except Rejected as refusal:
            raise LoginRejected(refusal.code, refusal.text, refusal.message) from None
        if token_store is not None and "token" in answer:
            token_store.save(user, answer["token"])
        self.user = user
        self.instruments = answer.get("instruments", [])
        self.engine_id = answer.get("engine_id")
        self.resumed_after = answer.get("next_seq", 1) - 1 if last_seq is None else last_seq
        return answer

    # --- asking: waits for the answer --------------------------------------------------------------------------

    def place(
        self,
        side: EnumOrName,
        quantity: int,
        price: Optional[Price] = None,
        *,
        symbol: Optional[str] = None,
        order_type: Optional[EnumOrName] = None,
        stop_price: Optional[Price] = None,
        time_in_force: Optional[EnumOrName] = None,
        post_only: Optional[bool] = None,
        display_quantity: Optional[int] = None,
        self_trade_prevention: Optional[EnumOrName] = None,
        client_order_id: Optional[str] = None,
    ) -> Message:
        """Enter an order, options as for `send_order`; returns `order_accepted`.

        Its fills and the change of the book come after that, as events; `ping` waits for them.
        """
        client_order_id = client_order_id or self._new_id()
        order = new_order(
            client_order_id,
            side,
            quantity,
            price,
            symbol=symbol,
            order_type=order_type,
            stop_price=stop_price,
            time_in_force=time_in_force,
            post_only=post_only,
            display_quantity=display_quantity,
            self_trade_prevention=self_trade_prevention,
        )
        return self._ask(order, answers("order_accepted", "order_rejected", client_order_ids=(client_order_id,)))

    def buy(
        self,
        quantity: int,
        price: Optional[Price] = None,
        symbol: Optional[str] = None,
        *,
        order_type: Optional[EnumOrName] = None,
        stop_price: Optional[Price] = None,
        time_in_force: Optional[EnumOrName] = None,
        post_only: Optional[bool] = None,
        display_quantity: Optional[int] = None,
        self_trade_prevention: Optional[EnumOrName] = None,
        client_order_id: Optional[str] = None,
    ) -> Message:
        """`place` a BUY order: limited to `price`, or (None) at the market."""
        return self.place(
            "BUY",
            quantity,
            price,
            symbol=symbol,
            order_type=order_type,
            stop_price=stop_price,
            time_in_force=time_in_force,
            post_only=post_only,
            display_quantity=display_quantity,
            self_trade_prevention=self_trade_prevention,
            client_order_id=client_order_id,
        )

    def sell(
        self,
        quantity: int,
        price: Optional[Price] = None,
        symbol: Optional[str] = None,
        *,
        order_type: Optional[EnumOrName] = None,
        stop_price: Optional[Price] = None,
        time_in_force: Optional[EnumOrName] = None,
        post_only: Optional[bool] = None,
        display_quantity: Optional[int] = None,
        self_trade_prevention: Optional[EnumOrName] = None,
        client_order_id: Optional[str] = None,
    ) -> Message:
        """`place` a SELL order: limited to `price`, or (None) at the market."""
        return self.place(
            "SELL",
            quantity,
            price,
            symbol=symbol,
            order_type=order_type,
            stop_price=stop_price,
            time_in_force=time_in_force,
            post_only=post_only,
            display_quantity=display_quantity,
            self_trade_prevention=self_trade_prevention,
            client_order_id=client_order_id,
        )

    def cancel(self, *, order_id: Optional[int] = None, client_order_id: Optional[str] = None) -> Message:
        """Cancel the order with this id; returns its `order_canceled`, whatever caused it."""
        types = ("order_canceled", "cancel_rejected")
        is_answer = answers(*types, order_id=order_id, client_order_ids=(client_order_id,))
        return self._ask(cancel_order(order_id, client_order_id), is_answer)

    def replace(
        self,
        *,
        order_id: Optional[int] = None,
        client_order_id: Optional[str] = None,
        price: Optional[Price] = None,
        quantity: Optional[int] = None,
        stop_price: Optional[Price] = None,
        new_client_order_id: Optional[str] = None,
    ) -> Message:
        """Change the order with this id, changes as for `send_replace`; returns `order_replaced`.

        It returns `order_canceled` where the new total quantity leaves nothing to be done.
        """
        is_answer = answers(
            "order_replaced",
            "order_canceled",
            "replace_rejected",
            order_id=order_id,
            client_order_ids=(client_order_id, new_client_order_id),
        )
        change = replace_order(
            order_id,
            client_order_id,
            price=price,
            quantity=quantity,
            stop_price=stop_price,
            new_client_order_id=new_client_order_id,
        )
        return self._ask(change, is_answer)

    def cancel_all(self, symbol: Optional[str] = None) -> int:
        """Cancel every live order, of one symbol or (None) of all; returns how many there were."""
        answer = self._ask(request("cancel_all", symbol=symbol), answers("cancel_all_done"))
        return int(answer["count"])

    def orders(self) -> list[Message]:
        """The user's live orders, in arrival order.

        `quantity_ahead` is what is shown before an order at its price; a stop that waits has None there.
        """
        return list(self._ask(request("get_orders"), answers("orders"))["orders"])

    def quantity_ahead(
        self, *, order_id: Optional[int] = None, client_order_id: Optional[str] = None
    ) -> Optional[int]:
        """What is shown before this order at its price; None for a stop that waits and for an order not live."""
        for order in self.orders():
            if order["order_id"] == order_id or order["client_order_id"] == client_order_id:
                ahead: Optional[int] = order.get("quantity_ahead")
                return ahead
        return None

    def positions(self) -> list[Message]:
        """The user's position in each symbol."""
        return list(self._ask(request("get_positions"), answers("positions"))["positions"])

    def cash(self) -> Optional[Decimal]:
        """What the user has in currency; None for one whom the operator never endowed."""
        cash: Optional[Decimal] = self._ask(request("get_positions"), answers("positions")).get("cash")
        return cash

    def fills(self, symbol: Optional[str] = None, *, after_trade_id: int = 0) -> Iterator[Message]:
        """All that the user has traded after this trade, oldest first, of one symbol or (None) of all.

        Asks for 1,000 at a time, while it is read; of a trade with oneself the BUY comes first.
        """
        while True:
            wish = request("get_fills", symbol=symbol, after_trade_id=after_trade_id, limit=FILLS_PER_ANSWER)
            answer = self._ask(wish, answers("fills"))
            yield from answer["fills"]
            if not answer["more"] or not answer["fills"]:
                return
            after_trade_id = answer["fills"][-1]["trade_id"]

    def ping(self) -> None:
        """Wait until everything sent before is done with: all that came of it can be polled by then."""
        ping_id = self._new_id()
        self._ask(request("ping", id=ping_id), lambda message: message.get("id") == ping_id)
