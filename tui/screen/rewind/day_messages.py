"""What the person wishes of a recorded day, and what the day tells.  Plain values; prices in ticks."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum, auto
from typing import NamedTuple, Optional, Union

from exchange.laboratory.recorded.day_volume import DayVolume
from exchange.laboratory.telling.moment_view import StandingOrder
from exchange.networking.client.depth_history import DepthHistory
from tui.screen.market_data import TapeTrade


class Step(NamedTuple):
    """So many commands on; below 0: back."""

    commands: int


class GoTo(NamedTuple):
    """To the moment after this command."""

    sequence: int


class GoToTime(NamedTuple):
    """To the last command that came at this time or before, in ns since the epoch."""

    timestamp_ns: int


class NextTrade(NamedTuple):
    """To the next trade of so much; None: to one that is large as this day goes."""

    quantity_min: Optional[int] = 1


class NextOfOrder(NamedTuple):
    """To what happens next to this order; None: to the one that was followed here, else the one at hand."""

    order_id: Optional[int] = None


class NextOfUser(NamedTuple):
    """To what this user does next, or what happens to them; None: the one followed here, else the one at hand."""

    user: Optional[str] = None


class PlayOrPause(NamedTuple):
    """Play the day, or stop playing it."""


class SetSpeed(NamedTuple):
    """Play so many times as fast as it was."""

    factor: float


class ShowQueue(NamedTuple):
    """Tell who stands at this price, in ticks; None: nobody asks any more.  `ticks` is how many its row is of."""

    price: Optional[int]
    ticks: int = 1


class ShowSymbol(NamedTuple):
    """Tell of this symbol from now on."""

    symbol: str


DayWish = Union[
    Step, GoTo, GoToTime, NextTrade, NextOfOrder, NextOfUser, PlayOrPause, SetSpeed, ShowQueue, ShowSymbol
]


class Moved(Enum):
    """How the day came to the moment: on from the one before, one back, or from anywhere."""

    ON = auto()
    BACK = auto()
    JUMPED = auto()


class DayPlace(NamedTuple):
    """Where the day is: after command `sequence` of those from `first` to `last`, which came at `timestamp_ns`.

    `text` says what it was; `user` and `order_id` are whom and what it was about, None: nobody, nothing; an
    order that is followed counts before that.
    """

    sequence: int
    first: int
    last: int
    timestamp_ns: int
    text: str
    user: Optional[str]
    order_id: Optional[int]
    is_playing: bool
    speed: float


class DayTold(NamedTuple):
    """A moment of the day.  `now` is its time, in seconds since the epoch.

    `listed` are symbols with their tick sizes; `trades` what was traded since the moment told before, and
    `last_trade_id` the last trade of all that there has been, as far as it is known; `queue` who stands at
    `queue_price`.  `phase` is "" before the symbol is listed; `notice` is something to say, "" for nothing;
    `volume` is of all the trading day, None of no instrument.
    """

    now: float
    place: DayPlace
    moved: Moved
    listed: tuple[tuple[str, Decimal], ...]
    symbol: str
    bids: dict[int, int]
    asks: dict[int, int]
    phase: str
    trades: tuple[TapeTrade, ...] = ()
    last_trade_id: int = 0
    queue_price: Optional[int] = None
    queue: tuple[StandingOrder, ...] = ()
    notice: str = ""
    volume: Optional[DayVolume] = None


class ChartPoint(NamedTuple):
    """A trade as the chart needs it; the time in ns since the epoch."""

    timestamp_ns: int
    price: int


class PastTold(NamedTuple):
    """What came before the moment that was jumped to: its depth, and its last trades, oldest first.

    `charted` are those before them that the chart has room for; `volume` is None before the symbol is listed.
    """

    now: float
    symbol: str
    depth: DepthHistory
    trades: tuple[TapeTrade, ...]
    charted: tuple[ChartPoint, ...]
    volume: Optional[DayVolume]
