"""What the model holds only at times, or beside the market: a second ladder, a drag, a lesson, a recorded day.

State only, as in `model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Optional

from exchange.laboratory.telling.moment_view import StandingOrder
from exchange.utils.helpers import NS_PER_S
from tui.screen.rewind.day_messages import DayPlace


@dataclass(slots=True)
class SecondLadder:
    """The second ladder: its symbol (None: the next one after the first ladder's), and what it was centred for."""

    symbol: Optional[str] = None
    shown: Optional[str] = None
    centre: Optional[int] = None
    group: int = 1


class Drag(NamedTuple):
    """An own order that was taken up in the row `start` and is held over the row `over`; prices in ticks."""

    order_id: int
    start: int
    over: int


@dataclass(slots=True)
class LessonShown:
    """The lesson of the tour that this model is the practice of; `wanted_step`: where the learner wants to go."""

    number: int
    count: int
    title: str
    task: str
    said: str = ""
    is_done: bool = False
    wanted_step: int = 0


@dataclass(slots=True)
class Rewind:
    """The recorded day that is shown: where it is (None: nothing was told yet), and who stands at a price.

    `queue_price` is that of a row of `queue_ticks`; what is offered is rounded up to it, and what is bid down.
    """

    place: Optional[DayPlace] = None
    queue_price: Optional[int] = None
    queue_ticks: int = 1
    queue: tuple[StandingOrder, ...] = ()

    @property
    def now(self) -> float:
        """The time of the day, in seconds since the epoch: there it is the only clock."""
        return 0.0 if self.place is None else self.place.timestamp_ns / NS_PER_S
