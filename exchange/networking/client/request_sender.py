"""The half of the client that only sends: it returns at once and may be called from any thread.

The half that reads is `message_reader`; nobody makes a RequestSender of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional, Union

from exchange.networking.client import request_messages
from exchange.networking.client.engine_connection import RequestLine
from exchange.networking.client.message_json import Message, Price
from exchange.networking.client.request_messages import EnumOrName


class RequestSender:
    """Sends requests over `connection`; the answers come to whoever reads.

    Every method raises ConnectionLost when the engine takes nothing any more, and TypeError or ValueError for a
    price that is not exact.  About 30 µs for an order, most of it the system call; in a `batch` about 12 µs.
    """

    def __init__(self, connection: RequestLine, id_prefix: str) -> None:
        self._connection = connection
        self._id_prefix = id_prefix
        # Drawing from it is one step in CPython: a sending and a reading thread never get the same number.
        self._numbers = itertools.count(1)

    def _new_id(self) -> str:
        return self._id_prefix + str(next(self._numbers))

    def send_order(
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
    ) -> str:
        """Send an order; returns its client order id, generated when None.

        The type, when None, is LIMIT with a price and MARKET without; with a `stop_price`, at which it becomes
        live, STOP_LIMIT and STOP.  `display_quantity` makes it an iceberg, of which so much is shown at a time.
        `symbol` None means the only instrument listed.  Whatever else is None is left to the engine's default.
        """
        client_order_id = client_order_id or self._new_id()
        order = request_messages.new_order(
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
        self._connection.send((order,))
        return client_order_id

    def send_cancel(self, *, order_id: Optional[int] = None, client_order_id: Optional[str] = None) -> None:
        """Send a cancel of the order with this id."""
        self.send_raw(request_messages.cancel_order(order_id, client_order_id))

    def send_replace(
        self,
        *,
        order_id: Optional[int] = None,
        client_order_id: Optional[str] = None,
        price: Optional[Price] = None,
        quantity: Optional[int] = None,
        stop_price: Optional[Price] = None,
        new_client_order_id: Optional[str] = None,
    ) -> None:
        """Send a change of the order with this id; `quantity` is the new total, what is None stays."""
        change = request_messages.replace_order(
            order_id,
            client_order_id,
            price=price,
            quantity=quantity,
            stop_price=stop_price,
            new_client_order_id=new_client_order_id,
        )
        self.send_raw(change)

    def send_cancel_all(self, symbol: Optional[str] = None) -> None:
        """Send a cancel of every live order, of one symbol or (None) of all."""
        self.send_raw(request_messages.request("cancel_all", symbol=symbol))

    def send_ping(self, ping_id: Union[int, str, None] = None) -> None:
        """Send a ping; its `pong` comes when everything sent before is done with."""
        self.send_raw(request_messages.request("ping", id=ping_id))

    def send_raw(self, message: Message) -> None:
        """Send any message.  Its price fields may be what prices may be; a float raises TypeError."""
        self._connection.send((message,))

    @contextmanager
    def batch(self) -> Iterator[None]:
        """`with client.batch():` sends what its body sends with one system call, at its end.

        A method that waits, called within, sends what was collected first.  A body that raises sends nothing.
        """
        self._connection.start_batch()
        is_done = False
        try:
            yield
            is_done = True
        finally:
            self._connection.end_batch(is_dropped=not is_done)
