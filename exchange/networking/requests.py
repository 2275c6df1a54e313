"""What a line may ask of the session rather than of the engine, and what a line is that asks nothing sensible.

Value types only; `protocol_decode` makes them, the sessions and the market data feeds act on them.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Optional, Union

from exchange.engine.commands import Command
from exchange.engine.events import CancelRejected, OrderRejected, RejectCode, ReplaceRejected


class Channel(Enum):
    """A public feed of one symbol."""

    BOOK = "book"
    TRADES = "trades"


class Login(NamedTuple):
    """Speak for `user` on this connection from now on."""

    user: str


class Logout(NamedTuple):
    """Say goodbye and have the connection closed."""


class Ping(NamedTuple):
    """Ask for a pong with the same `id`; None means without one."""

    id: Union[str, int, None]


class Subscribe(NamedTuple):
    """Start a feed.  `symbol` None means the only instrument listed; `depth` is levels per side, 0 all of them."""

    channel: Channel
    symbol: Optional[str]
    depth: int


class Unsubscribe(NamedTuple):
    """End a feed.  `symbol` None means the only instrument listed."""

    channel: Channel
    symbol: Optional[str]


class Disconnected(NamedTuple):
    """The client will send nothing more: answer what it sent before, then close and forget it.

    No line says this; the connection's reader does, when it ends.
    """


class BadRequest(NamedTuple):
    """A line that is no valid request and names no order it could be answered for: it is told `error`."""

    code: RejectCode
    text: str


SessionRequest = Union[Login, Logout, Ping, Subscribe, Unsubscribe, Disconnected]
RefusedOrderRequest = Union[OrderRejected, CancelRejected, ReplaceRejected]
Request = Union[Command, SessionRequest, RefusedOrderRequest, BadRequest]
