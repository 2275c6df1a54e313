"""Which levels of the book flash: those that were changed after a calm.  Keys are (side, price in ticks).

Holds times on the program's clock, in seconds, and changes nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

FLASH_S = 0.3
# A level flashes only after it was calm for so long.
CALM_S = 1.0
CHANGES_KEPT_MAX = 2_000


class LadderSide(Enum):
    """As the book feed spells them."""

    BID = "BID"
    ASK = "ASK"


@dataclass(slots=True)
class LevelFlashes:
    """`until` when each level flashes."""

    until: dict[tuple[LadderSide, int], float] = field(default_factory=dict)
    # When each level was last changed, of those that must stay calm for a while at least.
    _changed_at: dict[tuple[LadderSide, int], float] = field(default_factory=dict)

    def change(self, side: LadderSide, price: int, quantity: int, now: float) -> None:
        """A level has another quantity.  One that never rests would flash for ever; one that is gone is blank."""
        key = (side, price)
        if not quantity:
            self.until.pop(key, None)
        elif now - self._changed_at.get(key, now - CALM_S) >= CALM_S:
            self.until[key] = now + FLASH_S
        self._changed_at[key] = now

    def end(self, now: float) -> bool:
        """Forget the flashes that are over; returns whether there were any."""
        over = [key for key, until in self.until.items() if until <= now]
        for key in over:
            del self.until[key]
        if len(self._changed_at) > CHANGES_KEPT_MAX:
            self._changed_at = {key: at for key, at in self._changed_at.items() if now - at < CALM_S}
        return bool(over)

    def clear(self) -> None:
        """Nothing flashes, and nothing need be calm before it does."""
        self.until.clear()
        self._changed_at.clear()
