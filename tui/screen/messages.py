"""What comes into `update` and what it asks for: plain values, no behaviour.

In: each carries `now`, seconds on the program's steady clock, because nobody behind `update` may ask for the time.
Out: `ToEngine` goes to the engine as it is; an `Effect` is for the program itself.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, NamedTuple, Union

from exchange.networking.tcp_client import Message
from tui.screen.key_decoder import Input
from tui.screen.rewind.day_messages import DayTold, DayWish, PastTold


class Typed(NamedTuple):
    """A key, a click, a paste or a change of focus."""

    now: float
    input: Input


class Resized(NamedTuple):
    """The terminal has this many columns and rows; also sent once at the start."""

    now: float
    width: int
    height: int


class TimePassed(NamedTuple):
    """Nothing but that it is later: flashes end, pings are due, silence becomes staleness."""

    now: float


class Connected(NamedTuple):
    """Logged in.  `logged_in` is the engine's message; `history` the user's orders of earlier sessions, oldest
    first, as flat messages with the fields of `orders` (and `reason`); the private events that follow are those
    after `last_seq`."""

    now: float
    logged_in: Message
    history: tuple[Message, ...]
    last_seq: int = 0


class Lost(NamedTuple):
    """There is no connection (any more), and why.  `is_reset`: the operator has voided the user's token."""

    now: float
    reason: str
    is_reset: bool = False


class EngineSaid(NamedTuple):
    """One message of the engine."""

    now: float
    message: Message


class Resumed(NamedTuple):
    """The program was stopped for a while and goes on: the silence meanwhile was its own."""

    now: float


class ClockSet(NamedTuple):
    """The wall clock has moved against the steady one: the machine slept, someone set it, or summer has begun.

    `clock_offset_s` and `zone_offset_s` as in the model."""

    now: float
    clock_offset_s: float
    zone_offset_s: float


class Trouble(NamedTuple):
    """Something beside the engine went wrong that the person should know; the screen goes on."""

    now: float
    text: str


FromDay = Union[DayTold, PastTold]
Incoming = Union[Typed, Resized, TimePassed, Connected, Lost, EngineSaid, Resumed, ClockSet, Trouble, FromDay]


class Effect(Enum):
    """What the program shall do beside sending."""

    CONNECT = auto()
    REPAINT = auto()
    SUSPEND = auto()
    QUIT = auto()
    RING = auto()
    SAVE_SETTINGS = auto()


class ToEngine(NamedTuple):
    """Send this request to the engine."""

    message: dict[str, Any]


class ToDay(NamedTuple):
    """Wish this of the recorded day that is shown."""

    wish: DayWish


Outgoing = Union[ToEngine, ToDay, Effect]
