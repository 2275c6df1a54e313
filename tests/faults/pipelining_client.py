"""A client that sends without waiting, and passes on all it hears until the exchange is gone."""

from __future__ import annotations

import json
import socket
from typing import Any, Optional, Union

from exchange.engine.commands import CancelAll, CancelOrder, Command, GetOrders, NewOrder, ReplaceOrder
from exchange.engine.words import TimeInForce
from tests.faults.kill_oracle import Message, UserAccount
from tests.faults.random_orders import RandomOrders

WAIT_S = 30.0
# Bursts that were sent and whose end was not yet heard of.
BURSTS_MAX = 4
RECEIVE_BYTES = 1 << 18


def request(command: Command) -> Message:
    """A command as its message."""
    if isinstance(command, NewOrder):
        terms = command.terms
        options = {
            "symbol": command.symbol,
            "price": _price(terms.price_nanos),
            "stop_price": _price(terms.stop_price_nanos),
            "display_quantity": terms.display_quantity,
            "post_only": terms.post_only or None,
            "self_trade_prevention": terms.self_trade_prevention,
        }
        return {
            "type": "new_order",
            "client_order_id": command.client_order_id,
            "side": terms.side.value,
            "order_type": terms.order_type.value,
            "time_in_force": terms.time_in_force.value,
            "quantity": terms.quantity,
            **{name: getattr(value, "value", value) for name, value in options.items() if value is not None},
        }
    if isinstance(command, CancelOrder):
        return {"type": "cancel_order", "client_order_id": command.client_order_id}
    assert isinstance(command, ReplaceOrder), command
    changes = {
        "price": _price(command.price_nanos),
        "quantity": command.quantity,
        "stop_price": _price(command.stop_price_nanos),
    }
    given = {name: value for name, value in changes.items() if value is not None}
    return {"type": "replace_order", "client_order_id": command.client_order_id, **given}


def _price(price_nanos: Optional[int]) -> Optional[float]:
    return None if price_nanos is None else price_nanos / 1e9


class PipeliningClient:
    """One connection of one user.  `tokens` holds those that the exchange gave out, and learns new ones.

    `cancel_on_disconnect` is as in a login.  `goodbye` is what the exchange said when it stopped; empty if it said
    nothing.
    """

    def __init__(
        self,
        port: int,
        account: UserAccount,
        orders: RandomOrders,
        tokens: dict[str, str],
        cancel_on_disconnect: Union[bool, str] = False,
    ) -> None:
        """Log in, and hold the engine's answers against the account."""
        self.account = account
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self._orders = orders
        self._cancel_on_disconnect = cancel_on_disconnect
        self._received = b""
        self._bursts = 0
        self.goodbye: Message = {}
        token = {"token": tokens[account.user]} if account.user in tokens else {}
        options = {"cancel_on_disconnect": cancel_on_disconnect, **token}
        self._send([{"type": "login", "user": account.user, **options}])
        logged_in = self._next()
        assert logged_in["type"] == "logged_in", logged_in
        if "token" in logged_in:
            tokens[account.user] = logged_in["token"]
        self._send([{"type": "get_orders"}, {"type": "get_positions"}])
        # Time may end a call between the login and the answers: what that brings is heard after them.
        between: list[Message] = []
        orders_answer = self._next_of("orders", between)
        positions_answer = self._next_of("positions", between)
        account.check_answers(logged_in["next_seq"], orders_answer["orders"], positions_answer["positions"])
        for message in between:
            account.hear(message)

    def resend(self) -> None:
        """Send once more whatever was not answered before the exchange died."""
        unanswered = [self._entered_here(order) for order in self.account.unanswered.values()]
        for order in unanswered:
            self.account.send(order)
        self._send([request(order) for order in unanswered])

    def send_burst(self, size: int) -> int:
        """Send `size` requests at once, unless enough are on their way; how many were sent.

        Raises OSError if the exchange is gone.
        """
        if self._bursts >= BURSTS_MAX:
            return 0
        self._bursts += 1
        wishes = [self._orders.next() for _ in range(size)]
        commands = [
            self._entered_here(wish) if isinstance(wish, NewOrder) else wish
            for wish in wishes
            if not isinstance(wish, (GetOrders, CancelAll))
        ]
        for command in commands:
            self.account.send(command)
        self._send([*map(request, commands), {"type": "ping"}])
        return len(commands)

    def hear(self) -> bool:
        """Pass on what has come, waiting for something; False when the exchange is gone."""
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except ConnectionError:
            return False
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            message = self._parsed(line)
            if message["type"] == "error" and message["code"] == "ENGINE_STOPPING":
                self.goodbye = message
            else:
                self._bursts -= message["type"] == "pong"
                self.account.hear(message)
        return bool(data)

    def hear_to_the_end(self) -> None:
        """Pass on all that comes until the exchange is gone, then leave."""
        while self.hear():
            pass
        self.close()

    def close(self) -> None:
        """Leave."""
        self.socket.close()

    def _next_of(self, kind: str, passed: list[Message]) -> Message:
        """The next message of a kind; those before it are added to `passed`."""
        while (message := self._next())["type"] != kind:
            passed.append(message)
        return message

    def _entered_here(self, order: NewOrder) -> NewOrder:
        """What becomes of an order when it is sent on this connection."""
        wish = self._cancel_on_disconnect
        ends_with_it = wish == "ALL" or (wish is True and order.terms.time_in_force is not TimeInForce.GTC)
        return order._replace(ends_with_connection=ends_with_it)

    def _send(self, messages: list[Message]) -> None:
        self.socket.sendall(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    def _next(self) -> Message:
        """The next message, while few are on their way."""
        while b"\n" not in self._received:
            data = self.socket.recv(RECEIVE_BYTES)
            assert data, "the exchange hung up"
            self._received += data
        line, _newline, self._received = self._received.partition(b"\n")
        return self._parsed(line)

    def _parsed(self, line: bytes) -> Message:
        """A message whose prices are texts, exactly as they were written."""
        message: Any = json.loads(line, parse_float=str)
        assert isinstance(message, dict), line
        return message
