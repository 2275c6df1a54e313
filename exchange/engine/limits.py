"""What one user may have and do at most (RULES 23), as the operator sets it.  `checks` refuses what exceeds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Limits:
    """The same for every user; None means no limit.

    `open_orders_max`, at least 1, bounds a user's live orders over all instruments.  `quantity_max` bounds the
    quantity of one order, in units, beside the instrument's own range.  `position_max` bounds, per symbol and in
    units, how far a user's position could get either way if all their live orders of one side were filled.
    """

    open_orders_max: int = 100_000
    quantity_max: Optional[int] = None
    position_max: Optional[int] = None
