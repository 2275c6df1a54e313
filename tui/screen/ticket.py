"""The ticket: what the next order will be like, but for its side and its price.  Pure.

Sizes are in units; a preset is so many lots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from exchange.engine.words import TimeInForce

# In lots, by the number of their key.
PRESETS = (1, 5, 10, 25, 100)


class TicketType(Enum):
    """The order types of the ticket, in the order its key goes through them.  POST is a LIMIT that never takes."""

    LIMIT = "LIMIT"
    POST = "POST"
    MARKET = "MARKET"


# The first of each is what the ticket begins with.
TIMES_OF_TYPE = {
    TicketType.LIMIT: (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK),
    TicketType.POST: (TimeInForce.GTC, TimeInForce.DAY),
    TicketType.MARKET: (TimeInForce.IOC, TimeInForce.FOK),
}


@dataclass(slots=True)
class Ticket:
    """What the keys of the ticket have chosen; each order type remembers its own time in force."""

    quantity: int = PRESETS[2]
    type: TicketType = TicketType.LIMIT
    _times: dict[TicketType, TimeInForce] = field(default_factory=dict)

    @property
    def time_in_force(self) -> TimeInForce:
        """How long the next order lives: what was last chosen for its type."""
        return self._times.get(self.type, TIMES_OF_TYPE[self.type][0])

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
        self.quantity = PRESETS[index] * lot_size

    def step_preset(self, step: int, lot_size: int) -> None:
        """The next preset above (`step` 1) or below (-1) the quantity, if there is one."""
        sizes = [preset * lot_size for preset in PRESETS]
        beyond = [size for size in sizes if (size - self.quantity) * step > 0]
        if beyond:
            self.quantity = min(beyond, key=lambda size: abs(size - self.quantity))

    def add_lots(self, count: int, lot_size: int) -> None:
        """So many lots more (below 0: less), but at least one remains."""
        self.quantity = max(lot_size, self.quantity + count * lot_size)
