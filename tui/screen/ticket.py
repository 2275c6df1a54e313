"""The ticket: what the next order will be like, but for its side and its price.

Holds what was chosen.  Sizes are in units; a preset is so many lots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Optional

from exchange.engine.words import TimeInForce

# In lots, by the number of their key, until others are chosen.
PRESETS = (1, 5, 10, 25, 100)
# What an iceberg shows, as a part of its quantity; how many ticks behind its stop the limit of a STOP LIMIT lies.
SHOWN_PARTS = (10, 5, 4, 2)
LIMIT_TICKS = (2, 5, 10, 0, 1)


class TicketType(Enum):
    """The order types of the ticket, in the order its key goes through them.

    POST is a LIMIT that never takes, ICEBERG one that shows only a part of itself.
    """

    LIMIT = "LIMIT"
    POST = "POST"
    ICEBERG = "ICEBERG"
    MARKET = "MARKET"
    STOP = "STOP"
    STOP_LIMIT = "STOP LIMIT"

    @property
    def is_stop(self) -> bool:
        """Whether it waits outside the book for a trade at its stop price."""
        return self is TicketType.STOP or self is TicketType.STOP_LIMIT

    @property
    def has_limit(self) -> bool:
        """Whether it names the worst price that it will trade at."""
        return self is not TicketType.MARKET and self is not TicketType.STOP


_GTC, _DAY, _IOC, _FOK = TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK
# The first of each is what the ticket begins with.
TIMES_OF_TYPE = {
    TicketType.LIMIT: (_GTC, _DAY, _IOC, _FOK),
    TicketType.POST: (_GTC, _DAY),
    TicketType.ICEBERG: (_GTC, _DAY),
    # Of these only DAY may enter an auction.
    TicketType.MARKET: (_IOC, _FOK, _DAY),
    TicketType.STOP: (_GTC, _DAY),
    TicketType.STOP_LIMIT: (_GTC, _DAY),
}


@dataclass(slots=True)
class Ticket:
    """What the keys of the ticket have chosen; each order type remembers its own time in force."""

    quantity: int = PRESETS[2]
    type: TicketType = TicketType.LIMIT
    shown_part: int = SHOWN_PARTS[0]
    limit_ticks: int = LIMIT_TICKS[0]
    presets: tuple[int, ...] = PRESETS
    _times: dict[TicketType, TimeInForce] = field(default_factory=dict)

    @property
    def time_in_force(self) -> TimeInForce:
        """How long the next order lives: what was last chosen for its type."""
        return self.time_of(self.type)

    def time_of(self, kind: TicketType) -> TimeInForce:
        """The same of any type."""
        return self._times.get(kind, TIMES_OF_TYPE[kind][0])

    def next_type(self) -> None:
        """The order type after this one."""
        types = list(TicketType)
        self.type = types[(types.index(self.type) + 1) % len(types)]

    def next_time_in_force(self) -> None:
        """The time in force after this one, of those that the type allows."""
        times = TIMES_OF_TYPE[self.type]
        self._times[self.type] = times[(times.index(self.time_in_force) + 1) % len(times)]

    def choose_preset(self, index: int, lot_size: int) -> None:
        """The preset of this index."""
        self.quantity = self.presets[index] * lot_size

    def step_preset(self, step: int, lot_size: int) -> None:
        """The next preset above (`step` 1) or below (-1) the quantity, if there is one."""
        sizes = [preset * lot_size for preset in self.presets]
        beyond = [size for size in sizes if (size - self.quantity) * step > 0]
        if beyond:
            self.quantity = min(beyond, key=lambda size: abs(size - self.quantity))

    def add_lots(self, count: int, lot_size: int) -> None:
        """So many lots more (below 0: less), but at least one remains."""
        self.quantity = max(lot_size, self.quantity + count * lot_size)

    def next_detail(self) -> bool:
        """The next of what only this type has; False if it has nothing of the kind."""
        if self.type is TicketType.ICEBERG:
            self.shown_part = _after(SHOWN_PARTS, self.shown_part)
        elif self.type is TicketType.STOP_LIMIT:
            self.limit_ticks = _after(LIMIT_TICKS, self.limit_ticks)
        else:
            return False
        return True

    def display_quantity(self, lot_size: int) -> Optional[int]:
        """What an iceberg of this quantity shows: whole lots, at least one; None: that would be all of it."""
        shown = max(lot_size, self.quantity // self.shown_part // lot_size * lot_size)
        return shown if shown < self.quantity else None


def _after(values: tuple[int, ...], value: int) -> int:
    return values[(values.index(value) + 1) % len(values)]
