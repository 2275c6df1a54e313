"""What a line may ask of the session rather than of the engine, and what a line is that asks nothing sensible.

Value types only; `decode` makes them, the sessions and the market data feeds act on them.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Optional, Union

from exchange.engine.commands import Command
from exchange.engine.events import CancelRejected, OrderExecuted, OrderRejected, PrivateEvent, ReplaceRejected
from exchange.engine.words import Code, TimeInForce
from exchange.networking.wire.strict_json import NumberText


class Channel(Enum):
    """A public feed: of one symbol, or (NEWS) of none."""

    BOOK = "book"
    TRADES = "trades"
    NEWS = "news"


class CancelOnDisconnect(Enum):
    """Which of the orders entered on a connection end with it."""

    NONE = "NONE"
    NOT_GTC = "NOT_GTC"
    ALL = "ALL"

    def covers(self, time_in_force: TimeInForce) -> bool:
        """Whether an order of this time in force ends with its connection."""
        if self is CancelOnDisconnect.NOT_GTC:
            return time_in_force is not TimeInForce.GTC
        return self is CancelOnDisconnect.ALL


class Login(NamedTuple):
    """Speak for `user` on this connection from now on.

    `token` None is right only for a name that nobody has claimed.  `last_seq` is the last private event the client
    knows, None if it wants none told again.  With `heartbeat_s` above 0 the exchange is never silent for longer
    than that many seconds, and ends a connection it has heard nothing from for twice as long.
    """

    user: str
    token: Optional[str]
    last_seq: Optional[int]
    cancel_on_disconnect: CancelOnDisconnect
    heartbeat_s: float


class PastEvents(NamedTuple):
    """What the user was told, from the kept records, in order of `seq`; the records reach up to `last_seq`.

    Where that is very much, the older part of it is fills alone.
    """

    events: tuple[PrivateEvent, ...]
    last_seq: int


class GetFills(NamedTuple):
    """Ask for the user's fills after a trade, oldest first, at most `limit` of them; `symbol` None: in all.

    The reader, which looks them up on disk, puts this into the queue to learn when it has its turn: then all that
    was asked before is done, and belongs to the answer.
    """

    symbol: Optional[str]
    after_trade_id: int
    limit: int


class FillsFound(NamedTuple):
    """What was looked up for a GetFills, in the order of the trades; `more`: there are others after these.

    No line says this; it follows its GetFills in the queue.
    """

    fills: tuple[OrderExecuted, ...]
    more: bool


class CheckedLogin(NamedTuple):
    """A login after the door has looked at it.

    `refusal` is why it must not be let in, None if it may.  `new_token` is the token made for a name nobody had
    claimed: a ClaimUser goes ahead of this in the queue.  `past_events` is given where the client missed more
    than is held in memory.  `credential` is what the token was checked against, or is claimed with; None where it
    was refused.  No line says this.
    """

    login: Login
    refusal: Optional[BadRequest]
    new_token: Optional[str]
    past_events: Optional[PastEvents]
    credential: Optional[str] = None


class Logout(NamedTuple):
    """Say goodbye and have the connection closed."""


class Ping(NamedTuple):
    """Ask for a pong with the same `id`; None means without one."""

    id: Union[str, int, NumberText, None]


class Subscribe(NamedTuple):
    """Start a feed.

    `symbol` None means the only instrument listed, and stands with NEWS.  `depth` is levels per side of a book, 0
    all of them.  `last` is how many of the last trades are told ahead of the new ones, None for no such snapshot.
    """

    channel: Channel
    symbol: Optional[str]
    depth: int
    last: Optional[int] = None


class Unsubscribe(NamedTuple):
    """End a feed.  `symbol` None means the only instrument listed."""

    channel: Channel
    symbol: Optional[str]


class Disconnected(NamedTuple):
    """The client will send nothing more: answer what it sent before, then close and forget it.

    No line says this; the connection's reader does, when it ends.
    """


class ListEverything(NamedTuple):
    """The operator asks for every user and every instrument."""


class CaughtUp(NamedTuple):
    """A client that was slow to read has taken all that waited for it.  No line says this; the sender does."""


class BadRequest(NamedTuple):
    """A line that is no valid request and names no order it could be answered for: it is told `error`."""

    code: Code
    text: str


SessionRequest = Union[
    Login,
    CheckedLogin,
    Logout,
    Ping,
    GetFills,
    FillsFound,
    Subscribe,
    Unsubscribe,
    Disconnected,
    CaughtUp,
    ListEverything,
]
RefusedOrderRequest = Union[OrderRejected, CancelRejected, ReplaceRejected]
# What was refused before it got to the engine is its own answer.
Refused = Union[RefusedOrderRequest, BadRequest]
REFUSED_TYPES = (OrderRejected, CancelRejected, ReplaceRejected, BadRequest)
Request = Union[Command, SessionRequest, Refused]
